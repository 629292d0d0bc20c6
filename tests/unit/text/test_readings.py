"""Plans of what is said besides the source, out of its order, or in several voices."""

from dataclasses import replace

import pytest

from narrator.domain.choices import Casting, TextChoices
from narrator.domain.coverage import text_faults, time_faults
from narrator.domain.documents import (
    Chapter,
    Document,
    Insertion,
    Metadata,
    Passage,
    PassageKind,
    Skip,
    SkipReason,
    Span,
)
from narrator.domain.ids import TakeKey
from narrator.domain.manifest import Manifest, ManifestChapter, ManifestChunk, Recording
from narrator.domain.plan import Boundary, Chunk, Edit, Plan
from narrator.domain.timeline import ENVELOPE_HOP, Placement
from narrator.services.verify import verify
from narrator.text.insertions import MOST_CHARS
from narrator.text.plan import make_plan

BODY = "It rained that night as it had not rained for years, and nobody slept. " * 3
NOTE = "So the almanac says, which was printed in another year; but it is a poor one. " * 3
HOP = ENVELOPE_HOP
PARAGRAPH, HEADING = PassageKind.PARAGRAPH, PassageKind.HEADING


def inserted(*passages: Passage, source: str, skips: tuple[Skip, ...] = ()) -> Document:
    return Document(
        format="epub",
        source=source,
        metadata=Metadata(language="en"),
        chapters=(Chapter(number=1, title="One", passages=passages),),
        skips=skips,
    )


def passage(*spans: tuple[int, int], kind=PARAGRAPH, says=(), voice="") -> Passage:
    return Passage(
        kind=kind,
        spans=tuple(Span(*span) for span in spans),
        insertions=tuple(Insertion(at=at, text=text, rule="figure") for at, text in says),
        voice=voice,
    )


def skip(start: int, end: int, reason=SkipReason.WHITESPACE) -> Skip:
    return Skip(span=Span(start, end), reason=reason)


def chunks(plan: Plan) -> list[Chunk]:
    return [chunk for chapter in plan.chapters for chunk in chapter.chunks]


def narrated(plan: Plan, *, without: tuple[int, ...] = ()) -> Manifest:
    """The manifest of a recording in which each chunk of its one chapter lasts 100 ms."""
    (chapter,) = plan.chapters
    heard = [chunk for chunk in chapter.chunks if chunk.index not in without]
    placed = tuple(
        ManifestChunk(
            chunk=chunk,
            take=TakeKey(f"{number:064x}"),
            placement=Placement(start_samples=number * HOP, samples=HOP, envelope=b"\x90"),
        )
        for number, chunk in enumerate(heard)
    )
    unspoken = (
        skip(span.start, span.end, SkipReason.UNSPOKEN)
        for chunk in chapter.chunks
        if chunk.index in without
        for span in chunk.spans
    )
    length = len(heard) * HOP
    recording = Recording(name="x", format="flac", bytes=1, sha256="", samples=length)
    made = ManifestChapter(
        number=1,
        title="One",
        start_samples=0,
        samples=length,
        chunks=placed,
        unspoken=without,
    )
    return Manifest(
        format=plan.format,
        source_sha256=plan.source_sha256,
        source_chars=plan.source_chars,
        metadata=plan.metadata,
        speaker="offline-tone",
        voice="aura-2-thalia-en",
        speed=1.0,
        chapters=(made,),
        skips=(*plan.skips, *unspoken),
        recording=recording,
    )


def holds(document: Document, plan: Plan) -> bool:
    return verify(narrated(plan), document=document).ok


# ------------------------------------------------------------------------------ insertions


def test_what_is_said_besides_is_an_edit_of_no_length():
    document = inserted(passage((0, 5), says=[(5, "A map.")]), source="Look!")
    (chunk,) = chunks(make_plan(document))
    assert chunk.text == "Look! A map."
    assert chunk.edits == (Edit(span=Span(5, 5), after=" A map.", rule="figure"),)
    assert holds(document, make_plan(document))


def test_what_is_said_first_goes_before_the_first_character():
    document = inserted(passage((0, 6), says=[(0, "A map.")]), source=" Look!")
    plan = make_plan(document)
    assert [chunk.text for chunk in chunks(plan)] == ["A map. Look!"]
    assert holds(document, plan)


def test_what_is_said_in_the_middle_stands_apart_from_the_words():
    document = inserted(passage((0, 6), says=[(3, "or not"), (3, "so")]), source="onetwo")
    assert [chunk.text for chunk in chunks(make_plan(document))] == ["one or not so two"]


def test_a_chunk_may_be_of_nothing_but_what_is_said_besides():
    source = "table"
    table = (skip(0, 5, SkipReason.TABLE),)
    document = inserted(passage((0, 0), says=[(0, "Table.")]), source=source, skips=table)
    plan = make_plan(document)
    (chunk,) = chunks(plan)
    assert (chunk.text, chunk.spans) == ("Table.", (Span(0, 0),))
    assert holds(document, plan)


def test_what_is_said_besides_shares_a_chunk_with_its_neighbours():
    skips = (skip(4, 6), skip(6, 7, SkipReason.FIGURE), skip(7, 8))
    document = inserted(
        passage((0, 4)),
        passage((6, 6), says=[(6, "A map.")]),
        passage((8, 12)),
        source="One.\n\n#\nTwo.",
        skips=skips,
    )
    plan = make_plan(document)
    (chunk,) = chunks(plan)
    assert chunk.text == "One. A map. Two."
    assert chunk.spans == (Span(0, 6), Span(8, 12))
    assert holds(document, plan)


