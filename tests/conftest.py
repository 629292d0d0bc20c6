"""Fixtures for every kind of test: real servers, started when first asked for.

`redis_url`     an empty Redis database (one server for the run)
`postgres_url`  a database of its own for each test, migrated to head
`s3`            an S3 server and a bucket of its own for each test

A server that cannot be had is an error, never a skip.
"""

import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import hypothesis
import pytest
import redis

from narrator.storage.database import Database
from tests.servers import process
from tests.servers.places import server_home
from tests.servers.postgres import TEMPLATE, Postgres, postgres_server
from tests.servers.redis import redis_server
from tests.servers.s3 import S3, s3_server, with_bucket

BUCKETS = count(1)


def pytest_configure() -> None:
    """Forget the key and the settings of whoever runs the tests: trying costs nothing.

    And mind Ctrl-C: a shell starts what it runs in the background with SIGINT ignored, which every
    program under test would inherit. And let no property fail for the time that it takes: how fast
    a machine is says nothing of what holds.
    """
    hypothesis.settings.register_profile("timeless", deadline=None)
    hypothesis.settings.load_profile("timeless")
    for name in set(os.environ) - set(process.environment()):
        del os.environ[name]
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def _server_home() -> Iterator[Path]:
    with server_home() as home:
        yield home


@pytest.fixture(scope="session")
def _redis(_server_home: Path) -> Iterator[str]:
    with redis_server(_room(_server_home, "redis")) as url:
        yield url


@pytest.fixture
def redis_url(_redis: str) -> str:
    """The URL of a Redis database with nothing in it."""
    with redis.Redis.from_url(_redis) as client:
        client.flushall()
    return _redis


@pytest.fixture(scope="session")
def _postgres(_server_home: Path) -> Iterator[Postgres]:
    with postgres_server(_room(_server_home, "postgres")) as server:
        template = Database(server.create(TEMPLATE))
        template.migrate()
        template.close()  # nobody may be connected to a template while it is cloned
        yield server


@pytest.fixture
def postgres_url(_postgres: Postgres) -> Iterator[str]:
    """The URL of a PostgreSQL database that only this test uses."""
    url = _postgres.clone()
    yield url
    _postgres.drop(url)


@pytest.fixture(scope="session")
def _s3(_server_home: Path) -> Iterator[S3]:
    with s3_server(_room(_server_home, "s3")) as server:
        yield server


@pytest.fixture
def s3(_s3: S3) -> S3:
    """An S3 server and an empty bucket that only this test uses."""
    return with_bucket(_s3, f"test-{next(BUCKETS)}")


def _room(home: Path, name: str) -> Path:
    room = home / name
    room.mkdir(mode=0o711)
    return room
