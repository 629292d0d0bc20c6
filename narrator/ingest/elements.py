"""What (X)HTML elements mean to a listener, by name, structural type and a few habits of makers.

Types are those of `epub:type` (EPUB 3 Structural Semantics Vocabulary, and the z3998 and Standard
Ebooks vocabularies beside it) and of `role` (DPUB-ARIA, without its `doc-`).
"""

import re
from dataclasses import dataclass

from narrator.domain.documents import PassageKind, SkipReason
from narrator.ingest.xhtml import Element, local_name

_EPUB_TYPE = "{http://www.idpf.org/2007/ops}type"

HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCK_NAMES = (
    "html body address article aside blockquote caption center dd details dialog dir div dl dt"
    " fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup legend li"
    " main menu nav ol p pre section summary table tbody td tfoot th thead tr ul"
)
BLOCKS = frozenset(_BLOCK_NAMES.split())
_HIDDEN_NAMES = (
    "annotation annotation-xml audio button canvas datalist embed iframe input map noframes"
    " noscript object option progress rp rt script select style template textarea video"
)
_SKIPPED_TAGS = {
    "head": SkipReason.METADATA,
    "pre": SkipReason.CODE,
    "svg": SkipReason.FIGURE,
    **dict.fromkeys(_HIDDEN_NAMES.split(), SkipReason.HIDDEN),
}
_SKIPPED_TYPES = {
    "noteref": SkipReason.NOTE_REFERENCE,
    "annoref": SkipReason.NOTE_REFERENCE,
    "backlink": SkipReason.NOTE_REFERENCE,
    "footnote": SkipReason.FOOTNOTE,
    "footnotes": SkipReason.FOOTNOTE,
    "endnote": SkipReason.FOOTNOTE,
    "endnotes": SkipReason.FOOTNOTE,
    "rearnote": SkipReason.FOOTNOTE,
    "rearnotes": SkipReason.FOOTNOTE,
    "pagebreak": SkipReason.PAGE_BREAK,
    "page-list": SkipReason.CONTENTS,
    "pagelist": SkipReason.CONTENTS,
    "landmarks": SkipReason.CONTENTS,
    "toc": SkipReason.CONTENTS,
    "loi": SkipReason.CONTENTS,
    "lot": SkipReason.CONTENTS,
}
_FRONT_TYPES = (
    "frontmatter cover titlepage halftitlepage halftitle copyright-page imprint imprimatur"
    " seriespage dedication contributors other-credits acknowledgments"
)
_BACK_TYPES = "backmatter colophon bibliography index glossary"
_BODY_TYPES = (
    "bodymatter volume part division chapter prologue epilogue preface foreword introduction"
    " afterword conclusion preamble"
)
_MATTER_TYPES: dict[str, SkipReason | None] = {
    **dict.fromkeys(_FRONT_TYPES.split(), SkipReason.FRONT_MATTER),
    **dict.fromkeys(_BACK_TYPES.split(), SkipReason.BACK_MATTER),
    **dict.fromkeys(_BODY_TYPES.split(), None),
}
_VERSE_TYPES = frozenset({"z3998:verse", "z3998:poem", "z3998:song", "z3998:hymn", "poem", "verse"})
_VERSE_CLASS = re.compile(r"\b(?:poem|poetry|verse|stanza|lyrics)\b", re.IGNORECASE)
_LICENCE_CLASS = re.compile(r"\bpg-boilerplate\b")
_NOTE_MARK = re.compile(r"\s*(?:\[?\s*(?:\d{1,4}|[a-z]|[ivxlc]{1,6})\s*\]?|[*†‡§¶]{1,3})\s*")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_PICTURES = frozenset({"img", "svg", "picture", "object", "video", "audio", "table", "pre", "math"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What text at a place in the tree is: of which kind, or skipped and why."""

    kind: PassageKind = PassageKind.PARAGRAPH
    level: int = 0
    skip: SkipReason | None = None
    linked: bool = False


def types_of(element: Element) -> frozenset[str]:
    """The element's structural types."""
    epub = element.get(_EPUB_TYPE) or element.get("epub:type") or ""
    roles = (role.removeprefix("doc-") for role in (element.get("role") or "").split())
    return frozenset({*epub.lower().split(), *roles})


def matter_of(types: frozenset[str]) -> tuple[bool, SkipReason | None]:
    """Whether the types say which matter this is, and the reason to skip it (none: body)."""
    for group in (("frontmatter", "backmatter", "bodymatter"), sorted(types)):
        for name in group:
            if name in types and name in _MATTER_TYPES:
                return True, _MATTER_TYPES[name]
    return False, None


def place_of(element: Element, types: frozenset[str], around: Place) -> Place:
    """What the text inside the element is, given what the element stands in."""
    if around.skip:
        return around
    name = local_name(element)
    skip = _skip(element, name, types)
    if skip:
        return Place(skip=skip)
    linked = around.linked or (name == "a" and "#" in (element.get("href") or ""))
    kind, level = _kind(element, name, types, around)
    return Place(kind=kind, level=level, linked=linked)


def _kind(
    element: Element, name: str, types: frozenset[str], around: Place
) -> tuple[PassageKind, int]:
    if name in HEADINGS or name == "hgroup":
        return PassageKind.HEADING, around.level or HEADINGS.get(name) or _highest(element)
    if around.kind in {PassageKind.HEADING, PassageKind.VERSE}:
        return around.kind, around.level
    if types & _VERSE_TYPES or _VERSE_CLASS.search(element.get("class") or ""):
        return PassageKind.VERSE, 0
    if name == "blockquote":
        return PassageKind.QUOTATION, 0
    if name in {"li", "dt", "dd"}:
        return PassageKind.LIST_ITEM, 0
    return around.kind, around.level


def _highest(group: Element) -> int:
    """The level of the heading that a group of headings is about."""
    levels = [HEADINGS[name] for child in group if (name := local_name(child)) in HEADINGS]
    return min(levels, default=1)


def _skip(element: Element, name: str, types: frozenset[str]) -> SkipReason | None:
    if name in _SKIPPED_TAGS:
        return _SKIPPED_TAGS[name]
    for each in types & _SKIPPED_TYPES.keys():
        return _SKIPPED_TYPES[each]
    if _LICENCE_CLASS.search(element.get("class") or ""):
        return SkipReason.LICENCE
    if _hidden(element):
        return SkipReason.HIDDEN
    return _skip_by_content(element, name)


def _hidden(element: Element) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_UNSEEN.search(element.get("style") or ""))
    )