def test_what_is_said_besides_is_worded_like_all_else():
    said = [(0, "A  ﬁne map & more—see https://example.org/map")]
    document = inserted(passage((0, 0), says=said), source="")
    (chunk,) = chunks(make_plan(document))
    assert chunk.text == "A fine map and more—see example.org"


def test_a_picture_in_a_heading_ends_like_a_heading():
    document = inserted(passage((0, 0), kind=HEADING, says=[(0, "Chapter IX")]), source="")
    assert [chunk.text for chunk in chunks(make_plan(document))] == ["Chapter 9."]


def test_what_is_long_is_said_in_several_chunks():
    document = inserted(passage((0, 8), says=[(3, BODY * 20)]), source="one two.")
    plan = make_plan(document)
    said = chunks(plan)
    assert " ".join(chunk.text for chunk in said) == f"one {(BODY * 20).strip()} two."
    assert max(chunk.chars for chunk in said) <= 2 * MOST_CHARS
    assert holds(document, plan)


# ------------------------------------------------------------------------------ another order


def with_note() -> Document:
    """Two paragraphs, a note that is read between them, and which stands after them."""
    source = f"{BODY}\n{BODY}\n{NOTE}"
    long, end = len(BODY), len(source)
    return inserted(
        passage((0, long)),
        passage((2 * long + 2, end)),
        passage((long + 1, 2 * long + 1)),
        source=source,
        skips=(skip(long, long + 1), skip(2 * long + 1, 2 * long + 2)),
    )


def test_passages_are_said_in_the_order_in_which_they_are_read():
    document = with_note()
    plan = make_plan(document)
    assert [chunk.text for chunk in chunks(plan)] == [BODY.strip(), NOTE.strip(), BODY.strip()]
    assert holds(document, plan)


def test_passages_out_of_order_that_share_a_chunk_keep_their_order():
    document = inserted(passage((0, 4)), passage((8, 12)), passage((4, 8)), source="One.Two.Sic.")
    plan = make_plan(document)
    (chunk,) = chunks(plan)
    assert chunk.text == "One. Sic. Two."
    assert chunk.spans == (Span(0, 4), Span(8, 12), Span(4, 8))
    assert holds(document, plan)


def test_a_note_that_could_not_be_spoken_is_no_fault_where_it_is_stated():
    manifest = narrated(make_plan(with_note()), without=(1,))
    assert [*text_faults(manifest), *time_faults(manifest)] == []


def test_a_chunk_in_another_s_place_is_found():
    plan = make_plan(with_note())
    manifest = narrated(plan, without=(1,))
    unstated = tuple(s for s in manifest.skips if s.reason is not SkipReason.UNSPOKEN)
    chapters = (replace(manifest.chapters[0], unspoken=()),)
    silent = replace(manifest, skips=unstated, chapters=chapters)
    assert any("order" in fault for fault in time_faults(silent))


def with_tables() -> Document:
    """Two paragraphs, after each of them the word that there is a table, which is skipped."""
    long = len(BODY)
    return inserted(
        passage((0, long)),
        passage((long, long), says=[(long, "Table.")], voice="aura-2-luna-en"),
        passage((long, 2 * long)),
        passage((2 * long, 2 * long), says=[(2 * long, "Table.")], voice="aura-2-luna-en"),
        source=BODY + BODY,
    )


@pytest.mark.parametrize(("lost", "fault"), [(1, "order"), (3, "lacks")])
def test_a_chunk_of_no_characters_is_missed_though_another_is_stated(lost, fault):
    whole = narrated(make_plan(with_tables()), without=(0, lost))
    other = tuple(s for s in whole.skips if len(s.span))
    manifest = replace(whole, skips=other, chapters=(replace(whole.chapters[0], unspoken=(0,)),))
    assert list(text_faults(manifest)) == []
    assert any(fault in each for each in time_faults(manifest))


def test_a_chunk_is_listed_as_unspoken_only_where_a_skip_says_so():
    manifest = narrated(make_plan(with_tables()), without=(1,))
    unstated = replace(manifest, skips=())
    assert any("no skip" in fault for fault in time_faults(unstated))


# ------------------------------------------------------------------------------ voices


def test_chunks_never_mix_voices():
    document = inserted(
        passage((0, 5)), passage((5, 11), voice="aura-2-orion-en"), source="Well? “Yes”"
    )
    assert [(c.text, c.voice, c.boundary) for c in chunks(make_plan(document))] == [
        ("Well?", "", Boundary.SENTENCE),
        ("“Yes”", "aura-2-orion-en", Boundary.CHAPTER),
    ]


def test_voices_of_two_paragraphs_are_a_paragraph_apart():
    document = inserted(
        passage((0, 4)),
        passage((5, 9), voice="aura-2-orion-en"),
        source="One.\nTwo.",
        skips=(skip(4, 5),),
    )
    assert chunks(make_plan(document))[0].boundary is Boundary.PARAGRAPH


def test_a_passage_is_cast_by_its_own_voice_its_kind_or_its_chapter():
    document = inserted(
        passage((0, 4), kind=HEADING),
        passage((4, 8), voice="aura-2-orion-en"),
        passage((8, 12)),
        source="One.Two.Six.",
    )
    casting = Casting(kinds=((HEADING, "aura-2-luna-en"),), chapters=((1, "aura-2-zeus-en"),))
    plan = make_plan(document, choices=TextChoices(casting=casting))
    assert [chunk.voice for chunk in chunks(plan)] == [
        "aura-2-luna-en",
        "aura-2-orion-en",
        "aura-2-zeus-en",
    ]
