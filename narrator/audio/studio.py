"""The studio: takes become chapters here, and chapters recordings in `press`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
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
from narrator.services.ports import Commission, RenderedChapter, RenderedFile, TakeAudio


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

    def render(self, takes: Iterable[TakeAudio], commission: Commission) -> RenderedChapter:
        """Trim, fade, join, level and encode one chapter into the commission's folder.

        Takes are asked for one at a time and each is let go before the next. Raises TakeCorrupt for
        a take of no samples or of half a one, and ToolFailed when an encoder fails.
        """
        production = commission.production
        quantum = production.quantum(commission.formats[0])
        ruler = Ruler.begin(production.paused(self._pauses), quantum=quantum)
        with Spool(commission.folder) as spool:
            _, places = stitch(takes, ruler, spool.write)
        if production.level is Level.BOOK:
            levels = spool.measured(), Levelling(1.0, None)
            return self._mastered(spool, levels, places, commission, kinds=(None,))
        headroom = self._headroom_db(commission)
        levels = levelling_of(spool, production.profile, headroom_db=headroom)
        return self._mastered(spool, levels, places, commission)

    def shared_gain_db(
        self, masters: Iterable[Path], measured: Measured, commission: Commission
    ) -> float:
        """The one gain that makes a book's masters as loud as its profile wants, limiter included.

        Masters are asked for one at a time, and only where something has to be limited: 1 kB a
        second of each stays in the commission's folder. Raises ToolFailed for one that is not
        readable.
        """
        folders = (commission.folder / f"{number:05d}" for number in count())
        spools = map(_spooled, masters, folders)
        headroom = self._headroom_db(commission)
        return shared_gain_db(spools, measured, commission.production.profile, headroom_db=headroom)

    def level(
        self,
        master: Path,
        placements: Sequence[Placement],
        commission: Commission,
        *,
        gain_db: float,
    ) -> RenderedChapter:
        """Level a chapter that was kept without loss by a gain that is known now; encode it.

        Raises ToolFailed where it is not readable, and when an encoder fails.
        """
        spool = _spooled(master, commission.folder)
        headroom = self._headroom_db(commission)
        profile = commission.production.profile
        levels = fixed_levelling(spool, profile, gain_db=gain_db, headroom_db=headroom)
        return self._mastered(spool, levels, placements, commission)

    def _form(self, kind: AudioFormat | None, production: Production) -> Form:
        return form_of(kind, production.profile, self._coder)

    def _headroom_db(self, commission: Commission) -> float:
        """What the most careless of the encoders needs: by this the loudness is found."""
        forms = (self._form(kind, commission.production) for kind in commission.formats)
        return max(form.headroom_db for form in forms)

    def _mastered(
        self,
        spool: Spool,
        levels: tuple[Measured, Levelling],
        placements: Sequence[Placement],
        commission: Commission,
        *,
        kinds: Sequence[AudioFormat | None] = (),
    ) -> RenderedChapter:
        """Make the chapter's files: in these kinds, or in those that are commissioned."""
        measured, levelling = levels
        production, folder = commission.production, commission.folder
        forms = {kind: self._form(kind, production) for kind in kinds or commission.formats}
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
