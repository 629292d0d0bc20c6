"""HTML files: their text, whole, and the chapters in it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.documents import Document, PassageKind, SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from narrator.ingest.xhtml import parse_html
from narrator.text.plan import make_plan

MARKS = (
    "<p> </p> <div> </div> <br> <hr> <li> <h2> </h2> <b> </b> <pre> </pre> <table><tr><td> </table>"
    " <sup> <script> </script> <title> </title> &amp; *** word <a_href='#x'> </a> _ <!--x-->"
)
PARTS = [part.replace("_", " ") for part in MARKS.split()]
TEXT = "<p>It was a dark and stormy night.</p>"


def of(text: str) -> Document:
    return read(text.encode(), "page.html")


def whole_or_refused(text: str) -> Document | None:
    """The document; none if it was refused."""
    try:
        return of(text)
    except DocumentRefused:
        return None


def titles(document: Document) -> list[str]:
    return [chapter.title for chapter in document.chapters]


def test_headings_begin_chapters():
    document = of(f"<html><body><h1>One</h1>{TEXT}<h2>Inside</h2>{TEXT}<h1>Two</h1>{TEXT}")
    assert titles(document) == ["One", "Two"]


def test_the_chapters_of_parts_are_the_chapters():
    document = of(
        f"<h1>Book</h1><h2>Part I</h2><h3>A</h3>{TEXT}<h3>B</h3>{TEXT}<h2>Part II</h2><p>So.</p>"
        f"<h3>C</h3><h4>Inside</h4>{TEXT}"
    )
    assert titles(document) == ["A", "B", "C"]
    assert len(document.chapters[2].passages) == 5


def test_under_a_single_title_the_next_headings_begin_chapters():
    document = of(f"<h1>Book</h1><h2>by Ann One</h2><h2>Chapter 1</h2>{TEXT}<h2>Next</h2>{TEXT}")
    assert titles(document) == ["Chapter 1", "Next"]
    assert len(document.chapters[0].passages) == 4


def test_where_there_are_only_lesser_headings_they_begin_chapters():
    assert titles(of(f"<h3>One</h3>{TEXT}<h3>Two</h3>{TEXT}")) == ["One", "Two"]


def test_a_page_without_headings_is_one_chapter_named_by_its_title():
    assert titles(of(f"<html><head><title>Rain</title></head><body>{TEXT}")) == ["Rain"]


def test_text_before_the_first_heading_is_a_chapter():
    document = of(f"<title>Rain</title>{TEXT}<h1>One</h1>{TEXT}")
    assert titles(document) == ["Rain", "One"]


def test_metadata_comes_from_the_head():
    document = of(
        '<html lang="en-GB"><head><title>Rain</title><meta name="author" content="Ann One">'
        f'<meta name="description" content="Wet."></head><body>{TEXT}'
    )
    assert document.metadata.title == "Rain"
    assert document.metadata.creators == ("Ann One",)
    assert (document.metadata.language, document.metadata.description) == ("en-GB", "Wet.")


def test_project_gutenberg_s_wrapping_is_not_read():
    document = of(
        "<html><body><pre>Title: A Tale\n*** START OF THIS PROJECT GUTENBERG EBOOK ***\n</pre>"
        f"<h2>One</h2>{TEXT}<pre>*** END OF THIS PROJECT GUTENBERG EBOOK ***</pre>"
    )
    assert titles(document) == ["One"]
    assert {s.reason for s in document.skips} <= {SkipReason.LICENCE, SkipReason.WHITESPACE}
    assert document.metadata.title == "A Tale"


@given(st.lists(st.sampled_from(PARTS), max_size=40))
def test_any_page_is_read_whole_or_refused(parts):
    text = f"<html><body>{''.join(parts)}"
    expected = "".join(str(node) for node in parse_html(text, "page.html").itertext())
    document = whole_or_refused(text)
    assert document is None or document.source == expected


# ---------------------------------------------------------------------------------------- labels


def chapters_of(document: Document) -> list[tuple[str, str]]:
    """Each chapter's title, and its first passage."""
    return [
        (chapter.title, "".join(s.of(document.source) for s in chapter.passages[0].spans))
        for chapter in document.chapters
    ]


