"""Errors as `application/problem+json` (RFC 9457): one table from our error tree to HTTP.

Every answer that is not a success has this form, whoever refuses: our own errors, a request that
does not fit its schema, an unknown path, a fault nobody foresaw. `code` is stable and public;
`detail` and `remedy` are for people. None of it ever repeats what the request carried, which may be
a document's text.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from narrator.api.schemas import FieldFault, Problem
from narrator.domain import errors
from narrator.domain.errors import NarratorError

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5

STATUSES: dict[type[NarratorError], HTTPStatus] = {
    errors.NarratorError: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.JobFault: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DocumentRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.OptionRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.SpeechRefused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.VerificationFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.StoredSpoilt: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.WorkerLost: HTTPStatus.INTERNAL_SERVER_ERROR,
    errors.AccountFault: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Passing: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SpeechInterrupted: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SpeechThrottled: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.SpeechUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TakeBusy: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.TakeCorrupt: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.ToolFailed: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Undelivered: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.LeaseLost: HTTPStatus.CONFLICT,
    errors.Missing: HTTPStatus.NOT_FOUND,
    errors.InvalidTransition: HTTPStatus.CONFLICT,
    errors.SettingsError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""Each error of the tree and its status; a test holds the table to the tree."""

_CODES = {
    HTTPStatus.BAD_REQUEST: "malformed",
    HTTPStatus.UNAUTHORIZED: "unauthorized",
    HTTPStatus.FORBIDDEN: "forbidden",
    HTTPStatus.NOT_FOUND: "no-such-path",
    HTTPStatus.METHOD_NOT_ALLOWED: "no-such-method",
    HTTPStatus.PRECONDITION_FAILED: "outrun",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "too-large",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "media-type",
    HTTPStatus.UNPROCESSABLE_ENTITY: "invalid",
    HTTPStatus.SERVICE_UNAVAILABLE: "not-ready",
}
_REMEDIES = {
    HTTPStatus.NOT_FOUND: "see /openapi.json for the paths there are",
    HTTPStatus.METHOD_NOT_ALLOWED: "see /openapi.json for the methods of each path",
    HTTPStatus.BAD_REQUEST: "send a well-formed multipart/form-data or JSON body",
}
_USUAL_REMEDIES = {
    HTTPStatus.NOT_FOUND: "check what you named; GET /v1/jobs lists the jobs there are",
    HTTPStatus.SERVICE_UNAVAILABLE: "try again in a moment",
}

log = structlog.get_logger(__name__)


class Refusal(HTTPException):
    """A request refused for what it is as HTTP: its credentials, its size, its media type."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        remedy: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, headers)
        self.remedy = remedy


def status_of(error: NarratorError) -> HTTPStatus:
    """The status that answers an error, or that of its nearest ancestor in the table."""
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def answer(
    status: HTTPStatus,
    *,
    code: str,
    detail: str,
    remedy: str,
    request_id: str,
    headers: Mapping[str, str] | None = None,
    faults: Sequence[FieldFault] = (),
) -> JSONResponse:
    """A problem as a response."""
    problem = Problem(
        type=f"urn:narrator:problem:{code}",
        title=status.phrase,
        status=int(status),
        detail=detail,
        code=code,
        remedy=remedy,
        request_id=request_id,
        errors=list(faults),
    )
    return JSONResponse(
        problem.model_dump(mode="json"), int(status), headers=headers, media_type=MEDIA_TYPE
    )


def unexpected(request_id: str) -> JSONResponse:
    """The answer to a fault nobody foresaw; what it was is in the log, under the request's id."""
    return answer(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code="unexpected",
        detail="the server made a mistake",
        remedy="try again; if it stays, give the operator this request id",
        request_id=request_id,
    )


def install(app: FastAPI) -> None:
    """Answer every error of our tree, of a schema and of HTTP with a problem."""
    app.add_exception_handler(NarratorError, _narrator_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)


async def _narrator_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, NarratorError)  # noqa: S101  # as registered
    status = status_of(error)
    busy = status is HTTPStatus.SERVICE_UNAVAILABLE
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.warning("request_failed", code=error.code, reason=error.reason)
    return answer(
        status,
        code=error.code,
        detail=error.reason,
        remedy=error.remedy or _USUAL_REMEDIES.get(status, ""),
        request_id=request.state.request_id,
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)} if busy else None,
    )


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101  # as registered
    faults = [_fault(fault) for fault in error.errors()]
    return answer(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        code="invalid",
        detail="; ".join(f"{fault.field}: {fault.reason}" for fault in faults),
        remedy="mend what `errors` names; /openapi.json has the schema",
        request_id=request.state.request_id,
        faults=faults,
    )


def _fault(fault: Mapping[str, object]) -> FieldFault:
    # The input itself is left out on purpose: it may be a document's text.
    location = fault["loc"]
    assert isinstance(location, tuple)  # noqa: S101  # pydantic's own form
    names = [str(part) for part in location if part not in {"body", "query", "path"}]
    return FieldFault(field=".".join(names) or "body", reason=str(fault["msg"]))


async def _http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # as registered
    status = HTTPStatus(error.status_code)
    if isinstance(error, Refusal):
        detail, remedy = error.detail, error.remedy
    else:
        detail, remedy = _plain(status, request, error), _REMEDIES.get(status, "")
    return answer(
        status,
        code=_CODES.get(status, "refused"),
        detail=detail,
        remedy=remedy,
        request_id=request.state.request_id,
        headers=error.headers,
    )


def _plain(status: HTTPStatus, request: Request, error: HTTPException) -> str:
    if status is HTTPStatus.NOT_FOUND:
        return f"there is nothing at {request.url.path[:200]}"
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.url.path[:200]} does not take {request.method[:20]}"
    return error.detail
