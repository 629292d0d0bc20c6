"""A book with media overlays, made of a book."""

import io
import zipfile
from collections.abc import Mapping

import pytest
from lxml import etree

from narrator.domain.documents import Document, Span
from narrator.domain.errors import DocumentRefused, ToolFailed
from narrator.domain.overlay import Clip, Overlay, Track, own_folder
from narrator.ingest.read import read
from narrator.readalong.book import with_overlay
from narrator.readalong.marking import XHTML, characters
from tests.unit.ingest.conftest import CONTAINER, make_epub

PAGES = {
    "1.xhtml": "<h1>One</h1><p>It <em>rained</em>.</p><p>All day.</p>",
    "2.xhtml": "<h1>Two</h1><p>Then&nbsp;it stopped.<!-- so --></p>",
}
NCX = (
    '<navPoint><navLabel><text>One</text></navLabel><content src="1.xhtml"/></navPoint>'
    '<navPoint><navLabel><text>Two</text></navLabel><content src="2.xhtml"/></navPoint>'
)
SMIL = "{http://www.w3.org/ns/SMIL}"
OPF = "{http://www.idpf.org/2007/opf}"


def overlay_of(document: Document) -> Overlay:
    """A second for each passage, a track for each chapter."""
    tracks = tuple(
        Track(
            name=f"{chapter.number}.mp3",
            media_type="audio/mpeg",
            clips=tuple(
                Clip(spans=passage.spans, start_ms=1_000 * n, end_ms=1_000 * (n + 1))
                for n, passage in enumerate(chapter.passages)
            ),
        )
        for chapter in document.chapters
    )
    return Overlay(source_sha256=document.sha256, narrator="Thalia", tracks=tracks)


def made(book: bytes) -> tuple[Document, bytes, dict[str, bytes]]:
    """The document of a book, its read-along edition, and the files of that by name."""
    document = read(book, "b.epub")
    edition = with_overlay(book, "b.epub", overlay_of(document))
    with zipfile.ZipFile(io.BytesIO(edition)) as archive:
        return document, edition, {name: archive.read(name) for name in archive.namelist()}


def own(files: Mapping[str, bytes], ending: str) -> bytes:
    """Our own file that ends so."""
    name = next(name for name in files if name.startswith("narrator-") and name.endswith(ending))
    return files[name]


@pytest.fixture(name="book", params=["nav", "ncx"])
def _book(request: pytest.FixtureRequest) -> bytes:
    entries = '<li><a href="1.xhtml">One</a></li><li><a href="2.xhtml">Two</a></li>'
    is_new = request.param == "nav"
    contents, ncx = (entries, None) if is_new else (None, NCX)
    return make_epub(PAGES, contents=contents, ncx=ncx, files={"OPS/x.bin": b"\0\1"})


def test_its_text_is_that_of_the_book(book: bytes) -> None:
    document, edition, _ = made(book)
    assert read(edition, "b.epub").source == document.source


def test_what_is_not_read_is_taken_over_as_it_is(book: bytes) -> None:
    assert made(book)[2]["OPS/x.bin"] == b"\0\1"


def test_the_same_book_has_the_same_bytes(book: bytes) -> None:
    assert made(book)[1] == made(book)[1]


def test_the_first_file_says_what_it_is(book: bytes) -> None:
    edition = made(book)[1]
    assert edition[30:58] == b"mimetypeapplication/epub+zip"


def test_each_passage_is_heard_in_its_element(book: bytes) -> None:
    _, _, files = made(book)
    pars = etree.fromstring(own(files, "/0001.smil")).iter(f"{SMIL}par")
    page = etree.fromstring(files["OPS/1.xhtml"])
    heard = []
    for par in pars:
        text, audio = par
        name = (text.get("src") or "").partition("#")[2]
        (element,) = [each for each in page.iter() if each.get("id") == name]
        heard.append((characters(element), audio.get("clipBegin"), audio.get("clipEnd")))
    assert heard == [
        ("One", "0.000s", "1.000s"),
        ("It rained.", "1.000s", "2.000s"),
        ("All day.", "2.000s", "3.000s"),
    ]


