"""Roman numerals where they are numbers beyond doubt: in headings, after `Chapter`, of monarchs.

A speaker spells them ("chapter ex eye vee") or takes I for the pronoun. `CHAPTER XIV.` becomes
`CHAPTER 14.`, a heading of nothing but `XIV` or `XIV. The Fire` likewise; `Part II`, `Act III,
Scene ii`, `Chapters V and VI`, `Parts I–III`, `pp. xii–xiv`, `Type II` and `World War II` get
digits, which Deepgram reads; `Henry VIII` becomes `Henry the Eighth`; years (`MCMXIV`) and items of
a list (`(ii)`) are numbers anywhere. A single I, V or X in prose is a number only where what stands
beside it says so: never the pronoun, an initial (`George V. Smith`), or a word that looks like a
numeral (MIX, DIX, CIVIL). English only. Rules: `roman-number`, `regnal-number`.
"""

import re
from collections.abc import Iterator

from narrator.text.changes import Change, disjoint
from narrator.text.passes.context import Context
from narrator.text.passes.numerals import MOST_IN_WORDS, ordinal_word, value_of

_PARTS = (
    "Chapters?|Chaps?\\.|Ch\\.|Parts?|Books?|Volumes?|Vols?\\.|Acts?|Scenes?|Cantos?|Sections?"
    "|Sec\\.|Appendix|Appendices|Staves?|Letters?|Articles?|Arts?\\.|Psalms?|Plates?|Figures?"
    "|Figs?\\.|Tables?|Numbers?|Nos?\\.|Phases?|Episodes?|World War|Super Bowl"
)
_SMALL_PARTS = "scenes?|acts?|chapters?|parts?|books?|volumes?|vols?\\."
_CLOSED = r"(?=[.,;:!?)\]—–-]|['’]s\b|\Z| (?:of|and|to)\b| & )"  # what may follow a lone I, V or X
_PART = re.compile(
    rf"\b(?:(?P<part>{_PARTS}|{_PARTS.upper()}|{_SMALL_PARTS}) "
    rf"(?:(?P<long>[IVXLC]{{2,9}}|[ivxlc]{{2,9}})\b|(?P<lone>[IVXivx]){_CLOSED})"
    rf"|(?:[Pp]ages?|pp?\.) ?(?:(?P<page>[ivxlc]{{2,9}})\b|(?P<first>[ivx]){_CLOSED}))"
)
_KIND = re.compile(  # kinds of a thing, where a lone numeral is more often a letter or a pronoun
    r"\b(?:Types?|Class|Stages?|Grades?|Title|Mark|Mk\.?|Amendments?|Vatican|Annex|Schedule"
    r"|types?|class|stages?|grades?|phases?) (?:(?P<numeral>[IVX]{2,9})\b"
    r"|(?P<lone>I)(?= (?:errors?|diabetes|trials?|cancers?|tumou?rs?|civili[sz]ations?)\b"
    r"|(?:,| and| or| to|[–—/-])[ ]?(?:II|IV|V)\b))"
)
_MORE = re.compile(  # of a row: `Chapters V and VI`, `Parts I–III`; a lone I comes first or never
    r"(?:, (?:and |or )?| (?:and|or|to|&) |[–—/-])"
    rf"(?P<numeral>[IVXLC]{{2,9}}\b|[ivxlc]{{2,9}}\b|[VXvx]{_CLOSED}(?!\. [A-Z]))"
)
_YEAR = re.compile(r"\b(?P<numeral>M[MDCLXVI]{3,14})\b")
_ITEM = re.compile(r"(?<!\w)\((?P<numeral>[ivx]{1,5})\)")
_BESIDE = {"i": "(ii)", "v": "(iv)", "x": "(ix)"}  # which items tell that a lone letter is one
_MOST_BEFORE = 4  # blanks before the first item of a passage
_WORLD_WAR = re.compile(r"\bWW(?P<numeral>II?|[12])\b")
_COUNTED = re.compile(  # after `act I`, where I is a number
    r"[.;:!?)\]]|['’]s\b|\Z|,? scene\b|(?:,? (?:and |or |to )?|[–—-])[IVX]{2,9}\b"
)
_ALONE = re.compile(r"\s*(?P<numeral>[IVXL]*[IVX][IVXL]*)\s*(?=\Z|[.:)\]—–-])")

