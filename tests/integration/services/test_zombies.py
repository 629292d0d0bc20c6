"""A worker that is held up beyond its lease writes nothing: another has done its step by then."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import pytest

from narrator.domain.jobs import JobState
from narrator.domain.ledger import Outcome
from narrator.domain.steps import Queue
from narrator.services.dispatch import dispatch
from narrator.storage.database import Database
from tests.contract.stage import until
from tests.fakes.speaker import FakeSpeaker
from tests.integration.services.zombies import (
    Gate,
    GatedReader,
    GatedStudio,
    Installation,
    LouderStudio,
    Worker,
    held_up,
    let_go,
)

pytestmark = pytest.mark.integration

Gated = Callable[[Installation, Gate], Worker]


@pytest.fixture
def installation(postgres_url: str, tmp_path: Path) -> Installation:
    """An empty installation."""
    return Installation(Database(postgres_url, pool_size=20), tmp_path)


def held_while_planning(installation: Installation, gate: Gate) -> Worker:
    return installation.worker("late", reader=GatedReader(installation.document, gate=gate))


def held_while_rendering(installation: Installation, gate: Gate) -> Worker:
    return installation.worker("late", studio=GatedStudio(render=gate))


def held_while_publishing(installation: Installation, gate: Gate) -> Worker:
    return installation.worker("late", studio=GatedStudio(publish=gate))


@pytest.mark.parametrize("late", [held_while_planning, held_while_rendering, held_while_publishing])
def test_a_late_audio_worker_writes_nothing(installation: Installation, late: Gated) -> None:
    """The other is of a release whose recordings have other bytes."""
    gate, other = Gate(), installation.worker("other", studio=LouderStudio())
    worker = late(installation, gate)
    job_id = installation.submit(other)
    thread = held_up_sooner_or_later(worker, gate, other)
    installation.end_leases()
    other.all()
    assert other.services.jobs.get(job_id).state is JobState.SUCCEEDED
    rows, objects = installation.rows(), dict(installation.objects.kept)
    let_go(thread, gate)

    assert installation.rows() == rows
    assert {key: installation.objects.kept[key] for key in objects} == objects


def held_up_sooner_or_later(worker: Worker, gate: Gate, other: Worker) -> Thread:
    """Let the worker do all audio steps up to its gate, the other all slices."""
    if isinstance(worker.services.reader, GatedReader):
        return held_up(worker, gate, Queue.AUDIO)
    worker.once(Queue.AUDIO)
    dispatch(other.services)
    while other.once(Queue.SPEECH):
        dispatch(other.services)
    return held_up(worker, gate, Queue.AUDIO)


def test_every_artifact_is_what_its_row_says_although_a_publisher_came_late(
    installation: Installation,
) -> None:
    gate, other = Gate(), installation.worker("other", studio=LouderStudio())
    job_id = installation.submit(other)
    thread = held_up_sooner_or_later(held_while_publishing(installation, gate), gate, other)
    installation.end_leases()
    other.all()
    let_go(thread, gate)
    for artifact in other.services.jobs.get(job_id).artifacts:
        stored = installation.objects.get_bytes(artifact.object_key)
        assert hashlib.sha256(stored).hexdigest() == artifact.sha256


def test_a_late_speech_worker_sends_nothing_that_it_had_not_sent(
    installation: Installation,
) -> None:
    """Held up after its claim, before its first utterance: the other pays, and nobody twice."""
    gate, other = Gate(), installation.worker("other")
    speaker = FakeSpeaker(before=gate)
    late = installation.worker("late", speaker=speaker)
    job_id = installation.submit(other)
    other.once(Queue.AUDIO)
    thread = held_up(late, gate, Queue.SPEECH)
    installation.end_leases()
    finish(installation, other)
    rows = installation.rows()
    let_go(thread, gate)

    assert installation.rows() == rows
    assert speaker.said == []
    progress = other.services.jobs.progress(job_id)
    assert progress.chars_sent == progress.chars_spoken
    assert progress.chars_resent == 0


def test_a_late_speech_worker_keeps_nothing_that_another_has_spoken_since(
    installation: Installation,
) -> None:
    """Held up with an utterance that it has paid for: the ledger names it, and nothing else."""
    gate, other = Gate(), installation.worker("other")
    late = installation.worker("late", studio=GatedStudio(pack=gate))
    job_id = installation.submit(other)
    other.once(Queue.AUDIO)
    thread = held_up(late, gate, Queue.SPEECH)
    installation.end_leases()
    finish(installation, other)
    rows = installation.rows()
    let_go(thread, gate)

    assert installation.rows() == rows
    sums = other.services.ledger.sums(job_id).chars
    assert Outcome.LOST not in sums
    progress = other.services.jobs.progress(job_id)
    assert sums[Outcome.LATE] == progress.chars_resent == len("Emma was handsome.")
    assert progress.chars_sent == progress.chars_spoken + progress.chars_resent


def test_two_jobs_that_want_the_same_words_at_once_pay_for_them_once(
    installation: Installation,
) -> None:
    """The second finds them leased, waits, and is answered by the first one's take."""
    gate, second = Gate(), FakeSpeaker()
    speaker = FakeSpeaker()
    one = installation.worker("one", speaker=speaker, studio=GatedStudio(pack=gate))
    two = installation.worker("two", speaker=second)
    for number in (1, 2):
        installation.submit(two, number)
    assert two.once(Queue.AUDIO)
    assert two.once(Queue.AUDIO)
    thread = held_up(one, gate, Queue.SPEECH)
    while two.once(Queue.SPEECH):
        pass
    let_go(thread, gate)
    finish(installation, two)

    assert sorted(speaker.said + second.said) == ["Emma was handsome.", "She was clever."]
    assert two.services.ledger.sums().sent == len("Emma was handsome." + "She was clever.")


def finish(installation: Installation, worker: Worker) -> None:
    """Work until every job has succeeded; what waits for words does so for two seconds."""

    def look() -> bool | None:
        worker.keeper.beat()
        worker.all()
        jobs = worker.services.jobs.recent(limit=10)
        return all(job.state is JobState.SUCCEEDED for job in jobs) or None

    assert until(look, seconds=20), installation
