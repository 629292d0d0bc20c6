"""Automatic numbers of a DOCX: said before headings and items as Word prints them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.documents import Document, PassageKind, SkipReason
from tests.unit.ingest.conftest import said_in
from tests.unit.ingest.docx_files import STYLES, of, para, skipped, titles

SCHEME = '<w:abstractNum w:abstractNumId="{name}">{inside}</w:abstractNum>'
NUM = '<w:num w:numId="{name}"><w:abstractNumId w:val="{scheme}"/>{inside}</w:num>'


def level(number: int, text: str, form: str = "decimal", more: str = "") -> str:
    return (
        f'<w:lvl w:ilvl="{number}"><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>{more}'
        "</w:lvl>"
    )


def numbering(*levels: str, nums: str = "", start: str = '<w:start w:val="1"/>') -> str:
    """One scheme, and numbering 7 of it."""
    inside = "".join(levels).replace("</w:lvl>", f"{start}</w:lvl>")
    return SCHEME.format(name=0, inside=inside) + NUM.format(name=7, scheme=0, inside="") + nums


def at(depth: int, text: str = "It.", number: int = 7) -> str:
    mark = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>'
    return para(text, "", mark)


def labels(*paragraphs: str, of_these: str) -> list[str]:
    return ["".join(each.text for each in p.insertions) for p in passages(*paragraphs, of=of_these)]


def passages(*paragraphs: str, of: str):
    document = read_numbered(*paragraphs, of_these=of)
    return [passage for chapter in document.chapters for passage in chapter.passages]


def read_numbered(*paragraphs: str, of_these: str, styles: str = "") -> Document:
    return of(*paragraphs, numbering=of_these, styles=STYLES + styles)


def test_items_are_counted():
    assert labels(at(0), at(0), at(0), of_these=numbering(level(0, "%1."))) == ["1.", "2.", "3."]


def test_deeper_levels_begin_anew_and_name_those_above():
    made = numbering(level(0, "%1."), level(1, "%1.%2"), level(2, "(%3)", "lowerLetter"))
    found = labels(at(0), at(1), at(2), at(2), at(1), at(0), at(1), of_these=made)
    assert found == ["1.", "1.1.", "a.", "b.", "1.2.", "2.", "2.1."]


def test_a_level_that_never_begins_anew_goes_on():
    made = numbering(level(0, "%1."), level(1, "%2", more='<w:lvlRestart w:val="0"/>'))
    assert labels(at(0), at(1), at(0), at(1), of_these=made) == ["1.", "1.", "2.", "2."]


@pytest.mark.parametrize(
    ("form", "text", "label"),
    [
        ("upperRoman", "Part %1", "Part 1."),
        ("lowerRoman", "(%1)", "1."),
        ("upperLetter", "%1)", "a."),
        ("decimal", "Chapter %1:", "Chapter 1."),
        ("bullet", "o", ""),
        ("none", "Note: %1", "Note."),
        ("decimal", "§", ""),
        ("decimal", "", ""),
    ],
)
def test_a_label_is_said_without_its_brackets(form, text, label):
    assert labels(at(0), of_these=numbering(level(0, text, form))) == [label]


def test_letters_begin_anew_doubled():
    made = numbering(level(0, "%1", "lowerLetter"), start='<w:start w:val="26"/>')
    assert labels(at(0), at(0), of_these=made) == ["z.", "aa."]


def test_another_numbering_of_a_scheme_goes_on_unless_it_says_where_it_begins():
    override = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride>'
    nums = NUM.format(name=8, scheme=0, inside="") + NUM.format(name=9, scheme=0, inside=override)
    made = numbering(level(0, "%1."), nums=nums)
    found = labels(at(0), at(0, number=8), at(0, number=9), at(0, number=9), of_these=made)
    assert found == ["1.", "2.", "5.", "6."]


def test_a_numbering_may_have_levels_of_its_own():
    override = f'<w:lvlOverride w:ilvl="0">{level(0, "Item %1")}</w:lvlOverride>'
    made = numbering(level(0, "%1."), nums=NUM.format(name=8, scheme=0, inside=override))
    assert labels(at(0, number=8), of_these=made) == ["Item 0."]


def test_numbers_may_be_digits_whatever_is_said_above():
    made = numbering(level(0, "%1", "upperLetter"), level(1, "%1.%2", more="<w:isLgl/>"))
    assert labels(at(0), at(1), of_these=made) == ["a.", "1.1."]


def test_a_style_of_headings_is_numbered_and_the_title_is_the_text():
    style = (
        '<w:style w:styleId="N"><w:name w:val="N"/><w:basedOn w:val="H1"/><w:pPr><w:numPr>'
        '<w:numId w:val="7"/></w:numPr></w:pPr></w:style>'
    )
    body = (para("Fire", "N"), para("It burns."), para("Rain", "N"), para("It pours."))
    made = numbering(level(0, "Chapter %1"))
    document = read_numbered(*body, of_these=made, styles=style)
    assert said_in(document) == [
        "<Chapter 1.>Fire", "It burns.", "<Chapter 2.>Rain", "It pours.",
    ]  # fmt: skip
    assert titles(document) == ["Fire", "Rain"]


def test_a_heading_may_be_nothing_but_its_number():
    mark = '<w:numPr><w:numId w:val="7"/></w:numPr>'
    body = (para("", "H1", mark), para("It burns."), para("", "H1", mark), para("It pours."))
    document = read_numbered(*body, of_these=numbering(level(0, "Chapter %1")))
    assert titles(document) == ["Chapter 1", "Chapter 2"]
    assert [each.kind for each in document.chapters[0].passages] == [
        PassageKind.HEADING,
        PassageKind.PARAGRAPH,
    ]


def test_what_is_empty_is_counted_and_what_is_hidden_is_not():
    style = '<w:numPr><w:numId w:val="7"/></w:numPr>'
    made = numbering(level(0, "%1."))
    assert labels(at(0), at(0, ""), para("No.", "Secret", style), at(0), of_these=made) == [
        "1.",
        "3.",
    ]


def test_what_is_not_read_has_no_number_said():
    mark = '<w:numPr><w:numId w:val="7"/></w:numPr>'
    body = (para("A.", "Bib", mark), para("See.", "Caption", mark), at(0))
    document = read_numbered(*body, of_these=numbering(level(0, "%1.")))
    assert said_in(document) == ["<3.>It."]
    assert skipped(document, SkipReason.BIBLIOGRAPHY) == ["A."]


def test_a_numbering_that_is_not_there_says_nothing():
    assert labels(at(0, number=3), at(8), of_these=numbering(level(0, "%1."))) == ["", ""]


PIECES = [
    level(0, "%1.%2"), level(1, "%9"), level(1, "%1", "upperLetter"), '<w:lvl w:ilvl="x"/>',
    '<w:numStyleLink w:val="S"/>', '<w:styleLink w:val="S"/>', "<w:lvl/>",
    '<w:lvl w:ilvl="0"><w:start w:val="99999999999"/><w:lvlText w:val="%1"/></w:lvl>',
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=6))
def test_any_scheme_is_counted_or_not(pieces):
    document = read_numbered(at(0), at(1), at(0), of_these=numbering(*pieces))
    assert len(document.chapters[0].passages) == 3