@pytest.mark.parametrize(
    "label",
    ["<p class='label'>{}</p>", "<div class='chapter-number'>{}</div>", "<p>Chapter {}</p>"],
)
def test_a_label_above_a_heading_begins_the_heading_s_chapter(label):
    one, two = (label.format(n) for n in "12")
    document = of(f"<body>{one}<h1>Rain</h1>{TEXT}{two}<h1>Sun</h1>{TEXT}")
    said = [re.sub("<[^>]*>", "", each) for each in (one, two)]
    assert chapters_of(document) == [("Rain", said[0]), ("Sun", said[1])]
    assert document.chapters[1].passages[0].kind is PassageKind.HEADING


def test_a_short_line_above_the_first_heading_is_no_chapter():
    document = of(f"<body><p>Opinion</p><h1>Rain</h1>{TEXT}")
    assert chapters_of(document) == [("Rain", "Opinion")]


def test_a_short_paragraph_above_a_heading_stays_with_what_is_before_it():
    document = of(f"<body><h1>Rain</h1>{TEXT}<p>She closed the book.</p><h1>Sun</h1>{TEXT}")
    assert chapters_of(document)[1] == ("Sun", "Sun")


# ------------------------------------------------------------------------ indexes, bibliographies

TOLD = (
    "<p>It was a dark night, and the rain that had begun to fall was heard on the roof.</p>"
    "<p>“No,” he said.</p>"
)
ENTRIES = (
    "<p>Smith, John. The Sea and the Land. London: Penguin, 1999.</p>"
    "<ul><li>Jones, A. (2003) On that which is not. Journal of This, 3, 12–14.</li></ul>"
    "<p>Miller, B. He Was Not There: A History of Those Who Were. Oxford, 1984.</p>"
)
TERMS = "<p>Tea, 7, 12</p><p>Rain, 14–19</p>"
ANNOTATED = (
    "<p>Smith, John. The Sea. London: Penguin, 1999.</p>"
    "<p>This is the best book that there is on it, and you should have it.</p>"
)


def set_aside(page: str) -> str:
    """What is skipped of a page as an index or a bibliography."""
    document = of(f"<body>{page}")
    parts = (SkipReason.INDEX, SkipReason.BIBLIOGRAPHY)
    return "".join(s.span.of(document.source) for s in document.skips if s.reason in parts)


@pytest.mark.parametrize("after", ["", "<hr>", "</section><p>Well.</p>"])
def test_text_behind_a_bibliography_is_read(after):
    page = f"<h1>Rain</h1>{TOLD}<section><h2>References</h2>{ENTRIES}{after}{TOLD}{TOLD}"
    assert set_aside(page) == "References" + re.sub("<[^>]*>", "", ENTRIES)
    assert titles(of(f"<body>{page}")) == ["Rain"]


def test_a_page_that_is_but_called_an_index_is_read():
    page = f"<h1>Index</h1>{TOLD}<h2>One</h2>{TOLD}<h2>Two</h2>{TOLD}"
    assert set_aside(page) == ""
    assert titles(of(f"<body>{page}")) == ["Index", "One", "Two"]


def test_a_chapter_of_a_lower_heading_behind_an_index_is_read():
    page = f"<h1>A</h1>{TOLD}<h1>Index</h1>{TERMS}<h2>Rain</h2>{TOLD}{TOLD}"
    assert set_aside(page) == "Index" + re.sub("<[^>]*>", "", TERMS)
    assert titles(of(f"<body>{page}")) == ["A", "Rain"]


@pytest.mark.parametrize("part", [ENTRIES, ANNOTATED * 3, TOLD + ENTRIES * 2, f"<h2>R</h2>{TERMS}"])
def test_what_belongs_to_a_bibliography_is_set_aside_to_its_end(part):
    page = f"<h1>A</h1>{TOLD}<h1>Bibliography</h1>{part}<h1>B</h1>{TOLD}"
    assert set_aside(page) == "Bibliography" + re.sub("<[^>]*>", "", part)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<p><img alt='T' src='t.png'>he rain fell.</p>", "The rain fell."),
        ("<p><span><img alt='“W'></span>hy?” he said.</p>", "“Why?” he said."),
        ("<p>It was <img alt='A'> good.</p>", "It was good."),
    ],
)
def test_a_letter_that_a_picture_draws_is_the_first_of_its_word(page, said):
    chunks = make_plan(of(f"<body>{page}")).chapters[0].chunks
    assert chunks[0].text == said
