"""The package that a DOCX is: its parts by what they are for, and its metadata (ECMA-376, part 2).

Parts are found by relationships, never by name, and nothing outside of the archive is looked at:
templates, linked pictures, macros and embedded objects are ignored.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from narrator.domain.documents import Metadata
from narrator.domain.errors import DocumentRefused
from narrator.ingest.archive import Archive, resolved
from narrator.ingest.contents import text_of
from narrator.ingest.decoding import decode
from narrator.ingest.xhtml import Element, local_name, parse_xml

_TYPES = "[Content_Types].xml"
_USUAL = "word/document.xml"
_MAIN_TYPES = ("wordprocessingml.document.main", "wordprocessingml.template.main", "ms-word.")
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (  # names of streams in a compound file, in UTF-16 (MS-CFB 2.6.1)
    ("EncryptedPackage", "is an Office file encrypted with a password", "hand in a copy without"),
    ("WordDocument", "is an old Word file (.doc)", "open it in Word or LibreOffice, save as DOCX"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An XML part: its path in the archive, and its root."""

    path: str
    root: Element


@dataclass(frozen=True, slots=True, kw_only=True)
class WordPackage:
    """The parts of a DOCX that hold text or say what it is."""

    main: Part
    styles: Element | None
    numbering: Element | None
    notes: tuple[Part, ...]
    margins: tuple[Part, ...]  # headers and footers
    comments: tuple[Part, ...]
    metadata: Metadata


def is_docx(archive: Archive) -> bool:
    """Whether an archive is a Word document or template, macros or not."""
    if _USUAL in archive:
        return True
    types = archive.read(_TYPES) if _TYPES in archive else b""
    return any(each.encode() in types for each in _MAIN_TYPES)


def refuse_ole(data: bytes, name: str) -> None:
    """Raise DocumentRefused for a compound file: what Office encrypts, and wrote until 2003."""
    if not data.startswith(OLE_MAGIC):
        return
    for stream, what, remedy in _OLE_STREAMS:
        if stream.encode("utf-16-le") in data:
            raise DocumentRefused(f"{name} {what}", remedy=remedy)
    raise DocumentRefused(
        f"{name} is an old Office file (as Word's .doc is)", remedy="save it anew, as DOCX"
    )


def read_package(archive: Archive, name: str) -> WordPackage:
    """The parts; raises DocumentRefused where there is no main one."""
    found = _related(archive, "")
    main = next(iter(found.get("officeDocument", ())), _USUAL)
    if main not in archive:
        raise DocumentRefused(f"{name} has no text part", remedy="save it anew in Word")
    parts = _related(archive, main)
    styles = next(_parts(archive, parts, "styles"), None)
    numbering = next(_parts(archive, parts, "numbering"), None)
    return WordPackage(
        main=_part(archive, main),
        styles=styles.root if styles else None,
        numbering=numbering.root if numbering else None,
        notes=tuple(_parts(archive, parts, "footnotes", "endnotes")),
        margins=tuple(_parts(archive, parts, "header", "footer")),
        comments=tuple(_parts(archive, parts, "comments")),
        metadata=_metadata(next(_parts(archive, found, "core-properties"), None)),
    )


def _related(archive: Archive, source: str) -> dict[str, list[str]]:
    """Paths of the parts that a part (empty: the package) names, by the last word of their type."""
    folder, _, file = source.rpartition("/")
    path = f"{folder}/_rels/{file}.rels".lstrip("/")
    found: dict[str, list[str]] = {}
    if path not in archive:
        return found
    for each in _part(archive, path).root.iter():
        if local_name(each) != "relationship" or each.get("TargetMode") == "External":
            continue
        kind = (each.get("Type") or "").rpartition("/")[2]
        target = resolved(source, each.get("Target") or "").partition("#")[0].lstrip("/")
        if target not in found.setdefault(kind, []):
            found[kind].append(target)
    return found


def _parts(archive: Archive, related: dict[str, list[str]], *kinds: str) -> Iterator[Part]:
    for kind in kinds:
        yield from (_part(archive, path) for path in related.get(kind, ()) if path in archive)


def _part(archive: Archive, path: str) -> Part:
    return Part(path=path, root=parse_xml(decode(archive.read(path), path), path))


def _metadata(core: Part | None) -> Metadata:
    """What docProps/core.xml says; several authors stand in one element, with semicolons."""
    elements = core.root.iter() if core else ()
    said = {local_name(each): text_of(each) for each in elements if local_name(each)}
    authors = (author.strip() for author in said.get("creator", "").split(";"))
    return Metadata(
        title=said.get("title", ""),
        creators=tuple(filter(None, authors)),
        language=said.get("language", ""),
        identifier=said.get("identifier", ""),
        date=said.get("created", ""),
        description=said.get("description", ""),
    )
