"""Joins takes into chapters with pydub; `press` makes recordings of them.

pydub counts in whole milliseconds: slices and fades of anything else silently lose or add samples.
Here it is only ever given pieces that are whole milliseconds long, and positions are counted in
samples by a `Ruler`.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from narrator.audio import flac, takes
from narrator.audio.encoder import BIT_EXACT, PCM_INPUT, Ffmpeg, find_ffmpeg
from narrator.audio.pcm import envelope, samples_of
from narrator.audio.press import Press
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import TakeCorrupt
from narrator.domain.timeline import Pauses, Placement, Ruler
from narrator.domain.voices import BYTES_PER_SAMPLE, SAMPLE_RATE
from narrator.services.ports import RenderedChapter, TakeAudio

with warnings.catch_warnings():  # it warns when ffmpeg is not on PATH; we name it ourselves
    warnings.simplefilter("ignore")
    from pydub import AudioSegment
    from pydub.silence import detect_leading_silence

MARGIN_MS = 30
"""Silence left at either edge of a take: soft onsets begin before they reach the threshold."""

FADE_MS = 5

QUIET_DBFS = -50.0
QUIET_BELOW_TAKE_DB = 30.0
"""What is quieter than both is silence that may go: 30 dB under a quiet take's own level, too."""

_SAMPLES_A_MS = SAMPLE_RATE // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """How a chapter is kept until it is joined: file, media type, and how ffmpeg makes it.

    FLAC is written without ffmpeg, and has no `encoding`.
    """

    name: str
    media_type: str
    encoding: tuple[str, ...] = ()


_LOSSLESS = Rendered(name="chapter.flac", media_type="audio/flac")

RENDERED: dict[AudioFormat, Rendered] = {
    AudioFormat.M4B: Rendered(
        name="chapter.aac",
        media_type="audio/aac",
        # the fast coder: five times as fast as the default, and on speech at this rate not worse
        encoding=("-c:a", "aac", "-aac_coder", "fast", "-b:a", "64k", "-f", "adts"),
    ),
    AudioFormat.MP3: Rendered(
        name="chapter.mp3",
        media_type="audio/mpeg",
        # bare frames: the tag and the Info frame come once, when chapters are joined
        encoding=(
            *("-c:a", "libmp3lame", "-b:a", "64k"),
            *("-id3v2_version", "0", "-write_xing", "0", "-f", "mp3"),
        ),
    ),
    AudioFormat.OPUS: Rendered(
        name="chapter.opus",
        media_type="audio/ogg",
        encoding=("-c:a", "libopus", "-b:a", "32k", "-frame_duration", "20", "-f", "ogg"),
    ),
    AudioFormat.FLAC: _LOSSLESS,
    AudioFormat.WAV: _LOSSLESS,
}


class FfmpegStudio(Press):
    """The port `Studio`: pydub for takes, ffmpeg for lossy formats, libsndfile for FLAC.

    Thread-safe: it keeps no state between calls. Memory grows neither with a chapter nor with a
    book. Raises SettingsError when there is no ffmpeg.
    """

    def __init__(self, ffmpeg: Path | None = None, pauses: Pauses | None = None) -> None:
        super().__init__(Ffmpeg(find_ffmpeg(ffmpeg)))
        self._pauses = pauses or Pauses()

    @property
    def fingerprint(self) -> str:
        """The pauses."""
        return repr(self._pauses)

    def pack(self, pcm: bytes) -> bytes:
        """A take's samples as a FLAC file; raises TakeCorrupt for none, or for half a sample."""
        return takes.pack(pcm)

    def unpack(self, packed: bytes) -> bytes:
        """The samples of a packed take; raises TakeCorrupt."""
        return takes.unpack(packed)

    def render(
        self,
        takes: Iterable[TakeAudio],
        *,
        format: AudioFormat,
        folder: Path,
    ) -> RenderedChapter:
        """Trim, fade, join and encode one chapter into `folder`.

        Takes are asked for one at a time and each is let go before the next. Raises TakeCorrupt for
        a take of no samples or of half a one, and ToolFailed when the encoder fails.
        """
        form = RENDERED[format]
        path = folder / form.name
        with self._writing(path, form.encoding) as write:
            samples, placements = _stitch(takes, self._pauses, write)
        return RenderedChapter(
            path=path,
            media_type=form.media_type,
            samples=samples,
            placements=tuple(placements),
        )

    def _writing(
        self, path: Path, encoding: Sequence[str]
    ) -> AbstractContextManager[Callable[[bytes], object]]:
        if not encoding:
            return _writing_flac(path)
        return self._ffmpeg.fed([*PCM_INPUT, *encoding, *BIT_EXACT, f"file:{path}"])


@contextmanager
def _writing_flac(path: Path) -> Iterator[Callable[[bytes], object]]:
    with flac.writing(path) as write:
        yield lambda pcm: write(samples_of(pcm))


def _stitch(
    takes: Iterable[TakeAudio], pauses: Pauses, write: Callable[[bytes], object]
) -> tuple[int, list[Placement]]:
    """Write a chapter: silence, take, silence and so on; gives its samples and placements."""
    ruler = Ruler.begin(pauses)
    placements = []
    for take in takes:
        pcm = edged(take.pcm)
        write(_silence(ruler.silence_samples))
        write(pcm)
        samples = samples_of(pcm)
        placements.append(
            Placement(
                start_samples=ruler.start_samples,
                samples=len(samples),
                envelope=envelope(samples),
            )
        )
        ruler = ruler.placed(len(samples), take.boundary)
    write(_silence(ruler.samples - ruler.end_samples))
    return ruler.samples, placements


def _silence(samples: int) -> bytes:
    return bytes(samples * BYTES_PER_SAMPLE)


def edged(pcm: bytes) -> bytes:
    """A take (s16le, mono, 24 kHz) with its silent edges trimmed to a margin, and faded.

    A take that is silent all through is left as long as it is. Raises TakeCorrupt for no samples.
    """
    if not len(samples_of(pcm)):
        raise TakeCorrupt("a take holds no samples", remedy="the chunk will be spoken again")
    segment = AudioSegment(
        data=pcm, sample_width=BYTES_PER_SAMPLE, frame_rate=SAMPLE_RATE, channels=1
    )
    return _faded(_trimmed(segment))


def _trimmed(segment: AudioSegment) -> AudioSegment:
    # Somewhere a take is as loud as it is on average, so there is always something left.
    threshold = min(QUIET_DBFS, segment.dBFS - QUIET_BELOW_TAKE_DB)
    before = _spare(segment, threshold)
    after = _spare(segment.reverse(), threshold)
    return segment.get_sample_slice(before, int(segment.frame_count()) - after)


def _spare(segment: AudioSegment, threshold: float) -> int:
    """How many samples at the beginning are silence beyond the margin."""
    silent_ms: int = detect_leading_silence(segment, silence_threshold=threshold, chunk_size=10)
    return max(0, silent_ms - MARGIN_MS) * _SAMPLES_A_MS


def _faded(segment: AudioSegment) -> bytes:
    """Faded in and out over whole milliseconds at its very edges; its length does not change."""
    samples = int(segment.frame_count())
    milliseconds = min(FADE_MS, samples // 2 // _SAMPLES_A_MS)
    if not milliseconds:
        return bytes(segment.raw_data)
    edge = milliseconds * _SAMPLES_A_MS
    pieces = (
        segment.get_sample_slice(0, edge).fade_in(milliseconds),
        segment.get_sample_slice(edge, samples - edge),
        segment.get_sample_slice(samples - edge, samples).fade_out(milliseconds),
    )
    return b"".join(piece.raw_data for piece in pieces)
