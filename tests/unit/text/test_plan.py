"""Planning: every character is accounted for, whatever the document holds."""

from hypothesis import given, settings
from hypothesis import strategies as st

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
from narrator.domain.plan import Boundary, Plan, spoken
from narrator.text.chunking import MOST_CHARS
from narrator.text.plan import make_plan

NASTY = (
    'ab Z9.!?…"”’,;:—-_*\\{}&;#\n\r\t\u00a0\u00ad\u2060\u200b\u200d\ufeff'
    "\x00\x07\ud800\udc00é\u0301😀🏽🇬🇧"
)
WORDS = st.text(alphabet=NASTY, max_size=40) | st.text(max_size=20)
LONG = st.builds(lambda text, times: text * times, WORDS, st.sampled_from([1, 1, 1, 40, 200]))


@st.composite
def documents(draw):
    """Chapters of passages of stretches, whitespace and other skips between them."""
    source: list[str] = []
    skips: list[Skip] = []

    def put(text):
        start = sum(map(len, source))
        source.append(text)
        return Span(start, start + len(text))

    def skip(text, reason):
        if text:
            skips.append(Skip(span=put(text), reason=reason))

    def passage():
        spans, breaks = [], []
        for text in draw(st.lists(LONG, min_size=1, max_size=3)):
            spans.append(put(text))
            breaks += draw(st.lists(st.integers(spans[-1].start, spans[-1].end), max_size=2))
            skip(draw(st.sampled_from(["", "[1]"])), SkipReason.NOTE_REFERENCE)
        skip(draw(st.sampled_from(["", " ", "\n\n"])), SkipReason.WHITESPACE)
        skip(draw(st.sampled_from(["", "", "figure"])), SkipReason.FIGURE)
        return Passage(
            kind=draw(st.sampled_from(PassageKind)),
            spans=tuple(spans),
            breaks=tuple(sorted(breaks)),
            scene_break_after=draw(st.booleans()),
        )

    chapters = tuple(
        Chapter(
            number=number,
            title=draw(st.sampled_from(["", "Title"])),
            passages=tuple(passage() for _ in range(draw(st.integers(0, 4)))),
        )
        for number in range(1, draw(st.integers(1, 3)) + 1)
    )
    return Document(
        format=draw(st.sampled_from(["epub", "text", "markdown"])),
        source="".join(source),
        metadata=Metadata(language=draw(st.sampled_from(["", "en-GB", "de", "zz-?"]))),
        chapters=chapters,
        skips=tuple(skips),
    )


def chunks_of(plan: Plan):
    return [chunk for chapter in plan.chapters for chunk in chapter.chunks]


def texts(plan: Plan) -> list[str]:
    return [chunk.text for chunk in chunks_of(plan)]


@settings(max_examples=150, deadline=None)
@given(documents())
def test_chunks_and_skips_tile_the_source(document):
    assert unaccounted(len(document.source), make_plan(document).spans()) == []


@settings(max_examples=150, deadline=None)
@given(documents())
def test_the_spoken_text_is_had_from_the_source_by_the_edits(document):
    for chunk in chunks_of(make_plan(document)):
        assert spoken(document.source, chunk.spans, chunk.edits) == chunk.text


@settings(max_examples=150, deadline=None)
@given(documents())
def test_every_chunk_can_be_sent(document):
    for chunk in chunks_of(make_plan(document)):
        assert any(char.isalnum() for char in chunk.text)
        assert len(chunk.text.encode("utf-16-le")) <= 2 * MOST_CHARS
        assert "\\{" not in chunk.text
        assert "\\}" not in chunk.text
        assert not any(char in "\x00\x07\ud800\udc00\u2060\u00ad\n\r\t" for char in chunk.text)


@settings(max_examples=150, deadline=None)
@given(documents())
def test_chunks_stand_in_the_order_of_the_source_and_end_the_chapter(document):
    plan = make_plan(document)
    starts = [chunk.spans[0].start for chunk in chunks_of(plan)]
    assert starts == sorted(starts)
    for chapter in plan.chapters:
        assert [chunk.index for chunk in chapter.chunks] == list(range(len(chapter.chunks)))
        ends = [chunk.boundary is Boundary.CHAPTER for chunk in chapter.chunks]
        assert ends == [False] * (len(ends) - 1) + [True]


@settings(max_examples=100, deadline=None)
@given(documents())
def test_one_document_has_one_plan(document):
    assert make_plan(document) == make_plan(document)
