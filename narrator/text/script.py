"""A passage written out flat: its characters in one string, and the way back to the source."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from narrator.domain.documents import Passage, PassageKind, Span
from narrator.domain.plan import Edit
from narrator.text.normalise import (
    Change,
    changes,
    heading_stop,
    is_blank,
    say,
    within,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A passage's characters `text`, what to change in them, and where they stand in the source.

    `starts` holds, for each of `spans`, the offset in `text` at which it begins.
    """

    kind: PassageKind
    text: str
    spans: tuple[Span, ...]
    starts: tuple[int, ...]
    changes: tuple[Change, ...]
    scene_break_after: bool

    def said(self, start: int, end: int) -> str:
        """Characters `start` to `end` as they are spoken."""
        return say(self.text, self.changes, start, end)

    def source_spans(self, start: int, end: int) -> Iterator[Span]:
        """Where characters `start` to `end` stand in the source."""
        index = max(0, bisect_right(self.starts, start) - 1)
        while index < len(self.spans) and self.starts[index] < end:
            span, begin = self.spans[index], self.starts[index]
            low, high = max(start, begin), min(end, begin + len(span))
            yield Span(span.start + low - begin, span.start + high - begin)
            index += 1

    def edits(self, start: int, end: int) -> Iterator[Edit]:
        """The changes of characters `start` to `end`, as edits of the source."""
        for change in within(self.changes, start, end):
            yield from self._edits_of(change)

    def cut_near(self, at: int) -> int:
        """`at`, or the end of the change that a cut there would fall inside of."""
        index = bisect_left(self.changes, at, key=lambda change: change.start) - 1
        return max(at, self.changes[index].end) if index >= 0 else at

    def _edits_of(self, change: Change) -> Iterator[Edit]:
        if change.start == change.end:
            here = self._source_offset(change.start)
            yield Edit(span=Span(here, here), after=change.after, rule=change.rule)
            return
        after = change.after
        for span in self.source_spans(change.start, change.end):
            yield Edit(span=span, after=after, rule=change.rule)
            after = ""  # a change over two spans is said once

    def _source_offset(self, at: int) -> int:
        """Where something inserted at `at` goes: after the character before it."""
        index = max(0, bisect_right(self.starts, at - 1) - 1)
        return self.spans[index].start + at - self.starts[index]


def trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    """`start` and `end` moved inwards past blanks; equal when there is nothing else."""
    while start < end and is_blank(text[start]):
        start += 1
    while start < end and is_blank(text[end - 1]):
        end -= 1
    return start, end


def write_out(passage: Passage, source: str, *, format: str) -> Script:
    """The script of a passage of a document in that format."""
    spans = tuple(span for span in passage.spans if len(span))
    text = "".join(span.of(source) for span in spans)
    starts = tuple(accumulate((len(span) for span in spans), initial=0))[:-1]
    found = changes(text, format=format, breaks=_flat_offsets(passage.breaks, spans, starts))
    if passage.kind is PassageKind.HEADING:
        end = trimmed(text, 0, len(text))[1]
        found = sorted([*found, *heading_stop(say(text, found, 0, end), end)])
    return Script(
        kind=passage.kind,
        text=text,
        spans=spans,
        starts=starts,
        changes=tuple(found),
        scene_break_after=passage.scene_break_after,
    )


def _flat_offsets(
    breaks: Iterable[int], spans: tuple[Span, ...], starts: tuple[int, ...]
) -> Iterator[int]:
    """Offsets in the flat text of offsets in the source; one between two spans is the later's."""
    for at in breaks:
        index = bisect_right(spans, at, key=lambda span: span.end - 1)
        if index < len(spans):
            yield starts[index] + max(0, at - spans[index].start)
