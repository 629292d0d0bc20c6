"""Before takes are used: those that have no verdict get one, and what is doubted is shown.

Takes that were kept by a release before this one were never judged. They are paid for and are not
spoken again for doubts: whoever wants that can delete them, or submit the words otherwise.
"""

from collections.abc import Mapping

import structlog

from narrator.domain.gate import Doubt
from narrator.domain.ids import TakeKey
from narrator.domain.steps import Claim
from narrator.domain.voices import Voice
from narrator.services.judging import Judging
from narrator.services.kit import Services
from narrator.services.ports import ChapterTake
from narrator.services.settle import log_error

log = structlog.get_logger(__name__)


class Recheck:
    """One chapter's takes on their way into its recording; `voice` is the job's."""

    def __init__(self, services: Services, claim: Claim, voice: Voice) -> None:
        self._services = services
        self._claim = claim
        self._voice = voice
        self._judging = Judging(services)
        self._found: dict[TakeKey, tuple[Doubt, ...]] = {}

    def heard(self, chunk: ChapterTake, pcm: bytes) -> bytes:
        """The samples as they were given; a gate that breaks stops nothing."""
        if chunk.doubts is None and chunk.take is not None and self._services.gate is not None:
            try:
                self._found[chunk.key] = self._doubts(chunk, pcm)
            except Exception as error:  # noqa: BLE001 — the recording is made all the same
                log_error(error)
        return pcm

    @property
    def found(self) -> Mapping[TakeKey, tuple[Doubt, ...]]:
        """What is doubted of those that the job shows no verdict of."""
        return self._found

    def report(self) -> None:
        """Write down what was found; raises LeaseLost."""
        if self._found:
            self._services.takes.judged(self._claim, self._found)

    def _doubts(self, chunk: ChapterTake, pcm: bytes) -> tuple[Doubt, ...]:
        if chunk.take is not None and chunk.take.doubts is not None:
            return chunk.take.doubts
        voice = Voice(name=chunk.voice or self._voice.name, speed=self._voice.speed)
        doubts = self._judging.verdict(pcm, chunk.text, voice).doubts
        if doubts:
            log.warning("take.doubtful", chunk=chunk.index, doubts=list(doubts))
        return doubts
