"""WebVTT and SRT."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.captions import Cue
from narrator.readalong.shown import LINE_CHARS, MOST_LINES, showings
from narrator.readalong.subtitles import srt, vtt

HOUR = 24_000 * 3_600
LONG = "It was a bright cold day in April, and the clocks were striking thirteen; " * 4


def cue(text: str, start: int = 0, end: int = 48_000) -> Cue:
    return Cue(spans=(), text=text, start_samples=start, end_samples=end)


def test_a_cue_names_its_voice_and_its_time():
    assert "".join(vtt([("thalia", cue("Rain.", 24_000, 36_012))])) == (
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:01.500\n<v thalia>Rain.</v>\n"
    )


def test_srt_has_commas_and_no_voices():
    assert "".join(srt([("thalia", cue("Rain.", 24_000, 36_012))])) == (
        "1\n00:00:01,000 --> 00:00:01,500\nRain.\n\n"
    )


def test_what_looks_like_markup_is_text():
    text = "".join(vtt([("a", cue("<i>5 > 4 --> & so on</i>"))]))
    assert "&lt;i&gt;5 &gt; 4 --&gt; &amp; so on&lt;/i&gt;" in text


def test_a_recording_may_take_hundreds_of_hours():
    assert "123:00:00.000 --> 123:00:02.000" in "".join(
        vtt([("a", cue("Late.", 123 * HOUR, 123 * HOUR + 48_000))])
    )


def test_times_count_from_the_beginning_of_the_file():
    (shown,) = showings([("a", cue("Rain.", HOUR, HOUR + 24_000))], start_samples=HOUR)
    assert (shown.start_ms, shown.end_ms) == (0, 1_000)


def test_lines_are_short_and_few():
    for shown in showings([("a", cue(LONG))]):
        assert len(shown.lines) <= MOST_LINES
        assert max(map(len, shown.lines)) <= LINE_CHARS


def test_a_long_sentence_is_all_there():
    words = " ".join(line for shown in showings([("a", cue(LONG))]) for line in shown.lines)
    assert words.split() == LONG.split()


SENTENCES = st.lists(st.tuples(st.text(max_size=200), st.integers(0, 60_000)), max_size=12)


@given(SENTENCES)
def test_nothing_overlaps_and_everything_lasts(given_: list[tuple[str, int]]):
    at, made = 0, []
    for text, samples in given_:
        made.append(("a", cue(text, at, at + samples)))
        at += samples
    shown = list(showings(made))
    assert all(each.start_ms < each.end_ms for each in shown)
    assert all(one.end_ms <= other.start_ms for one, other in pairwise(shown))
