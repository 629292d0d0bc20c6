"""What a deploy costs: a fleet under load, restarted process by process.

    python benchmarks/deploy.py [--slots 45] [--workers 3] [--time-scale 1] [--report FILE]

The API, speech workers and an audio worker narrate copies of the sample book; meanwhile an article
is submitted every few seconds over HTTP. Then each process is replaced: the new one is started and
ready, the old one gets SIGTERM and is waited for, one after the other. Shown are the characters
kept in whole windows of the pacing (60.5 s) before, during and after; how long each process took to
end; what was sent again; whether every article became a recording that says its text.
"""

import argparse
import hashlib
import json
import math
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.rig.books import copies_for
from benchmarks.rig.figures import WINDOW_SECONDS
from benchmarks.rig.fleet import Fleet, fleet, wait, wait_for
from benchmarks.rig.pace import wait_for_slots
from benchmarks.rig.servers import Provider
from narrator.domain.ids import JobId
from narrator.domain.jobs import FINAL_STATES, JobState
from narrator.domain.manifest_json import from_json
from narrator.domain.plan import spoken
from narrator.domain.steps import Queue
from narrator.embedded.commands import worker_command
from tests.acceptance.texts import voyage
from tests.acceptance.words import words_of
from tests.servers import process
from tests.servers.process import Child

KEY = "a-key-for-the-deploy"
ARTICLE_DAYS = 9  # about 2,000 characters
EVERY_SECONDS = 8.0
ENDING_SECONDS = 600.0


