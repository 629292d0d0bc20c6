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
        gate = self._services.gate
        if gate is None:
            raise LookupError("there is no gate")
        if voice not in self._learned:
            self.look_up(voice)
        found = judge(gate.ear.sound(pcm), text, self._band(text, voice))
        if not listened or Doubt.SILENT in found.doubts:
            return found
        return replace(found, doubts=(*found.doubts, *self._by_listening(gate, pcm, text, voice)))

    def _by_listening(self, gate: Gate, pcm: bytes, text: str, voice: Voice) -> tuple[Doubt, ...]:
        """Doubts of its words; none any more of a voice most of whose takes seem wrong.

        Some voices are never understood, and to say their words again would change nothing.
        """
        listened = self._listened[voice]
        if listened >= HEARD_OUT and 2 * self._strange[voice] > listened:
            return ()
        doubts = gate.ear.listen(pcm, text, voice=voice)
        self._listened[voice] += 1
        self._strange[voice] += bool(doubts)
        if self._listened[voice] == HEARD_OUT and 2 * self._strange[voice] > HEARD_OUT:
            log.warning("gate.deaf", reason=f"{voice.name} is not understood")
        return doubts

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
