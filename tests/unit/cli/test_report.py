"""What it says at the end, of money above all."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from narrator.cli.report import finished
from narrator.cli.request import Judgement, Outcome
from narrator.domain.ledger import Outcome as Sent
from narrator.domain.ledger import Sums

PAID = Outcome(
    job_id="0" * 32,
    recordings=(Path("a.m4b"),),
    companions=(),
    manifest=Path("a.m4b.manifest.json"),
    audio_seconds=1.0,
    chapters=1,
    chars=10_000,
    chars_from_takes=0,
    voices={"aura-2-thalia-en": 10_000},
    takes_spoilt=0,
    takes_doubtful=0,
    sums_before=Sums(chars={}),
    sums=Sums(chars={Sent.KEPT: 10_000}),
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


def test_what_is_sent_to_deepgram_is_billed(capsys: pytest.CaptureFixture[str]):
    assert cost_line(PAID, capsys) == (
        "10,000 characters of spoken text: 10,000 sent, $0.3000 at Deepgram ($0.030 per 1,000)"
    )
    told = as_json(PAID, capsys)
    assert (told["billed"], told["dollars_billed"]) == (True, 0.3)


def test_what_is_sent_again_is_billed_again_and_said(capsys: pytest.CaptureFixture[str]):
    cut = replace(PAID, sums=Sums(chars={Sent.KEPT: 10_000, Sent.CUT: 300, Sent.LATE: 200}))
    assert cost_line(cut, capsys) == (
        "10,000 characters of spoken text: 10,500 sent (500 of them again), $0.3150 at Deepgram"
        " ($0.030 per 1,000)"
    )
    told = as_json(cut, capsys)
    assert (told["dollars"], told["dollars_billed"]) == (0.3, 0.315)
    assert (told["chars_sent"], told["chars_resent"]) == (10_500, 500)


def test_what_was_spoilt_is_said(capsys: pytest.CaptureFixture[str]):
    spoilt = replace(PAID, takes_spoilt=2)
    assert cost_line(spoilt, capsys).endswith("; 2 stored takes spoilt and spoken again")
    assert as_json(spoilt, capsys)["takes_spoilt"] == 2


def test_what_was_about_to_be_sent_and_was_not_costs_nothing(
    capsys: pytest.CaptureFixture[str],
):
    drained = replace(PAID, sums=Sums(chars={Sent.KEPT: 10_000, Sent.UNSENT: 300}))
    assert as_json(drained, capsys)["dollars_billed"] == 0.3


def test_what_an_earlier_run_paid_is_not_billed_again(capsys: pytest.CaptureFixture[str]):
    again = replace(PAID, sums_before=PAID.sums)
    assert cost_line(again, capsys) == (
        "10,000 characters of spoken text: nothing sent, nothing billed; 10,000 spoken by earlier"
        " runs"
    )
    told = as_json(again, capsys)
    assert (told["billed"], told["dollars_billed"], told["dollars"]) == (False, 0.0, 0.3)
    assert (told["chars_sent"], told["chars_sent_now"]) == (10_000, 0)


def test_only_what_this_run_sends_is_billed(capsys: pytest.CaptureFixture[str]):
    resumed = replace(
        PAID,
        chars_from_takes=4_000,
        sums_before=Sums(chars={Sent.KEPT: 1_000}),
        sums=Sums(chars={Sent.KEPT: 6_000}),
    )
    assert cost_line(resumed, capsys) == (
        "10,000 characters of spoken text: 5,000 sent, $0.1500 at Deepgram ($0.030 per 1,000);"
        " 4,000 answered by earlier takes; 1,000 spoken by earlier runs"
    )
    told = as_json(resumed, capsys)
    assert (told["dollars_billed"], told["dollars_saved_by_takes"]) == (0.15, 0.12)


def test_what_a_killed_run_had_under_way_is_sent_again_by_the_next(
    capsys: pytest.CaptureFixture[str],
):
    """It was billed to the run that died; its second sending is billed to this one."""
    resumed = replace(
        PAID,
        sums_before=Sums(chars={Sent.KEPT: 4_000, Sent.SENT: 500}),
        sums=Sums(chars={Sent.KEPT: 10_000, Sent.LOST: 500}),
    )
    assert cost_line(resumed, capsys) == (
        "10,000 characters of spoken text: 6,000 sent (500 of them again), $0.1800 at Deepgram"
        " ($0.030 per 1,000); 4,000 spoken by earlier runs"
    )


def test_a_server_of_ones_own_bills_nothing(capsys: pytest.CaptureFixture[str]):
    own = replace(PAID, bills=False)
    assert "10,000 sent, would have cost $0.3000 at Deepgram" in cost_line(own, capsys)
    told = as_json(own, capsys)
    assert (told["billed"], told["dollars_billed"]) == (False, 0.0)


def test_doubtful_takes_are_told(capsys: pytest.CaptureFixture[str]):
    doubtful = replace(PAID, takes_doubtful=2)
    assert "2 takes doubtful, though the best of several" in cost_line(doubtful, capsys)
    assert as_json(doubtful, capsys)["takes_doubtful"] == 2


def test_every_file_is_named(capsys: pytest.CaptureFixture[str]):
    recordings, companions = (Path("a-1.m4b"), Path("a-2.m4b")), (Path("a.vtt"),)
    several = replace(PAID, recordings=recordings, companions=companions)
    told = as_json(several, capsys)
    assert (told["path"], told["recordings"]) == ("a-1.m4b", ["a-1.m4b", "a-2.m4b"])
    assert told["companions"] == ["a.vtt"]
    finished(several, as_json=False)
    assert capsys.readouterr().out.splitlines()[:4] == [
        "a-1.m4b",
        "a-2.m4b",
        "a.vtt",
        "plays 0:00:01 in 1 chapter, made in 0:00:01",
    ]


def test_several_voices_are_named_each_with_what_it_says(capsys: pytest.CaptureFixture[str]):
    cast = replace(PAID, voices={"aura-2-thalia-en": 9_999, "aura-2-orion-en": 1})
    assert as_json(cast, capsys)["voices"] == cast.voices
    finished(cast, as_json=False)
    told = capsys.readouterr().out
    assert "spoken by aura-2-thalia-en: 9,999 characters\n" in told
    assert "spoken by aura-2-orion-en: 1 character\n" in told