def _skip_by_content(element: Element, name: str) -> SkipReason | None:
    match name:
        case "nav":
            return SkipReason.CONTENTS
        case "table" if not _is_layout(element):
            return SkipReason.TABLE
        case "figure" if _holds(element, _PICTURES):
            return SkipReason.FIGURE
        case "a" | "sup" if _is_note_reference(element, name):
            return SkipReason.NOTE_REFERENCE
        case _:
            return None


def _is_layout(table: Element) -> bool:
    """Whether a table only arranges text: says so, is a cell wide, or has headings in it."""
    if table.get("role") in {"presentation", "none"} or _holds(table, {"blockquote", *HEADINGS}):
        return True
    rows = [row for row in table.iter() if local_name(row) == "tr"]
    return all(sum(local_name(cell) in {"td", "th"} for cell in row) < 2 for row in rows)  # noqa: PLR2004


def _holds(element: Element, names: frozenset[str] | set[str]) -> bool:
    return any(local_name(inner) in names for inner in element.iter())


def _is_note_reference(element: Element, name: str) -> bool:
    """A raised or bracketed mark that links to a note: `<sup><a href="#n1">1</a></sup>`."""
    links = [inner for inner in element.iter() if local_name(inner) == "a"]
    if len(links) != 1 or "#" not in (links[0].get("href") or ""):
        return False
    mark = "".join(str(text) for text in element.itertext())
    raised = name == "sup" or _holds(element, {"sup"}) or mark.strip().startswith("[")
    return raised and bool(_NOTE_MARK.fullmatch(mark))
