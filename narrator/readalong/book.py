"""An EPUB with media overlays, made of an EPUB: its text is heard where it stands.

Everything of the book is taken over as it is, but for its content documents (stretches of text get
spans around them; not a character changes) and its package document. The audio files are put in
afterwards, by whoever has them. Media overlays that the book had are replaced.
"""

import hashlib
import io
import zipfile
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from lxml import etree

from narrator.domain.errors import DocumentRefused, ToolFailed
from narrator.domain.overlay import Overlay, Track, own_folder
from narrator.ingest.archive import Archive
from narrator.ingest.contents import ncx_entries
from narrator.ingest.decoding import decode
from narrator.ingest.epub import TEXT_TYPES
from narrator.ingest.outline import Entry
from narrator.ingest.package import CONTAINER, Package, package_path, read_package
from narrator.ingest.xhtml import Element, local_name, parse_xml
from narrator.readalong.edition import Edition, MarkedFile, edited
from narrator.readalong.marking import XHTML, Fragment, characters, mark
from narrator.readalong.modern import modernised, properties
from narrator.readalong.paths import relative
from narrator.readalong.smil import Par, smil
from narrator.readalong.upgrade import Old, container

ACTIVE = "-epub-media-overlay-active"
"""The class that reading systems put on what is heard, as they do by themselves."""

_CSS = f".{ACTIVE} {{ background-color: #fd6; color: #000; }}\n".encode()
_DATE = (1980, 1, 1, 0, 0, 0)  # of every entry, so that the same book has the same bytes
_MIMETYPE, _EPUB = "mimetype", b"application/epub+zip"
_SIGNATURES = "META-INF/signatures.xml"  # of what the book was
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Heard:
    """A stretch of characters, the number of its track, and from when to when it is heard."""

    start: int
    end: int
    track: int
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class _Made:
    """Content documents as they are to be, and what else there is to add, by path.

    `properties` are of the content documents of an EPUB 2, all of which are changed.
    """

    changed: Mapping[str, bytes]
    added: Mapping[str, bytes]
    marked: tuple[MarkedFile, ...]
    properties: Mapping[str, frozenset[str]]


def with_overlay(data: bytes, name: str, overlay: Overlay) -> bytes:
    """The EPUB, complete but for the audio files, which belong into `own_folder(overlay)`.

    Raises DocumentRefused for what is no EPUB, or none that can be marked, and ToolFailed where its
    characters are not those that the overlay is about.
    """
    archive = Archive(data, name)
    package, opf = read_package(archive, name), package_path(archive, name)
    root = parse_xml(decode(archive.read(opf), opf), opf)
    is_old = not (root.get("version") or "").startswith("3")
    made = _marked(archive, package, overlay, is_old=is_old)
    if not made.marked:
        raise DocumentRefused(
            f"nothing in {name} can be marked while it is heard",
            remedy="submit it without a read-along EPUB; its takes are kept",
        )
    edition = Edition(
        own=own_folder(overlay),
        marked=made.marked,
        tracks=tuple((track.name, track.media_type) for track in overlay.tracks),
        narrator=overlay.narrator,
        active=ACTIVE,
        old=_old(archive, package, made.properties) if is_old else None,
    )
    changed = edited(root, opf, edition)
    added = dict(made.added) | ({changed.nav[0]: changed.nav[1]} if changed.nav else {})
    replaced = dict(made.changed) | {archive.stored_as(opf): changed.package}
    if is_old:
        replaced[archive.stored_as(CONTAINER)] = container(archive.stored_as(opf))
    return _packed(data, replaced, added, changed.dropped)


def _old(archive: Archive, package: Package, found: Mapping[str, frozenset[str]]) -> Old:
    return Old(
        contents=_contents(archive, package),
        spine=tuple(item.path for item in package.spine),
        apart=tuple(item.path for item in package.spine if not item.linear),
        properties=found,
    )


def _contents(archive: Archive, package: Package) -> tuple[Entry, ...]:
    ncx = package.ncx
    if ncx is None or ncx.path not in archive:
        return ()
    return ncx_entries(parse_xml(decode(archive.read(ncx.path), ncx.path), ncx.path), ncx.path)


# ------------------------------------------------------------------------------ content documents


def _marked(archive: Archive, package: Package, overlay: Overlay, *, is_old: bool) -> _Made:
    """Every content document with its stretches named, and a media overlay for each of those."""
    own, heard = own_folder(overlay), _heard(overlay)
    digest, position = hashlib.sha256(), 0
    changed: dict[str, bytes] = {}
    added = {f"{own}/overlay.css": _CSS}
    marked: list[MarkedFile] = []
    found: dict[str, frozenset[str]] = {}
    for item in package.spine:
        if item.media_type not in TEXT_TYPES:
            continue
        root = parse_xml(decode(archive.read(item.path), item.path), item.path)
        text = characters(root)
        path = archive.stored_as(item.path)
        if is_old:
            modernised(root)
            found[item.path] = properties(root)
        digest.update(text.encode("utf-8", "surrogatepass"))
        inside = [
            each for each in heard if each.start < position + len(text) and each.end > position
        ]
        fragments = mark(
            root, [(each.start, each.end) for each in inside], first=position, prefix=f"{own}-"
        )
        position += len(text)
        if fragments:
            _link_style(root, path, own)
        if fragments or is_old:
            changed[path] = _written(root, text, path)
        if not fragments:
            continue
        pars = list(_pars(path, own, overlay.tracks, inside, fragments))
        overlay_path = f"{own}/{len(marked) + 1:04}.smil"
        added[overlay_path] = smil(pars)
        took = sum(par.end_ms - par.start_ms for par in pars)
        marked.append(MarkedFile(path=item.path, overlay=overlay_path, milliseconds=took))
    if digest.hexdigest() != overlay.source_sha256:
        raise ToolFailed(
            "the book has other characters than those that were spoken",
            remedy="report this document to the maintainers",
        )
    return _Made(changed=changed, added=added, marked=tuple(marked), properties=found)


