"""PDFs as three programs write them: Typst, WeasyPrint and Chromium."""

from functools import cache
from pathlib import Path

import pytest

from narrator.domain.documents import Document, SkipReason
from narrator.ingest.pdf_hyphens import Hyphens
from narrator.ingest.read import read
from tests.unit.ingest.conftest import said_in
from tests.unit.ingest.docx_files import skipped, titles

FILES = ("typst-1", "weasyprint-2", "chromium-2")
BEGINNINGS = [
    "Chapter 3", "Not all that", "“If I can but", "In a few days", "Chapter 4", "When Jane and",
    "“He is just", "“He is also", "“I was very", "“Did not you?", "“Dear Lizzy!”", "“Oh! you are",
    "“I would not",
]  # fmt: skip


@cache
def document(file: str) -> Document:
    return read(Path(__file__).with_name("pdfs").joinpath(f"{file}.pdf").read_bytes(), "book.pdf")


@cache
def text(file: str) -> str:
    return " ".join(" ".join(said_in(document(file))).split())


@pytest.mark.parametrize("file", FILES)
def test_paragraphs_are_in_order_a_heading_across_columns_between_them(file):
    said = [" ".join(each.split()) for each in said_in(document(file))]
    assert [s.startswith(begins) for s, begins in zip(said, BEGINNINGS, strict=True)] == [True] * 13
    assert titles(document(file)) == ["Chapter 3", "Chapter 4"]


@pytest.mark.parametrize("file", ["typst-1", "weasyprint-2"])
def test_notes_are_told_whatever_digits_refer_to_them(file):
    assert {*skipped(document(file), SkipReason.NOTE_REFERENCE)} == {"1", "2"}
    assert "second note" not in text(file)
    assert "it was small" not in text(file)
    assert [char for char in text(file) if char.isdigit()] == ["3", "4"]


@pytest.mark.parametrize("file", FILES)
def test_no_typesetters_hyphen_is_left_in_a_word(file):
    assert "\u2010" not in text(file)
    assert "\u00ad" not in text(file)
    for word in ("assistance", "daughters,", "admitted", "suppositions,", "favourable."):
        assert f" {word}" in text(file)


# ------------------------------------------------------------------------------ hyphens

LINES = [("so", "it")] * 300


def test_a_sign_that_stands_at_ends_of_lines_alone_is_the_typesetters():
    hyphens = Hyphens.of({"under": 3, "standing": 2}, [*LINES, ("under\u2010", "standing")])
    assert hyphens.joins("under\u2010", "standing")
    assert not hyphens.joins("well-", "tempered")


def test_a_sign_that_words_have_is_theirs_where_both_halves_are_words():
    words = {"well\u2010bred": 1, "under": 3, "standing": 2}
    hyphens = Hyphens.of(words, [*LINES, ("under\u2010", "standing")])
    assert not hyphens.joins("under\u2010", "standing")


def test_where_hardly_a_line_ends_in_a_hyphen_it_is_the_words_own():
    assert not Hyphens.of({}, [*LINES, ("self-", "complacency")]).joins("good-", "humoured")
    assert Hyphens.of({}, [("compas-", "sion")] * 9).joins("compas-", "sion")


def test_what_begins_with_self_keeps_its_hyphen():
    hyphens = Hyphens({})
    assert not hyphens.joins("self-", "complacency")
    assert hyphens.joins("self-", "ishness")


def test_an_ending_is_no_word_of_its_own():
    assert Hyphens({"doubt": 1, "able": 1, "fashion": 1}).joins("fashion-", "able")


def test_a_dash_of_two_hyphens_is_not_parted():
    hyphens = Hyphens({})
    assert hyphens.at_end("London-", "-his")
    assert not hyphens.joins("London-", "-his")
