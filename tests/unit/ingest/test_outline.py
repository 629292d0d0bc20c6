"""Which parts of an EPUB are its chapters."""

import pytest

from narrator.domain.choices import parse_reading
from narrator.domain.documents import Document, SkipReason
from narrator.ingest.read import read

TEXT = "<p>It was a dark and stormy night; the rain fell in torrents.</p>"
LONG = "<p>" + "The rain fell, and it went on falling all of that night. " * 10 + "</p>"


def entry(title: str, place: str, *children: str) -> str:
    below = f"<ol>{''.join(children)}</ol>" if children else ""
    return f'<li><a href="{place}">{title}</a>{below}</li>'


def point(title: str, place: str, *children: str) -> str:
    return (
        f"<navPoint><navLabel><text>{title}</text></navLabel>"
        f'<content src="{place}"/>{"".join(children)}</navPoint>'
    )


def titles(document: Document) -> list[str]:
    return [chapter.title for chapter in document.chapters]


def said(document: Document, number: int) -> list[str]:
    return [
        "".join(span.of(document.source) for span in passage.spans)
        for passage in document.chapters[number - 1].passages
    ]


def skipped(document: Document, reason: SkipReason) -> str:
    return "".join(
        skip.span.of(document.source) for skip in document.skips if skip.reason is reason
    )


def test_front_and_back_matter_is_told_by_type(epub):
    pages = {
        "t.xhtml": '<body epub:type="frontmatter"><h1>The Title</h1></body>',
        "c.xhtml": f'<body epub:type="bodymatter"><h2>One</h2>{TEXT}</body>',
        "z.xhtml": '<body><section epub:type="colophon"><p>Made by hand.</p></section></body>',
    }
    contents = entry("Start", "t.xhtml") + entry("One", "c.xhtml") + entry("End", "z.xhtml")
    document = read(epub(pages, contents=contents), "book.epub")
    assert titles(document) == ["One"]
    assert skipped(document, SkipReason.FRONT_MATTER) == "The Title"
    assert skipped(document, SkipReason.BACK_MATTER) == "Made by hand."


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("Title Page", SkipReason.FRONT_MATTER),
        ("COPYRIGHT", SkipReason.FRONT_MATTER),
        ("Also by Ann One", SkipReason.FRONT_MATTER),
        ("Table of Contents", SkipReason.CONTENTS),
        ("About the Author", SkipReason.BACK_MATTER),
        ("Index", SkipReason.INDEX),
        ("Works Cited", SkipReason.BIBLIOGRAPHY),
        ("THE FULL PROJECT GUTENBERG LICENSE", SkipReason.LICENCE),
    ],
)
def test_front_and_back_matter_is_told_by_title(epub, title, reason):
    pages = {"x.xhtml": "<p>Beside the matter.</p>", "c.xhtml": TEXT}
    contents = entry(title, "x.xhtml") + entry("One", "c.xhtml")
    document = read(epub(pages, contents=contents), "book.epub")
    assert titles(document) == ["One"]
    assert skipped(document, reason) == "Beside the matter."


def test_a_chapter_typed_as_body_may_have_any_title(epub):
    pages = {"c.xhtml": f'<body epub:type="bodymatter">{TEXT}</body>'}
    document = read(epub(pages, contents=entry("Notes", "c.xhtml")), "book.epub")
    assert titles(document) == ["Notes"]


def test_what_precedes_the_landmark_of_the_beginning_is_front_matter(epub):
    pages = {"a.xhtml": "<p>For my cat.</p>", "b.xhtml": TEXT, "c.xhtml": TEXT}
    contents = entry("To", "a.xhtml") + entry("Prologue", "b.xhtml") + entry("One", "c.xhtml")
    marks = '<li><a epub:type="bodymatter" href="c.xhtml">Begin</a></li>'
    document = read(epub(pages, contents=contents, landmarks=marks), "book.epub")
    assert titles(document) == ["Prologue", "One"]
    assert skipped(document, SkipReason.FRONT_MATTER) == "For my cat."


def test_a_chapter_in_which_the_book_begins_is_no_front_matter(epub):
    pages = {"a.xhtml": f"<h2>To</h2><p id='b'>Begin.</p>{TEXT}", "c.xhtml": TEXT}
    contents = entry("To", "a.xhtml") + entry("Fro", "c.xhtml")
    marks = '<li><a epub:type="bodymatter" href="a.xhtml#b">Begin</a></li>'
    document = read(epub(pages, contents=contents, landmarks=marks), "book.epub")
    assert titles(document) == ["To", "Fro"]


def test_a_cover_without_text_makes_no_front_matter_of_what_follows_it(epub):
    pages = {"cover.xhtml": "<img src='c.jpg'/>", "c.xhtml": f"<h2>Up</h2>{TEXT}"}
    marks = '<li><a epub:type="cover" href="cover.xhtml">Cover</a></li>'
    contents = entry("Cover", "cover.xhtml") + entry("Up", "c.xhtml")
    document = read(epub(pages, contents=contents, landmarks=marks), "book.epub")
    assert titles(document) == ["Up"]


