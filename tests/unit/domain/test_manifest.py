"""The manifest as JSON, and what it proves by itself."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from narrator.domain.choices import TextChoices, TextPass, parse_casting, parse_reading
from narrator.domain.coverage import (
    gaps_in,
    skipped_chars,
    spoken_chars,
    stretches_of,
    text_faults,
    time_faults,
)
from narrator.domain.documents import Skip, SkipReason, Span
from narrator.domain.errors import ToolFailed
from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import from_json, to_json
from narrator.domain.plan import Edit
from tests.unit.domain.books import book, with_chunk

MANIFEST = book().manifest


def test_a_manifest_comes_back_from_json_as_it_was() -> None:
    assert from_json(to_json(MANIFEST)) == MANIFEST


def test_a_manifest_has_one_json() -> None:
    assert to_json(from_json(to_json(MANIFEST))) == to_json(MANIFEST)


def test_choices_about_the_text_come_back_and_none_leave_no_trace() -> None:
    choices = TextChoices(
        reading=parse_reading(["footnotes=inline"]),
        without=(TextPass.EMOJI,),
        casting=parse_casting(["heading=aura-2-orion-en", "3=aura-2-luna-en"]),
    )
    chosen = replace(MANIFEST, choices=choices)
    assert from_json(to_json(chosen)) == chosen
    assert b"choices" not in to_json(MANIFEST)


def test_choices_that_nobody_has_are_no_manifest() -> None:
    value = json.loads(to_json(MANIFEST)) | {"choices": {"without": ["everything"]}}
    with pytest.raises(ToolFailed, match="not a manifest"):
        from_json(json.dumps(value).encode())


def test_chunks_that_are_unspoken_come_back_and_none_leave_no_trace() -> None:
    first, *others = MANIFEST.chapters
    listed = replace(MANIFEST, chapters=(replace(first, unspoken=(2, 5)), *others))
    assert from_json(to_json(listed)) == listed
    assert b"unspoken" not in to_json(MANIFEST)


def test_json_that_was_reordered_and_indented_is_the_same_manifest() -> None:
    value = json.loads(to_json(MANIFEST))
    loose = json.dumps(dict(reversed(value.items())), indent=2).encode()
    assert from_json(loose) == MANIFEST


def test_another_version_is_named_and_refused() -> None:
    value = json.loads(to_json(MANIFEST)) | {"version": 99}
    with pytest.raises(ToolFailed, match="99"):
        from_json(json.dumps(value).encode())


def _without_voice(value: dict[str, Any]) -> object:
    return {name: each for name, each in value.items() if name != "voice"}


def _negative(value: dict[str, Any]) -> object:
    value["chapters"][0]["start_samples"] = -1
    return value


def _fraction(value: dict[str, Any]) -> object:
    value["chapters"][0]["chunks"][0]["samples"] = 1.5
    return value


def _not_base64(value: dict[str, Any]) -> object:
    value["chapters"][0]["chunks"][0]["envelope"] = "%%%"
    return value


def _no_reason(value: dict[str, Any]) -> object:
    value["skips"][0][2] = "Out of boredom"
    return value


@pytest.mark.parametrize(
    "spoil",
    [
        _without_voice,
        _negative,
        _fraction,
        _not_base64,
        _no_reason,
        lambda value: [value],
        lambda value: value | {"chapters": 3},
        lambda value: value | {"recording": None},
        lambda value: value | {"source_chars": True},
    ],
    ids=[
        *("no voice", "negative start", "half samples", "no base64", "no reason"),
        *("a list", "a number of chapters", "no recording", "a truth for a count"),
    ],
)
def test_what_is_not_a_manifest_is_refused(spoil: Callable[[dict[str, Any]], object]) -> None:
    spoiled = spoil(json.loads(to_json(MANIFEST)))
    with pytest.raises(ToolFailed, match="manifest"):
        from_json(json.dumps(spoiled).encode())


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{", b"null", b"[]"])
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(ToolFailed, match="manifest"):
        from_json(data)


def test_a_sound_manifest_has_no_faults() -> None:
    assert [*text_faults(MANIFEST), *time_faults(MANIFEST)] == []


def test_every_character_is_spoken_or_skipped() -> None:
    assert spoken_chars(MANIFEST) + sum(skipped_chars(MANIFEST).values()) == MANIFEST.source_chars
    assert skipped_chars(MANIFEST) == {SkipReason.WHITESPACE: 14}


def test_a_skip_taken_out_leaves_a_gap() -> None:
    manifest = replace(MANIFEST, skips=MANIFEST.skips[1:])
    assert gaps_in(manifest) == [MANIFEST.skips[0].span]
    assert list(text_faults(manifest)) != []


def test_a_character_accounted_for_twice_is_found() -> None:
    twice = Skip(span=Span(3, 5), reason=SkipReason.FIGURE)
    manifest = replace(MANIFEST, skips=(*MANIFEST.skips, twice))
    assert Span(3, 5) in gaps_in(manifest)


def test_a_span_beyond_the_source_is_found() -> None:
    end = MANIFEST.source_chars
    beyond = Skip(span=Span(end, end + 4), reason=SkipReason.FIGURE)
    faults = list(text_faults(replace(MANIFEST, skips=(*MANIFEST.skips, beyond))))
    assert faults == [f"characters {end} to {end + 4} are outside the source"]


def _with_edits(*edits: Edit) -> Manifest:
    each = MANIFEST.chapters[0].chunks[0]
    return with_chunk(MANIFEST, 0, 0, replace(each, chunk=replace(each.chunk, edits=edits)))


@pytest.mark.parametrize(
    "edits",
    [
        (Edit(span=Span(40, 42), after="xx", rule="r"),),
        (Edit(span=Span(5, 7), after="xx", rule="r"), Edit(span=Span(6, 8), after="yy", rule="r")),
        (Edit(span=Span(5, 7), after="xx", rule="r"), Edit(span=Span(0, 2), after="yy", rule="r")),
        (Edit(span=Span(5, 7), after="longer", rule="r"),),
    ],
    ids=["outside its chunk", "overlapping", "out of order", "of another length"],
)
def test_edits_that_cannot_give_the_text_are_found(edits: tuple[Edit, ...]) -> None:
    assert len(list(text_faults(_with_edits(*edits)))) == 1


def test_chunks_that_overlap_in_time_are_found() -> None:
    each = MANIFEST.chapters[0].chunks[1]
    moved = replace(each, placement=each.placement.moved(-24_000))
    faults = list(time_faults(with_chunk(MANIFEST, 0, 1, moved)))
    assert faults == [
        "chapter 1, chunk 1 (at 0:00:01) begins before what comes before it has ended"
    ]


def test_chunks_in_each_others_place_are_found() -> None:
    first, second, *_ = MANIFEST.chapters[0].chunks
    swapped = with_chunk(with_chunk(MANIFEST, 0, 0, second), 0, 1, first)
    assert any("order" in fault for fault in time_faults(swapped))


def _without(index: int, *skips: Skip) -> Manifest:
    """The manifest without a chunk of its second chapter, these stated as left out.

    As a release wrote it that did not list which chunks are unspoken.
    """
    chapter = MANIFEST.chapters[1]
    left = replace(chapter, chunks=(*chapter.chunks[:index], *chapter.chunks[index + 1 :]))
    return replace(MANIFEST, chapters=(MANIFEST.chapters[0], left), skips=(*MANIFEST.skips, *skips))


@pytest.mark.parametrize("index", range(4))
def test_a_chunk_left_out_and_stated_as_unspoken_is_no_fault(index: int) -> None:
    (span,) = MANIFEST.chapters[1].chunks[index].chunk.spans
    manifest = _without(index, Skip(span=span, reason=SkipReason.UNSPOKEN))
    assert [*text_faults(manifest), *time_faults(manifest)] == []
    assert skipped_chars(manifest)[SkipReason.UNSPOKEN] == len(span)


@pytest.mark.parametrize("index", range(4))
def test_a_chunk_left_out_that_nobody_stated_is_found(index: int) -> None:
    assert list(text_faults(_without(index))) != []


@pytest.mark.parametrize("index", range(3))
def test_a_chunk_left_out_for_a_reason_that_leaves_out_none_is_found(index: int) -> None:
    (span,) = MANIFEST.chapters[1].chunks[index].chunk.spans
    manifest = _without(index, Skip(span=span, reason=SkipReason.WHITESPACE))
    assert any("order" in fault for fault in time_faults(manifest))


def test_an_envelope_of_another_length_is_found() -> None:
    each = MANIFEST.chapters[1].chunks[0]
    placement = replace(each.placement, envelope=each.placement.envelope + b"\x90")
    faults = list(time_faults(with_chunk(MANIFEST, 1, 0, replace(each, placement=placement))))
    assert faults == ["chapter 2, chunk 0 (at 0:00:08) has an envelope of another length"]


def test_a_chunk_that_was_silent_from_the_first_is_found() -> None:
    each = MANIFEST.chapters[1].chunks[0]
    placement = replace(each.placement, envelope=bytes(len(each.placement.envelope)))
    faults = list(time_faults(with_chunk(MANIFEST, 1, 0, replace(each, placement=placement))))
    assert faults == ["chapter 2, chunk 0 (at 0:00:08) holds nothing audible"]


def test_a_chapter_that_ends_before_its_last_chunk_is_found() -> None:
    short = replace(MANIFEST.chapters[1], samples=46_080)
    manifest = replace(
        MANIFEST,
        chapters=(MANIFEST.chapters[0], short),
        recording=replace(MANIFEST.recording, samples=short.start_samples + short.samples),
    )
    assert list(time_faults(manifest)) == ["chapter 2 ends before its last chunk does"]


def test_chapters_that_do_not_fill_the_recording_are_found() -> None:
    manifest = replace(MANIFEST, chapters=MANIFEST.chapters[:1])
    assert list(time_faults(manifest)) == ["the chapters do not fill the recording"]


def test_a_chapter_that_is_missing_in_between_is_found() -> None:
    manifest = replace(MANIFEST, chapters=MANIFEST.chapters[1:])
    assert list(time_faults(manifest)) == ["chapter 2 does not begin where the one before it ends"]


def test_silences_and_chunks_take_turns_without_touching() -> None:
    stretches = stretches_of(MANIFEST.chapters, MANIFEST.recording)
    chunks = [each.placement for chapter in MANIFEST.chapters for each in chapter.chunks]
    assert stretches[1::2] == [(p.start_samples, p.samples) for p in chunks]
    ends = [start + length for start, length in stretches]
    assert all(end <= start for end, (start, _) in zip(ends, stretches[1:], strict=False))
