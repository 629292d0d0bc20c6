"""What goes along with a recording: when each of its words is heard, as files.

They need the words as printed, which neither plan nor manifest holds: the document is read again,
in the sandbox, once a job and only where it asked for any of this.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from narrator.domain.artifacts import Artifact, AudioFormat, job_object
from narrator.domain.captions import CuedChapter, cues
from narrator.domain.documents import Document
from narrator.domain.errors import OptionRefused, VerificationFailed
from narrator.domain.jobs import Job, JobOptions
from narrator.domain.manifest import Manifest
from narrator.domain.overlay import Clip, Overlay, Track, own_folder
from narrator.domain.production import Companion
from narrator.domain.voices import SAMPLE_RATE
from narrator.readalong.subtitles import srt, vtt
from narrator.readalong.timings import timings
from narrator.services.kit import Services
from narrator.services.stored import fetch_source
from narrator.services.submit import file_sha256
from narrator.text.sentences import sentence_ends

EPUB_TRACKS = {
    AudioFormat.M4B: ("m4a", "audio/mp4"),
    AudioFormat.MP3: ("mp3", "audio/mpeg"),
    AudioFormat.OPUS: ("opus", "audio/ogg; codecs=opus"),
}
"""What an EPUB may hold (EPUB 3.3, section 3.2): how a chapter's file ends, and its type."""

MEDIA_TYPES = {
    Companion.JSON: "application/json",
    Companion.VTT: "text/vtt",
    Companion.SRT: "application/x-subrip",
    Companion.EPUB: "application/epub+zip",
}
SUFFIXES = {
    Companion.JSON: ".cues.json",
    Companion.VTT: ".vtt",
    Companion.SRT: ".srt",
    Companion.EPUB: ".read-along.epub",
}
"""What a companion's name ends in, after the recording's without its extension. The EPUB's differs
from that of the book that it was made of, beside which it may come to lie."""

_DATE = (1980, 1, 1, 0, 0, 0)
_BLOCK_BYTES = 1 << 20

TrackMaker = Callable[[int, AudioFormat, Path], None]
"""Writes a chapter (by its position) as a recording of its own in that format to that file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A file of the recording: its name without extension, where it begins, its chapters.

    Those from `first` to `end` (excluded), by position. Files that differ in format alone are one.
    """

    stem: str
    name: str
    start_samples: int
    first: int
    end: int


def refuse_companions(options: JobOptions, document_format: str) -> None:
    """Raise OptionRefused for a companion that cannot be had, before anything is spoken."""
    if Companion.EPUB not in options.production.companions:
        return
    if document_format != "epub":
        raise OptionRefused(
            f"a read-along EPUB is made of an EPUB, and this document is {document_format}",
            remedy="leave epub out of what goes along with the recording: vtt, srt and json do",
        )
    if not _track_format(options):
        raise OptionRefused(
            "a read-along EPUB holds no audio of these formats",
            remedy=f"choose one of {', '.join(EPUB_TRACKS)} besides",
        )


def companions(
    services: Services,
    job: Job,
    manifest: Manifest,
    pieces: Sequence[Piece],
    *,
    make_track: TrackMaker,
    folder: Path,
) -> tuple[Artifact, ...]:
    """Make and store what the job asked for to go along with its recording.

    `folder` is for temporary files. Raises StoredSpoilt where the document is gone, and
    VerificationFailed where it reads otherwise than when it was planned.
    """
    asked = job.options.production.companions
    if not asked:
        return ()
    source = folder / "source"
    fetch_source(services, job, source)
    document = _document(services, job, manifest, source)
    chapters = tuple(cues(manifest, document, sentence_ends))
    made = [
        _keep(services, job, companion, path)
        for companion in asked
        if companion is not Companion.EPUB
        for path in _written(companion, chapters, pieces, folder)
    ]
    if Companion.EPUB in asked:
        stem = _stem(pieces)
        path = folder / f"{stem}{SUFFIXES[Companion.EPUB]}"
        _bind(services, job, manifest, chapters, source, path, make_track)
        made.append(_keep(services, job, Companion.EPUB, path))
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


def _stem(pieces: Sequence[Piece]) -> str:
    """What the pieces' names have in common: the book's."""
    first = pieces[0].stem
    return first if len(pieces) == 1 else first.rstrip("0123456789").rstrip("-. ") or first


# ------------------------------------------------------------------------------ one a piece


def _written(
    companion: Companion, chapters: Sequence[CuedChapter], pieces: Iterable[Piece], folder: Path
) -> Iterator[Path]:
    for piece in pieces:
        path = folder / f"{piece.stem}{SUFFIXES[companion]}"
        own = chapters[piece.first : piece.end]
        with path.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(_parts(companion, own, piece))
        yield path


def _parts(companion: Companion, own: Sequence[CuedChapter], piece: Piece) -> Iterator[str]:
    if companion is Companion.JSON:
        return timings(own, recording=piece.name, start_samples=piece.start_samples)
    sentences = (sentence for chapter in own for sentence in chapter.sentences)
    write = vtt if companion is Companion.VTT else srt
    return write(sentences, start_samples=piece.start_samples)


def _keep(services: Services, job: Job, companion: Companion, path: Path) -> Artifact:
    """Store a file and be done with it. Objects are named by their content, like recordings."""
    sha256 = file_sha256(path)
    artifact = Artifact(
        name=path.name,
        object_key=job_object(job.id, f"artifacts/{sha256[:16]}/{path.name}"),
        media_type=MEDIA_TYPES[companion],
        bytes=path.stat().st_size,
        sha256=sha256,
    )
    services.objects.put_file(artifact.object_key, path, media_type=artifact.media_type)
    path.unlink()
    return artifact


# ------------------------------------------------------------------------------ the EPUB


def _bind(
    services: Services,
    job: Job,
    manifest: Manifest,
    chapters: Sequence[CuedChapter],
    source: Path,
    path: Path,
    make_track: TrackMaker,
) -> None:
    format_ = _track_format(job.options) or AudioFormat.M4B
    heard = [position for position, each in enumerate(chapters) if any(each.sentences)]
    overlay = Overlay(
        source_sha256=manifest.source_sha256,
        narrator=manifest.voice,
        tracks=tuple(track_of(chapters[position], format_) for position in heard),
    )
    services.reader.bind(source, name=job.source_name, overlay=overlay, out=path)
    own = own_folder(overlay)
    with zipfile.ZipFile(path, "a") as book:
        for position, track in zip(heard, overlay.tracks, strict=True):
            audio = path.with_name(f"track-{track.name}")
            make_track(position, format_, audio)
            _put(book, f"{own}/{track.name}", audio)
            audio.unlink()


def _put(book: zipfile.ZipFile, name: str, path: Path) -> None:
    """Put a file into an archive as it is, block by block."""
    info = zipfile.ZipInfo(name, _DATE)
    info.external_attr = 0o644 << 16
    info.file_size = path.stat().st_size
    with path.open("rb") as audio, book.open(info, "w") as entry:
        while block := audio.read(_BLOCK_BYTES):
            entry.write(block)


def _track_format(options: JobOptions) -> AudioFormat | None:
    return next((each for each in options.formats if each in EPUB_TRACKS), None)


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
