"""Markdown: what is said, what is markup, and that nothing of the file goes astray."""

from itertools import cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.choices import parse_reading
from narrator.domain.documents import Document, PassageKind, SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from narrator.text.plan import make_plan
from tests.unit.ingest.conftest import said_in

WRAPS = ["*{}*", "**{}**", "`{}`", "[{}](u)", "{}\n>"]


def of(text: str) -> Document:
    return read(text.encode(), "notes.md")


def whole_or_refused(text: str) -> Document | None:
    """The document; none if it was refused."""
    try:
        return of(text)
    except DocumentRefused:
        return None


def heard(document: Document) -> str:
    return " | ".join(
        chunk.text for chapter in make_plan(document).chapters for chunk in chapter.chunks
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Some *slanted* and __bold__ words.", "Some slanted and bold words."),
        ('See [the *site*](http://a.b/c_(d) "Title") now.', "See the site now."),
        ("See [the site][ref] now.\n\n[ref]: http://a.b", "See the site now."),
        ("Look ![a map](map.png) here.", "Look here."),
        ("Run `make all` first.", "Run make all first."),
        ("Run `make\nall` first.", "Run make all first."),
        ("Five \\* six &amp; seven.", "Five * six and seven."),
        ("One line\nand another  \nand more.", "One line and another and more."),
        ("One<br>two <b>three</b>.", "One two three."),
        ("> Quoth\n> the raven.", "Quoth the raven."),
        ("<div>\nInside\n</div>", "Inside"),
        ("Title\n=====", "Title."),
        ("## Title ##", "Title."),
        ("Not \\{a pause\\}.", "Not {a pause}."),
    ],
)
def test_what_is_said(text, said):
    assert heard(of(text)) == said


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("```\ncode\n```", SkipReason.CODE),
        ("    code", SkipReason.CODE),
        ("| a | b |\n|---|---|\n| 1 | 2 |", SkipReason.TABLE),
        ("***", SkipReason.SCENE_BREAK),
        ("<!-- remark -->", SkipReason.MARKUP),
    ],
)
def test_what_is_left_out(text, reason):
    document = of(f"Before.\n\n{text}\n\nAfter.")
    assert heard(document).replace(" | ", " ") == "Before. After."
    assert reason in {skip.reason for skip in document.skips}


@pytest.mark.parametrize(
    ("text", "choice", "expected"),
    [
        ("One[^n] goes.\n\nTwo.\n\n[^n]: Noted.", "footnotes=skip", ["One goes.", "Two."]),
        (
            "One[^n] goes.\n\nTwo.\n\n[^n]: Noted.",
            "footnotes=inline",
            ["One goes.", "Noted.", "Two."],
        ),
        (
            "One[^1]\nand[^2].\n\n[^1]: A *note*.\n[^2]: Another\n    one.\n\nTwo.",
            "footnotes=end",
            ["One and.", "Two.", "A note.", "Another one."],
        ),
        ("One[^1].\n\n[^1]: Noted.", "note-references=read", ["One 1."]),
        ("```py\nx = 1\n```", "code=read", ["x = 1"]),
        ("    x = 1", "code=read", ["x = 1"]),
        ("| a | b |\n|---|---|\n| 1 | *2* |", "tables=read", ["a<,>b<.>", "1<,>2<.>"]),
        ("![a map](m.png)", "figures=read", ["<Figure:>a map"]),
        ("![a map](m.png)", "figures=announce", ["<Figure.>"]),
        ("```\nx\n```", "code=announce", ["<Code.>"]),
    ],
)
def test_what_is_chosen_is_read(text, choice, expected):
    document = read(f"{text}\n".encode(), "notes.md", parse_reading([choice]))
    assert said_in(document) == expected


def test_a_note_that_is_not_defined_is_text():
    assert heard(of("One[^1].")) == "One[^1]."


def test_headings_begin_chapters():
    document = of("# One\n\nText.\n\n## Inside\n\nText.\n\n# Two\n\nText.")
    assert [chapter.title for chapter in document.chapters] == ["One", "Two"]


def test_under_a_single_title_the_next_headings_begin_chapters():
    document = of("# Book\n\n## One\n\nText.\n\n## Two\n\nText.")
    assert [chapter.title for chapter in document.chapters] == ["One", "Two"]
    assert document.metadata.title == "Book"