def test_an_epub_2_is_read_by_its_ncx_and_guide(epub):
    pages = {"a.xhtml": "<p>For my cat.</p>", "c.xhtml": TEXT}
    data = epub(
        pages,
        ncx=point("To", "a.xhtml") + point("One", "c.xhtml"),
        guide='<guide><reference type="text" href="c.xhtml"/></guide>',
    )
    assert titles(read(data, "book.epub")) == ["One"]


def test_nested_entries_in_the_file_of_their_story_are_headings_in_it(epub):
    story = f'<h2>Story</h2><h3 id="i">I</h3>{TEXT}<h3 id="ii">II</h3>{TEXT}'
    contents = entry(
        "Story", "s.xhtml", entry("I", "s.xhtml#i"), entry("II", "s.xhtml#ii")
    ) + entry("Other", "o.xhtml")
    document = read(epub({"s.xhtml": story, "o.xhtml": TEXT}, contents=contents), "book.epub")
    assert titles(document) == ["Story", "Other"]
    assert said(document, 1)[:2] == ["Story", "I"]


def test_the_chapters_of_parts_are_the_chapters_and_take_the_part_s_heading(epub):
    pages = {
        "p1.xhtml": "<h1>Part One</h1>",
        "c1.xhtml": f"<h2>Chapter 1</h2>{TEXT}",
        "c2.xhtml": f"<h2>Chapter 2</h2>{TEXT}",
        "p2.xhtml": "<h1>Part Two</h1>",
        "c3.xhtml": f"<h2>Chapter 3</h2>{TEXT}",
    }
    one = entry(
        "Part One", "p1.xhtml", entry("Chapter 1", "c1.xhtml"), entry("Chapter 2", "c2.xhtml")
    )
    two = entry("Part Two", "p2.xhtml", entry("Chapter 3", "c3.xhtml"))
    document = read(epub(pages, contents=one + two), "book.epub")
    assert titles(document) == ["Chapter 1", "Chapter 2", "Chapter 3"]
    assert said(document, 1)[:2] == ["Part One", "Chapter 1"]
    assert said(document, 3)[:2] == ["Part Two", "Chapter 3"]


def test_a_part_listed_beside_its_chapters_is_no_chapter(epub):
    pages = {"p.xhtml": "<h1>Part One</h1>", "c.xhtml": f"<h2>Chapter 1</h2>{TEXT}"}
    contents = entry("Part One", "p.xhtml") + entry("Chapter 1", "c.xhtml")
    document = read(epub(pages, contents=contents), "book.epub")
    assert titles(document) == ["Chapter 1"]
    assert said(document, 1)[:2] == ["Part One", "Chapter 1"]


def test_a_part_with_much_text_of_its_own_is_a_chapter_too(epub):
    pages = {"p.xhtml": f"<h1>Part One</h1>{LONG}", "c.xhtml": f"<h2>Chapter 1</h2>{TEXT}"}
    contents = entry("Part One", "p.xhtml", entry("Chapter 1", "c.xhtml"))
    document = read(epub(pages, contents=contents), "book.epub")
    assert titles(document) == ["Part One", "Chapter 1"]


def test_an_only_entry_that_holds_all_others_is_the_book_and_no_chapter(epub):
    page = f'<h1>A Book</h1><h2 id="a">Down</h2>{TEXT}<h2 id="b">Up</h2>{TEXT}'
    contents = entry("A Book", "b.xhtml", entry("Down", "b.xhtml#a"), entry("Up", "b.xhtml#b"))
    document = read(epub({"b.xhtml": page}, contents=contents), "book.epub")
    assert titles(document) == ["Down", "Up"]
    assert said(document, 1)[:2] == ["A Book", "Down"]


def test_one_file_is_cut_at_the_places_its_contents_name(epub):
    page = f'<p>Opening.</p><h2 id="a">One</h2>{TEXT}<p id="b">Two, with no heading.</p>{TEXT}'
    contents = entry("One", "b.xhtml#a") + entry("Two", "b.xhtml#b")
    document = read(epub({"b.xhtml": page}, contents=contents), "book.epub")
    assert titles(document) == ["One", "Two"]
    assert said(document, 1)[0] == "Opening."
    assert said(document, 2)[0] == "Two, with no heading."


def test_an_anchor_inside_a_heading_s_start_cuts_before_the_heading(epub):
    page = f'<h2>One</h2>{TEXT}<h2> <a id="b"></a>Two</h2>{TEXT}'
    contents = entry("One", "b.xhtml") + entry("Two", "b.xhtml#b")
    document = read(epub({"b.xhtml": page}, contents=contents), "book.epub")
    assert said(document, 2)[0] == "Two"


