"""A document over which every worker dies is set aside, and the fleet lives on.

What kills is a signal at a named place, each time a worker comes by: nobody lives to tell.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from narrator.domain.failpoints import FailPoint
from narrator.domain.retry import MAX_ATTEMPTS
from tests.acceptance.conftest import FleetStarter
from tests.acceptance.fleet import Fleet, wait_for_job
from tests.acceptance.jobs import submit, succeeded
from tests.acceptance.texts import voyage

pytestmark = pytest.mark.acceptance


@pytest.fixture(scope="module")
def failpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which failpoints are armed."""
    return tmp_path_factory.mktemp("failpoints")


@pytest.fixture(scope="module")
def fleet(start_fleet: FleetStarter, failpoints: Path) -> Iterator[Fleet]:
    """A fleet whose workers can be killed at named places."""
    armed = {"NARRATOR_FAILPOINTS": str(failpoints), "NARRATOR_LEASE_SECONDS": "2"}
    with start_fleet(speech_workers=1, further=armed) as fleet:
        yield fleet


@contextmanager
def killing(folder: Path, point: FailPoint) -> Iterator[list[Path]]:
    """Whoever comes by the point meanwhile is killed; in the end, one file a death."""
    over, deaths = Event(), list[Path]()

    def arm() -> None:
        while not over.wait(0.05):
            if not (folder / point).exists():
                half = folder / "half"
                half.write_text("kill")
                half.rename(folder / point)

    thread = Thread(target=arm)
    thread.start()
    try:
        yield deaths
    finally:
        over.set()
        thread.join()
        (folder / point).unlink(missing_ok=True)
        deaths += folder.glob(f"{point}.*")


@pytest.mark.timeout(600)  # eight deaths, a lease apart, on a machine that may be busy
def test_a_document_that_kills_every_worker_is_set_aside(fleet: Fleet, failpoints: Path) -> None:
    with fleet.client() as client:
        with killing(failpoints, FailPoint.PLAN_STORED) as deaths:
            location = submit(client, voyage(2, first=1_000))
            killer = wait_for_job(client, location, timeout_seconds=400)
        succeeded(client, submit(client, voyage(2, first=2_000)))

    assert (killer["state"], killer["failure"]["code"]) == ("failed", "worker-lost")
    assert len(deaths) == MAX_ATTEMPTS
