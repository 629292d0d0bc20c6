"""What holds for the chunks of any scripts: nothing that belongs together comes apart."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.domain.documents import PassageKind, Span
from narrator.text.changes import Change
from narrator.text.chunking import MOST_CHARS, Draft, draft
from narrator.text.script import Script

IPA = r'\{"word": "Rhys Jones", "pronounce": "ʁis"}'
NAME = "Rhys, Jones; Ltd. They"  # with every place in it where one might cut
WORDS = (
    "It rained. ",
    "rain ",
    "fell; ",
    "and, ",
    "1,900.50 ",
    "👩\u200d🚀 ",
    NAME + " ",
    "x" * 700,
)


def script(text: str, *, voice: str = "", kind: PassageKind = PassageKind.PARAGRAPH) -> Script:
    starts = [at for at in range(len(text)) if text.startswith(NAME, at)]
    return Script(
        kind=kind,
        text=text,
        spans=(Span(0, len(text)),),
        starts=(0,),
        first=0,
        home=0,
        changes=tuple(Change(at, at + len(NAME), IPA, "lexicon") for at in starts),
        scene_break_after=False,
        voice=voice,
    )


def bounds(drafts: list[Draft], number: int = 0) -> set[int]:
    """Where a script is cut."""
    pieces = [piece for drafted in drafts for piece in drafted if piece.script == number]
    return {at for one, other in pairwise(pieces) for at in (one.end, other.start)}


TEXTS = (
    st.sampled_from([WORDS, WORDS[1:]])  # with the end of a sentence among them, or one endless one
    .flatmap(lambda words: st.lists(st.sampled_from(words), min_size=30, max_size=250))
    .map("".join)
    .map(str.strip)
)


@settings(max_examples=50)
@given(TEXTS)
def test_no_change_is_cut_inside(text):
    made = script(text)
    cuts = bounds(draft([made], language="en"))
    assert all(not change.start < at < change.end for change in made.changes for at in cuts)


@settings(max_examples=50)
@given(TEXTS)
def test_no_number_and_no_character_is_cut_inside(text):
    cuts = bounds(draft([script(text)], language="en"))
    for whole in ("1,900.50", "👩\u200d🚀"):
        starts = [at for at in range(len(text)) if text.startswith(whole, at)]
        assert all(not at < cut < at + len(whole) for at in starts for cut in cuts)


@settings(max_examples=50)
@given(TEXTS)
def test_a_word_is_cut_inside_only_if_it_cannot_be_sent(text):
    text = text.replace("x" * 700, "")
    cuts = bounds(draft([script(text)], language="en"))
    assert not any(0 < at < len(text) and text[at - 1 : at + 1].isalnum() for at in cuts)


@settings(max_examples=50)
@given(TEXTS)
def test_every_chunk_can_be_sent(text):
    made = draft([script(text), script(text)], language="en")
    assert all(sum(piece.chars + 1 for piece in drafted) <= MOST_CHARS + 1 for drafted in made)


@given(st.lists(st.sampled_from(["", "anna", "ben"]), min_size=1, max_size=12))
def test_a_chunk_has_one_voice(voices):
    made = draft([script("Indeed? said she.", voice=voice) for voice in voices], language="en")
    assert all(len({voices[piece.script] for piece in drafted}) == 1 for drafted in made)
    assert sum(map(len, made)) == len(voices)
