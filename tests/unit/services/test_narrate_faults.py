"""What a stay at a slot makes of faults: of the provider, the stores, and its own."""

from collections.abc import Sequence
from itertools import count

import pytest

from narrator.domain.errors import (
    AccountFault,
    LeaseLost,
    SpeechInterrupted,
    SpeechRefused,
    SpeechThrottled,
    StoreUnavailable,
)
from narrator.domain.faults import Fault
from narrator.domain.ids import ObjectKey
from narrator.domain.jobs import JobState
from narrator.domain.ledger import Outcome, Sending
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, Queue, StepState
from narrator.services.narrate import Narration
from tests.fakes.ledger import MemoryLedger
from tests.fakes.objects import MemoryObjects
from tests.unit.services.conftest import World
from tests.unit.services.stays import (
    ONE,
    THREE,
    TWO,
    AbsentLedger,
    BrokenLedger,
    BrokenSteps,
    MeanwhileStudio,
    alone,
    attempts,
    chapters,
    chars,
    long_slice,
    slices,
    speak,
)


def test_a_row_of_the_ledger_whose_writing_went_unheard_is_ended_as_unsent(world: World) -> None:
    class Deaf(MemoryLedger):
        def begin(self, claim: Claim, sendings: Sequence[Sending], *, slot: Slot) -> None:
            super().begin(claim, sendings, slot=slot)
            raise StoreUnavailable("the connection is gone after the commit")

    world.swap(ledger=Deaf(world.store))
    world.plan()
    speak(world)

    assert world.speaker.said == []
    assert world.services.ledger.sums().sent == 0


@pytest.mark.parametrize("error", [SpeechThrottled("HTTP 429"), AccountFault("HTTP 401")])
def test_a_refused_session_uses_up_no_attempt_and_sends_nothing(
    world: World, error: SpeechThrottled | AccountFault
) -> None:
    world.plan()
    world.speaker.refusals.append(error)
    speak(world)

    assert attempts(world) == {0}
    assert chars(world) == {}
    assert world.slots.account().used == 0


def test_a_refused_account_pauses_its_job_and_a_probe_resumes_it(world: World) -> None:
    job = world.plan()
    world.speaker.refusals.append(AccountFault("HTTP 402", remedy="add credit"))
    world.work()
    assert world.store.get(job.id).state is JobState.PAUSED

    world.later()
    assert world.store.get(job.id).state is JobState.SUCCEEDED


def test_a_voice_that_the_provider_refuses_fails_the_job_and_says_nothing_of_the_account(
    world: World,
) -> None:
    job = world.plan()
    world.speaker.refusals.append(SpeechRefused("no such voice"))
    speak(world)

    assert world.store.get(job.id).state is JobState.FAILED
    assert world.slots.account().failures == 0


def test_without_its_ledger_nothing_is_sent(world: World) -> None:
    job = world.plan()
    world.swap(ledger=AbsentLedger(world.ledger, beginnings=1))
    speak(world)
    assert world.speaker.said == []

    world.later()
    assert world.store.get(job.id).state is JobState.SUCCEEDED


def test_an_ending_that_the_ledger_did_not_take_is_written_later(world: World) -> None:
    chapters(world, ONE)
    world.speaker.cuts[ONE] = SpeechInterrupted("the line went dead")
    world.plan()
    world.swap(ledger=AbsentLedger(world.ledger, endings=3))
    speak(world)

    assert chars(world) == {Outcome.CUT: len(ONE)}


def test_words_that_another_slice_is_speaking_are_waited_for(world: World) -> None:
    chapters(world, ONE, ONE)
    job = world.plan()
    world.work()
    world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED
    assert chars(world) == {Outcome.KEPT: len(ONE)}


def test_a_defect_of_the_speaker_settles_every_slice(world: World) -> None:
    chapters(world, ONE, TWO)
    world.plan()

    def break_down(_: str) -> None:
        raise ZeroDivisionError

    world.speaker.before = break_down
    speak(world)

    assert world.hands.renewable() == []
    assert slices(world, StepState.RUNNING) == 0
    assert attempts(world) == {1}


