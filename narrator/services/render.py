"""Rendering: a chapter's takes become one encoded chapter and its timeline."""

import base64
import hashlib
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from narrator.domain.artifacts import job_object
from narrator.domain.errors import TakeCorrupt
from narrator.domain.failpoints import FailPoint
from narrator.domain.steps import Claim
from narrator.domain.takes import Take
from narrator.domain.timeline import Placement
from narrator.services.kit import Services
from narrator.services.ports import ChapterTake, RenderedRecord, TakeAudio
from narrator.services.submit import file_sha256


def render(services: Services, claim: Claim) -> None:
    """Do a `render` step. Objects are named by their content: a repeat stores the same again."""
    options = services.jobs.get(claim.job_id).options
    takes = services.takes.of_chapter(claim)
    with tempfile.TemporaryDirectory(dir=services.scratch, prefix="narrator-render-") as folder:
        rendered = services.studio.render(
            _audio(services, takes), format=options.format, folder=Path(folder)
        )
        digest = file_sha256(rendered.path)[:16]
        name = f"chapters/{claim.chapter:05d}-{digest}"
        audio_key = job_object(claim.job_id, f"{name}{rendered.path.suffix}")
        services.objects.put_file(audio_key, rendered.path, media_type=rendered.media_type)
    services.reach(FailPoint.CHAPTER_STORED)
    timeline_key = job_object(claim.job_id, f"{name}.json")
    services.objects.put_bytes(
        timeline_key, timeline_json(rendered.placements), media_type="application/json"
    )
    services.reach(FailPoint.TIMELINE_STORED)
    services.steps.finish_render(
        claim,
        RenderedRecord(audio_key=audio_key, timeline_key=timeline_key, samples=rendered.samples),
    )
    services.reach(FailPoint.RENDER_FINISHED)


def _audio(services: Services, takes: list[ChapterTake]) -> Iterator[TakeAudio]:
    """One take after the other, so that memory does not grow with the chapter."""
    for chapter_take in takes:
        yield TakeAudio(pcm=_samples(services, chapter_take.take), boundary=chapter_take.boundary)


def _samples(services: Services, take: Take) -> bytes:
    pcm = services.studio.unpack(services.objects.get_bytes(take.object_key))
    if hashlib.sha256(pcm).hexdigest() != take.sha256:
        raise TakeCorrupt(
            f"take {take.key[:16]} is not what was stored",
            remedy=f"restore {take.object_key} from a copy of the object store, then retry the job",
        )
    return pcm


def timeline_json(placements: tuple[Placement, ...]) -> bytes:
    """A chapter's placements as [start, samples, envelope in base64] each, in chunk order."""
    rows = [[p.start_samples, p.samples, base64.b64encode(p.envelope).decode()] for p in placements]
    return json.dumps(rows, separators=(",", ":")).encode()


def placements_from_json(data: bytes) -> tuple[Placement, ...]:
    """The reverse of `timeline_json`."""
    return tuple(
        Placement(start_samples=start, samples=samples, envelope=base64.b64decode(envelope))
        for start, samples, envelope in json.loads(data)
    )
