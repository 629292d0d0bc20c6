"""One book through one fleet: begun, taken up again, delivered, verified."""

import io
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from narrator.cli.narration import Narration, beside
from narrator.cli.request import Outcome, Request
from narrator.cli.views import Lines, View
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import DocumentRefused, JobFault, OptionRefused, SpeechUnavailable
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.steps import Queue
from narrator.domain.voices import Voice
from tests.unit.services.conftest import World

ORION = JobOptions(voice=Voice(name="aura-2-orion-en"))


@dataclass
class Crew:
    """Workers that do everything there is to do at the first look."""

    world: World
    has_broker: bool = False
    has_workers: bool = False

    def wait_for_broker(self) -> None:
        self.has_broker = True

    def start_workers(self) -> None:
        self.has_workers = True

    def tend(self) -> None:
        assert self.has_workers
        self.world.later(0.0)

    def dismiss_workers(self) -> None:
        self.has_workers = False


@dataclass
class Patient(Crew):
    """Workers that come back after any delay."""

    def tend(self) -> None:
        self.world.later()


@dataclass
class Killed(Crew):
    """A run that ends as soon as it has begun."""

    def tend(self) -> None:
        raise KeyboardInterrupt


def narration(
    world: World,
    crew: Crew,
    options: JobOptions | None = None,
    *,
    stream: io.StringIO | None = None,
) -> Narration:
    out = world.source.with_name("out.m4b")
    return Narration(
        crew,
        world.services,
        Request(book=world.source, name="emma.txt", out=out, options=options or JobOptions()),
        View(Lines(stream or io.StringIO())),
        price_per_1000_chars=0.03,
        bills=True,
        look_seconds=0.0,
    )


def narrate(world: World, options: JobOptions | None = None) -> Outcome:
    return narration(world, Crew(world), options).run()


def begin_and_die(world: World, options: JobOptions | None = None) -> None:
    with pytest.raises(KeyboardInterrupt):
        narration(world, Killed(world), options).run()


def test_a_book_is_delivered_with_its_proof_and_its_figures(world: World):
    outcome = narrate(world)
    assert outcome.path.read_bytes()
    assert outcome.manifest.name == "out.m4b.manifest.json"
    assert outcome.chapters == 2
    assert outcome.chars == len("Emma was handsome.") + len("She was clever.")
    assert outcome.verdict.ok
    assert outcome.verdict.details["with_document"]


def test_a_finished_book_needs_no_workers(world: World):
    narrate(world)
    crew = Crew(world)
    narration(world, crew).run()
    assert not crew.has_broker
    assert world.speaker.said == ["Emma was handsome.", "She was clever."]


def test_a_finished_book_is_not_paid_for_again(world: World):
    first = narrate(world)
    assert first.chars_spoken_now == first.chars
    assert narrate(world).chars_spoken_now == 0


def test_what_other_jobs_takes_answer_is_not_spoken(world: World):
    """Another format of the same book: another job, the same takes."""
    narrate(world)
    other = narrate(world, JobOptions(format=AudioFormat.MP3))
    assert (other.chars_from_takes, other.chars_spoken_now) == (other.chars, 0)


def test_a_chapter_that_the_book_has_not_is_wrong_usage(world: World):
    """It is found out by reading the book, by a worker."""
    with pytest.raises(OptionRefused, match="9"):
        narrate(world, JobOptions(chapters=(9,)))


def test_what_an_earlier_run_held_is_free_at_once(world: World):
    """Its leases have not run out; the home's lock proves that nobody works on them."""
    begin_and_die(world)
    assert world.store.claim(Queue.AUDIO, owner="killed", lease_seconds=3_600.0)
    narrate(world)
    assert world.clock.now == 1_000.0


def test_other_unfinished_books_are_set_aside_and_can_be_taken_up_again(world: World):
    """Only what was asked for is spoken, and paid for."""
    begin_and_die(world, ORION)
    narrate(world)
    assert {voice.name for voice in world.speaker.voices} == {"aura-2-thalia-en"}
    assert len(world.store.recent(limit=9, state=JobState.CANCELLED)) == 1

    narrate(world, ORION)
    assert world.store.recent(limit=9, state=JobState.CANCELLED) == []


def test_why_a_step_is_tried_again_is_said_once(world: World):
    """Each refused call names a request of its own."""
    world.speaker.refusals += [
        SpeechUnavailable(f"nobody answers (request {number})") for number in range(5)
    ]
    stream = io.StringIO()
    narration(world, Patient(world), stream=stream).run()
    told = [line for line in stream.getvalue().splitlines() if "nobody answers" in line]
    assert len(told) == 1
    assert "it is tried again" in told[0]


def test_a_book_that_failed_is_tried_again(world: World):
    sound = world.reader.answer
    world.reader.answer = DocumentRefused("emma.txt is torn", remedy="mend it")
    with pytest.raises(JobFault, match=r"emma\.txt is torn") as failed:
        narrate(world)
    assert failed.value.remedy == "mend it"

    world.reader.answer = sound
    assert narrate(world).verdict.ok


def test_a_book_that_lies_there_is_replaced_whole(world: World):
    world.source.with_name("out.m4b").write_text("an older book")
    outcome = narrate(world)
    assert outcome.path.read_bytes() != b"an older book"
    assert list(Path(world.source.parent).glob(".narrator-*")) == []


def test_what_a_killed_delivery_left_beside_the_book_is_removed_by_the_next(world: World):
    out = world.source.with_name("out.m4b")
    with beside(out) as left:
        pass
    left.mkdir()
    (left / out.name).write_text("half a b")

    narrate(world)
    assert out.exists()
    assert not left.exists()


def test_a_verdict_that_is_not_good_is_told_with_its_places(world: World):
    """The document is not the one that was narrated: somebody has changed the file meanwhile."""
    narrate(world)
    assert not isinstance(world.reader.answer, Exception)
    world.reader.answer = replace(world.reader.answer, source=world.reader.answer.source[::-1])
    verdict = narrate(world).verdict
    assert not verdict.ok
    assert verdict.line.startswith("NOT verified")
    assert verdict.problems == ("this is not the document that was narrated",)
