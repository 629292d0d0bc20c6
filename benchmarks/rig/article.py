"""How soon a short text is spoken by a fleet that has nothing else to do."""

from typing import Any

from benchmarks.rig import books
from benchmarks.rig.fleet import Fleet, fleet, wait_for
from benchmarks.rig.servers import Provider

SPOKEN_SECONDS = 180.0
IDLE_SECONDS = 120.0


def timed(*, slots: int, workers: int, chars: int, times: int) -> list[dict[str, Any]]:
    """Articles one after another, each once no socket is open any more."""
    with fleet(Provider(sockets=slots), workers=workers, allowance=slots) as running:
        return [one(running, number, chars, slots) for number in range(times)]


def one(running: Fleet, number: int, chars: int, slots: int) -> dict[str, Any]:
    """Submit an article; wait until its last chunk is spoken, then until the fleet is idle."""
    wait_for(
        lambda: running.witness.stats()["sockets_open"],
        lambda count: count == 0,
        what="no socket is open",
        seconds=IDLE_SECONDS,
    )
    path = running.folder / f"article-{number}.txt"
    path.write_text(books.article(number, chars))
    before = running.witness.stats()
    submitted_at = running.records.now()
    job_id = running.submit(path, tenant="readers")
    wait_for(
        lambda: running.services.jobs.progress(job_id),
        lambda progress: 0 < progress.chunks == progress.chunks_spoken,
        what="the article is spoken",
        seconds=SPOKEN_SECONDS,
    )
    sent = running.records.sent(job_id)
    created, planning, planned = running.records.steps(job_id, "plan")
    after = running.witness.stats()
    return {
        "article": number + 1,
        "slots": slots,
        "workers": len(running.workers),
        **running.about(),
        "chars": sent["chars"],
        "chunks": sent["utterances"],
        "slots_used": sent["slots"],
        "sockets_used": sent["sockets"],
        "handshakes": after["handshakes_accepted"] - before["handshakes_accepted"],
        "seconds": {
            "submitted_to_queued": round(created - submitted_at, 3),
            "to_planning": round(planning - submitted_at, 3),
            "to_planned": round(planned - submitted_at, 3),
            "to_first_sent": round(sent["first_at"] - submitted_at, 3),
            "to_last_sent": round(sent["last_at"] - submitted_at, 3),
            "to_last_spoken": round(sent["kept_at"] - submitted_at, 3),
        },
        "server": after,
    }


def table(reports: list[dict[str, Any]]) -> list[str]:
    """A row an article; seconds from submission."""
    names = ("to_planned", "to_first_sent", "to_last_sent", "to_last_spoken")
    head = "article  chars chunks slots" + "".join(f"{name:>16}" for name in names)
    return [
        head,
        *(
            f"{each['article']:>7}{each['chars']:>7}{each['chunks']:>7}{each['slots_used']:>6}"
            + "".join(f"{each['seconds'][name]:>16.2f}" for name in names)
            for each in reports
        ),
    ]
