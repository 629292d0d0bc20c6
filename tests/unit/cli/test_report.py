"""What it says at the end, of money above all."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from narrator.cli.report import finished
from narrator.cli.request import Judgement, Outcome

PAID = Outcome(
    job_id="0" * 32,
    path=Path("a.m4b"),
    manifest=Path("a.m4b.manifest.json"),
    audio_seconds=1.0,
    chapters=1,
    chars=10_000,
    chars_from_takes=0,
    chars_spoken_now=10_000,
    price_per_1000_chars=0.03,
    bills=True,
    elapsed_seconds=1.0,
    verdict=Judgement(ok=True, line="verified", details={}),
)


def cost_line(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> str:
    finished(outcome, as_json=False)
    return capsys.readouterr().out.splitlines()[1]


def as_json(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    finished(outcome, as_json=True)
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    return told


def test_what_is_spoken_at_deepgram_is_billed(capsys: pytest.CaptureFixture[str]):
    assert cost_line(PAID, capsys) == (
        "10,000 characters of spoken text: $0.3000 at Deepgram ($0.030 per 1,000)"
    )
    told = as_json(PAID, capsys)
    assert (told["billed"], told["dollars_billed"]) == (True, 0.3)


def test_what_an_earlier_run_paid_is_not_billed_again(capsys: pytest.CaptureFixture[str]):
    again = replace(PAID, chars_spoken_now=0)
    assert cost_line(again, capsys) == (
        "10,000 characters of spoken text: nothing is billed; all of them had been spoken before"
    )
    told = as_json(again, capsys)
    assert (told["billed"], told["dollars_billed"], told["dollars"]) == (False, 0.0, 0.3)


def test_only_what_this_run_speaks_is_billed(capsys: pytest.CaptureFixture[str]):
    resumed = replace(PAID, chars_from_takes=4_000, chars_spoken_now=5_000)
    assert cost_line(resumed, capsys) == (
        "10,000 characters of spoken text: $0.1500 at Deepgram ($0.030 per 1,000); 5,000 of them"
        " had been spoken before"
    )
    told = as_json(resumed, capsys)
    assert (told["dollars_billed"], told["dollars_saved_by_takes"]) == (0.15, 0.12)


def test_a_server_of_ones_own_bills_nothing(capsys: pytest.CaptureFixture[str]):
    own = replace(PAID, bills=False)
    assert "would have cost $0.3000 at Deepgram" in cost_line(own, capsys)
    told = as_json(own, capsys)
    assert (told["billed"], told["dollars_billed"]) == (False, 0.0)
