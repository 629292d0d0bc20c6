"""The ffmpeg executable: where it is, and how it is run.

It is a child process that is fed or read through a pipe, block by block, and that dies with its
parent. Nothing is probed with ffprobe, which the executable from the wheel does not bring along.
"""

import ctypes
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

from narrator.audio.pcm import Samples, samples_of
from narrator.domain.errors import SettingsError, ToolFailed
from narrator.domain.voices import SAMPLE_RATE

BLOCK_BYTES = 1 << 20

PCM_INPUT = ("-f", "s16le", "-ar", str(SAMPLE_RATE), "-ac", "1", "-i", "pipe:0")

# Without these ffmpeg writes its own version into what it makes (a new release, other bytes).
BIT_EXACT = ("-fflags", "+bitexact", "-flags:a", "+bitexact")

# Its threads hand over each packet to the next one, which costs a fifth of what decoding AAC does.
_IN_BLOCKS = (
    f"aformat=sample_fmts=s16:sample_rates={SAMPLE_RATE}:channel_layouts=mono,"
    f"asetnsamples=n={SAMPLE_RATE}:p=0"
)

_QUIETLY = ("-nostdin", "-hide_banner", "-loglevel", "error", "-y")

# A finished recording may come from anywhere; a playlist in disguise would open other files.
_RECORDINGS = "mov,mp4,m4a,3gp,3g2,mj2,mp3,ogg,flac,wav"

# Four times the usual: fewer turns between us and ffmpeg.
_PIPE_BYTES = 1 << 18

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


@lru_cache
def find_ffmpeg(configured: Path | None = None) -> Path:
    """The executable to use: the configured one, else imageio-ffmpeg's, else `ffmpeg` on PATH.

    The wheel's goes before PATH because its version is locked with ours, and with it the bytes it
    makes. imageio-ffmpeg itself heeds IMAGEIO_FFMPEG_EXE. Raises SettingsError when there is none.
    """
    if configured is not None:
        return _existing(configured)
    found = _wheel_ffmpeg() or shutil.which("ffmpeg")
    if found is None:
        raise SettingsError(
            "there is no ffmpeg to encode with",
            remedy="install the imageio-ffmpeg wheel or ffmpeg, or name one in the settings",
        )
    return Path(found)


def _existing(configured: Path) -> Path:
    found = shutil.which(configured)
    if found is None:
        raise SettingsError(
            f"the configured ffmpeg, {configured}, is not an executable file",
            remedy="name one that is, or none, so that the wheel's is used",
        )
    return Path(found)


def _wheel_ffmpeg() -> str | None:
    try:
        import imageio_ffmpeg  # noqa: PLC0415 - it looks at the environment when imported

        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):  # not installed; or a platform without a binary
        return None


