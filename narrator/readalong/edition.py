"""The package document of a read-along edition."""

from dataclasses import dataclass

from lxml import etree

from narrator.ingest.archive import resolved
from narrator.ingest.xhtml import Element, local_name
from narrator.readalong.paths import relative
from narrator.readalong.smil import seconds
from narrator.readalong.upgrade import OPF, Old, upgraded

_SMIL_TYPE = "application/smil+xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedFile:
    """A content document, its media overlay (paths in the archive), and how long that takes."""

    path: str
    overlay: str
    milliseconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What a book is given: its files are in the folder `own`, tracks by name and media type.

    `old` is of an EPUB 2, which is made an EPUB 3.
    """

    own: str
    marked: tuple[MarkedFile, ...]
    tracks: tuple[tuple[str, str], ...]
    narrator: str
    active: str
    old: Old | None


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
    nav = _upgraded(root, opf, edition.own, edition.old) if edition.old else None
    _add_items(items, opf, edition)
    _say_durations(metadata, edition)
    data: bytes = etree.tostring(root.getroottree(), encoding="utf-8", xml_declaration=True)
    return Edited(package=data, dropped=dropped, nav=nav)


def _upgraded(root: Element, opf: str, own: str, old: Old) -> tuple[str, bytes]:
    path = f"{own}/nav.xhtml"
    return path, upgraded(root, opf, old, (f"{own}-nav", path))


def _child(root: Element, name: str) -> Element:
    found = next((each for each in root.iter() if local_name(each) == name), None)
    return etree.SubElement(root, f"{{{OPF}}}{name}") if found is None else found


def _without_overlays(metadata: Element, items: Element, opf: str) -> frozenset[str]:
    """Take out what the book had of media overlays; the paths of theirs."""
    dropped = set()
    for item in [each for each in items if local_name(each) == "item"]:
        item.attrib.pop("media-overlay", "")
        if (item.get("media-type") or "").strip().lower() == _SMIL_TYPE:
            dropped.add(resolved(opf, item.get("href") or ""))
            items.remove(item)
    for link in list(items.getroottree().iter("{*}link")):  # a collection's, say
        held = link.getparent()
        if held is not None and resolved(opf, link.get("href") or "") in dropped:
            held.remove(link)
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
        items, f"{{{OPF}}}item", {"id": name, "href": href, "media-type": media_type}
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
    meta = etree.SubElement(metadata, f"{{{OPF}}}meta", {"property": name, **(attributes or {})})
    meta.text = value
