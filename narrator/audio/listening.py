"""Listens to takes: are these the words, each once? By forced alignment with pocketsphinx.

Of English only, with the model that pocketsphinx brings along. Words that its dictionary does not
have (names, numerals) are left out of the comparison, and so is as much sound as they may take.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np

from narrator.audio.gate import FRAME
from narrator.audio.pcm import Samples, samples_of
from narrator.domain.errors import SettingsError
from narrator.domain.gate import Doubt
from narrator.domain.voices import SAMPLE_RATE, Voice

RATE = 16_000
"""What the model was made of, in Hz."""

BEAM = 1e-80
"""The default beams fail on one correct take in five, wider ones are slower and find less."""

STRANGE_SECONDS = 0.5
"""So much sound that belongs to no word of the text is words said twice, or others."""

OTHER_SECONDS = 2.5
"""So much of it is another text."""

DRAWN_SECONDS = 0.5
"""A word so much longer than its letters has swallowed another."""

_LETTER_SECONDS, _WORD_SECONDS, _DIGIT_SECONDS = 0.06, 0.15, 0.45
_UNKNOWN_LETTER_SECONDS = 0.07
_LOUD_DB = 26.0
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_DIGIT = re.compile(r"\d")
_TAPS = 96

_turn = Lock()


def listen(pcm: bytes, text: str, *, voice: Voice) -> tuple[Doubt, ...]:
    """What a take's words give reason to doubt; nothing for another language, or an empty take.

    Raises SettingsError where pocketsphinx is not installed. One take at a time is listened to in a
    process, about fifty times as fast as it plays.
    """
    if not voice.name.endswith("-en"):
        return ()
    samples = samples_of(pcm)
    with _turn:  # a decoder is no two threads' at once
        known, unknown_seconds = _words(text, _decoder().lookup_word)
        if not known or not len(samples):
            return ()
        segments = _aligned(samples, known)
    return _doubts(samples, segments, unknown_seconds)


@lru_cache(maxsize=1)
def _decoder() -> Any:  # noqa: ANN401 — pocketsphinx ships no types
    try:
        from pocketsphinx import Decoder  # noqa: PLC0415 — an extra
    except (ImportError, OSError) as error:
        raise SettingsError(
            "takes cannot be listened to: pocketsphinx is not installed",
            remedy="pip install 'narrator[listen]', or submit without `listen`",
        ) from error
    return Decoder(samprate=RATE, beam=BEAM, pbeam=BEAM, wbeam=BEAM, loglevel="FATAL")


def _words(text: str, look_up: Callable[[str], object]) -> tuple[list[str], float]:
    """The words that the dictionary has, and how long the others may take."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    known = [word for word in words if look_up(word)]
    strange = [word for word in words if not look_up(word)]
    seconds = sum(_UNKNOWN_LETTER_SECONDS * len(word) + _WORD_SECONDS for word in strange)
    return known, seconds + _DIGIT_SECONDS * len(_DIGIT.findall(text))


def _aligned(samples: Samples, words: list[str]) -> list[tuple[str, int, int]]:
    """Word, first and last frame (10 ms) of each segment; none where it cannot be these words."""
    decoder = _decoder()
    decoder.set_align_text(" ".join(words))
    decoder.start_utt()
    try:
        decoder.process_raw(_resampled(samples), full_utt=True)
    finally:
        decoder.end_utt()
    if decoder.hyp() is None:
        return []
    return [(each.word, each.start_frame, each.end_frame) for each in decoder.seg()]


def _doubts(
    samples: Samples, segments: list[tuple[str, int, int]], unknown_seconds: float
) -> tuple[Doubt, ...]:
    fillers = [(first, last) for word, first, last in segments if word.startswith("<")]
    strange = _sounding_seconds(samples, fillers) - unknown_seconds
    if not segments or strange >= OTHER_SECONDS:
        return (Doubt.OTHER_WORDS,)
    spoken = (each for each in segments if not each[0].startswith("<"))
    drawn = max(map(_drawn_seconds, spoken), default=0.0)
    is_doubled = strange >= STRANGE_SECONDS or drawn - unknown_seconds >= DRAWN_SECONDS
    return (Doubt.DOUBLED,) if is_doubled else ()


def _drawn_seconds(segment: tuple[str, int, int]) -> float:
    """By how much a word is longer than its letters have it."""
    word, first, last = segment
    letters = len(re.sub(r"\(\d+\)$", "", word))
    return (last - first + 1) / 100 - _LETTER_SECONDS * letters - _WORD_SECONDS


def _sounding_seconds(samples: Samples, stretches: Iterable[tuple[int, int]]) -> float:
    """How much of these stretches (frames of 10 ms) is not silent."""
    whole = len(samples) - len(samples) % FRAME
    frames = samples[:whole].reshape(-1, FRAME).astype(np.float32)
    energies = np.einsum("ij,ij->i", frames, frames)
    if not len(energies):
        return 0.0
    loud = energies > energies.mean() * 10 ** (-_LOUD_DB / 10)
    return float(sum(loud[first : last + 1].sum() for first, last in stretches)) / 100


def _resampled(samples: Samples) -> bytes:
    """At 16 kHz: twice the samples, band-limited, and of these every third."""
    instants = np.arange(-_TAPS, _TAPS + 1) / 3
    kernel = np.sinc(instants) * np.hanning(2 * _TAPS + 1) * 2 * RATE / (2 * SAMPLE_RATE)
    doubled = np.zeros(2 * len(samples), np.float32)
    doubled[::2] = samples
    smooth = np.convolve(doubled, kernel.astype(np.float32), mode="same")[::3]
    return np.clip(np.rint(smooth), -32_768, 32_767).astype("<i2").tobytes()