def test_the_durations_of_the_parts_make_the_whole(book: bytes) -> None:
    _, _, files = made(book)
    package = etree.fromstring(files["OPS/package.opf"])
    durations = [
        (meta.get("refines"), float((meta.text or "").removesuffix("s")))
        for meta in package.iter(f"{OPF}meta")
        if meta.get("property") == "media:duration"
    ]
    (whole,) = [seconds for refines, seconds in durations if refines is None]
    assert whole == sum(seconds for refines, seconds in durations if refines) == 5.0


def test_every_content_document_names_its_overlay(book: bytes) -> None:
    _, _, files = made(book)
    items = {
        each.get("href"): each
        for each in etree.fromstring(files["OPS/package.opf"]).iter(f"{OPF}item")
    }
    for name in PAGES:
        by_id = {each.get("id"): each for each in items.values()}
        assert by_id[items[name].get("media-overlay")].get("media-type") == "application/smil+xml"


def test_an_epub_2_becomes_an_epub_3_with_its_contents() -> None:
    opf = CONTAINED.replace(b'version="3.0"', b'version="2.0"')
    _, _, files = made(make_epub(PAGES, ncx=NCX, files={"OPS/package.opf": opf}))
    contents = etree.fromstring(own(files, "/nav.xhtml"))
    assert etree.fromstring(files["OPS/package.opf"]).get("version") == "3.0"
    assert [each.get("href") for each in contents.iter(f"{{{XHTML}}}a")] == [
        "../OPS/1.xhtml",
        "../OPS/2.xhtml",
    ]


def _old(opf: bytes, pages: Mapping[str, str] = PAGES) -> dict[str, bytes]:
    """The files of the edition of an EPUB 2 whose package is that one, but for its version."""
    old = opf.replace(b'version="3.0"', b'version="2.0"')
    return made(make_epub(pages, ncx=NCX, files={"OPS/package.opf": old}))[2]


def test_pages_of_an_epub_2_are_html() -> None:
    pages = {**PAGES, "3.xhtml": '<p align="center"><tt> </tt></p>'}
    files = _old(_package(make_epub(pages, ncx=NCX)), pages)
    for name in pages:
        assert b"<!DOCTYPE html>" in files[f"OPS/{name}"]
    assert b"<tt" not in files["OPS/3.xhtml"]


def test_the_package_of_an_epub_2_says_what_its_pages_hold() -> None:
    drawn = '<p>Sun.</p><svg xmlns="http://www.w3.org/2000/svg"/>'
    pages = {**PAGES, "3.xhtml": drawn}
    package = etree.fromstring(_old(_package(make_epub(pages, ncx=NCX)), pages)["OPS/package.opf"])
    said = {each.get("href"): each.get("properties") for each in package.iter(f"{OPF}item")}
    assert [said[name] for name in pages] == [None, None, "svg"]


def test_metadata_of_an_epub_2_that_says_nothing_is_left_out() -> None:
    blank = CONTAINED.replace(
        b"</metadata>", b"<dc:rights/><dc:subtitle>S</dc:subtitle></metadata>"
    )
    package = _old(blank)["OPS/package.opf"]
    assert b"rights" not in package
    assert b"subtitle" not in package
    assert b"A Book" in package


def test_metadata_of_an_epub_2_need_no_wrapper() -> None:
    wrapped = CONTAINED.replace(
        b'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">',
        b'<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc-metadata>',
    ).replace(b"</metadata>", b"</dc-metadata></metadata>")
    package = _old(wrapped)["OPS/package.opf"]
    assert b"dc-metadata" not in package
    assert b"A Book" in package


def test_what_is_apart_in_an_epub_2_can_be_reached() -> None:
    pages = {**PAGES, "cover.xhtml": "<p>Cover.</p>"}
    book = make_epub(pages, ncx=NCX, aside=("cover.xhtml",))
    contents = etree.fromstring(own(_old(_package(book), pages), "/nav.xhtml"))
    links = [each.get("href") for each in contents.iter(f"{{{XHTML}}}a")]
    assert links[-1] == "../OPS/cover.xhtml"


