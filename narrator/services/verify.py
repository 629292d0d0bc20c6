"""Verifying: whether a recording holds every character of its document, and nothing else.

Three circles, each checked as far as what is given allows. The manifest alone: every source
character is spoken once or skipped for a reason, every chunk has its own samples. With the
recording: it is the very file, as long as it should be, and sounds at each chunk's place as loud as
that chunk's take did, 100 ms by 100 ms, and is silent in between. With the document: its characters
are those that were counted, and the spoken text follows from them by the recorded edits.

Energy tells one stretch of speech from another, and from silence. It does not tell words: what is
said is proved with the tone voice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from narrator.domain.coverage import (
    at,
    gaps_in,
    place,
    skipped_chars,
    spoken_chars,
    stretches_of,
    text_faults,
    time_faults,
)
from narrator.domain.documents import Document, SkipReason, Span
from narrator.domain.errors import ToolFailed
from narrator.domain.levels import envelope_distance
from narrator.domain.manifest import Manifest, ManifestChapter, Recording
from narrator.domain.plan import spoken
from narrator.services.ports import Studio
from narrator.services.submit import file_sha256

FURTHEST_DB = 3.0
"""How far a chunk's envelope may be from what is heard, on average, before it counts as another's.

Codecs at our bit rates stay below 1 dB on speech and below 1.5 dB on noise; other words are 8 dB
away, and of two seconds and more hardly any come within these 3 (`docs/manifest.md`)."""

LOUDEST_SILENCE = 113
"""The level (-40 dBFS) above which a pause is not one; codecs ring below it."""

PACKET_SAMPLES = {"m4b": 1024, "mp3": 576, "opus": 480}
"""A decoder that knows nothing of encoder delay may be off by a packet; a lossless one never is."""

_MOST_PROBLEMS = 20


class Level(StrEnum):
    """How deep the check went."""

    AUDIO = "audio"
    MANIFEST = "manifest only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found. `problems` name places, never text; at most 20, then how many more.

    `spoken_chars` and `skipped` count characters of the source, `gaps` are those in neither.
    `recordings` of the manifest's `of_recordings` were found among the files, by their digests.
    """

    level: Level
    recordings: int
    of_recordings: int
    with_document: bool
    source_chars: int
    spoken_chars: int
    skipped: Mapping[SkipReason, int]
    chunks: int
    gaps: tuple[Span, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether everything that was checked holds."""
        return not self.problems


def verify(
    manifest: Manifest,
    *,
    studio: Studio | None = None,
    recordings: Sequence[Path] = (),
    document: Document | None = None,
) -> Verdict:
    """Check a manifest, and recordings and the document against it where they are given.

    Each recording is decoded once, in blocks, whatever its length. Without `studio` or `recordings`
    the verdict says "manifest only". Problems of one of several files begin with its name. Raises
    OSError when a recording cannot be read.
    """
    misplaced = list(time_faults(manifest))
    problems = [*text_faults(manifest), *misplaced]
    if document is not None:
        problems += _document_problems(manifest, document)
    digests = set()
    for path in recordings if studio is not None else ():
        found = recording_meant(manifest, path)
        digests.add(found.sha256 if found else "")
        # At places that contradict each other there is nothing to listen for.
        wrong = _file_problems(manifest, found, None if misplaced else studio, path)
        problems += [f"{path.name}: {each}" if len(recordings) > 1 else each for each in wrong]
    return Verdict(
        level=Level.AUDIO if studio is not None and recordings else Level.MANIFEST,
        recordings=sum(each.sha256 in digests for each in manifest.files),
        of_recordings=len(manifest.files),
        with_document=document is not None,
        source_chars=manifest.source_chars,
        spoken_chars=spoken_chars(manifest),
        skipped=skipped_chars(manifest),
        chunks=sum(len(chapter.chunks) for chapter in manifest.chapters),
        gaps=tuple(gaps_in(manifest)),
        problems=_shortened(problems),
    )


def _shortened(problems: list[str]) -> tuple[str, ...]:
    more = len(problems) - _MOST_PROBLEMS
    rest = (f"and {more} more",) if more > 0 else ()
    return (*problems[:_MOST_PROBLEMS], *rest)


def _document_problems(manifest: Manifest, document: Document) -> Iterator[str]:
    if document.sha256 != manifest.source_sha256 or len(document.source) != manifest.source_chars:
        yield "this is not the document that was narrated"
        return
    for chapter in manifest.chapters:
        for each in chapter.chunks:
            chunk = each.chunk
            if spoken(document.source, chunk.spans, chunk.edits) != chunk.text:
                yield f"{place(chapter, each)} does not say what the document says"


def _file_problems(
    manifest: Manifest, meant: Recording | None, studio: Studio | None, path: Path
) -> Iterator[str]:
    if meant is None:
        yield "the file is not the one that the manifest was written for"
    if studio is not None:
        heard = meant or _nearest(manifest, path)
        yield from sound_problems(manifest.chapters, heard, studio, path)


def recording_meant(manifest: Manifest, path: Path) -> Recording | None:
    """Which of the recordings this file is, by its digest; None where it is none of them."""
    sha256 = file_sha256(path)
    return next((each for each in manifest.files if each.sha256 == sha256), None)


def _nearest(manifest: Manifest, path: Path) -> Recording:
    """The one of this name, else the first one of this format, else the first one."""
    by_name = [each for each in manifest.files if each.name == path.name]
    by_format = [each for each in manifest.files if f".{each.format}" == path.suffix]
    return next(iter((*by_name, *by_format, manifest.recording)))


def sound_problems(
    chapters: Sequence[ManifestChapter], recording: Recording, studio: Studio, path: Path
) -> Iterator[str]:
    """What a file does not sound like that is to be this recording of these chapters of the book.

    Those of them that it does not hold are passed over.
    """
    held = [
        each for each in chapters if not recording.chapters or each.number in recording.chapters
    ]
    stretches = stretches_of(held, recording)
    try:
        heard = studio.listen(path, stretches)
    except ToolFailed as failure:
        yield f"the file cannot be decoded: {failure.reason}"
        return
    if abs(heard.samples - recording.samples) > PACKET_SAMPLES.get(recording.format, 0):
        yield f"the file holds {heard.samples} samples, not {recording.samples}"
    # Silences and chunks take turns, beginning and ending with a silence.
    yield from _chunk_problems(held, heard.envelopes[1::2])
    yield from _silence_problems(stretches[::2], heard.envelopes[::2])


def _chunk_problems(held: Sequence[ManifestChapter], envelopes: Sequence[bytes]) -> Iterator[str]:
    chunks = [(chapter, each) for chapter in held for each in chapter.chunks]
    for (chapter, each), heard in zip(chunks, envelopes, strict=True):
        distance = envelope_distance(each.placement.envelope, heard)
        if distance > FURTHEST_DB:
            yield f"{place(chapter, each)} does not sound as it should ({distance:.1f} dB off)"


def _silence_problems(
    stretches: Sequence[tuple[int, int]], envelopes: Sequence[bytes]
) -> Iterator[str]:
    for (start, _), heard in zip(stretches, envelopes, strict=True):
        if max(heard, default=0) > LOUDEST_SILENCE:
            yield f"there is sound {at(start)}, where a pause should be"
