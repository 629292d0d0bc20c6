"""A provider that fails at every kind of moment: what was said, what was sent, what was paid."""

import random
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import monotonic
from typing import Any

from benchmarks.rig.books import BOOK
from benchmarks.rig.fleet import Fleet, fleet, wait, wait_for
from benchmarks.rig.servers import Provider
from narrator.domain.ids import JobId
from narrator.domain.jobs import FINAL_STATES, JobState
from narrator.domain.manifest_json import from_json
from narrator.domain.plan import spoken
from tests.acceptance.words import text_nodes, words_of

FASTER = 20.0
# A stalled socket is given up after 15 s by default; the limits' clock runs 20 times faster.
HURRY = {"NARRATOR_SILENCE_SECONDS": "3"}
OPEN_JOBS = 4
LOOK_SECONDS = 2.0
ENDING_SECONDS = 1_200.0
MOST_CHAPTERS = 3
OF_A_SAMPLE = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was read in a finished recording."""

    job: str
    chunks: int
    chars: int
    exact: bool


def soaked(*, slots: int, workers: int, minutes: float, share: float, seed: int) -> dict[str, Any]:
    """Narrate for so many minutes while the provider misbehaves, then finish and compare."""
    chaos = ("--chaos-share", share, "--chaos-seed", seed)
    bursts = ("--burst-every", 60, "--burst-seconds", 4)
    provider = Provider(sockets=slots, time_scale=FASTER, further=(*chaos, *bursts))
    with fleet(provider, workers=workers, allowance=slots, further=HURRY) as running:
        began = monotonic()
        jobs = kept_busy(running, orders(seed), minutes * 60)
        spoke = monotonic() - began
        ended = wait_for_ends(running, jobs)
        return {
            "slots": slots,
            "workers": workers,
            "minutes": round(spoke / 60, 1),
            "minutes_to_the_end": round((monotonic() - began) / 60, 1),
            "chaos_share": share,
            "seed": seed,
            **running.about(),
            "jobs": len(jobs),
            "states": ended,
            **read_back(running, jobs),
            **accounted(running),
        }


def orders(seed: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Tenant and chapters, one job after another; each fifth repeats what its tenant has had."""
    dice = random.Random(seed)  # noqa: S311 — to be run again
    number = 0
    while True:
        count = dice.randint(1, MOST_CHAPTERS)
        chapters = tuple(sorted(dice.sample(range(1, 13), count)))
        yield f"tenant-{number}", chapters
        if number % 5 == 4:  # noqa: PLR2004
            yield f"tenant-{number}", chapters
        number += 1


def kept_busy(
    running: Fleet, wanted: Iterator[tuple[str, tuple[int, ...]]], seconds: float
) -> list[JobId]:
    """Keep a few jobs open for so long; returns all that were submitted."""
    deadline = monotonic() + seconds
    jobs: list[JobId] = []
    while monotonic() < deadline:
        open_jobs = [
            job for job in jobs if running.services.jobs.get(job).state not in FINAL_STATES
        ]
        for _ in range(OPEN_JOBS - len(open_jobs)):
            tenant, chapters = next(wanted)
            jobs.append(running.submit(BOOK, tenant=tenant, chapters=chapters))
        wait(LOOK_SECONDS)
    return jobs


def wait_for_ends(running: Fleet, jobs: list[JobId]) -> dict[str, int]:
    """Let every job end; how many ended how."""
    finals = {state.value for state in FINAL_STATES}
    return wait_for(
        running.records.jobs,
        lambda found: sum(found.get(state, 0) for state in finals) == len(jobs),
        what="every job has ended",
        seconds=ENDING_SECONDS,
    )


