"""Angles, temperatures, places on the globe and lengths in feet, by the signs of their units.

Part of the pass over symbols: `40° 26′ N`, `3°–5°`, `68 °F`, `5′ 11″`, `10 × 12 ft`. Rules:
`symbol`, `measure`.
"""

import re
from collections.abc import Iterator

from narrator.text.changes import Change
from narrator.text.passes.padding import padded

SIGNS = "°℃℉′×"
"""What there is none without, as part of a character class."""

_NUMBER = r"\d{1,4}(?:\.\d{1,4})?"
_PLACE = re.compile(
    rf"(?<![\d.,])(?:(?P<degrees>\d{{1,3}})° ?)?(?P<minutes>\d{{1,2}}(?:\.\d{{1,4}})?)′"
    rf"(?: ?(?P<seconds>{_NUMBER})″)?(?: ?(?P<side>[NSEW])\b)?"
)
_DEGREES = re.compile(
    rf"(?P<range>(?<=\d) ?(?:°[CF]?|℃|℉)(?= ?[–-] ?{_NUMBER} ?[°℃℉]))"
    r"|(?P<side>(?<=\d)° ?(?P<point>[NSEW])\b)"
    r"|(?P<such>(?<=\d)°(?=[ -](?:angle|turn|bend)s?\b))"
    r"|(?P<scale>°[CF]\b|°(?= ?[CF]\b)(?: ?)[CF]|[℃℉])"
    r"|(?P<plain>(?<=\d)°(?!\d))"
)
_TIMES = re.compile(
    rf"(?P<area>(?<=\d) ?× ?(?={_NUMBER} ?(?:[cmk]?m|ft|in|inch(?:es)?|feet|foot|yards?|miles?"
    r"|met(?:er|re)s?|pixels|px)\b))|(?P<times>(?<=\d) ?× ?(?=\d)|(?<=\d)×(?!\S))"
)
_SIDES = {"N": "north", "S": "south", "E": "east", "W": "west"}
_SCALES = {"C": " Celsius", "F": " Fahrenheit", "℃": " Celsius", "℉": " Fahrenheit"}
_SINGLE = re.compile(r"(?<![\d.,])1 ?\Z")
_MOST_INCHES = 12


def measures(text: str) -> Iterator[Change]:
    """The changes of measures in a text."""
    for match in _PLACE.finditer(text):
        if words := _place(match):
            yield Change(*match.span(), padded(text, *match.span(), words), "measure")
    for match in _DEGREES.finditer(text):
        words = _degrees(match)
        rule = "measure" if match.lastgroup in {"range", "point", "side"} else "symbol"
        after = padded(text, *match.span(), words) if words else ""
        yield Change(*match.span(), after, rule)
    for match in _TIMES.finditer(text):
        words = "by" if match["area"] else "times"
        yield Change(*match.span(), padded(text, *match.span(), words), "symbol")


def _place(match: re.Match[str]) -> str:
    """An angle's or a place's words, or a length's in feet and inches; none for a bare prime."""
    degrees, minutes, seconds = match["degrees"], match["minutes"], match["seconds"]
    side = f" {_SIDES[match['side']]}" if match["side"] else ""
    if degrees or side:
        parts = ((degrees, "degree"), (minutes, "minute"), (seconds, "second"))
    elif seconds and float(seconds) < _MOST_INCHES:
        parts = ((None, ""), (minutes, "foot"), (seconds, "inch"))
    else:
        return ""
    return " ".join(_counted(number, unit) for number, unit in parts if number) + side


def _counted(number: str, unit: str) -> str:
    plural = {"foot": "feet", "inch": "inches"}.get(unit, f"{unit}s")
    return f"{number} {unit if number == '1' else plural}"


def _degrees(match: re.Match[str]) -> str:
    if match["range"]:  # 3°–5°: the unit is said once
        return ""
    single = _SINGLE.search(match.string, max(0, match.start() - 3), match.start())
    unit = "degree" if single or match["such"] else "degrees"
    if match["side"]:
        return f"{unit} {_SIDES[match['point']]}"
    return f"{unit}{_SCALES[match['scale'][-1]]}" if match["scale"] else unit
