"""Documents and choices of every shape, drawn at random, and how a plan is undone."""

from itertools import accumulate

from hypothesis import strategies as st

from narrator.domain.choices import Casting, TextChoices, TextPass
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
from narrator.domain.plan import Plan

NASTY = (
    'ab IV Z9.!?…"”’,;:—-_*\\{}&;#`§½\n\r\t\u00a0\u00ad\u2060\u200b\u200d\ufeff'
    "\x00\x07\x0c\ud800\udc00é\u0301ﬁ😀🏽🇬🇧"
)
STUMBLING = (
    "CHAPTER XIV. ", "Henry VIII's ", "THE END ", ". . . ", "http://a.org/b_c?d ", "«so» ", "--",
    "2½ ", "3ʳᵈ ", "NASA ", "``so'' ", "👨‍👩‍👧 ", "_so_ ", "&amp;", "\u2060\u00ad ",
)  # fmt: skip
WORDS = (
    st.text(alphabet=NASTY, max_size=40)
    | st.lists(st.sampled_from(STUMBLING), max_size=8).map("".join)
    | st.text(max_size=20)
)
LONG = st.builds(lambda text, times: text * times, WORDS, st.sampled_from([1, 1, 1, 1, 40, 100]))
VOICES = st.sampled_from(["", "", "", "aura-2-orion-en"])


@st.composite
def choices(draw) -> TextChoices:
    """Any passes left out, headings and the first chapter perhaps in voices of their own."""
    voice = draw(VOICES)
    casting = Casting(kinds=((PassageKind.HEADING, voice),), chapters=((1, draw(VOICES)),))
    without = draw(st.just(()) | st.sets(st.sampled_from(TextPass)).map(tuple))
    return TextChoices(without=without, casting=casting)


@st.composite
def documents(draw, *, in_order: bool = False) -> Document:
    """Chapters of passages of stretches, whitespace and other skips between them.

    Passages may be read in another order than that of the source unless `in_order`.
    """
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
            voice=draw(VOICES),
            insertions=draw(_insertions(spans)),
        )

    def passages():
        made = [passage() for _ in range(draw(st.integers(0, 4)))]
        return made if in_order else draw(st.just(made) | st.permutations(made))

    chapters = tuple(
        Chapter(
            number=number,
            title=draw(st.sampled_from(["", "Title"])),
            passages=tuple(passages()),
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


@st.composite
def _insertions(draw, spans: list[Span]) -> tuple[Insertion, ...]:
    if draw(st.sampled_from([True, True, False])):
        return ()
    places = st.sampled_from(spans).flatmap(lambda span: st.integers(span.start, span.end))
    return tuple(
        Insertion(at=at, text=draw(LONG), rule="figure")
        for at in sorted(draw(st.lists(places, min_size=1, max_size=3)))
    )


def written_back(source: str, plan: Plan) -> str:
    """The source again: what chunks say with their edits undone, and what skips leave out."""
    parts: list[tuple[Span, str]] = [(skip.span, skip.span.of(source)) for skip in plan.skips]
    for chapter in plan.chapters:
        for chunk in chapter.chunks:
            parts += _undone(source, chunk)
    return "".join(text for _, text in sorted(parts))


def _undone(source, chunk):
    """What a chunk says, with what each of its edits replaced put back, span by span."""
    text, position = [], 0
    edits = list(chunk.edits)
    for span in chunk.spans:
        at = span.start
        while edits and at <= edits[0].span.start <= edits[0].span.end <= span.end:
            edit = edits.pop(0)
            kept = edit.span.start - at
            text.append(chunk.text[position : position + kept] + edit.span.of(source))
            position += kept + len(edit.after)
            at = edit.span.end
        text.append(chunk.text[position : position + span.end - at])
        position += span.end - at
    assert not edits
    assert position == len(chunk.text)
    whole = "".join(text)
    ends = list(accumulate(map(len, chunk.spans), initial=0))
    return [
        (span, whole[low:high])
        for span, low, high in zip(chunk.spans, ends, ends[1:], strict=False)
    ]