@pytest.mark.parametrize("struck", ["~~old *and*\ngone~~", "<del>old and gone</del>", "<S>old</S>"])
def test_what_is_struck_through_is_skipped_as_deleted(struck):
    document = of(f"It is {struck} new.\n")
    assert " ".join(heard(document).split()) == "It is new."
    deleted = (s.span.of(document.source) for s in document.skips if s.reason is SkipReason.DELETED)
    assert "".join(deleted).startswith("old")


def test_a_stroke_ends_with_its_paragraph():
    assert "read" in heard(of("It <del>was.\n\nThis is read.\n\n<div><s>x</div>\n\nAnd this.\n"))
    assert "And this" in heard(of("<div><s>x</div>\n\nAnd this.\n"))


def test_what_is_struck_through_is_read_where_that_is_chosen():
    document = read(b"It is ~~old~~ new.\n", "x.md", parse_reading(["deletions=read"]))
    assert heard(document) == "It is old new."


def test_links_to_chapters_are_contents():
    lines = "".join(f"- [{name}](#{name})\n" for name in ("one", "two", "three"))
    document = of(f"# Book\n\n## Contents\n\n{lines}\n## One\n\nIt rained.\n")
    assert said_in(document) == ["Book", "One", "It rained."]


def test_a_label_above_a_heading_begins_its_chapter():
    document = of("# One\n\nIt rained.\n\nChapter 2\n\n# Two\n\nIt stopped.\n")
    assert said_in(document) == ["One", "It rained.", "Chapter 2", "Two", "It stopped."]
    assert len(document.chapters[1].passages) == 3


def test_the_boxes_of_tasks_are_markup():
    assert said_in(of("- [ ] go\n- [x] come\n\n[x] is read.\n")) == ["go", "come", "[x] is read."]


def test_kinds_are_told_apart():
    document = of("Plain.\n\n- item\n\n> quoth\n")
    assert [passage.kind for passage in document.chapters[0].passages] == [
        PassageKind.PARAGRAPH,
        PassageKind.LIST_ITEM,
        PassageKind.QUOTATION,
    ]


def test_a_preamble_names_the_document():
    document = of("---\ntitle: 'A Tale'\nauthor: Ann One\nlang: en\n---\n\n# Rain\n\nIt fell.\n")
    assert document.metadata.title == "A Tale"
    assert document.metadata.creators == ("Ann One",)
    assert document.skips[0].reason is SkipReason.METADATA


def test_text_with_markdown_headings_is_markdown_whatever_it_is_called():
    assert read(b"# One\n\nText.", "-").format == "markdown"
    assert read(b"# One\n\nText.", "one.txt").format == "text"


@given(st.text(alphabet="ab \n\r\t#*_`[]()!<>\\&;-=|>1.\"'{}", max_size=120))
def test_any_markdown_is_read_whole_or_refused(text):
    document = whole_or_refused(text)
    assert document is None or document.source == text


@given(st.lists(st.text(alphabet="abcxyz", min_size=1, max_size=8), min_size=1, max_size=30))
def test_no_word_is_lost_among_markup(words):
    marked = " ".join(wrap.format(word) for word, wrap in zip(words, cycle(WRAPS), strict=False))
    document = of(f"> {marked}")
    assert heard(document).replace(" | ", " ").split() == words


# ---------------------------------------------------------------------------------------- voices

CAST = (
    "---\ntitle: Two\nvoices:\n  heading: aura-2-orion-en\n  2: 'aura-2-luna-en'\nlang: en\n---\n"
)
CHAPTERS = "# One\n\nFirst.\n\n# Two\n\nSecond.\n"


def test_a_preamble_may_say_who_speaks_headings_and_chapters():
    made = make_plan(of(CAST + CHAPTERS))
    assert [(c.text, c.voice) for chapter in made.chapters for c in chapter.chunks] == [
        ("One.", "aura-2-orion-en"),
        ("First.", ""),
        ("Two.", "aura-2-orion-en"),
        ("Second.", "aura-2-luna-en"),
    ]


@pytest.mark.parametrize("line", ["heading: nobody", "choir: aura-2-luna-en", "heading", "- a: b"])
def test_voices_that_cannot_be_are_refused_without_a_word_of_theirs(line):
    with pytest.raises(DocumentRefused) as refused:
        of(f"---\nvoices:\n  {line}\n---\n{CHAPTERS}")
    assert "nobody" not in str(refused.value)
    assert refused.value.remedy
