"""Listening to a chapter as soon as it is encoded, so that nobody has to decode the book again."""

from collections.abc import Iterator
from pathlib import Path

from narrator.domain.errors import ToolFailed
from narrator.domain.levels import envelope_distance
from narrator.domain.production import Production
from narrator.domain.timeline import stretches
from narrator.services.ports import SURPLUS_SAMPLES, Heard, RenderedChapter, Studio
from narrator.services.verify import FURTHEST_DB, LOUDEST_SILENCE


def hear(studio: Studio, made: RenderedChapter, production: Production) -> None:
    """Raise ToolFailed unless each file of a chapter holds what was to be encoded.

    It is as long as it should be, sounds at each take's place as loud as the take does, 100 ms by
    100 ms, and is silent in between.
    """
    listened_to = stretches(made.placements, made.samples)
    heard: set[Path] = set()
    for file in made.files:
        if file.path not in heard:
            found = studio.hear(file, production, listened_to)
            if faults := list(_faults(made, found)):
                raise ToolFailed(
                    f"an encoded chapter is not what was encoded: {faults[0]}",
                    remedy="the step is repeated; if that does not help, try another ffmpeg",
                )
        heard.add(file.path)


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