def test_a_chapter_goes_on_through_files_that_are_not_listed(epub):
    pages = {"a.xhtml": TEXT, "b.xhtml": "<p>More.</p>", "c.xhtml": TEXT}
    contents = entry("One", "a.xhtml") + entry("Two", "c.xhtml")
    document = read(epub(pages, contents=contents), "book.epub")
    assert titles(document) == ["One", "Two"]
    assert said(document, 1)[-1] == "More."


def test_a_chapter_that_overflows_into_the_next_one_s_file_keeps_its_end(epub):
    pages = {"a.xhtml": TEXT, "b.xhtml": f'<p>The end of one.</p><h2 id="x">Two</h2>{TEXT}'}
    contents = entry("One", "a.xhtml") + entry("Two", "b.xhtml#x")
    document = read(epub(pages, contents=contents), "book.epub")
    assert said(document, 1)[-1] == "The end of one."
    assert said(document, 2)[0] == "Two"


def test_a_file_typed_as_body_is_a_chapter_even_if_not_listed(epub):
    pages = {
        "t.xhtml": "<p>Beside the matter.</p>",
        "p.xhtml": f'<body><section epub:type="prologue"><h2>Before</h2>{TEXT}</section></body>',
        "c.xhtml": TEXT,
    }
    contents = entry("Title Page", "t.xhtml") + entry("One", "c.xhtml")
    assert titles(read(epub(pages, contents=contents), "book.epub")) == ["Before", "One"]


def test_without_a_table_of_contents_every_file_is_a_chapter(epub):
    pages = {
        "t.xhtml": "<h1>Copyright</h1><p>All rights.</p>",
        "a.xhtml": f"<h2>One</h2>{TEXT}",
        "b.xhtml": TEXT,
    }
    assert titles(read(epub(pages), "book.epub")) == ["One", "Page"]


def test_the_table_of_contents_in_the_spine_is_not_read(epub):
    links = "".join(f'<p><a href="c.xhtml#x{n}">Line {n}</a></p>' for n in range(4))
    pages = {"toc.xhtml": f"<h1>Contents</h1>{links}", "c.xhtml": TEXT}
    document = read(epub(pages, contents=entry("One", "c.xhtml")), "book.epub")
    assert titles(document) == ["One"]
    assert skipped(document, SkipReason.CONTENTS) == "Contents" + "".join(
        f"Line {n}" for n in range(4)
    )


def test_a_file_out_of_the_reading_order_is_not_read(epub):
    pages = {"c.xhtml": TEXT, "pop.xhtml": "<p>A note that pops up.</p>"}
    data = epub(pages, contents=entry("One", "c.xhtml"), aside=("pop.xhtml",))
    document = read(data, "book.epub")
    assert skipped(document, SkipReason.NON_LINEAR) == "A note that pops up."


def test_links_are_followed_through_folders_and_escapes(epub):
    data = epub(
        {"c.xhtml": TEXT},
        ncx=point("One", "../OPS/%63.xhtml"),
    )
    assert titles(read(data, "book.epub")) == ["One"]


def test_references_end_where_the_next_chapter_begins_though_its_heading_be_lower(epub):
    pages = {
        "a.xhtml": f"<h3>The Fire</h3>{TEXT}<h2>References</h2><p>Smith 1990.</p>",
        "b.xhtml": f"<h3>The Flood</h3>{TEXT}",
        "c.xhtml": TEXT,
    }
    contents = "".join(entry(f"The {page[0]}", page) for page in pages)
    document = read(epub(pages, contents=contents), "book.epub")
    assert titles(document) == ["The a", "The b", "The c"]
    assert skipped(document, SkipReason.BIBLIOGRAPHY) == "ReferencesSmith 1990."


def test_letters_of_an_index_are_no_chapters():
    text = b"# Book\n\n## One\n\nText.\n\n# Index\n\n## A\n\nApple, 3\n\n## B\n\nBee, 4\n"
    assert titles(read(text, "book.md")) == ["One"]
    assert titles(read(text, "book.md", parse_reading(["index=read"]))) == ["One", "Index"]


def test_a_label_above_what_an_entry_leads_to_is_the_entry_s(epub):
    label = "<p class='chapter-number'>{0}</p><h1 id='c{0}'>Title {0}</h1>" + TEXT
    pages = {"a.xhtml": label.format(1) + label.format(2), "b.xhtml": label.format(3)}
    places = ("a.xhtml#c1", "a.xhtml#c2", "b.xhtml#c3")
    contents = "".join(entry(f"Title {n}", place) for n, place in enumerate(places, start=1))
    document = read(epub(pages, contents=contents), "b.epub")
    assert [said(document, n)[:2] for n in (1, 2, 3)] == [[str(n), f"Title {n}"] for n in (1, 2, 3)]
