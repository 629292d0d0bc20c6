"""For those who run it: is it up, is it ready, what is it doing."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from narrator.api.auth import authenticate
from narrator.api.context import GivenMetrics, GivenServices
from narrator.api.openapi import refusals
from narrator.api.problems import Refusal
from narrator.api.schemas import HealthView, ReadyView
from narrator.domain.errors import NarratorError
from narrator.services.kit import Services

router = APIRouter(tags=["operations"])
log = structlog.get_logger(__name__)


@router.get("/healthz", summary="Is the process up?")
def healthz() -> HealthView:
    """Answers as long as the process does; asks nothing of anybody else."""
    return HealthView(state="up")


@router.get(
    "/readyz",
    summary="Can it do its work?",
    responses=refusals(HTTPStatus.SERVICE_UNAVAILABLE),
)
def readyz(services: GivenServices) -> ReadyView:
    """Asks the database and the object store; 503 names those that do not answer.

    Why they do not is in the log, not in the answer, for this path needs no key.
    """
    checks = {name: _answers(name, check) for name, check in _checks(services).items()}
    failing = [name for name, answers in checks.items() if not answers]
    if failing:
        raise Refusal(
            HTTPStatus.SERVICE_UNAVAILABLE,
            f"not usable: {', '.join(failing)}",
            remedy="the log says why; `narrator doctor` checks every part",
            headers={"Retry-After": "5"},
        )
    return ReadyView(state="ready", checks=dict.fromkeys(checks, "ok"))


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


def _checks(services: Services) -> dict[str, Callable[[], object]]:
    return {
        "database": lambda: services.jobs.recent(limit=1),
        "objects": services.objects.check,
    }


def _answers(name: str, check: Callable[[], object]) -> bool:
    """Whether a part answers; whatever keeps it from doing so makes this process not ready."""
    try:
        check()
    except NarratorError as error:
        log.warning("not_ready", part=name, code=error.code, reason=error.reason)
    except Exception as error:  # noqa: BLE001  # such as a database without its tables
        log.warning("not_ready", part=name, code="unexpected", reason=type(error).__name__)
    else:
        return True
    return False
