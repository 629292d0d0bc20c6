"""Judging takes: by what is measured of them, and by what was learned of their voices."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import structlog

from narrator.domain.errors import StoreUnavailable
from narrator.domain.gate import Doubt, Verdict, judge
from narrator.domain.pace import Band, band, bin_of
from narrator.domain.voices import Voice
from narrator.services.kit import Services
from narrator.services.ports import Gate

log = structlog.get_logger(__name__)

TONES = "offline-tone"
"""The speaker that has no pace: it writes bytes as tones, and digits as fast as letters."""

HEARD_OUT = 4
"""After so many takes of a voice it is told whether listening understands it."""


class Judging:
    """Judges takes of a speaker's voices; for one thread. Without a gate in the kit, use none."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._learned: dict[Voice, Mapping[int, int]] = {}
        self._new: Counter[int] = Counter()
        self._listened: Counter[Voice] = Counter()
        self._strange: Counter[Voice] = Counter()

    def look_up(self, voice: Voice) -> None:
        """Read anew how fast a voice speaks; a store that is away is no reason to stop."""
        gate = self._services.gate
        if gate is None:
            return
        try:
            self._learned[voice] = gate.paces.learned(voice)
        except StoreUnavailable as error:
            log.warning("gate.unlearned", reason=error.reason)

    def verdict(self, pcm: bytes, text: str, voice: Voice, *, listened: bool = False) -> Verdict:
        """The verdict on a take; raises SettingsError where nothing is there to listen with."""
        if voice not in self._learned:
            self.look_up(voice)
        found = judge(self._gate.ear.sound(pcm), text, self._band(text, voice))
        if not listened or Doubt.SILENT in found.doubts:
            return found
        return replace(found, doubts=(*found.doubts, *self.words(pcm, text, voice)))

    def words(self, pcm: bytes, text: str, voice: Voice) -> tuple[Doubt, ...]:
        """Doubts of a take's words; none any more of a voice that is not understood.

        To say its words again would change nothing. Raises SettingsError like `verdict`.
        """
        if not self.understands(voice):
            return ()
        doubts = self._gate.ear.listen(pcm, text, voice=voice)
        self._listened[voice] += 1
        self._strange[voice] += bool(doubts)
        if self._listened[voice] == HEARD_OUT and not self.understands(voice):
            log.warning("gate.deaf", reason=f"{voice.name} is not understood")
        return doubts

    def understands(self, voice: Voice) -> bool:
        """Whether listening is of use for a voice: not if most of its takes seem wrong."""
        listened = self._listened[voice]
        return listened < HEARD_OUT or 2 * self._strange[voice] <= listened

    @property
    def _gate(self) -> Gate:
        if self._services.gate is None:
            raise LookupError("there is no gate")
        return self._services.gate

    def _band(self, text: str, voice: Voice) -> Band | None:
        if self._services.speaker_name == TONES:
            return None
        return band(text, self._learned.get(voice, {}), speed=voice.speed)

    def learn(self, text: str, verdict: Verdict) -> None:
        """Count a take that is as its voice speaks."""
        found = bin_of(text, verdict.sound.sounding_seconds)
        if found is not None:
            self._new[found] += 1

    def store(self, voice: Voice) -> None:
        """Write down what was learned; what a store that is away does not take is not missed."""
        gate, new = self._services.gate, dict(self._new)
        self._new.clear()
        if gate is None or not new:
            return
        try:
            gate.paces.learn(voice, new)
        except StoreUnavailable as error:
            log.warning("gate.unlearned", reason=error.reason)
