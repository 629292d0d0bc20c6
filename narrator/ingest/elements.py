"""What (X)HTML elements mean to a listener, by name, structural type and a few habits of makers.

Types are those of `epub:type` (EPUB 3 Structural Semantics Vocabulary, and the z3998 and Standard
Ebooks vocabularies beside it) and of `role` (DPUB-ARIA, without its `doc-`). An element may give
several reasons to skip what is in it; it is skipped for the first whose role is not to be read. A
caption, table or listing in a figure (or a caption in a table) is what it is itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from narrator.domain.choices import DEFAULT_READING, Reading, Role
from narrator.domain.documents import PassageKind, SkipReason
from narrator.ingest.roles import is_left_out
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
    " noscript option progress rp rt script select style template textarea video"
)
STRUCK = frozenset({"del", "s", "strike"})
"""Elements of what is no longer to be said: taken out by an edit, or no longer so."""

DRAWN_BLOCKS = frozenset({"svg", "text", "desc", "title"})
"""Elements of a drawing that is read, each a passage."""

_SKIPPED_TAGS = {
    "head": SkipReason.METADATA,
    "svg": SkipReason.FIGURE,
    "object": SkipReason.FIGURE,  # what it holds is said of what it shows
    "figcaption": SkipReason.CAPTION,
    "caption": SkipReason.CAPTION,
    **dict.fromkeys(STRUCK, SkipReason.DELETED),
    **dict.fromkeys(_HIDDEN_NAMES.split(), SkipReason.HIDDEN),
}
_DRAWN_TAGS = {
    "svg": (),
    "title": (SkipReason.METADATA,),
    "metadata": (SkipReason.METADATA,),
    "desc": (SkipReason.FIGURE,),
}
NOTES = frozenset({"footnote", "endnote", "rearnote"})
REFERENCES = frozenset({"noteref", "annoref"})
_NOTE_SECTIONS = frozenset({"footnotes", "endnotes", "rearnotes"})
_SKIPPED_TYPES = {
    "landmarks": SkipReason.MARKUP,
    "page-list": SkipReason.MARKUP,
    "pagelist": SkipReason.MARKUP,
    **dict.fromkeys(REFERENCES, SkipReason.NOTE_REFERENCE),
    **dict.fromkeys(NOTES | _NOTE_SECTIONS, SkipReason.FOOTNOTE),
    "pagebreak": SkipReason.PAGE_BREAK,
    "toc": SkipReason.CONTENTS,
    "loi": SkipReason.CONTENTS,
    "lot": SkipReason.CONTENTS,
    "loa": SkipReason.CONTENTS,
    "lov": SkipReason.CONTENTS,
    "epigraph": SkipReason.EPIGRAPH,
}
_PART_TYPES = {"index": SkipReason.INDEX, "bibliography": SkipReason.BIBLIOGRAPHY}
_FRONT_TYPES = (
    "frontmatter cover titlepage halftitlepage halftitle copyright-page imprint imprimatur"
    " seriespage dedication contributors other-credits acknowledgments"
)
_BACK_TYPES = "backmatter colophon glossary"
_BODY_TYPES = (
    "bodymatter volume part division chapter prologue epilogue preface foreword introduction"
    " afterword conclusion preamble"
)
_MATTER_TYPES: dict[str, SkipReason | None] = {
    **dict.fromkeys(_FRONT_TYPES.split(), SkipReason.FRONT_MATTER),
    **dict.fromkeys(_BACK_TYPES.split(), SkipReason.BACK_MATTER),
    **dict.fromkeys(_BODY_TYPES.split(), None),
    **_PART_TYPES,
}
_FIRST_TYPES = (tuple(_PART_TYPES), ("frontmatter", "backmatter", "bodymatter"))
_VERSE_TYPES = frozenset({"z3998:verse", "z3998:poem", "z3998:song", "z3998:hymn", "poem", "verse"})
_VERSE_CLASS = re.compile(r"\b(?:poem|poetry|verse|stanza|lyrics)\b", re.IGNORECASE)
_LICENCE_CLASS = re.compile(r"\bpg-boilerplate\b")
_NOTE_MARK = re.compile(r"\s*(?:\[?\s*(?:\d{1,4}|[a-z]|[ivxlc]{1,6})\s*\]?|[*†‡§¶]{1,3})\s*")
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_STRUCK = re.compile(r"text-decoration(?:-line)?\s*:[^;]*\bline-through\b", re.IGNORECASE)
_PAGE_CLASS = re.compile(
    r"\b(?:page-?num(?:ber)?s?|page-?no|page-?break|pgnum|pgno|x-ebookmaker-pageno)\b",
    re.IGNORECASE,
)
_PAGE_MARK = re.compile(
    r"\s*[\[({]?\s*(?:p(?:age|g)?\.?\s*)?(?:\d{1,4}|[ivxlc]{1,7})\s*[\])}]?\s*", re.IGNORECASE
)
_CAPTION_CLASS = re.compile(r"(?:^|\s)(?:fig|img)?-?caption(?:\s|$)", re.IGNORECASE)
_EPIGRAPH_CLASS = re.compile(r"(?:^|\s)epigraph(?:\s|$)", re.IGNORECASE)
_BACK_MARK = re.compile(r"[\s\[(]*[↩↑←⏎↵⤴⇑⮌^\ufe0e\ufe0f]+[\s\])]*")
_INITIAL = re.compile(r"[“‘\"']?[^\W\d_]")
_PICTURES = frozenset({"img", "svg", "picture", "object", "video", "audio", "math"})
_OWN = frozenset({SkipReason.CAPTION, SkipReason.TABLE, SkipReason.CODE})
_MARKS = frozenset({SkipReason.NOTE_REFERENCE, SkipReason.PAGE_BREAK})
_LOOSE = frozenset({SkipReason.FIGURE, SkipReason.TABLE, SkipReason.CODE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What text at a place in the tree is: of which kind, or skipped and why.

    `drawn` says that it is in a drawing that is a page by itself; `table` and `cell` that it is
    within a table that is read, or a cell of one; `notes` that it is within a section of notes. Of
    the element itself, and of nothing in it: `note` says that it is a note, `apart` that it is a
    mark which no word runs into, `cites` the link to the note to which it refers.
    """

    kind: PassageKind = PassageKind.PARAGRAPH
    level: int = 0
    skip: SkipReason | None = None
    linked: bool = False
    drawn: bool = False
    table: bool = False
    cell: bool = False
    notes: bool = False
    note: bool = False
    apart: bool = False
    cites: str = ""


