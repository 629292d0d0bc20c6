"""The recording as its submitter wants it: files, loudness, pauses, and what goes along with it.

A job has one `format` of its own; `also` names others, made of the same stitched chapters. All of a
job's files share one timeline, whatever their formats.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar

from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import OptionRefused, SettingsError
from narrator.domain.timeline import CHAPTER_QUANTUM, Pauses

SLOW_QUANTUM = 92_160
"""Samples at 24 kHz that chapters are multiples of where MP3 at 44.1 kHz is among the formats:
3.84 s, which are 147 of its packets (1,152 samples), and two of `CHAPTER_QUANTUM`."""


class Profile(StrEnum):
    """How loud a recording is made; `domain.loudness` has the figures."""

    PODCAST = "podcast"  # -16 LUFS, peaks of -1 dBTP at the most
    AUDIOBOOK = "audiobook"  # ACX levels; MP3 at 44.1 kHz and 192 kbit/s, 120 minutes a file
    OFF = "off"  # as it was spoken


class Level(StrEnum):
    """Of what the loudness is made even."""

    CHAPTER = "chapter"  # each gets a gain of its own, as soon as it is complete
    BOOK = "book"  # one gain for all of them, which waits for the last


class Split(StrEnum):
    """How a recording is cut into files."""

    WHOLE = "whole"
    CHAPTERS = "chapters"  # a file for each
    PARTS = "parts"  # of whole chapters, none longer than `part_minutes` unless one chapter is


class AacCoder(StrEnum):
    """How ffmpeg's AAC encoder looks for what to leave out; a setting, not a job's choice."""

    FAST = "fast"  # about three times as fast as the other, and on speech at our bit rate not worse
    TWOLOOP = "twoloop"  # ffmpeg's own default


class Companion(StrEnum):
    """What goes along with a recording: when which words are heard."""

    JSON = "json"
    VTT = "vtt"
    SRT = "srt"
    EPUB = "epub"  # with media overlays; of a document that is an EPUB


AUDIOBOOK_MINUTES = 120
"""The longest file of ACX's requirements."""

AUDIOBOOK_TAIL_SECONDS = 1.0
"""ACX wants 1 to 5 seconds of silence at a file's end, and a chapter is filled up by up to 3.84."""

_PAUSES = tuple(each.name.removesuffix("_seconds") for each in fields(Pauses))


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """All choices about a recording. `part_minutes` counts where it is split into parts.

    `pauses` holds what is not to be as the settings have it: names as in `Pauses`, without the
    unit, and seconds. `listen`: takes are compared with their words as well.
    """

    also: tuple[AudioFormat, ...] = ()
    profile: Profile = Profile.PODCAST
    level: Level = Level.CHAPTER
    split: Split = Split.WHOLE
    part_minutes: int = AUDIOBOOK_MINUTES
    pauses: tuple[tuple[str, float], ...] = ()
    companions: tuple[Companion, ...] = ()
    listen: bool = False

    def paused(self, usual: Pauses) -> Pauses:
        """The pauses, given the usual ones; the profile's tail goes before theirs."""
        values = {each.name: getattr(usual, each.name) for each in fields(Pauses)}
        if self.profile is Profile.AUDIOBOOK:
            values["tail_seconds"] = AUDIOBOOK_TAIL_SECONDS
        return Pauses(**values | {f"{name}_seconds": seconds for name, seconds in self.pauses})

    def formats(self, main: AudioFormat) -> tuple[AudioFormat, ...]:
        """All formats of a job whose own is `main`, each once, that one first."""
        return tuple(dict.fromkeys((main, *self.also)))

    def quantum(self, main: AudioFormat) -> int:
        """The samples (at 24 kHz) that each chapter is a multiple of."""
        slow = self.profile is Profile.AUDIOBOOK and AudioFormat.MP3 in self.formats(main)
        return SLOW_QUANTUM if slow else CHAPTER_QUANTUM


