"""The fleet without a bill speaks with the very words that its documents give."""

import re
import sys

import pytest
import yaml

from narrator.bootstrap import bootstrap
from narrator.domain.ids import TakeKey
from narrator.services.ports import Refused, Report, Spoken, Utterance
from narrator.settings import load
from tests.fakes.feeds import feed, held
from tests.servers.places import REPOSITORY
from tests.servers.process import free_port, listening, running

pytestmark = pytest.mark.integration

EXAMPLE = (REPOSITORY / "deploy/fleet.env.example").read_text()
COMPOSE = (REPOSITORY / "docker-compose.yml").read_text()


def offered() -> dict[str, str]:
    """The lines of the example that uncommenting turns into a trial."""
    _, _, trial = EXAMPLE.partition("without a bill")
    block, _, _ = trial.partition("\n\n")
    return dict(re.findall(r"^#(\w+)=(.+)$", block, re.MULTILINE))


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """Where the Speak server listens, started as Compose does but for its port."""
    port, log = free_port(), tmp_path_factory.mktemp("speak-server") / "log"
    program, *argv = yaml.safe_load(COMPOSE)["services"]["speak-server"]["command"]
    assert program == "narrator"
    here = [word for word in argv if not word.startswith("--port")] + [f"--port={port}"]
    command = [sys.executable, "-m", "narrator", *here, "--voice-engine=tone"]
    with running(command, log=log, ready=lambda: listening(port)):
        yield port


def spoken(variables: dict[str, str], port: int) -> list[Report]:
    """What is said of one utterance under these settings, the server being on this machine."""
    url = variables["NARRATOR_SPEAK_URL"].replace("//speak-server:8090/", f"//127.0.0.1:{port}/")
    speaker = bootstrap(load(variables | {"NARRATOR_SPEAK_URL": url})).speaker
    utterance = Utterance(key=TakeKey("a" * 64), text="Good morning.")
    try:
        return list(speaker.speak(held(), feed([utterance])))
    finally:
        speaker.close()


def test_the_example_s_words_for_a_trial_are_enough_to_speak(port):
    assert isinstance(spoken(offered(), port)[-1], Spoken)


def test_no_key_at_all_is_not_enough(port):
    """Which is why the documents must not say so."""
    refused, *_ = spoken(offered() | {"DEEPGRAM_API_KEY": ""}, port)
    assert isinstance(refused, Refused)
    assert "DEEPGRAM_API_KEY" in refused.error.remedy


def test_a_trial_s_takes_never_pass_for_paid_ones():
    assert load(offered()).speech.speaker.startswith("offline-")


def test_compose_says_what_the_example_says():
    assert f"DEEPGRAM_API_KEY={offered()['DEEPGRAM_API_KEY']}" in COMPOSE
    (started,) = re.findall(r"^#\s+(docker compose --profile .*)$", COMPOSE, re.MULTILINE)
    assert started in EXAMPLE
