"""Numbers as passes need them: the value of a roman numeral, an ordinal in digits and in words."""

import re

_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})", re.IGNORECASE)
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_ONES: list[str] = re.findall(
    r"\w+",
    "Zeroth First Second Third Fourth Fifth Sixth Seventh Eighth "
    "Ninth Tenth Eleventh Twelfth Thirteenth Fourteenth "
    "Fifteenth Sixteenth Seventeenth Eighteenth Nineteenth",
)
_TENS = {2: ("Twentieth", "Twenty"), 3: ("Thirtieth", "Thirty")}
MOST_IN_WORDS = 39


def value_of(numeral: str) -> int:
    """The value of a roman numeral in either case; 0 for what is none, such as `IIX` or `MIXED`."""
    if not (numeral and _ROMAN.fullmatch(numeral)):
        return 0
    values = [_VALUES[char] for char in numeral.upper()]
    following = [*values[1:], 0]
    return sum(-one if one < other else one for one, other in zip(values, following, strict=True))


def ordinal(number: int) -> str:
    """In digits: `1st`, `12th`, `22nd`."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def ordinal_word(number: int) -> str:
    """In words: `First`, `Twenty-third`; up to MOST_IN_WORDS, then in digits."""
    if number < len(_ONES):
        return _ONES[number]
    if number > MOST_IN_WORDS:
        return ordinal(number)
    whole, tens = _TENS[number // 10]
    return f"{tens}-{_ONES[number % 10].lower()}" if number % 10 else whole
