"""What is doubted of takes, and what is done about it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.gate import (
    ATTEMPTS,
    FREE_CHARS,
    Doubt,
    Sound,
    Tried,
    Verdict,
    best,
    doubts_of,
    doubts_text,
    is_own_pace,
    is_settled,
    judge,
    may_repeat,
)
from narrator.domain.pace import Band

TEXT = "It was late in the evening, and the fire was low."
GOOD = Sound(
    samples=72_000,
    sounding_samples=70_000,
    loudest_dbfs=-18.0,
    clipped_samples=0,
    offset=0.001,
    tail_db=-60.0,
    gap_samples=9_000,
)
BAND = Band(shortest_seconds=2.0, longest_seconds=4.0)
TRIED = Tried(times=1, chars=300, doubted_chars=0, sent_chars=300)


def verdict(*doubts: Doubt, samples: int = 72_000) -> Verdict:
    sound = replace(GOOD, samples=samples, sounding_samples=samples)
    return Verdict(sound=sound, doubts=doubts)


def test_a_good_take_is_not_doubted() -> None:
    assert judge(GOOD, TEXT, BAND).doubts == ()


@pytest.mark.parametrize(
    ("sound", "doubt"),
    [
        (replace(GOOD, loudest_dbfs=-70.0), Doubt.SILENT),
        (replace(GOOD, clipped_samples=100), Doubt.CLIPPED),
        (replace(GOOD, offset=-0.05), Doubt.OFFSET),
        (replace(GOOD, tail_db=-6.0), Doubt.CUT_OFF),
        (replace(GOOD, gap_samples=36_000), Doubt.GAP),
        (replace(GOOD, sounding_samples=40_000), Doubt.TOO_SHORT),
        (replace(GOOD, sounding_samples=100_000), Doubt.TOO_LONG),
    ],
)
def test_a_defect_is_doubted_by_its_name(sound: Sound, doubt: Doubt) -> None:
    assert judge(sound, TEXT, BAND).doubts == (doubt,)


def test_a_text_that_asks_for_a_pause_may_have_one() -> None:
    pause = replace(GOOD, gap_samples=48_000)
    assert judge(pause, "He waited... and waited.", BAND).doubts == ()


def test_an_ellipsis_at_either_end_asks_for_no_pause_inside() -> None:
    pause = replace(GOOD, gap_samples=36_000)
    assert judge(pause, "“...and waited...”", BAND).doubts == (Doubt.GAP,)


def test_without_a_band_no_pace_is_doubted() -> None:
    assert judge(replace(GOOD, sounding_samples=2_400), TEXT, None).doubts == ()


def test_the_ledgers_code_names_the_gravest_doubt() -> None:
    assert verdict(Doubt.OFFSET, Doubt.CUT_OFF).code == "gate-cut-off"


def test_the_best_take_is_the_one_with_the_lightest_doubts() -> None:
    takes = [verdict(Doubt.CUT_OFF), verdict(Doubt.OFFSET), verdict(Doubt.SILENT)]
    assert best(takes) == 1


def test_of_takes_that_miss_something_the_longest_is_the_best() -> None:
    takes = [verdict(Doubt.CUT_OFF, samples=each) for each in (50_000, 60_000, 40_000)]
    assert best(takes) == 1


def test_of_equals_the_last_is_kept() -> None:
    assert best([verdict(), verdict()]) == 1


def test_two_takes_that_are_as_good_as_the_same_settle_it() -> None:
    one, other = (verdict(Doubt.TOO_LONG, samples=each) for each in (72_000, 72_600))
    assert is_settled([one, other])
    assert is_own_pace([one, other])
    assert not is_settled([one])
    assert not is_settled([one, verdict(Doubt.TOO_LONG, samples=80_000)])


def test_what_is_cut_off_is_not_learned_from_however_often() -> None:
    assert not is_own_pace([verdict(Doubt.CUT_OFF), verdict(Doubt.CUT_OFF)])


def test_a_chunk_is_spoken_three_times_in_all() -> None:
    assert [may_repeat(replace(TRIED, times=times)) for times in range(1, ATTEMPTS + 1)] == [
        True,
        True,
        False,
    ]


def test_a_job_whose_takes_are_all_doubted_costs_a_tenth_more_and_a_little() -> None:
    spent = replace(TRIED, doubted_chars=FREE_CHARS + 10_000, sent_chars=100_000)
    assert not may_repeat(spent)
    assert may_repeat(replace(spent, sent_chars=110_000))


@given(st.one_of(st.none(), st.lists(st.sampled_from(Doubt), unique=True).map(tuple)))
def test_doubts_come_back_from_a_row(doubts: tuple[Doubt, ...] | None) -> None:
    assert doubts_of(doubts_text(doubts)) == doubts


def test_what_a_later_release_doubts_is_passed_over() -> None:
    assert doubts_of("cut-off,unheard-of") == (Doubt.CUT_OFF,)
