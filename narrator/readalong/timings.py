"""Cues as JSON, for programs; `docs/read-along.schema.json` describes it."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from narrator.domain.captions import Cue, CuedChapter, CuedChunk
from narrator.domain.voices import SAMPLE_RATE

TIMINGS_VERSION = 1


def timings(
    chapters: Iterable[CuedChapter], *, recording: str, start_samples: int = 0
) -> Iterator[str]:
    """The JSON file of those chapters, in parts, a chapter each.

    `recording` is the audio file's name; times count from `start_samples`, where it begins.
    """
    head = {"version": TIMINGS_VERSION, "recording": recording, "sample_rate": SAMPLE_RATE}
    yield f'{_line(head)[:-1]},"chapters":[\n'
    separator = ""
    for chapter in chapters:
        yield separator + _line(_chapter(chapter, start_samples))
        separator = ",\n"
    yield "\n]}\n"


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))  # ASCII: no character is beyond it


def _chapter(chapter: CuedChapter, since: int) -> dict[str, Any]:
    return {
        "number": chapter.number,
        "title": chapter.title,
        "start_samples": chapter.start_samples - since,
        "end_samples": chapter.start_samples + chapter.samples - since,
        "chunks": [_chunk(chunk, since) for chunk in chapter.chunks],
    }


def _chunk(chunk: CuedChunk, since: int) -> dict[str, Any]:
    return {
        "index": chunk.index,
        "voice": chunk.voice,
        **_cue(chunk.whole, since),
        "sentences": [
            _cue(cue, since)
            | {"start_estimated": not cue.is_start_exact, "end_estimated": not cue.is_end_exact}
            for cue in chunk.sentences
        ],
    }


def _cue(cue: Cue, since: int) -> dict[str, Any]:
    return {
        "start_samples": cue.start_samples - since,
        "end_samples": cue.end_samples - since,
        "spans": [[span.start, span.end] for span in cue.spans],
        "text": cue.text,
    }
