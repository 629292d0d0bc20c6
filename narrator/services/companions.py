"""What goes along with a recording: when each of its words is heard, as files.

They need the words as printed, which neither plan nor manifest holds: the document is read again,
in the sandbox, once a job and only where it asked for any of this.
"""

import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from narrator.domain.artifacts import Artifact, AudioFormat
from narrator.domain.captions import CuedChapter, cues
from narrator.domain.companions import EPUB_TRACKS, MEDIA_TYPES, SUFFIXES, track_format
from narrator.domain.documents import Document
from narrator.domain.errors import VerificationFailed
from narrator.domain.jobs import Job
from narrator.domain.manifest import Manifest, Recording
from narrator.domain.overlay import Clip, Overlay, Track, own_folder
from narrator.domain.production import Companion
from narrator.domain.recordings import file_stem
from narrator.domain.voices import SAMPLE_RATE
from narrator.readalong.subtitles import srt, vtt
from narrator.readalong.timings import timings
from narrator.services.chapters import ChapterSpoilt, fetched
from narrator.services.kit import Services
from narrator.services.ports import Label
from narrator.services.recordings import Book, artifact_key
from narrator.services.stored import fetch_source
from narrator.services.submit import file_sha256
from narrator.text.sentences import sentence_ends

_DATE = (1980, 1, 1, 0, 0, 0)
_BLOCK_BYTES = 1 << 20


def companions(
    services: Services, book: Book, manifest: Manifest, folder: Path
) -> tuple[Artifact, ...]:
    """Make and store what a book's job asked for to go along with its recordings.

    `folder` is for temporary files. Raises StoredSpoilt where the document is gone,
    VerificationFailed where it reads otherwise than when it was planned, and ChapterSpoilt.
    """
    asked = book.job.options.production.companions
    if not asked:
        return ()
    source = folder / "source"
    fetch_source(services, book.job, source)
    document = _document(services, book.job, manifest, source)
    chapters = tuple(cues(manifest, document, sentence_ends))
    made = []
    for companion in asked:
        if companion is Companion.EPUB:
            paths = iter((_bound(services, book, chapters, source, folder),))
        else:
            paths = _written(companion, chapters, manifest, folder)
        made += [_keep(services, book.job, companion, path) for path in paths]
    source.unlink()
    return tuple(made)


def _document(services: Services, job: Job, manifest: Manifest, path: Path) -> Document:
    document = services.reader.read(path, name=job.source_name, reading=job.options.text.reading)
    if document.sha256 != manifest.source_sha256:
        raise VerificationFailed(
            "the document reads otherwise than when it was planned",
            remedy="submit it again; takes of what did not change are kept",
        )
    return document


# ------------------------------------------------------------------------------ one a recording


def _written(
    companion: Companion, chapters: Sequence[CuedChapter], manifest: Manifest, folder: Path
) -> Iterator[Path]:
    """A file for each recording; those that differ in format alone share one."""
    by_stem = {Path(each.name).stem: each for each in reversed(manifest.files)}
    for stem, recording in reversed(by_stem.items()):
        held = {chapter.number for chapter in manifest.chapters_in(recording)}
        own = [chapter for chapter in chapters if chapter.number in held]
        path = folder / f"{stem}{SUFFIXES[companion]}"
        with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(_parts(companion, own, recording))
        yield path


def _parts(companion: Companion, own: Sequence[CuedChapter], recording: Recording) -> Iterator[str]:
    if companion is Companion.JSON:
        return timings(own, recording=recording.name, start_samples=recording.start_samples)
    sentences = (sentence for chapter in own for sentence in chapter.sentences)
    write = vtt if companion is Companion.VTT else srt
    return write(sentences, start_samples=recording.start_samples)


def _keep(services: Services, job: Job, companion: Companion, path: Path) -> Artifact:
    """Store a file and be done with it. Objects are named by their content, like recordings."""
    sha256 = file_sha256(path)
    artifact = Artifact(
        name=path.name,
        object_key=artifact_key(job.id, sha256, path.name),
        media_type=MEDIA_TYPES[companion],
        bytes=path.stat().st_size,
        sha256=sha256,
    )
    services.objects.put_file(artifact.object_key, path, media_type=artifact.media_type)
    path.unlink()
    return artifact


# ------------------------------------------------------------------------------ the EPUB


def _bound(
    services: Services, book: Book, chapters: Sequence[CuedChapter], source: Path, folder: Path
) -> Path:
    """The book itself with its recording inside: one audio file a chapter."""
    kind = track_format(book.job.options) or AudioFormat.M4B
    heard = [position for position, each in enumerate(chapters) if any(each.sentences)]
    overlay = Overlay(
        source_sha256=book.plan.source_sha256,
        narrator=book.narrator,
        tracks=tuple(track_of(chapters[position], kind) for position in heard),
    )
    path = folder / f"{file_stem(book.plan.metadata.title)}{SUFFIXES[Companion.EPUB]}"
    services.reader.bind(source, name=book.job.source_name, overlay=overlay, out=path)
    with zipfile.ZipFile(path, "a") as archive:
        for position, track in zip(heard, overlay.tracks, strict=True):
            audio = folder / f"track.{kind}"
            _make_track(services, book, position, kind, audio)
            _put(archive, f"{own_folder(overlay)}/{track.name}", audio)
            audio.unlink()
    return path


def _make_track(
    services: Services, book: Book, position: int, kind: AudioFormat, path: Path
) -> None:
    """A chapter as a recording of its own."""
    part = book.parts[position]
    file = part.file(kind)
    if file is None:
        raise ChapterSpoilt(f"chapter {part.row.number} was not rendered as {kind}")
    room = path.parent / "track"
    room.mkdir(exist_ok=True)
    label = Label(
        metadata=book.metadata,
        narrator=book.narrator,
        cover=None,  # the book has it
        chapters=((part.row.title, part.samples),),
        title=part.row.title,
        number=position + 1,
        count=len(book.parts),
    )
    files = fetched(services, [file], room)
    services.studio.publish(files, format=kind, label=label, path=path)


def _put(book: zipfile.ZipFile, name: str, path: Path) -> None:
    """Put a file into an archive as it is, block by block."""
    info = zipfile.ZipInfo(name, _DATE)
    info.external_attr = 0o644 << 16
    info.file_size = path.stat().st_size
    with path.open("rb") as audio, book.open(info, "w") as entry:
        while block := audio.read(_BLOCK_BYTES):
            entry.write(block)


def track_of(chapter: CuedChapter, format_: AudioFormat) -> Track:
    """A chapter's clips. One begins where the one before it ends: pauses are played too."""
    suffix, media_type = EPUB_TRACKS[format_]
    sentences = [cue for _, cue in chapter.sentences]
    starts = [cue.start_samples - chapter.start_samples for cue in sentences[1:]]
    bounds = [_milliseconds(each) for each in (0, *starts, chapter.samples)]
    return Track(
        name=f"{chapter.number:04}.{suffix}",
        media_type=media_type,
        clips=tuple(
            Clip(spans=cue.spans, start_ms=start, end_ms=end)
            for cue, (start, end) in zip(sentences, pairwise(bounds), strict=True)
        ),
    )


def _milliseconds(samples: int) -> int:
    return samples * 1_000 // SAMPLE_RATE