@dataclass(slots=True)
class Deploy:
    """A fleet whose processes are replaced. `ends` are each old one's seconds and exit code."""

    running: Fleet
    apis: list[tuple[Child, str]] = field(default_factory=list)
    ends: dict[str, tuple[float, int]] = field(default_factory=dict)
    submitted: dict[JobId, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    over: Event = field(default_factory=Event)

    def start_api(self) -> None:
        """Start an API, ready to serve; whoever submits from now on asks this one."""
        port = process.free_port()
        env = self.running.env | {
            "NARRATOR_API_KEYS": f"deploy:{hashlib.sha256(KEY.encode()).hexdigest()}",
            "NARRATOR_API_PORT": str(port),
        }
        name = f"api-{len(self.apis) + 1}"
        argv = [sys.executable, "-m", "narrator", "api"]
        child = process.start(argv, log=self.running.folder / f"{name}.log", env=env)
        url = f"http://127.0.0.1:{port}"
        child.wait_until(lambda: answers(f"{url}/readyz"), timeout_seconds=60)
        self.apis.append((child, url))

    def submit(self) -> None:
        """Submit articles until it is over, each another text."""
        number = 0
        while not self.over.wait(EVERY_SECONDS):
            number += 1
            text = voyage(ARTICLE_DAYS, first=1 + number * ARTICLE_DAYS)
            try:
                answer = httpx.post(
                    f"{self.apis[-1][1]}/v1/jobs",
                    headers={"Authorization": f"Bearer {KEY}"},
                    json={"text": text, "title": f"Voyage {number}", "format": "flac"},
                    timeout=20,
                ).raise_for_status()
                self.submitted[JobId(answer.json()["id"])] = text
            except httpx.HTTPError as error:
                self.refused.append(repr(error))

    def all(self) -> None:
        """Replace every process, one after another."""
        for number in list(self.running.workers):
            self.replace(f"speech {number}", self.running.workers[number], self.start_speech)
        self.replace("audio", self.running.others["audio"], self.start_audio)
        self.replace("api", self.apis[0][0], self.start_api)

    def replace(self, name: str, old: Child, start: Callable[[], None]) -> None:
        """Start the new one, ask the old one to end, wait for it."""
        start()
        asked_at = monotonic()
        old.signal(signal.SIGTERM)
        code = old.wait(timeout_seconds=90)
        self.ends[name] = (round(monotonic() - asked_at, 1), code)

    def start_speech(self) -> None:
        """Another speech worker, ready."""
        number = self.running.start_worker()
        child = self.running.workers[number]
        child.wait_until(lambda: " ready." in child.output(), timeout_seconds=60)

    def start_audio(self) -> None:
        """Another audio worker, ready."""
        argv = worker_command(Queue.AUDIO, concurrency=1, log_level="INFO")
        log = self.running.folder / "audio-2.log"
        child = process.start(argv, log=log, env=self.running.env, cwd=self.running.folder)
        child.wait_until(lambda: " ready." in child.output(), timeout_seconds=60)
        self.running.others["audio-2"] = child


def answers(url: str) -> bool:
    """Whether a GET succeeds."""
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.TransportError:
        return False


def main() -> None:
    """Deploy once, print what it cost."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--slots", type=int, default=45)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--time-scale", type=float, default=1.0)
    parser.add_argument("--report", type=Path)
    given = parser.parse_args()
    report = deployed(given.slots, given.workers, given.time_scale)
    if given.report:
        given.report.write_text(json.dumps(report, indent=2))
    print("\n".join(f"{name:40}{value}" for name, value in report.items()))


def deployed(slots: int, workers: int, time_scale: float) -> dict[str, Any]:
    """Whole windows before, the deploy, as many windows from its beginning, as many after."""
    provider = Provider(sockets=slots, time_scale=time_scale)
    window = WINDOW_SECONDS / time_scale
    with fleet(provider, workers=workers, allowance=slots) as running:
        deploy = Deploy(running)
        deploy.start_api()
        running.submit_books(copies_for(slots * 40 * time_scale * 900))
        submitter = Thread(target=deploy.submit, daemon=True)
        submitter.start()
        opened = wait_for_slots(running, slots)
        wait(max(opened.values()) + 2 * window - running.records.now())
        wait(max(120.0, 2 * window))
        began = running.records.now()
        deploy.all()
        took = running.records.now() - began
        length = math.ceil(took / window) * window
        wait(began + 2 * length - running.records.now())
        kept = chars_kept(running, began - length, length)
        deploy.over.set()
        submitter.join()
        recordings = read_articles(deploy)
        sums = running.records.sums()
        return {
            **running.about(),
            "slots": slots,
            "seconds of the deploy": round(took, 1),
            "characters a minute before": round(kept[0] / length * 60),
            "characters a minute during": round(kept[1] / length * 60),
            "characters a minute after": round(kept[2] / length * 60),
            "during / before": round(kept[1] / kept[0], 4),
            "after / before": round(kept[2] / kept[0], 4),
            "measured over seconds each": round(length, 1),
            "ends (seconds, exit code)": deploy.ends,
            "characters sent again": sum(
                sums.get(outcome, {}).get("chars", 0) for outcome in ("cut", "late", "lost")
            ),
            "ledger": sums,
            "received by the server": running.witness.stats()["characters_received"],
            "submissions refused": deploy.refused,
            **recordings,
        }


def chars_kept(running: Fleet, first: float, length: float) -> list[int]:
    """Characters kept in three stretches of that length, one after another."""
    finished = running.records.finished()
    starts = [first + n * length for n in range(3)]
    return [
        sum(each.chars for each in finished if start <= each.at < start + length)
        for start in starts
    ]


def read_articles(deploy: Deploy) -> dict[str, Any]:
    """Wait until every article has ended; read each recording back."""
    jobs = deploy.running.services.jobs
    wait_for(
        lambda: [jobs.get(job).state for job in deploy.submitted],
        lambda states: all(state in FINAL_STATES for state in states),
        what="every article has ended",
        seconds=ENDING_SECONDS,
    )
    succeeded = [job for job in deploy.submitted if jobs.get(job).state is JobState.SUCCEEDED]
    exact = [job for job in succeeded if is_exact(deploy.running, job, deploy.submitted[job])]
    return {
        "articles": len(deploy.submitted),
        "articles succeeded": len(succeeded),
        "recordings exact": len(exact),
    }


def is_exact(running: Fleet, job: JobId, text: str) -> bool:
    """Whether the recording says the chunks of its manifest, and these are the article's words."""
    folder = running.folder / job
    folder.mkdir()
    for artifact in running.services.jobs.get(job).artifacts:
        running.services.objects.get_file(artifact.object_key, folder / artifact.name)
    manifest = from_json((folder / "manifest.json").read_bytes())
    chunks = [each.chunk for chapter in manifest.chapters for each in chapter.chunks]
    heard = words_of(next(folder.glob("*.flac")))
    said = [spoken(text, chunk.spans, chunk.edits) for chunk in chunks]
    return heard == said == [chunk.text for chunk in chunks]


if __name__ == "__main__":
    main()
