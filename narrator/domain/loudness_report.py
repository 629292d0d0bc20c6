"""How loud a recording has become, chapter by chapter: what the manifest says of it."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from math import log10
from typing import Any, TypeVar

from narrator.domain.artifacts import AudioFormat
from narrator.domain.levels import room_dbfs
from narrator.domain.loudness import SILENCE_DB, Measured, merged
from narrator.domain.production import Level, Production, Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """What a meter found in a finished file, decoded, to hundredths.

    `lufs` is the integrated loudness (None for silence), the others are in dBFS: the RMS of
    everything, the highest true peak, and the RMS of the quietest half second, which is one of the
    silences between takes wherever there is one of that length.
    """

    lufs: float | None
    rms_db: float
    true_peak_db: float
    floor_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterLoudness:
    """A chapter's, by its number: what it came to in the job's own format.

    And by what gain, before what its encoder needs, and how much had to be limited. `room_db` is
    what the voice's own recording has where nothing is said (`levels.room_dbfs`).
    """

    number: int
    gain_db: float
    limited_samples: int
    levels: Loudness
    room_db: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoudnessReport:
    """What was asked for, and what it came to: the whole, and each chapter that was measured.

    `whole` is of the job's own format, which is the first of `formats`.
    """

    profile: Profile
    level: Level
    whole: Loudness
    chapters: tuple[ChapterLoudness, ...]
    formats: Mapping[AudioFormat, Loudness] = field(default_factory=dict)
    room_db: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Levelled:
    """A chapter as its renderer left it: what each format's file holds, its job's own first.

    `envelopes` are its takes', after gain and limiter.
    """

    number: int
    gain_db: float
    limited_samples: int
    decoded: Mapping[AudioFormat, Measured]
    envelopes: tuple[bytes, ...] = ()

    @property
    def measured(self) -> Measured:
        """In the job's own format."""
        return next(iter(self.decoded.values()))


def loudness_report(production: Production, chapters: Iterable[Levelled]) -> LoudnessReport | None:
    """The report on a book of these chapters; None where none of them was measured."""
    found = list(chapters)
    if not found:
        return None
    return LoudnessReport(
        profile=production.profile,
        level=production.level,
        whole=_loudness(merged(each.measured for each in found)),
        chapters=tuple(
            ChapterLoudness(
                number=each.number,
                gain_db=round(each.gain_db, 2),
                limited_samples=each.limited_samples,
                levels=_loudness(each.measured),
                room_db=room_dbfs(each.envelopes),
            )
            for each in found
        ),
        room_db=room_dbfs(envelope for each in found for envelope in each.envelopes),
        formats={
            kind: _loudness(merged(each.decoded[kind] for each in found if kind in each.decoded))
            for kind in found[0].decoded
        },
    )


def _loudness(measured: Measured) -> Loudness:
    lufs = measured.integrated_lufs
    return Loudness(
        lufs=None if lufs is None else round(lufs, 2),
        rms_db=round(measured.rms_db, 2),
        true_peak_db=_db(measured.true_peak),
        floor_db=_db(measured.floor_rms),
    )


def _db(amplitude: float) -> float:
    return round(max(SILENCE_DB, 20 * log10(amplitude)), 2) if amplitude > 0 else SILENCE_DB


def report_to_json(report: LoudnessReport) -> dict[str, Any]:
    """As the manifest holds it."""
    return asdict(report)


def report_from_json(value: Mapping[str, Any]) -> LoudnessReport:
    """What `report_to_json` wrote; what a later release says besides is left out.

    Raises KeyError, TypeError or ValueError for anything else.
    """
    return LoudnessReport(
        profile=Profile(value["profile"]),
        level=Level(value["level"]),
        whole=_known(Loudness, value["whole"]),
        chapters=tuple(map(_chapter_from_json, value["chapters"])),
        formats={
            AudioFormat(kind): _known(Loudness, each)
            for kind, each in value.get("formats", {}).items()
        },
        room_db=value.get("room_db"),
    )


def _chapter_from_json(value: Mapping[str, Any]) -> ChapterLoudness:
    levels = _known(Loudness, value["levels"])
    return _known(ChapterLoudness, {**value, "levels": levels})


Said = TypeVar("Said", Loudness, ChapterLoudness)


def _known(kind: type[Said], value: Mapping[str, Any]) -> Said:
    return kind(**{each.name: value[each.name] for each in fields(kind) if each.name in value})
