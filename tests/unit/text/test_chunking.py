"""What shares a chunk, what does not, and where a chunk ends."""

import pytest

from narrator.domain.documents import (
    Chapter,
    Document,
    Metadata,
    Passage,
    PassageKind,
    Skip,
    SkipReason,
    Span,
    unaccounted,
)
from narrator.domain.errors import OptionRefused
from narrator.domain.plan import Boundary, Chunk, Edit
from narrator.text.chunking import MOST_CHARS, TARGET_CHARS
from narrator.text.plan import make_plan

HEADING, PARAGRAPH, ITEM = PassageKind.HEADING, PassageKind.PARAGRAPH, PassageKind.LIST_ITEM
SHORT = "“Indeed?” said he."
MIDDLING = "It rained that night as it had not rained for years. " * 5  # 265 characters
SENTENCE = "The rain went on falling, as it had all of that night. "


def document(*passages: tuple[PassageKind, str], scenes: tuple[int, ...] = (), gap: str = "\n"):
    """One chapter of those passages; `scenes` numbers those after which the scene changes."""
    source, made, skips = "", [], []
    for number, (kind, text) in enumerate(passages):
        span = Span(len(source), len(source) + len(text))
        made.append(Passage(kind=kind, spans=(span,), scene_break_after=number in scenes))
        source += text + gap
        skips.append(Skip(span=Span(span.end, len(source)), reason=SkipReason.WHITESPACE))
    return Document(
        format="epub",
        source=source,
        metadata=Metadata(language="en"),
        chapters=(Chapter(number=1, title="", passages=tuple(made)),),
        skips=tuple(skip for skip in skips if len(skip.span)),
    )


def chunks(*passages: tuple[PassageKind, str], scenes: tuple[int, ...] = ()) -> list[Chunk]:
    (chapter,) = make_plan(document(*passages, scenes=scenes)).chapters
    return list(chapter.chunks)


def test_a_passage_that_fits_is_one_chunk():
    (chunk,) = chunks((PARAGRAPH, MIDDLING))
    assert chunk.text == MIDDLING.strip()


def test_short_neighbours_share_a_chunk():
    (chunk,) = chunks((PARAGRAPH, SHORT), (PARAGRAPH, SHORT))
    assert chunk.text == f"{SHORT} {SHORT}"
    assert chunk.edits == (
        Edit(span=Span(len(SHORT), len(SHORT) + 1), after=" ", rule="whitespace"),
    )


def test_neighbours_with_nothing_between_them_are_kept_apart():
    plan = make_plan(document((PARAGRAPH, "One."), (PARAGRAPH, "Two."), gap=""))
    (chunk,) = plan.chapters[0].chunks
    assert chunk.text == "One. Two."
    assert [edit.rule for edit in chunk.edits] == ["passage-break"]


def test_a_chunk_that_holds_enough_takes_no_more():
    assert len(chunks((PARAGRAPH, MIDDLING), (PARAGRAPH, MIDDLING))) == 2


def test_a_short_last_passage_joins_the_one_before():
    assert len(chunks((PARAGRAPH, MIDDLING), (PARAGRAPH, SHORT))) == 1


@pytest.mark.parametrize("other", [ITEM, PassageKind.VERSE, PassageKind.QUOTATION])
def test_neighbours_of_another_kind_do_not_share(other):
    assert len(chunks((PARAGRAPH, SHORT), (other, SHORT))) == 2


def test_headings_stand_alone_and_end_like_sentences():
    made = chunks((HEADING, "Rain"), (HEADING, "I"), (PARAGRAPH, SHORT))
    assert [chunk.text for chunk in made] == ["Rain.", "1.", SHORT]
    assert [chunk.boundary for chunk in made] == [
        Boundary.HEADING,
        Boundary.HEADING,
        Boundary.CHAPTER,
    ]


def test_nothing_is_shared_across_a_change_of_scene():
    made = chunks((PARAGRAPH, SHORT), (PARAGRAPH, SHORT), scenes=(0,))
    assert [chunk.boundary for chunk in made] == [Boundary.SCENE, Boundary.CHAPTER]


