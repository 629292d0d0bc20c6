"""A narration with a cap, or bound to a plan: what is spent, what is refused, how it goes on."""

import pytest

from narrator.cli.request import Outcome
from narrator.domain.choices import TextChoices, parse_reading
from narrator.domain.errors import OptionRefused, SpeechInterrupted
from narrator.domain.faults import Fault
from narrator.domain.jobs import JobOptions
from narrator.domain.manifest_json import from_json
from narrator.domain.plan_json import plan_hash
from narrator.domain.voices import Voice
from narrator.services.plan import preview
from narrator.services.plan_document import chars_to_send
from tests.fakes.speaker import FakeReader
from tests.unit.cli.test_narration import Patient, narrate, narration
from tests.unit.services.conftest import World, document

HANDSOME, CLEVER = "Emma was handsome.", "She was clever."
WHOLE = len(HANDSOME) + len(CLEVER)
OTHER = "0f" * 32
CUT = SpeechInterrupted("the socket was closed", fault=Fault.CLOSE_1011)


def patiently(world: World, options: JobOptions) -> Outcome:
    return narration(world, Patient(world), options).run()


def hash_of(world: World) -> str:
    """What `narrator plan` would say."""
    return plan_hash(preview(world.reader, world.source, name="emma.txt")[1])


def test_a_cap_that_pays_for_the_whole_book_is_not_noticed(world: World) -> None:
    outcome = narrate(world, JobOptions(max_chars=WHOLE))
    assert (outcome.chars_sent_now, outcome.verdict.ok) == (WHOLE, True)


def test_a_cap_that_does_not_pay_for_the_plan_ends_it_before_anything_is_sent(
    world: World,
) -> None:
    with pytest.raises(OptionRefused, match=f"{WHOLE} characters of this plan") as refused:
        narrate(world, JobOptions(max_chars=WHOLE - 1))
    assert "--max-cost" in refused.value.remedy
    assert world.speaker.said == []


def test_what_faults_cost_never_exceeds_the_cap(world: World) -> None:
    """And the same command with a higher one goes on: what was spoken is not spoken again."""
    cap = WHOLE + len(CLEVER) - 1
    world.speaker.cuts[CLEVER] = CUT
    with pytest.raises(OptionRefused, match="exceeds by 1 characters what max_cost pays for"):
        patiently(world, JobOptions(max_chars=cap))
    assert world.services.ledger.sums().sent == WHOLE <= cap

    outcome = patiently(world, JobOptions(max_chars=cap + 1))
    assert (outcome.sums.sent, outcome.sums.resent) == (cap + 1, len(CLEVER))
    assert world.speaker.said.count(HANDSOME) == 1


def test_what_takes_answer_needs_no_money(world: World) -> None:
    narrate(world, JobOptions(chapters=(1,)))
    outcome = narrate(world, JobOptions(max_chars=len(CLEVER)))
    assert (outcome.chars_from_takes, outcome.chars_sent_now) == (len(HANDSOME), len(CLEVER))


def test_the_same_words_are_paid_for_once(world: World) -> None:
    world.reader.answer = document((HANDSOME,), (HANDSOME,))
    assert narrate(world, JobOptions(max_chars=len(HANDSOME))).verdict.ok


def test_a_plan_is_what_was_sent_less_what_was_sent_again_and_what_takes_answered(
    world: World,
) -> None:
    narrate(world, JobOptions(chapters=(1,)))
    world.reader.answer = document((HANDSOME,), (CLEVER,), (CLEVER,))
    world.speaker.cuts[CLEVER] = CUT
    _, made = preview(FakeReader(world.reader.answer), world.source, name="emma.txt")
    outcome = patiently(world, JobOptions())
    assert outcome.sums.resent == len(CLEVER)
    assert made.chars == outcome.sums.sent - outcome.sums.resent + outcome.chars_from_takes
    assert chars_to_send(made, Voice()) == made.chars - len(CLEVER)


def test_the_manifest_keeps_how_the_document_was_read(world: World) -> None:
    text = TextChoices(reading=parse_reading(["footnotes=end"]))
    outcome = narrate(world, JobOptions(text=text))
    assert from_json(outcome.manifest.read_bytes()).choices == text
    assert (world.reader.reading, outcome.verdict.ok) == (text.reading, True)


def test_the_plan_of_a_hash_is_carried_out(world: World) -> None:
    assert narrate(world, JobOptions(plan_hash=hash_of(world))).verdict.ok


def test_another_plan_is_refused_and_nothing_is_spent(world: World) -> None:
    with pytest.raises(OptionRefused, match=OTHER) as refused:
        narrate(world, JobOptions(plan_hash=OTHER))
    assert hash_of(world) in refused.value.reason
    assert world.speaker.said == []


def test_a_job_that_was_refused_for_its_plan_goes_on_with_the_right_one(world: World) -> None:
    with pytest.raises(OptionRefused):
        narrate(world, JobOptions(plan_hash=OTHER))
    assert narrate(world, JobOptions(plan_hash=hash_of(world))).verdict.ok


def test_a_finished_book_of_another_plan_is_not_delivered_for_it(world: World) -> None:
    narrate(world)
    with pytest.raises(OptionRefused, match=OTHER):
        narrate(world, JobOptions(plan_hash=OTHER))
