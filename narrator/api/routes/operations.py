"""For those who run it: is it up, is it ready, what is it doing."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from narrator.api.auth import authenticate
from narrator.api.context import GivenMetrics, GivenReadiness
from narrator.api.openapi import refusals
from narrator.api.problems import Refusal
from narrator.api.schemas import HealthView, ReadyView
from narrator.services.readiness import DATABASE, OBJECTS, SCRATCH

router = APIRouter(tags=["operations"])

NEEDED = (DATABASE, OBJECTS, SCRATCH)
"""Without one of these nothing can be asked of the API; rings come again by themselves."""


@router.get("/healthz", summary="Is the process up?")
def healthz() -> HealthView:
    """Answers as long as the process does; asks nothing of anybody else."""
    return HealthView(state="up")


@router.get(
    "/readyz",
    summary="Can it do its work?",
    responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE),
)
def readyz(readiness: GivenReadiness) -> ReadyView:
    """Asks database, object store, broker and scratch folder; 503 names those that are missing.

    Without its broker it is ready all the same, and says so: jobs are accepted, and wait. Why a
    part does not answer is in the log, not in the answer, for this path needs no key.
    """
    answers = readiness.look()
    failing = [name for name in NEEDED if not answers[name]]
    if failing:
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"not usable: {', '.join(failing)}",
            remedy="the log says why; `narrator doctor` checks every part",
            headers={"Retry-After": "5"},
        )
    checks = {name: "ok" if there else "away" for name, there in answers.items()}
    return ReadyView(state="ready", checks=checks)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(metrics: GivenMetrics, _: Annotated[None, Depends(authenticate)]) -> Response:
    """Requests, and the work of the whole fleet. Needs a key: scrape with a bearer token."""
    return Response(metrics.expose(), media_type=CONTENT_TYPE_LATEST)


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """This API's own description."""
    return JSONResponse(request.app.openapi())
