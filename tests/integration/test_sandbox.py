"""The reader in its own process: what comes through, what its limits stop, and that it dies."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

import narrator
from narrator.domain.choices import Reading, Role
from narrator.domain.errors import DocumentRefused, ToolFailed
from narrator.ingest.read import read
from narrator.sandbox.child import read as answer
from narrator.sandbox.reader import SandboxedReader

pytestmark = pytest.mark.integration

SHERLOCK = Path(narrator.__file__).parent / "samples" / "the-adventures-of-sherlock-holmes.epub"
READ = """
import sys
from pathlib import Path
from narrator.sandbox.reader import SandboxedReader
SandboxedReader().read(Path(sys.argv[1]), name="x.txt")
"""
WRITE = """
import sys
from narrator.sandbox.child import confine
confine(1_000_000_000, 60)
with open(sys.argv[1], "w") as file:
    file.write("written")
"""


@pytest.fixture(name="text")
def _text(tmp_path: Path) -> Path:
    path = tmp_path / "source"
    path.write_text("It rained.\n")
    return path


def test_a_book_is_the_same_through_the_sandbox_as_without():
    document = SandboxedReader().read(SHERLOCK, name=SHERLOCK.name)
    assert document == read(SHERLOCK.read_bytes(), SHERLOCK.name)


def test_a_refusal_comes_through_with_its_remedy(tmp_path):
    path = tmp_path / "source"
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(DocumentRefused, match=r"thing\.pdf is a broken PDF") as caught:
        SandboxedReader().read(path, name="thing.pdf")
    assert caught.value.remedy == read_refusal(b"%PDF-1.7").remedy


def read_refusal(data: bytes) -> DocumentRefused:
    with pytest.raises(DocumentRefused) as caught:
        read(data, "thing.pdf")
    return caught.value


@pytest.mark.parametrize(
    "name", ["-", "--help", "a\0b.txt", "\udcff.txt", "x" * 300_000, "“é”.txt"]
)
def test_a_file_may_have_any_name(text, name):
    assert SandboxedReader().read(text, name=name).source == "It rained.\n"


def test_a_document_that_needs_more_memory_is_refused(text):
    with pytest.raises(DocumentRefused, match="more than 20 MB of memory") as caught:
        SandboxedReader(memory_bytes=20_000_000).read(text, name="x.txt")
    assert caught.value.remedy


def test_a_document_that_needs_more_processor_time_is_refused(tmp_path):
    path = tmp_path / "source"
    path.write_text("It rained, and rained.\n\n" * 800_000)
    with pytest.raises(DocumentRefused, match="more than 1 seconds of processor time"):
        SandboxedReader(cpu_seconds=1).read(path, name="x.txt")


def test_a_document_that_takes_too_long_is_refused(tmp_path):
    """Nobody ever writes into the pipe that it is read from."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    try:
        with pytest.raises(DocumentRefused, match=r"more than 0\.5 seconds"):
            SandboxedReader(wall_seconds=0.5).read(path, name="x.txt")
    finally:
        os.close(writer)


def test_a_document_above_the_size_limit_is_refused(text):
    with pytest.raises(DocumentRefused, match="above 0 MB"):
        SandboxedReader(input_bytes=5).read(text, name="x.txt")


def test_an_answer_above_the_limit_is_refused(text):
    with pytest.raises(DocumentRefused, match="to hold"):
        SandboxedReader(output_bytes=100).read(text, name="x.txt")


def test_a_child_that_dies_is_a_tool_that_failed(text):
    """No process can be given this limit, and the child ends without an answer."""
    with pytest.raises(ToolFailed, match="exit code 1"):
        SandboxedReader(cpu_seconds=2**70).read(text, name="x.txt")


def killed_by(number: signal.Signals, tmp_path: Path) -> Exception | None:
    """What the reader raises when that signal ends its process, which never gets its document."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    try:
        with ThreadPoolExecutor(1) as thread:
            reading = thread.submit(SandboxedReader().read, path, name="x.pdf")
            first_child(psutil.Process()).send_signal(number)
            error = reading.exception()
    finally:
        os.close(writer)
    assert error is None or isinstance(error, Exception)
    return error


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGILL])
def test_a_document_that_crashes_its_reader_is_refused(tmp_path, number):
    refusal = killed_by(number, tmp_path)
    assert isinstance(refusal, DocumentRefused)
    assert refusal.remedy


class Breaking(Reading):
    """Choices that no reader can ask about."""

    def __init__(self, error: Exception) -> None:
        object.__setattr__(self, "chosen", error)

    def reads(self, role: Role) -> bool:
        """Break, in words that no one else may see."""
        assert role in Role
        assert isinstance(self.chosen, Exception)
        raise self.chosen


def answer_of(error: Exception) -> str:
    return answer(b"<p>A secret.</p>", "x.html", Breaking(error), 1_000).decode()


@pytest.mark.parametrize("error", [KeyError("secret"), RecursionError("secret")])
def test_a_document_over_which_its_reader_breaks_is_refused_by_its_format(error):
    refusal = answer_of(error)
    assert refusal.startswith('refused\n["x.html is an HTML page over which its reader breaks')
    assert "convert" in refusal
    assert "secret" not in refusal


def test_a_reader_that_cannot_work_is_a_tool_that_failed():
    assert answer_of(OSError("no file left")).startswith("failed\n")


def test_a_child_that_somebody_kills_is_a_tool_that_failed(tmp_path):
    """The kernel does, for one, when the machine has no memory left."""
    assert isinstance(killed_by(signal.SIGKILL, tmp_path), ToolFailed)


def test_who_reads_goes_on_after_a_crash(tmp_path, text):
    killed_by(signal.SIGSEGV, tmp_path)
    assert SandboxedReader().read(text, name="x.txt").source == "It rained.\n"


def test_nothing_can_be_written_inside(tmp_path):
    path = tmp_path / "out"
    done = subprocess.run(
        [sys.executable, "-c", WRITE, str(path)], capture_output=True, text=True, check=False
    )
    assert "File too large" in done.stderr
    assert path.read_text() == ""


def test_the_child_has_no_secrets_and_does_not_outlive_its_parent(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = os.open(path, os.O_RDWR)
    environment = {"DEEPGRAM_API_KEY": "secret", "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = psutil.Popen([sys.executable, "-c", READ, str(path)], env=environment)
    try:
        child = first_child(parent)
        assert "DEEPGRAM_API_KEY" in parent.environ()
        assert "DEEPGRAM_API_KEY" not in child.environ()
        parent.kill()
        assert psutil.wait_procs([child], timeout=30)[1] == []
    finally:
        os.close(writer)
        parent.wait()


def first_child(parent: psutil.Process) -> psutil.Process:
    """The reading process, once it has taken its limits; other tests may have children too."""
    while True:
        for child in parent.children():
            with suppress(psutil.Error):
                ours = "narrator.sandbox.child" in child.cmdline()
                if ours and child.rlimit(psutil.RLIMIT_FSIZE) == (0, 0):
                    return child
