"""The package document of a read-along edition, and what an EPUB 2 lacks of being an EPUB 3."""

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

from narrator.ingest.archive import resolved
from narrator.ingest.outline import Entry
from narrator.ingest.xhtml import Element, local_name
from narrator.readalong.marking import XHTML
from narrator.readalong.paths import relative
from narrator.readalong.smil import seconds

_OPF = "http://www.idpf.org/2007/opf"
_DC = "http://purl.org/dc/elements/1.1/"
_EPUB = "http://www.idpf.org/2007/ops"
_NAV_NAMES: dict[str | None, str] = {None: XHTML, "epub": _EPUB}
_SMIL_TYPE = "application/smil+xml"
_MODIFIED = "1980-01-01T00:00:00Z"  # of an EPUB 2, which does not say; no clock is asked


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedFile:
    """A content document, its media overlay (paths in the archive), and how long that takes."""

    path: str
    overlay: str
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What a book is given: its files are in the folder `own`, tracks by name and media type.

    `contents` and `first` (a file) make the navigation of a book that has none.
    """

    own: str
    marked: tuple[MarkedFile, ...]
    tracks: tuple[tuple[str, str], ...]
    narrator: str
    active: str
    contents: tuple[Entry, ...]
    first: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """The new package document, paths that are not to be taken over, and a navigation document."""

    package: bytes
    dropped: frozenset[str]
    nav: tuple[str, bytes] | None


def edited(root: Element, opf: str, edition: Edition) -> Edited:
    """Change the package document at `opf`."""
    metadata, items = _child(root, "metadata"), _child(root, "manifest")
    dropped = _without_overlays(metadata, items, opf)
    nav = None if (root.get("version") or "").startswith("3") else _upgraded(root, opf, edition)
    _add_items(items, opf, edition)
    _say_durations(metadata, edition)
    data: bytes = etree.tostring(root.getroottree(), encoding="utf-8", xml_declaration=True)
    return Edited(package=data, dropped=dropped, nav=nav)


def _child(root: Element, name: str) -> Element:
    found = next((each for each in root.iter() if local_name(each) == name), None)
    return etree.SubElement(root, f"{{{_OPF}}}{name}") if found is None else found


def _without_overlays(metadata: Element, items: Element, opf: str) -> frozenset[str]:
    """Take out what the book had of media overlays; the paths of theirs."""
    dropped = set()
    for item in [each for each in items if local_name(each) == "item"]:
        item.attrib.pop("media-overlay", "")
        if (item.get("media-type") or "").strip().lower() == _SMIL_TYPE:
            dropped.add(resolved(opf, item.get("href") or ""))
            items.remove(item)
    for meta in list(metadata):
        if local_name(meta) and (meta.get("property") or "").startswith("media:"):
            metadata.remove(meta)
    return frozenset(dropped)


def _add_items(items: Element, opf: str, edition: Edition) -> None:
    own = edition.own
    by_path = {
        resolved(opf, each.get("href") or "").partition("#")[0]: each
        for each in reversed(items)
        if local_name(each) == "item"
    }
    for number, file in enumerate(edition.marked, start=1):
        by_path[file.path].set("media-overlay", f"{own}-smil{number}")
        _item(items, opf, f"{own}-smil{number}", file.overlay, _SMIL_TYPE)
    for number, (name, media_type) in enumerate(edition.tracks, start=1):
        _item(items, opf, f"{own}-audio{number}", f"{own}/{name}", media_type)
    _item(items, opf, f"{own}-css", f"{own}/overlay.css", "text/css")


def _item(items: Element, opf: str, name: str, path: str, media_type: str) -> Element:
    href = relative(path, opf)
    return etree.SubElement(
        items, f"{{{_OPF}}}item", {"id": name, "href": href, "media-type": media_type}
    )


def _say_durations(metadata: Element, edition: Edition) -> None:
    for number, file in enumerate(edition.marked, start=1):
        refined = {"refines": f"#{edition.own}-smil{number}"}
        _meta(metadata, "media:duration", seconds(file.milliseconds), refined)
    whole = sum(file.milliseconds for file in edition.marked)
    _meta(metadata, "media:duration", seconds(whole))
    _meta(metadata, "media:narrator", edition.narrator)
    _meta(metadata, "media:active-class", edition.active)


def _meta(
    metadata: Element, name: str, value: str, attributes: dict[str, str] | None = None
) -> None:
    meta = etree.SubElement(metadata, f"{{{_OPF}}}meta", {"property": name, **(attributes or {})})
    meta.text = value


# ------------------------------------------------------------------------------ EPUB 2


def _upgraded(root: Element, opf: str, edition: Edition) -> tuple[str, bytes]:
    """Make an EPUB 3's package of an EPUB 2's; its navigation document."""
    root.set("version", "3.0")
    metadata, items = _child(root, "metadata"), _child(root, "manifest")
    for each in [each for each in root if local_name(each) == "tours"]:
        root.remove(each)
    dates = list(metadata.iter(f"{{{_DC}}}date"))
    for late in dates[1:]:  # an EPUB 3 has one: when it was published
        metadata.remove(late)
    for each in metadata.iter(etree.Element):
        for name in [name for name in each.attrib if str(name).startswith(f"{{{_OPF}}}")]:
            del each.attrib[name]
    _meta(metadata, "dcterms:modified", _MODIFIED)
    path = f"{edition.own}/nav.xhtml"
    _item(items, opf, f"{edition.own}-nav", path, "application/xhtml+xml").set("properties", "nav")
    return path, _nav(path, edition)


def _nav(path: str, edition: Edition) -> bytes:
    html = etree.Element(f"{{{XHTML}}}html", nsmap=_NAV_NAMES)  # type: ignore[arg-type]  # stubs: no default
    etree.SubElement(etree.SubElement(html, f"{{{XHTML}}}head"), f"{{{XHTML}}}title").text = "—"
    body = etree.SubElement(html, f"{{{XHTML}}}body")
    nav = etree.SubElement(body, f"{{{XHTML}}}nav", {f"{{{_EPUB}}}type": "toc"})
    entries = edition.contents or (Entry(title="", place=edition.first, children=()),)
    _list(nav, entries, path)
    data: bytes = etree.tostring(
        html, encoding="utf-8", xml_declaration=True, doctype="<!DOCTYPE html>"
    )
    return data


def _list(parent: Element, entries: Iterable[Entry], path: str) -> None:
    parent = etree.SubElement(parent, f"{{{XHTML}}}ol")
    for entry in entries:
        item = etree.SubElement(parent, f"{{{XHTML}}}li")
        file, _, mark = entry.place.partition("#")
        href = relative(file, path) + (f"#{mark}" if mark else "")
        label = {"href": href} if entry.place else {}
        element = etree.SubElement(item, f"{{{XHTML}}}{'a' if label else 'span'}", label)
        element.text = entry.title or "—"
        if entry.children:
            _list(item, entry.children, path)