DEFAULT_PRODUCTION = Production()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A production as people write it; what is left empty is as usual.

    `split` is a `Split` or a number of minutes; `pauses` are texts such as `paragraph=0.8`.
    """

    also: Iterable[str] = ()
    loudness: str = ""
    level: str = ""
    split: str = ""
    pauses: Iterable[str] = ()
    companions: Iterable[str] = ()
    listen: bool = False


def parse_production(asked: Asked) -> Production:
    """The production that is asked for; raises OptionRefused, naming what is possible."""
    split, minutes = _split(asked.split)
    return Production(
        also=_several(AudioFormat, asked.also, "format"),
        profile=_one(Profile, asked.loudness, "loudness"),
        level=_one(Level, asked.level, "level"),
        split=split,
        part_minutes=minutes,
        pauses=_pauses(asked.pauses),
        companions=_several(Companion, asked.companions, "read-along"),
        listen=asked.listen,
    )


Choice = TypeVar("Choice", bound=StrEnum)


def _one(choices: type[Choice], given: str, what: str) -> Choice:
    """The choice of that name; the first where none is given."""
    name = given.strip().lower() or str(next(iter(choices)))
    if name not in set(choices):
        raise OptionRefused(
            f"there is no {what} {given!r}", remedy=f"possible: {', '.join(choices)}"
        )
    return choices(name)


def _several(choices: type[Choice], given: Iterable[str], what: str) -> tuple[Choice, ...]:
    asked = {_one(choices, name, what) for name in given if name.strip()}
    return tuple(each for each in choices if each in asked)


def _split(given: str) -> tuple[Split, int]:
    """Whole, chapters, or parts of so many minutes."""
    text = given.strip().lower()
    if text in {"", Split.WHOLE, Split.CHAPTERS}:
        return Split(text or Split.WHOLE), AUDIOBOOK_MINUTES
    if not text.isdecimal():
        raise OptionRefused(
            f"there is no split {given!r}",
            remedy="possible: whole, chapters, or the whole minutes of a part, such as 90",
        )
    if not 1 <= int(text) <= _MOST_MINUTES:
        raise OptionRefused(
            f"parts of {text} minutes are out of range", remedy=f"choose 1 to {_MOST_MINUTES}"
        )
    return Split.PARTS, int(text)


_MOST_MINUTES = 10_000


def _pauses(given: Iterable[str]) -> tuple[tuple[str, float], ...]:
    found: dict[str, float] = {}
    for each in given:
        name, _, seconds = (part.strip().lower() for part in each.partition("="))
        if name not in _PAUSES:
            remedy = f"pauses: {', '.join(_PAUSES)}"
            raise OptionRefused(f"there is no pause {name!r}", remedy=remedy)
        found[name] = _seconds(name, seconds)
    chosen = tuple((name, found[name]) for name in _PAUSES if name in found)
    try:
        Production(pauses=chosen).paused(Pauses())
    except SettingsError as error:
        # Settings name the unit, the option does not.
        reason = error.reason.replace("_seconds", "")
        raise OptionRefused(reason, remedy=error.remedy) from error
    return chosen


_LONGEST_PAUSE_SECONDS = 30.0


def _seconds(name: str, given: str) -> float:
    try:
        seconds = float(given)
    except ValueError:
        seconds = float("nan")
    if not 0 <= seconds <= _LONGEST_PAUSE_SECONDS:
        raise OptionRefused(
            f"a {name} pause of {given!r} is no number of seconds from 0 to 30",
            remedy=f"write {name}=0.5, for example",
        )
    return seconds


def write_pauses(pauses: Iterable[tuple[str, float]]) -> list[str]:
    """What `Asked.pauses` takes."""
    return [f"{name}={seconds:g}" for name, seconds in pauses]


# ------------------------------------------------------------------------------ as it is kept


def production_to_json(production: Production) -> dict[str, Any]:
    """The production as a JSON object that holds what differs from the usual, and nothing else."""
    values = {each.name: getattr(production, each.name) for each in fields(Production)}
    usual = {each.name: getattr(DEFAULT_PRODUCTION, each.name) for each in fields(Production)}
    return {
        name: dict(value) if name == "pauses" else list(value) if _is_list(value) else value
        for name, value in values.items()
        if value != usual[name]
    }


def _is_list(value: object) -> bool:
    return isinstance(value, tuple)


def production_from_json(value: Mapping[str, Any]) -> Production:
    """What `production_to_json` wrote."""
    usual = DEFAULT_PRODUCTION
    return Production(
        also=tuple(map(AudioFormat, value.get("also", ()))),
        profile=Profile(value.get("profile", usual.profile)),
        level=Level(value.get("level", usual.level)),
        split=Split(value.get("split", usual.split)),
        part_minutes=int(value.get("part_minutes", usual.part_minutes)),
        pauses=tuple((name, float(each)) for name, each in value.get("pauses", {}).items()),
        companions=tuple(map(Companion, value.get("companions", ()))),
        listen=bool(value.get("listen", usual.listen)),
    )
