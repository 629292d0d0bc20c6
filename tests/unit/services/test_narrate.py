"""One thread feeds one speech session with slices."""

from itertools import count

from narrator.domain.errors import SpeechInterrupted, SpeechRefused
from narrator.domain.jobs import JobState
from narrator.domain.ledger import Outcome
from narrator.domain.steps import Queue, StepState
from narrator.services.narrate import TASK_SECONDS, Narration
from tests.unit.services.conftest import World
from tests.unit.services.stays import (
    ONE,
    THREE,
    TWO,
    FleetingTakes,
    MeanwhileStudio,
    alone,
    attempts,
    chapters,
    chars,
    long_slice,
    slices,
    speak,
)


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


def test_words_whose_take_is_removed_once_it_is_found_are_spoken(world: World) -> None:
    chapters(world, ONE)
    world.plan()
    world.swap(takes=FleetingTakes(world.store))
    speak(world)

    assert world.speaker.said == [ONE]
    assert slices(world, StepState.DONE) == 1


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


def test_a_take_whose_claim_was_lost_meanwhile_is_kept(world: World) -> None:
    """It is paid for, and nobody else speaks it."""
    chapters(world, ONE)
    job = world.plan()
    world.swap(studio=MeanwhileStudio(lambda: world.store.cancel(job.id)))
    speak(world)

    assert chars(world) == {Outcome.KEPT: len(ONE)}
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
