"""Planning: what is cut into slices, and what earlier takes answer."""

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.ids import TakeKey
from narrator.domain.jobs import JobState
from narrator.domain.plan import Boundary
from narrator.domain.steps import StepKind, StepState
from narrator.services.plan import SLICE_CHARS, slices
from narrator.services.ports import PlannedChunk
from tests.fakes.speaker import FakeReader
from tests.unit.services.conftest import World, document

LENGTHS = st.lists(st.lists(st.integers(1, 1_900)))
"""The chunks' characters, chapter by chapter."""


def chunks(lengths: list[list[int]]) -> list[PlannedChunk]:
    """Chunks of so many characters."""
    return [
        PlannedChunk(
            chapter=chapter,
            index=index,
            text="a" * chars,
            key=TakeKey("k"),
            boundary=Boundary.SENTENCE,
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
