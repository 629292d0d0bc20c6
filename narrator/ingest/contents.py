"""Tables of contents: EPUB 3's navigation document and EPUB 2's NCX."""

from collections.abc import Iterator

from narrator.ingest.archive import resolved
from narrator.ingest.elements import types_of
from narrator.ingest.outline import Entry
from narrator.ingest.xhtml import Element, local_name


def nav_entries(root: Element, path: str) -> tuple[Entry, ...]:
    """The entries of the `toc` of the navigation document at `path`."""
    navs = [each for each in root.iter() if local_name(each) == "nav"]
    for nav in sorted(navs, key=lambda each: "toc" not in types_of(each)):
        if types_of(nav) & {"landmarks", "page-list", "pagelist"}:
            continue
        return tuple(_nav_list(nav, path))
    return ()


def nav_landmarks(root: Element, path: str) -> dict[str, str]:
    """Places and, of each, its structural types, from the navigation document's `landmarks`."""
    return {
        resolved(path, link.get("href") or ""): " ".join(sorted(types_of(link)))
        for nav in root.iter()
        if local_name(nav) == "nav" and "landmarks" in types_of(nav)
        for link in nav.iter()
        if local_name(link) == "a"
    }


def ncx_entries(root: Element, path: str) -> tuple[Entry, ...]:
    """The entries of the NCX's `navMap` at `path`."""
    maps = [each for each in root.iter() if local_name(each) == "navmap"]
    return tuple(_ncx_points(maps[0], path)) if maps else ()


def text_of(element: Element) -> str:
    """All of its text, on one line."""
    return " ".join("".join(str(text) for text in element.itertext()).split())


def _nav_list(parent: Element, path: str) -> Iterator[Entry]:
    """The entries of the lists directly in `parent` (or in what merely wraps them)."""
    for child in parent:
        name = local_name(child)
        if name == "li":
            yield _nav_item(child, path)
        elif name in {"ol", "ul", "div", "section"}:
            yield from _nav_list(child, path)


def _nav_item(item: Element, path: str) -> Entry:
    label = next((each for each in item.iter() if local_name(each) in {"a", "span"}), None)
    href = label.get("href") if label is not None else None
    return Entry(
        title=text_of(label) if label is not None else "",
        place=resolved(path, href) if href else "",
        children=tuple(_nav_list(item, path)),
    )


def _ncx_points(parent: Element, path: str) -> Iterator[Entry]:
    for point in parent:
        if local_name(point) == "navpoint":
            yield Entry(
                title=_child_text(point, "navlabel"),
                place=_content_place(point, path),
                children=tuple(_ncx_points(point, path)),
            )


def _child_text(point: Element, name: str) -> str:
    return next((text_of(child) for child in point if local_name(child) == name), "")


def _content_place(point: Element, path: str) -> str:
    for child in point:
        if local_name(child) == "content":
            return resolved(path, child.get("src") or "")
    return ""