def test_a_defect_in_storing_one_take_is_its_slices_own(world: World) -> None:
    chapters(world, ONE, TWO)
    world.plan()
    asked = count()

    def break_down_once() -> None:
        if next(asked) == 0:
            raise ZeroDivisionError

    world.swap(studio=MeanwhileStudio(break_down_once))
    speak(world)

    assert slices(world, StepState.DONE) == 1
    assert chars(world) == {Outcome.LATE: len(ONE), Outcome.KEPT: len(TWO)}


@pytest.mark.parametrize("error", [LeaseLost("gone"), ZeroDivisionError()])
def test_the_ledger_names_why_what_was_spoken_is_late(world: World, error: Exception) -> None:
    def break_down() -> None:
        raise error

    chapters(world, ONE)
    world.plan()
    world.swap(studio=MeanwhileStudio(break_down))
    speak(world)

    (row,) = world.store.utterances.rows.values()
    assert (row.outcome, row.code) == (Outcome.LATE, getattr(error, "fault", Fault.DEFECT))


def test_a_defect_of_the_ledger_keeps_no_slice_from_being_settled(world: World) -> None:
    alone(world)
    chapters(world, ONE, TWO)
    world.speaker.cuts[ONE] = SpeechInterrupted("the line went dead")
    world.plan()
    world.swap(ledger=BrokenLedger(world.store))
    alone(world)
    speak(world)

    assert world.hands.renewable() == []
    assert slices(world, StepState.RUNNING) == 0
    assert chars(world) == {Outcome.SENT: len(ONE), Outcome.KEPT: len(TWO)}


def test_a_slice_that_cannot_be_settled_is_let_go_and_the_others_go_on(world: World) -> None:
    alone(world)
    chapters(world, ONE, TWO)
    world.speaker.cuts[ONE] = SpeechInterrupted("the line went dead")
    world.plan()
    world.swap(steps=BrokenSteps(world.store, "hand_back"))
    alone(world)
    speak(world)

    assert world.hands.renewable() == []
    assert (slices(world, StepState.RUNNING), slices(world, StepState.DONE)) == (1, 1)


def test_a_defect_after_settling_one_slice_leaves_none_in_hand(world: World) -> None:
    alone(world)
    chapters(world, ONE, TWO, THREE)
    world.plan()
    taken = world.keeper.take()
    assert taken is not None
    hold, claim = taken
    world.swap(steps=BrokenSteps(world.store, "dispatch"))
    alone(world)
    narration = Narration(world.services, world.keeper, world.hands, hold, going=lambda: True)
    with pytest.raises(ZeroDivisionError):
        narration.run(claim)

    assert world.hands.renewable() == []


def test_a_claim_is_followed_by_a_dispatch_of_what_it_left_over(world: World) -> None:
    """Six slots, one slice: each of its chunks goes to a seat of its own."""
    long_slice(world)
    world.plan()
    world.keeper.beat()
    world.doorbell.heard()
    taken = world.keeper.take()

    assert taken is not None
    assert len(taken[1].chunks) == 1
    assert world.doorbell.heard()[Queue.SPEECH] >= 1


def test_leases_are_kept_while_a_store_that_is_away_is_waited_for(world: World) -> None:
    """Though nothing is done for longer than a slice may take."""
    claims: list[bool] = []
    began = world.services.clock()

    class Away(MemoryObjects):
        def put_bytes(self, key: ObjectKey, data: bytes, *, media_type: str) -> None:
            claims.append(bool(world.hands.renewable()))
            if world.services.clock() - began < 3_000:
                raise StoreUnavailable("the store is away")
            world.objects.put_bytes(key, data, media_type=media_type)

    alone(world)
    world.plan()
    world.swap(objects=Away())
    speak(world)
    assert len(claims) > 20
    assert all(claims)
