"""What comes after: whoever asked is told, jobs are deleted, takes grow old, nothing is left."""

import json
from typing import Any

import httpx

from tests.acceptance.fleet import API_KEY
from tests.faults.course import Course
from tests.faults.rig import Rig

GONE = (204, 202, 404)
SECONDS = 60.0


def aftermath(rig: Rig, course: Course) -> dict[str, Any]:
    """Delete every job and let the sweep do its work; what is wrong afterwards, by name."""
    jobs = [job for job, _, _ in rig.rows.jobs()]
    ledger = rig.rows.utterances()
    course.kept_up(lambda: told(rig) >= set(jobs), SECONDS)
    untold = set(jobs) - told(rig)
    asked = course.kept_up(lambda: deleted(rig, jobs), SECONDS)
    removed = asked and course.kept_up(lambda: not rig.rows.jobs(), SECONDS)
    rig.rows.age_takes()
    rig.store.age()
    swept = course.kept_up(lambda: not rig.left_to_sweep(), SECONDS)
    found = {
        "ended and nobody was told": sorted(untold),
        "deleted and still there": [] if removed else rig.rows.jobs(),
        "swept and still there": [] if swept else sorted(rig.left_to_sweep()),
        "rows of the ledger that went": ledger - rig.rows.utterances(),
    }
    return {name: value for name, value in found.items() if value}


def told(rig: Rig) -> set[str]:
    """The jobs of whose end the receiver was told."""
    return {json.loads(body)["job"]["id"] for _, _, body in rig.receiver.requests}


def deleted(rig: Rig, jobs: list[str]) -> bool:
    """Ask for each job to be deleted; whether all are, or will be."""
    with httpx.Client(
        base_url=rig.fleet.api_url, headers={"Authorization": f"Bearer {API_KEY}"}
    ) as client:
        try:
            return all(client.delete(f"/v1/jobs/{job}").status_code in GONE for job in jobs)
        except httpx.HTTPError:
            return False
