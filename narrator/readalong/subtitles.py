"""Sentences as WebVTT and as SubRip (SRT)."""

from collections.abc import Iterable, Iterator

from narrator.domain.captions import Cue
from narrator.readalong.shown import Showing, clock, showings


def vtt(sentences: Iterable[tuple[str, Cue]], *, start_samples: int = 0) -> Iterator[str]:
    """A WebVTT file, in parts: a cue for each thing shown, its voice in a `<v>`."""
    yield "WEBVTT\n"
    for number, each in enumerate(showings(sentences, start_samples=start_samples), start=1):
        times = f"{clock(each.start_ms, point='.')} --> {clock(each.end_ms, point='.')}"
        lines = "\n".join(map(_escaped, each.lines))
        yield f"\n{number}\n{times}\n<v {_escaped(each.voice)}>{lines}</v>\n"


def srt(sentences: Iterable[tuple[str, Cue]], *, start_samples: int = 0) -> Iterator[str]:
    """A SubRip file, in parts. It knows neither voices nor escapes: the text is as it is."""
    for number, each in enumerate(showings(sentences, start_samples=start_samples), start=1):
        yield "\n".join((str(number), _srt_times(each), *each.lines, "", ""))


def _srt_times(each: Showing) -> str:
    return f"{clock(each.start_ms, point=',')} --> {clock(each.end_ms, point=',')}"


def _escaped(text: str) -> str:
    """Text with no markup in it, and so no arrow either (WebVTT, section 4.2.2)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
