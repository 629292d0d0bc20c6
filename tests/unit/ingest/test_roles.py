"""What is done with text of each role, as the submitter chooses."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.choices import (
    DEFAULT_READING,
    TREATMENTS,
    Reading,
    Role,
    Treatment,
    parse_reading,
)
from narrator.domain.documents import Document, Metadata, SkipReason, unaccounted
from narrator.ingest.read import read
from narrator.ingest.roles import ROLES
from narrator.ingest.sections import Mark, cut
from narrator.ingest.walk import Walker
from narrator.ingest.xhtml import parse_xml
from tests.unit.ingest.conftest import said_in

NOTED = (
    "<p>One<a epub:type='noteref' href='#n'>1</a> goes on.</p><p>Two.</p>"
    "<aside epub:type='footnote' id='n'><p>The note.</p></aside>"
)
LINKED = (
    "<p>One<sup><a id='r' href='#n'>1</a></sup> goes on.</p><p>Two.</p>"
    "<p><a id='n' href='#r'>[1]</a> The note.</p>"
)


def reading(*choices: str) -> Reading:
    return parse_reading(choices)


def reasons(document: Document) -> dict[SkipReason, str]:
    found: dict[SkipReason, str] = {}
    for skip in document.skips:
        if skip.reason not in {SkipReason.WHITESPACE, SkipReason.METADATA}:
            found[skip.reason] = found.get(skip.reason, "") + skip.span.of(document.source)
    return found


# ------------------------------------------------------------------------------ notes


@pytest.mark.parametrize("body", [NOTED, LINKED])
@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("footnotes=skip", ["One goes on.", "Two."]),
        ("footnotes=inline", ["One goes on.", "The note.", "Two."]),
        ("footnotes=end", ["One goes on.", "Two.", "The note."]),
    ],
)
def test_a_note_is_read_where_it_was_chosen_to_be(epub, body, choice, expected):
    document = read(epub({"a.xhtml": body}), "b.epub", reading(choice))
    assert said_in(document) == expected


def test_a_note_in_a_sentence_follows_its_paragraph(epub):
    body = "<p>One<span epub:type='footnote'>A note.</span> goes on.</p><p>Two.</p>"
    document = read(epub({"a.xhtml": body}), "b.epub", reading("footnotes=inline"))
    assert said_in(document) == ["One goes on.", "A note.", "Two."]


def test_notes_of_the_end_of_the_book_come_to_the_chapters_that_refer_to_them(epub):
    pages = {
        "a.xhtml": "<h2>One</h2><p>First<a epub:type='noteref' href='n.xhtml#n1'>1</a>.</p>",
        "b.xhtml": "<h2>Two</h2><p>Next<a epub:type='noteref' href='n.xhtml#n2'>2</a>.</p>",
        "n.xhtml": "<body epub:type='backmatter'><section epub:type='endnotes'><h2>Notes</h2><ol>"
        "<li id='n1' epub:type='endnote'><p>Of one. <a role='doc-backlink' href='a.xhtml'>↩</a></p>"
        "</li><li id='n2' epub:type='endnote'><p>Of two.</p></li></ol></section></body>",
    }
    document = read(epub(pages), "b.epub", reading("footnotes=end"))
    assert said_in(document) == ["One", "First.", "Of one.", "Two", "Next.", "Of two."]


def test_a_note_is_read_at_its_first_reference_only(epub):
    body = (
        "<p>One<a epub:type='noteref' href='#n'>*</a>.</p>"
        "<p>Two<a epub:type='noteref' href='#n'>*</a>.</p><aside id='n'>The note.</aside>"
    )
    document = read(epub({"a.xhtml": body}), "b.epub", reading("footnotes=inline"))
    assert said_in(document) == ["One.", "The note.", "Two."]


def test_a_note_that_nothing_refers_to_stays_where_it_is(epub):
    body = "<p>One.</p><aside epub:type='footnote'>The note.</aside><p>Two.</p>"
    document = read(epub({"a.xhtml": body}), "b.epub", reading("footnotes=end"))
    assert said_in(document) == ["One.", "The note.", "Two."]


def test_notes_that_refer_to_each_other_are_each_read_once(epub):
    note = "<aside epub:type='footnote' id='{0}'>Note {0}<a epub:type='noteref' href='#{1}'>x</a>"
    body = (
        "<p>One<a epub:type='noteref' href='#a'>1</a>.</p><p>Two.</p>"
        + note.format("a", "b")
        + "</aside>"
        + note.format("b", "a")
        + "</aside>"
    )
    document = read(epub({"a.xhtml": body}), "b.epub", reading("footnotes=inline"))
    assert said_in(document) == ["One.", "Note a", "Note b", "Two."]


def test_the_scene_changes_after_the_notes_of_its_last_paragraph(epub):
    body = NOTED.replace("<p>Two.", "<hr/><p>Two.")
    document = read(epub({"a.xhtml": body}), "b.epub", reading("footnotes=inline"))
    changes = [passage.scene_break_after for passage in document.chapters[0].passages]
    assert changes == [False, True, False]


@pytest.mark.parametrize(
    "target",
    [
        "<p id='n'>1. A note.</p>",
        "<p id='n'><sup>1</sup>A note.</p>",
        "<p><a id='n'></a>[1] A note.</p>",
        "<ol><li id='n'>A note.</li></ol>",
        "<p id='n'>A note. <a href='#r'>Back to the text</a></p>",
        "<p id='n'><a href='#r'>\N{UPWARDS ARROW}</a> A note.</p>",
    ],
)
def test_what_a_raised_mark_leads_to_is_a_note_if_it_answers_to_the_mark(epub, target):
    body = f"<p>One<sup id='r'><a href='#n'>1</a></sup>.</p>{target}<p>Two.</p>"
    document = read(epub({"a.xhtml": body}), "b.epub")
    assert said_in(document) == ["One.", "Two."]


@pytest.mark.parametrize(
    "target",
    [
        "<p id='n'>A noted man came in.</p>",
        "<p id='n'>19 men came in.</p>",
        "<p id='n'>A man, of whom <a href='#other'>more</a> below, came in.</p>",
    ],
)
def test_what_a_raised_mark_leads_to_is_text_if_it_does_not_answer_to_the_mark(epub, target):
    body = f"<p>One<sup id='r'><a href='#n'>1</a></sup>.</p>{target}<p id='other'>Two.</p>"
    document = read(epub({"a.xhtml": body}), "b.epub")
    assert said_in(document)[-1] == "Two."
    assert said_in(document)[1].endswith("came in.")


ENDNOTES = (
    "<p>One<sup id='r'><a href='#n'>1</a></sup>.</p><p>Two<sup id='s'><a href='#m'>2</a></sup>.</p>"
    "<p>Three.</p><h2>Notes</h2><h3>To one</h3><p id='n'><a href='#r'>1</a> A.</p><p>More.</p>"
    "<p id='m'><a href='#s'>2</a> B.</p>"
)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("footnotes=skip", ["One.", "Two.", "Three."]),
        ("footnotes=inline", ["One.", "1 A.", "More.", "Two.", "2 B.", "Three."]),
        ("footnotes=end", ["One.", "Two.", "Three.", "1 A.", "More.", "2 B."]),
    ],
)
def test_a_section_of_notes_is_not_read_where_it_stands(epub, choice, expected):
    document = read(epub({"a.xhtml": ENDNOTES}), "b.epub", reading(choice))
    assert said_in(document) == expected
    assert len(document.chapters) == 1
    assert reasons(document)[SkipReason.FOOTNOTE].startswith("NotesTo one")


def test_text_below_a_note_that_a_chapter_begins_with_is_read(epub):
    body = (
        "<p>One<sup><a href='#n'>1</a></sup>.</p><h2>Notable</h2><p id='n'>1 Note.</p><p>Two.</p>"
    )
    assert said_in(read(epub({"a.xhtml": body}), "b.epub")) == ["One.", "Notable", "Two."]


def test_a_chapter_with_a_note_at_its_end_is_no_section_of_notes(epub):
    body = "<h2>A</h2><p>One<sup><a href='#n'>1</a></sup>.</p><p id='n'>1 Note.</p>"
    assert said_in(read(epub({"a.xhtml": body}), "b.epub")) == ["A", "One."]


def test_a_reference_to_a_chapter_makes_no_note_of_it(epub):
    chapter = "<section id='c'><h2>Two</h2><p>Text.</p></section>"
    body = f"<p>See <sup><a href='#c'>2</a></sup>.</p>{chapter}"
    assert said_in(read(epub({"a.xhtml": body}), "b.epub")) == ["See .", "Two", "Text."]


# ------------------------------------------------------------------------------ each role

TABLE = (
    "<table><caption>Prices</caption><tr><th>Tea</th><td>2d.</td></tr>"
    "<tr><th>Rum</th><td>a <p>shilling</p></td></tr></table>"
)


@pytest.mark.parametrize(
    ("body", "choice", "expected"),
    [
        ("<p>Word<a epub:type='noteref' href='#n'>1</a></p>", "note-references=read", ["Word 1"]),
        ("<p>a<span role='doc-pagebreak'>7</span>b</p>", "page-breaks=read", ["a 7 b"]),
        (
            "<p>a<span epub:type='pagebreak' title='7'/>b</p>",
            "page-breaks=read",
            ["a<Page 7>b"],
        ),
        ("<nav><p>Links.</p></nav>", "contents=read", ["Links."]),
        ("<pre>x = 1</pre>", "code=read", ["x = 1"]),
        ("<pre>x = 1</pre>", "code=announce", ["<Code.>"]),
        (TABLE, "tables=announce", ["<Table: Prices.>"]),
        (TABLE, "tables=read", ["Tea<,>2d.", "Rum<,>a shilling<.>"]),
        (TABLE, "captions=read", ["Prices"]),
        ("<p><img alt='a map' src='m'/></p>", "figures=read", ["<Figure: a map.>"]),
        ("<p>See <img alt='a map'/> now.</p>", "figures=read", ["See <a map> now."]),
        ("<p><img alt='' src='m'/></p>", "figures=read", []),
        (
            "<figure><img alt='a map' src='m'/><figcaption>Here.</figcaption></figure>",
            "figures=announce",
            ["<Figure: Here.>"],
        ),
        (
            "<figure><img alt='a map' src='m'/><figcaption>Here.</figcaption></figure>",
            "captions=read",
            ["Here."],
        ),
        (f"<figure>{TABLE}</figure>", "tables=read", ["Tea<,>2d.", "Rum<,>a shilling<.>"]),
        ("<svg><title>A line</title><text>x</text></svg>", "figures=read", ["A line", "x"]),
        ("<div class='epigraph'><p>Quoth.</p></div>", "epigraphs=skip", []),
        ("<div class='epigraph'><p>Quoth.</p></div>", "epigraphs=read", ["Quoth."]),
        ("<p class='poem'>Line</p>", "verse=skip", []),
        ("<hr/>", "scene-breaks=announce", ["<Scene break.>"]),
        ("<section role='doc-index'><p>Tea, 7</p></section>", "index=read", ["Tea, 7"]),
        ("<section role='doc-bibliography'><p>A.</p></section>", "bibliography=read", ["A."]),
        ("<p class='caption'>Here.</p>", "captions=read", ["Here."]),
    ],
)
def test_what_is_chosen_is_read(epub, body, choice, expected):
    document = read(
        epub({"a.xhtml": f"<p>Before.</p>{body}<p>After.</p>"}), "b.epub", reading(choice)
    )
    assert said_in(document) == ["Before.", *expected, "After."]


@pytest.mark.parametrize(
    ("body", "reason", "text"),
    [
        ("<span class='pagenum'>[Pg 12]</span>", SkipReason.PAGE_BREAK, "[Pg 12]"),
        ("<div class='caption'>Here.</div>", SkipReason.CAPTION, "Here."),
        ("<section epub:type='index'><p>Tea, 7</p></section>", SkipReason.INDEX, "Tea, 7"),
        (
            "<section><h2>References</h2><p>A.</p></section>",
            SkipReason.BIBLIOGRAPHY,
            "ReferencesA.",
        ),
        ("<p>x<del>No.</del></p>", SkipReason.DELETED, "No."),
        ("<p>x<s>No.</s></p>", SkipReason.DELETED, "No."),
        (
            "<p>x<span style='text-decoration: line-through'>No.</span></p>",
            SkipReason.DELETED,
            "No.",
        ),
        ("<nav epub:type='page-list'><a href='#p'>7</a></nav>", SkipReason.MARKUP, "7"),
        ("<p><a href='#r'>↩</a></p>", SkipReason.NOTE_REFERENCE, "↩"),
        (
            "<figure><img src='x'/><figcaption>Here.</figcaption></figure>",
            SkipReason.CAPTION,
            "Here.",
        ),
    ],
)
def test_what_is_left_out_is_named_truly(epub, body, reason, text):
    document = read(epub({"a.xhtml": f"<p>Before.</p>{body}"}), "b.epub")
    assert reasons(document) == {reason: text}


def test_a_class_for_page_breaks_hides_no_text(epub):
    document = read(epub({"a.xhtml": "<div class='pagebreak'><p>A chapter.</p></div>"}), "b.epub")
    assert said_in(document) == ["A chapter."]


@pytest.mark.parametrize(
    ("role", "aside"),
    [("front-matter", ()), ("back-matter", ()), ("non-linear", ("x.xhtml",))],
)
def test_matter_that_is_chosen_becomes_chapters(epub, role, aside):
    kind = {"front-matter": "frontmatter", "back-matter": "backmatter"}.get(role, "bodymatter")
    pages = {
        "x.xhtml": f"<body epub:type='{kind}'><p>Beside.</p></body>",
        "c.xhtml": "<body epub:type='bodymatter'><p>Text.</p></body>",
    }
    data = epub(pages, aside=aside)
    assert said_in(read(data, "b.epub")) == ["Text."]
    assert said_in(read(data, "b.epub", reading(f"{role}=read"))) == ["Beside.", "Text."]


# ---------------------------------------------------------------------------- any page, any choice

WORDS = {
    None: "<p>{0}</p>",
    SkipReason.FOOTNOTE: "<aside epub:type='footnote' id='{0}'><p>{0}</p></aside>",
    SkipReason.NOTE_REFERENCE: "<p>x<a epub:type='noteref' href='#{0}'>{0}</a></p>",
    SkipReason.PAGE_BREAK: "<p>x<span epub:type='pagebreak'>{0}</span></p>",
    SkipReason.DELETED: "<p>x <del>{0}</del></p>",
    SkipReason.CONTENTS: "<nav epub:type='toc'><p>{0}</p></nav>",
    SkipReason.INDEX: "<section epub:type='index'><p>{0}</p></section>",
    SkipReason.BIBLIOGRAPHY: "<section role='doc-bibliography'><p>{0}</p></section>",
    SkipReason.CODE: "<pre>{0}</pre>",
    SkipReason.TABLE: "<table><tr><td>{0}</td><td>{0}</td></tr></table>",
    SkipReason.FIGURE: "<figure><img src='x'/><p>{0}</p></figure>",
    SkipReason.CAPTION: "<figure><img src='x'/><figcaption>{0}</figcaption></figure>",
    SkipReason.EPIGRAPH: "<blockquote epub:type='epigraph'><p>{0}</p></blockquote>",
    SkipReason.VERSE: "<p class='verse'>{0}<br/>{0}</p>",
    SkipReason.HIDDEN: "<p hidden='hidden'>{0}</p>",
}
PIECES = st.lists(st.sampled_from(list(WORDS)), min_size=1, max_size=12)
READINGS = st.fixed_dictionaries(
    {}, optional={role: st.sampled_from(each) for role, each in TREATMENTS.items()}
).map(Reading.choose)


def is_read(reason: SkipReason | None, chosen: Reading) -> bool:
    if reason is None:
        return True
    return reason in ROLES and chosen.of(ROLES[reason]) not in {Treatment.SKIP, Treatment.ANNOUNCE}


def walked(body: str, chosen: Reading) -> tuple[str, Document]:
    """The text of a page by itself, and the document made of it."""
    markup = f"<html xmlns:epub='http://www.idpf.org/2007/ops'><body>{body}</body></html>"
    root = parse_xml(markup, "page.xhtml")
    walker = Walker(reading=chosen)
    walker.walk(root)
    flow = walker.flow()
    chapters, skips = cut(flow, [Mark(first=0)], chosen)
    document = Document(
        format="epub", source=flow.source, metadata=Metadata(), chapters=chapters, skips=skips
    )
    return "".join(map(str, root.itertext())), document


@given(PIECES, READINGS)
def test_of_any_page_what_is_chosen_is_read_and_nothing_else(pieces, chosen):
    body = "".join(WORDS[reason].format(f"word{n}") for n, reason in enumerate(pieces))
    text, document = walked(f"<p>Start.</p>{body}", chosen)
    words = re.sub("<[^>]*>", " ", " ".join(said_in(document))).split()
    expected = {f"word{n}" for n, reason in enumerate(pieces) if is_read(reason, chosen)}
    assert {word for word in words if word.startswith("word")} == expected
    assert document.source == text


@given(st.lists(st.sampled_from([*WORDS.values(), "<hr/>", "<p>", "</p>", "<td>"])), READINGS)
def test_any_page_is_accounted_for_whatever_is_chosen(pieces, chosen):
    text, document = walked("".join(pieces), chosen)
    passages = (passage for chapter in document.chapters for passage in chapter.passages)
    spans = [span for passage in passages for span in passage.spans]
    assert unaccounted(len(text), iter([*spans, *(skip.span for skip in document.skips)])) == []


def test_the_default_skips_what_a_narrator_does_not_read():
    read_out = {role for role in Role if DEFAULT_READING.reads(role)}
    assert read_out == {Role.EPIGRAPHS, Role.VERSE}
