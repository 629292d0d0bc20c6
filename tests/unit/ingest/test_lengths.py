"""Chapters that are longer than can be rendered in bounded space."""

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.documents import Chapter, Document, Metadata, Passage, PassageKind, Span
from narrator.ingest.lengths import MOST_CHAPTER_CHARS, bounded
from narrator.ingest.read import read

TEXT, HEADING = PassageKind.PARAGRAPH, PassageKind.HEADING


def passages(*sizes: int, headings: frozenset[int] = frozenset()) -> tuple[Passage, ...]:
    edges = pairwise(accumulate(sizes, initial=0))
    return tuple(
        Passage(kind=HEADING if index in headings else TEXT, spans=(Span(start, end),))
        for index, (start, end) in enumerate(edges)
    )


def document(*chapters: Chapter) -> Document:
    return Document(format="text", source="", metadata=Metadata(), chapters=chapters, skips=())


def chapter(*found: Passage, title: str = "Letters", number: int = 1) -> Chapter:
    return Chapter(number=number, title=title, passages=found)


def sizes(found: Document) -> list[int]:
    return [
        sum(len(span) for passage in each.passages for span in passage.spans)
        for each in found.chapters
    ]


def test_a_document_of_usual_chapters_is_left_as_it_is() -> None:
    usual = document(chapter(*passages(MOST_CHAPTER_CHARS)))
    assert bounded(usual) is usual


def test_parts_of_a_long_chapter_are_of_about_one_length() -> None:
    found = bounded(document(chapter(*passages(*[1_000] * 300))))
    assert sizes(found) == [100_000, 100_000, 100_000]


def test_parts_have_the_chapters_title_with_a_number() -> None:
    found = bounded(document(chapter(*passages(*[1_000] * 200))))
    assert [each.title for each in found.chapters] == ["Letters (1)", "Letters (2)"]


def test_parts_of_a_chapter_without_a_title_have_none() -> None:
    found = bounded(document(chapter(*passages(*[1_000] * 200), title="")))
    assert [each.title for each in found.chapters] == ["", ""]


def test_chapters_behind_a_long_one_are_numbered_on() -> None:
    long, short = passages(*[1_000] * 200), passages(10)
    found = bounded(document(chapter(*long), chapter(*short, title="Last", number=2)))
    assert [(each.number, each.title) for each in found.chapters][-1] == (3, "Last")


def test_a_part_ends_where_a_heading_follows_close_by() -> None:
    headed = passages(*[1_000] * 200, headings=frozenset({85, 130}))
    assert sizes(bounded(document(chapter(*headed)))) == [85_000, 115_000]


def test_a_part_does_not_end_with_a_heading() -> None:
    headed = passages(*[1_000] * 200, headings=frozenset({99}))
    assert sizes(bounded(document(chapter(*headed)))) == [99_000, 101_000]


def test_a_heading_far_off_is_not_waited_for() -> None:
    headed = passages(*[1_000] * 121, headings=frozenset({119}))
    assert sizes(bounded(document(chapter(*headed)))) == [60_000, 61_000]


@pytest.mark.parametrize("chars", [60_000, MOST_CHAPTER_CHARS - 5])
def test_headings_at_the_very_end_are_no_part_by_themselves(chars: int) -> None:
    headed = passages(60_000, chars, 10, 10, headings=frozenset({2, 3}))
    last = bounded(document(chapter(*headed))).chapters[-1]
    assert last.passages[0].kind is TEXT


def test_a_part_ends_with_a_scene_close_by() -> None:
    found = list(passages(*[1_000] * 200))
    found[109] = Passage(kind=TEXT, spans=found[109].spans, scene_break_after=True)
    assert sizes(bounded(document(chapter(*found)))) == [110_000, 90_000]


def test_a_passage_that_is_too_long_itself_is_a_part() -> None:
    found = bounded(document(chapter(*passages(MOST_CHAPTER_CHARS + 1))))
    assert sizes(found) == [MOST_CHAPTER_CHARS + 1]


def test_a_heading_is_no_part_by_itself() -> None:
    headed = passages(10, 20, MOST_CHAPTER_CHARS + 1, 30, headings=frozenset({0, 1}))
    assert sizes(bounded(document(chapter(*headed)))) == [MOST_CHAPTER_CHARS + 31, 30]


@given(st.lists(st.integers(1, 250_000), min_size=1, max_size=30))
def test_no_passage_is_lost_moved_or_said_twice(lengths: list[int]) -> None:
    whole = passages(*lengths)
    found = bounded(document(chapter(*whole)))
    assert tuple(passage for each in found.chapters for passage in each.passages) == whole


@given(st.lists(st.integers(1, 250_000), min_size=1, max_size=30))
def test_only_a_single_passage_makes_a_part_that_is_too_long(lengths: list[int]) -> None:
    found = bounded(document(chapter(*passages(*lengths))))
    too_long = [
        each
        for each, chars in zip(found.chapters, sizes(found), strict=True)
        if chars > MOST_CHAPTER_CHARS
    ]
    assert all(len(each.passages) == 1 for each in too_long)


def test_a_book_without_chapters_is_read_as_several() -> None:
    paragraph = "It was late in the evening, and the rain beat on the windows.\n\n"
    book = read((paragraph * 5_000).encode(), "letters.txt")
    assert len(book.chapters) == 3
