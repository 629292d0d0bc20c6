"""Judging what was heard of a chapter once encoded, so that nobody has to decode the book again."""

from collections.abc import Iterator

from narrator.domain.errors import ToolFailed
from narrator.domain.levels import envelope_distance
from narrator.services.ports import SURPLUS_SAMPLES, Heard, RenderedChapter
from narrator.services.verify import FURTHEST_DB, LOUDEST_SILENCE


def hear(made: RenderedChapter) -> None:
    """Raise ToolFailed unless each file of a chapter holds what was to be encoded.

    It is as long as it should be, sounds at each take's place as loud as the take does, 100 ms by
    100 ms, and is silent in between.
    """
    for heard in {file.path: file.heard for file in made.files}.values():
        if faults := list(_faults(made, heard)):
            raise ToolFailed(
                f"an encoded chapter is not what was encoded: {faults[0]}",
                remedy="the step is repeated; if that does not help, try another ffmpeg",
            )


def _faults(made: RenderedChapter, heard: Heard) -> Iterator[str]:
    if not 0 <= heard.samples - made.samples <= SURPLUS_SAMPLES:
        yield f"it holds {heard.samples} samples, not {made.samples}"
    for number, (placement, envelope) in enumerate(
        zip(made.placements, heard.envelopes[1::2], strict=True), start=1
    ):
        distance = envelope_distance(placement.envelope, envelope)
        if distance > FURTHEST_DB:
            yield f"its take {number} does not sound as it should ({distance:.1f} dB off)"
    for number, envelope in enumerate(heard.envelopes[::2], start=1):
        if max(envelope, default=0) > LOUDEST_SILENCE:
            yield f"there is sound in its silence {number}"
