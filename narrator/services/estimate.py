"""Estimating: what speaking will take and cost."""

CHARS_PER_SECOND = 18.0
"""How fast English is read aloud; measured on espeak-ng, near Aura's usual pace."""


def seconds_of_speech(chars: int, *, speed: float = 1.0) -> float:
    """About how long so many characters play, pauses apart."""
    return chars / CHARS_PER_SECOND / speed


def cost_dollars(chars: int, *, price_per_1000_chars: float) -> float:
    """What the provider charges for so many input characters."""
    return chars / 1000 * price_per_1000_chars
