"""Small books made by hand, and the real one."""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import narrator
from narrator.domain.documents import Document, Passage
from narrator.ingest.read import read

CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles><rootfile full-path="OPS/package.opf"
 media-type="application/oebps-package+xml"/></rootfiles></container>"""
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" unique-identifier="uid" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier>other</dc:identifier><dc:identifier id="uid">urn:isbn:1</dc:identifier>
<dc:title>A Book</dc:title><dc:creator>Ann One</dc:creator><dc:creator>Bob Two</dc:creator>
<dc:language>en-GB</dc:language><dc:publisher>House</dc:publisher>
<dc:date>2001-02-03</dc:date><dc:description>About.</dc:description>{meta}</metadata>
<manifest>{items}</manifest><spine{toc}>{spine}</spine>{guide}</package>"""
PAGE = """<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>{title}</title></head>
{body}
</html>"""

BookMaker = Callable[..., bytes]


def page(body: str, title: str = "Page") -> str:
    """An XHTML file; `body` may bring its own `<body>`."""
    body = body if body.lstrip().startswith("<body") else f"<body>{body}</body>"
    return PAGE.format(title=title, body=body)


def nav(entries: str, landmarks: str = "") -> str:
    """A navigation document of those list items."""
    marks = f'<nav epub:type="landmarks"><ol>{landmarks}</ol></nav>' if landmarks else ""
    return page(f'<nav epub:type="toc"><ol>{entries}</ol></nav>{marks}')


def make_epub(
    pages: Mapping[str, str],
    *,
    contents: str | None = None,
    landmarks: str = "",
    ncx: str | None = None,
    aside: tuple[str, ...] = (),
    files: Mapping[str, bytes] | None = None,
    **package: str,
) -> bytes:
    """An EPUB whose spine is `pages` (bodies by file name, in order).

    Those in `aside` are not linear. `package` adds to the package's `meta`, `items` or `guide`, and
    an item by its id to the `spine`.
    """
    listed = [
        f'<item id="{name}" href="{name}" media-type="application/xhtml+xml"/>' for name in pages
    ]
    held: dict[str, bytes] = {f"OPS/{name}": page(body).encode() for name, body in pages.items()}
    if contents is not None:
        listed.append(
            '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        )
        held["OPS/nav.xhtml"] = nav(contents, landmarks).encode()
    if ncx is not None:
        listed.append('<item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>')
        held["OPS/toc.ncx"] = f"<ncx><navMap>{ncx}</navMap></ncx>".encode()
    linear = {name: "no" if name in aside else "yes" for name in pages}
    spine = [f'<itemref idref="{name}" linear="{linear[name]}"/>' for name in pages]
    if "spine" in package:
        spine.append(f'<itemref idref="{package["spine"]}"/>')
    held["OPS/package.opf"] = PACKAGE.format(
        meta=package.get("meta", ""),
        items="".join(listed) + package.get("items", ""),
        spine="".join(spine),
        toc=' toc="ncx"' if ncx is not None else "",
        guide=package.get("guide", ""),
    ).encode()
    held["META-INF/container.xml"] = CONTAINER.encode()
    return zipped({"mimetype": b"application/epub+zip", **held, **(files or {})})


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def said_in(document: Document) -> list[str]:
    """What passages say, in the order of reading, `<insertions>` among it."""
    passages = (passage for chapter in document.chapters for passage in chapter.passages)
    return [_said(passage, document.source) for passage in passages]


def _said(passage: Passage, source: str) -> str:
    points = {at for span in passage.spans for at in range(span.start, span.end)}
    parts: list[str] = []
    for at in sorted(points | {each.at for each in passage.insertions} | set(passage.breaks)):
        parts += (f"<{each.text}>" for each in passage.insertions if each.at == at)
        parts += " " if at in passage.breaks else ""
        parts += source[at] if at in points else ""
    return " ".join("".join(parts).split())


@pytest.fixture(name="epub")
def _epub() -> BookMaker:
    return make_epub


@pytest.fixture(name="zipped")
def _zipped() -> Callable[[Mapping[str, bytes]], bytes]:
    return zipped


@pytest.fixture(scope="session", name="sherlock_bytes")
def _sherlock_bytes() -> bytes:
    samples = Path(narrator.__file__).parent / "samples"
    return (samples / "the-adventures-of-sherlock-holmes.epub").read_bytes()


@pytest.fixture(scope="session", name="sherlock")
def _sherlock(sherlock_bytes: bytes) -> Document:
    return read(sherlock_bytes, "sherlock.epub")