class Ffmpeg:
    """An ffmpeg executable. Every method raises ToolFailed when it dies or cannot be started."""

    def __init__(self, executable: Path) -> None:
        self._executable = executable

    @contextmanager
    def fed(self, arguments: Sequence[str]) -> Iterator[Callable[[bytes], object]]:
        """Run it: the block writes what `pipe:0` reads, and then the end is awaited."""
        with self._running(arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
            assert process.stdin is not None  # noqa: S101 - a pipe was asked for
            try:
                yield process.stdin.write
                process.stdin.close()
            except BrokenPipeError:  # it died before the end; its exit code says so
                _forget(process.stdin)

    def decoded(self, path: Path, formats: str = _RECORDINGS) -> Iterator[bytes]:
        """A recording's samples (s16le, mono, 24 kHz) in blocks of whole samples.

        What the container declares as encoder delay and padding is left out.
        """
        arguments = ["-format_whitelist", formats, "-i", f"file:{path}", "-map", "0:a:0"]
        arguments += ["-af", _IN_BLOCKS, "-f", "s16le", "pipe:1"]
        with self._running(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            while block := process.stdout.read(BLOCK_BYTES):
                yield block

    def packets_md5(self, path: Path) -> str:
        """The MD5 digest of a recording's packets of sound, one after another, undecoded."""
        arguments = ["-format_whitelist", _RECORDINGS, "-i", f"file:{path}", "-map", "0:a:0"]
        arguments += ["-c", "copy", "-f", "streamhash", "-hash", "md5", "pipe:1"]
        with self._running(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            return _digest(process.stdout.read())

    @contextmanager
    def decoding(self, kind: str) -> Iterator["Witness"]:
        """Decode what the block writes, a file of one of the lossless formats.

        What was found is known after the block.
        """
        arguments = ["-f", kind, "-i", "pipe:0", "-map", "0:a:0"]
        arguments += ["-c", "pcm_s16le", "-f", "hash", "-hash", "md5", "pipe:1"]
        with self._running(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None  # noqa: S101 - pipes were asked for
            assert process.stdout is not None  # noqa: S101
            witness = Witness(process.stdin)
            yield witness
            _forget(process.stdin)
            witness.md5 = _digest(process.stdout.read())

    def decoded_samples(self, path: Path, formats: str = _RECORDINGS) -> Iterator[Samples]:
        """The same as arrays."""
        return map(samples_of, self.decoded(path, formats))

    @contextmanager
    def _running(
        self, arguments: Sequence[str], *, stdin: int, stdout: int
    ) -> Iterator[subprocess.Popen[bytes]]:
        with tempfile.TemporaryFile() as complaints:
            process = self._start(arguments, stdin, stdout, complaints)
            try:
                yield process
                failed = process.wait() != 0
            finally:
                _end(process)
            if failed:
                reason = f"ffmpeg failed: {_last_line(complaints, arguments)}"
                raise ToolFailed(reason, remedy="the step is repeated; see that the disk has room")

    def _start(
        self, arguments: Sequence[str], stdin: int, stdout: int, stderr: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603 - a list of our own making, no shell
                [str(self._executable), *_QUIETLY, *arguments],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                bufsize=BLOCK_BYTES,
                preexec_fn=bound_child(),  # noqa: PLW1509 - it only makes system calls
            )
        except OSError as error:
            reason = f"ffmpeg could not be started: {error.strerror}"
            raise ToolFailed(reason, remedy="see that the configured ffmpeg can run") from error
        for pipe in (process.stdin, process.stdout):
            _widen(pipe)
        return process


class Witness:
    """A decoder that is shown a file as it comes into being; `md5` is that of the samples."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self.md5 = ""

    def write(self, block: bytes) -> None:
        """Show the next bytes; one that died is found out at the end."""
        with suppress(BrokenPipeError):
            self._pipe.write(block)


def _digest(line: bytes) -> str:
    """The digest in a line such as `0,a,MD5=9e10...`."""
    return line.decode("ascii", "replace").strip().rpartition("=")[2].lower()


def bound_child() -> Callable[[], None] | None:
    """What a child does before it becomes its program: it is bound to its parent's life.

    And to the processor that it was started on, where it is not to be interrupted whenever another
    wakes. ffmpeg has a thread for each step, which hand over every packet of a few milliseconds:
    across processors that costs a fifth of what encoding does (docs/figures.md).

    Linux only (prctl(2), PR_SET_PDEATHSIG; sched(7)); elsewhere None. The signal is bound to the
    *thread* that starts the child: that thread must outlive it, as it does while it feeds or reads
    it. The library is loaded here and not in the child, where another thread's lock could be held
    for ever.
    """
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    prctl, processor = libc.prctl, libc.sched_getcpu
    parent = os.getpid()

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:  # it died before the signal was asked for
            os._exit(1)
        with suppress(OSError):  # a sandbox may forbid either; it is slower then, and that is all
            os.sched_setaffinity(0, {processor()})
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))

    return bind


def _widen(pipe: IO[bytes] | None) -> None:
    """Give a pipe more room, where that is to be had.

    Linux refuses it to users, but for root, whose pipes take 64 MiB already (pipe(7),
    pipe-user-pages-soft); elsewhere pipes are as wide as they are.
    """
    if pipe is not None and sys.platform == "linux":
        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind, also when the reader lost interest half way."""
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            _forget(pipe)
    process.wait()


def _forget(pipe: IO[bytes]) -> None:
    """Close a pipe whose other end may be gone, with bytes still to be flushed into it."""
    with suppress(BrokenPipeError):
        pipe.close()


def _last_line(complaints: IO[bytes], arguments: Sequence[str]) -> str:
    """The last thing ffmpeg said, without the names of files."""
    complaints.seek(max(0, complaints.seek(0, os.SEEK_END) - 4096))
    text = complaints.read().decode("utf-8", "replace")
    for argument in sorted(arguments, key=len, reverse=True):
        if "/" in argument:
            text = text.replace(argument, "a file").replace(
                argument.removeprefix("file:"), "a file"
            )
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"\s?@ 0x[0-9a-f]+", "", lines[-1]) if lines else "it said nothing"
