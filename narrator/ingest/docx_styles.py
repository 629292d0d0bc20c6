"""What the styles of a DOCX mean: headings, lists, quotations and whatever is read otherwise.

Word keeps the English names of its own styles in files of every language; other programs translate
them, and authors derive styles of their own from them, so the chain of `basedOn` is followed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from narrator.ingest.docx_names import attribute, child, is_on, word_name
from narrator.ingest.xhtml import Element

_LONGEST_CHAIN = 32
_DEEPEST_LEVEL = 6
_LEVELS = frozenset("012345678")
_BODY_LEVEL = 9  # of outlineLvl, which counts from 0 (ECMA-376 part 1, 17.3.1.20)
_HEADING = re.compile(
    r"(?:heading|überschrift|titre|título|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis"
    r"|заголовок|encabezado|cabeçalho|címsor|ba\u015fl\u0131k|見出し|标题|標題|제목)\s*([1-9])"
)


class Use(StrEnum):
    """What a paragraph's style is for."""

    BODY = "body"
    HEADING = "heading"
    TITLE = "title"
    SUBTITLE = "subtitle"
    CONTENTS = "contents"
    INDEX = "index"
    BIBLIOGRAPHY = "bibliography"
    QUOTATION = "quotation"
    VERSE = "verse"
    EPIGRAPH = "epigraph"
    CAPTION = "caption"
    CODE = "code"


_CONTENTS = (
    r"(?:toc|contents|verzeichnis|tm|sommario|inhopg) ?\d|(?:toc|toa|contents) heading"
    r"|table of (?:figures|authorities)|(?:figure|table|user) index \d"
)
_QUOTATION = (
    r"(?:intense )?(?:quote|quotation)s?|block ?(?:text|quote|quotation)"
    r"|(?:intensives )?zitat|citation(?: intense)?|cita"
)
_USES = (
    (Use.TITLE, r"title|titel|document title"),
    (Use.SUBTITLE, r"subtitle|untertitel|sous-titre|subtítulo|sottotitolo"),
    (Use.CONTENTS, _CONTENTS),
    (Use.INDEX, r"index(?: ?\d| heading| separator)?"),
    (Use.BIBLIOGRAPHY, r"bibliography(?: ?\d| heading)?|literaturverzeichnis"),
    (Use.QUOTATION, _QUOTATION),
    (Use.EPIGRAPH, r".*\bepigraph\b.*"),
    (Use.VERSE, r".*\b(?:verse|poem|poetry|stanza|lyrics)\b.*"),
    (Use.CAPTION, r"caption|(?:image|table|figure) caption|beschriftung|légende|didascalia"),
    (Use.CODE, r"html preformatted|preformatted text|macro text|macro|(?:source )?code(?: block)?"),
)
_PATTERNS = tuple((use, re.compile(pattern)) for use, pattern in _USES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a style says of a paragraph or run: `level` is a heading's, from 1.

    `number` names the numbering that it is counted in, `depth` its level there, from 0.
    """

    use: Use = Use.BODY
    level: int = 0
    number: str = ""
    depth: int = 0
    hidden: bool = False

    @property
    def listed(self) -> bool:
        """Whether it is an item of a list, if nothing else."""
        return bool(self.number)


@dataclass(slots=True)
class Styles:
    """The styles of a document, by their identifiers."""

    elements: dict[str, Element]
    _known: dict[str, Meaning] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Element | None) -> "Styles":
        """Those of a styles part."""
        styles = (each for each in (root if root is not None else ()) if word_name(each))
        return cls({attribute(each, "styleId"): each for each in styles})

    def meaning(self, style: str) -> Meaning:
        """What a style means, by itself or by what it is derived from."""
        if style not in self._known:
            self._known[style] = self._meaning(style)
        return self._known[style]

    def _meaning(self, style: str) -> Meaning:
        chain = list(self._chain(style))
        names = [attribute(child(each, "name"), "val") for each in chain] or [style]
        levels = [child(each, "pPr", "outlineLvl") for each in chain] or [None]
        use, level = next(filter(None, map(_use, names, levels)), (Use.BODY, 0))
        numbers = (numbered(child(each, "pPr")) for each in chain)
        number, depth = next(filter(None, numbers), ("", 0))
        unseen = (child(each, "rPr", "vanish") for each in chain)
        return Meaning(
            use=use,
            level=level,
            number=number,
            depth=depth,
            hidden=is_on(next((each for each in unseen if each is not None), None)),
        )

    def _chain(self, style: str) -> Iterator[Element]:
        for _ in range(_LONGEST_CHAIN):
            if style not in self.elements:
                return
            yield self.elements[style]
            style = attribute(child(self.elements[style], "basedOn"), "val")


def numbered(properties: Element | None) -> tuple[str, int] | None:
    """The numbering and the level that properties of a paragraph name; none if they do not.

    Numbering 0 takes a paragraph out of any (ECMA-376 part 1, 17.9.18).
    """
    number = child(properties, "numPr", "numId")
    if number is None:
        return None
    name, level = attribute(number, "val"), attribute(child(properties, "numPr", "ilvl"), "val")
    return "" if name == "0" else name, int(level) if level in _LEVELS else 0


def outline_use(level: Element | None) -> tuple[Use, int] | None:
    """What an outline level says: a heading of a level, or body text; none if it is absent."""
    number = attribute(level, "val")
    if not (number.isascii() and number.isdigit() and len(number) == 1):
        return None
    if int(number) == _BODY_LEVEL:
        return Use.BODY, 0
    return Use.HEADING, min(int(number) + 1, _DEEPEST_LEVEL)


def _use(name: str, level: Element | None) -> tuple[Use, int] | None:
    plain = " ".join(name.casefold().split())
    heading = _HEADING.fullmatch(plain)
    if heading:
        return Use.HEADING, min(int(heading[1]), _DEEPEST_LEVEL)
    for use, pattern in _PATTERNS:
        if pattern.fullmatch(plain):
            return use, 0
    return outline_use(level)
