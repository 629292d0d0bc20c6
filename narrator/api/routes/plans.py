"""Planning without a job: what a document would become, and what it would cost."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from narrator.api.context import GivenPrice, GivenServices, Price
from narrator.api.openapi import job_body, refusals
from narrator.api.planned import PlanView
from narrator.api.problems import RETRY_AFTER_SECONDS, Refusal
from narrator.api.uploads import GivenSubmission, Submission
from narrator.domain.cap import other_plan
from narrator.services.kit import Services
from narrator.services.lexicon import effective
from narrator.services.plan import preview
from narrator.services.plan_document import Conditions, plan_document

PLANS_AT_ONCE = 2
"""Each may use a processor and `NARRATOR_READ_MEMORY_BYTES` for as long as the document takes."""

router = APIRouter(tags=["plans"])


class Desks:
    """So many documents are planned at once by one process; the next is told to come back."""

    def __init__(self, count: int = PLANS_AT_ONCE) -> None:
        self._free = threading.BoundedSemaphore(count)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """A desk for as long as it is needed; raises Refusal (503) while there is none."""
        if not self._free.acquire(blocking=False):
            raise Refusal(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "as many documents are being planned here as may be at once",
                remedy="try again in a moment; a job is accepted at any time",
                headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
            )
        try:
            yield
        finally:
            self._free.release()


@router.post(
    "/v1/plans",
    summary="Plan a document",
    response_model=None,
    responses={
        **refusals(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
        200: {"model": PlanView, "description": "The plan"},
    },
    openapi_extra=job_body(),
)
def plan_document_now(
    request: Request,
    services: GivenServices,
    price: GivenPrice,
    submission: GivenSubmission,
    *,
    full: Annotated[
        bool, Query(description="The whole plan as well, chunk by chunk, in `plan`.")
    ] = False,
) -> Response:
    """What a job with this body would say and leave out, and what it would cost.

    Nothing is stored and nothing is spent. A job with the same document, options and `plan_hash`
    carries out exactly this plan. A document that cannot be planned answers 422, as does a plan
    that is not that of a given `plan_hash`.
    """
    desks: Desks = request.app.state.desks
    with desks.taken():
        shown = _planned(services, submission, price, full=full)
    wanted = submission.options.plan_hash
    if wanted and wanted != shown["hash"]:
        raise other_plan(wanted, shown["hash"])
    # Plain ASCII: a document may hold what UTF-8 cannot.
    return Response(json.dumps(shown), media_type="application/json")


def _planned(
    services: Services, submission: Submission, price: Price, *, full: bool
) -> dict[str, Any]:
    options = submission.options
    lexicon = effective(services.lexicons, submission.lexicon())
    with submission.on_disk(services) as path:
        _, made = preview(
            services.reader,
            path,
            name=submission.name,
            chapters=options.chapters,
            choices=options.text,
            lexicon=lexicon,
            narrator=options.voice.name,
        )
    conditions = Conditions(
        voice=options.voice,
        price_per_1000_chars=price.asked,
        terms=services.terms,
        max_chars=options.max_chars,
        lexicon=lexicon,
    )
    return plan_document(made, conditions, full=full)
