"""Ports of the quality gate: what takes sound like, and how fast voices speak."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from narrator.domain.gate import Doubt, Sound
from narrator.domain.voices import Voice


class Ear(Protocol):
    """Hears takes (s16le, mono, 24 kHz)."""

    def sound(self, pcm: bytes) -> Sound:
        """What can be measured without knowing the words; raises TakeCorrupt for half a sample."""

    def listen(self, pcm: bytes, text: str, *, voice: Voice) -> tuple[Doubt, ...]:
        """Compare a take with its words; nothing for a language that it does not know.

        Raises SettingsError where nothing is installed that could.
        """


class Paces(Protocol):
    """How fast a speaker's voices speak: takes counted in the bins of `domain.pace`."""

    def learned(self, voice: Voice) -> Mapping[int, int]:
        """Takes in each bin; empty for a voice never heard."""

    def learn(self, voice: Voice, takes: Mapping[int, int]) -> None:
        """Count so many more in each bin; repeating it counts them again, which harms little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What takes are judged with."""

    ear: Ear
    paces: Paces