def test_what_else_an_epub_2_was_its_container_does_not_name() -> None:
    other = b'<rootfile full-path="b.txt" media-type="text/plain"/></rootfiles>'
    held = {
        "OPS/package.opf": CONTAINED.replace(b'version="3.0"', b'version="2.0"'),
        "META-INF/container.xml": CONTAINER.encode().replace(b"</rootfiles>", other),
    }
    _, _, files = made(make_epub(PAGES, ncx=NCX, files=held))
    named = etree.fromstring(files["META-INF/container.xml"]).iter("{*}rootfile")
    assert [each.get("full-path") for each in named] == ["OPS/package.opf"]


def test_contents_of_an_epub_2_that_lead_nowhere_are_left_out() -> None:
    astray = '<navPoint><navLabel><text>X</text></navLabel><content src="x.png"/></navPoint>'
    old = CONTAINED.replace(b'version="3.0"', b'version="2.0"')
    _, _, files = made(make_epub(PAGES, ncx=NCX + astray, files={"OPS/package.opf": old}))
    assert b"x.png" not in own(files, "/nav.xhtml")


def _package(book: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return archive.read("OPS/package.opf")


CONTAINED = _package(make_epub(PAGES, ncx=NCX))


def test_overlays_that_the_book_had_make_room() -> None:
    smil = '<item id="old" href="old.smil" media-type="application/smil+xml"/>'
    meta = '<meta property="media:duration">9s</meta>'
    book = make_epub(PAGES, ncx=NCX, items=smil, meta=meta, files={"OPS/old.smil": b"<smil/>"})
    _, _, files = made(book)
    assert "OPS/old.smil" not in files
    assert b">9s<" not in files["OPS/package.opf"]


def test_no_collection_names_an_overlay_that_is_gone() -> None:
    smil = '<item id="old" href="old.smil" media-type="application/smil+xml"/>'
    links = '<collection role="preview"><link href="1.xhtml"/><link href="old.smil"/></collection>'
    book = make_epub(PAGES, ncx=NCX, items=smil, guide=links, files={"OPS/old.smil": b"<smil/>"})
    package = etree.fromstring(made(book)[2]["OPS/package.opf"])
    assert [each.get("href") for each in package.iter(f"{OPF}link")] == ["1.xhtml"]


def test_a_note_that_is_heard_elsewhere_has_its_own_time() -> None:
    """It stands amid a clip's characters, and is a clip itself."""
    book = make_epub({"1.xhtml": "<h1>A</h1><p>Rain fell down.</p>"}, ncx=NCX)
    document = read(book, "b.epub")
    at = document.source.index("Rain")
    outer = Clip(spans=(_span(at, 5), _span(at + 10, 5)), start_ms=0, end_ms=1_000)
    inner = Clip(spans=(_span(at + 5, 5),), start_ms=1_000, end_ms=2_000)
    track = Track(name="1.mp3", media_type="audio/mpeg", clips=(outer, inner))
    overlay = Overlay(source_sha256=document.sha256, narrator="T", tracks=(track,))
    edition = with_overlay(book, "b.epub", overlay)
    with zipfile.ZipFile(io.BytesIO(edition)) as archive:
        pars = etree.fromstring(archive.read(f"{own_folder(overlay)}/0001.smil"))
    assert [audio.get("clipBegin") for audio in pars.iter(f"{SMIL}audio")] == [
        "0.000s",
        "0.500s",
        "1.000s",
    ]


def _span(start: int, length: int) -> Span:
    return Span(start, start + length)


def test_another_book_is_not_marked(book: bytes) -> None:
    other = make_epub({"1.xhtml": "<h1>Else</h1><p>Snow, snow, snow and snow.</p>"}, ncx=NCX)
    with pytest.raises((ToolFailed, DocumentRefused)):
        with_overlay(book, "b.epub", overlay_of(read(other, "o.epub")))
