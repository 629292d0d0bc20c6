"""Documents meant to do harm, or grown beyond reason: each is read rightly, or refused clearly."""

import io
import time
import zipfile

import pytest

from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from tests.unit.ingest.conftest import make_epub, page, zipped
from tests.unit.ingest.docx_files import made, para

MANY = 3_000
DEEP = 200_000
PROCESSOR_SECONDS = 20.0


@pytest.fixture(autouse=True)
def _in_time():
    """Each within seconds, of which a busy machine has few."""
    began = time.process_time()
    yield
    assert time.process_time() - began < PROCESSOR_SECONDS


def refusal(data: bytes, name: str) -> str:
    with pytest.raises(DocumentRefused) as caught:
        read(data, name)
    assert caught.value.remedy
    return caught.value.reason


def told(data: bytes, name: str) -> str:
    """Its text, or what to do about it."""
    try:
        return read(data, name).source
    except DocumentRefused as refused:
        return refused.remedy


CHAPTERS = {
    "book.txt": "CHAPTER {n}\n\nIt rained.\n\n\n",
    "book.md": "# Chapter {n}\n\nIt rained.\n\n",
    "book.html": "<h1>Chapter {n}</h1><p>It rained.</p>\n",
}


@pytest.mark.parametrize("name", CHAPTERS)
def test_thousands_of_chapters_are_read(name):
    text = "".join(CHAPTERS[name].format(n=n) for n in range(1, MANY + 1))
    assert len(read(text.encode(), name).chapters) == MANY


def test_thousands_of_chapters_of_one_file_are_read():
    body = "".join(f'<h1 id="c{n}">Chapter {n}</h1><p>It rained.</p>' for n in range(MANY))
    entries = "".join(f'<li><a href="a.xhtml#c{n}">Chapter {n}</a></li>' for n in range(MANY))
    assert len(read(make_epub({"a.xhtml": body}, contents=entries), "book.epub").chapters) == MANY


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.txt", "{}"), ("a.md", "# T\n\n{}"), ("a.html", "<html><body><p>{}</p></body></html>")],
)
def test_a_paragraph_of_millions_of_characters_is_read(name, text):
    document = read(text.format("word " * 400_000).encode(), name)
    assert len(document.chapters[0].passages[-1].spans[0]) == 1_999_999


NESTED = {
    "a.html": "<div>" * DEEP + "x" + "</div>" * DEEP,
    "b.html": "<p>x</p>" + "<b>" * DEEP,
    "a.md": "# T\n\n" + "> " * DEEP + "x",
    "b.md": "# T\n\n" + "[" * MANY + "x",
    "a.json": '{"chapters":' * DEEP + "1" + "}" * DEEP,
}


@pytest.mark.parametrize("name", NESTED)
def test_nesting_beyond_reason_is_refused_or_read_as_text(name):
    assert told(NESTED[name].encode(), name)


WITHOUT_END = [
    "<!--",
    "<!---->",
    "<![CDATA[",
    "<!DOCTYPE x[",
    "<?xml ",
    " ",
    "&",
    "&#",
    "<!ENTITY ",
]


@pytest.mark.parametrize("mark", WITHOUT_END)
def test_marks_without_end_take_no_time(mark):
    data = make_epub({"a.xhtml": ""}, files={"OPS/a.xhtml": (mark * 20_000).encode() + b"<p>x</p>"})
    assert told(data, "book.epub")


@pytest.mark.parametrize("mark", ["<!---->", "<!-- --> "])
def test_a_text_that_begins_with_comments_without_end_is_told_in_no_time(mark):
    assert read((mark * 20_000 + "It rained.").encode(), "a.md").source.endswith("rained.")


@pytest.mark.parametrize("number", ["xD800", "55296", "xDFFF", "0", "x110000", "99999999999999999"])
def test_references_to_no_character_do_no_harm(number):
    rained = f"<p>It &#{number}; rained.<p>"
    data = make_epub({"a.xhtml": ""}, files={"OPS/a.xhtml": rained.encode()})
    assert "rained" in read(data, "book.epub").source


def test_a_reference_to_half_a_character_in_a_package_does_no_harm():
    data = made(para("It rained."))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["_rels/.rels"] = files["_rels/.rels"].replace(b"/2006/", b"/2006&#xD800;/")
    assert "rained" in read(zipped(files), "book.docx").source


def test_an_archive_in_an_archive_is_not_opened():
    inner = make_epub({"a.xhtml": "<p>Text.</p>"})
    assert "no EPUB" in refusal(zipped({"book.epub": inner}), "book.zip")


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd"])
def test_members_that_climb_out_are_only_names(path):
    item = f'<item id="x" href="../{path}" media-type="application/xhtml+xml"/>'
    data = make_epub(
        {"a.xhtml": "<p>Text.</p>"},
        items=item,
        spine="x",
        files={path: page("<p>Inner.</p>").encode()},
    )
    assert "root:" not in told(data, "book.epub")


def test_a_link_in_an_archive_is_not_followed():
    data = io.BytesIO(make_epub({"a.xhtml": "<p>Text.</p>"}, items=LINKED, spine="link"))
    link = zipfile.ZipInfo("OPS/link.xhtml")
    link.create_system, link.external_attr = 3, 0o120777 << 16  # Unix, a symbolic link
    with zipfile.ZipFile(data, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert "root:" not in read(data.getvalue(), "book.epub").source


LINKED = '<item id="link" href="link.xhtml" media-type="application/xhtml+xml"/>'


def test_nuls_in_a_text_are_refused():
    assert "not text" in refusal(b"It rained.\0" * 10, "a.txt")


def test_a_name_as_long_as_a_book_is_not_said_in_full():
    container = f'<container><rootfile full-path="{"x" * 100_000}"/></container>'
    data = zipped({"META-INF/container.xml": container.encode()})
    assert len(refusal(data, "book.epub")) < 1_000


def test_blanks_without_end_in_a_preamble_take_no_time():
    text = f"---\ntitle: A{' ' * 100_000}B\n---\n\nIt rained."
    assert read(text.encode(), "a.md").metadata.title.startswith("A")
