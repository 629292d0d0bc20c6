"""Estimating: what speaking will take and cost."""

from urllib.parse import urlsplit

from narrator.domain.slots import SlotTerms

_DEEPGRAM = "deepgram.com"

CHARS_PER_SECOND = 18.0
"""How fast English is read aloud; measured on espeak-ng, near Aura's usual pace."""


def seconds_of_speech(chars: int, *, speed: float = 1.0) -> float:
    """About how long so many characters play, pauses apart."""
    return chars / CHARS_PER_SECOND / speed


def wall_seconds(chars: int, terms: SlotTerms) -> float:
    """About how long a fleet that has nothing else to do takes to speak so many characters.

    Every slot sends what its pacing window holds (Deepgram: 2,400 characters a minute and socket,
    less our margin), whatever the length of the audio; planning and rendering are not counted.
    """
    return chars / (terms.most * terms.window_chars) * terms.window_seconds


def cost_dollars(chars: int, *, price_per_1000_chars: float) -> float:
    """What the provider charges for so many input characters."""
    return chars / 1000 * price_per_1000_chars


def is_paid(url: str, speaker: str) -> bool:
    """Whether what is spoken at this endpoint, under this name, is paid for.

    It is at Deepgram, whatever its takes are called: another region's host is a `custom` speaker.
    """
    host = urlsplit(url).hostname or ""
    return host == _DEEPGRAM or host.endswith(f".{_DEEPGRAM}") or speaker == "deepgram"
