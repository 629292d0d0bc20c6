"""What surrounds every request: its id, its line in the log, its figures, and the last net.

The log line names the route's template, never the path as sent, nor a query, a header or a body: a
path may hold a name that somebody would rather keep, and a header holds the key.
"""

import re
import time
import traceback
from dataclasses import dataclass
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from narrator.api.metrics import Metrics
from narrator.api.problems import unexpected

CLIENT_GONE = 499
"""Logged (never sent) when the client went away before it was answered, as nginx does."""

QUIET_ROUTES = frozenset({"/healthz", "/readyz", "/metrics"})
UNMATCHED = "unmatched"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

log = structlog.get_logger(__name__)


class AnswerCut(RuntimeError):
    """An answer broke off after it had begun: the server must drop the connection."""


@dataclass(slots=True)
class _Answer:
    """Watches an answer go by and adds the request's id to it."""

    downstream: Send
    request_id: str
    status: int = CLIENT_GONE
    begun: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun, self.status = True, message["status"]
            MutableHeaders(scope=message)["X-Request-Id"] = self.request_id
        await self.downstream(message)


class Edge:
    """ASGI middleware, the outermost of ours."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request so that it is always answered, counted and logged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send, _request_id(scope))
        scope.setdefault("state", {})["request_id"] = answer.request_id
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=answer.request_id):
            try:
                await self._serve(scope, receive, answer)
            finally:
                self._record(scope, answer.status, time.perf_counter() - began)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            pass
        except Exception as error:  # noqa: BLE001  # the last net: nobody above would answer
            log.error("request_defect", error=type(error).__name__, where=_where(error))  # noqa: TRY400
            if answer.begun:
                raise AnswerCut(f"the answer to request {answer.request_id} broke off") from None
            await unexpected(answer.request_id)(scope, receive, answer.send)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "OTHER"
        route = getattr(scope.get("route"), "path", UNMATCHED)
        self._metrics.observe(method=method, route=route, status=status, seconds=seconds)
        state = scope["state"]
        say = log.debug if route in QUIET_ROUTES else log.info
        say(
            "request",
            method=method,
            route=route,
            status=status,
            seconds=round(seconds, 4),
            caller=state.get("caller"),
            job_id=state.get("job_id"),
        )


def _request_id(scope: Scope) -> str:
    """The caller's own id where it is harmless to repeat and to log, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else uuid4().hex


def _where(error: BaseException) -> list[str]:
    """Where it was raised, innermost last; its own words may hold text, and stay out."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
