"""Where sentences end, by the rules of literature.

Every stop is a candidate, also inside quotations and brackets. sentencex says which full stops of
the language belong to abbreviations, and finds the stops of other scripts; what it says is weighed
with what stands on either side: an inquit after a quotation, a title, an initial, a numeral.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from sentencex import get_sentence_boundaries

from narrator.text import abbreviations

_QUOTES = "\"'“”‘’„‟«»‹›「」『』《》"
_AFTER = _QUOTES + ")\\]}）】_*"  # noqa: RUF001 - marks of many scripts
_NOTE = r"(?:\[\d{1,3}\]|[⁰¹²³⁴-⁹†‡])*+"
_STOP = re.compile(
    r"([.!?…。！？｡︒।॥؟۔։።။།][.!?…]*+)"  # noqa: RUF001 - marks of many scripts
    rf"(?:(?<=[.!?…])[{_AFTER}]*+(?:\s[”’»›)\]]++(?=\s|\Z))*+{_NOTE}|[\"'”’」』》）】)\]]*+)(\s*)"  # noqa: RUF001 - marks of many scripts
)
_LAST_WORD = re.compile(r"(?:[^\W_]+\.)*[^\W_]+(?=_*\Z)")
_NEXT = re.compile(
    rf"[{_QUOTES}(\[{{（【_*¿¡—–\-\s]*+(?:(?<=[{_QUOTES}])(?:…|\.\.\.)\s*+)?"  # noqa: RUF001 - marks of many scripts
)
_WORD = re.compile(r"[^\W_]+")
_VOICED = re.compile(r"[^\W_]")
_QUOTED = re.compile(rf"[{_QUOTES}]")
_INITIAL = re.compile(r"[^\W\d_a-z]")
_NUMBER = re.compile(r"\d+|[IVXLCDM]+|[A-Za-z]")
_NUMERAL_AHEAD = re.compile(r"\d|[IVXLCDM]+\b")
_NAMED = re.compile(r"[^\W\d_]\.\s*\Z")
_QUOTED_ON = re.compile(r"と|って|[^。！？，、\s]{1,6}[说說道问問喊叫]")  # noqa: RUF001 - marks of many scripts
_LONGEST_WORD = 40
_WINDOW_CHARS = 8_000
"""As much as sentencex is shown at once: of some marks it takes time in the square of their number.

