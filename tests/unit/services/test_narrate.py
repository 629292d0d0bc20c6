"""One thread feeds one speech session with slices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import pytest

from narrator.domain.errors import (
    AccountFault,
    SpeechInterrupted,
    SpeechRefused,
    SpeechThrottled,
    StoreUnavailable,
)
from narrator.domain.ids import JobId, TakeKey
from narrator.domain.jobs import JobState
from narrator.domain.ledger import Outcome, Sending, Sums
from narrator.domain.slots import Slot
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from narrator.services.holds import HeldSlot
from narrator.services.narrate import TASK_SECONDS, Narration
from tests.fakes.ledger import MemoryLedger
from tests.fakes.store import MemoryStore
from tests.fakes.studio import FakeStudio
from tests.unit.services.conftest import World, document

ONE, TWO, THREE = "The first has this to say.", "The second says that.", "The third is silent."


def chapters(world: World, *texts: str) -> None:
    """Let the document have these chapters, each a slice of its own."""
    world.reader.answer = document(*[(text,) for text in texts])


def slices(world: World, state: StepState) -> int:
    """How many slices are in a state."""
    return world.store.counts().get((StepKind.SLICE, state), 0)


def chars(world: World) -> dict[Outcome, int]:
    """Characters in the ledger, by outcome."""
    return dict(world.ledger.sums().chars)


def speak(world: World) -> HeldSlot:
    """Answer one ring of the speech queue; the hold that was used."""
    taken = world.keeper.take()
    assert taken is not None
    hold, claim = taken
    Narration(world.services, world.keeper, world.hands, hold, going=lambda: True).run(claim)
    world.keeper.give(hold)
    return hold


def long_slice(world: World) -> None:
    """Let the document be one slice of several chunks."""
    world.reader.answer = document((ONE * 16, TWO * 16, THREE * 16))


def alone(world: World) -> None:
    """Let there be one seat in the whole fleet, so that nothing is spread."""
    world.keeper = world.another_keeper("worker", capacity=1)


def attempts(world: World) -> set[int]:
    """How many attempts at its slices count."""
    return {s.attempts for s in world.store.steps_by_id.values() if s.kind is StepKind.SLICE}


@dataclass
class MeanwhileStudio(FakeStudio):
    """Something happens while it packs a take."""

    meanwhile: Callable[[], object] = lambda: None

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def pack(self, pcm: bytes) -> bytes:
        self.meanwhile()
        return super().pack(pcm)


@dataclass
class AbsentLedger:
    """A ledger that is away for its next `beginnings` and `endings`."""

    ledger: MemoryLedger
    beginnings: int = 0
    endings: int = 0

    def begin(self, claim: Claim, sendings: Sequence[Sending], *, slot: Slot) -> None:
        if self.beginnings:
            self.beginnings -= 1
            raise StoreUnavailable("the ledger is away")
        self.ledger.begin(claim, sendings, slot=slot)

    def end(
        self, claim: Claim, key: TakeKey, outcome: Outcome, *, request_id: str = "", code: str = ""
    ) -> None:
        if self.endings:
            self.endings -= 1
            raise StoreUnavailable("the ledger is away")
        self.ledger.end(claim, key, outcome, request_id=request_id, code=code)

    def sums(self, job_id: JobId | None = None) -> Sums:
        return self.ledger.sums(job_id)


class BrokenLedger(MemoryLedger):
    """A ledger with a defect: it ends no row of an utterance that was cut."""

    def end(
        self, claim: Claim, key: TakeKey, outcome: Outcome, *, request_id: str = "", code: str = ""
    ) -> None:
        if outcome is Outcome.CUT:
            raise ZeroDivisionError
        super().end(claim, key, outcome, request_id=request_id, code=code)


@dataclass
class BrokenSteps:
    """Steps with a defect in one of their verbs."""

    steps: MemoryStore
    verb: str

    def __getattr__(self, name: str) -> object:
        return self.break_down if name == self.verb else getattr(self.steps, name)

    def break_down(self, *_: object, **__: object) -> None:
        raise ZeroDivisionError


def test_one_task_speaks_every_slice_that_is_queued(world: World) -> None:
    chapters(world, ONE, TWO, THREE)
    world.plan()
    speak(world)

    assert world.speaker.said == [ONE, TWO, THREE]
    assert slices(world, StepState.DONE) == 3
    assert len(world.speaker.opened) == 1


def test_the_next_task_speaks_through_the_same_session(world: World) -> None:
    chapters(world, ONE)
    world.plan(1)
    first = speak(world)
    world.work()
    chapters(world, TWO)
    world.plan(2)

    assert speak(world) is first
    assert len(world.speaker.opened) == 1


def test_the_next_slice_is_claimed_before_the_first_is_spoken(world: World) -> None:
    alone(world)
    chapters(world, ONE, TWO)
    world.plan()
    running: list[int] = []
    world.speaker.before = lambda _: running.append(slices(world, StepState.RUNNING))
    speak(world)

    assert running == [2, 1]


def test_every_claim_in_work_is_in_hand_and_none_afterwards(world: World) -> None:
    alone(world)
    chapters(world, ONE, TWO)
    world.plan()
    in_hand: list[int] = []
    world.speaker.before = lambda _: in_hand.append(len(world.hands.renewable()))
    speak(world)

    assert in_hand == [2, 1]
    assert world.hands.renewable() == []


def test_everything_sent_is_in_the_ledger_before_it_is_sent(world: World) -> None:
    world.plan()
    seen: list[int] = []
    world.speaker.before = lambda _: seen.append(world.ledger.sums().sent)
    speak(world)

    assert seen == [0, len(world.speaker.said[0])]
    assert chars(world) == {Outcome.KEPT: sum(map(len, world.speaker.said))}


def test_a_cut_utterance_is_named_in_the_ledger_and_sent_again(world: World) -> None:
    chapters(world, ONE, TWO)
    world.speaker.cuts[ONE] = SpeechInterrupted("the line went dead")
    world.plan()
    world.work()
    world.later()

    assert chars(world) == {Outcome.CUT: len(ONE), Outcome.KEPT: len(ONE + TWO)}
    assert world.speaker.said == [ONE, TWO, ONE]


def test_what_goes_wrong_with_one_slice_is_settled_with_it_alone(world: World) -> None:
    chapters(world, ONE)
    bad = world.plan(1)
    chapters(world, TWO)
    good = world.plan(2)
    world.speaker.cuts[ONE] = SpeechRefused("it cannot be spoken")
    world.work()

    assert world.store.get(bad.id).state is JobState.FAILED
    assert world.store.get(good.id).state is JobState.SUCCEEDED


def test_nothing_more_of_a_cancelled_job_is_sent(world: World) -> None:
    long_slice(world)
    job = world.plan()
    world.speaker.before = lambda _: world.speaker.said and world.store.cancel(job.id)
    speak(world)

    assert len(world.speaker.said) == 1
    assert world.hands.renewable() == []


def test_a_take_whose_claim_was_lost_meanwhile_is_late(world: World) -> None:
    chapters(world, ONE)
    job = world.plan()
    world.swap(studio=MeanwhileStudio(lambda: world.store.cancel(job.id)))
    speak(world)

    assert chars(world) == {Outcome.LATE: len(ONE)}
    assert world.hands.renewable() == []


def test_a_task_claims_nothing_after_its_time_and_rings_for_the_next(world: World) -> None:
    chapters(world, ONE)
    world.plan(1)

    def be_slow(_: str) -> None:
        world.speaker.before = lambda _: None
        world.clock.wait(TASK_SECONDS)
        world.store.renew(claims, lease_seconds=30)
        chapters(world, TWO)
        world.plan(2)
        world.keeper.beat()
        world.doorbell.heard()

    world.speaker.before = be_slow
    taken = world.keeper.take()
    assert taken is not None
    hold, claim = taken
    claims = [claim]
    Narration(world.services, world.keeper, world.hands, hold, going=lambda: True).run(claim)

    assert world.speaker.said == [ONE]
    assert world.doorbell.heard()[Queue.SPEECH] == 1


def test_a_slot_that_is_wanted_elsewhere_is_given_up_between_utterances(world: World) -> None:
    alone(world)
    long_slice(world)
    world.plan()
    taken = world.keeper.take()
    assert taken is not None
    hold, claim = taken
    world.speaker.before = lambda _: setattr(hold, "surplus", bool(world.speaker.said))
    Narration(world.services, world.keeper, world.hands, hold, going=lambda: True).run(claim)
    world.keeper.give(hold)

    assert len(world.speaker.said) == 1
    assert world.speaker.rested == [hold.slot]
    assert slices(world, StepState.RUNNING) == slices(world, StepState.DONE) == 0


def test_what_is_handed_back_unsent_uses_up_no_attempt(world: World) -> None:
    alone(world)
    long_slice(world)
    world.plan()
    asked = count()
    world.work_once(Queue.SPEECH, going=lambda: next(asked) < 6)

    assert attempts(world) == {0}
    assert world.ledger.sums().sent == sum(map(len, world.speaker.said))


def test_what_is_handed_back_unsent_is_not_claimed_again_by_the_same_task(world: World) -> None:
    """A hold too near its end takes nothing more: it would be claimed and handed back for ever."""
    world.plan()
    taken = world.keeper.take()
    assert taken is not None
    hold, claim = taken
    hold.good_until = world.clock.now
    asked = count()
    narration = Narration(
        world.services, world.keeper, world.hands, hold, going=lambda: next(asked) < 1_000
    )
    narration.run(claim)

    assert world.store.steps_by_id[claim.step_id].fence == claim.fence
    assert slices(world, StepState.RUNNING) == 0


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
