"""Exit codes, and errors in two lines."""

import hashlib
import json

import pytest
from click.testing import CliRunner

from narrator.cli.app import FAILED, MISUSED, OK, VERBS, exit_code, narrator, run
from narrator.cli.say import clock, count, dollars
from narrator.domain.errors import DocumentRefused, JobFault, OptionRefused, SettingsError
from narrator.settings import load


def test_a_wrong_option_is_one_line_what_and_one_line_how(capsys: pytest.CaptureFixture[str]):
    assert run(["narrate", "emma.epub", "--voice", "bob"]) == MISUSED
    what, how = capsys.readouterr().err.splitlines()
    assert what == "narrator: there is no voice 'bob'"
    assert how.startswith("  remedy: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ["narrate", "no-such-file.epub"],
        ["narrate", "emma.epub", "--chapters", "3-1"],
        ["narrate", "emma.epub", "--speed", "9"],
        ["narrate", "emma.epub", "-o", "emma.ogg"],
        ["narrate", "emma.epub", "--format", "ogg"],
        ["narrate"],
        ["plan", "no-such-file.epub"],
        ["worker", "speech"],
        ["worker", "video"],
        ["speak-server", "--minute-chars", "none"],
        ["speak-server", "--port", "99999"],
        ["speak-server", "--time-scale", "0"],
        ["speak-server", "--first-audio-ms", "-1"],
        ["api-key", "a,b"],
        ["sing"],
    ],
)
def test_wrong_usage_exits_with_2_and_without_a_traceback(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
):
    assert run(arguments) == MISUSED
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    assert told.out == ""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["narrate", "emma.epub", "--voice", "bob"], "option-refused"),
        (["narrate", "no-such-file.epub"], "option-refused"),
        (["narrate", "emma.epub", "--format", "ogg"], "option-refused"),
        (["narrate"], "option-refused"),
        (["plan", "no-such-file.epub"], "option-refused"),
        (["verify", "no-such-file.json"], "option-refused"),
    ],
)
def test_a_program_gets_every_refusal_as_one_json_object(
    arguments: list[str], code: str, capsys: pytest.CaptureFixture[str]
):
    assert run([*arguments, "--json"]) == MISUSED
    told = capsys.readouterr()
    answer = json.loads(told.out)
    assert answer["state"] == "failed"
    assert answer["failure"]["code"] == code
    assert answer["failure"]["reason"]
    assert answer["failure"]["remedy"]
    assert told.err == ""


def test_a_job_that_fails_is_told_apart_from_wrong_usage():
    assert exit_code(JobFault("")) == exit_code(DocumentRefused("")) == FAILED
    assert exit_code(OptionRefused("")) == exit_code(SettingsError("")) == MISUSED


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]):
    assert run([verb, "--help"]) == OK
    assert "Usage: narrator" in capsys.readouterr().out


def test_the_command_lists_its_verbs(capsys: pytest.CaptureFixture[str]):
    assert run(["--help"]) == OK
    listed = capsys.readouterr().out
    assert [verb for verb in VERBS if verb not in listed] == []


def test_an_api_key_matches_the_entry_that_the_settings_take():
    printed = CliRunner().invoke(narrator, ["api-key", "ada"]).output.splitlines()
    key, entry = (line.rsplit(" ", 1)[1] for line in printed)
    keys = load({"NARRATOR_API_KEYS": entry}).api.keys
    assert keys == {hashlib.sha256(key.encode()).hexdigest(): "ada"}


def test_two_keys_are_never_the_same():
    keys = {CliRunner().invoke(narrator, ["api-key", "ada"]).output for _ in range(3)}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00:00"), (59.6, "0:01:00"), (3_725, "1:02:05"), (36_000, "10:00:00")],
)
def test_lengths_of_time_read_as_a_clock(seconds: float, shown: str):
    assert clock(seconds) == shown


def test_small_amounts_can_still_be_seen():
    assert [dollars(amount) for amount in (0, 0.0012, 16.954, 1_200)] == [
        "$0.00",
        "$0.0012",
        "$16.95",
        "$1,200.00",
    ]


def test_one_is_singular():
    assert (count(1, "chapter"), count(1_200, "chapter")) == ("1 chapter", "1,200 chapters")
