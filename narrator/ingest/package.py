"""The package of an EPUB 2 or 3: its metadata, its files, and the order they are read in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from narrator.domain.documents import Metadata
from narrator.domain.errors import DocumentRefused
from narrator.ingest.archive import Archive, resolved
from narrator.ingest.decoding import decode
from narrator.ingest.package_metadata import read_metadata
from narrator.ingest.xhtml import Element, local_name, parse_xml

CONTAINER = "META-INF/container.xml"
_PACKAGE_TYPE = "application/oebps-package+xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_OBFUSCATION = frozenset(
    {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
)
_FONTS = (".otf", ".ttf", ".ttc", ".woff", ".woff2", ".dfont")
CONTENT_TYPES = frozenset(
    {"application/xhtml+xml", "image/svg+xml", "text/html", "text/x-oeb1-document"}
)
"""What the spine may hold without a fallback (EPUB 3.3, 5.1; OPF 2.0.1, 1.3.7), and plain HTML."""

_GUIDE_TYPES = {
    "title-page": "titlepage",
    "notes": "endnotes",
    "acknowledgements": "acknowledgments",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file of the publication; `linear` says whether it is in the main reading order.

    `fallback` is the id of the file to be shown by those who cannot show this one.
    """

    path: str
    media_type: str
    properties: frozenset[str] = frozenset()
    linear: bool = True
    fallback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """What the package document says. `guide` tells of places which structural type they are."""

    metadata: Metadata
    items: Mapping[str, Item]  # by id
    spine: tuple[Item, ...]
    ncx: Item | None
    nav: Item | None
    cover: Item | None
    guide: Mapping[str, str]


def read_package(archive: Archive, name: str) -> Package:
    """The package of the default rendition, which is the first that there is of an EPUB.

    Raises DocumentRefused for DRM, or where the archive is no EPUB.
    """
    _refuse_encrypted(archive, name)
    path = package_path(archive, name)
    root = parse_xml(decode(archive.read(path), path), path)
    items = {item_id: item for item_id, item in _items(root, path) if item_id}
    spine = next(_named(root, "spine"), None)
    return Package(
        metadata=read_metadata(root),
        items=items,
        spine=tuple(_spine(root, items)),
        ncx=_ncx(items, spine.get("toc") if spine is not None else None),
        nav=next((item for item in items.values() if "nav" in item.properties), None),
        cover=_cover(root, items, path),
        guide=dict(_guide(root, path)),
    )


def _refuse_encrypted(archive: Archive, name: str) -> None:
    if _ENCRYPTION not in archive:
        return
    root = parse_xml(decode(archive.read(_ENCRYPTION), _ENCRYPTION), _ENCRYPTION)
    for encrypted in _named(root, "encrypteddata"):
        methods = {each.get("Algorithm") for each in _named(encrypted, "encryptionmethod")}
        paths = [each.get("URI") or "" for each in _named(encrypted, "cipherreference")]
        fonts = all(path.lower().endswith(_FONTS) for path in paths)
        if not (fonts or methods <= _FONT_OBFUSCATION):
            raise DocumentRefused(
                f"{name} is locked with DRM, and its text cannot be read",
                remedy="hand in a copy without DRM",
            )


def package_path(archive: Archive, name: str) -> str:
    """Where the package document is; raises DocumentRefused where nothing says so."""
    root = parse_xml(decode(archive.read(CONTAINER), CONTAINER), CONTAINER)
    rootfiles = [each for each in _named(root, "rootfile") if each.get("full-path")]
    for rootfile in sorted(rootfiles, key=lambda each: each.get("media-type") != _PACKAGE_TYPE):
        return str(rootfile.get("full-path"))
    raise DocumentRefused(
        f"{name} does not say where its package is", remedy="convert the EPUB anew"
    )


def _named(root: Element, name: str) -> Iterator[Element]:
    return (element for element in root.iter() if local_name(element) == name)


def _items(root: Element, path: str) -> Iterator[tuple[str, Item]]:
    for manifest in _named(root, "manifest"):
        for element in _named(manifest, "item"):
            yield (
                element.get("id") or "",
                Item(
                    path=resolved(path, element.get("href") or "").partition("#")[0],
                    media_type=(element.get("media-type") or "").strip().lower(),
                    properties=frozenset((element.get("properties") or "").split()),
                    fallback=element.get("fallback") or "",
                ),
            )


def _spine(root: Element, items: Mapping[str, Item]) -> Iterator[Item]:
    """The files to be read, each once, in order; one that we cannot read by its fallback."""
    seen: set[str] = set()
    for element in _named(root, "itemref"):
        item = _readable(items, element.get("idref") or "")
        if item and item.path and item.path not in seen:
            seen.add(item.path)
            yield replace(item, linear=(element.get("linear") or "").strip().lower() != "no")


def _readable(items: Mapping[str, Item], named: str) -> Item | None:
    """The item of that id, or of its fallbacks (EPUB 3.3, 3.5.1) the first that we can read."""
    first = items.get(named)
    chain: list[Item] = []
    while (item := items.get(named)) and item not in chain:
        if item.media_type in CONTENT_TYPES:
            return item
        chain.append(item)
        named = item.fallback
    return first


def _ncx(items: Mapping[str, Item], named: str | None) -> Item | None:
    by_type = (i for i in items.values() if i.media_type == "application/x-dtbncx+xml")
    return items.get(named or "") or next(by_type, None)


def _guide(root: Element, path: str) -> Iterator[tuple[str, str]]:
    for reference in _named(root, "reference"):
        kind = (reference.get("type") or "").lower()
        place = resolved(path, reference.get("href") or "")
        if kind and place:
            yield place, _GUIDE_TYPES.get(kind, kind)


def _cover(root: Element, items: Mapping[str, Item], path: str) -> Item | None:
    """The cover as EPUB 3 names it, as EPUB 2's makers do, or the page that the guide names."""
    for item in items.values():
        if "cover-image" in item.properties:
            return item
    by_path = {item.path: item for item in items.values()}
    for meta in _named(root, "meta"):
        named = meta.get("content") or ""
        if meta.get("name") == "cover" and named:
            return items.get(named) or by_path.get(resolved(path, named))
    for reference in _named(root, "reference"):
        if (reference.get("type") or "").lower() == "cover":
            return by_path.get(resolved(path, reference.get("href") or "").partition("#")[0])
    return None
