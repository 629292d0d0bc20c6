"""Damaged documents: each is read and planned, or refused; nothing else may happen.

    python benchmarks/fuzz_readers.py [--reader NAME]... [--minutes 1] [--seed 1] [--out FOLDER]
        [--samples FOLDER] [--input N]

Samples of each format (those that the tests make, the book that comes with the package, the first
stretches of what is in `--samples`) are damaged by `tests/unit/ingest/mutations.py` and handed to
`ingest.read.read`, what it reads to `make_plan`. This happens in a process with the memory of the
reading process (2 GB of address space) and its other limits; an input that takes more than
HANG_SECONDS of processor time is a hang. `--minutes` is by the clock, for each reader. Input N is
made of the seed, the reader and N alone, so that a run can be repeated; with `--out` a run goes on
where the last one ended, and keeps inputs that did what they should not. `--input N` runs one and
shows where it breaks. Prints a line of JSON a reader; ends with 1 if anything was found.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import traceback
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import narrator
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from narrator.sandbox.child import confine, die_with
from narrator.text.plan import make_plan
from tests.unit.ingest.mutations import mutated
from tests.unit.ingest.seeds import SEEDS

HANG_SECONDS = 10.0
MEMORY_BYTES = 2_000_000_000
BATCH = 1_000  # inputs a process
STRETCH_BYTES = 5_000  # longer ones take longer, and show no more
EXTENSIONS = {".epub": "epub", ".html": "html", ".md": "markdown", ".txt": "text", ".pdf": "pdf",
              ".docx": "docx", ".json": "json"}  # fmt: skip
ARCHIVES = ("epub", "docx", "pdf")
WHOLE = 0.02  # the share of inputs made of whole books, which take a second each


@dataclass(slots=True)
class Tally:
    """What became of the inputs of a reader."""

    inputs: int = 0
    read: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    exhausted: int = 0
    wrong: dict[str, str] = field(default_factory=dict)
    slowest_seconds: float = 0.0
    seconds: float = 0.0


def main() -> int:
    """Fuzz one reader after the other; 1 if anything was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--reader", action="append", choices=list(SEEDS))
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--samples", type=Path)
    parser.add_argument("--input", type=int)
    parser.add_argument("--work", type=int, nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    readers = args.reader or list(SEEDS)
    if args.work:
        work(readers[0], args)
        return 0
    if args.input is not None:
        data = input_of(readers[0], args.seed, args.input, args.samples)
        print(judged(readers[0], data, loud=True))
        return 0
    os.nice(19)
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
    found = [fuzzed(reader, args) for reader in readers]
    return int(any(tally.wrong for tally in found))


def fuzzed(reader: str, args: argparse.Namespace) -> Tally:
    """A reader's inputs until its time is up."""
    place = args.out / f"{reader}-{args.seed}.json" if args.out else None
    tally = restored(place)
    started, before = time.monotonic(), tally.seconds
    until = started + 60 * args.minutes
    while time.monotonic() < until:
        run_batch(reader, tally, args, until)
        tally.seconds = round(before + time.monotonic() - started, 1)
        if place:
            place.write_text(json.dumps(asdict(tally)))
    print(json.dumps({"reader": reader, "seed": args.seed, **asdict(tally)}), flush=True)
    return tally


def restored(place: Path | None) -> Tally:
    """The tally of the run before."""
    if not place or not place.exists():
        return Tally()
    return Tally(**json.loads(place.read_text()))


def run_batch(reader: str, tally: Tally, args: argparse.Namespace, until: float) -> None:
    """Have a process do some inputs; if it dies, the input that it was at is to blame."""
    command = [sys.executable, __file__, "--reader", reader, "--seed", str(args.seed)]
    if args.samples:
        command += ["--samples", str(args.samples)]
    command += ["--work", str(tally.inputs), str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            count(process, tally, until)
        finally:
            process.kill()
        code = process.wait()
    if code and code != -signal.SIGKILL:
        hung = code == -signal.SIGPROF
        tally.wrong[str(tally.inputs)] = "hang" if hung else f"died with {code}"
        tally.inputs += 1
    for number, what in tally.wrong.items() if args.out else ():
        keep(args.out / f"{reader}-{args.seed}-{number}", reader, int(number), args, what)


def count(process: subprocess.Popen[str], tally: Tally, until: float) -> None:
    """Take down what a process says of its inputs."""
    assert process.stdout is not None
    for line in process.stdout:
        number, seconds, kind, what = line.rstrip("\n").split("\t")
        tally.slowest_seconds = max(tally.slowest_seconds, float(seconds))
        tally.inputs = int(number) + 1
        if kind == "read":
            tally.read += 1
        elif kind == "refused":
            tally.refused[what] = tally.refused.get(what, 0) + 1
        elif kind == "exhausted":
            tally.exhausted += 1
        else:
            tally.wrong[number] = what
        if time.monotonic() > until:
            break


def keep(place: Path, reader: str, number: int, args: argparse.Namespace, what: str) -> None:
    """Write an input down, and beside it what it did."""
    if place.exists():
        return
    place.write_bytes(input_of(reader, args.seed, number, args.samples))
    place.with_suffix(".txt").write_text(what + "\n")


# ------------------------------------------------------------------------------ the process


def work(reader: str, args: argparse.Namespace) -> None:
    """Read inputs, and say a line of each."""
    first, parent = args.work
    seeds_of(reader, args.samples)  # files are read before the limits are set
    die_with(parent)
    confine(MEMORY_BYTES, int(BATCH * HANG_SECONDS))
    for number in range(first, first + BATCH):
        data = input_of(reader, args.seed, number, args.samples)
        started = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, HANG_SECONDS)  # whose signal ends the process
        kind, what = judged(reader, data)
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(number, f"{time.process_time() - started:.2f}", kind, what, sep="\t", flush=True)


def judged(reader: str, data: bytes, *, loud: bool = False) -> tuple[str, str]:
    """What becomes of a document: read, refused, exhausted or wrong; and how."""
    name = SEEDS[reader][0]
    try:
        make_plan(read(data, name))
    except DocumentRefused as refusal:
        return "refused", shape(refusal.reason)
    except MemoryError:
        return "exhausted", ""
    except Exception as error:  # noqa: BLE001  that is what is looked for
        if loud:
            traceback.print_exc()
        frames = traceback.extract_tb(error.__traceback__)
        at = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
        return "wrong", f"{type(error).__name__} at {at}"
    return "read", ""


def shape(reason: str) -> str:
    """A refusal without the names, places and numbers in it."""
    reason = re.sub(r"[\w\[\].]+: \S+ (?=is|has)", "… ", reason)
    reason = re.sub(r"(?:file|names a file) .{1,300}? (?=that|above)", "file … ", reason)
    reason = re.sub(r"[^\s]*[./][^\s]*|\d[\d,]*", "…", reason)
    return re.sub(r"\s+", " ", reason)[:80]


def input_of(reader: str, seed: int, number: int, samples: Path | None) -> bytes:
    """Input `number`."""
    dice = random.Random(f"{seed} {reader} {number}")  # noqa: S311  they are to repeat
    small, whole = seeds_of(reader, samples)
    return mutated(whole if whole and dice.random() < WHOLE else small, dice)


@cache
def seeds_of(reader: str, samples: Path | None) -> tuple[list[bytes], list[bytes]]:
    """Small documents, and whole books."""
    small, whole = list(SEEDS[reader][1]()), []
    folders = [Path(narrator.__file__).parent / "samples", *([samples] if samples else [])]
    files = (path for folder in folders for path in sorted(folder.iterdir()) if path.is_file())
    for path in files:
        if EXTENSIONS.get(path.suffix) == reader:
            whole.append(path.read_bytes())
        elif path.suffix == ".epub" and reader == "html":
            small += first_pages(path)
    if reader not in ARCHIVES:
        small += [data[at : at + STRETCH_BYTES] for data in whole for at in (0, len(data) // 2)]
    return small, whole


def first_pages(path: Path) -> Iterator[bytes]:
    """The first stretches of the first pages of a book."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith("html")]
        for name in names[:3]:
            yield archive.read(name)[:STRETCH_BYTES]


if __name__ == "__main__":
    sys.exit(main())
