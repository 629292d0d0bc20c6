"""Verifying a recording: what is right is found right, and every seeded defect is found."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from narrator.domain.documents import SkipReason
from narrator.domain.manifest import Manifest, Recording
from narrator.domain.timeline import Placement
from narrator.services.verify import Level, Verdict, verify
from tests.fakes.studio import RECORDING, FakeStudio
from tests.unit.audio.sounds import speech_like
from tests.unit.domain.books import Book, book, with_chunk

BOOK = book()


def recorded(path: Path, pcm: bytes, manifest: Manifest) -> Manifest:
    """Write a recording of these samples; the manifest with that file's digest."""
    path.write_bytes(RECORDING + pcm)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(manifest, recording=replace(manifest.recording, sha256=digest))


def heard(folder: Path, pcm: bytes, manifest: Manifest = BOOK.manifest) -> Verdict:
    """The verdict on a recording of these samples."""
    path = folder / "recording"
    return verify(recorded(path, pcm, manifest), studio=FakeStudio(), recordings=[path])


def placements() -> list[Placement]:
    return [each.placement for chapter in BOOK.manifest.chapters for each in chapter.chunks]


def test_a_whole_recording_is_proved(tmp_path: Path) -> None:
    verdict = heard(tmp_path, BOOK.pcm)
    assert verdict.ok
    assert verdict.problems == ()
    assert verdict.level == Level.AUDIO
    assert verdict.chunks == 7


def test_the_verdict_counts_every_character(tmp_path: Path) -> None:
    verdict = heard(tmp_path, BOOK.pcm)
    assert verdict.skipped == {SkipReason.WHITESPACE: 14}
    assert verdict.spoken_chars + 14 == verdict.source_chars == len(BOOK.document.source)
    assert verdict.gaps == ()


def test_without_audio_only_the_manifest_is_proved() -> None:
    verdict = verify(BOOK.manifest)
    assert verdict.ok
    assert verdict.level.value == "manifest only"


def silenced(pcm: bytes) -> bytes:
    p = placements()[4]
    return pcm[: 2 * p.start_samples] + bytes(2 * p.samples) + pcm[2 * p.end_samples :]


def swapped(pcm: bytes) -> bytes:
    """Two chunks exchanged, everything between them moved along."""
    a, b = placements()[3], placements()[5]
    first, between, second = (
        pcm[2 * a.start_samples : 2 * a.end_samples],
        pcm[2 * a.end_samples : 2 * b.start_samples],
        pcm[2 * b.start_samples : 2 * b.end_samples],
    )
    return pcm[: 2 * a.start_samples] + second + between + first + pcm[2 * b.end_samples :]


def missing(pcm: bytes) -> bytes:
    p = placements()[1]
    return pcm[: 2 * p.start_samples] + pcm[2 * p.end_samples :]


def missing_but_filled_up(pcm: bytes) -> bytes:
    """A chunk left out and the length made good at the end, as a padded chapter would."""
    return missing(pcm) + bytes(2 * placements()[1].samples)


def doubled(pcm: bytes) -> bytes:
    p = placements()[2]
    return pcm[: 2 * p.end_samples] + pcm[2 * p.start_samples :]


def doubled_into_the_pause(pcm: bytes) -> bytes:
    """A chunk's beginning said again in the silence that ends the recording."""
    p = placements()[6]
    again = pcm[2 * p.start_samples : 2 * p.start_samples + 24_000]
    at = 2 * p.end_samples + 12_000
    return pcm[:at] + again + pcm[at + len(again) :]


