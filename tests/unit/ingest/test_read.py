"""Which reader takes a file, in which encoding, and which files none takes."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.documents import Document
from narrator.domain.errors import DocumentRefused
from narrator.ingest import limits
from narrator.ingest.decoding import encoding_of
from narrator.ingest.read import read


def whole_or_refused(data: bytes, name: str) -> Document | None:
    """The document; none if it was refused."""
    try:
        return read(data, name)
    except DocumentRefused:
        return None


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"<!DOCTYPE html><p>Hi</p>", "x.txt", "html"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?>\n<!-- c --><html><p>Hi</p></html>", "x", "html"),
        (b"Hi <br> there", "x.html", "html"),
        (b"Hi <br> there", "x.txt", "text"),
        (b"Hi *there*", "x.md", "markdown"),
        (b"Hi *there*", "x", "text"),
        (b"Hi", "", "text"),
    ],
)
def test_the_format_is_told_by_content_first(data, name, expected):
    assert read(data, name).format == expected


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"", "empty"),
        (b" \n ", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "Word"),
        (b"{\\rtf1 hi}", "Rich Text"),
        (b"\x89PNG\r\n\x1a\n...", "picture"),
        (bytes(60) + b"BOOKMOBI" + bytes(9), "Kindle"),
        (b"PK\x03\x04 and no more", "broken"),
        (bytes(300), "not text"),
        (bytes(range(256)) * 9, "not text"),
        (b"<?xml version='1.0'?><feed>Hi</feed>", "XML"),
        (b"* * *", "no text"),
        (b"x " * limits.MOST_SOURCE_CHARS, "characters"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(data, what):
    with pytest.raises(DocumentRefused, match=what) as caught:
        read(data, "thing.bin")
    assert "thing.bin" in caught.value.reason
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("member", "what"), [("xl/workbook.xml", "spreadsheet"), ("content.xml", "OpenDocument")]
)
def test_archives_that_are_no_epub_are_named(zipped, member, what):
    with pytest.raises(DocumentRefused, match=what):
        read(zipped({member: b"<x/>"}), "thing")


TEXT = "“Déjà vu,” said Zoë—naïvely."


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.encode("cp1252"),
    ],
)
def test_the_encoding_is_told(data):
    assert read(data, "x.txt").source == TEXT


@pytest.mark.parametrize("label", ["windows-1251", "koi8-r", "utf-8"])
def test_a_declared_encoding_is_believed(label):
    page = f'<html><head><meta charset="{label}"></head><body><p>Привет</p></body></html>'
    assert read(page.encode(label), "x.html").source.strip() == "Привет"


@pytest.mark.parametrize("label", ["punycode", "idna", "utf-7", "unicode_escape", "rot13", "bz2"])
def test_what_is_no_document_s_encoding_is_not_believed(label):
    """Some are none of text at all, and punycode takes the square of its length to decode."""
    page = (
        f'<html><head><meta charset="{label}"></head><body><p>{"aé-b" * 50_000}</p></body></html>'
    )
    assert read(page.encode(), "x.html").source.strip() == "aé-b" * 50_000


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("ISO-8859-1", "cp1252"),
        ("latin1", "cp1252"),
        ("US-ASCII", "cp1252"),
        ("windows-1252", "cp1252"),
        ("Shift_JIS", "shift_jis"),
        ("ms932", "cp932"),
        ("GB2312", "gb2312"),
        ("iso-8859-15", "iso8859-15"),
        ("macintosh", "mac-roman"),
        ("UTF8", "utf-8"),
    ],
)
def test_usual_labels_mean_what_they_mean_on_the_web(label, name):
    assert encoding_of(label) == name


def test_what_calls_itself_latin_1_is_read_as_windows_1252():
    page = '<html><head><meta charset="iso-8859-1"></head><body><p>“Hi”</p></body></html>'
    assert read(page.encode("cp1252"), "x.html").source.strip() == "“Hi”"


def test_russian_without_a_declaration_is_told_from_western_text():
    text = "Привет, как дела? Это русский текст для проверки кодировки."
    assert read(text.encode("cp1251"), "x.txt").source == text


def test_the_name_is_the_title_of_last_resort():
    assert read(b"Hi", "a/b/The Tale.txt").metadata.title == "The Tale"
    assert read(b"Hi", "-").metadata.title == "Untitled"


@given(st.binary(max_size=200), st.sampled_from(["x.txt", "x.md", "x.html", "x.epub", "-"]))
def test_any_bytes_are_read_or_refused(data, name):
    document = whole_or_refused(data, name)
    assert document is None or document.chapters
