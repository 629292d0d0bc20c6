"""The reading process: limits first, then one document from standard input to standard output.

`python -m narrator.sandbox.child NAME CHOICES MEMORY_BYTES CPU_SECONDS INPUT_BYTES PARENT`, started
by `sandbox.reader`, whose process PARENT is. CHOICES is JSON, of which the reading counts. Its
answer is one line that names what follows it:
`document` (in the form of `domain.document_json`), `refused` or `failed` (a JSON list of reason and
remedy), or `exhausted` (nothing: the memory did not suffice). It writes nothing else: what it knows
is the document's text.

With `bind` for CHOICES it makes a read-along EPUB: its input is an overlay on a line of JSON and
then a book, and its answer `document` with the archive, which lacks only the audio files.
"""

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress

from narrator.domain import document_json
from narrator.domain.choices import Reading, choices_from_json
from narrator.domain.documents import Document
from narrator.domain.errors import DocumentRefused, ToolFailed
from narrator.domain.overlay import overlay_from_json
from narrator.ingest.read import format_of
from narrator.ingest.read import read as read_document
from narrator.readalong.book import with_overlay
from narrator.sandbox.pipes import BIND, bounded

_PR_SET_PDEATHSIG = 1  # prctl(2)
_FILES = 64  # enough to import modules with
_OF_THE_MACHINE = (ImportError, OSError)  # whose fault these are: another try may do better


def main(
    name: str,
    choices: str,
    memory_bytes: int,
    cpu_seconds: int,
    input_bytes: int,
    parent: int,
) -> None:
    """Read the document on standard input and answer on standard output."""
    die_with(parent)
    confine(memory_bytes, cpu_seconds)
    try:
        data = bounded(sys.stdin.buffer, input_bytes)
        if choices == BIND:
            answer = bind(data, name)
        else:
            reading = choices_from_json(json.loads(choices)).reading
            answer = read(data, name, reading, input_bytes)
    except MemoryError:
        answer = b"exhausted\n"
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def die_with(parent: int) -> None:
    """Be killed when the parent dies, however it does; also when it is dead by now."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def confine(memory_bytes: int, cpu_seconds: int) -> None:
    """Limit address space, processor time, open files; allow no file to be written."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, _FILES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(data: bytes, name: str, reading: Reading, input_bytes: int) -> bytes:
    """The answer for a document's bytes."""
    if len(data) > input_bytes:
        most = f"{input_bytes // 1_000_000} MB"
        return _answer("refused", f"{name} is above {most}", "split the document")
    return _answered(lambda: document_json.to_json(_document(data, name, reading)))


def _document(data: bytes, name: str, reading: Reading) -> Document:
    """The document; one over which its reader breaks is refused, for it would do so again."""
    try:
        return read_document(data, name, reading)
    except (DocumentRefused, MemoryError, *_OF_THE_MACHINE):
        raise
    except Exception as error:  # noqa: BLE001  its message may hold text; only its name goes on
        how = error.reason if isinstance(error, ToolFailed) else type(error).__name__
        raise DocumentRefused(
            f"{name} is {_format(data, name)} over which its reader breaks ({how})",
            remedy="save or convert it anew, or hand in its text; and report it to the maintainers",
        ) from None


def _format(data: bytes, name: str) -> str:
    """What the document is taken for, if the reader did not break over that already."""
    with suppress(Exception):
        return format_of(data, name)
    return "a document"


def bind(data: bytes, name: str) -> bytes:
    """The answer for an overlay and a book."""
    overlay, _, book = data.partition(b"\n")
    return _answered(lambda: with_overlay(book, name, overlay_from_json(overlay)))


def _answered(work: Callable[[], bytes]) -> bytes:
    try:
        document = work()
    except DocumentRefused as refusal:
        return _answer("refused", refusal.reason, refusal.remedy)
    except ToolFailed as failure:
        return _answer("failed", failure.reason, failure.remedy)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  its message may hold text; only its name goes on
        return _answer("failed", f"the reader broke ({type(error).__name__})", "")
    return b"document\n" + document


def _answer(kind: str, reason: str, remedy: str) -> bytes:
    return f"{kind}\n{json.dumps([reason, remedy])}".encode("ascii")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:7]))
    os._exit(0)  # tidying up may want memory that there is no more of
