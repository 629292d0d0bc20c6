"""What children are told."""

from pathlib import Path

import pytest

from narrator.embedded.environment import BRISK, Caller, child_environment
from narrator.settings import EmbeddedSettings, load

HOME = Path("/home/ada/.local/share/narrator")
TRIAL = EmbeddedSettings(trial=True, voice_engine="tone", time_scale=60.0)


def environment(given: dict[str, str], trial: EmbeddedSettings | None = None) -> dict[str, str]:
    return child_environment(
        Caller(given=given, inherited={"PATH": "/usr/bin"}),
        home=HOME,
        broker_url="redis+socket:///run/b.sock",
        trial=trial,
        speak_url="ws://127.0.0.1:4000/v1/speak",
    )


def test_what_is_not_a_setting_is_passed_on():
    assert environment({})["PATH"] == "/usr/bin"


def test_a_trial_speaks_to_our_own_server_under_its_own_name_and_pace():
    told = environment({}, TRIAL)
    assert told["NARRATOR_SPEAK_URL"] == "ws://127.0.0.1:4000/v1/speak"
    assert told["NARRATOR_SPEAKER"] == "offline-tone"
    assert told["NARRATOR_SPEAK_TIME_SCALE"] == "60"
    assert told["DEEPGRAM_API_KEY"]


def test_a_paid_run_is_told_nothing_of_a_trial():
    told = environment({"DEEPGRAM_API_KEY": "k"})
    assert told["DEEPGRAM_API_KEY"] == "k"
    assert not {"NARRATOR_SPEAK_URL", "NARRATOR_SPEAKER", "NARRATOR_SPEAK_TIME_SCALE"} & set(told)


def test_leases_are_short_where_a_supervisor_watches():
    assert BRISK.items() <= environment({}).items()


@pytest.mark.parametrize("name", ["NARRATOR_LEASE_SECONDS", "NARRATOR_SLOT_SECONDS"])
def test_a_caller_who_sets_a_lease_keeps_leases_and_heartbeat_in_step(name: str):
    told = environment({name: "3"})
    assert told[name] == "3"
    assert "NARRATOR_HEARTBEAT_SECONDS" not in told


def test_what_children_are_told_beside_a_callers_pace_is_valid():
    for name, value in [("NARRATOR_HEARTBEAT_SECONDS", "8"), ("NARRATOR_SLOT_SECONDS", "60")]:
        assert load(environment({name: value}) | {"PATH": ""}).home == HOME


def test_scratch_is_kept_in_the_home_unless_the_caller_has_a_place_for_it():
    assert environment({})["NARRATOR_SCRATCH"] == str(HOME / "scratch")
    assert environment({"NARRATOR_SCRATCH": "/mnt/fast"})["NARRATOR_SCRATCH"] == "/mnt/fast"


def test_a_callers_settings_are_not_shown_in_a_trace():
    caller = Caller(given={"DEEPGRAM_API_KEY": "dg-secret"}, inherited={"TOKEN": "other-secret"})
    assert "secret" not in repr(caller)
