"""The locks name everything that is installed, and no place to install it from."""

import re
import tomllib

import pytest

from tests.servers.places import REPOSITORY

RUNTIME = "deploy/requirements.lock"
DEVELOPMENT = "deploy/requirements-dev.lock"
SHIPPED = ("embedded", "voice")  # the extras that every installation by the lock has


def text(lock: str) -> str:
    return (REPOSITORY / lock).read_text()


def canonical(requirement: str) -> str:
    """The normalised name at the start of a requirement (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement)[0]).lower()


def requirements(lock: str) -> list[str]:
    """The lines that name a distribution."""
    return [line for line in text(lock).splitlines() if re.match(r"[a-z0-9]", line)]


def declared() -> dict[str, set[str]]:
    """What pyproject.toml asks for: the names at run time, and those for development besides."""
    project = tomllib.loads(text("pyproject.toml"))
    extras = project["project"]["optional-dependencies"]
    runtime = project["project"]["dependencies"] + project["build-system"]["requires"]
    runtime += [requirement for name in SHIPPED for requirement in extras[name]]
    development = runtime + project["dependency-groups"]["dev"]
    development += [requirement for extra in extras.values() for requirement in extra]
    return {
        RUNTIME: {canonical(requirement) for requirement in runtime},
        DEVELOPMENT: {canonical(requirement) for requirement in development},
    }


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_a_lock_names_no_address_and_no_path(lock):
    assert re.findall(r"://|file:|--find-links|--index-url|(?:^|\s)\.{0,2}/\S+", text(lock)) == []


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_a_lock_pins_and_hashes_each_of_its_lines(lock):
    entries = re.split(r"\n(?=[a-z0-9])", text(lock))[1:]
    assert [e for e in entries if not re.search(r"==\S+.*\\\n\s+--hash=sha256:", e)] == []


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_a_lock_holds_each_dependency_of_the_project(lock):
    locked = {canonical(line) for line in requirements(lock)}
    assert declared()[lock] - locked == set()


def test_development_runs_what_is_shipped():
    assert set(requirements(RUNTIME)) - set(requirements(DEVELOPMENT)) == set()