def types_of(element: Element) -> frozenset[str]:
    """The element's structural types."""
    epub = element.get(_EPUB_TYPE) or element.get("epub:type") or ""
    roles = (role.removeprefix("doc-") for role in (element.get("role") or "").split())
    return frozenset({*epub.lower().split(), *roles})


def matter_of(types: frozenset[str]) -> tuple[bool, SkipReason | None]:
    """Whether the types say which matter this is, and the reason to skip it (none: body)."""
    for group in (*_FIRST_TYPES, sorted(types)):
        for name in group:
            if name in types and name in _MATTER_TYPES:
                return True, _MATTER_TYPES[name]
    return False, None


def part_of(types: frozenset[str]) -> SkipReason | None:
    """Why an element so typed is skipped wherever it is: it is an index or a bibliography."""
    return next((_PART_TYPES[name] for name in _PART_TYPES if name in types), None)


def place_of(
    element: Element, types: frozenset[str], around: Place, reading: Reading = DEFAULT_READING
) -> Place:
    """What the text inside the element is, given what the element stands in."""
    if around.skip and around.skip not in _LOOSE:
        return around
    name = local_name(element)
    reasons = list(_reasons(element, name, types, around))
    if around.skip and not _OWN.intersection(reasons):
        return around
    skip = next((reason for reason in reasons if is_left_out(reason, reading)), None)
    cites = _link(element) if SkipReason.NOTE_REFERENCE in reasons else ""
    if skip:
        return Place(skip=skip, cites=cites)
    if _is_beside_notes(element, name, types, around):
        return Place(skip=SkipReason.NOTE_REFERENCE if name == "a" else SkipReason.FOOTNOTE)
    kind, level = _kind(element, name, types, around)
    return Place(
        kind=kind,
        level=level,
        linked=around.linked or (name == "a" and "#" in (element.get("href") or "")),
        drawn=around.drawn,
        table=around.table or SkipReason.TABLE in reasons,
        cell=around.cell or (around.table and name in {"td", "th"}),
        notes=bool(types & _NOTE_SECTIONS) or (around.notes and not types & NOTES),
        note=bool(types & NOTES),
        apart=not _MARKS.isdisjoint(reasons),
        cites=cites,
    )


def says_picture(element: Element) -> str | None:
    """What a picture shows; empty if it does not say, none if it is no picture or mere ornament."""
    if local_name(element) != "img" or element.get("role") in {"presentation", "none"}:
        return None
    alt = element.get("alt")
    return None if alt is not None and not alt.strip() else " ".join((alt or "").split())


def initial_of(picture: Element) -> str:
    """The letter that a picture draws, if text goes on from it: a word's ornamented initial."""
    alt = (picture.get("alt") or "").strip()
    following = picture.tail or ""
    outer = picture.getparent()
    if not following and outer is not None and picture.getnext() is None:
        following = outer.tail or ""
    return alt if _INITIAL.fullmatch(alt) and following[:1].isalpha() else ""


