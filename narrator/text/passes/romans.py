"""Roman numerals where they are numbers beyond doubt: in headings, after `Chapter`, of monarchs.

A speaker spells them ("chapter ex eye vee") or takes I for the pronoun. `CHAPTER XIV.` becomes
`CHAPTER 14.`, a heading of nothing but `XIV` or `XIV. The Fire` likewise; `Part II`, `Act III,
Scene ii` and `World War II` get digits, which Deepgram reads; `Henry VIII` becomes `Henry the
Eighth`. A single I, V or X in prose is a number only where what follows says so: never the pronoun,
an initial (`George V. Smith`), or a word that looks like a numeral (MIX, DIX, CIVIL).
English only. Rules: `roman-number`, `regnal-number`.
"""

import re

from narrator.text.changes import Change, disjoint
from narrator.text.passes.context import Context
from narrator.text.passes.numerals import MOST_IN_WORDS, ordinal_word, value_of

_PARTS = (
    "Chapter|Chap\\.|Part|Book|Volume|Vol\\.|Act|Scene|Canto|Section|Appendix|Stave|Letter|Article"
    "|Psalm|Plate|Figure|Fig\\.|Table|Number|No\\.|Phase|World War"
)
_CLOSED = r"(?=[.,;:!?)\]—–-]|['’]s\b|\Z| (?:of|and|to)\b)"  # what may follow a lone I, V or X
_PART = re.compile(
    rf"\b(?P<part>{_PARTS}|{_PARTS.upper()}|scene|act|chapter|part|book|volume|vol\.) "
    rf"(?:(?P<long>[IVXLC]{{2,9}}|[ivxlc]{{2,9}})\b|(?P<lone>[IVXivx]){_CLOSED})"
)
_COUNTED = re.compile(r"[.;:!?)\]]|['’]s\b|\Z|,? scene\b")  # after `act I`, where I is a number
_ALONE = re.compile(r"\s*(?P<numeral>[IVXL]*[IVX][IVXL]*)\s*(?=\Z|[.:)\]—–-])")

_MONARCHS = (
    "Adrian|Ahmed|Albert|Alexander|Alexandre|Alexis|Alfonso|Amenhotep|Anastasius|Antiochus|Artaxerxes"
    "|Baldwin|Benedict|Boniface|Callixtus|Canute|Carl|Casimir|Catherine|Celestine|Charles|Christian"
    "|Clement|Constantine|Constantius|Darius|David|Edmund|Edward|Elizabeth|Emmanuel|Eric|Eugene"
    "|Eugenius|Ferdinand|Francis|Franz|Frederick|Friedrich|Fuad|George|Gregory|Gustav|Gustavus"
    "|Haakon|Hadrian|Harald|Harold|Heinrich|Henri|Henry|Honorius|Hussein|Innocent|Isabella|Ivan"
    "|James|Joanna|John|Joseph|Julius|Juan|Karl|Kenneth|Ladislaus|Leo|Leopold|Louis|Ludwig|Magnus"
    "|Mahmud|Manuel|Margaret|Martin|Mary|Maximilian|Mehmed|Michael|Mithridates|Murad"
    "|Napoleon|Nicholas|Olaf|Osman|Oscar|Otto|Paul|Pedro|Peter|Philip|Philippe|Pius|Ptolemy|Rameses"
    "|Ramesses|Richard|Robert|Rudolf|Rudolph|Sancho|Selim|Seti|Sigismund|Sixtus|Stephen|Sylvester"
    "|Theodosius|Thutmose|Umberto|Urban|Victor|Vladislav|Wilhelm|William|Xerxes"
)
_TITLES = "King|Queen|Pope|Emperor|Empress|Tsar|Czar|Kaiser|Sultan|Prince|Duke"
_REGNAL = re.compile(
    rf"\b(?P<title>(?:(?:{_TITLES}|{_TITLES.upper()}) )?)(?:{_MONARCHS}|{_MONARCHS.upper()}) "
    r"(?P<numeral>[IVX]{1,6})(?![\w.]*\w)(?!\. [A-Z])"
)
_REIGN = re.compile(r"['’]s\b| of [A-Z]| \(")
_NUMERAL = re.compile(r"[IVXLC]|[ ][ivxlc]{1,9}\b")


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not context.english or not _NUMERAL.search(text):
        return []
    found = [_number(match) for match in _PART.finditer(text) if not _is_pronoun(match)]
    found += (_reign(match) for match in _REGNAL.finditer(text) if _reigned(match))
    if context.heading and (match := _ALONE.match(text)):
        found.append(_digits(match, "numeral"))
    return disjoint(change for change in found if change.after)


def _is_pronoun(match: re.Match[str]) -> bool:
    """Whether a lone I may be one: `No. I—`, `For my part I, too`, `the book I and he wrote`."""
    if match["lone"] != "I":
        return False
    if match["part"].lower() == "no.":
        return True
    return match["part"].islower() and not _COUNTED.match(match.string, match.end())


def _number(match: re.Match[str]) -> Change:
    return _digits(match, "long" if match["long"] else "lone")


def _digits(match: re.Match[str], group: str) -> Change:
    value = value_of(match[group])
    return Change(*match.span(group), str(value) if value else "", "roman-number")


def _reigned(match: re.Match[str]) -> bool:
    """Whether the numeral is the monarch's for certain; a lone I may be the pronoun."""
    if match["numeral"] != "I":
        return True
    return bool(match["title"]) or bool(_REIGN.match(match.string, match.end()))


def _reign(match: re.Match[str]) -> Change:
    value = value_of(match["numeral"])
    after = f"the {ordinal_word(value)}" if 0 < value <= MOST_IN_WORDS else ""
    return Change(*match.span("numeral"), after, "regnal-number")
