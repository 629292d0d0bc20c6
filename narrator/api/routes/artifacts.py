"""Fetching what a job made."""

from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from narrator.api.context import GivenJobId, GivenServices, GivenSettings
from narrator.api.openapi import refusals
from narrator.domain.artifacts import Artifact
from narrator.domain.errors import Missing
from narrator.domain.jobs import Job

router = APIRouter(tags=["artifacts"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file itself, from an installation without an object store.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    },
    307: {
        "description": "`Location` is a link that is good for a while, for anyone.",
        "headers": {"Location": {"schema": {"type": "string", "format": "uri"}}},
    },
}


@router.get(
    "/v1/jobs/{job_id}/artifacts/{name}",
    summary="Fetch an artifact",
    response_class=Response,
    responses=_ANSWERS | refusals(HTTPStatus.NOT_FOUND),
)
def fetch_artifact(
    services: GivenServices,
    settings: GivenSettings,
    job_id: GivenJobId,
    name: Annotated[str, Path(description="The artifact's name.", examples=["book.m4b"])],
) -> Response:
    """Redirects to a pre-signed URL of the object store; a folder store's file comes at once."""
    artifact = _named(services.jobs.get(job_id), name)
    link = services.objects.link(
        artifact.object_key,
        file_name=artifact.name,
        media_type=artifact.media_type,
        seconds=settings.link_seconds,
    )
    if link is not None:
        # The link is a secret that ages: no cache may keep it.
        return RedirectResponse(link, headers={"Cache-Control": "no-store"})
    return StreamingResponse(
        services.objects.stream(artifact.object_key),
        media_type=artifact.media_type,
        headers=_file_headers(artifact),
    )


def _named(job: Job, name: str) -> Artifact:
    for artifact in job.artifacts:
        if artifact.name == name:
            return artifact
    there = ", ".join(artifact.name for artifact in job.artifacts)
    raise Missing(
        "the job has no artifact of that name",
        remedy=f"it has: {there}" if there else f"it has none yet: its state is {job.state}",
    )


def _file_headers(artifact: Artifact) -> dict[str, str]:
    # RFC 6266: the extended form for names beyond ASCII.
    return {
        "Content-Length": str(artifact.bytes),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(artifact.name, safe='')}",
        "ETag": f'"{artifact.sha256}"',
        "X-Content-Type-Options": "nosniff",
    }
