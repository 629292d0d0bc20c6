"""What the package of an EPUB 2 lacks of being that of an EPUB 3."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from narrator.ingest.archive import resolved
from narrator.ingest.outline import Entry
from narrator.ingest.xhtml import Element, local_name
from narrator.readalong.marking import XHTML
from narrator.readalong.paths import relative

OPF = "http://www.idpf.org/2007/opf"
_DC = "http://purl.org/dc/elements/1.1/"
_EPUB = "http://www.idpf.org/2007/ops"
_CONTAINER = "urn:oasis:names:tc:opendocument:xmlns:container"
_CONTAINER_NAMES: dict[str | None, str] = {None: _CONTAINER}
_NAV_NAMES: dict[str | None, str] = {None: XHTML, "epub": _EPUB}
_XHTML_TYPE = "application/xhtml+xml"
_HTML_TYPES = frozenset({"text/html", "text/x-oeb1-document"})
_MODIFIED = "1980-01-01T00:00:00Z"  # an EPUB 2 does not say; no clock is asked
_DC_TERMS = (
    "contributor coverage creator date description format identifier language publisher relation"
    " rights source subject title type"
)
_DC_NAMES = frozenset(_DC_TERMS.split())
_OLD_WRAPPERS = frozenset({"dc-metadata", "x-metadata"})
_OLD_ATTRIBUTES = "fallback-style", "required-namespace", "required-modules"


@dataclass(frozen=True, slots=True, kw_only=True)
class Old:
    """What is to be known of an EPUB 2: its table of contents, and its spine, by paths.

    `apart` are the files that are out of the reading order; `properties` what content documents
    hold that the package has to speak of.
    """

    contents: tuple[Entry, ...]
    spine: tuple[str, ...]
    apart: tuple[str, ...]
    properties: Mapping[str, frozenset[str]]


def upgraded(root: Element, opf: str, old: Old, nav: tuple[str, str]) -> bytes:
    """Change the package document at `opf`; the navigation document, of that id and path."""
    root.set("version", "3.0")
    for each in [each for each in root if local_name(each) == "tours"]:
        root.remove(each)
    for each in root.iter():
        if local_name(each) == "metadata":
            _tell_anew(each)
        elif local_name(each) == "spine":
            each.attrib.pop("page-map", "")  # of Adobe's
        elif local_name(each) == "item":
            _describe(each, opf, old)
    name, path = nav
    for items in [each for each in root.iter() if local_name(each) == "manifest"]:
        held = {"id": name, "href": relative(path, opf), "media-type": _XHTML_TYPE}
        etree.SubElement(items, f"{{{OPF}}}item", {**held, "properties": "nav"})
    return _nav(path, old)


def container(opf: str) -> bytes:
    """A container of that package alone: what else an EPUB 2 was, an EPUB 3 may not be."""
    root = etree.Element(f"{{{_CONTAINER}}}container", {"version": "1.0"}, nsmap=_CONTAINER_NAMES)  # type: ignore[arg-type]  # stubs: no default
    files = etree.SubElement(root, f"{{{_CONTAINER}}}rootfiles")
    held = {"full-path": opf, "media-type": "application/oebps-package+xml"}
    etree.SubElement(files, f"{{{_CONTAINER}}}rootfile", held)
    data: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


# ------------------------------------------------------------------------------ the package


def _tell_anew(metadata: Element) -> None:
    """Metadata without what OPF 2 alone knows, and without elements that say nothing."""
    for wrapper in [each for each in metadata if local_name(each) in _OLD_WRAPPERS]:
        metadata.extend(list(wrapper))
        metadata.remove(wrapper)
    for each in metadata.findall(f"{{{_DC}}}*"):
        if local_name(each) not in _DC_NAMES or not "".join(map(str, each.itertext())).strip():
            metadata.remove(each)
    for late in metadata.findall(f"{{{_DC}}}date")[1:]:  # an EPUB 3 has one: of its publication
        metadata.remove(late)
    for each in metadata.iter(etree.Element):
        for name in [name for name in each.attrib if str(name).startswith(f"{{{OPF}}}")]:
            del each.attrib[name]
    modified = etree.SubElement(metadata, f"{{{OPF}}}meta", {"property": "dcterms:modified"})
    modified.text = _MODIFIED


def _describe(item: Element, opf: str, old: Old) -> None:
    for name in _OLD_ATTRIBUTES:
        item.attrib.pop(name, "")
    path = resolved(opf, item.get("href") or "")
    if path not in old.properties:
        return
    if (item.get("media-type") or "").strip().lower() in _HTML_TYPES:
        item.set("media-type", _XHTML_TYPE)  # as which it has been written
    if old.properties[path]:
        item.set("properties", " ".join(sorted(old.properties[path])))


# ------------------------------------------------------------------------------ navigation


def _nav(path: str, old: Old) -> bytes:
    html = etree.Element(f"{{{XHTML}}}html", nsmap=_NAV_NAMES)  # type: ignore[arg-type]  # stubs: no default
    etree.SubElement(etree.SubElement(html, f"{{{XHTML}}}head"), f"{{{XHTML}}}title").text = "—"
    body = etree.SubElement(html, f"{{{XHTML}}}body")
    nav = etree.SubElement(body, f"{{{XHTML}}}nav", {f"{{{_EPUB}}}type": "toc"})
    entries = tuple(_reachable(old.contents, frozenset(old.spine)))
    _list(nav, entries or (Entry(title="", place=old.spine[0], children=()),), path)
    for each in old.apart:  # an EPUB 3 must lead there from somewhere
        paragraph = etree.SubElement(body, f"{{{XHTML}}}p")
        etree.SubElement(paragraph, f"{{{XHTML}}}a", {"href": relative(each, path)}).text = "—"
    data: bytes = etree.tostring(
        html, encoding="utf-8", xml_declaration=True, doctype="<!DOCTYPE html>"
    )
    return data


def _reachable(entries: Iterable[Entry], spine: frozenset[str]) -> Iterator[Entry]:
    """Entries that lead into the spine, or hold some that do."""
    for entry in entries:
        children = tuple(_reachable(entry.children, spine))
        place = entry.place if entry.place.partition("#")[0] in spine else ""
        if place or children:
            yield Entry(title=entry.title, place=place, children=children)


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
