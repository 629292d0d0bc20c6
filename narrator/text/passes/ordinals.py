"""Ordinals that Deepgram does not read itself; `1st` and `22nd` it does, and they stay.

What stays to be done (in English): raised endings (`3ʳᵈ`, and the older `3ᵈ`), a stop after the
ending (`the 2nd. of May`, which would end the sentence), and roman ones (`the XIXth century`, `the
XX century`, `the XIV Amendment`).
Rule: `ordinal`.
"""

import re

from narrator.text.changes import Change
from narrator.text.passes.context import Context
from narrator.text.passes.numerals import ordinal, value_of

_STOP = re.compile(r"(?<=\d(?:st|nd|rd|th))\.(?= (?:of|inst|ult|prox)\b)")
_RAISED = re.compile(r"(?<!\w)(\d{1,6})(?:ˢᵗ|ⁿᵈ|ʳᵈ|ᵗʰ|ᵈ)(?!\w)")
_ROMAN = re.compile(r"(?<!\w)([IVXLC]{1,8})(?:st|nd|rd|th)(?!\w)")
_COUNTED = re.compile(
    r"(?<!\w)([IVX]{2,8}|[VX])(?= (?:century|centuries|[Dd]ynasty|Amendment|Olympiad|Olympic Games"
    r"|(?:Army |Airborne |Panzer )?Corps)\b)"
)


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not context.english:
        return []
    found = [Change(*match.span(), "", "ordinal") for match in _STOP.finditer(text)]
    numbers = [(match, int(match[1])) for match in _RAISED.finditer(text)]
    numbers += ((match, value_of(match[1])) for match in _COUNTED.finditer(text))
    numbers += ((match, value_of(match[1])) for match in _ROMAN.finditer(text))
    found += (
        Change(*match.span(), ordinal(number), "ordinal") for match, number in numbers if number
    )
    return sorted(found)
