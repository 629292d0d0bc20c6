"""A finished job as a podcast: its feed, its cover, the chapters of its episodes."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response

from narrator.api.context import GivenJobId, GivenServices, GivenSettings
from narrator.api.openapi import refusals
from narrator.api.schemas import job_path
from narrator.domain.artifacts import MANIFEST_NAME, Artifact, job_object
from narrator.domain.errors import Missing
from narrator.domain.jobs import Job, JobState
from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import from_json
from narrator.podcast.chapters import chapters_json
from narrator.podcast.feed import CHAPTERS_TYPE, MEDIA_TYPE, feed
from narrator.podcast.show import Places, chapters_name, episodes, show
from narrator.services.kit import Services
from narrator.services.plan import COVER_NAMES
from narrator.settings import ApiSettings

router = APIRouter(tags=["feeds"])


def _answers(description: str, *media_types: str) -> dict[int | str, dict[str, Any]]:
    there = {"description": description, "content": {each: {} for each in media_types}}
    return {200: there} | refusals(HTTPStatus.NOT_FOUND)


@router.get(
    "/v1/jobs/{job_id}/feed",
    summary="The recording as a podcast feed",
    response_class=Response,
    responses=_answers("RSS 2.0.", MEDIA_TYPE),
)
def fetch_feed(
    request: Request, services: GivenServices, settings: GivenSettings, job_id: GivenJobId
) -> Response:
    """RSS of a succeeded job, an episode a file of its recording.

    Its audio is at links that are good for a while, for anyone, where the installation has an
    object store: each answer has new ones. Elsewhere it is at the paths of the artifacts, which ask
    for a key as this one does. For a feed that lasts and is everybody's, put the files on a web
    server and use `narrator feed`.
    """
    job = _succeeded(services, job_id)
    manifest = _manifest(services, job)
    base = (settings.public_url or str(request.base_url)).rstrip("/") + job_path(job.id)
    by_name = {each.name: each for each in job.artifacts}
    chapters = {chapters_name(each) for each in episodes(manifest)}

    def place(name: str) -> str:
        if name in chapters:
            return f"{base}/chapters/{quote(name)}"
        link = _link(services, settings, by_name[name]) if name in by_name else None
        return link or f"{base}/artifacts/{quote(name)}"

    places = Places(
        of=place,
        names={*by_name, *chapters},
        feed=f"{base}/feed",
        link=base,
        image=f"{base}/cover" if _cover(services, job) else "",
    )
    published_at = job.state_times[JobState.SUCCEEDED]
    body = feed(show(manifest, places, published_at=published_at, title=job.source_name))
    # The links in it are secrets that age: no cache may keep it.
    return Response(body, media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})


@router.get(
    "/v1/jobs/{job_id}/chapters/{name}",
    summary="The chapters of an episode",
    response_class=Response,
    responses=_answers("JSON chapters.", CHAPTERS_TYPE),
)
def fetch_chapters(
    services: GivenServices,
    job_id: GivenJobId,
    name: Annotated[str, Path(description="As the feed names it.")],
) -> Response:
    """Where its chapters begin and end, in seconds (podcast namespace, JSON chapters 1.2)."""
    manifest = _manifest(services, _succeeded(services, job_id))
    for recording in episodes(manifest):
        if chapters_name(recording) == name:
            held = manifest.chapters_in(recording)
            body = chapters_json(held, start_samples=recording.start_samples)
            return Response(body, media_type=CHAPTERS_TYPE)
    raise Missing("the job has no such episode", remedy="take the address from the job's feed")


@router.get(
    "/v1/jobs/{job_id}/cover",
    summary="The document's cover",
    response_class=Response,
    responses=_answers("A picture.", *COVER_NAMES),
)
def fetch_cover(services: GivenServices, job_id: GivenJobId) -> Response:
    """The picture that is in the recording's tags, JPEG or PNG."""
    job = services.jobs.get(job_id)
    found = _cover(services, job)
    if found is None:
        raise Missing("the job's document has no cover", remedy="nothing need be done")
    media_type, name = found
    data = services.objects.get_bytes(job_object(job.id, name))
    return Response(data, media_type=media_type, headers={"X-Content-Type-Options": "nosniff"})


def _succeeded(services: Services, job_id: GivenJobId) -> Job:
    job = services.jobs.get(job_id)
    if job.state is not JobState.SUCCEEDED:
        raise Missing("the job has no recording yet", remedy=f"its state is {job.state}")
    return job


def _manifest(services: Services, job: Job) -> Manifest:
    proof = next(each for each in job.artifacts if each.name == MANIFEST_NAME)
    return from_json(services.objects.get_bytes(proof.object_key))


def _link(services: Services, settings: ApiSettings, artifact: Artifact) -> str | None:
    return services.objects.link(
        artifact.object_key,
        file_name=artifact.name,
        media_type=artifact.media_type,
        seconds=settings.link_seconds,
    )


def _cover(services: Services, job: Job) -> tuple[str, str] | None:
    """The cover's media type and name, if there is one."""
    for media_type, name in COVER_NAMES.items():
        if services.objects.exists(job_object(job.id, name)):
            return media_type, name
    return None
