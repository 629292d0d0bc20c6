"""Automatic numbers of a DOCX: what Word prints before headings and items (ECMA-376 part 1, 17.9).

Nothing of them is in the text: a paragraph names a numbering and a level, and its number is counted
here as Word counts it. As it is to be said, a label has no brackets and ends like a sentence: `1.`,
`2.3.`, `Chapter 4.`; roman numerals are digits, bullets nothing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from narrator.ingest.docx_names import attribute, child, is_on, word_name
from narrator.ingest.xhtml import Element

_LONGEST_CHARS = 60
_MOST_LEVELS = 9
_MOST_NUMBER = 32_767  # the most that Word starts at (17.9.25)
_PLACE = re.compile("%([1-9])")
_AROUND = " ()[]{}<>.,:;/|–—-\u00a0\t"
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MOST_LETTERS = 3  # z is followed by aa, zz by aaa; more nobody would read


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """How a level counts: `restart` is the 1-based level at which it begins anew, 0 for none."""

    start: int
    form: str
    text: str
    restart: int
    digits: bool


@dataclass(slots=True)
class Numbering:
    """The numberings of a document, counted paragraph after paragraph."""

    _levels: Mapping[str, Mapping[int, _Level]] = field(default_factory=dict)
    _schemes: Mapping[str, str] = field(default_factory=dict)  # by numbering
    _starts: Mapping[tuple[str, int], int] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)  # by scheme
    _begun: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, root: Element | None) -> "Numbering":
        """Those of a numbering part."""
        parts = [] if root is None else list(root)
        numbers = [each for each in parts if word_name(each) == "num"]
        found = dict(_schemes_of(parts))
        schemes = {attribute(each, "numId"): _scheme(each) for each in numbers}
        levels = {scheme: dict(_levels_of(element)) for scheme, element in found.items()}
        for each in numbers:  # a numbering with levels of its own is a scheme of its own
            if own := dict(_levels_of(each, "lvlOverride")):
                name = f"num {attribute(each, 'numId')}"
                levels[name] = {**levels.get(_scheme(each), {}), **own}
                schemes[attribute(each, "numId")] = name
        return cls(levels, schemes, dict(_starts_of(numbers)))

    def label(self, number: str, level: int) -> str:
        """What is to be said before the next paragraph of that numbering and level; or nothing."""
        scheme = self._schemes.get(number, "")
        levels = self._levels.get(scheme, {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(scheme, {})
        self._count(number, level, levels, counts)
        text = _PLACE.sub(lambda place: _written(place, levels, level, counts), levels[level].text)
        return "" if levels[level].form == "bullet" else _said(text)

    def _count(
        self, number: str, level: int, levels: Mapping[int, _Level], counts: dict[int, int]
    ) -> None:
        if (number, level) in self._starts and (number, level) not in self._begun:
            counts.pop(level, None)
        self._begun.add((number, level))
        start = self._starts.get((number, level), levels[level].start)
        counts[level] = counts[level] + 1 if level in counts else start
        for other, its in levels.items():
            if other < level:
                counts.setdefault(other, self._starts.get((number, other), its.start))
            elif other > level and level < its.restart:
                counts.pop(other, None)


def _schemes_of(parts: list[Element]) -> Iterator[tuple[str, Element]]:
    """Schemes by name; one that only names a style of lists is the one which that style is of."""
    schemes = [each for each in parts if word_name(each) == "abstractNum"]
    styled = {attribute(child(each, "styleLink"), "val"): each for each in schemes}
    for each in schemes:
        link = attribute(child(each, "numStyleLink"), "val")
        yield attribute(each, "abstractNumId"), styled.get(link, each) if link else each


def _scheme(number: Element) -> str:
    return attribute(child(number, "abstractNumId"), "val")


def _levels_of(element: Element, within: str = "") -> Iterator[tuple[int, _Level]]:
    for each in element:
        found = child(each, "lvl") if within and word_name(each) == within else each
        if found is not None and word_name(found) == "lvl":
            level = _number(attribute(found, "ilvl"), 0)
            if level < _MOST_LEVELS:
                yield level, _level(found, level)


def _level(element: Element, level: int) -> _Level:
    return _Level(
        start=_number(attribute(child(element, "start"), "val"), 0),
        form=attribute(child(element, "numFmt"), "val") or "decimal",
        text=attribute(child(element, "lvlText"), "val")[:_LONGEST_CHARS],
        restart=_number(attribute(child(element, "lvlRestart"), "val"), level),
        digits=is_on(child(element, "isLgl")),
    )


def _starts_of(numbers: list[Element]) -> Iterator[tuple[tuple[str, int], int]]:
    for number in numbers:
        for each in number:
            start = child(each, "startOverride")
            if start is not None:
                key = attribute(number, "numId"), _number(attribute(each, "ilvl"), 0)
                yield key, _number(attribute(start, "val"), 0)


def _number(text: str, otherwise: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_NUMBER))):
        return otherwise
    return min(int(text), _MOST_NUMBER)


# ------------------------------------------------------------------------------ labels


def _written(
    place: re.Match[str], levels: Mapping[int, _Level], level: int, counts: Mapping[int, int]
) -> str:
    """The number of a level, as it stands in the label of one."""
    other = int(place[1]) - 1
    if other not in levels or other not in counts:
        return ""
    form = levels[other].form
    number = counts[other]
    if form in {"none", "bullet"}:
        return ""
    if form in {"lowerLetter", "upperLetter"} and not levels[level].digits:
        return _in_letters(number)
    return str(number)


def _in_letters(number: int) -> str:
    times, letter = divmod(number - 1, len(_LETTERS))
    if not 0 <= times < _MOST_LETTERS:
        return str(number)
    return _LETTERS[letter] * (times + 1)


def _said(text: str) -> str:
    label = " ".join(text.strip(_AROUND).split())
    return f"{label}." if any(map(str.isalnum, label)) else ""