def _heard(overlay: Overlay) -> list[_Heard]:
    """Stretches of the source in its order, disjoint.

    What lies between two spans of a clip (a reference to a note, say) is shown as heard with it,
    unless it is heard at another time.
    """
    clips = [(number, clip) for number, track in enumerate(overlay.tracks) for clip in track.clips]
    starts = sorted(span.start for _, clip in clips for span in clip.spans if len(span))
    found: list[_Heard] = []
    for number, clip in clips:
        spans = [span for span in clip.spans if len(span)]
        runs: list[tuple[int, int]] = []
        for span in spans:
            follows = bool(runs) and runs[-1][1] <= span.start
            if follows and _next(starts, runs[-1][1]) >= span.start:
                runs[-1] = (runs[-1][0], span.end)
            else:
                runs.append((span.start, span.end))
        found += _shared(number, runs, clip.start_ms, clip.end_ms)
    return sorted(found, key=lambda each: each.start)


def _next(starts: Sequence[int], at: int) -> int:
    return starts[bisect_left(starts, at)]


def _shared(
    track: int, runs: Sequence[tuple[int, int]], start_ms: int, end_ms: int
) -> Iterator[_Heard]:
    """Runs of one clip, each with its part of the time, by their lengths."""
    times = shares([end - start for start, end in runs], start_ms, end_ms)
    for (start, end), (since, until) in zip(runs, times, strict=True):
        yield _Heard(start, end, track, since, until)


def shares(lengths: Sequence[int], start_ms: int, end_ms: int) -> list[tuple[int, int]]:
    """A stretch of time cut by lengths."""
    sums = [0, *accumulate(lengths)]
    whole = max(sums[-1], 1)
    bounds = [start_ms + (end_ms - start_ms) * each // whole for each in sums]
    return list(pairwise(bounds))


def _pars(
    path: str,
    own: str,
    tracks: Sequence[Track],
    inside: Sequence[_Heard],
    fragments: Sequence[Fragment],
) -> Iterator[Par]:
    """What is heard of a document, in the order in which it is heard."""
    by_stretch: dict[int, list[Fragment]] = {}
    for fragment in fragments:
        by_stretch.setdefault(fragment.stretch, []).append(fragment)
    text = relative(path, f"{own}/")
    for number in sorted(by_stretch, key=lambda each: (inside[each].track, inside[each].start_ms)):
        heard, parts = inside[number], by_stretch[number]
        times = shares([part.chars for part in parts], heard.start_ms, heard.end_ms)
        for part, (start_ms, end_ms) in zip(parts, times, strict=True):
            yield Par(
                text=f"{text}#{part.name}",
                audio=tracks[heard.track].name,
                start_ms=start_ms,
                end_ms=end_ms,
            )


def _link_style(root: Element, path: str, own: str) -> None:
    head = next((each for each in root if local_name(each) == "head"), None)
    if head is not None:
        href = relative(f"{own}/overlay.css", path)
        link = {"rel": "stylesheet", "type": "text/css", "href": href}
        etree.SubElement(head, f"{{{XHTML}}}link", link)


def _written(root: Element, text: str, path: str) -> bytes:
    """The document as a file, whose characters are looked at again.

    Raises ToolFailed should one have changed.
    """
    data: bytes = etree.tostring(
        root.getroottree(), encoding="utf-8", xml_declaration=True, doctype="<!DOCTYPE html>"
    )
    if characters(parse_xml(decode(data, path), path)) != text:
        raise ToolFailed(
            f"the characters of {path[:200]} did not survive being marked",
            remedy="report this document to the maintainers",
        )
    return data


# ------------------------------------------------------------------------------ the archive


def _packed(
    data: bytes, changed: Mapping[str, bytes], added: Mapping[str, bytes], dropped: frozenset[str]
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w") as target:
        target.writestr(_info(_MIMETYPE, zipfile.ZIP_STORED), _EPUB)
        for entry in source.infolist():
            if entry.filename in {_MIMETYPE, _SIGNATURES} | dropped or entry.is_dir():
                continue
            if entry.filename in changed:
                target.writestr(_info(entry.filename), changed[entry.filename])
                continue
            info = _info(entry.filename, entry.compress_type)
            info.file_size = entry.file_size
            with source.open(entry) as old, target.open(info, "w") as new:
                while block := old.read(_BLOCK_BYTES):
                    new.write(block)
        for path, made in added.items():
            target.writestr(_info(path), made)
    return out.getvalue()


def _info(path: str, compression: int = zipfile.ZIP_DEFLATED) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _DATE)
    info.compress_type = compression
    info.external_attr = 0o644 << 16
    return info
