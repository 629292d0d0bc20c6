"""The same facts over twins in memory and over SQLite with a folder."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from narrator.bootstrap import bootstrap, migrate
from narrator.services.kit import Services
from narrator.settings import Settings, load
from tests.fakes.chores import MemoryChores, MemoryRetention
from tests.fakes.ledger import MemoryLedger
from tests.fakes.lexicons import MemoryLexicons
from tests.fakes.objects import MemoryObjects
from tests.fakes.slots import MemorySlots
from tests.fakes.speaker import FakeDoorbell
from tests.fakes.store import MemoryStore
from tests.integration.api.installations import Installation


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An embedded installation's settings, with folders of the test's own."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return load({"NARRATOR_HOME": str(tmp_path / "home"), "NARRATOR_SCRATCH": str(scratch)})


@pytest.fixture
def real_services(settings: Settings) -> Services:
    """SQLite and a folder; nothing rings."""
    migrate(settings)
    return replace(bootstrap(settings), doorbell=FakeDoorbell())


@pytest.fixture
def twin_services(settings: Settings) -> Services:
    """Rows and objects in memory; nothing rings."""
    store, services = MemoryStore(time.time), bootstrap(settings)
    return replace(
        services,
        jobs=store,
        steps=store,
        takes=store,
        slots=MemorySlots(store, services.speaker_name, services.terms, time.time),
        ledger=MemoryLedger(store),
        objects=MemoryObjects(),
        chores=MemoryChores(store),
        retention=MemoryRetention(store),
        lexicons=MemoryLexicons(),
        doorbell=FakeDoorbell(),
    )


@pytest.fixture
def twins(twin_services: Services) -> Installation:
    """An installation in memory, for what is decided before any store is asked."""
    return Installation.over(twin_services)


@pytest.fixture(params=["twin_services", "real_services"])
def installation(request: pytest.FixtureRequest) -> Installation:
    """An installation whose workers are the test itself."""
    return Installation.over(request.getfixturevalue(request.param))
