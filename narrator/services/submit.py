"""Submitting: keep the document, insert the job, ring."""

import hashlib
import json
from pathlib import Path

from narrator.domain.artifacts import plan_object, planned_hash, source_object
from narrator.domain.cap import other_plan
from narrator.domain.choices import TextChoices, choices_to_json
from narrator.domain.failpoints import FailPoint
from narrator.domain.ids import DEFAULT_TENANT, JobId, TenantId
from narrator.domain.jobs import Job, JobOptions, NewJob, OnDead
from narrator.domain.lexicon import NO_LEXICON, Lexicon
from narrator.domain.production import Production, production_to_json
from narrator.services.dispatch import dispatch
from narrator.services.kit import Services
from narrator.services.lexicon import bound, store_lexicon

_BLOCK_BYTES = 1 << 20


def submit(
    services: Services,
    path: Path,
    *,
    name: str,
    options: JobOptions,
    job_id: JobId,
    tenant: TenantId = DEFAULT_TENANT,
    lexicon: Lexicon = NO_LEXICON,
) -> Job:
    """Accept the document at `path` as a job; a job of that id is returned as it stands.

    But for its cap, and the plan that it is bound to, which are the given ones from now on. The
    source and the lexicon, to which the job is bound, are stored before the job that points to
    them, and all before anybody is told. Raises OptionRefused for a job that has another plan
    already.
    """
    source_key = source_object(file_sha256(path))
    # What is there already may be spoilt: a document that is submitted again mends it.
    services.objects.put_file(source_key, path, media_type="application/octet-stream")
    store_lexicon(services.objects, job_id, lexicon)
    services.reach(FailPoint.SOURCE_STORED)
    job = services.jobs.create(
        NewJob(
            id=job_id,
            tenant=tenant,
            source_key=source_key,
            source_name=name,
            speaker=services.speaker_name,
            options=bound(options, lexicon),
        )
    )
    if not services.objects.exists(source_key):
        # It went with another job, deleted meanwhile. Now that this job has it, it stays.
        services.objects.put_file(source_key, path, media_type="application/octet-stream")
    services.reach(FailPoint.JOB_INSERTED)
    refuse_other_plan(job, options.plan_hash)
    dispatch(services)
    return job


def refuse_other_plan(job: Job, wanted: str) -> None:
    """Raise OptionRefused for a job that was planned, but not so; any will do if none is wanted."""
    if wanted and job.plan_key and job.plan_key != plan_object(job.id, wanted):
        raise other_plan(wanted, planned_hash(job.plan_key))


def same_job_id(path: Path, *, name: str, options: JobOptions, speaker: str, studio: str) -> JobId:
    """The id that the same document, options, speaker and studio always have, in whatever run.

    `studio` is `Studio.fingerprint`: with other pauses it is another recording, of the same takes.
    """
    identity = [
        file_sha256(path),
        name,
        speaker,
        options.voice.name,
        options.voice.speed,
        options.format,
        options.chapters,
        studio,
    ]
    if options.on_dead is not OnDead.FAIL:  # as it was before there was a choice
        identity.append(options.on_dead)
    if options.text != TextChoices() or options.lexicon:
        identity.append([choices_to_json(options.text), options.lexicon])
    if options.production != Production():
        identity.append(production_to_json(options.production))
    return JobId(hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:32])


def file_sha256(path: Path) -> str:
    """Digest of a file's bytes, read in blocks."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
