"""Cues as JSON."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema

from narrator.domain.captions import Cue, CuedChapter, CuedChunk
from narrator.domain.documents import Span
from narrator.readalong.timings import timings

SCHEMA = Path(__file__).parents[3] / "docs" / "read-along.schema.json"
SAID = Cue(spans=(Span(3, 9),), text="It “rained”.", start_samples=500, end_samples=900)
GUESSED = replace(SAID, is_start_exact=False)
CHAPTER = CuedChapter(
    number=2,
    title="Rain",
    start_samples=400,
    samples=600,
    chunks=(CuedChunk(index=0, voice="thalia", whole=SAID, sentences=(GUESSED,)),),
)


def written(*chapters: CuedChapter, start_samples: int = 0) -> dict[str, Any]:
    text = "".join(timings(chapters, recording="rain.m4b", start_samples=start_samples))
    value: dict[str, Any] = json.loads(text)
    return value


def test_it_is_as_the_schema_says():
    jsonschema.validate(written(CHAPTER, CHAPTER), json.loads(SCHEMA.read_text()))


def test_an_estimate_says_so():
    (sentence,) = written(CHAPTER)["chapters"][0]["chunks"][0]["sentences"]
    assert (sentence["start_estimated"], sentence["end_estimated"]) == (True, False)


def test_times_count_from_the_beginning_of_the_file():
    (chapter,) = written(CHAPTER, start_samples=400)["chapters"]
    assert (chapter["start_samples"], chapter["chunks"][0]["start_samples"]) == (0, 100)


def test_a_file_without_chapters_is_one_all_the_same():
    assert written()["chapters"] == []
