"""The REST API as an ASGI application.

`create_app` builds it over any services; `from_environment` is the factory that a server is given::

    uvicorn --factory narrator.api.app:from_environment
"""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from http import HTTPStatus
from typing import Protocol

from fastapi import Depends, FastAPI
from starlette.concurrency import run_in_threadpool

from narrator.api import problems
from narrator.api.auth import authenticate, gate_of
from narrator.api.context import Price
from narrator.api.edge import Edge
from narrator.api.metrics import Metrics, Work
from narrator.api.openapi import DESCRIPTION, DescribedApp, refusals
from narrator.api.routes import artifacts, feeds, jobs, lexicons, operations, plans, speech
from narrator.api.routes.plans import Desks
from narrator.bootstrap import bootstrap, check_database, configure_logging
from narrator.domain.errors import SettingsError, StoreUnavailable
from narrator.services.estimate import is_paid
from narrator.services.kit import Services
from narrator.services.readiness import Readiness
from narrator.services.rhythm import dispatcher
from narrator.services.sweep import clear_scratch
from narrator.settings import ApiSettings, Settings, load, need_broker

API_VERSION = "1.0"
"""Of the paths under /v1 and what they carry; it grows when they do."""


class Background(Protocol):
    """Something that runs beside the app, from its start to its end."""

    def start(self) -> object:
        """Begin."""

    def stop(self) -> None:
        """End; waits for what is under way."""


def create_app(
    services: Services,
    settings: ApiSettings,
    *,
    background: Sequence[Background] = (),
    price_per_1000_chars: float = 0.0,
    asked_per_1000_chars: float | None = None,
) -> FastAPI:
    """The application; raises SettingsError when it would stand open without being told to.

    `background` is started with the server and stopped with it. `price_per_1000_chars` is what the
    services' speaker is paid, in US dollars; `asked_per_1000_chars` what plans and caps count by,
    where that is something else.
    """
    gate = gate_of(settings)
    app = DescribedApp(
        title="Narrator",
        summary="Long documents into audiobooks",
        description=DESCRIPTION,
        version=API_VERSION,
        openapi_url=None,  # a route of ours serves it
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        lifespan=_lifespan(background),
    )
    app.state.gate, app.state.services, app.state.settings = gate, services, settings
    asked = price_per_1000_chars if asked_per_1000_chars is None else asked_per_1000_chars
    app.state.price = Price(
        per_1000_chars=price_per_1000_chars, speaker=services.speaker_name, asked=asked
    )
    app.state.desks = Desks()
    app.state.metrics = Metrics(Work(services))
    app.state.readiness = Readiness(services)
    app.add_middleware(Edge, metrics=app.state.metrics)
    problems.install(app)
    app.include_router(operations.router, responses=_ANYWHERE)
    rest = (jobs, plans, lexicons, artifacts, feeds, speech)
    for router in (each.router for each in rest):
        app.include_router(router, dependencies=[Depends(authenticate)], responses=_WITH_KEY)
    return app


def check(settings: Settings) -> None:
    """Raise SettingsError unless an API of these settings can serve, and has whom to ring.

    A job accepted without a broker, or into a database of another version, is a job nobody does.
    """
    gate_of(settings.api)
    need_broker(settings)
    try:
        check_database(settings)
    except StoreUnavailable as error:
        raise SettingsError(error.reason, remedy=error.remedy) from error


def from_environment() -> FastAPI:
    """The application that the environment's settings describe, with its dispatcher.

    Raises SettingsError naming the variable at fault, or what to do about the database.
    """
    settings = load()
    configure_logging(settings.log)
    check(settings)
    _join_server_log()
    services = bootstrap(settings)
    clear_scratch(services)  # uploads that a killed process was in the midst of
    return create_app(
        services,
        settings.api,
        background=[dispatcher(services)],
        price_per_1000_chars=_price(settings),
        asked_per_1000_chars=settings.price_per_1000_chars,
    )


_ANYWHERE = refusals(HTTPStatus.INTERNAL_SERVER_ERROR)
_WITH_KEY = _ANYWHERE | refusals(
    HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE
)


def _price(settings: Settings) -> float:
    is_billed = is_paid(settings.speech.url, settings.speech.speaker)
    return settings.price_per_1000_chars if is_billed else 0.0


def _join_server_log() -> None:
    """Give uvicorn's own lines the form of ours; its access log holds paths and queries: off."""
    for name in ("uvicorn", "uvicorn.error"):
        server_log = logging.getLogger(name)
        server_log.handlers.clear()
        server_log.propagate = True
    logging.getLogger("uvicorn.access").disabled = True


def _lifespan(
    background: Sequence[Background],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as running:
            for runner in background:
                runner.start()
                running.push_async_callback(run_in_threadpool, runner.stop)
            yield

    return lifespan
