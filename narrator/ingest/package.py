"""The package of an EPUB 2 or 3: its metadata, its files, and the order they are read in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from narrator.domain.documents import Metadata
from narrator.domain.errors import DocumentRefused
from narrator.ingest.archive import Archive, resolved
from narrator.ingest.decoding import decode
from narrator.ingest.xhtml import Element, local_name, parse_xml

CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_OBFUSCATION = frozenset(
    {"http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC"}
)
_FONTS = (".otf", ".ttf", ".ttc", ".woff", ".woff2", ".dfont")
_GUIDE_TYPES = {
    "title-page": "titlepage",
    "notes": "endnotes",
    "acknowledgements": "acknowledgments",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A file of the publication; `linear` says whether it is in the main reading order."""

    path: str
    media_type: str
    properties: frozenset[str] = frozenset()
    linear: bool = True


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
    """The package of the first rendition.

    Raises DocumentRefused for DRM, or where the archive is no EPUB.
    """
    _refuse_encrypted(archive, name)
    path = _package_path(archive, name)
    root = parse_xml(decode(archive.read(path), path), path)
    items = {item_id: item for item_id, item in _items(root, path) if item_id}
    spine = next(_named(root, "spine"), None)
    return Package(
        metadata=_metadata(root),
        items=items,
        spine=tuple(_spine(root, items)),
        ncx=_ncx(items, spine.get("toc") if spine is not None else None),
        nav=next((item for item in items.values() if "nav" in item.properties), None),
        cover=_cover(root, items),
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


def _package_path(archive: Archive, name: str) -> str:
    root = parse_xml(decode(archive.read(CONTAINER), CONTAINER), CONTAINER)
    for rootfile in _named(root, "rootfile"):
        if rootfile.get("full-path"):
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
                ),
            )


def _spine(root: Element, items: Mapping[str, Item]) -> Iterator[Item]:
    seen: set[str] = set()
    for element in _named(root, "itemref"):
        item = items.get(element.get("idref") or "")
        if item and item.path and item.path not in seen:
            seen.add(item.path)
            linear = element.get("linear") != "no"
            yield Item(
                path=item.path,
                media_type=item.media_type,
                properties=item.properties,
                linear=linear,
            )


def _ncx(items: Mapping[str, Item], named: str | None) -> Item | None:
    by_type = (i for i in items.values() if i.media_type == "application/x-dtbncx+xml")
    return items.get(named or "") or next(by_type, None)


def _guide(root: Element, path: str) -> Iterator[tuple[str, str]]:
    for reference in _named(root, "reference"):
        kind = (reference.get("type") or "").lower()
        place = resolved(path, reference.get("href") or "")
        if kind and place:
            yield place, _GUIDE_TYPES.get(kind, kind)


def _cover(root: Element, items: Mapping[str, Item]) -> Item | None:
    for item in items.values():
        if "cover-image" in item.properties:
            return item
    for meta in _named(root, "meta"):
        if meta.get("name") == "cover":
            return items.get(meta.get("content") or "")
    return None


# ------------------------------------------------------------------------------ metadata


def _metadata(root: Element) -> Metadata:
    """Dublin Core's elements; of several the first, except creators, which come in order."""
    found: dict[str, list[str]] = {}
    for metadata in _named(root, "metadata"):
        for element in metadata.iter():
            if _is_dublin_core(element):
                text = " ".join("".join(str(t) for t in element.itertext()).split())
                found.setdefault(local_name(element), []).append(text)
    return Metadata(
        title=_first(found, "title"),
        creators=tuple(creator for creator in found.get("creator", ()) if creator),
        language=_first(found, "language"),
        identifier=_identifier(root) or _first(found, "identifier"),
        publisher=_first(found, "publisher"),
        date=_first(found, "date"),
        description=_first(found, "description"),
    )


def _is_dublin_core(element: Element) -> bool:
    return "purl.org/dc/elements" in str(element.tag).lower()


def _first(found: Mapping[str, list[str]], name: str) -> str:
    return next((text for text in found.get(name, ()) if text), "")


def _identifier(root: Element) -> str:
    """The identifier that the package calls its unique one."""
    unique = root.get("unique-identifier")
    for element in _named(root, "identifier"):
        if unique and element.get("id") == unique:
            return (element.text or "").strip()
    return ""
