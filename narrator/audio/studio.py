"""The studio: takes become chapters here, and chapters recordings in `press`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from narrator.audio import flac, takes
from narrator.audio.encoder import Ffmpeg, find_ffmpeg
from narrator.audio.encoders import Form, form_of
from narrator.audio.levels import (
    Levelling,
    Spool,
    fixed_levelling,
    levelling_of,
    shared_gain_db,
)
from narrator.audio.mastering import Mastering
from narrator.audio.press import Press
from narrator.audio.stitch import stitch
from narrator.domain.artifacts import AudioFormat
from narrator.domain.loudness import Measured
from narrator.domain.production import AacCoder, Level, Production
from narrator.domain.timeline import Pauses, Placement, Ruler, stretches
from narrator.services.ports import RenderedChapter, RenderedFile, TakeAudio

Formats = Sequence[AudioFormat | None]


class FfmpegStudio(Press):
    """The port `Studio`: pydub for takes, ffmpeg for lossy formats, libsndfile for FLAC.

    Thread-safe: it keeps no state between calls. Memory grows neither with a chapter nor with a
    book. `pauses` are the usual ones. Raises SettingsError when there is no ffmpeg.
    """

    def __init__(
        self,
        ffmpeg: Path | None = None,
        pauses: Pauses | None = None,
        aac_coder: AacCoder = AacCoder.FAST,
    ) -> None:
        super().__init__(Ffmpeg(find_ffmpeg(ffmpeg)))
        self._pauses = pauses or Pauses()
        self._coder = aac_coder

    @property
    def fingerprint(self) -> str:
        """The usual pauses, and the coder where it is not the usual one."""
        usual = self._coder is AacCoder.FAST
        return repr(self._pauses) if usual else f"{self._pauses!r} {self._coder}"

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
        production: Production,
        formats: Sequence[AudioFormat],
        folder: Path,
    ) -> RenderedChapter:
        """Trim, fade, join, level and encode one chapter into `folder`.

        Takes are asked for one at a time and each is let go before the next. Raises TakeCorrupt for
        a take of no samples or of half a one, and ToolFailed when an encoder fails.
        """
        quantum = production.quantum(formats[0])
        ruler = Ruler.begin(production.paused(self._pauses), quantum=quantum)
        with Spool(folder) as spool:
            _, stitched = stitch(takes, ruler, spool.write)
        places = [Placement(start_samples=at, samples=n, envelope=b"") for at, n in stitched]
        if production.level is Level.BOOK:
            kept, levelling = spool.measured(), Levelling(1.0, None)
            return self._mastered(spool, kept, levelling, (None,), production, places, folder)
        headroom = self._headroom_db(production, formats)
        measured, levelling = levelling_of(spool, production.profile, headroom_db=headroom)
        return self._mastered(spool, measured, levelling, formats, production, places, folder)

    def shared_gain_db(
        self,
        masters: Iterable[Path],
        *,
        measured: Measured,
        production: Production,
        formats: Sequence[AudioFormat],
        folder: Path,
    ) -> float:
        """The one gain that makes a book's masters as loud as its profile wants, limiter included.

        Masters are asked for one at a time, and only where something has to be limited: 1 kB a
        second of each stays in `folder`. Raises ToolFailed for one that is not readable.
        """
        spools = (_spooled(path, folder / f"{n:05d}") for n, path in enumerate(masters))
        headroom = self._headroom_db(production, formats)
        return shared_gain_db(spools, measured, production.profile, headroom_db=headroom)

    def level(
        self,
        master: Path,
        *,
        placements: Sequence[Placement],
        gain_db: float,
        production: Production,
        formats: Sequence[AudioFormat],
        folder: Path,
    ) -> RenderedChapter:
        """Level a chapter that was kept without loss by a gain that is known now; encode it.

        Raises ToolFailed where it is not readable, and when an encoder fails.
        """
        spool = _spooled(master, folder)
        headroom = self._headroom_db(production, formats)
        measured, levelling = fixed_levelling(
            spool, production.profile, gain_db=gain_db, headroom_db=headroom
        )
        return self._mastered(spool, measured, levelling, formats, production, placements, folder)

    def _form(self, kind: AudioFormat | None, production: Production) -> Form:
        return form_of(kind, production.profile, self._coder)

    def _headroom_db(self, production: Production, formats: Formats) -> float:
        """What the most careless of the encoders needs: by this the loudness is found."""
        return max(self._form(kind, production).headroom_db for kind in formats)

    def _mastered(
        self,
        spool: Spool,
        measured: Measured,
        levelling: Levelling,
        formats: Formats,
        production: Production,
        placements: Sequence[Placement],
        folder: Path,
    ) -> RenderedChapter:
        forms = {kind: self._form(kind, production) for kind in formats}
        listened_to = stretches(placements, spool.samples)
        mastering = Mastering(
            spool, production.profile, levelling, listened_to, (folder, self._ffmpeg)
        )
        made = mastering.files(forms.values())
        spool.remove()
        return RenderedChapter(
            files=tuple(
                RenderedFile(
                    format=kind,
                    path=folder / form.name,
                    media_type=form.media_type,
                    heard=made.heard[form],
                )
                for kind, form in forms.items()
            ),
            samples=spool.samples,
            placements=tuple(
                replace(each, envelope=found)
                for each, found in zip(placements, made.envelopes[1::2], strict=True)
            ),
            measured=measured,
            gain_db=levelling.gain_db,
            limited_samples=made.limited_samples,
        )


def _spooled(master: Path, folder: Path) -> Spool:
    """A chapter that was kept without loss, in a folder that is made if need be."""
    folder.mkdir(exist_ok=True)
    with Spool(folder) as spool:
        for block in flac.read_blocks([master]):
            spool.write(block.tobytes())
    return spool
