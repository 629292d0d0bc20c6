"""One book through one fleet: begun, taken up again, delivered, verified."""

import io
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from narrator.cli.narration import Narration, beside
from narrator.cli.request import Outcome, Request
from narrator.cli.views import Lines, View
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import (
    AccountFault,
    DocumentRefused,
    JobFault,
    OptionRefused,
    SpeechInterrupted,
    SpeechUnavailable,
)
from narrator.domain.faults import Fault
from narrator.domain.jobs import Failure, JobOptions, JobState
from narrator.domain.lexicon import Entry, with_entries
from narrator.domain.production import Companion, Production, Split
from narrator.domain.steps import Queue
from narrator.domain.voices import Voice
from narrator.services.lexicon import edit
from tests.unit.services.conftest import World

REFUSED = AccountFault(
    "invalid credentials (request r-7)", remedy="correct the key", fault=Fault.HANDSHAKE_401
)
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
class Starting(Patient):
    """Workers that notice how the account stands when they start."""

    used_at_start: int = -1
    fault_at_start: Failure | None = None

    def start_workers(self) -> None:
        account = self.world.slots.account()
        self.used_at_start, self.fault_at_start = account.used, account.fault
        super().start_workers()


@dataclass
class Meddled(Crew):
    """Somebody pauses the book at the first look, and resumes it three looks later."""

    looks: int = 0

    def tend(self) -> None:
        job_id = self.world.store.recent(limit=1)[0].id
        if self.looks == 0:
            self.world.store.pause(job_id)
        elif self.looks == 3:
            self.world.store.resume(job_id)
        self.looks += 1
        super().tend()


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


def states(world: World) -> list[JobState]:
    """Of all jobs, the newest first."""
    return [job.state for job in world.store.recent(limit=9)]


def begin_and_die(world: World, options: JobOptions | None = None) -> None:
    with pytest.raises(KeyboardInterrupt):
        narration(world, Killed(world), options).run()


def test_a_book_is_delivered_with_its_proof_and_its_figures(world: World):
    outcome = narrate(world)
    assert outcome.recordings[0].read_bytes()
    assert outcome.manifest.name == "out.m4b.manifest.json"
    assert outcome.chapters == 2
    assert outcome.chars == len("Emma was handsome.") + len("She was clever.")
    assert outcome.verdict.ok
    assert outcome.verdict.details["with_document"]


def test_every_file_of_a_split_is_delivered_and_verified(world: World):
    """And nothing lies at the place that was named, which only names the others."""
    options = JobOptions(
        production=Production(split=Split.CHAPTERS, also=(AudioFormat.WAV,)),
    )
    outcome = narrate(world, options)
    assert [path.name for path in outcome.recordings] == [
        "out-01-chapter-1.m4b",
        "out-02-chapter-2.m4b",
        "out-01-chapter-1.wav",
        "out-02-chapter-2.wav",
    ]
    assert not world.source.with_name("out.m4b").exists()
    assert outcome.verdict.ok
    assert outcome.verdict.details["recordings"] == 4


def told_by(world: World, options: JobOptions) -> list[str]:
    """What a command that succeeds says of an earlier one's files."""
    stream = io.StringIO()
    narration(world, Crew(world), options, stream=stream).run()
    return [line for line in stream.getvalue().splitlines() if "an earlier command" in line]


def test_files_of_an_earlier_split_stay_and_are_told_of(world: World):
    narrate(world, JobOptions(production=Production(split=Split.CHAPTERS)))
    earlier = [world.source.with_name(f"out-0{n}-chapter-{n}.m4b") for n in (1, 2)]
    told = told_by(world, JobOptions(production=Production(also=(AudioFormat.MP3,))))
    assert [line.split(" is ")[0] for line in told] == [str(path) for path in earlier]
    assert all(path.is_file() for path in earlier)


def test_files_that_are_delivered_again_are_not_told_of(world: World):
    options = JobOptions(production=Production(split=Split.CHAPTERS))
    narrate(world, options)
    assert told_by(world, options) == []


def test_a_manifest_that_is_none_is_replaced(world: World):
    world.source.with_name("out.m4b.manifest.json").write_text("not ours")
    assert narrate(world).verdict.ok


def test_what_goes_along_with_a_recording_is_delivered_with_it(world: World):
    outcome = narrate(world, JobOptions(production=Production(companions=(Companion.VTT,))))
    assert [path.name for path in outcome.companions] == ["out.vtt"]
    assert outcome.companions[0].read_bytes()


def test_a_finished_book_needs_no_workers(world: World):
    narrate(world)
    crew = Crew(world)
    narration(world, crew).run()
    assert not crew.has_broker
    assert world.speaker.said == ["Emma was handsome.", "She was clever."]


def test_a_finished_book_is_not_paid_for_again(world: World):
    first = narrate(world)
    assert first.chars_sent_now == first.chars
    assert narrate(world).chars_sent_now == 0


