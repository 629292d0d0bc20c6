"""Document and choice of chapters → plan: what will be spoken, chunk by chunk, and what not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from narrator.domain.choices import DEFAULT_CHOICES, Casting, TextChoices, TextPass
from narrator.domain.documents import (
    Chapter,
    Document,
    Passage,
    PassageKind,
    Skip,
    SkipReason,
    Span,
    unaccounted,
)
from narrator.domain.errors import OptionRefused, ToolFailed
from narrator.domain.lexicon import NO_LEXICON, Lexicon, with_own
from narrator.domain.plan import Boundary, Chunk, Edit, Plan, PlannedChapter
from narrator.domain.voices import DEFAULT_VOICE
from narrator.text.blanks import trimmed
from narrator.text.chunking import Draft, Piece, draft, speakable
from narrator.text.insertions import worded
from narrator.text.lexicon import Pronouncer
from narrator.text.passes import finders
from narrator.text.passes.capitals import known
from narrator.text.script import Script, write_out
from narrator.text.wording import Wording


def make_plan(
    document: Document,
    *,
    chapters: tuple[int, ...] = (),
    choices: TextChoices = DEFAULT_CHOICES,
    lexicon: Lexicon = NO_LEXICON,
    narrator: str = DEFAULT_VOICE,
) -> Plan:
    """The plan of those body chapters (all of them when none is named).

    `choices` say how the text is worded and who speaks it; `lexicon` how words are pronounced, as
    far as voices can, the document's own pronunciations beneath it; `narrator` is the name of the
    voice where the choices name none.

    A chapter in which nothing can be pronounced is left out, its characters listed among the skips.
    Raises OptionRefused for a chapter that the document does not have, and for a lexicon that
    cannot be carried out.
    """
    _require(document, chapters)
    if TextPass.PRONUNCIATIONS not in choices.without:
        lexicon = with_own(lexicon, document.pronunciations)
    wording = _wording(document, choices, Pronouncer(lexicon), narrator)
    gaps = {skip.span for skip in document.skips if skip.reason is SkipReason.WHITESPACE}
    parts = [
        _part(document, chapter, wording, choices.casting, gaps)
        if not chapters or chapter.number in chapters
        else _Part(skips=_not_chosen(chapter))
        for chapter in document.chapters
    ]
    return _proved(_whole(document, parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What becomes of a chapter: chunks, if any, and skips.

    `taken` are whitespace between passages that chunks hold, so that they are skips no more.
    """

    chapter: PlannedChapter | None = None
    skips: list[Skip]
    taken: frozenset[Span] = frozenset()


def _whole(document: Document, parts: list[_Part]) -> Plan:
    taken = {span for part in parts for span in part.taken}
    skips = [skip for part in parts for skip in part.skips]
    skips += (skip for skip in document.skips if skip.span not in taken)
    return Plan(
        format=document.format,
        source_sha256=document.sha256,
        source_chars=len(document.source),
        metadata=document.metadata,
        chapters=tuple(part.chapter for part in parts if part.chapter),
        skips=tuple(sorted(skips, key=lambda skip: skip.span)),
    )


def _require(document: Document, chapters: tuple[int, ...]) -> None:
    numbers = [chapter.number for chapter in document.chapters]
    for number in chapters:
        if number not in numbers:
            count = f"chapters 1 to {len(numbers)}" if len(numbers) > 1 else "one chapter"
            raise OptionRefused(
                f"there is no chapter {number}: the document has {count}",
                remedy="`narrator plan` lists the chapters",
            )


def _proved(plan: Plan) -> Plan:
    wrong = unaccounted(plan.source_chars, plan.spans())
    if wrong:
        raise ToolFailed(
            f"the plan miscounts {len(wrong)} stretches of the source, the first at {wrong[0]}",
            remedy="report this document to the maintainers",
        )
    return plan


def _not_chosen(chapter: Chapter) -> list[Skip]:
    spans = (span for passage in chapter.passages for span in passage.spans)
    return [Skip(span=span, reason=SkipReason.NOT_CHOSEN) for span in spans]


# ------------------------------------------------------------------------------ one chapter


def _part(
    document: Document, chapter: Chapter, wording: Wording, casting: Casting, gaps: set[Span]
) -> _Part:
    scripts, drafts = _drafts(document, chapter, wording, casting)
    between = (gap for drafted in drafts for gap in _between(scripts, drafted))
    return _Part(
        chapter=_planned(document.source, chapter, scripts, drafts, gaps) if drafts else None,
        skips=_unspoken(scripts, drafts),
        taken=frozenset(gap for gap in between if gap in gaps),
    )


def _wording(
    document: Document, choices: TextChoices, pronouncer: Pronouncer, narrator: str
) -> Wording:
    return Wording(
        format=document.format,
        language=document.metadata.language,
        words=known(document.source),
        finders=finders(choices.without),
        pronouncer=pronouncer,
        narrator=narrator,
    )


def _drafts(
    document: Document, chapter: Chapter, wording: Wording, casting: Casting
) -> tuple[list[Script], list[Draft]]:
    scripts = [
        write_out(part, document.source, wording, voice=voice)
        for passage in chapter.passages
        for voice in [_voice(passage, chapter, casting)]
        for part in _parts(passage, wording, voice)
    ]
    drafts = draft(scripts, language=document.metadata.language)
    return scripts, [drafted for drafted in drafts if speakable(_text(scripts, drafted))]