def page_label(element: Element) -> str:
    """What an empty mark of a page break says: `Page 12`; empty if it has text or no name."""
    label = (element.get("title") or element.get("aria-label") or "").strip(" .[]()")
    if not label or "".join(str(text) for text in element.itertext()).strip():
        return ""
    return f"Page {label}" if _PAGE_MARK.fullmatch(label) and label[0].lower() != "p" else label


def caption_of(table: Element, reading: Reading) -> str:
    """The caption of a table or figure, if it is not read by itself."""
    if reading.reads(Role.CAPTIONS):
        return ""
    captions = (each for each in table.iter() if local_name(each) in {"caption", "figcaption"})
    return next(("".join(str(text) for text in each.itertext()) for each in captions), "")


def _is_beside_notes(element: Element, name: str, types: frozenset[str], around: Place) -> bool:
    """Whether it belongs to notes but is none: the heading above them, the way back to the text."""
    if "backlink" in types:
        return True
    if name == "a" and "#" in (element.get("href") or ""):
        return bool(_BACK_MARK.fullmatch("".join(str(text) for text in element.itertext())))
    return around.notes and (name in HEADINGS or name == "hgroup")


def _kind(
    element: Element, name: str, types: frozenset[str], around: Place
) -> tuple[PassageKind, int]:
    if name in HEADINGS or name == "hgroup":
        return PassageKind.HEADING, around.level or HEADINGS.get(name) or _highest(element)
    if around.kind in {PassageKind.HEADING, PassageKind.VERSE}:
        return around.kind, around.level
    if _is_verse(element, types):
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


def _is_verse(element: Element, types: frozenset[str]) -> bool:
    return bool(types & _VERSE_TYPES or _VERSE_CLASS.search(element.get("class") or ""))


def _reasons(
    element: Element, name: str, types: frozenset[str], around: Place
) -> Iterator[SkipReason]:
    """All reasons that there are to skip what is in the element."""
    if _hidden(element):
        yield SkipReason.HIDDEN
    if around.drawn and name in _DRAWN_TAGS:
        yield from _DRAWN_TAGS[name]
    elif name in _SKIPPED_TAGS:
        yield _SKIPPED_TAGS[name]
    if _STRUCK.search(element.get("style") or ""):
        yield SkipReason.DELETED
    yield from (reason for named, reason in _SKIPPED_TYPES.items() if named in types)
    if element.get("class"):
        yield from _reasons_by_class(element, element.get("class") or "")
    yield from _reasons_by_content(element, name, types)
    if _is_verse(element, types) and around.kind is not PassageKind.HEADING:
        yield SkipReason.VERSE


def _hidden(element: Element) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool(_UNSEEN.search(element.get("style") or ""))
    )


def _reasons_by_class(element: Element, named: str) -> Iterator[SkipReason]:
    if _LICENCE_CLASS.search(named):
        yield SkipReason.LICENCE
    if _CAPTION_CLASS.search(named):
        yield SkipReason.CAPTION
    if _EPIGRAPH_CLASS.search(named):
        yield SkipReason.EPIGRAPH
    if _PAGE_CLASS.search(named) and _is_page_mark(element):
        yield SkipReason.PAGE_BREAK


def _is_page_mark(element: Element) -> bool:
    text = "".join(str(text) for text in element.itertext())
    return not text.strip() or bool(_PAGE_MARK.fullmatch(text))


def _reasons_by_content(element: Element, name: str, types: frozenset[str]) -> Iterator[SkipReason]:
    match name:
        case "nav" if not types & _SKIPPED_TYPES.keys():
            yield SkipReason.CONTENTS
        case "pre" if not _is_verse(element, types):
            yield SkipReason.CODE
        case "table" if not _is_layout(element):
            yield SkipReason.TABLE
        case "figure":
            yield from _reasons_of_figure(element)
        case "a" | "sup" if _is_note_reference(element, name):
            yield SkipReason.NOTE_REFERENCE


def _reasons_of_figure(figure: Element) -> Iterator[SkipReason]:
    """What a figure shows; it may as well show a poem, which is no reason to skip anything."""
    if _holds(figure, _PICTURES):
        yield SkipReason.FIGURE
    elif _holds(figure, {"table"}):
        yield SkipReason.TABLE
    elif _holds(figure, {"pre"}):
        yield SkipReason.CODE


def _link(element: Element) -> str:
    """Where the link goes that an element is or holds."""
    return next((str(each.get("href")) for each in element.iter() if each.get("href")), "")


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
