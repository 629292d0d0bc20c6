"""Who speaks and how: the voice, its parameters and the audio they come in."""

import re
from dataclasses import dataclass

from narrator.domain.errors import OptionRefused

SAMPLE_RATE = 24_000
"""Samples per second of the working format: mono, signed 16 bit, little endian (linear16)."""

BYTES_PER_SAMPLE = 2

DEFAULT_VOICE = "aura-2-thalia-en"

# aura-{name}-en and aura-2-{name}-{language}: Deepgram Speak v1, `model`.
_VOICE = re.compile(r"aura(-2)?-[a-z]+-(en|es|de|nl|fr|it|ja)")
SLOWEST, FASTEST = 0.7, 1.5  # Deepgram's `speed`; Aura-2 English and Spanish only


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice and its parameters: what one speech session is opened with and cannot change.

    Raises OptionRefused for a name or a speed that the provider would refuse.
    """

    name: str = DEFAULT_VOICE
    speed: float = 1.0

    def __post_init__(self) -> None:
        match = _VOICE.fullmatch(self.name)
        if not match or (match[1] is None and match[2] != "en"):
            raise OptionRefused(
                f"there is no voice {self.name!r}",
                remedy="name a Deepgram Aura voice, such as aura-2-thalia-en",
            )
        if not SLOWEST <= self.speed <= FASTEST:
            raise OptionRefused(
                f"speed {self.speed:g} is outside {SLOWEST} to {FASTEST}",
                remedy=f"choose a speed from {SLOWEST} to {FASTEST}",
            )
        if self.speed != 1.0 and not (match[1] and match[2] in {"en", "es"}):
            raise OptionRefused(
                f"voice {self.name!r} speaks only at speed 1",
                remedy="leave speed at 1, or choose an Aura-2 voice in English or Spanish",
            )
