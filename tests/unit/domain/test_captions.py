"""Cues: what is printed, and when it is heard."""

from collections.abc import Sequence
from dataclasses import replace

from narrator.domain.captions import CuedChapter, cues
from narrator.domain.documents import Chapter, Document, Metadata, Passage, PassageKind, Span
from narrator.domain.ids import TakeKey
from narrator.domain.manifest import Manifest, ManifestChapter, ManifestChunk
from narrator.domain.plan import Boundary, Chunk, Edit
from narrator.domain.timeline import Placement
from tests.unit.domain.books import book

SOURCE = "Dr Roylott1 spoke. She\n heard.  Then up\nand down."
NOTE = Span(10, 11)
FIRST = Passage(kind=PassageKind.PARAGRAPH, spans=(Span(0, 10), Span(11, 30)))
VERSE = Passage(kind=PassageKind.VERSE, spans=(Span(32, 49),), breaks=(40,))
PLACE = Placement(start_samples=24_000, samples=96_000, envelope=b"\x96" * 40)


def sentence_ends(text: str, _language: str) -> Sequence[int]:
    """After each full stop but the last."""
    return [at + 1 for at, char in enumerate(text[:-1]) if char == "."]


def cued(*spans: Span, edits: tuple[Edit, ...] = (), voice: str = "") -> CuedChapter:
    """The chapter of one chunk of those spans."""
    chunk = Chunk(
        index=0, spans=spans, edits=edits, text="…", boundary=Boundary.CHAPTER, voice=voice
    )
    placed = ManifestChunk(chunk=chunk, take=TakeKey("0" * 64), placement=PLACE)
    document = Document(
        format="epub",
        source=SOURCE,
        metadata=Metadata(),
        chapters=(Chapter(number=1, title="One", passages=(FIRST, VERSE)),),
        skips=(),
    )
    (chapter,) = cues(_manifest(placed), document, sentence_ends)
    return chapter


def _manifest(placed: ManifestChunk) -> Manifest:
    chapter = ManifestChapter(
        number=1, title="One", start_samples=0, samples=184_320, chunks=(placed,)
    )
    return replace(book().manifest, chapters=(chapter,))


def said(chapter: CuedChapter) -> list[str]:
    """The sentences, as they are printed."""
    return [cue.text for _, cue in chapter.sentences]


def test_text_is_as_printed_without_what_is_left_out():
    edit = Edit(span=Span(0, 2), after="Doctor", rule="abbreviation")
    assert said(cued(Span(0, 10), Span(11, 30), edits=(edit,)))[0] == "Dr Roylott spoke."


def test_layout_is_no_part_of_the_text():
    assert said(cued(Span(0, 10), Span(11, 30)))[1] == "She heard."


def test_a_line_of_verse_is_a_line():
    assert said(cued(Span(32, 49))) == ["Then up\nand down."]


def test_a_sentence_ends_with_its_passage():
    assert said(cued(Span(19, 49))) == ["She heard.", "Then up\nand down."]


def test_a_chunk_begins_and_ends_exactly():
    (chunk,) = cued(Span(0, 10), Span(11, 30)).chunks
    assert (chunk.whole.start_samples, chunk.whole.end_samples) == (24_000, 120_000)
    first, second = chunk.sentences
    assert (first.start_samples, second.end_samples) == (24_000, 120_000)
    assert (first.is_start_exact, second.is_end_exact) == (True, True)


def test_where_sentences_meet_is_an_estimate():
    first, second = cued(Span(0, 10), Span(11, 30)).chunks[0].sentences
    assert first.end_samples == second.start_samples
    assert (first.is_end_exact, second.is_start_exact) == (False, False)


def test_what_is_spoken_at_length_takes_longer():
    long = Edit(span=Span(0, 2), after="The well-known doctor", rule="abbreviation")
    plain = cued(Span(0, 10), Span(11, 30)).chunks[0].sentences[0]
    wordy = cued(Span(0, 10), Span(11, 30), edits=(long,)).chunks[0].sentences[0]
    assert wordy.end_samples > plain.end_samples


def test_what_is_heard_but_not_printed_has_no_sentence():
    chunk = cued(Span(30, 30)).chunks[0]
    assert (chunk.whole.text, chunk.sentences) == ("", ())


def test_who_speaks_is_named():
    assert cued(Span(32, 49), voice="aura-2-orion-en").chunks[0].voice == "aura-2-orion-en"
    assert cued(Span(32, 49)).chunks[0].voice == "aura-2-thalia-en"


def test_a_sentence_knows_its_characters():
    first, _ = cued(Span(0, 10), Span(11, 30)).chunks[0].sentences
    assert "".join(span.of(SOURCE) for span in first.spans) == "Dr Roylott spoke."
    assert not any(span.start <= NOTE.start < span.end for span in first.spans)
