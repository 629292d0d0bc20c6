"""How a chapter is encoded, from blocks that come once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from narrator.audio import flac
from narrator.audio.encoder import BIT_EXACT, PCM_INPUT, Ffmpeg
from narrator.audio.pcm import Samples
from narrator.domain.artifacts import AudioFormat
from narrator.domain.production import AacCoder, Profile
from narrator.domain.voices import SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a chapter is kept until it is joined: file, media type, and how ffmpeg makes it.

    FLAC is written without ffmpeg, and has no `encoding`. `delay_samples` (at 24 kHz) is by how
    much the sound lies later once decoded, where the file does not say so itself. Of speech, what
    is decoded has peaks higher than what was encoded by mostly less than `headroom_db`, and is
    softer by about `loss_db`: docs/figures.md.
    """

    name: str
    media_type: str
    encoding: tuple[str, ...] = ()
    delay_samples: int = 0
    headroom_db: float = 0.1
    loss_db: float = 0.0


LOSSLESS = Form(name="chapter.flac", media_type="audio/flac")

# bare frames: the tag and the Info frame come once, when chapters are joined
_BARE = ("-id3v2_version", "0", "-write_xing", "0", "-f", "mp3")

_MP3_DELAY = 1_105  # of LAME's encoder and of decoders, in samples at the file's own rate
_AUDIOBOOK_RATE = 44_100


def _lame(*settings: str, scale: float) -> tuple[str, ...]:
    """LAME makes what it is given softer by a factor of its preset, which is undone before it."""
    louder = f"aformat=sample_fmts=fltp,volume={1 / scale:.6f}:precision=float"
    return (*settings[:2], "-af", louder, "-c:a", "libmp3lame", *settings[2:], *_BARE)


_MP3 = Form(
    name="chapter.mp3",
    media_type="audio/mpeg",
    encoding=_lame("-ar", str(SAMPLE_RATE), "-b:a", "64k", scale=0.95),
    delay_samples=_MP3_DELAY,
    headroom_db=2.8,  # three of four voices need up to 3.6 for a peak in ten minutes: made twice
)
_AUDIOBOOK_MP3 = Form(
    name="chapter.mp3",
    media_type="audio/mpeg",
    encoding=_lame("-ar", str(_AUDIOBOOK_RATE), "-b:a", "192k", scale=0.97),
    delay_samples=round(_MP3_DELAY * SAMPLE_RATE / _AUDIOBOOK_RATE),
    headroom_db=0.6,
)
_OPUS = Form(
    name="chapter.opus",
    media_type="audio/ogg",
    encoding=("-c:a", "libopus", "-b:a", "32k", "-frame_duration", "20", "-f", "ogg"),
    headroom_db=1.7,
    loss_db=0.7,
)


def form_of(kind: AudioFormat | None, profile: Profile, coder: AacCoder = AacCoder.FAST) -> Form:
    """How a chapter of that format is kept; None is the master, without loss."""
    match kind:
        case AudioFormat.M4B:
            return _aac(coder)
        case AudioFormat.MP3:
            return _AUDIOBOOK_MP3 if profile is Profile.AUDIOBOOK else _MP3
        case AudioFormat.OPUS:
            return _OPUS
        case _:
            return LOSSLESS


_AAC_HEADROOM_DB = {AacCoder.FAST: 1.5, AacCoder.TWOLOOP: 2.2}
"""The slower coder strays further: with less, one peak in some minutes has a chapter made twice."""


def _aac(coder: AacCoder) -> Form:
    return Form(
        name="chapter.aac",
        media_type="audio/aac",
        encoding=("-c:a", "aac", "-aac_coder", coder, "-b:a", "64k", "-f", "adts"),
        delay_samples=1_024,
        headroom_db=_AAC_HEADROOM_DB[coder],
        loss_db=0.1,
    )


@contextmanager
def writing(form: Form, folder: Path, ffmpeg: Ffmpeg) -> Iterator[Callable[[Samples], object]]:
    """Encode what is written into a file of the form's name; raises ToolFailed.

    Encoders of several forms run beside one another, if they are fed in turn.
    """
    path = folder / form.name
    if not form.encoding:
        with flac.writing(path) as write:
            yield write
        return
    with ffmpeg.fed([*PCM_INPUT, *form.encoding, *BIT_EXACT, f"file:{path}"]) as feed:
        yield lambda samples: feed(samples.tobytes())
