"""Where each chunk lies in the recording, in integer samples at 24 kHz.

A chapter is: head silence, then take after take, each trimmed at its edges and followed by the
pause its boundary asks for, then tail silence that fills the chapter up to a whole number of
`CHAPTER_QUANTUM` samples, so that encoded chapters join without drift.
"""

from dataclasses import dataclass

CHAPTER_QUANTUM = 46_080
"""lcm(1024, 576, 480): samples in a packet of AAC, MP3 (at 24 kHz) and Opus (20 ms)."""

ENVELOPE_HOP = 2_400
"""Samples an envelope value covers: 100 ms at 24 kHz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """Silence between takes and around a chapter, in seconds; defaults a listener likes."""

    sentence_seconds: float = 0.25
    paragraph_seconds: float = 0.6
    heading_seconds: float = 1.0
    scene_seconds: float = 1.5
    head_seconds: float = 0.75
    tail_seconds: float = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A chunk's stretch of audio: `samples` from `start_samples` on.

    `envelope` holds one byte for each begun 100 ms: the level, see `audio.pcm.envelope`.
    """

    start_samples: int
    samples: int
    envelope: bytes
