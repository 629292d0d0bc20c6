"""What is ready of a slice that is lost or cannot succeed is no matter of the slices beside it."""

from collections.abc import Sequence

from narrator.domain.errors import SpeechRefused
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job, JobState
from narrator.domain.ledger import Sending
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim
from tests.fakes.ledger import MemoryLedger
from tests.unit.services.conftest import World
from tests.unit.services.stays import THREE, MeanwhileStudio, alone, chapters, long_slice, speak


def two_jobs(world: World) -> tuple[Job, Job]:
    """A slice of several chunks and one of a single chunk, for one seat to speak."""
    long_slice(world)
    first = world.plan(1)
    chapters(world, THREE)
    return first, world.plan(2)


def test_of_a_lost_slice_nothing_more_is_asked_or_sent_and_the_others_go_on(world: World) -> None:
    asked: list[JobId] = []

    class Ledger(MemoryLedger):
        def begin(self, claim: Claim, sendings: Sequence[Sending], *, slot: Slot) -> None:
            asked.append(claim.job_id)
            super().begin(claim, sendings, slot=slot)

    first, second = two_jobs(world)
    world.swap(ledger=Ledger(world.store))
    alone(world)
    world.speaker.before = lambda _: world.speaker.said and world.store.cancel(first.id)
    speak(world)

    assert world.speaker.said[1:] == [THREE]
    assert asked == [first.id, first.id, second.id]  # that it is lost is told once
    assert world.store.get(second.id).state is not JobState.FAILED


def test_of_a_slice_that_cannot_succeed_nothing_more_is_sent_and_the_others_go_on(
    world: World,
) -> None:
    errors = [SpeechRefused("it cannot be stored")]

    def refuse_once() -> None:
        if errors:
            raise errors.pop()

    first, second = two_jobs(world)
    world.swap(studio=MeanwhileStudio(refuse_once))
    alone(world)
    speak(world)

    assert world.speaker.said[1:] == [THREE]
    assert world.store.get(first.id).state is JobState.FAILED
    world.work()
    assert world.store.get(second.id).state is JobState.SUCCEEDED


def test_what_is_permitted_is_noted_as_the_pacing_counts_it(world: World) -> None:
    chapters(world, "A clef: \U0001d11e.")
    world.plan()
    hold = speak(world)

    assert [sent.chars for sent in hold.history(world.clock.now)] == [11]
