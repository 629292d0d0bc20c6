"""Saved web pages: the article is read, what stands around it is not, and books are left alone.

`articles/` holds pages made by hand after what common publishing systems make, each with the text
of its article beside it, a paragraph a line. Those in `held_out` were written when the reader was
finished, which was not changed for them.
"""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.choices import Reading, Role, Treatment
from narrator.domain.documents import Document, SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from narrator.ingest.xhtml import parse_html

PAGES = sorted((Path(__file__).parent / "articles").rglob("*.html"))
WORD = re.compile(r"\w+")
PROSE = "<p>It was a dark and stormy night, and the rain fell in torrents over the town.</p>"
ALL = Reading.choose({Role.BOILERPLATE: Treatment.READ})


def of(page: str, reading: Reading = Reading()) -> Document:  # noqa: B008 - frozen
    return read(page.encode(), "page.html", reading)


def read_out(document: Document) -> str:
    """What is read, a passage a line; line breaks of the markup keep words apart."""
    lines: list[str] = []
    for chapter in document.chapters:
        for passage in chapter.passages:
            breaks = set(passage.breaks)
            offsets = (at for span in passage.spans for at in range(span.start, span.end))
            text = "".join(f"{' ' * (at in breaks)}{document.source[at]}" for at in offsets)
            lines.append(" ".join(text.split()))
    return "\n".join(lines)


def words(text: str) -> Counter[str]:
    return Counter(WORD.findall(text))


