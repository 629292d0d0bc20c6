"""What an EPUB's package says of the book: Dublin Core's elements and what refines them.

EPUB 3 refines an element by a `meta` that names its id, EPUB 2 by attributes (`opf:role`); a series
is EPUB 3's `belongs-to-collection` or calibre's.
"""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from narrator.domain.documents import Metadata
from narrator.ingest.xhtml import Element, local_name

_OPF = "{http://www.idpf.org/2007/opf}"
_AUTHOR = "aut"  # of MARC's relators
_TAG = re.compile(r"</?([a-z][a-z0-9]*)(?:[ /][^<>]*)?>", re.IGNORECASE)
_INSIDE_WORDS = frozenset({"a", "b", "em", "i", "small", "span", "strong", "sub", "sup", "u"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """An element's text and what refines it, by property."""

    text: str
    refined: Mapping[str, str]


def read_metadata(root: Element) -> Metadata:
    """Of several values the first, except creators, which come in order: the authors, if named."""
    found = _found(root)
    series, position = _series(root)
    return Metadata(
        title=_title(found.get("title", [])),
        creators=_creators(found.get("creator", [])),
        language=_first(found, "language"),
        identifier=_identifier(root) or _first(found, "identifier"),
        publisher=_first(found, "publisher"),
        date=_first(found, "date"),
        description=_unmarked(_first(found, "description")),
        series=series,
        series_position=position,
    )


def _found(root: Element) -> dict[str, list[_Said]]:
    """Dublin Core's elements that say something, by name."""
    refinements = _refinements(root)
    found: dict[str, list[_Said]] = {}
    for metadata in _named(root, "metadata"):
        for element in metadata.iter():
            if _is_dublin_core(element) and (text := _text(element)):
                refined = _own(element) | refinements.get(element.get("id") or "", {})
                said = _Said(text=text, refined=refined)
                found.setdefault(local_name(element), []).append(said)
    return found


def _refinements(root: Element) -> dict[str, dict[str, str]]:
    """Of each id the properties that refine what has it."""
    found: dict[str, dict[str, str]] = {}
    for meta in _named(root, "meta"):
        refined, name = meta.get("refines") or "", meta.get("property") or ""
        if refined.startswith("#") and name:
            found.setdefault(refined[1:], {}).setdefault(name, _text(meta))
    return found


def _title(titles: list[_Said]) -> str:
    """The main title, or the first; with its subtitle if it has one."""
    kinds = [said.refined.get("title-type", "") for said in titles]
    ranked = sorted(range(len(titles)), key=lambda i: (kinds[i] != "main", bool(kinds[i])))
    main = next((titles[i].text for i in ranked), "")
    subtitle = next((said.text for said in titles if _is_subtitle(said)), "")
    return f"{main}: {subtitle}" if main and subtitle not in {"", main} else main


def _is_subtitle(said: _Said) -> bool:
    return said.refined.get("title-type") == "subtitle"


def _creators(creators: list[_Said]) -> tuple[str, ...]:
    """The authors; all creators if none is called one."""
    authors = [said for said in creators if said.refined.get("role", _AUTHOR) == _AUTHOR]
    return tuple(dict.fromkeys(said.text for said in authors or creators))


def _series(root: Element) -> tuple[str, str]:
    """The series that the book belongs to, and its number in it."""
    refinements = _refinements(root)
    named: dict[str, str] = {}
    for meta in _named(root, "meta"):
        refined = refinements.get(meta.get("id") or "", {})
        kind = refined.get("collection-type", "series")
        if meta.get("property") == "belongs-to-collection" and kind == "series" and _text(meta):
            return _text(meta), refined.get("group-position", "")
        named.setdefault(meta.get("name") or "", (meta.get("content") or "").strip())
    position = named.get("calibre:series_index", "").removesuffix(".0")
    series = named.get("calibre:series", "")
    return series, position if series else ""


def _identifier(root: Element) -> str:
    """The identifier that the package calls its unique one."""
    unique = root.get("unique-identifier")
    for element in _named(root, "identifier"):
        if unique and element.get("id") == unique:
            return _text(element)
    return ""


def _first(found: Mapping[str, list[_Said]], name: str) -> str:
    return next((said.text for said in found.get(name, ())), "")


def _unmarked(text: str) -> str:
    """A description's text: calibre and many publishers write HTML into it, escaped."""
    if not _TAG.search(text):
        return text
    bare = _TAG.sub(lambda tag: "" if tag[1].lower() in _INSIDE_WORDS else " ", text)
    return " ".join(html.unescape(bare).split())


def _own(element: Element) -> dict[str, str]:
    role = element.get(f"{_OPF}role") or element.get("opf:role")
    return {"role": role} if role else {}


def _text(element: Element) -> str:
    return " ".join("".join(str(text) for text in element.itertext()).split())


def _named(root: Element, name: str) -> Iterator[Element]:
    return (element for element in root.iter() if local_name(element) == name)


def _is_dublin_core(element: Element) -> bool:
    return "purl.org/dc/elements" in str(element.tag).lower()