A long paragraph of literature is shorter, so that windows hardly ever matter to what is found.
"""
_OVERLAP_CHARS = 500

_UNFIT = re.compile("[\ud800-\udfff]")
_BLANKS = "\t\n\v\f\r\u0085\u00a0\u2028\u2029\u202f\u3000"
_MARKS = '"“”‘„‟«»‹›「」『』()[]{}（）_*'  # noqa: RUF001 - marks of many scripts
_CLOSED = tuple((stop + "’", stop + " ") for stop in (*".!?…", " "))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stop:
    """A candidate: its marks end at `mark`, and the next sentence would begin at `end`.

    Its own sentence begins at `start`, its first letter or digit is at `voiced`.
    """

    start: int
    voiced: int
    mark: int
    end: int


def sentence_ends(text: str, language: str) -> list[int]:
    """Offsets after which a sentence ends (its trailing whitespace included), the last excluded.

    `language` is a BCP 47 tag; an unknown one falls back to general rules.
    """
    return list(_ends(text, _primary(language)))


def sentence_spans(text: str, language: str) -> list[tuple[int, int]]:
    """The sentences of `text` as offsets from and to; together they are the whole of it."""
    return list(pairwise([0, *sentence_ends(text, language), len(text)])) if text else []


def _ends(text: str, language: str) -> Iterator[int]:
    agreed = _agreed(text, language)
    start, voiced, last = 0, 0, _last_voiced(text)
    for match in _STOP.finditer(text):
        if match.end() > last:
            return
        if not match[2] and match[1][-1] in ".!?…":
            continue
        voiced = _first_voiced(text, voiced, match.end(1))
        stop = _Stop(start=start, voiced=voiced, mark=match.end(1), end=match.end())
        if voiced < stop.mark and _truly_ends(text, stop, language, agreed=stop.mark in agreed):
            yield stop.end
            start = voiced = stop.end


def _agreed(text: str, language: str) -> frozenset[int]:
    """Where sentencex sees a sentence's stop end, quotation marks and brackets left out of sight.

    They would keep a quotation of many sentences together.
    """
    return frozenset(
        at
        for start in range(0, max(1, len(text)), _WINDOW_CHARS)
        for at in _agreed_within(text, start, language)
    )


def _agreed_within(text: str, start: int, language: str) -> Iterator[int]:
    """Those in the window from `start` on; sentencex sees a little more on both sides of it."""
    first, end = max(0, start - _OVERLAP_CHARS), start + _WINDOW_CHARS
    plain = _plain(text[first : end + _OVERLAP_CHARS])
    for piece in get_sentence_boundaries(language, plain):
        begins = piece["start_index"]
        at = first + begins + len(plain[begins : piece["end_index"]].rstrip())
        if start < at <= end:
            yield at


def _plain(text: str) -> str:
    """The same text, as long, on one line and without quotation marks; no lone surrogates.

    A hard wrap or a line of verse is no reason to end a sentence.
    """
    for mark in _BLANKS + _MARKS:
        text = text.replace(mark, " ")
    text = text.replace("'", "’")  # sentencex would look for the other of two straight ones
    for closed, plain in _CLOSED:
        text = text.replace(closed, plain)
    return _UNFIT.sub("\ufffd", text)


def _last_voiced(text: str) -> int:
    """The offset of the last letter or digit; -1 if there is none."""
    return next((at for at in range(len(text) - 1, -1, -1) if text[at].isalnum()), -1)


def _first_voiced(text: str, start: int, end: int) -> int:
    """The offset of the first letter or digit from `start` on; `end` if there is none before."""
    found = _VOICED.search(text, start, end)
    return found.start() if found else end


def _primary(language: str) -> str:
    return language.partition("-")[0].lower() or "en"


# ------------------------------------------------------------------------------ what decides


def _truly_ends(text: str, stop: _Stop, language: str, *, agreed: bool) -> bool:
    mark = text[stop.mark - 1]
    if mark not in ".!?…":
        return not (_closes_quotation(text, stop) and _QUOTED_ON.match(text, stop.end))
    begins = _NEXT.match(text, stop.end)
    at = begins.end() if begins else stop.end
    if text[at].islower() or not text[at].isalnum():
        return False
    if mark == "." and text[stop.mark - 2 : stop.mark - 1] != ".":
        return _full_stop_ends(text, stop, at, language, agreed=agreed)
    quoted = at > stop.end and _QUOTED.search(text, stop.end, at)
    return bool(quoted) or not (_closes_quotation(text, stop) and _inquit(text, at))


def _closes_quotation(text: str, stop: _Stop) -> bool:
    return bool(_QUOTED.search(text, stop.mark, stop.end))


def _inquit(text: str, at: int) -> bool:
    return bool(abbreviations.INQUIT.match(text, at))


def _full_stop_ends(text: str, stop: _Stop, at: int, language: str, *, agreed: bool) -> bool:
    word = _last_word(text, stop)
    if _is_number_of_item(stop, word):
        return False
    starts = _starts(text, at)
    if word in abbreviations.titles(language):
        return starts and word in abbreviations.TITLES_OR_LAST
    if language in abbreviations.ORDINAL_STOPS and word.isdigit():
        return False
    if language == "en":
        return _english_stop_ends(text, stop, at, word, starts=starts, agreed=agreed)
    return agreed


def _starts(text: str, at: int) -> bool:
    """Whether the word at `at` has its capital because a sentence begins, as far as one can see."""
    word = _WORD.match(text, at)
    if word is not None and word[0] in abbreviations.STARTERS:
        return True
    return abbreviations.STARTING_I.match(text, at) is not None


def _last_word(text: str, stop: _Stop) -> str:
    low = max(stop.start, stop.mark - _LONGEST_WORD)
    match = _LAST_WORD.search(text, max(low, text.rfind(" ", low, stop.mark) + 1), stop.mark - 1)
    return match[0] if match else ""


def _english_stop_ends(
    text: str, stop: _Stop, at: int, word: str, *, starts: bool, agreed: bool
) -> bool:
    if word in abbreviations.NEVER_LAST:
        return False
    if word in abbreviations.BEFORE_NUMBERS and _NUMERAL_AHEAD.match(text, at):
        return word in abbreviations.ORDINARY and text[at : at + 2] in {"I ", "I’", "I'"}
    if word in abbreviations.OFTEN_LAST:
        return not (text[at].isdigit() or abbreviations.SHARED_BY_TIMES.match(text, at))
    if _is_initial(text, stop, word) or "." in word:
        return starts
    return agreed or starts or not word or word in abbreviations.ORDINARY


def _is_number_of_item(stop: _Stop, word: str) -> bool:
    """Whether the number, numeral or letter is all there is, as in "1. Wash it"."""
    if not _NUMBER.fullmatch(word) or word == "I":
        return False
    return stop.voiced == stop.mark - 1 - len(word)


def _is_initial(text: str, stop: _Stop, word: str) -> bool:
    """Whether the letter is of a name: "J. R. R. Tolkien", but not "It was I."."""
    if not _INITIAL.fullmatch(word):
        return False
    before = text[max(stop.start, stop.mark - 6) : stop.mark - 2]
    return word != "I" or bool(_NAMED.search(before))
