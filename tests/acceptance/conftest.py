"""Fleets for a module's tests: starting one takes longer than most of what is to be seen on it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count

import pytest

from tests.acceptance.fleet import Fleet, running_fleet
from tests.servers.postgres import Postgres
from tests.servers.s3 import S3, with_bucket

FleetStarter = Callable[..., AbstractContextManager[Fleet]]
NUMBERS = count(1)
BROKER_DATABASES = 16  # of a Redis server, unless it is told otherwise


@pytest.fixture(scope="session")
def start_fleet(
    tmp_path_factory: pytest.TempPathFactory, _redis: str, _postgres: Postgres, _s3: S3
) -> FleetStarter:
    """Start a fleet (`running_fleet`) with a broker, a database and a bucket of its own."""

    @contextmanager
    def start(**options: object) -> Iterator[Fleet]:
        number = next(NUMBERS)
        url = _postgres.clone()
        with running_fleet(
            tmp_path_factory.mktemp("fleet"),
            redis_url=f"{_redis.removesuffix('/0')}/{number % BROKER_DATABASES}",
            postgres_url=url,
            s3=with_bucket(_s3, f"fleet-{number}"),
            **options,  # type: ignore[arg-type]
        ) as fleet:
            yield fleet
        _postgres.drop(url)

    return start
