"""When which words are heard: the cues of a recording, from its manifest and its document.

A cue's text is as printed: characters of the source, never what was spoken in their place. The
manifest says which characters and when; the characters themselves are the document's, which is
read again for them. A chunk's time is exact. Of its sentences the first begins and the last ends
exactly; where one gives way to the next is estimated (`domain.estimates`), and marked so.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from narrator.domain.documents import Document, Span
from narrator.domain.estimates import joints
from narrator.domain.manifest import Manifest, ManifestChapter, ManifestChunk
from narrator.domain.plan import Chunk

SentenceEnds = Callable[[str, str], Sequence[int]]
"""Of a text and its language: the offsets after which a sentence ends, the last excluded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """Words as printed, and from which sample (of 24,000 a second) to which they are heard.

    `spans` are their characters in the source. A start or end that is not exact is an estimate.
    `text` is on one line but where the document itself breaks lines, as in verse; it is empty where
    something is heard that is not printed, such as what a picture shows.
    """

    spans: tuple[Span, ...]
    text: str
    start_samples: int
    end_samples: int
    is_start_exact: bool = True
    is_end_exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CuedChunk:
    """A chunk of a chapter, and its sentences, in the order in which they are heard.

    A sentence that is longer than a chunk is one of each chunk that it is in. `voice` is the name
    of who speaks.
    """

    index: int
    voice: str
    whole: Cue
    sentences: tuple[Cue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CuedChapter:
    """A chapter of the recording: where it is, and its chunks."""

    number: int
    title: str
    start_samples: int
    samples: int
    chunks: tuple[CuedChunk, ...]

    @property
    def sentences(self) -> Iterator[tuple[str, Cue]]:
        """Every sentence that is printed, after the name of its voice."""
        return ((each.voice, cue) for each in self.chunks for cue in each.sentences)


def cues(
    manifest: Manifest, document: Document, sentence_ends: SentenceEnds
) -> Iterator[CuedChapter]:
    """The cues of each chapter of a recording; the document is the one that it was made of."""
    page = _Page(document, sentence_ends)
    for chapter in manifest.chapters:
        yield _chapter(chapter, page, manifest.voice)


def _chapter(chapter: ManifestChapter, page: "_Page", narrator: str) -> CuedChapter:
    return CuedChapter(
        number=chapter.number,
        title=chapter.title,
        start_samples=chapter.start_samples,
        samples=chapter.samples,
        chunks=tuple(_chunk(each, page, narrator) for each in chapter.chunks),
    )


def _chunk(each: ManifestChunk, page: "_Page", narrator: str) -> CuedChunk:
    sentences = list(page.sentences(each.chunk))
    lines = (page.text(spans) for spans in page.passages(each.chunk))
    whole = Cue(
        spans=each.chunk.spans,
        text="\n".join(filter(None, lines)),
        start_samples=each.placement.start_samples,
        end_samples=each.placement.end_samples,
    )
    return CuedChunk(
        index=each.chunk.index,
        voice=each.chunk.voice or narrator,
        whole=whole,
        sentences=tuple(_timed(each, sentences, page)),
    )


def _timed(each: ManifestChunk, sentences: list[tuple[Span, ...]], page: "_Page") -> Iterator[Cue]:
    placement, last = each.placement, len(sentences) - 1
    weights = [_weight(each.chunk, spans) for spans in sentences]
    inner = joints(placement.envelope, placement.samples, weights)
    bounds = [0, *inner, placement.samples] if sentences else []
    for number, (spans, (start, end)) in enumerate(zip(sentences, pairwise(bounds), strict=True)):
        yield Cue(
            spans=spans,
            text=page.text(spans),
            start_samples=placement.start_samples + start,
            end_samples=placement.start_samples + end,
            is_start_exact=number == 0,
            is_end_exact=number == last,
        )


def _weight(chunk: Chunk, spans: Iterable[Span]) -> int:
    """How many characters were spoken for those of the source; at least one."""
    weight = 0
    for span in spans:
        weight += len(span)
        for edit in chunk.edits:
            if span.start <= edit.span.start and edit.span.end <= span.end:
                weight += len(edit.after) - len(edit.span)
    return max(weight, 1)


class _Page:
    """The document by its characters: to which passage they belong, where its lines break."""

    def __init__(self, document: Document, sentence_ends: SentenceEnds) -> None:
        passages = [each for chapter in document.chapters for each in chapter.passages]
        self._source = document.source
        self._language = document.metadata.language
        self._ends = sentence_ends
        self._breaks = sorted({at for passage in passages for at in passage.breaks})
        self._spans = sorted(
            (span.start, span.end, number)
            for number, passage in enumerate(passages)
            for span in passage.spans
            if len(span)
        )

    def passages(self, chunk: Chunk) -> Iterator[tuple[Span, ...]]:
        """A chunk's characters, passage by passage; what is between passages belongs to none."""
        owned = (each for span in chunk.spans for each in self._owned(span))
        for _, group in groupby(owned, key=lambda each: each[0]):
            yield tuple(span for _, span in group)

    def sentences(self, chunk: Chunk) -> Iterator[tuple[Span, ...]]:
        """A chunk's sentences, blanks around them left out."""
        for spans in self.passages(chunk):
            text = "".join(span.of(self._source) for span in spans)
            for start, end in pairwise([0, *self._ends(text, self._language), len(text)]):
                said = text[start:end]
                first = start + len(said) - len(said.lstrip())
                if said.strip():
                    yield tuple(_within(spans, first, start + len(said.rstrip())))

    def text(self, spans: Iterable[Span]) -> str:
        """Those characters as they are printed, on one line but for the document's own breaks."""
        lines = "".join(self._broken(span) for span in spans).split(_BREAK)
        return "\n".join(filter(None, (" ".join(line.split()) for line in lines)))

    def _broken(self, span: Span) -> str:
        first = bisect_right(self._breaks, span.start - 1)
        last = bisect_right(self._breaks, span.end)
        cuts = [span.start, *self._breaks[first:last], span.end]
        return _BREAK.join(self._source[start:end] for start, end in pairwise(cuts))

    def _owned(self, span: Span) -> Iterator[tuple[int, Span]]:
        index = max(0, bisect_right(self._spans, (span.start, len(self._source), 0)) - 1)
        while index < len(self._spans) and self._spans[index][0] < span.end:
            start, end, number = self._spans[index]
            index += 1
            if end > span.start:
                yield number, Span(max(start, span.start), min(end, span.end))


_BREAK = "\0"  # no character of any document: their readers refuse it or put another in its place


def _within(spans: Iterable[Span], start: int, end: int) -> Iterator[Span]:
    """What spans hold from an offset to another, counted over all their characters."""
    position = 0
    for span in spans:
        low = span.start + max(0, start - position)
        high = span.start + min(len(span), end - position)
        position += len(span)
        if low < high:
            yield Span(low, high)
