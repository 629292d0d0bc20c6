"""Words that a full stop follows without ending a sentence, and words that begin or report one.

sentencex brings lists for some 240 languages; these are what literature needs on top of them.
"""

import re

_TITLES = {
    "de": "Dr Prof Hr Fr Frl St Sr",
    "en": (
        "Mr Mrs Ms Mx Messrs Mme Mlle Dr Prof Rev Hon St Mt Gen Col Capt Cpl Lt Lieut Sgt Maj Cmdr"
        " Adm Gov Sen Rep Supt Insp Fr Br Sr Mgr Ven"
    ),
    "es": "Sr Sra Srta Sres D Da Dña Dr Dra Prof Ud Uds Vd Vds Sto Sta",
    "fr": "M MM Mr Mme Mmes Mlle Mlles Dr Pr Prof Me Mgr St Ste",
    "it": "sig Sig sigg Sigg sigra dott Dott dr Dr prof Prof avv Avv ing Ing on On mons Mons S",
    "nl": "dhr Dhr mevr Mevr mw Mw mr Mr dr Dr drs Drs prof Prof ir Ir ds Ds St",
}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NO_TITLES: frozenset[str] = frozenset()
_TITLES_OF = {language: _words(words) for language, words in _TITLES.items()}

BEFORE_NUMBERS = _words(
    "No Nos Vol Vols Ch Chap Fig Figs p pp Sec Art vol vols ch chap fig figs no nos sec art l ll"
    " Bk bk Pt pt Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec c ca"
)
"""A number or a numeral after these belongs to them: "vol. 3", "Fig. IV", "Sept. 5"."""

TITLES_OR_LAST = _words("St Sr")
"""Titles that are also the last words of names: "Baker St.", "Davis Sr."."""

NEVER_LAST = _words("e.g i.e eg ie cf viz vs v")
"""What they introduce follows in the same sentence."""

OFTEN_LAST = _words("a.m p.m A.M P.M a.d b.c A.D B.C etc")
"""A capital after these begins a sentence, whatever word it is of."""

ORDINAL_STOPS = _words("cs da de et fi hr hu is lv nb nn no pl sk sl sr")
"""Languages in which a stop makes a number an ordinal: "am 3. Oktober"."""

ORDINARY = _words("me no No may ill miss fed art arc ma pa la us I am in is it so inst ult")
"""English words that a list of abbreviations takes for some of its own."""

STARTERS = _words(
    "He She It We You They The This That These Those There Here His Her Its Our Your Their My But"
    " And Then When While Where Why What Who How If As At In On By For From With After Before Now"
    " So Not No Yes Once All Some Yet Still Such Had Was Were Is Are Did Do Does"
    " Well Oh Ah Perhaps Never Nothing Nobody Every Each Many Most Several Indeed However Besides"
    " Meanwhile Suddenly Finally Anyway Let Come"
)
"""Words that have a capital in English because they begin a sentence, not because they name."""

SHARED_BY_TIMES = re.compile(
    r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b|[A-Z]{2,4}\b|Eastern|Pacific|Central|Greenwich"
)
"""What follows "5 p.m." and belongs to it."""

STARTING_I = re.compile(r"I[’'\s]+[a-z]")
"""The pronoun, which has a capital anywhere, before a verb: what it follows has likely ended."""

_VERBS = (
    "said|says|say|asked|cried|replied|answered|exclaimed|shouted|whispered|ejaculated|remarked"
    "|added|called|murmured|muttered|mumbled|screamed|shrieked|roared"
    "|gasped|sobbed|groaned|moaned|thought|inquired|enquired|queried|observed|repeated|interrupted"
    "|interposed|demanded|pleaded|urged|suggested|yelled|growled|snarled|hissed|laughed"
    "|sighed|retorted|rejoined|responded|declared|protested|insisted|announced|echoed|went on"
    "|put in|broke in|burst out|snapped|barked|breathed|commented|persisted|faltered|stammered"
)
_MOVES = "returned|continued|began|begged"  # to do or go somewhere, as much as to speak
_REPORTS = (
    "that|how|whether|if|what|why|nothing|something|it|from|home|for|a|an|the|no|so|good-?bye|yes"
)
_NAME = (
    r"(?:[A-Z]\w*[’']s\s+(?:[a-z]\w*\s+)?[a-z]\w*|[A-Z][\w’'\-]*\.?,?"
    r"|and|de|du|von|van|der|of|the)"
)
_ASIDE = r"(?:(?<=,\s)[^,.!?“”\"]{1,60},\s+)?"

INQUIT = re.compile(
    rf"(?!(?:{'|'.join(sorted(STARTERS))})\b)(?=[A-Z])(?:{_NAME}\s+){{1,5}}?{_ASIDE}"
    rf"(?:(?:\w+ly|had|then|just|only|again|once|now)\s+){{0,2}}"
    rf"(?:(?:{_VERBS})\b(?!\s+(?:{_REPORTS})\b)"
    rf"|(?:{_MOVES})\b(?!\s+(?:{_REPORTS}|to|with|at|by|on|in)\b))"
)
"""The words after a quotation that say whose it was, beginning with a name or with "I".

What was said in other words ("Holmes replied that …") is a sentence of its own.
"""


def titles(language: str) -> frozenset[str]:
    """The titles of names in a language, its primary subtag given, that a full stop follows."""
    return _TITLES_OF.get(language, _NO_TITLES)