def test_what_other_jobs_takes_answer_is_not_spoken(world: World):
    """Another format of the same book: another job, the same takes."""
    narrate(world)
    other = narrate(world, JobOptions(format=AudioFormat.MP3))
    assert (other.chars_from_takes, other.chars_sent_now) == (other.chars, 0)


def test_what_was_cut_is_counted_as_sent_again(world: World):
    cut = "She was clever."
    world.speaker.cuts[cut] = SpeechInterrupted("the socket was closed", fault=Fault.CLOSE_1011)
    outcome = narration(world, Patient(world)).run()
    assert outcome.chars_sent_now == outcome.chars + len(cut)
    assert (outcome.chars_resent_now, outcome.chars_before) == (len(cut), 0)


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


def test_slots_that_a_killed_run_held_are_free_at_once(world: World):
    world.plan()
    while world.slots.acquire("killed"):
        pass
    crew = Starting(world)
    narration(world, crew).run()
    assert crew.used_at_start == 0


def test_a_refused_account_ends_the_command_with_the_providers_words(world: World):
    """And the remedy: the provider's, then the same command again."""
    world.speaker.refusals.append(REFUSED)
    with pytest.raises(AccountFault, match=r"invalid credentials \(request r-7\)") as ended:
        narrate(world)
    assert ended.value.remedy.startswith("correct the key; then run the same command again")
    assert states(world) == [JobState.PAUSED]


def test_the_same_command_tries_a_refused_account_at_once_and_goes_on(world: World):
    world.speaker.refusals.append(REFUSED)
    with pytest.raises(AccountFault):
        narrate(world)
    crew, stream = Starting(world), io.StringIO()
    narration(world, crew, stream=stream).run()
    assert "tried again" not in stream.getvalue()
    assert (world.speaker.probed, crew.fault_at_start) == ([Voice()], None)


def test_an_account_that_is_still_refused_ends_the_command_before_workers_are_started(
    world: World,
):
    world.speaker.refusals += [REFUSED, REFUSED]
    with pytest.raises(AccountFault):
        narrate(world)
    crew = Crew(world)
    with pytest.raises(AccountFault, match="invalid credentials") as ended:
        narration(world, crew).run()
    assert ended.value.remedy.startswith("correct the key; then run the same command again")
    assert not crew.has_workers
    assert states(world) == [JobState.PAUSED]


def test_whether_a_refused_account_works_again_cannot_be_told_in_an_outage(world: World):
    outage = SpeechUnavailable("no connection", fault=Fault.NO_CONNECTION)
    world.speaker.refusals += [outage, REFUSED]
    with pytest.raises(AccountFault):
        narrate(world)
    with pytest.raises(SpeechUnavailable):
        narrate(world)


def test_an_outage_of_an_earlier_run_is_not_waited_out(world: World):
    """The circuit is open, and shut for up to a minute: the next run tries before that."""
    world.plan()
    slot = world.slots.acquire("killed")
    assert slot
    outage = SpeechUnavailable("no connection", fault=Fault.NO_CONNECTION)
    for _ in range(5):
        world.slots.refused(outage, handshake_seconds=0.0, slot=slot)
    assert narrate(world).verdict.ok
    assert world.clock.now == 1_000.0


def test_an_account_that_is_well_is_not_tried_first(world: World):
    narrate(world)
    assert world.speaker.probed == []


def test_a_book_that_waits_for_the_account_is_set_aside_by_another(world: World):
    """It does not begin to speak when the account works again."""
    world.speaker.refusals.append(REFUSED)
    with pytest.raises(AccountFault):
        narrate(world, ORION)
    narrate(world)
    assert {slot.voice.name for slot in world.speaker.opened} == {"aura-2-thalia-en"}
    assert sorted(states(world)) == [JobState.CANCELLED, JobState.SUCCEEDED]


def test_a_book_that_somebody_paused_is_resumed_by_the_command(world: World):
    begin_and_die(world)
    world.store.pause(world.store.recent(limit=1)[0].id)
    assert narrate(world).verdict.ok


def test_a_book_that_somebody_pauses_meanwhile_waits_for_them_and_says_so_once(world: World):
    stream = io.StringIO()
    narration(world, Meddled(world), stream=stream).run()
    told = [line for line in stream.getvalue().splitlines() if "paused" in line]
    assert len(told) == 1
    assert "resume it" in told[0]


def test_other_unfinished_books_are_set_aside_and_can_be_taken_up_again(world: World):
    """Only what was asked for is spoken, and paid for."""
    begin_and_die(world, ORION)
    narrate(world)
    assert {slot.voice.name for slot in world.speaker.opened} == {"aura-2-thalia-en"}
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
    assert outcome.recordings[0].read_bytes() != b"an older book"
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


def test_with_another_entry_in_the_lexicon_only_what_it_changes_is_sent(world: World):
    narrate(world)
    entry = Entry(written="handsome", said="hand-some")
    edit(world.services.lexicons, None, lambda kept: with_entries(kept, [entry]))
    assert narrate(world).chars_sent_now == len("Emma was hand-some.")
    assert narrate(world).chars_sent_now == 0
