"""JSON text → what our structured documents hold, with every refusal naming its place, never text.

Places are written as in `chapters[3].passages[0].voice`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NoReturn

from narrator.domain.documents import Metadata, PassageKind
from narrator.domain.errors import DocumentRefused, OptionRefused
from narrator.domain.voices import Voice

VERSION = 1
_METADATA = (
    "title", "language", "identifier", "publisher", "date", "description", "series",
    "series_position",
)  # fmt: skip
_DOCUMENT = ("narrator", "creators", "chapters", *_METADATA)
_CHAPTER = ("title", "voice", "passages")
_PASSAGE = ("kind", "voice", "text", "runs", "scene_break")
_RUN = ("text", "voice")
_SCHEMA = "docs/document.schema.json is its schema"
_NAMES: Mapping[type[Any], str] = {dict: "an object", list: "an array", str: "a string"}
_UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # what no label, tag or table holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Text of one voice (empty: the narrator's)."""

    text: str
    voice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A passage: stretches, of which no two neighbours have one voice."""

    kind: PassageKind
    stretches: tuple[Stretch, ...]

    @property
    def label(self) -> str:
        """Its text as a title of something."""
        return _label("".join(stretch.text for stretch in self.stretches))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A chapter: `label` is its title on one line, and none of the passages is a scene break."""

    label: str
    passages: tuple[Piece | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All of it."""

    metadata: Metadata
    parts: tuple[Part, ...]


def parse_book(text: str, name: str) -> Book:
    """What the JSON says; raises DocumentRefused for what is no JSON, or not as the schema asks."""
    value = _Value(_loaded(text, name), name)
    said = value.object(_DOCUMENT)
    said["narrator"].number(VERSION)
    metadata = {key: _label(said[key].string()) for key in _METADATA if said[key].given}
    creators = (creator.string() for creator in said["creators"].array(absent=True))
    return Book(
        metadata=Metadata(creators=tuple(filter(None, map(_label, creators))), **metadata),
        parts=tuple(map(_part, said["chapters"].array())),
    )


def _part(value: "_Value") -> Part:
    said = value.object(_CHAPTER)
    voice = said["voice"].voice("")
    passages = [_piece(each, voice) for each in said["passages"].array()]
    title = said["title"].string() if said["title"].given else ""
    head = passages[0] if passages else None
    own = head.label if head and head.kind is PassageKind.HEADING else ""
    if title.strip() and _label(title) != own:
        stretch = Stretch(text=title, voice=voice)
        passages.insert(0, Piece(kind=PassageKind.HEADING, stretches=(stretch,)))
    return Part(label=_label(title) or own, passages=tuple(passages))


def _piece(value: "_Value", voice: str) -> Piece | None:
    """A passage; none for a change of scene."""
    said = value.object(_PASSAGE)
    given = [key for key, each in said.items() if each.given]
    if "scene_break" in given:
        if given != ["scene_break"] or said["scene_break"].value is not True:
            value.refuse("has a scene_break that is not true, or something beside it")
        return None
    if ("text" in given) == ("runs" in given):
        value.refuse("has not one of: text, runs, scene_break")
    kind = said["kind"].kind()
    voice = said["voice"].voice(voice)
    if "text" in given:
        return Piece(kind=kind, stretches=(Stretch(text=said["text"].string(), voice=voice),))
    runs = (_run(run, voice) for run in said["runs"].array())
    return Piece(kind=kind, stretches=tuple(_joined(runs)))


def _run(value: "_Value", voice: str) -> Stretch:
    said = value.object(_RUN)
    if not said["text"].given:
        value.refuse("has no text")
    return Stretch(text=said["text"].string(), voice=said["voice"].voice(voice))


def _joined(runs: Iterator[Stretch]) -> Iterator[Stretch]:
    for voice, group in groupby(runs, key=lambda run: run.voice):
        yield Stretch(text="".join(run.text for run in group), voice=voice)


def _label(text: str) -> str:
    """The text on one line, without what no tag, header or table could hold."""
    return " ".join(_UNFIT.sub(" ", text).split())


# ------------------------------------------------------------------------------ values in places


_ABSENT: Any = object()  # stands where a key is not given


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of the JSON, and where it stands."""

    value: Any
    name: str
    place: str = ""

    @property
    def given(self) -> bool:
        return self.value is not _ABSENT

    def object(self, keys: tuple[str, ...]) -> Mapping[str, "_Value"]:
        """A value for each of the keys, given or not; no other key may be there."""
        value = self._typed(dict)
        if not value.keys() <= set(keys):
            self.refuse(f"has a key that is none of: {', '.join(keys)}")
        dot = "." if self.place else ""
        return {
            key: _Value(value.get(key, _ABSENT), self.name, f"{self.place}{dot}{key}")
            for key in keys
        }

    def array(self, *, absent: bool = False) -> Iterator["_Value"]:
        """The values in an array; none if it may be absent, and is."""
        values = [] if absent and not self.given else self._typed(list)
        for index, each in enumerate(values):
            yield _Value(each, self.name, f"{self.place}[{index}]")

    def string(self) -> str:
        return str(self._typed(str))

    def number(self, number: int) -> None:
        """Refuse any other; 1.0 is 1, says JSON Schema, and `true` is not."""
        if isinstance(self.value, bool) or self.value != number:
            self.refuse(f"is not {number}" if self.given else "is missing")

    def kind(self) -> PassageKind:
        if not self.given:
            return PassageKind.PARAGRAPH
        try:
            return PassageKind(self.string())
        except ValueError:
            self.refuse(f"is none of: {', '.join(PassageKind)}")

    def voice(self, default: str) -> str:
        if not self.given:
            return default
        try:
            return Voice(name=self.string()).name
        except OptionRefused:
            self.refuse("is no Deepgram Aura voice, such as aura-2-thalia-en")

    def refuse(self, what: str) -> NoReturn:
        at = self.place or "the document"
        raise DocumentRefused(f"{self.name}: {at} {what}", remedy=_SCHEMA) from None

    def _typed(self, kind: type[Any]) -> Any:  # noqa: ANN401  JSON
        if not isinstance(self.value, kind):
            self.refuse("is missing" if not self.given else f"is not {_NAMES[kind]}")
        return self.value


def _loaded(text: str, name: str) -> Any:  # noqa: ANN401  JSON
    try:
        return json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        what = f"is no JSON: line {error.lineno}, column {error.colno}"
    except RecursionError:
        what = "nests its JSON too deep"
    except _TwiceError:
        what = "has an object with the same key twice"
    except ValueError:  # a number that is none, or has thousands of digits
        what = "holds a number that is none of JSON's, or too long"
    raise DocumentRefused(f"{name} {what}", remedy=_SCHEMA)


class _TwiceError(ValueError):
    """A key stands twice in an object."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise _TwiceError
    return value


def _no_number(text: str) -> NoReturn:
    raise ValueError(len(text))
