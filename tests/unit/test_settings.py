"""Settings: what variables mean, and how malformed ones are refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from narrator.bootstrap import terms
from narrator.domain.errors import SettingsError
from narrator.domain.slots import SlotTerms
from narrator.domain.steps import Queue
from narrator.settings import VARIABLES, given, inherited, load, unknown

DIGEST = "a" * 64


def test_nothing_set_is_a_working_embedded_installation() -> None:
    settings = load({"XDG_DATA_HOME": "/data"})

    assert settings.home == Path("/data/narrator")
    assert settings.database_url == "sqlite:////data/narrator/narrator.db"
    assert settings.objects_folder == Path("/data/narrator/objects")
    assert settings.s3 is None
    assert settings.embedded.trial


def test_every_default_stands_in_the_list_of_variables() -> None:
    spelled_out = {v.name: v.default for v in VARIABLES if v.default}

    assert load(spelled_out | {"NARRATOR_HOME": "/home"}).work == load({}).work


def test_a_deepgram_key_ends_the_trial() -> None:
    settings = load({"DEEPGRAM_API_KEY": "k"})

    assert not settings.embedded.trial
    assert settings.speech.speaker == "deepgram"


def test_another_endpoint_never_passes_for_deepgram() -> None:
    assert load({"NARRATOR_SPEAK_URL": "ws://127.0.0.1:1/v1/speak"}).speech.speaker == "custom"


def test_naming_a_bucket_selects_s3() -> None:
    s3 = load({"NARRATOR_S3_BUCKET": "books", "NARRATOR_S3_ENDPOINT_URL": "http://s3:1"}).s3

    assert s3 is not None
    assert (s3.bucket, s3.public_url) == ("books", "http://s3:1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NARRATOR_SPEECH_SOCKETS", "many"),
        ("NARRATOR_SPEECH_SOCKETS", "0"),
        ("NARRATOR_SPEECH_SOCKETS", "2.5"),
        ("NARRATOR_IDLE_SECONDS", "-1"),
        ("NARRATOR_IDLE_SECONDS", "nan"),
        ("NARRATOR_SPEAK_URL", "https://api.deepgram.com"),
        ("NARRATOR_VOICE_ENGINE", "robot"),
        ("NARRATOR_LOG_LEVEL", "loud"),
        ("NARRATOR_HEARTBEAT_SECONDS", "29"),
        ("NARRATOR_LEASE_SECONDS", "601"),
        ("NARRATOR_QUEUED_SECONDS", "601"),
        ("NARRATOR_SPEECH_ALLOWANCE", "2"),
        ("NARRATOR_SPEECH_HEADROOM", "-1"),
        ("NARRATOR_SPEECH_MARGIN", "1"),
        ("NARRATOR_SPEECH_MARGIN", "0.21"),
        ("NARRATOR_CHARS_PER_MINUTE", "1938"),
        ("NARRATOR_SPEECH_OUTSTANDING", "0"),
        ("NARRATOR_SPEECH_OUTSTANDING", "3"),
        ("NARRATOR_SESSION_SECONDS", "3501"),
        ("NARRATOR_SLOT_SECONDS", "14.9"),
        ("NARRATOR_GROW_SECONDS", "0"),
        ("NARRATOR_API_KEYS", "just-a-key"),
    ],
)
def test_a_malformed_setting_is_refused_by_name_and_with_a_remedy(name: str, value: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load({name: value})

    assert name in refused.value.reason + refused.value.remedy
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("NARRATOR_SPEECH_MARGIN", "0.208", {"margin": 0.208}),
        ("NARRATOR_CHARS_PER_MINUTE", "1939", {"chars_per_minute": 1_939}),  # a window of 1,900
        ("NARRATOR_SPEECH_OUTSTANDING", "1", {"outstanding": 1}),
        ("NARRATOR_SESSION_SECONDS", "3500", {"session_seconds": 3_500}),
        ("NARRATOR_SLOT_SECONDS", "15", {"slot_seconds": 15}),
    ],
)
def test_a_setting_at_its_limit_is_taken(name: str, value: str, meant: dict[str, Any]) -> None:
    assert load({name: value}).speech == replace(load({}).speech, **meant)


def test_the_terms_of_slots_follow_the_pacing() -> None:
    usual = terms(load({}))
    brisk = terms(load({"NARRATOR_SPEAK_TIME_SCALE": "60", "NARRATOR_SPEECH_MARGIN": "0"}))

    assert usual == SlotTerms()
    assert (brisk.window_seconds, brisk.window_chars) == (1.5, 2_400)


def test_api_keys_are_known_by_their_digest() -> None:
    settings = load({"NARRATOR_API_KEYS": f"ci:{DIGEST}, ops:{'B' * 64}"})

    assert settings.api.keys == {DIGEST: "ci", "b" * 64: "ops"}
    assert not settings.api.open


@pytest.mark.parametrize(
    "environment",
    [
        {"NARRATOR_API_HOST": "0.0.0.0"},  # noqa: S104
        {"NARRATOR_DATABASE_URL": "postgresql+psycopg://db/narrator"},
        {"NARRATOR_API_KEYS": f"ci:{DIGEST}"},
    ],
)
def test_only_an_embedded_loopback_server_without_keys_is_open(
    environment: dict[str, str],
) -> None:
    assert load({}).api.open
    assert not load(environment).api.open


def test_secrets_are_not_shown() -> None:
    settings = load(
        {"DEEPGRAM_API_KEY": "hush", "NARRATOR_S3_BUCKET": "b", "NARRATOR_S3_SECRET_KEY": "quiet"}
    )

    assert "hush" not in repr(settings)
    assert "quiet" not in repr(settings)


def test_misspelt_settings_are_told() -> None:
    assert unknown({"NARRATOR_SPEACH_SOCKETS": "1", "NARRATOR_HOME": "/h", "PATH": "x"}) == [
        "NARRATOR_SPEACH_SOCKETS"
    ]


def test_a_child_inherits_everything_but_our_settings() -> None:
    assert inherited({"PATH": "/bin", "NARRATOR_HOME": "/h", "DEEPGRAM_API_KEY": "k"}) == {
        "PATH": "/bin"
    }


def test_what_is_given_leaves_out_empty_settings() -> None:
    assert given({"NARRATOR_HOME": "/h", "NARRATOR_SPEAK_URL": " "}) == {"NARRATOR_HOME": "/h"}


def test_each_queue_has_a_window() -> None:
    assert set(load({}).work.window) == set(Queue)


def test_no_failpoint_is_armed_unless_a_folder_is_named() -> None:
    assert load({}).failpoints is None


def test_failpoints_are_for_other_endpoints_than_deepgram() -> None:
    rehearsal = {"NARRATOR_FAILPOINTS": "/points", "NARRATOR_SPEAK_URL": "ws://127.0.0.1:1/"}

    assert load(rehearsal).failpoints == Path("/points")
    with pytest.raises(SettingsError, match="NARRATOR_FAILPOINTS"):
        load({"NARRATOR_FAILPOINTS": "/points"})


@pytest.mark.parametrize(
    "url",
    [
        "wss://API.deepgram.com/v1/speak",
        "wss://api.deepgram.com:443/v1/speak?tag=a",
        "wss://api.deepgram.com./v1/speak",
        "wss://api.eu.deepgram.com/v1/speak",
    ],
)
def test_failpoints_are_refused_with_any_endpoint_of_deepgram(url: str) -> None:
    with pytest.raises(SettingsError, match="NARRATOR_FAILPOINTS"):
        load({"NARRATOR_FAILPOINTS": "/points", "NARRATOR_SPEAK_URL": url})