def read_back(running: Fleet, jobs: list[JobId]) -> dict[str, Any]:
    """Decode every recording, in two processes, and compare its words with the book's."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        work = [begin(pool, running, job) for job in jobs if succeeded(running, job)]
        verdicts = [each.result() for each in work]
    return {
        "recordings": len(verdicts),
        "recordings_exact": sum(each.exact for each in verdicts),
        "recordings_wrong": [each.job for each in verdicts if not each.exact],
        "chars_read_back": sum(each.chars for each in verdicts),
        "chunks_read_back": sum(each.chunks for each in verdicts),
    }


def succeeded(running: Fleet, job: JobId) -> bool:
    """Whether the job has artifacts."""
    return running.services.jobs.get(job).state is JobState.SUCCEEDED


def begin(pool: ProcessPoolExecutor, running: Fleet, job: JobId) -> "Future[Verdict]":
    """Fetch a job's files; read them in another process."""
    folder = running.folder / job
    folder.mkdir()
    for artifact in running.services.jobs.get(job).artifacts:
        running.services.objects.get_file(artifact.object_key, folder / artifact.name)
    return pool.submit(read, job, folder)


def read(job: str, folder: Path) -> Verdict:
    """Whether a recording says the chunks of its manifest, and they are the book's text."""
    manifest = from_json((folder / "manifest.json").read_bytes())
    recording = next(path for path in folder.iterdir() if path.suffix == ".flac")
    chunks = [each.chunk for chapter in manifest.chapters for each in chapter.chunks]
    source = text_nodes(BOOK)
    texts = [chunk.text for chunk in chunks]
    exact = words_of(recording) == texts and texts == [
        spoken(source, chunk.spans, chunk.edits) for chunk in chunks
    ]
    recording.unlink()
    return Verdict(job, len(chunks), sum(map(len, texts)), exact)


def accounted(running: Fleet) -> dict[str, Any]:
    """The ledger beside the chunks, and beside the provider's own count."""
    sums, chunks = running.records.sums(), running.records.chunks()
    sent = running.records.sent_chars()
    kept = sums.get("kept", {}).get("chars", 0)
    server = running.witness.stats("?sockets=1")
    received = server["characters_received"]
    sockets = server.pop("sockets", [])
    server.pop("one_too_many", None)
    return {
        "ledger": sums,
        "resent": running.records.faults(),
        "sent_chars": sent,
        "kept_chars": kept,
        "resent_chars": sent - kept - sums.get("sent", {}).get("chars", 0),
        "finished_chars": chunks["chars"],
        "answered_by_takes_chars": chunks["chars"] - chunks["chars_spoken_now"],
        "sent_less_finished_answered_and_resent": sent - chunks["chars_spoken_now"] - (sent - kept),
        "received_chars": received,
        "sent_less_received": sent - received,
        "sockets_that_differ": differing(running.records.by_socket(), sockets),
        "server": server,
    }


def differing(ledger: dict[str, int], sockets: list[dict[str, Any]]) -> dict[str, Any]:
    """Sockets whose characters are not what the ledger says; the first of them in full."""
    received = {each["request_id"]: each for each in sockets}
    rows = [
        {
            "request_id": name,
            "ledger": ledger.get(name, 0),
            "server": received.get(name, {}).get("characters", 0),
            "end": received.get(name, {}).get("end", ""),
        }
        for name in sorted(ledger.keys() | received.keys())
    ]
    wrong = [row for row in rows if row["ledger"] != row["server"]]
    return {"count": len(wrong), "of": len(rows), "first": wrong[:OF_A_SAMPLE]}


def table(report: dict[str, Any]) -> list[str]:
    """The figures that must agree."""
    names = (
        *("minutes", "jobs", "states", "recordings", "recordings_exact", "chars_read_back"),
        *("sent_chars", "kept_chars", "resent_chars", "finished_chars"),
        *("answered_by_takes_chars", "sent_less_finished_answered_and_resent"),
        *("received_chars", "sent_less_received"),
    )
    rows = [f"{name:42}{report[name]}" for name in names]
    struck = report["server"].get("strikes", {})
    return [*rows, *(f"{'struck: ' + kind:42}{count}" for kind, count in struck.items())]
