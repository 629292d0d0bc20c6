"""Before takes are used: those that have no verdict get one, and what is doubted is shown.

Takes that were kept by a release before this one were never judged, and takes of earlier jobs may
never have been listened to. They are paid for and are not spoken again for doubts: whoever wants
that submits the words otherwise.
"""

import structlog

from narrator.domain.errors import SettingsError
from narrator.domain.gate import Doubt
from narrator.domain.ids import TakeKey
from narrator.domain.steps import Claim
from narrator.domain.voices import Voice
from narrator.services.judging import Judging
from narrator.services.kit import Services
from narrator.services.ports import ChapterTake
from narrator.services.settle import log_error

log = structlog.get_logger(__name__)

_Doubts = tuple[Doubt, ...]


class Recheck:
    """One chapter's takes on their way into its recording; `voice` is the job's.

    `listened`: what earlier takes answer is compared with its words, as what is spoken now was.
    """

    def __init__(
        self, services: Services, claim: Claim, voice: Voice, *, listened: bool = False
    ) -> None:
        self._services = services
        self._claim = claim
        self._voice = voice
        self._listened = listened
        self._judging = Judging(services)
        self._found: dict[TakeKey, _Doubts] = {}
        self._strange: dict[TakeKey, tuple[Voice, _Doubts]] = {}

    def heard(self, chunk: ChapterTake, pcm: bytes) -> bytes:
        """The samples as they were given; a gate that breaks stops nothing."""
        if chunk.take is not None and self._services.gate is not None:
            try:
                self._judge(chunk, pcm)
            except Exception as error:  # noqa: BLE001 — the recording is made all the same
                log_error(error)
        return pcm

    def report(self) -> None:
        """Write down what is doubted of those that the job shows no such verdict of.

        Nothing of the words of a voice that turned out not to be understood. Raises LeaseLost.
        """
        for key, (voice, doubts) in self._strange.items():
            if self._judging.understands(voice):
                self._found[key] = doubts
        if self._found:
            self._services.takes.judged(self._claim, self._found)

    def _judge(self, chunk: ChapterTake, pcm: bytes) -> None:
        voice = Voice(name=chunk.voice or self._voice.name, speed=self._voice.speed)
        known = chunk.doubts
        if known is None:
            known = self._found[chunk.key] = self._measured(chunk, pcm, voice)
        if not self._listened or chunk.spoken_now or Doubt.SILENT in known:
            return
        words = self._words(pcm, chunk.text, voice)
        if new := tuple(doubt for doubt in words if doubt not in known):
            self._strange[chunk.key] = voice, (*known, *new)
            self._tell(chunk, new)

    def _measured(self, chunk: ChapterTake, pcm: bytes, voice: Voice) -> _Doubts:
        if chunk.take is not None and chunk.take.doubts is not None:
            return chunk.take.doubts
        doubts = self._judging.verdict(pcm, chunk.text, voice).doubts
        if doubts:
            self._tell(chunk, doubts)
        return doubts

    def _words(self, pcm: bytes, text: str, voice: Voice) -> _Doubts:
        try:
            return self._judging.words(pcm, text, voice)
        except SettingsError as error:  # a worker that cannot listen judges by the rest
            log.warning("gate.deaf", reason=error.reason)
            self._listened = False
            return ()

    @staticmethod
    def _tell(chunk: ChapterTake, doubts: _Doubts) -> None:
        log.warning("take.doubtful", chunk=chunk.index, doubts=list(doubts))