_MONARCHS = (
    "Adrian|Ahmed|Albert|Alexander|Alexandre|Alexios|Alexis|Alfonso|Amenhotep|Anastasius|Antiochus"
    "|Artaxerxes|Basil|Bayezid|Carlos|Cleopatra|Clovis|Conrad|Constans|Cyrus|Erik|Felipe|Fernando"
    "|Gustaf|Joseph|Justinian|Justin|Lothair|Malcolm(?! X)|Mustafa|Nebuchadnezzar|Nikolai|Ottokar"
    "|Paschal|Pepin|Ramses|Roger|Sergius|Shapur|Stanislaus|Theodore|Theodoric|Valdemar|Valentinian"
    "|Baldwin|Benedict|Boniface|Callixtus|Canute|Carl|Casimir|Catherine|Celestine|Charles|Christian"
    "|Clement|Constantine|Constantius|Darius|David|Edmund|Edward|Elizabeth|Emmanuel|Eric|Eugene"
    "|Eugenius|Ferdinand|Francis|Franz|Frederick|Friedrich|Fuad|George|Gregory|Gustav|Gustavus"
    "|Haakon|Hadrian|Harald|Harold|Heinrich|Henri|Henry|Honorius|Hussein|Innocent|Isabella|Ivan"
    "|James|Joanna|John|Julius|Juan|Karl|Kenneth|Ladislaus|Leo|Leopold|Louis|Ludwig|Magnus"
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
_REIGN = re.compile(r"['’]s\b| of [A-Z]| \(|[;:!?)\]]|\.?[\"”’]*\s*\Z")
_NUMERAL = re.compile(r"[IVXLCM]|WW\d|[ .(][ivxlc]{1,9}\b")


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not context.english or not _NUMERAL.search(text):
        return []
    found = [change for match in _PART.finditer(text) for change in _row(match)]
    found += (_digits(match) for match in _KIND.finditer(text))
    found += (_digits(match) for match in _YEAR.finditer(text))
    found += _items(text)
    found += (_world_war(match) for match in _WORLD_WAR.finditer(text))
    found += (_reign(match) for match in _REGNAL.finditer(text) if _reigned(match))
    if context.heading and (match := _ALONE.match(text)):
        found.append(_digits(match))
    return disjoint(change for change in found if change.after)


def _row(match: re.Match[str]) -> Iterator[Change]:
    """The number of a part, and those that follow it."""
    more: re.Match[str] | None = match
    if _is_pronoun(match):
        return
    while more:
        change = _digits(more)
        yield change
        more = _MORE.match(more.string, more.end()) if change.after else None


def _items(text: str) -> Iterator[Change]:
    """Numerals in brackets that count the items of a list, `(x)` being more often a letter."""
    known = {letter for letter, beside in _BESIDE.items() if beside in text}
    for match in _ITEM.finditer(text):
        leads = match.start() <= _MOST_BEFORE and not text[: match.start()].strip()
        if len(match["numeral"]) > 1 or leads or match["numeral"] in known:
            yield _digits(match)


def _is_pronoun(match: re.Match[str]) -> bool:
    """Whether a lone I may be one: `No. I—`, `For my part I, too`, `the book I and he wrote`."""
    if match["lone"] != "I":
        return False
    if match["part"].lower() in {"no.", "art."}:  # the word, and the name
        return True
    return match["part"].islower() and not _COUNTED.match(match.string, match.end())


def _digits(match: re.Match[str]) -> Change:
    group = str(match.lastgroup)  # the numeral, whatever it is called
    value = value_of(match[group])
    return Change(*match.span(group), str(value) if value else "", "roman-number")


def _world_war(match: re.Match[str]) -> Change:
    number = match["numeral"].replace("II", "2").replace("I", "1")
    return Change(*match.span(), f"World War {number}", "roman-number")


def _reigned(match: re.Match[str]) -> bool:
    """Whether the numeral is the monarch's for certain; a lone I may be the pronoun."""
    if match["numeral"] != "I":
        return True
    return bool(match["title"]) or bool(_REIGN.match(match.string, match.end()))


def _reign(match: re.Match[str]) -> Change:
    value = value_of(match["numeral"])
    after = f"the {ordinal_word(value)}" if 0 < value <= MOST_IN_WORDS else ""
    return Change(*match.span("numeral"), after, "regnal-number")
