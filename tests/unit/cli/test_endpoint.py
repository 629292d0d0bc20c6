"""Whether the Speak endpoint that is set can be used, and whether it bills."""

import pytest

from narrator.cli.endpoint import bills, limits_pace, need_key
from narrator.domain.errors import SettingsError
from narrator.settings import load

OURS = {"NARRATOR_SPEAK_URL": "ws://127.0.0.1:8123/v1/speak"}
KEY = {"DEEPGRAM_API_KEY": "trial"}
EUROPE = {"NARRATOR_SPEAK_URL": "wss://api.eu.deepgram.com/v1/speak"}
MIMIC = {"NARRATOR_SPEAK_URL": "wss://notdeepgram.com/v1/speak"}


def test_an_endpoint_without_a_key_is_refused_with_the_variable_to_set():
    with pytest.raises(SettingsError, match="NARRATOR_SPEAK_URL is set") as refused:
        need_key(load(OURS))
    assert "DEEPGRAM_API_KEY" in refused.value.remedy


@pytest.mark.parametrize("environment", [{}, KEY, OURS | KEY])
def test_a_trial_and_an_endpoint_with_a_key_are_let_through(environment: dict[str, str]):
    """Nothing is raised."""
    need_key(load(environment))


@pytest.mark.parametrize("environment", [KEY, EUROPE | KEY])
def test_deepgram_bills(environment: dict[str, str]):
    assert bills(load(environment))


@pytest.mark.parametrize("environment", [{}, OURS | KEY, MIMIC | KEY])
def test_nobody_else_bills(environment: dict[str, str]):
    assert not bills(load(environment))


def test_the_limits_run_as_fast_as_the_server_that_is_used():
    trial, own = {"NARRATOR_TRIAL_TIME_SCALE": "9"}, {"NARRATOR_SPEAK_TIME_SCALE": "7"}
    assert limits_pace(load(trial)) == 9
    assert limits_pace(load(OURS | KEY | trial | own)) == 7
