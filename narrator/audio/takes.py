"""Takes packed as FLAC: the same samples always give the same bytes, and come back bit for bit."""

import io

import numpy as np
import soundfile

from narrator.audio.pcm import samples_of
from narrator.domain.errors import TakeCorrupt
from narrator.domain.voices import SAMPLE_RATE


def pack(pcm: bytes) -> bytes:
    """The samples (s16le, mono, 24 kHz) as FLAC; raises TakeCorrupt for none, or for a half."""
    if not pcm:
        raise TakeCorrupt("a take holds no samples", remedy=_REMEDY)
    file = io.BytesIO()
    soundfile.write(file, samples_of(pcm), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def unpack(packed: bytes) -> bytes:
    """The samples of a packed take; raises TakeCorrupt unless mono, 24 kHz and all there."""
    try:
        samples, rate = soundfile.read(io.BytesIO(packed), dtype="int16", always_2d=True)
    except soundfile.SoundFileError as error:
        raise TakeCorrupt("a stored take is not a readable FLAC file", remedy=_REMEDY) from error
    if rate != SAMPLE_RATE or samples.shape[1] != 1:
        found = f"{rate} Hz with {samples.shape[1]} channels"
        raise TakeCorrupt(f"a stored take is {found}, not {SAMPLE_RATE} Hz mono", remedy=_REMEDY)
    return bytes(samples.astype(np.dtype("<i2"), copy=False).data)


_REMEDY = "the chunk will be spoken again"
