"""Rendering: a chapter's takes become one chapter, in each of the job's formats, and its record.

A take that is gone, or not what was stored, is *spoilt*: its words are spoken again, and then the
chapter is rendered.
"""

import hashlib
from collections.abc import Iterator, Sequence

import structlog

from narrator.domain.artifacts import job_object
from narrator.domain.errors import TakeCorrupt
from narrator.domain.failpoints import FailPoint
from narrator.domain.ids import TakeKey
from narrator.domain.steps import Claim
from narrator.domain.takes import Take
from narrator.services.chapters import chapter_name, store_files
from narrator.services.hearing import hear
from narrator.services.kit import Services
from narrator.services.ports import (
    ChapterTake,
    Commission,
    RenderedChapter,
    RenderedRecord,
    TakeAudio,
)
from narrator.services.recheck import Recheck
from narrator.services.scratch import Temporary, scratch_folder
from narrator.services.stored import NAMED_DIGITS, samples_of
from narrator.services.timelines import ChapterRecord, record_to_json

log = structlog.get_logger(__name__)


def render(services: Services, claim: Claim) -> None:
    """Do a `render` step. Objects are named by their content: a repeat stores the same again."""
    chunks = services.takes.of_chapter(claim)
    try:
        record = _rendered(services, claim, chunks)
    except TakeCorrupt:
        if not _spoken_again(services, claim, chunks):
            raise
        return
    services.steps.finish_render(claim, record)
    services.reach(FailPoint.RENDER_FINISHED)


def _rendered(services: Services, claim: Claim, chunks: Sequence[ChapterTake]) -> RenderedRecord:
    options = services.jobs.get(claim.job_id).options
    production = options.production
    recheck = Recheck(services, claim, options.voice, listened=production.listen)
    with scratch_folder(services.scratch, Temporary.RENDER) as folder:
        takes = _audio(services, chunks, recheck)
        made = services.studio.render(
            takes, Commission(production=production, formats=options.formats, folder=folder)
        )
        recheck.report()
        hear(made)
        return _stored(services, claim, made)


def _audio(
    services: Services, chunks: Sequence[ChapterTake], recheck: Recheck
) -> Iterator[TakeAudio]:
    """One take after the other, so that memory does not grow with the chapter."""
    for chunk in chunks:
        pcm = recheck.heard(chunk, samples_of(services, chunk))
        yield TakeAudio(pcm=pcm, boundary=chunk.boundary)


def _stored(services: Services, claim: Claim, made: RenderedChapter) -> RenderedRecord:
    """The audio first, then its timeline: their names end in digits of their digests."""
    files = store_files(services, claim.job_id, claim.chapter, made.files)
    services.reach(FailPoint.CHAPTER_STORED)
    record = ChapterRecord(
        placements=made.placements,
        files=files,
        measured=made.measured,
        gain_db=made.gain_db,
        limited_samples=made.limited_samples,
        heard=True,
    )
    timeline, main = record_to_json(record), files[0]
    digest = hashlib.sha256(timeline).hexdigest()
    name = chapter_name(claim.chapter, main.sha256)
    timeline_key = job_object(claim.job_id, f"{name}-{digest[:NAMED_DIGITS]}.json")
    services.objects.put_bytes(timeline_key, timeline, media_type="application/json")
    services.reach(FailPoint.TIMELINE_STORED)
    return RenderedRecord(audio_key=main.key, timeline_key=timeline_key, samples=made.samples)


def _spoken_again(services: Services, claim: Claim, chunks: Sequence[ChapterTake]) -> bool:
    """Let what is spoilt be spoken again; False when a second look finds every take as it was."""
    by_key = {chunk.key: chunk for chunk in chunks}
    spoilt = {key: each.take for key, each in by_key.items() if _is_spoilt(services, each)}
    if not spoilt:
        return False
    _tell(spoilt)
    services.steps.respeak(claim, spoilt)
    return True


def _is_spoilt(services: Services, chunk: ChapterTake) -> bool:
    try:
        samples_of(services, chunk)
    except TakeCorrupt:
        return True
    return False


def _tell(spoilt: dict[TakeKey, Take | None]) -> None:
    for key, take in spoilt.items():
        log.warning("take.spoilt", take=key[:16], object=take.object_key if take else "")
