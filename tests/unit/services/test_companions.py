"""What goes along with a recording."""

import io
import json
import zipfile
from dataclasses import replace

import pytest

from narrator.domain.artifacts import Artifact, AudioFormat
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.production import Companion, Production, Split
from tests.unit.services.conftest import World

ALL = (Companion.JSON, Companion.VTT, Companion.SRT)


def asked(
    *companions: Companion, split: Split = Split.WHOLE, format_: AudioFormat = AudioFormat.M4B
) -> JobOptions:
    return JobOptions(format=format_, production=Production(companions=companions, split=split))


def made(world: World, options: JobOptions) -> dict[str, Artifact]:
    """The artifacts of a job of those options, by name."""
    world.options = options
    job = world.submit()
    world.work()
    assert world.store.get(job.id).state is JobState.SUCCEEDED, world.store.get(job.id).failure
    return {each.name: each for each in world.store.get(job.id).artifacts}


def as_epub(world: World) -> None:
    """Let the document be called an EPUB."""
    answer = world.reader.answer
    assert not isinstance(answer, Exception)
    world.reader.answer = replace(answer, format="epub")


def test_each_is_named_after_the_recording(world: World) -> None:
    artifacts = made(world, asked(*ALL))
    recording = next(name for name in artifacts if name.endswith(".m4b"))
    stem = recording.removesuffix(".m4b")
    assert {f"{stem}.vtt", f"{stem}.srt", f"{stem}.cues.json"} < set(artifacts)


def test_none_is_made_unasked(world: World) -> None:
    assert len(made(world, asked())) == 2


def test_every_file_of_a_recording_has_its_own(world: World) -> None:
    artifacts = made(world, asked(Companion.VTT, split=Split.CHAPTERS))
    recordings = {name.removesuffix(".m4b") for name in artifacts if name.endswith(".m4b")}
    assert len(recordings) > 1
    assert recordings == {name.removesuffix(".vtt") for name in artifacts if name.endswith(".vtt")}


def test_the_words_are_those_of_the_document(world: World) -> None:
    artifacts = made(world, asked(Companion.JSON))
    cues = next(each for name, each in artifacts.items() if name.endswith(".cues.json"))
    value = json.loads(world.objects.get_bytes(cues.object_key))
    answer = world.reader.answer
    assert not isinstance(answer, Exception)
    printed = [chunk["text"] for chapter in value["chapters"] for chunk in chapter["chunks"]]
    assert "".join("".join(printed).split()) == "".join(
        "".join(span.of(answer.source) for span in passage.spans).replace(" ", "")
        for chapter in answer.chapters
        for passage in chapter.passages
    ).replace("\n", "")


def test_the_epub_holds_a_track_for_each_chapter(world: World) -> None:
    as_epub(world)
    artifacts = made(world, asked(Companion.EPUB))
    book = next(each for name, each in artifacts.items() if name.endswith(".read-along.epub"))
    with zipfile.ZipFile(io.BytesIO(world.objects.get_bytes(book.object_key))) as archive:
        names = archive.namelist()
        _, _, tracks = json.loads(archive.read("overlay.json"))
    assert len(tracks) > 1
    assert [name.rpartition("/")[2] for name in names[1:]] == [track[0] for track in tracks]


def test_a_clip_begins_where_the_one_before_it_ends(world: World) -> None:
    as_epub(world)
    artifacts = made(world, asked(Companion.EPUB))
    book = next(each for name, each in artifacts.items() if name.endswith(".read-along.epub"))
    with zipfile.ZipFile(io.BytesIO(world.objects.get_bytes(book.object_key))) as archive:
        _, _, tracks = json.loads(archive.read("overlay.json"))
    for _, _, clips in tracks:
        starts = [start for start, _, _ in clips]
        ends = [end for _, end, _ in clips]
        assert starts == [0, *ends[:-1]]


@pytest.mark.parametrize("format_", [AudioFormat.FLAC, AudioFormat.WAV])
def test_an_epub_without_audio_that_it_may_hold_is_refused(
    world: World, format_: AudioFormat
) -> None:
    as_epub(world)
    world.options = asked(Companion.EPUB, format_=format_)
    job = world.submit()
    world.work()
    failure = world.store.get(job.id).failure
    assert failure is not None
    assert "no audio of these formats" in failure.reason


def test_an_epub_is_not_made_of_anything_else(world: World) -> None:
    world.options = asked(Companion.EPUB)
    job = world.submit()
    world.work()
    failure = world.store.get(job.id).failure
    assert failure is not None
    assert "this document is text" in failure.reason


def test_a_document_that_reads_otherwise_by_now_fails_the_job(world: World) -> None:
    world.options = asked(Companion.VTT)
    job = world.plan()
    answer = world.reader.answer
    assert not isinstance(answer, Exception)
    world.reader.answer = replace(answer, source=answer.source.replace("e", "a"))
    world.work()
    failure = world.store.get(job.id).failure
    assert failure is not None
    assert "reads otherwise" in failure.reason