def _parts(passage: Passage, wording: Wording, voice: str) -> Iterable[Passage]:
    if not passage.insertions:
        return (passage,)
    return worded(passage, lambda text: wording.said(text, passage.kind, voice=voice))


def _voice(passage: Passage, chapter: Chapter, casting: Casting) -> str:
    return casting.voice(passage.voice, passage.kind, chapter.number)


def _planned(
    source: str, chapter: Chapter, scripts: list[Script], drafts: list[Draft], gaps: set[Span]
) -> PlannedChapter:
    chunks = (
        Chunk(
            index=index,
            spans=_spans(scripts, drafted, gaps),
            edits=tuple(_edits(source, scripts, drafted, gaps)),
            text=_text(scripts, drafted),
            boundary=_boundary(source, scripts, drafted, following),
            voice=scripts[drafted[0].script].voice,
        )
        for index, (drafted, following) in enumerate(pairwise([*drafts, ()]))
    )
    title = chapter.title or f"Chapter {chapter.number}"
    return PlannedChapter(number=chapter.number, title=title, chunks=tuple(chunks))


def _text(scripts: list[Script], drafted: Draft) -> str:
    return " ".join(scripts[piece.script].said(piece.start, piece.end) for piece in drafted)


def _boundary(source: str, scripts: list[Script], drafted: Draft, following: Draft) -> Boundary:
    if not following:
        return Boundary.CHAPTER
    last, first = drafted[-1].script, following[0].script
    if last == first:
        return Boundary.SENTENCE
    if any(script.scene_break_after for script in scripts[last:first]):
        return Boundary.SCENE
    if scripts[last].kind is PassageKind.HEADING:
        return Boundary.HEADING
    if _only_the_voice_changes(source, scripts, drafted[-1], following[0]):
        return Boundary.SENTENCE
    return Boundary.PARAGRAPH


def _only_the_voice_changes(source: str, scripts: list[Script], one: Piece, other: Piece) -> bool:
    """Whether two pieces are of one line of the source, which two voices share."""
    before, after = scripts[one.script], scripts[other.script]
    if before.voice == after.voice or before.kind is not after.kind:
        return False
    gap = _gap(scripts, one, other)
    return gap.start <= gap.end and not gap.of(source).strip(" ")


def _gap(scripts: list[Script], one: Piece, other: Piece) -> Span:
    """The stretch of source between two pieces; negative where they are read out of its order."""
    *_, before = scripts[one.script].source_spans(one.start, one.end)
    after = next(scripts[other.script].source_spans(other.start, other.end))
    return Span(before.end, after.start)


def _between(scripts: list[Script], drafted: Draft) -> Iterator[Span]:
    """The stretches of source between a chunk's pieces."""
    for one, other in pairwise(drafted):
        yield _gap(scripts, one, other)


def _spans(scripts: list[Script], drafted: Draft, gaps: set[Span]) -> tuple[Span, ...]:
    """A chunk's characters in the order in which they are read.

    Whitespace between its pieces is taken in, anything else is not.
    """
    between = _between(scripts, drafted)
    spans: list[Span] = []
    for piece in drafted:
        spans += scripts[piece.script].source_spans(piece.start, piece.end)
        spans += (gap for gap in islice(between, 1) if gap in gaps)
    return tuple(_joined(spans))


def _joined(spans: list[Span]) -> Iterator[Span]:
    start, end = spans[0].start, spans[0].end
    for span in spans[1:]:
        if span.start != end:
            yield Span(start, end)
            start = span.start
        end = span.end
    yield Span(start, end)


def _edits(source: str, scripts: list[Script], drafted: Draft, gaps: set[Span]) -> Iterator[Edit]:
    between = _between(scripts, drafted)
    for piece in drafted:
        yield from scripts[piece.script].edits(piece.start, piece.end)
        gap = next(between, None)
        if gap is None:
            return
        if gap not in gaps:
            yield Edit(span=Span(gap.start, gap.start), after=" ", rule="passage-break")
        elif gap.of(source) != " ":
            yield Edit(span=gap, after=" ", rule="whitespace")


def _unspoken(scripts: list[Script], drafts: list[Draft]) -> list[Skip]:
    """What of the scripts no chunk holds: blanks between chunks, and what cannot be pronounced."""
    used: dict[int, list[tuple[int, int]]] = {}
    for drafted in drafts:
        for piece in drafted:
            used.setdefault(piece.script, []).append((piece.start, piece.end))
    return [
        Skip(span=span, reason=_reason(script.text[start:end]))
        for number, script in enumerate(scripts)
        for start, end in _holes(used.get(number, []), len(script.text))
        for span in script.source_spans(start, end)
    ]


def _holes(used: list[tuple[int, int]], length: int) -> Iterator[tuple[int, int]]:
    position = 0
    for start, end in [*used, (length, length)]:
        if position < start:
            yield position, start
        position = end


def _reason(text: str) -> SkipReason:
    start, end = trimmed(text, 0, len(text))
    blank = start == end and any(char.isspace() for char in text)
    return SkipReason.WHITESPACE if blank else SkipReason.UNSPEAKABLE
