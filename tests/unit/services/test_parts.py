"""What of a claimed slice is said next."""

from narrator.domain.ids import JobId, StepId, TakeKey
from narrator.domain.plan import Boundary
from narrator.domain.steps import Claim, StepKind
from narrator.services.parts import Part
from narrator.services.ports import PlannedChunk

CLAIM = Claim(
    step_id=StepId(1), job_id=JobId("j"), kind=StepKind.SLICE, fence=1, attempts=1, chapter=0
)


def part(**failures: int | None) -> Part:
    """A slice of chunks, named by their keys, and how often each suspect failed by itself."""
    made = Part(CLAIM)
    made.begin(
        PlannedChunk(
            chapter=0,
            index=index,
            text=f"text {name}",
            key=TakeKey(name),
            boundary=Boundary.SENTENCE,
            failures=times or 0,
            suspect=times is not None,
        )
        for index, (name, times) in enumerate(failures.items())
    )
    return made


def offered(slice_: Part) -> list[str]:
    return [utterance.key for utterance in slice_.offer()]


def test_all_above_suspicion_is_said_first() -> None:
    assert offered(part(a=None, bad=1, b=None)) == ["a", "b"]


def test_a_suspect_waits_until_the_rest_is_reported() -> None:
    slice_ = part(a=None, bad=1, b=None)
    offered(slice_)
    slice_.reported(TakeKey("a"))
    assert offered(slice_) == []
    slice_.reported(TakeKey("b"))
    assert offered(slice_) == ["bad"]


def test_suspects_are_said_one_at_a_time() -> None:
    slice_ = part(bad=0, worse=2)
    assert offered(slice_) == ["bad"]
    assert offered(slice_) == []
    slice_.reported(TakeKey("bad"))
    assert offered(slice_) == ["worse"]


def test_a_suspect_is_to_be_sent_alone_and_nothing_else_is() -> None:
    slice_ = part(a=None, bad=0)
    assert [utterance.alone for utterance in slice_.offer()] == [False]
    slice_.reported(TakeKey("a"))
    assert [utterance.alone for utterance in slice_.offer()] == [True]


def test_once_something_was_not_sent_suspects_wait_for_another_claim() -> None:
    slice_ = part(a=None, bad=1)
    offered(slice_)
    slice_.unsent = True
    slice_.reported(TakeKey("a"))
    assert (offered(slice_), slice_.chunks) == ([], {})
