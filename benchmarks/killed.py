"""What a kill costs: the sample book, killed half way, against an undisturbed run.

    python benchmarks/killed.py [--sockets 20] [--chapters 1-12] [--format flac]

`narrator narrate` speaks to a Speak server that no kill reaches, with the tone voice. It is killed
(SIGKILL) half way, once the parent alone and once everything, and the same command is given again.
Shown are the digest of each finished file and the characters that the Speak server counted beyond
those of the book; the bound is two utterances a socket.
"""

import argparse
import hashlib
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from narrator.domain.manifest_json import from_json  # noqa: E402 — needs the path above
from tests.acceptance.command import (  # noqa: E402
    Home,
    SpeakServer,
    kill_all,
    running,
    speak_server,
    wait_until,
)

BOOK = ROOT / "narrator/samples/the-adventures-of-sherlock-holmes.epub"


def main() -> None:
    """Run the three, print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=20)
    parser.add_argument("--chapters", default="1-12")
    parser.add_argument("--format", default="flac")
    parser.add_argument("--time-scale", type=float, default=100.0)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="narrator-killed-") as folder,
        speak_server(Path(folder), time_scale=options.time_scale) as witness,
    ):
        report = {
            victims: narrated(options, witness, Path(folder), victims)
            for victims in ("nobody", "the parent alone", "everything")
        }
    print(json.dumps(report, indent=2))


def narrated(
    options: argparse.Namespace, witness: SpeakServer, folder: Path, victims: str
) -> dict[str, object]:
    """Narrate in a home of its own, killing `victims` half way."""
    place = folder / victims.replace(" ", "-")
    place.mkdir()
    home = Home(path=place / "home", settings=witness.settings(sockets=options.sockets))
    out = place / f"book.{options.format}"
    command = ("narrate", BOOK, "-o", out, "--chapters", options.chapters)
    before = witness.chars()
    if victims != "nobody":
        killed_half_way(home, command, place, everything=victims == "everything")
    done = home.run(*command, "--json", cwd=place, timeout_seconds=1_800)
    assert done.returncode == 0, done.stderr.decode()
    result = json.loads(done.stdout)
    return {
        "sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
        "verified": result["verdict"]["ok"],
        **counted(Path(result["manifest"]), witness.chars() - before, options.sockets),
    }


def killed_half_way(
    home: Home, command: tuple[object, ...], place: Path, *, everything: bool
) -> None:
    """Start, wait until half is spoken, kill; no process may be left within five seconds."""
    with running(home, *command, cwd=place, log=place / "log") as run:
        run.wait_for_chars(1)
        run.wait_for_chars(int(run.progress()["chars"]) // 2)
        if everything:
            kill_all(home.processes())
        run.kill()
    wait_until(lambda: home.processes() == [], "no process left", timeout_seconds=5.0)


def counted(manifest: Path, received: int, sockets: int) -> dict[str, int]:
    """Characters received, against those of the book's distinct texts and the bound."""
    chapters = from_json(manifest.read_bytes()).chapters
    texts = {each.chunk.text for chapter in chapters for each in chapter.chunks}
    return {
        "received_chars": received,
        "distinct_chars": sum(map(len, texts)),
        "spoken_twice_chars": received - sum(map(len, texts)),
        "bound_chars": 2 * sockets * max(map(len, texts)),
    }


if __name__ == "__main__":
    main()
