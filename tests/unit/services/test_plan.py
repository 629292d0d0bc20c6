"""Planning: what is cut into slices, and what earlier takes answer."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.choices import Casting, TextChoices
from narrator.domain.ids import TakeKey
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.manifest_json import from_json
from narrator.domain.plan import Boundary
from narrator.domain.steps import StepKind, StepState
from narrator.domain.voices import DEFAULT_VOICE, Voice
from narrator.services.plan import SLICE_CHARS, slices
from narrator.services.ports import PlannedChunk
from tests.fakes.speaker import FakeReader
from tests.unit.services.conftest import World, document

ORION, LUNA = "aura-2-orion-en", "aura-2-luna-en"
TWO_VOICES = TextChoices(casting=Casting(chapters=((1, ORION),)))
"""The first of two chapters is another's."""

LENGTHS = st.lists(st.lists(st.integers(1, 1_900)))
"""The chunks' characters, chapter by chapter."""


def chunks(lengths: list[list[int]], voices: Sequence[str] = ("",)) -> list[PlannedChunk]:
    """Chunks of so many characters, in turn by these voices."""
    return [
        PlannedChunk(
            chapter=chapter,
            index=index,
            text="a" * chars,
            key=TakeKey("k"),
            boundary=Boundary.SENTENCE,
            voice=voices[index % len(voices)],
        )
        for chapter, in_chapter in enumerate(lengths)
        for index, chars in enumerate(in_chapter)
    ]


@given(LENGTHS)
def test_slices_hold_every_chunk_once_and_in_order(lengths: list[list[int]]) -> None:
    made = list(slices(chunks(lengths)))

    placed = [(part.chapter, index) for part in made for index in part.chunks]
    assert placed == [(chunk.chapter, chunk.index) for chunk in chunks(lengths)]
    assert sum(part.chars for part in made) == sum(map(sum, lengths))


@given(LENGTHS)
def test_no_slice_is_longer_than_a_minute_of_a_socket(lengths: list[list[int]]) -> None:
    assert all(part.chars <= SLICE_CHARS for part in slices(chunks(lengths)))


@given(LENGTHS)
def test_each_voice_has_slices_of_its_own(lengths: list[list[int]]) -> None:
    spoken = chunks(lengths, ["", ORION, "", LUNA])
    made = list(slices(spoken))

    placed = [(part.chapter, index, part.voice) for part in made for index in part.chunks]
    assert sorted(placed) == [(chunk.chapter, chunk.index, chunk.voice) for chunk in spoken]
    assert all(list(part.chunks) == sorted(part.chunks) for part in made)
    assert all(part.chars <= SLICE_CHARS for part in made)


def test_a_chunk_is_spoken_by_its_own_voice(world: World) -> None:
    world.options = JobOptions(text=TWO_VOICES)
    world.submit()
    world.work()
    said = zip(world.speaker.voices, world.speaker.said, strict=True)
    assert sorted(said) == [(ORION, "Emma was handsome."), (DEFAULT_VOICE, "She was clever.")]


def test_a_take_of_another_voice_answers_no_chunk(world: World) -> None:
    world.submit(1)
    world.work()
    world.options = JobOptions(text=TWO_VOICES)
    again = world.submit(2)
    world.work()
    assert world.store.get(again.id).state is JobState.SUCCEEDED
    assert world.store.progress(again.id).chars_sent == len("Emma was handsome.")


def test_a_voice_that_cannot_speak_at_the_jobs_speed_refuses_the_job(world: World) -> None:
    slow = TextChoices(casting=Casting(chapters=((1, "aura-2-viktoria-de"),)))
    world.options = JobOptions(voice=Voice(speed=0.9), text=slow)
    job = world.submit()
    world.work()
    failure = world.store.get(job.id).failure
    assert failure is not None
    assert "aura-2-viktoria-de" in failure.reason
    assert world.speaker.said == []


def test_the_manifest_tells_each_chunks_voice(world: World) -> None:
    world.options = JobOptions(text=TWO_VOICES)
    job = world.submit()
    world.work()
    (key,) = (a.object_key for a in world.store.get(job.id).artifacts if a.name == "manifest.json")
    manifest = from_json(world.objects.get_bytes(key))
    found = [each.chunk.voice for chapter in manifest.chapters for each in chapter.chunks]
    assert (manifest.voice, found) == (DEFAULT_VOICE, [ORION, ""])


def test_what_was_spoken_before_is_planned_without_slices(world: World) -> None:
    world.submit(1)
    world.work()
    again = world.plan(2)
    progress = world.store.progress(again.id)

    assert progress.chunks_spoken == progress.chunks == 2
    assert progress.chars_from_takes == progress.chars
    assert (StepKind.SLICE, StepState.QUEUED) not in world.store.counts()
    world.work()
    assert world.store.get(again.id).state is JobState.SUCCEEDED


def test_a_book_with_a_new_chapter_has_slices_for_that_alone(world: World) -> None:
    world.submit(1)
    world.work()
    world.swap(reader=FakeReader(document(("Emma was handsome.",), ("She was rich.",))))
    again = world.plan(2)

    assert world.store.counts()[StepKind.SLICE, StepState.QUEUED] == 1
    world.work()
    assert world.store.progress(again.id).chars_from_takes == len("Emma was handsome.")
