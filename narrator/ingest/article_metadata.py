"""What a web page says of itself: in its head, and in the first heading of its article."""

import json
import re
from typing import Any

from narrator.domain.documents import Metadata
from narrator.ingest.contents import text_of
from narrator.ingest.xhtml import Element, local_name

_XML_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_AUTHORS = ("author", "dcterms.creator", "dc.creator", "article:author", "parsely-author", "byl")
_DATES = (
    *("article:published_time", "datepublished", "date", "dc.date", "dcterms.date"),
    *("dcterms.created", "pubdate", "publish-date", "parsely-pub-date"),
)
_LONGEST_LD_CHARS = 200_000
_BY = re.compile(r"^(?:by|von|par|por)\s+", re.IGNORECASE)
_URL = re.compile(r"https?://", re.IGNORECASE)


def page_metadata(root: Element) -> Metadata:
    """Title, author, site, date, language and description, as far as the page has them.

    Where it says its title for sharing (`og:title`), that counts: the `<title>` of such a page
    names the site too.
    """
    elements = [element for element in root.iter() if local_name(element)]
    said = _said(elements)
    linked = _linked_data(elements)
    titles = [text_of(each) for each in elements if local_name(each) in {"title", "h1"}]
    author = _author(said, linked)
    return Metadata(
        title=said.get("og:title") or next((title for title in titles if title), ""),
        creators=(author,) if author else (),
        language=root.get("lang") or root.get(_XML_LANGUAGE) or said.get("content-language", ""),
        publisher=said.get("og:site_name", ""),
        date=_first(said, _DATES) or _text(linked.get("datePublished")) or _time(elements),
        description=said.get("description") or said.get("og:description") or "",
    )


def _said(elements: list[Element]) -> dict[str, str]:
    """The page's `meta`, the first of each name."""
    said: dict[str, str] = {}
    for each in elements:
        if local_name(each) == "meta":
            names = (each.get(key) for key in ("name", "property", "itemprop", "http-equiv"))
            name = next((name for name in names if name), "").lower()
            said.setdefault(name, (each.get("content") or "").strip())
    return said


def _author(said: dict[str, str], linked: dict[str, Any]) -> str:
    found = (said.get(name, "") for name in _AUTHORS)
    by_name = next((name for name in found if name and not _URL.match(name)), "")
    return _BY.sub("", by_name or _person(linked.get("author")))


def _person(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, map(_person, value[:10])))
    return _text(value.get("name")) if isinstance(value, dict) else _text(value)


def _linked_data(elements: list[Element]) -> dict[str, Any]:
    """The first article that the page describes in JSON-LD (schema.org)."""
    for each in elements:
        if local_name(each) == "script" and each.get("type") == "application/ld+json":
            for found in _objects(each.text or ""):
                if "headline" in found or "datePublished" in found:
                    return found
    return {}


def _objects(text: str) -> list[dict[str, Any]]:
    if len(text) > _LONGEST_LD_CHARS:
        return []
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return []
    values = value if isinstance(value, list) else [value]
    inner = [
        each
        for outer in values
        if isinstance(outer, dict) and isinstance(graph := outer.get("@graph"), list)
        for each in graph
    ]
    return [each for each in (*values, *inner) if isinstance(each, dict)]


def _time(elements: list[Element]) -> str:
    """The date of the first `<time>` that is said to be that of publication."""
    for each in elements:
        if local_name(each) == "time" and (
            each.get("pubdate") is not None or each.get("itemprop") == "datePublished"
        ):
            return (each.get("datetime") or "").strip()
    return ""


def _first(said: dict[str, str], names: tuple[str, ...]) -> str:
    return next((said[name] for name in names if said.get(name)), "")


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
