"""Plain text: paragraphs, headings, tables of contents, Project Gutenberg's wrapping."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.choices import parse_reading
from narrator.domain.documents import Document, PassageKind, SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from narrator.text.plan import make_plan
from tests.unit.ingest.conftest import said_in

BODY = "It was a dark and stormy night; the rain fell in torrents.\n"
LONG = BODY * 9


def of(text: str, name: str = "tale.txt") -> Document:
    return read(text.encode(), name)


def whole_or_refused(text: str) -> Document | None:
    """The document; none if it was refused."""
    try:
        return of(text)
    except DocumentRefused:
        return None


def titles(document: Document) -> list[str]:
    return [chapter.title for chapter in document.chapters]


def skipped(document: Document, reason: SkipReason) -> list[str]:
    return [s.span.of(document.source) for s in document.skips if s.reason is reason]


def test_a_text_without_headings_is_one_chapter_named_after_the_file():
    document = of(BODY, "folder/my tale.txt")
    assert titles(document) == ["my tale"]
    assert document.metadata.title == "my tale"
    assert document.format == "text"


@pytest.mark.parametrize(
    "heading",
    ["CHAPTER {}", "Chapter {}.", "Chapter {}: The Rain", "LETTER {}", "Book {}\nThe Rain"],
)
def test_headings_begin_chapters(heading):
    text = "".join(f"{heading.format(number)}\n\n{BODY}\n\n" for number in ("I", "II", "III"))
    document = of(text)
    assert titles(document) == [
        " ".join(heading.format(number).split()) for number in ("I", "II", "III")
    ]
    assert document.chapters[0].passages[0].kind is PassageKind.HEADING


def test_named_headings_begin_chapters():
    document = of(f"PROLOGUE\n\n{BODY}\n\nCHAPTER ONE\n\n{BODY}\n\nEpilogue\n\n{BODY}")
    assert titles(document) == ["PROLOGUE", "CHAPTER ONE", "Epilogue"]


def test_numbers_alone_begin_chapters_when_they_count():
    assert titles(of(f"I\n\n{BODY}\n\nII.\n\n{BODY}")) == ["I", "II."]
    assert titles(of(f"1984\n\n{BODY}\n\n7\n\n{BODY}")) == ["tale"]


@pytest.mark.parametrize(
    "line", ["Chapter 1 was the hardest of all.", "Part of the roof fell in.", "Book me a room"]
)
def test_a_sentence_that_begins_like_a_heading_is_none(line):
    assert titles(of(f"{BODY}\n\n{line}\n\n{BODY}")) == ["tale"]


def test_a_table_of_contents_begins_no_chapters():
    lines = "CONTENTS\n\nCHAPTER I. Rain\n\nCHAPTER II. Snow\n\n"
    text = f"{lines}CHAPTER I. Rain\n\n{LONG}\n\nCHAPTER II. Snow\n\n{LONG}"
    document = of(text)
    assert titles(document) == ["CHAPTER I. Rain", "CHAPTER II. Snow"]
    assert skipped(document, SkipReason.CONTENTS) == [
        "CONTENTS",
        "CHAPTER I. Rain",
        "CHAPTER II. Snow",
    ]


def test_chapters_that_count_from_one_in_each_part_are_all_read():
    parts = [f"PART {part}\n\nCHAPTER I\n\n{body}" for part, body in (("I", BODY), ("II", LONG))]
    document = of("\n\n".join(parts))
    assert titles(document) == ["CHAPTER I", "CHAPTER I"]
    assert skipped(document, SkipReason.CONTENTS) == []


def test_a_part_s_heading_goes_to_its_first_chapter():
    document = of(f"PART ONE\n\nCHAPTER I\n\n{BODY}\n\nCHAPTER II\n\n{BODY}")
    assert titles(document) == ["CHAPTER I", "CHAPTER II"]
    assert len(document.chapters[0].passages) == 3


def test_what_precedes_the_first_heading_is_read():
    assert titles(of(f"A Tale\n\nby Ann One\n\nCHAPTER I\n\n{BODY}")) == ["CHAPTER I"]
    assert titles(of(f"{LONG}\n\nCHAPTER I\n\n{BODY}")) == ["tale", "CHAPTER I"]


def test_project_gutenberg_s_wrapping_is_not_read():
    document = of(
        "\ufeffThe Project Gutenberg EBook of A Tale\r\n\r\nTitle: A Tale\r\n\r\n"
        "Author: Ann One\r\n\r\nLanguage: English\r\n\r\n"
        "*** START OF THIS PROJECT GUTENBERG EBOOK A TALE ***\r\n\r\n"
        "Produced by Volunteers\r\n\r\nA TALE\r\n\r\nCHAPTER I\r\n\r\nIt rained.\r\n\r\n"
        "End of the Project Gutenberg EBook\r\n\r\n"
        "*** END OF THIS PROJECT GUTENBERG EBOOK A TALE ***\r\n\r\nLicence, at length.\r\n"
    )
    (chapter,) = make_plan(document).chapters
    assert [chunk.text for chunk in chapter.chunks] == ["Chapter 1.", "It rained."]
    assert skipped(document, SkipReason.FRONT_MATTER) == ["A TALE"]
    assert skipped(document, SkipReason.LICENCE)[-1] == "Licence, at length."
    assert document.metadata.creators == ("Ann One",)
    assert document.metadata.language == "en"


def test_lines_broken_by_hand_are_one_paragraph():
    (chapter,) = make_plan(of("It was a dark\r\nand stormy\r\nnight.\r\n")).chapters
    assert [chunk.text for chunk in chapter.chunks] == ["It was a dark and stormy night."]


def test_lines_as_long_as_paragraphs_are_paragraphs():
    document = of(f"{'Rain. ' * 30}\n{'Snow. ' * 30}\n")
    assert len(document.chapters[0].passages) == 2


def test_indented_lines_are_verse():
    document = of(f"{BODY}\n\n   The rain\n     it fell\n\n{BODY}")
    assert document.chapters[0].passages[1].kind is PassageKind.VERSE


def test_a_row_of_asterisks_changes_the_scene():
    document = of(f"{BODY}\n\n  *  *  *\n\n{BODY}")
    assert [p.scene_break_after for p in document.chapters[0].passages] == [True, False]


def test_the_caption_of_an_illustration_is_not_read():
    document = of(f"{BODY}\n\n[Illustration: Rain]\n\n{BODY}")
    assert skipped(document, SkipReason.FIGURE) == ["[Illustration: Rain]\n"]


@given(st.text(alphabet="ab.\n\r \tCHAPTER I*_-[]", max_size=200))
def test_any_text_is_read_whole_or_refused(text):
    document = whole_or_refused(text)
    assert document is None or (document.source == text and document.chapters)


# ------------------------------------------------------------------------------ roles

NOTED = "One[1] goes on.\n\nTwo.\n\n[1] The note.\n\nThree."


@pytest.mark.parametrize(
    ("text", "choice", "expected"),
    [
        (NOTED, "footnotes=skip", ["One goes on.", "Two.", "Three."]),
        (NOTED, "footnotes=inline", ["One goes on.", "The note.", "Two.", "Three."]),
        (NOTED, "footnotes=end", ["One goes on.", "Two.", "Three.", "The note."]),
        ("One.\n\n[1] A.\n\n[2] B.", "footnotes=skip", ["One.", "[1] A.", "[2] B."]),
        ("One.\n\n[Footnote 1: Noted.]\n\nTwo.", "footnotes=skip", ["One.", "Two."]),
        ("One [Pg 12] two.", "page-breaks=skip", ["One two."]),
        ("One.\n\n[Illustration: a map]", "figures=read", ["One.", "[Illustration: a map]"]),
        ("One.\n\n[Illustration: a map]", "figures=announce", ["One.", "<Figure.>"]),
        ("One.\n\n  In lines\n  it goes\n", "verse=skip", ["One."]),
        ("One.\n\n* * *\n\nTwo.", "scene-breaks=announce", ["One.", "<Scene break.>", "Two."]),
    ],
)
def test_what_is_chosen_is_read(text, choice, expected):
    assert said_in(read(text.encode(), "tale.txt", parse_reading([choice]))) == expected


def test_numbers_of_notes_may_begin_anew():
    text = "A[1].\n\n[1] Of A.\n\nB[1].\n\n[1] Of B.\n\nC."
    document = read(text.encode(), "tale.txt", parse_reading(["footnotes=inline"]))
    assert said_in(document) == ["A.", "Of A.", "B.", "Of B.", "C."]
