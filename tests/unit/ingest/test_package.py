"""The package of an EPUB: metadata, fallbacks, paths, encodings and renditions."""

import io
import zipfile
from collections.abc import Callable, Mapping

import pytest

from narrator.domain.documents import Document, Metadata
from narrator.ingest.archive import resolved
from narrator.ingest.read import read

CONTAINER = "<container><rootfiles>{}</rootfiles></container>"
ROOTFILE = '<rootfile full-path="{}" media-type="{}"/>'
OPF = "application/oebps-package+xml"
PAGE = '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>{}</p></body></html>'
PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" xmlns:opf="http://www.idpf.org/2007/opf"
 unique-identifier="u"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">{metadata}</metadata>
<manifest>{items}</manifest><spine {spine_with}>{spine}</spine>{guide}</package>"""
ITEM = '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
REFINED = (
    '<dc:creator id="i">Ida</dc:creator><dc:creator id="a" opf:file-as="One">Ann</dc:creator>'
    '<meta refines="#i" property="role" scheme="marc:relators">ill</meta>'
    '<meta refines="#a" property="role" scheme="marc:relators">aut</meta>'
)
COLLECTION = (
    '<meta property="belongs-to-collection" id="c">The Tales</meta>'
    '<meta refines="#c" property="collection-type">series</meta>'
    '<meta refines="#c" property="group-position">2</meta>'
)
CALIBRE = (
    '<meta name="calibre:series" content="The Tales"/>'
    '<meta name="calibre:series_index" content="2.0"/>'
)
JPEG = b"\xff\xd8\xff\xe0 a picture"


def book(
    zipped: Callable[[Mapping[str, bytes]], bytes],
    files: Mapping[str, bytes] | None = None,
    **package: str,
) -> bytes:
    """An EPUB of one page, or of what `package` and `files` make of it."""
    filled = {"metadata": "", "items": ITEM, "spine": '<itemref idref="a"/>', "guide": ""}
    filled |= {"spine_with": ""} | package
    held = {
        "META-INF/container.xml": CONTAINER.format(ROOTFILE.format("OPS/p.opf", OPF)).encode(),
        "OPS/p.opf": PACKAGE.format(**filled).encode(),
        "OPS/a.xhtml": PAGE.format("Text.").encode(),
    }
    return zipped({**held, **(files or {})})


def metadata(zipped, markup: str) -> Metadata:
    return read(book(zipped, metadata=markup), "b.epub").metadata


def texts(document: Document) -> list[str]:
    return [
        "".join(span.of(document.source) for span in passage.spans)
        for chapter in document.chapters
        for passage in chapter.passages
    ]


# ------------------------------------------------------------------------------ metadata


def test_the_main_title_comes_first_and_the_subtitle_after_it(zipped):
    titles = (
        '<dc:title id="s">A Subtitle</dc:title><dc:title id="m">The Main</dc:title>'
        '<meta refines="#s" property="title-type">subtitle</meta>'
        '<meta refines="#m" property="title-type">main</meta>'
    )
    assert metadata(zipped, titles).title == "The Main: A Subtitle"


def test_markup_in_a_description_is_left_out(zipped):
    told = (
        "<dc:description>&lt;div class='d'&gt;&lt;p&gt;A tale of &lt;i&gt;lamps&lt;/i&gt;, tea"
        " &amp;amp; rain.&lt;/p&gt;&lt;p&gt;And a door.&lt;br/&gt;Shut.&lt;/p&gt;&lt;/div&gt;"
        "</dc:description>"
    )
    assert metadata(zipped, told).description == "A tale of lamps, tea & rain. And a door. Shut."


@pytest.mark.parametrize("told", ["1 &lt; 2 and 3 &gt; 2", "AT&amp;amp;T", "&lt;3 you &gt;"])
def test_a_description_that_holds_no_markup_stays_as_it_is(zipped, told: str):
    plain = told.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert metadata(zipped, f"<dc:description>{told}</dc:description>").description == plain


@pytest.mark.parametrize(
    "creators",
    [
        '<dc:creator opf:role="ill">Ida</dc:creator><dc:creator opf:role="aut">Ann</dc:creator>',
        REFINED,
    ],
)
def test_creators_are_the_authors_where_roles_are_named(zipped, creators):
    assert metadata(zipped, creators).creators == ("Ann",)


def test_creators_of_other_roles_do_where_there_is_no_author(zipped):
    assert metadata(zipped, '<dc:creator opf:role="edt">Ed</dc:creator>').creators == ("Ed",)


@pytest.mark.parametrize(
    "series",
    [COLLECTION, CALIBRE],
)
def test_the_series_and_the_place_in_it_are_known(zipped, series):
    found = metadata(zipped, series)
    assert (found.series, found.series_position) == ("The Tales", "2")


def test_a_set_is_no_series(zipped):
    collection = (
        '<meta property="belongs-to-collection" id="c">A Box</meta>'
        '<meta refines="#c" property="collection-type">set</meta>'
    )
    assert metadata(zipped, collection).series == ""


# ------------------------------------------------------------------------------ the spine


def test_what_cannot_be_read_is_read_by_its_fallback(zipped):
    items = '<item id="x" href="x.pdf" media-type="application/pdf" fallback="y"/>'
    items += '<item id="y" href="y.bin" media-type="a/b" fallback="a"/>' + ITEM
    assert texts(read(book(zipped, items=items, spine='<itemref idref="x"/>'), "b")) == ["Text."]


def test_fallbacks_that_go_round_in_a_ring_end(zipped):
    ring = '<item id="x" href="x" media-type="a/b" fallback="y"/>'
    ring += '<item id="y" href="y" media-type="a/b" fallback="x"/>' + ITEM
    spine = '<itemref idref="x"/><itemref idref="a"/>'
    assert texts(read(book(zipped, items=ring, spine=spine), "b")) == ["Text."]


def test_a_book_bound_on_the_right_is_read_in_its_logical_order(zipped):
    page = PAGE.format("ראשון</p><p>שני").replace("<body>", '<body dir="rtl">').encode()
    right = book(zipped, {"OPS/a.xhtml": page}, spine_with='page-progression-direction="rtl"')
    assert texts(read(right, "b")) == ["ראשון", "שני"]


def test_of_several_renditions_the_first_is_read(zipped):
    both = ROOTFILE.format("OPS/p.opf", OPF) + ROOTFILE.format("other.opf", OPF)
    container = CONTAINER.format(ROOTFILE.format("x.pdf", "application/pdf") + both)
    data = book(zipped, {"META-INF/container.xml": container.encode()})
    assert texts(read(data, "b")) == ["Text."]


# ------------------------------------------------------------------------------ files


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("b.xhtml", "OPS/b.xhtml"),
        ("./b%20c.xhtml#x", "OPS/b c.xhtml#x"),
        ("../b.xhtml", "b.xhtml"),
        ("../../../b.xhtml", "b.xhtml"),
        ("/b.xhtml", "b.xhtml"),
        ("#x", "OPS/a.xhtml#x"),
        ("https://example.com/b.xhtml", ""),
    ],
)
def test_links_lead_to_files_of_the_archive_or_nowhere(href, path):
    assert resolved("OPS/a.xhtml", href) == path


@pytest.mark.parametrize("name", ["OPS/A.XHTML", "OPS\\a.xhtml"])
def test_a_file_is_found_however_its_path_is_written(zipped, name):
    data = io.BytesIO(book(zipped))
    with zipfile.ZipFile(data) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    files[name] = files.pop("OPS/a.xhtml")
    assert texts(read(zipped(files), "b")) == ["Text."]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
        ("cp1252", "windows-1252"),
    ],
)
def test_a_page_is_read_in_its_encoding(zipped, encoding, declared):
    prologue = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    page = (prologue + PAGE.format("Zoë’s café")).encode(encoding)
    assert texts(read(book(zipped, {"OPS/a.xhtml": page}), "b")) == ["Zoë’s café"]


@pytest.mark.parametrize(
    "package",
    [
        {"metadata": '<meta name="cover" content="c.jpg"/>'},
        {"guide": '<guide><reference type="cover" href="a.xhtml"/></guide>'},
    ],
)
def test_the_cover_is_found_where_makers_put_it(zipped, package):
    page = PAGE.format('Text.<img src="c.jpg" alt=""/>').encode()
    items = ITEM + '<item id="i" href="c.jpg" media-type="image/jpeg"/>'
    data = book(zipped, {"OPS/a.xhtml": page, "OPS/c.jpg": JPEG}, items=items, **package)
    cover = read(data, "b").cover
    assert cover is not None
    assert cover.data == JPEG