def truncated(pcm: bytes) -> bytes:
    return pcm[: len(pcm) // 2]


def late(pcm: bytes) -> bytes:
    """Everything 100 ms late."""
    return bytes(4_800) + pcm[:-4_800]


def spoken_otherwise(pcm: bytes) -> bytes:
    """Other words of the same length in a chunk's place."""
    p = placements()[4]
    other = speech_like(999, 1 + p.samples / 24_000)[9_600 : 9_600 + 2 * p.samples]
    return pcm[: 2 * p.start_samples] + other + pcm[2 * p.end_samples :]


@pytest.mark.parametrize(
    "spoil",
    [
        silenced,
        swapped,
        missing,
        missing_but_filled_up,
        doubled,
        doubled_into_the_pause,
        truncated,
        late,
        spoken_otherwise,
    ],
)
def test_a_defect_of_the_sound_is_found(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    verdict = heard(tmp_path, spoil(BOOK.pcm))
    assert not verdict.ok
    assert verdict.problems


def test_a_silenced_chunk_is_named_and_no_other(tmp_path: Path) -> None:
    problems = heard(tmp_path, silenced(BOOK.pcm)).problems
    assert len(problems) == 1
    assert problems[0].startswith("chapter 2, chunk 1 (at 0:00:")


def test_a_recording_a_little_louder_is_still_the_recording(tmp_path: Path) -> None:
    """Codecs do not keep levels to the last step."""
    manifest = BOOK.manifest
    for chapter, each in ((0, 0), (1, 3)):
        chunk = manifest.chapters[chapter].chunks[each]
        louder = bytes(min(level + 3, 193) for level in chunk.placement.envelope)
        placement = replace(chunk.placement, envelope=louder)
        manifest = with_chunk(manifest, chapter, each, replace(chunk, placement=placement))
    assert heard(tmp_path, BOOK.pcm, manifest).ok


def test_another_file_is_found_by_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    manifest = recorded(path, BOOK.pcm, BOOK.manifest)
    path.write_bytes(RECORDING + BOOK.pcm[:-2] + b"\x01\x00")
    verdict = verify(manifest, studio=FakeStudio(), recordings=[path])
    assert verdict.problems == ("the file is not the one that the manifest was written for",)


def parts(folder: Path) -> tuple[Manifest, list[Path]]:
    """The book cut into a file for each chapter."""
    recordings = []
    for chapter in BOOK.manifest.chapters:
        start, samples = chapter.start_samples, chapter.samples
        body = RECORDING + BOOK.pcm[2 * start : 2 * (start + samples)]
        path = folder / f"part-{chapter.number}.flac"
        path.write_bytes(body)
        recordings.append(
            Recording(
                name=path.name,
                format="flac",
                bytes=len(body),
                sha256=hashlib.sha256(body).hexdigest(),
                samples=samples,
                start_samples=start,
                chapters=(chapter.number,),
            )
        )
    manifest = replace(BOOK.manifest, recording=recordings[0], recordings=tuple(recordings))
    return manifest, [folder / each.name for each in recordings]


def test_several_files_are_each_held_against_their_own_part(tmp_path: Path) -> None:
    manifest, paths = parts(tmp_path)
    verdict = verify(manifest, studio=FakeStudio(), recordings=paths[::-1])
    assert verdict.problems == ()
    assert (verdict.recordings, verdict.of_recordings) == (2, 2)


def test_a_file_given_twice_counts_once(tmp_path: Path) -> None:
    manifest, (first, _) = parts(tmp_path)
    assert verify(manifest, studio=FakeStudio(), recordings=[first, first]).recordings == 1


def test_a_problem_names_the_file_that_has_it_where_there_are_several(tmp_path: Path) -> None:
    manifest, paths = parts(tmp_path)
    paths[1].write_bytes(paths[1].read_bytes()[:-2] + b"\x01\x00")
    verdict = verify(manifest, studio=FakeStudio(), recordings=paths)
    assert verdict.problems == (
        "part-2.flac: the file is not the one that the manifest was written for",
    )
    assert verdict.recordings == 1


def test_a_file_that_cannot_be_decoded_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_bytes(b"no sound at all")
    verdict = verify(BOOK.manifest, studio=FakeStudio(), recordings=[path])
    assert any("cannot be decoded" in problem for problem in verdict.problems)


@pytest.mark.parametrize(("kind", "fine"), [("m4b", True), ("opus", True), ("flac", False)])
def test_only_a_lossy_recording_may_be_a_packet_longer(
    tmp_path: Path,
    kind: str,
    fine: bool,  # noqa: FBT001 - a case's expectation
) -> None:
    recording = replace(BOOK.manifest.recording, format=kind)
    verdict = heard(tmp_path, BOOK.pcm + bytes(900), replace(BOOK.manifest, recording=recording))
    assert verdict.ok is fine


def test_the_document_that_was_narrated_is_recognised() -> None:
    verdict = verify(BOOK.manifest, document=BOOK.document)
    assert verdict.ok
    assert verdict.with_document


def test_another_document_is_refused() -> None:
    other = replace(BOOK.document, source=BOOK.document.source.replace("late", "soon"))
    verdict = verify(BOOK.manifest, document=other)
    assert verdict.problems == ("this is not the document that was narrated",)


def test_a_chunk_that_says_something_else_than_the_document_is_found() -> None:
    each = BOOK.manifest.chapters[0].chunks[1]
    changed = replace(each, chunk=replace(each.chunk, text="Nobody cane."))
    verdict = verify(with_chunk(BOOK.manifest, 0, 1, changed), document=BOOK.document)
    assert len(verdict.problems) == 1
    assert "does not say what the document says" in verdict.problems[0]


def test_no_problem_ever_tells_what_the_document_says(tmp_path: Path) -> None:
    spoiled: Book = replace(BOOK, manifest=replace(BOOK.manifest, skips=()))
    verdict = heard(tmp_path, missing(BOOK.pcm), spoiled.manifest)
    words = {word for word in BOOK.document.source.split() if len(word) > 4}
    assert verdict.problems
    assert not words & set(" ".join(verdict.problems).split())


def test_many_problems_are_counted_rather_than_listed() -> None:
    source_chars = BOOK.manifest.source_chars
    chunks = tuple(
        replace(each, chunk=replace(each.chunk, spans=()))
        for each in BOOK.manifest.chapters[0].chunks * 10
    )
    chapter = replace(BOOK.manifest.chapters[0], chunks=chunks)
    verdict = verify(replace(BOOK.manifest, chapters=(chapter,), source_chars=source_chars))
    assert len(verdict.problems) == 21
    assert verdict.problems[-1].startswith("and ")
