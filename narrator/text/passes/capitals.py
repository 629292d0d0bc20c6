"""Words in capitals, which a speaker may spell or shout: `THE END` is said as `The End`.

What is lowered: headings and phrases in capitals (`THE END`, `FOR SALE`), the first words of a
chapter (`IT WAS a dark night`), and a single word of four letters or more which the document writes
in small letters elsewhere (`STOP!`). What stays: acronyms (known ones, and words without a vowel),
roman numerals, initials, names of files, tags, and single words that the document knows in capitals
only (UNICEF).
How capitals were set does not change how a word sounds, so that where words are names is not asked:
each begins with a capital in a heading, only the first elsewhere. Rule: `capitals`.
"""

import re
from collections.abc import Iterator

from narrator.text.changes import Change
from narrator.text.passes.context import Context
from narrator.text.passes.numerals import value_of

_MOST_LETTERS = 40  # a longer one is no word, and a change cannot be cut
_ENOUGH_LETTERS = 4
_MOST_BEFORE = 4  # marks before the first word of a passage
_CAPITAL = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĖĘĚĞĢĪĮİĶĹĻĽŁŃŅŇŌŐŒŔŖŘŚŞŠŢŤŪŮŰŲŸŹŻŽ"
_SMALL = "a-zß-öø-ÿāăąćčďđēėęěğģīįıķĺļľłńņňōőœŕŗřśşšţťūůűųźżž"
_WORD = rf"[{_CAPITAL}]+(?:['’][{_CAPITAL}]+)*"
_BETWEEN = "(?: & |[ ,;:\"“”'‘’!?.—–-]{1,4})"
_RUN = re.compile(  # not README.md, $HOME, #STOP, AT&T
    rf"(?<![\w&$#@])(?:{_WORD}|\d+)(?:{_BETWEEN}(?:{_WORD}|\d+))*(?![\w&]|\.[a-z])"
)
_ONE = re.compile(_WORD)
_SOME = re.compile(f"[{_CAPITAL}]{{2}}")
_IN_CAPITALS = re.compile(rf"(?<!\w)[{_CAPITAL}]{{2,{_MOST_LETTERS}}}(?!\w)")
_IN_SMALL = re.compile(rf"(?<!\w)[{_SMALL}]{{2,{_MOST_LETTERS}}}(?!\w)")
_VOWEL = re.compile("[AEIOUYÀ-ÆÈ-ÏÒ-ÖØ-ÝĀĂĄĒĖĘĚĪĮİŌŐŒŪŮŰŲŸ]")
_NUMERAL = re.compile("[IVXLC]+|[IVXLCDM]{4,}")  # not MILD, nor DIM
_SENTENCE_START = re.compile(r"(?:\A|[.!?…][\"'”’)\]]*\s)[\s\"'“‘(\[]*\Z")
_OPENING = re.compile(r"[\s\"'“‘(\[—]*")

_ACRONYMS = frozenset(
    re.findall(
        r"\w+",
        """
        AAA ABC ACLU AD ADHD AEC AFL AI AIDS AKA AMA AOL APA API ASAP ASEAN ATM BBC BCE BMI CEO
        CFO CIA CIO CNN COO CPU CTO DEA DIY DNA DOJ DUI DVD ECG EEC EEG EEOC EFTA EKG EPA ESP
        ESPN ETA EU FAA FAQ FBI FDA FEMA FIFA FYI GDP GMO GOP GPS GPU GUI HBO HIV HMAS HMCS HTML
        HTTP IAEA IBM ICBM ICU IDK IED IEEE ILO IMF IOC IOU IP IPA IPO IQ IRA IRC IRS ISBN ISO
        ITV IVF IWW JPEG KGB LGBTQIA LOL LSD MBA MGM MIT MP MRI NAACP NAFTA NASA NASDAQ NATO NBA
        NBC NCAA NFL NGO NHS NOAA NORAD NRA NSA NYC NYPD NYSE NYU OAS OAU OCD OECD OMG OPEC OSHA
        PDF PGA PM POW PTA RAAF RAF RAM RCA RNA ROTC RSVP SARS SEATO SMS SOS SUV SWAT TBA TNT
        TSA TV TVA UAE UAW UCL UCLA UEFA UFO UHF UI UK UN UNDP UNEP UNESCO UNHCR UNICEF UNRRA
        UNRWA UPI URI URL USA USAF USAID USB USDA USMC USN USPS USS USSR UTC UV UX VIP WTO
        YMCA
        """,
    )
)
_OFTEN_ACRONYMS = frozenset(
    re.findall(
        r"\w+",
        """
        AM HQ ID IT OK OR PA US WHO
        """,
    )
)
_COMMON = frozenset(
    re.findall(
        r"\w+",
        """
        A ALL AN AND ARE AS AT BE BUT BY DO FOR FROM HAD HAS HAVE HE HER HIS I IF IN IS IT MY NO
        NOT OF ON ONE OR OUR SHE SO THAT THE THEIR THERE THEY THIS TO WAS WE WERE WHEN WHO WILL
        WITH YOU YOUR
        """,
    )
)


def find(text: str, context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not _SOME.search(text):
        return []
    return [change for run in _RUN.finditer(text) for change in _of_run(run, text, context)]


def known(source: str) -> frozenset[str]:
    """Words that a document writes both in capitals and in small letters, in capitals."""
    capitals = {match[0] for match in _IN_CAPITALS.finditer(source)}
    if not capitals:
        return frozenset()
    small = {match[0] for match in _IN_SMALL.finditer(source)}
    return frozenset(word for word in capitals if word.lower() in small)


def _of_run(run: re.Match[str], text: str, context: Context) -> Iterator[Change]:
    words = [match for match in _ONE.finditer(text, *run.span()) if len(match[0]) <= _MOST_LETTERS]
    longer = [match[0] for match in words if len(match[0]) > 1]
    if not _lowered_together(run, longer, text, context):
        return
    single = len(longer) == 1
    for match in words:
        if _stays(match[0], single=single):
            continue
        after = match[0].lower()
        if context.heading or _begins(text, match.start()):
            after = after[0].upper() + after[1:]
        if after != match[0]:
            yield Change(*match.span(), after, "capitals")


def _lowered_together(run: re.Match[str], words: list[str], text: str, context: Context) -> bool:
    """Whether there is a reason to think that a run of words is no row of acronyms."""
    ordinary = [word for word in words if not _stays(word, single=len(words) == 1)]
    if len(ordinary) == 1 and ordinary[0] in _OFTEN_ACRONYMS:  # in a row with others: UK, IT
        return False
    letters = sum(map(len, ordinary))
    understood = any(word in _COMMON or word in context.words for word in ordinary)
    if context.heading:
        return understood or letters >= _ENOUGH_LETTERS
    if len(words) > 1:
        return understood
    opens = run.start() <= _MOST_BEFORE and bool(_OPENING.fullmatch(text, 0, run.start()))
    return understood and (letters >= _ENOUGH_LETTERS or opens)


def _stays(word: str, *, single: bool) -> bool:
    """Whether a word is said as it stands: an acronym, a numeral, an initial."""
    if word in _ACRONYMS or (single and word in _OFTEN_ACRONYMS):
        return True
    if word in _COMMON:
        return word == "I"
    if len(word) == 1 or not _VOWEL.search(word):
        return True
    return bool(_NUMERAL.fullmatch(word) and value_of(word))


def _begins(text: str, at: int) -> bool:
    """Whether the word there is the first of a sentence."""
    return bool(_SENTENCE_START.search(text, max(0, at - 8), at))
