"""Reading documents in a child process, so that a hostile one harms nobody.

The child (`sandbox.child`) has limits on memory, processor time and open files, can write no file,
sees no environment and dies with its parent. What it answers is trusted no further than its form.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from narrator.domain import document_json
from narrator.domain.choices import DEFAULT_READING, Reading, TextChoices, choices_to_json
from narrator.domain.documents import Document
from narrator.domain.errors import DocumentRefused, ToolFailed
from narrator.domain.overlay import Overlay, overlay_to_json
from narrator.sandbox.pipes import BIND, bounded

_MEGABYTE = 1_000_000
_NAME_CHARS = 255
_KIND_BYTES = 64
_BLOCK_BYTES = 1 << 20
_REMEDY = "split the document, or raise the limits of the sandbox"
_CRASHES = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGILL,
        signal.SIGTRAP,  # with SIGILL and SIGABRT how PDFium ends what it cannot go on with
        signal.SIGABRT,
        signal.SIGFPE,
    }
)
"""What a process does to itself: here, over the document, which would do it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxedReader:
    """Implements `ports.Reader`.

    `memory_bytes` limits the child's address space, `cpu_seconds` its processor time,
    `wall_seconds` all of it, `input_bytes` the document and `output_bytes` the answer.
    """

    memory_bytes: int = 2_000 * _MEGABYTE
    cpu_seconds: int = 120
    wall_seconds: float = 300.0
    input_bytes: int = 512 * _MEGABYTE
    output_bytes: int = 1_000 * _MEGABYTE

    def read(self, path: Path, *, name: str, reading: Reading = DEFAULT_READING) -> Document:
        """The document at `path`; `name` is a hint of its format and its title of last resort.

        Raises DocumentRefused, also when the limits do not suffice or the child crashes over the
        document, and ToolFailed when the child died of anything else, such as a SIGKILL of others.
        """
        choices = json.dumps(choices_to_json(TextChoices(reading=reading)))
        with path.open("rb") as source:
            child = self._child(source.fileno(), name, choices)
        with _limited(child, self.wall_seconds) as late:
            answer = bounded(_output(child), self.output_bytes)
            if len(answer) > self.output_bytes:
                raise self._exhausted(name, f"{self.output_bytes // _MEGABYTE} MB to hold")
            code = child.wait()
        self._refuse_ended(name, code, late=late.is_set())
        return self._understood(name, answer)

    def bind(self, path: Path, *, name: str, overlay: Overlay, out: Path) -> None:
        """Write the read-along EPUB of the one at `path`, all but its audio files, to `out`.

        Raises what `read` raises.
        """
        request = out.with_name(f"{out.name}.request")
        _write_request(path, overlay, request)
        with request.open("rb") as source:
            child = self._child(source.fileno(), name, BIND)
        with _limited(child, self.wall_seconds) as late:
            kind = _output(child).readline(_KIND_BYTES)
            if not _copied(_output(child), out, self.output_bytes):
                raise self._exhausted(name, f"{self.output_bytes // _MEGABYTE} MB to hold")
            code = child.wait()
        request.unlink()
        self._refuse_ended(name, code, late=late.is_set())
        if kind != b"document\n":
            self._understood(name, kind + out.read_bytes())

    def _refuse_ended(self, name: str, code: int, *, late: bool) -> None:
        if late and code == -signal.SIGKILL:
            raise self._exhausted(name, f"{self.wall_seconds:g} seconds")
        if code:
            raise self._died(name, code)

    def _child(self, source: int, name: str, choices: str) -> subprocess.Popen[bytes]:
        limits = (self.memory_bytes, self.cpu_seconds, self.input_bytes)
        return subprocess.Popen(  # noqa: S603  our own module
            [
                sys.executable,
                "-P",
                "-m",
                "narrator.sandbox.child",
                _argument(name),
                choices,
                *map(str, (*limits, os.getpid())),
            ],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback may quote the document
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,  # Ctrl-C is for the parent to act on
        )

    def _died(self, name: str, code: int) -> DocumentRefused | ToolFailed:
        if code == -signal.SIGXCPU:
            return self._exhausted(name, f"{self.cpu_seconds} seconds of processor time")
        if -code in _CRASHES:
            return DocumentRefused(
                f"{name} is broken in a way that its reader does not survive (signal {-code})",
                remedy="save, print or convert it anew, or hand in its text",
            )
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return ToolFailed(
            f"the process that read {name} died ({how})",
            remedy="if it dies again, report this document to the maintainers",
        )

    def _understood(self, name: str, answer: bytes) -> Document:
        kind, _, value = answer.partition(b"\n")
        if kind == b"document":
            return document_json.from_json(value)
        if kind == b"exhausted":
            raise self._exhausted(name, f"{self.memory_bytes // _MEGABYTE} MB of memory")
        reason, remedy = _said(value)
        if kind == b"refused":
            raise DocumentRefused(reason, remedy=remedy)
        raise ToolFailed(reason, remedy=remedy)

    def _exhausted(self, name: str, what: str) -> DocumentRefused:
        return DocumentRefused(f"{name} needs more than {what} to be read", remedy=_REMEDY)


@contextmanager
def _limited(child: subprocess.Popen[bytes], seconds: float) -> Iterator[threading.Event]:
    """Kill the child after so many seconds, and in any case in the end; tells if it was late."""
    late = threading.Event()

    def expire() -> None:
        late.set()
        child.kill()

    timer = threading.Timer(seconds, expire)
    timer.daemon = True
    timer.start()
    try:
        with child:
            try:
                yield late
            finally:
                child.kill()
    finally:
        timer.cancel()


def _write_request(source: Path, overlay: Overlay, request: Path) -> None:
    with source.open("rb") as book, request.open("wb") as file:
        file.write(overlay_to_json(overlay) + b"\n")
        shutil.copyfileobj(book, file)


def _copied(stream: IO[bytes], path: Path, left_bytes: int) -> bool:
    """Whether a stream went into a file, no more than so many bytes of it."""
    with path.open("wb") as file:
        while block := stream.read(_BLOCK_BYTES):
            left_bytes -= len(block)
            if left_bytes < 0:
                return False
            file.write(block)
    return True


def _argument(name: str) -> str:
    """The name as a command's argument: names come from strangers, and may hold anything."""
    return name.replace("\0", "")[-_NAME_CHARS:].encode("utf-8", "replace").decode()


def _output(child: subprocess.Popen[bytes]) -> IO[bytes]:
    if child.stdout is None:
        raise ToolFailed("the reading process has no output", remedy="")
    return child.stdout


def _said(value: bytes) -> tuple[str, str]:
    try:
        reason, remedy = json.loads(value)
    except ValueError:
        return "the reading process answered nonsense", ""
    return str(reason), str(remedy)
