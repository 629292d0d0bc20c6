"""Planning: every character is accounted for, whatever the document holds."""

from hypothesis import given, settings

from narrator.domain.documents import unaccounted
from narrator.domain.plan import Boundary, Plan, spoken
from narrator.text.chunking import MOST_CHARS
from narrator.text.plan import make_plan
from tests.unit.text.drawn import choices, documents, written_back


def chunks_of(plan: Plan):
    return [chunk for chapter in plan.chapters for chunk in chapter.chunks]


def texts(plan: Plan) -> list[str]:
    return [chunk.text for chunk in chunks_of(plan)]


USUAL = settings(max_examples=60, deadline=None)


@USUAL
@given(documents(), choices())
def test_chunks_and_skips_tile_the_source(document, chosen):
    plan = make_plan(document, choices=chosen)
    assert unaccounted(len(document.source), plan.spans()) == []


@USUAL
@given(documents(), choices())
def test_the_spoken_text_is_had_from_the_source_by_the_edits(document, chosen):
    for chunk in chunks_of(make_plan(document, choices=chosen)):
        assert spoken(document.source, chunk.spans, chunk.edits) == chunk.text


@USUAL
@given(documents(), choices())
def test_the_source_is_had_from_the_chunks_by_undoing_the_edits(document, chosen):
    plan = make_plan(document, choices=chosen)
    assert written_back(document.source, plan) == document.source


@USUAL
@given(documents(), choices())
def test_every_chunk_can_be_sent(document, chosen):
    for chunk in chunks_of(make_plan(document, choices=chosen)):
        assert any(char.isalnum() for char in chunk.text)
        assert len(chunk.text.encode("utf-16-le")) <= 2 * MOST_CHARS
        assert "\\{" not in chunk.text
        assert "\\}" not in chunk.text
        assert not any(char in "\x00\x07\ud800\udc00\n\r\t" for char in chunk.text)


@USUAL
@given(documents())
def test_by_default_nothing_invisible_is_sent(document):
    for chunk in chunks_of(make_plan(document)):
        assert not any(char in "\u2060\u00ad\u200b\ufeff" for char in chunk.text)


@USUAL
@given(documents(in_order=True))
def test_chunks_stand_in_the_order_of_the_source_and_end_the_chapter(document):
    plan = make_plan(document)
    starts = [chunk.spans[0].start for chunk in chunks_of(plan)]
    assert starts == sorted(starts)
    for chapter in plan.chapters:
        assert [chunk.index for chunk in chapter.chunks] == list(range(len(chapter.chunks)))
        ends = [chunk.boundary is Boundary.CHAPTER for chunk in chapter.chunks]
        assert ends == [False] * (len(ends) - 1) + [True]


@settings(max_examples=30, deadline=None)
@given(documents(), choices())
def test_one_document_has_one_plan(document, chosen):
    assert make_plan(document, choices=chosen) == make_plan(document, choices=chosen)
