"""The fleet of docker-compose.yml is set by settings that exist and runs commands that exist."""

import re
import shlex
import subprocess
import sys
from typing import Any

import pytest
import yaml

from narrator.domain.steps import Queue
from narrator.settings import VARIABLES
from tests.servers.places import REPOSITORY

TEXT = (REPOSITORY / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
SETTINGS = {variable.name for variable in VARIABLES}


def plain(word: str) -> str:
    """A word as it is when no variable is set: `${NAME:-default}` is `default`."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word)


def commands(program: str) -> list[list[str]]:
    """The commands, over all services of ours, that run this program."""
    argvs = [[plain(word) for word in service["command"]] for service in OURS.values()]
    return [argv for argv in argvs if argv[0] == program]


def test_the_fleet_has_every_kind_of_process():
    assert set(OURS) == {"migrate", "api", "speech", "audio", "speak-server"}


def test_every_process_of_ours_is_a_command_of_ours():
    """Whatever else a process needs to be told stands in one place, behind that command."""
    assert {service["command"][0] for service in OURS.values()} == {"narrator"}


def test_every_variable_that_a_service_is_given_is_a_setting():
    given = {name for service in OURS.values() for name in service["environment"]}
    assert given - SETTINGS == set()


def test_every_setting_that_the_files_mention_exists():
    example = (REPOSITORY / "deploy/fleet.env.example").read_text()
    mentioned = set(re.findall(r"\b(?:NARRATOR|DEEPGRAM)_[A-Z0-9_]+", TEXT + example))
    assert mentioned - SETTINGS == set()


def test_every_setting_of_the_example_reaches_a_service():
    """Compose puts into a container what its service names, and nothing else of `.env`."""
    example = (REPOSITORY / "deploy/fleet.env.example").read_text()
    offered = set(re.findall(r"^#?([A-Z0-9_]+)=", example, re.MULTILINE))
    passed_on = set(re.findall(r"\$\{(\w+):", TEXT))
    assert offered - passed_on == set()


def test_every_required_variable_is_in_the_example():
    example = (REPOSITORY / "deploy/fleet.env.example").read_text()
    required = set(re.findall(r"\$\{(\w+):\?", TEXT))
    assert {
        name for name in required if not re.search(rf"^{name}=$", example, re.MULTILINE)
    } == set()


@pytest.mark.parametrize("argv", commands("narrator"), ids=shlex.join)
def test_every_narrator_command_exists(argv):
    """With --help at its end it parses what is before, and does nothing."""
    call = [sys.executable, "-m", "narrator", *argv[1:], "--help"]
    answer = subprocess.run(call, cwd=REPOSITORY, check=False, capture_output=True, text=True)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_each_queue_has_its_worker():
    workers = [argv[2:] for argv in commands("narrator") if argv[1] == "worker"]
    assert sorted(workers) == sorted([queue.value] for queue in Queue)


@pytest.mark.parametrize("service", ["api", "speech", "audio"])
def test_a_process_has_ended_by_itself_before_compose_ends_it(service):
    """As the README's table says of the setting: fifteen seconds before."""
    default = next(v.default for v in VARIABLES if v.name == "NARRATOR_DRAIN_SECONDS")
    grace = int(OURS[service]["stop_grace_period"].removesuffix("s"))
    assert grace >= float(default) + 15
    assert "NARRATOR_DRAIN_SECONDS" not in OURS[service]["environment"]


def test_the_image_starts_a_command_that_compose_starts_too():
    text = (REPOSITORY / "Dockerfile").read_text()
    assert re.findall(r"^CMD (.*)$", text, re.MULTILINE) == ['["narrator", "api"]']
    assert ["narrator", "api"] in commands("narrator")


def test_only_the_speech_worker_holds_the_key():
    holders = [name for name, s in OURS.items() if "DEEPGRAM_API_KEY" in s["environment"]]
    assert holders == ["speech"]
