"""Databases of both kinds."""

from pathlib import Path

import pytest

from narrator.storage.database import Database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.integration)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/made/on/demand/narrator.db"
    made: str = request.getfixturevalue("postgres_url")
    return made


@pytest.fixture
def database(url: str) -> Database:
    """A migrated database of each kind."""
    made = Database(url)
    made.migrate()
    return made
