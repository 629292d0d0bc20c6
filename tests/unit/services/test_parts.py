"""What of a claimed slice is said next."""

from narrator.domain.ids import JobId, StepId, TakeKey
from narrator.domain.plan import Boundary
from narrator.domain.steps import Claim, StepKind
from narrator.services.parts import Part
from narrator.services.ports import PlannedChunk

CLAIM = Claim(
    step_id=StepId(1), job_id=JobId("j"), kind=StepKind.SLICE, fence=1, attempts=1, chapter=0
)


def part(**failures: int) -> Part:
    """A slice of chunks that failed so often, named by their keys."""
    made = Part(CLAIM)
    made.begin(
        PlannedChunk(
            chapter=0,
            index=index,
            text=f"text {name}",
            key=TakeKey(name),
            boundary=Boundary.SENTENCE,
            failures=times,
        )
        for index, (name, times) in enumerate(failures.items())
    )
    return made


def offered(slice_: Part) -> list[str]:
    return [utterance.key for utterance in slice_.offer()]


def test_all_above_suspicion_is_said_first() -> None:
    assert offered(part(a=0, bad=1, b=0)) == ["a", "b"]


def test_a_suspect_waits_until_the_rest_is_reported() -> None:
    slice_ = part(a=0, bad=1, b=0)
    offered(slice_)
    slice_.reported(TakeKey("a"))
    assert offered(slice_) == []
    slice_.reported(TakeKey("b"))
    assert offered(slice_) == ["bad"]


def test_suspects_are_said_one_at_a_time() -> None:
    slice_ = part(bad=1, worse=2)
    assert offered(slice_) == ["bad"]
    assert offered(slice_) == []
    slice_.reported(TakeKey("bad"))
    assert offered(slice_) == ["worse"]


def test_once_something_was_not_sent_suspects_wait_for_another_claim() -> None:
    slice_ = part(a=0, bad=1)
    offered(slice_)
    slice_.unsent = True
    slice_.reported(TakeKey("a"))
    assert (offered(slice_), slice_.chunks) == ([], {})
