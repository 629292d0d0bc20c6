"""What there is to tell about a running job."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.cli.progress import Pace
from narrator.domain.jobs import ChapterProgress, Progress, Stage


def progress(spoken: int, *, chars: int = 1_000, samples: int = 0) -> Progress:
    chapter = ChapterProgress(
        number=1,
        title="I",
        chunks=4,
        chunks_spoken=0,
        chars=chars,
        chars_spoken=spoken,
        samples=samples,
        rendered=False,
    )
    return Progress(stage=Stage.SPEAKING, chapters=(chapter,))


def test_time_left_follows_from_the_pace():
    pace = Pace(0.0)
    pace.snapshot(progress(0), 1.0)
    shown = pace.snapshot(progress(250, samples=2_880_000), 61.0)
    assert shown.eta_seconds == pytest.approx(180.0)
    assert shown.speed == pytest.approx(2.0)


def test_what_an_earlier_run_spoke_does_not_count_as_pace():
    """A resumed job starts at 90 %: that says nothing of how fast the rest will go."""
    pace = Pace(0.0)
    assert pace.snapshot(progress(900), 1.0).eta_seconds is None
    assert pace.snapshot(progress(960), 61.0).eta_seconds == pytest.approx(40.0)


def test_only_the_last_minutes_count():
    pace = Pace(0.0)
    for at, spoken in ((0.0, 0), (300.0, 10)):
        pace.snapshot(progress(spoken), at)
    shown = pace.snapshot(progress(410), 400.0)
    assert shown.eta_seconds == pytest.approx(590 / 4)


def test_before_the_providers_first_minute_has_passed_nobody_knows_a_pace():
    """Its burst would be taken for the pace of the whole."""
    pace = Pace(0.0, time_scale=60.0)
    pace.snapshot(progress(0), 0.0)
    burst = pace.snapshot(progress(500), 0.9)
    assert (burst.speed, burst.eta_seconds) == (0.0, None)
    assert pace.snapshot(progress(500), 1.0).eta_seconds == pytest.approx(1.0)


@pytest.mark.parametrize("time_scale", [1.0, 7.0, 60.0])
@pytest.mark.parametrize("looks", [0.2, 1.0])
def test_bursts_a_minute_apart_leave_the_time_left_within_a_factor_of_two(
    time_scale: float, looks: float
):
    """Each minute a socket speaks its 2,400 characters within 5 s, and waits for the next."""
    chars, minute = 2_400 * 30, 60.0 / time_scale
    pace = Pace(0.0, time_scale=time_scale)
    at, told = 0.0, 0
    while at < 25 * minute:
        done, since = divmod(at, minute)
        spoken = 2_400 * (done + min(1.0, since / minute * 12))
        shown = pace.snapshot(progress(int(spoken), chars=chars), at)
        if shown.eta_seconds is not None:
            told += 1
            assert 0.5 <= shown.eta_seconds / (30 * minute - at) <= 2.0, at
        at += looks / time_scale
    assert told > 20 * minute * time_scale / looks


def test_before_the_plan_there_is_only_the_time():
    shown = Pace(10.0).snapshot(Progress(stage=Stage.PLANNING), 73.0)
    assert shown.line() == "planning · 0:01:03 so far"
    assert shown.eta_seconds is None


def test_a_line_tells_chapters_characters_audio_and_time_left():
    pace = Pace(0.0)
    pace.snapshot(progress(0), 0.0)
    line = pace.snapshot(progress(500, samples=24_000 * 720), 60.0).line()
    assert line == (
        "speaking  50% · 0 of 1 chapter · 500 of 1,000 characters · audio 0:12:00 · 12x"
        " · about 0:01:00 left"
    )


@given(st.lists(st.tuples(st.floats(0.01, 100), st.integers(0, 1_000)), max_size=30))
def test_nothing_is_ever_negative(steps: list[tuple[float, int]]):
    pace = Pace(0.0)
    at, spoken = 0.0, 0
    for after, more in steps:
        at, spoken = at + after, min(1_000, spoken + more)
        shown = pace.snapshot(progress(spoken, samples=spoken), at)
        assert shown.speed >= 0
        assert shown.eta_seconds is None or shown.eta_seconds > 0
        assert 0 <= shown.fraction <= 1