def test_a_change_of_scene_after_what_cannot_be_said_still_counts():
    made = chunks((PARAGRAPH, SHORT), (PARAGRAPH, "…"), (PARAGRAPH, SHORT), scenes=(1,))
    assert [chunk.boundary for chunk in made] == [Boundary.SCENE, Boundary.CHAPTER]


def test_a_long_passage_is_cut_at_sentence_ends_into_like_parts():
    made = chunks((PARAGRAPH, SENTENCE * 20))
    assert all(chunk.text.endswith("night.") for chunk in made)
    assert all(TARGET_CHARS / 2 < chunk.chars <= TARGET_CHARS for chunk in made)
    assert [chunk.boundary for chunk in made[:-1]] == [Boundary.SENTENCE] * (len(made) - 1)


def test_a_long_quotation_is_cut_at_the_sentences_inside():
    made = chunks((PARAGRAPH, f"“{(SENTENCE * 20).strip()}”"))
    assert max(chunk.chars for chunk in made) <= TARGET_CHARS


def test_a_long_sentence_that_can_be_sent_is_not_cut():
    (chunk,) = chunks((PARAGRAPH, "the rain, " * 100 + "fell."))
    assert TARGET_CHARS < chunk.chars <= MOST_CHARS


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("the rain fell; " * 300, ";"),
        ("the rain fell, " * 300, ","),
        ("the rain fell " * 300, "the rain fell"),
        ("x" * 5_000, "x"),
        ("𐐀x" * 2_500, "𐐀|x"),
    ],
)
def test_a_sentence_that_cannot_be_sent_is_cut_where_it_hurts_least(text, ends):
    made = chunks((PARAGRAPH, text))
    assert all(len(chunk.text.encode("utf-16-le")) <= 2 * MOST_CHARS for chunk in made)
    assert sum(chunk.text.endswith(tuple(ends.split("|"))) for chunk in made) >= len(made) - 1


def test_a_long_sentence_is_cut_inside_no_number():
    text = "it cost 1,900.50 at 10:30 and 2 000 000 at 11:45, they say, " * 60
    said = " ".join(chunk.text for chunk in chunks((PARAGRAPH, text)))
    assert said == text.strip()


def test_what_cannot_be_pronounced_is_skipped():
    plan = make_plan(document((PARAGRAPH, SHORT), (PARAGRAPH, "—…—"), (PARAGRAPH, MIDDLING)))
    assert [s.reason for s in plan.skips if s.span.start == len(SHORT) + 1] == [
        SkipReason.UNSPEAKABLE
    ]
    assert all("…" not in chunk.text for chunk in plan.chapters[0].chunks)


# ------------------------------------------------------------------------------ chapters


def two_chapters(second: str = "Two is here.") -> Document:
    source = "One is here." + second
    return Document(
        format="epub",
        source=source,
        metadata=Metadata(),
        chapters=tuple(
            Chapter(
                number=number,
                title=title,
                passages=(Passage(kind=PARAGRAPH, spans=(Span(low, high),)),),
            )
            for number, title, low, high in [(1, "One", 0, 12), (2, "", 12, len(source))]
        ),
        skips=(),
    )


def test_all_chapters_are_planned_when_none_is_named():
    plan = make_plan(two_chapters())
    assert [(c.number, c.title) for c in plan.chapters] == [(1, "One"), (2, "Chapter 2")]
    assert plan.chars == 24


def test_chapters_that_are_not_chosen_are_skipped():
    plan = make_plan(two_chapters(), chapters=(2,))
    assert [chapter.number for chapter in plan.chapters] == [2]
    assert [(s.span, s.reason) for s in plan.skips] == [(Span(0, 12), SkipReason.NOT_CHOSEN)]
    assert unaccounted(24, plan.spans()) == []


def test_a_chapter_that_is_not_there_is_refused():
    with pytest.raises(OptionRefused, match="no chapter 7: the document has chapters 1 to 2"):
        make_plan(two_chapters(), chapters=(1, 7))


def test_a_chapter_with_nothing_to_say_is_left_out():
    plan = make_plan(two_chapters("* * *"))
    assert [chapter.number for chapter in plan.chapters] == [1]
    assert plan.chapters[0].chunks[-1].boundary is Boundary.CHAPTER
