"""The manifest of a job: what its plan says, and what became of it."""

from collections.abc import Iterator, Sequence

from narrator.domain.documents import Skip, SkipReason
from narrator.domain.jobs import Job
from narrator.domain.loudness_report import Levelled, loudness_report
from narrator.domain.manifest import Manifest, ManifestChapter, ManifestChunk, Recording
from narrator.domain.plan import Plan, PlannedChapter
from narrator.domain.timeline import chapter_starts
from narrator.services.chapters import Part


def manifest_of(
    job: Job, made: Plan, parts: Sequence[Part], recordings: Sequence[Recording]
) -> Manifest:
    """The manifest of recordings made of these chapters; there is at least one."""
    return Manifest(
        format=made.format,
        source_sha256=made.source_sha256,
        source_chars=made.source_chars,
        metadata=made.metadata,
        speaker=job.speaker,
        voice=job.options.voice.name,
        speed=job.options.voice.speed,
        chapters=chapters_of(made, parts),
        skips=(*made.skips, *_unspoken(made, parts)),
        recording=recordings[0],
        recordings=tuple(recordings),
        choices=job.options.text,
        loudness=loudness_report(job.options.production, _levelled(job, parts)),
    )


def _levelled(job: Job, parts: Sequence[Part]) -> Iterator[Levelled]:
    for part in parts:
        files = {kind: part.file(kind) for kind in job.options.formats}
        decoded = {kind: file.decoded for kind, file in files.items() if file and file.decoded}
        if decoded:
            yield Levelled(
                number=part.row.number,
                gain_db=part.record.gain_db,
                limited_samples=part.record.limited_samples,
                decoded=decoded,
                envelopes=tuple(each.envelope for each in part.placements),
            )


def chapters_of(made: Plan, parts: Sequence[Part]) -> tuple[ManifestChapter, ...]:
    """What is heard where in the whole book."""
    starts = chapter_starts(part.samples for part in parts)
    return tuple(
        _chapter(planned, part, start)
        for planned, part, start in zip(made.chapters, parts, starts, strict=True)
    )


def _unspoken(made: Plan, parts: Sequence[Part]) -> Iterator[Skip]:
    """What was to be spoken and is not in the recording: the gaps that the job was to skip."""
    for chapter, part in zip(made.chapters, parts, strict=True):
        for chunk in chapter.chunks:
            if chunk.index in part.row.dead:
                yield from (Skip(span=span, reason=SkipReason.UNSPOKEN) for span in chunk.spans)


def _chapter(planned: PlannedChapter, part: Part, start: int) -> ManifestChapter:
    row = part.row
    chunks = [chunk for chunk in planned.chunks if chunk.index not in row.dead]
    return ManifestChapter(
        number=row.number,
        title=row.title,
        start_samples=start,
        samples=part.samples,
        chunks=tuple(
            ManifestChunk(
                chunk=chunk,
                take=key,
                placement=placement.moved(start),
                doubts=row.doubts.get(chunk.index, ()),
            )
            for chunk, key, placement in zip(chunks, row.keys, part.placements, strict=True)
        ),
        unspoken=tuple(chunk.index for chunk in planned.chunks if chunk.index in row.dead),
    )
