"""What a fleet is made of, verb by verb: workers, the API, the database's schema, keys."""

import hashlib
import os
import secrets
from collections.abc import Mapping
from typing import NoReturn

import click

from narrator import settings as configuration
from narrator.domain.errors import OptionRefused
from narrator.domain.steps import Queue
from narrator.embedded.commands import api_command, usual_concurrency, worker_command
from narrator.embedded.lock import home_of, share
from narrator.settings import Settings, load, need_broker

_KEY_BYTES = 32


@click.command()
@click.argument("queue", type=click.Choice([each.value for each in Queue]))
@click.option("--concurrency", type=click.IntRange(min=1), help="Sockets, or audio processes.")
def worker(queue: str, concurrency: int | None) -> NoReturn:
    """Run a worker: `speech` speaks (waits on the network), `audio` encodes (keeps cores busy).

    SIGTERM lets it finish what is under way, for NARRATOR_DRAIN_SECONDS; SIGKILL costs only time.
    """
    settings = load()
    need_broker(settings)
    number = concurrency or usual_concurrency(settings, Queue(queue))
    told = {"NARRATOR_SPEECH_SOCKETS": str(number)} if queue == Queue.SPEECH else {}
    _share_home(settings)
    _become(worker_command(Queue(queue), concurrency=number, log_level=settings.log.level), told)


@click.command()
@click.option("--host", help="NARRATOR_API_HOST by default.")
@click.option("--port", type=click.IntRange(0, 65_535), help="NARRATOR_API_PORT by default.")
def api(host: str | None, port: int | None) -> NoReturn:
    """Run the REST API."""
    from narrator.api.app import check  # noqa: PLC0415 - the other verbs here need no FastAPI

    told = {"NARRATOR_API_HOST": host} if host else {}
    told |= {} if port is None else {"NARRATOR_API_PORT": str(port)}
    settings = load(_environment(told))  # whether it may stand open hangs on the host
    _share_home(settings)
    check(settings)
    drain_seconds = settings.work.drain_seconds
    command = api_command(
        host=settings.api.host, port=settings.api.port, drain_seconds=drain_seconds
    )
    _become(command, told)


@click.command()
def migrate() -> None:
    """Bring the database to this version's schema; harmless to repeat."""
    from narrator import bootstrap  # noqa: PLC0415 - the other verbs here need none of it

    settings = load()
    if settings.database_url.startswith("sqlite"):
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    bootstrap.migrate(settings)
    click.echo("the database is up to date")


@click.command("api-key")
@click.argument("name")
def api_key(name: str) -> None:
    """Make a key for the REST API. It is shown once: only its hash is kept, in your settings."""
    if not name.strip() or set(name) & set(",:"):
        raise OptionRefused(
            f"{name!r} cannot name a key", remedy="choose a name without a comma or colon"
        )
    key = secrets.token_urlsafe(_KEY_BYTES)
    digest = hashlib.sha256(key.encode()).hexdigest()
    click.echo(f"key (give it to {name}; it is not shown again): {key}")
    click.echo(f"entry for NARRATOR_API_KEYS: {name}:{digest}")


def _share_home(settings: Settings) -> None:
    """Keep `narrator narrate` off a home's database for as long as the program lives."""
    if home := home_of(settings.database_url):
        share(home)


def _become(command: tuple[str, ...], told: Mapping[str, str]) -> NoReturn:
    """Turn into the program, so that signals reach it and nobody has to wait for it."""
    os.execve(command[0], command, _environment(told))  # noqa: S606 - our own, not a shell line


def _environment(told: Mapping[str, str]) -> dict[str, str]:
    """What this process was told, but for what `told` says otherwise."""
    return {**configuration.inherited(), **configuration.given(), **told}
