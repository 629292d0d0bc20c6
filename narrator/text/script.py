"""A passage written out flat: its characters in one string, and the way back to the source."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, zip_longest

from narrator.domain.documents import INITIAL, Insertion, Passage, PassageKind, Span
from narrator.domain.plan import Edit
from narrator.text import blanks
from narrator.text.changes import Change, around, in_order, say, within
from narrator.text.wording import Wording

_OPENING = frozenset("([{“‘\"'«¿¡")
_CLOSING = (",", ";", ":", ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """A passage's characters `text`, what to change in them, and where they stand in the source.

    `starts` holds, for each of `spans`, the offset in `text` at which it begins; `first` is the
    offset in `text` of the first character that is no blank. Where there are no characters, what is
    said is inserted at `home` in the source. `voice` is the name of who speaks it (empty for the
    narrator's).
    """

    kind: PassageKind
    text: str
    spans: tuple[Span, ...]
    starts: tuple[int, ...]
    first: int
    home: int
    changes: tuple[Change, ...]
    scene_break_after: bool
    voice: str = ""

    def said(self, start: int, end: int) -> str:
        """Characters `start` to `end` as they are spoken."""
        return say(self.text, self.changes, start, end, first=start <= self.first)

    def source_spans(self, start: int, end: int) -> Iterator[Span]:
        """Where characters `start` to `end` stand in the source; a place where there are none."""
        if start == end:
            here = self._source_offset(start)
            yield Span(here, here)
            return
        index = max(0, bisect_right(self.starts, start) - 1)
        while index < len(self.spans) and self.starts[index] < end:
            span, begin = self.spans[index], self.starts[index]
            low, high = max(start, begin), min(end, begin + len(span))
            yield Span(span.start + low - begin, span.start + high - begin)
            index += 1

    def edits(self, start: int, end: int) -> Iterator[Edit]:
        """The changes of characters `start` to `end`, as edits of the source."""
        for change in within(self.changes, start, end, first=start <= self.first):
            yield from self._edits_of(change)

    def cut_near(self, at: int) -> int:
        """`at`, or the end of the change that a cut there would fall inside of."""
        change = around(self.changes, at)
        return change.end if change else at

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """`start` and `end` moved inwards past blanks, but never into a change."""
        low, high = blanks.trimmed(self.text, start, end)
        if low == high:
            return low, high
        first, last = around(self.changes, low), around(self.changes, high)
        return (first.start if first else low), (last.end if last else high)

    def ends_within(self, start: int, end: int, limit: int) -> Iterator[int]:
        """Where to cut characters `start` to `end` so that each part says at most `limit`.

        Counted in UTF-16 units. A part is a character or a change at least.
        """
        said = 0
        for low, high in self._units(start, end):
            more = _units_16(self.said(low, high))
            if said and said + more > limit:
                yield low
                said = 0
            said += more

    def _units(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        position = start
        while position < end:
            high = self.cut_near(position + 1)
            yield position, high
            position = high

    def _edits_of(self, change: Change) -> Iterator[Edit]:
        after = change.after
        for span in self.source_spans(change.start, change.end):
            yield Edit(span=span, after=after, rule=change.rule)
            after = ""  # a change over two spans is said once

    def _source_offset(self, at: int) -> int:
        """Where something inserted at `at` goes: after the character before it, if one is said."""
        if not self.spans:
            return self.home
        before = at - 1 if at > self.first or at == len(self.text) else at
        index = max(0, bisect_right(self.starts, before) - 1)
        return self.spans[index].start + at - self.starts[index]


def _units_16(text: str) -> int:
    return len(text) + sum(char > "\uffff" for char in text)


def write_out(passage: Passage, source: str, wording: Wording, *, voice: str = "") -> Script:
    """The script of a passage as it is worded; its insertions are taken as they are."""
    spans = tuple(span for span in passage.spans if len(span))
    text = "".join(span.of(source) for span in spans)
    starts = tuple(accumulate((len(span) for span in spans), initial=0))[:-1]
    breaks = _flat_offsets(passage.breaks, spans, starts)
    changes = wording.changes(text, passage.kind, breaks, voice=voice)
    if passage.insertions:
        inserted = [(_flat_offset(each.at, spans, starts), each) for each in passage.insertions]
        changes = (*in_order([*changes, *_inserted(text, changes, inserted)]),)
    return Script(
        kind=passage.kind,
        text=text,
        spans=spans,
        starts=starts,
        first=blanks.trimmed(text, 0, len(text))[0],
        home=passage.insertions[0].at if passage.insertions else passage.spans[0].start,
        changes=changes,
        scene_break_after=passage.scene_break_after,
        voice=voice,
    )


def _flat_offsets(
    breaks: Iterable[int], spans: tuple[Span, ...], starts: tuple[int, ...]
) -> Iterator[int]:
    """Offsets in the flat text of offsets in the source."""
    for at in breaks:
        if spans and at < spans[-1].end:
            yield _flat_offset(at, spans, starts)


def _flat_offset(at: int, spans: tuple[Span, ...], starts: tuple[int, ...]) -> int:
    """The offset in the flat text of one in the source; one between two spans is the later's."""
    index = bisect_right(spans, at, key=lambda span: span.end - 1)
    if index == len(spans):
        return starts[-1] + len(spans[-1]) if spans else 0
    return starts[index] + max(0, at - spans[index].start)


# ------------------------------------------------------------------------------ insertions


def _inserted(
    text: str, changes: tuple[Change, ...], insertions: list[tuple[int, Insertion]]
) -> Iterator[Change]:
    """Insertions as changes: each after the last character before it that is no blank.

    Those with no such character before them come before the first. A space keeps them apart from
    what is on either side, but a comma or the like from nothing before it.
    """
    first, end = blanks.trimmed(text, 0, len(text))
    placed = [(_place(text, changes, first, at), each) for at, each in insertions]
    following = [place for place, _ in placed[1:]]
    alone = True
    for (place, insertion), after in zip_longest(placed, following):
        leads = place <= first
        before = "" if (alone and leads) or insertion.text.startswith(_CLOSING) else " "
        apart = after != place and place < end and (leads or _begins_word(text[place]))
        last = apart and insertion.rule != INITIAL
        yield Change(place, place, f"{before}{insertion.text}{' ' * last}", insertion.rule)
        alone = False


def _place(text: str, changes: tuple[Change, ...], first: int, at: int) -> int:
    start, end = blanks.trimmed(text, 0, at)
    place = end if start < end else first
    change = around(changes, place)
    return change.end if change else place


def _begins_word(char: str) -> bool:
    return char.isalnum() or char in _OPENING
