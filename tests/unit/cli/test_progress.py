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
    shown = pace.snapshot(progress(250, samples=240_000), 6.0)
    assert shown.eta_seconds == pytest.approx(15.0)
    assert shown.speed == pytest.approx(2.0)


def test_what_an_earlier_run_spoke_does_not_count_as_pace():
    """A resumed job starts at 90 %: that says nothing of how fast the rest will go."""
    pace = Pace(0.0)
    assert pace.snapshot(progress(900), 1.0).eta_seconds is None
    assert pace.snapshot(progress(910), 2.0).eta_seconds == pytest.approx(9.0)


def test_only_the_last_half_minute_counts():
    pace = Pace(0.0)
    for at, spoken in ((0.0, 0), (40.0, 10)):
        pace.snapshot(progress(spoken), at)
    shown = pace.snapshot(progress(410), 60.0)
    assert shown.eta_seconds == pytest.approx(590 / 20)


def test_before_the_plan_there_is_only_the_time():
    shown = Pace(10.0).snapshot(Progress(stage=Stage.PLANNING), 73.0)
    assert shown.line() == "planning · 0:01:03 so far"
    assert shown.eta_seconds is None


def test_a_line_tells_chapters_characters_audio_and_time_left():
    pace = Pace(0.0)
    pace.snapshot(progress(0), 0.0)
    line = pace.snapshot(progress(500, samples=24_000 * 60), 5.0).line()
    assert line == (
        "speaking  50% · 0 of 1 chapter · 500 of 1,000 characters · audio 0:01:00 · 12x"
        " · about 0:00:05 left"
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