def skipped_as(document: Document, reason: SkipReason) -> str:
    return "".join(
        skip.span.of(document.source) for skip in document.skips if skip.reason is reason
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_every_word_of_an_article_is_read(path: Path) -> None:
    expected = path.with_suffix(".txt").read_text(encoding="utf-8")
    assert not words(expected) - words(read_out(read(path.read_bytes(), path.name)))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_hardly_a_word_beside_an_article_is_read(path: Path) -> None:
    expected = words(path.with_suffix(".txt").read_text(encoding="utf-8"))
    read_words = words(read_out(read(path.read_bytes(), path.name)))
    assert (read_words - expected).total() <= 0.1 * read_words.total()


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_source_of_a_page_is_all_its_text(path: Path) -> None:
    root = parse_html(path.read_text(encoding="utf-8"), path.name)
    assert read(path.read_bytes(), path.name).source == "".join(map(str, root.itertext()))


def test_what_stands_around_an_article_is_skipped_as_boilerplate() -> None:
    document = of(f"<nav>Home</nav><main>{PROSE * 3}</main><footer>Contact us</footer>")
    assert skipped_as(document, SkipReason.BOILERPLATE) == "HomeContact us"


def test_boilerplate_is_read_where_that_is_chosen() -> None:
    document = of(f"<main>{PROSE * 3}</main><footer>Contact us</footer>", ALL)
    assert "Contact us" in read_out(document)


@pytest.mark.parametrize(
    "mark",
    [
        '<div class="calibre1">',
        '<span id="pg-footer"></span>',
        '<section epub:type="chapter">',
        '<meta name="generator" content="Ebookmaker 0.12">',
    ],
)
def test_of_a_book_nothing_is_boilerplate(mark: str) -> None:
    document = of(f"<body>{mark}{PROSE * 3}<footer><p>So it was said.</p></footer>")
    assert "So it was said." in read_out(document)


def test_a_word_that_names_most_of_a_page_does_not_make_it_boilerplate() -> None:
    assert "dark" in read_out(of(f"<div class='comments'>{PROSE * 9}</div><p>Hello.</p>"))


def test_a_page_without_prose_is_read_whole() -> None:
    links = "".join(f"<li><a href='/{n}'>Page {n}</a></li>" for n in range(9))
    assert "Page 8" in read_out(of(f"<main><h1>All pages</h1><ul>{links}</ul></main>"))


def test_a_page_of_labels_and_nothing_else_is_read_in_moments() -> None:
    labels = "<div>Comments</div>" * 3_000
    assert "Comments" in read_out(of(f"<body>{PROSE * 30}{labels}"))


def test_a_box_beside_the_text_is_read_but_a_list_of_links_is_not() -> None:
    links = "<aside><a href='/1'>Ten storms to remember</a> <a href='/2'>More weather</a></aside>"
    document = of(f"<article>{PROSE * 3}<aside>{PROSE * 2} It rains.</aside>{links}</article>")
    assert "It rains." in read_out(document)
    assert "Ten storms" not in read_out(document)


@pytest.mark.parametrize(
    "said",
    ["social-history", "tags-and-notes", "relatedWork", "comments_on_the_text", "ad-hominem"],
)
@pytest.mark.parametrize("around", ["article", "div"])
def test_a_class_that_says_what_prose_is_about_does_not_make_it_boilerplate(
    said: str, around: str
) -> None:
    inner = f'<div class="{said}"><p>Zebras live in herds, and are no two of them alike.</p></div>'
    document = of(f"<{around}><h1>Herds</h1>{PROSE * 4}{inner}{PROSE * 4}</{around}>")
    assert "Zebras live in herds" in read_out(document)


@pytest.mark.parametrize(
    "said", ["post-comments", "newsletter-signup-form", "cookieNotice", "article__related", "ad-2"]
)
def test_a_class_of_nothing_but_boilerplate_and_layout_makes_prose_boilerplate(said: str) -> None:
    inner = f'<div class="{said}"><p>Zebras live in herds, and are no two of them alike.</p></div>'
    document = of(f"<article><h1>Herds</h1>{PROSE * 4}{inner}{PROSE * 4}</article>")
    assert "Zebras live in herds" in skipped_as(document, SkipReason.BOILERPLATE)


@pytest.mark.parametrize(
    ("said", "is_read"), [("Geneva, May 3d, 1817", True), ("Wednesday, May 3, 2017", False)]
)
def test_where_a_letter_was_written_is_part_of_it(said: str, is_read: bool) -> None:  # noqa: FBT001
    document = of(f"<h1>Letter 4</h1><p class='date'>{said}</p>{PROSE * 4}")
    assert (said in read_out(document)) is is_read


def test_a_link_above_the_title_is_no_chapter() -> None:
    document = of(f"<article><p><a href='/w'>Weather</a></p><h1>Rain</h1>{PROSE * 3}</article>")
    assert [chapter.title for chapter in document.chapters] == ["Rain"]


def test_text_of_another_role_keeps_its_own_reason() -> None:
    contents = "<div class='toc'><ul><li><a href='#a'>Rain</a></li></ul></div>"
    document = of(f"<article>{contents}{PROSE * 3}</article>")
    assert skipped_as(document, SkipReason.CONTENTS) == "Rain"


def test_the_title_for_sharing_counts_before_that_of_the_window() -> None:
    head = "<title>Rain | The Site</title><meta property='og:title' content='Rain'>"
    assert of(f"<head>{head}</head><main>{PROSE}</main>").metadata.title == "Rain"


def test_author_and_date_come_from_the_page_s_linked_data() -> None:
    data = '{"@graph":[{"headline":"Rain","author":{"name":"Ann"},"datePublished":"2024-01-02"}]}'
    page = f"<head><script type='application/ld+json'>{data}</script></head>{PROSE}"
    metadata = of(page).metadata
    assert (metadata.creators, metadata.date) == (("Ann",), "2024-01-02")


PRINTED = st.characters(codec="utf-8", min_codepoint=32, exclude_characters="<&")


@given(st.text(PRINTED) | st.text('{}[]",:'))
def test_any_linked_data_is_read_or_passed_over(data: str) -> None:
    page = f"<head><script type='application/ld+json'>{data}</script></head>{PROSE}"
    assert "dark" in read_out(of(page))


PARTS = (
    "<nav> </nav> <main> </main> <article> </article> <aside> </aside> <header> </header> <footer>"
    " </footer> <div_class='share'> <div_class='toc'> <div_class='byline'> <div_id='comments'>"
    " <h1>Rain </h1> <h2>Related</h2> <h3>Comments</h3> <ul> </ul> <li><a_href='/x'>Storm_1</a>"
    " </div> </p> <form> </form> <p>Advertisement <a_href='#x'>Skip_it</a> <!--x--> <br>"
    " <table><tr><td> </table>"
)


@given(st.lists(st.sampled_from([*PARTS.split(" "), PROSE]), max_size=40))
def test_any_page_is_accounted_for_or_refused(parts: list[str]) -> None:
    page = "".join(part.replace("_", " ") for part in parts)
    try:
        document = of(f"<html><body>{page}")
    except DocumentRefused:
        return
    assert document.source == "".join(
        map(str, parse_html(f"<html><body>{page}", "page.html").itertext())
    )
