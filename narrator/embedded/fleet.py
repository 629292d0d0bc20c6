"""The fleet of one home: which children it needs and how they find one another."""

import socket
import sys
from collections.abc import Callable
from typing import Self

from narrator import settings as configuration
from narrator.domain.errors import SettingsError, ToolFailed
from narrator.domain.steps import Queue
from narrator.embedded.broker import local_broker
from narrator.embedded.commands import (
    need_voice,
    speak_server_command,
    usual_concurrency,
    worker_command,
)
from narrator.embedded.environment import Caller, child_environment
from narrator.embedded.leftovers import sweep
from narrator.embedded.lock import DATABASE_NAME, HomeLock
from narrator.embedded.processes import ChildSpec, Death, Supervisor
from narrator.embedded.roster import Roster
from narrator.settings import Settings

BROKER, SPEAK_SERVER = "broker", "speak-server"
WORKERS = {Queue.AUDIO: "audio-worker", Queue.SPEECH: "speech-worker"}
LATE_SECONDS = 5.0  # for a worker that should have ended by itself
BROKER_SECONDS = 10.0
LEFTOVER_SECONDS = 10.0
_LOOPBACK = "127.0.0.1"


class Fleet:
    """Servers and workers for one home, while this object is entered.

    Enter it (locks the home, ends and clears away leftovers, starts the servers), bring the
    database up to date with `settings`, free what an earlier run held, then `start_workers`, then
    call `tend` a few times a second from the main thread. Leaving it stops everything. `on_death`
    is told of a child that died and is started again.
    """

    def __init__(self, caller: Caller, *, on_death: Callable[[Death], None]) -> None:
        given = configuration.load({**caller.inherited, **caller.given})
        _refuse_elsewhere(given)
        self._home = given.home
        self._lock = HomeLock(given.home)
        self._roster = Roster(given.home / "children.json")
        self._supervisor = Supervisor(self._roster, on_death=on_death)
        self._started: set[Queue] = set()
        self._port = _Port()
        self._broker = None if given.broker_url else local_broker(given.home / "run")
        self._trial = given.embedded if given.embedded.trial else None
        self._environment = child_environment(
            caller,
            home=given.home,
            broker_url=self._broker.url if self._broker else given.broker_url,
            trial=self._trial,
            speak_url=f"ws://{_LOOPBACK}:{self._port.number}/v1/speak",
        )
        self.settings = configuration.load(self._environment)

    def __enter__(self) -> Self:
        """Raises SettingsError when somebody else is at work in this home."""
        if self._trial:
            need_voice(self._trial.voice_engine)
        self._lock.__enter__()
        try:
            self._end_leftovers()
            sweep(self._home)
            self._start_servers()
            if self._is_new():
                self.start_workers()  # nobody has held anything here: they may boot meanwhile
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Stop workers first, so that they can still reach the servers, and free the home."""
        try:
            self._supervisor.stop(
                seconds=self.settings.work.drain_seconds + LATE_SECONDS,
                order=(WORKERS.values(), (SPEAK_SERVER, BROKER)),
            )
        finally:
            self._port.close()
            self._lock.__exit__(None, None, None)

    @property
    def speaker(self) -> str:
        """The name under which this fleet's takes are kept."""
        return self.settings.speech.speaker

    def wait_for_broker(self) -> None:
        """Wait until the broker can be rung.

        Raises ToolFailed when ours does not come up, SettingsError when another's does not answer.
        """
        if self._broker:
            self._broker.wait(seconds=BROKER_SECONDS)
        else:
            # Whoever has no broker of their own need not wait for this to load.
            from narrator.embedded.reach import reach_broker  # noqa: PLC0415

            reach_broker(self.settings.broker_url, seconds=BROKER_SECONDS)

    def start_workers(self) -> None:
        """Start the workers, unless they were; nothing in the database may be claimed."""
        if WORKERS.keys() <= self._started:
            return
        if not self._broker:
            self.wait_for_broker()  # ours is waited for while the workers boot
        self._started |= WORKERS.keys()
        for queue, name in WORKERS.items():
            command = worker_command(
                queue,
                concurrency=usual_concurrency(self.settings, queue),
                log_level=self.settings.log.level,
            )
            self._start(name, command)

    def tend(self) -> None:
        """Start again what has died; raises ToolFailed when that happens too often."""
        self._supervisor.tend()

    def dismiss_workers(self) -> None:
        """The work is done: let the workers end while the caller does other things.

        The speech worker closes its speech sessions politely. The audio worker holds nothing any
        more, and a pool of processes takes its time to end by itself.
        """
        self._supervisor.ask_to_end([WORKERS[Queue.SPEECH]])
        self._supervisor.end_now([WORKERS[Queue.AUDIO]])

    def pids(self) -> dict[str, int]:
        """The living children by name."""
        return self._supervisor.pids()

    def _is_new(self) -> bool:
        return not (self._home / DATABASE_NAME).exists()

    def _end_leftovers(self) -> None:
        try:
            self._roster.end_leftovers(seconds=LEFTOVER_SECONDS)
        except TimeoutError as exc:
            raise ToolFailed(
                f"processes of an earlier run will not end: {exc}",
                remedy="end them by hand, then run the same command again",
            ) from exc

    def _start_servers(self) -> None:
        if self._broker:
            self._broker.make_folder()
            self._start(BROKER, self._broker.command)
        if self._trial:
            command = speak_server_command(
                port=self._port.number,
                voice_engine=self._trial.voice_engine,
                time_scale=self._trial.time_scale,
                sockets=self.settings.speech.allowance,
            )
            self._start(SPEAK_SERVER, command)

    def _start(self, name: str, command: tuple[str, ...]) -> None:
        self._supervisor.start(
            ChildSpec(
                name=name,
                command=command,
                environment=self._environment,
                log=self._home / "logs" / f"{name}.log",
            )
        )


class _Port:
    """A free port of loopback, kept free for the Speak server for as long as the fleet lives.

    On Linux a socket that is bound but does not listen keeps others from being given the port,
    while a server with SO_REUSEADDR may still listen on it: now, and again after it died.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((_LOOPBACK, 0))
        self.number: int = self._socket.getsockname()[1]
        if sys.platform != "linux":
            self.close()

    def close(self) -> None:
        """Free it."""
        self._socket.close()


def _refuse_elsewhere(given: Settings) -> None:
    """The lock on the home proves that nobody else works on its database, and only on that."""
    if given.database_url != f"sqlite:///{given.home / DATABASE_NAME}":
        raise SettingsError(
            "NARRATOR_DATABASE_URL is set, but this command works alone, in NARRATOR_HOME",
            remedy="unset NARRATOR_DATABASE_URL, or submit the book to the fleet: POST /v1/jobs",
        )
