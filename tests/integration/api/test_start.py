"""An API that could not serve, or would serve whom it must not, does not start."""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from narrator.api.app import check
from narrator.bootstrap import migrate
from narrator.cli.app import MISUSED
from narrator.domain.errors import SettingsError
from narrator.settings import load
from tests.servers.process import Child, free_port, listening, start
from tests.unit.api.calls import KEY

KEYS = f"tester:{hashlib.sha256(KEY.encode()).hexdigest()}"
NOBODY_S = "postgresql://nobody:secret@127.0.0.1:1/narrator"  # no server has port 1


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """All that an embedded API needs; its broker is its own, for nobody works here."""
    variables = {"NARRATOR_HOME": str(tmp_path / "home"), "NARRATOR_BROKER_URL": "memory://"}
    migrate(load(variables))
    return variables


@pytest.fixture
def children() -> Iterator[list[Child]]:
    """What a test started, stopped at its end."""
    started: list[Child] = []
    yield started
    for child in started:
        child.stop()


def api(*options: str, env: dict[str, str], children: list[Child]) -> Child:
    """`narrator api` with these options."""
    log = Path(env["NARRATOR_HOME"]).with_name("log")
    children.append(start((sys.executable, "-m", "narrator", "api", *options), log=log, env=env))
    return children[-1]


def test_whoever_has_all_that_it_needs_may_start(environment: dict[str, str]) -> None:
    check(load(environment))


def test_without_a_broker_it_would_accept_what_nobody_does(environment: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="NARRATOR_BROKER_URL is not set") as refused:
        check(load(environment | {"NARRATOR_BROKER_URL": ""}))
    assert "redis://" in refused.value.remedy


@pytest.mark.parametrize(
    "variables",
    [{"NARRATOR_DATABASE_URL": NOBODY_S}, {"NARRATOR_API_HOST": "192.0.2.7"}],
    ids=["a fleet's database", "a host that others reach"],
)
def test_without_keys_it_is_open_to_this_machine_alone(
    environment: dict[str, str], variables: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match="no keys") as refused:
        check(load(environment | variables))
    assert "narrator api-key" in refused.value.remedy


def test_a_database_without_tables_is_cured_by_migrating(tmp_path: Path) -> None:
    fresh = load({"NARRATOR_HOME": str(tmp_path / "home"), "NARRATOR_BROKER_URL": "memory://"})
    with pytest.raises(SettingsError, match="schema is missing") as refused:
        check(fresh)
    assert "narrator migrate" in refused.value.remedy
    migrate(fresh)
    check(fresh)


def test_a_database_that_does_not_answer_is_named_without_its_password(
    environment: dict[str, str],
) -> None:
    with pytest.raises(SettingsError, match="did not answer") as refused:
        check(load(environment | {"NARRATOR_DATABASE_URL": NOBODY_S, "NARRATOR_API_KEYS": KEYS}))
    assert "NARRATOR_DATABASE_URL" in refused.value.remedy
    assert "secret" not in refused.value.reason + refused.value.remedy


@pytest.mark.integration
@pytest.mark.parametrize(
    ("options", "variables", "cause"),
    [
        ([], {"NARRATOR_BROKER_URL": ""}, "NARRATOR_BROKER_URL"),
        (["--host=0.0.0.0"], {}, "no keys"),
    ],
    ids=["no broker", "a host on the command line"],
)
def test_the_command_refuses_in_two_lines(
    environment: dict[str, str],
    children: list[Child],
    options: list[str],
    variables: dict[str, str],
    cause: str,
) -> None:
    """Before it turns into the server, whose refusal would be a traceback."""
    child = api(*options, env=environment | variables, children=children)
    assert child.wait() == MISUSED
    what, how = child.output().splitlines()
    assert cause in what
    assert how.startswith("  remedy: ")


@pytest.mark.integration
def test_host_and_port_of_the_command_line_outdo_the_settings_in_the_server_too(
    environment: dict[str, str], children: list[Child]
) -> None:
    """By the settings alone it would not start: others could reach it, and it has no keys."""
    port = free_port()
    child = api(
        *("--host=127.0.0.1", f"--port={port}"),
        env=environment | {"NARRATOR_API_HOST": "0.0.0.0", "NARRATOR_API_PORT": "1"},  # noqa: S104  # to be outdone
        children=children,
    )
    child.wait_until(lambda: listening(port), timeout_seconds=120)
    assert httpx.get(f"http://127.0.0.1:{port}/v1/jobs").status_code == 200


@pytest.mark.integration
def test_the_server_s_own_factory_refuses_as_well(
    environment: dict[str, str], children: list[Child], tmp_path: Path
) -> None:
    """Started by hand, without the command."""
    factory = ("-m", "uvicorn", "--factory", "narrator.api.app:from_environment", "--port=0")
    variables = environment | {"NARRATOR_BROKER_URL": ""}
    children.append(start((sys.executable, *factory), log=tmp_path / "log", env=variables))
    assert children[-1].wait() != 0
    assert "NARRATOR_BROKER_URL is not set" in children[-1].output()
