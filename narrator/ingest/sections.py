"""Cutting a flow into body chapters, the same way for every format.

A chapter runs from its mark to the next one. What is marked as front or back matter, tables of
contents (three lines or more that are each one link), and the licence around Project Gutenberg's
books are skipped. A section that holds headings only, such as the page that says *Part One*, is no
chapter: its headings are read at the start of the next.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from narrator.domain.choices import DEFAULT_READING, Reading, Role, Treatment
from narrator.domain.documents import Chapter, PassageKind, Skip, SkipReason, Span
from narrator.ingest import gutenberg
from narrator.ingest.flow import Block, Flow, Matter, in_order
from narrator.ingest.notes import Notes, Placing, find_notes, in_place, place_notes
from narrator.ingest.parts import titled
from narrator.ingest.roles import is_left_out

_PARTS_OF_MATTER = frozenset({SkipReason.CONTENTS, SkipReason.INDEX, SkipReason.BIBLIOGRAPHY})
_FEWEST_LINKS = 3
_CONTENTS_TITLE = re.compile(r"(?:table of )?contents\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """From block `first` to the next mark: a chapter of that title or, with a reason, a skip."""

    first: int
    title: str = ""
    reason: SkipReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    title: str
    blocks: tuple[Block, ...]

    @property
    def headings_only(self) -> bool:
        return all(block.kind is PassageKind.HEADING for block in self.blocks)


def cut(
    flow: Flow, marks: Iterable[Mark], reading: Reading = DEFAULT_READING
) -> tuple[tuple[Chapter, ...], tuple[Skip, ...]]:
    """The chapters that the marks cut the flow into, and everything else as skips, sorted.

    `reading` says which of what there is a reason to skip is read all the same, and where notes
    are. Blocks before the first mark are front matter. Of two marks at one block the later counts.
    """
    notes = find_notes(flow)
    ranges = list(_ranges(marks, len(flow.blocks)))
    reasons = _all_reasons(flow, notes, ranges, reading)
    read = [index for index, reason in enumerate(reasons) if reason is None]
    placing = _placing(flow, notes, read, reading)
    sections = []
    for mark, end in ranges:
        kept = [i for i in range(mark.first, end) if reasons[i] is None and i not in placing.taken]
        blocks = tuple(_in_order(flow, kept, placing, reading))
        if blocks:
            sections.append(_Section(title=mark.title, blocks=blocks))
    skips = list(flow.skips)
    for block, reason, index in zip(flow.blocks, reasons, range(len(reasons)), strict=True):
        if reason and index not in placing.taken:
            skips += block.skipped(reason)
    return tuple(_chapters(flow.source, sections)), _licensed(flow.source, in_order(skips))


def _chapters(source: str, sections: Sequence[_Section]) -> Iterator[Chapter]:
    for number, section in enumerate(_with_text(sections), start=1):
        yield Chapter(
            number=number,
            title=section.title or _first_heading(source, section.blocks),
            passages=tuple(block.passage() for block in section.blocks),
        )


def _placing(flow: Flow, notes: Notes, read: list[int], reading: Reading) -> Placing:
    if not reading.reads(Role.FOOTNOTES):
        return Placing(after={}, taken=frozenset())
    return place_notes(flow, notes, read)


def _in_order(flow: Flow, kept: list[int], placing: Placing, reading: Reading) -> Iterator[Block]:
    """The blocks of a section as they are read, each note where it belongs."""
    inline = reading.of(Role.FOOTNOTES) is Treatment.INLINE
    for index in kept:
        yield from in_place(flow.blocks, index, placing.after.get(index, ()) if inline else ())
    if not inline:
        yield from (flow.blocks[note] for index in kept for note in placing.after.get(index, ()))


def heading_at(flow: Flow, first: int) -> str:
    """The heading that begins at a block, on one line; empty if none does."""
    if first < len(flow.blocks) and flow.blocks[first].kind is PassageKind.HEADING:
        return flow.blocks[first].text(flow.source)
    return ""


def _ranges(marks: Iterable[Mark], end: int) -> Iterator[tuple[Mark, int]]:
    by_first = {mark.first: mark for mark in marks}
    by_first.setdefault(0, Mark(first=0, reason=SkipReason.FRONT_MATTER))
    ordered = [by_first[first] for first in sorted(by_first)]
    for mark, following in pairwise([*ordered, Mark(first=end)]):
        yield mark, following.first


def _with_text(sections: Sequence[_Section]) -> Iterator[_Section]:
    waiting: tuple[Block, ...] = ()
    for index, section in enumerate(sections, start=1):
        if section.headings_only and index < len(sections):
            waiting += section.blocks
            continue
        yield replace(section, blocks=waiting + section.blocks)
        waiting = ()


def _first_heading(source: str, blocks: Iterable[Block]) -> str:
    for block in blocks:
        if block.kind is PassageKind.HEADING:
            return block.text(source)
    return ""


# ------------------------------------------------------------------------------ what is skipped


def _all_reasons(
    flow: Flow, notes: Notes, ranges: Sequence[tuple[Mark, int]], reading: Reading
) -> list[SkipReason | None]:
    """Why each block is skipped, if it is."""
    own = _reasons(flow, [mark.first for mark, _ in ranges], reading)
    reasons: list[SkipReason | None] = []
    for mark, end in ranges:
        of_mark = mark.reason if mark.reason and is_left_out(mark.reason, reading) else None
        reasons += (own.get(index, of_mark) for index in range(mark.first, end))
    if not reading.reads(Role.FOOTNOTES):
        for index in notes.blocks:
            reasons[index] = reasons[index] or SkipReason.FOOTNOTE
    for index in notes.headings:
        reasons[index] = reasons[index] or SkipReason.FOOTNOTE
    return reasons


def _reasons(flow: Flow, firsts: Sequence[int], reading: Reading) -> dict[int, SkipReason | None]:
    """Why blocks are skipped wherever the marks are; the first reason counts.

    None where the book says what they are and that is to be read, whatever it is a part of.
    """
    reasons: dict[int, SkipReason | None] = {}
    for matter in (*_licence(flow), *_contents(flow), *flow.matters, *titled(flow, firsts)):
        if matter.reason and is_left_out(matter.reason, reading):
            found: SkipReason | None = matter.reason
        elif matter.reason in _PARTS_OF_MATTER:
            found = None
        else:
            continue
        for index in range(matter.first, matter.end):
            reasons.setdefault(index, found)
    return reasons


def _contents(flow: Flow) -> Iterator[Matter]:
    for link, group in groupby(range(len(flow.blocks)), key=lambda i: flow.blocks[i].link):
        indices = list(group)
        if link and len(indices) >= _FEWEST_LINKS:
            titled = indices[0] and _CONTENTS_TITLE.fullmatch(
                flow.blocks[indices[0] - 1].text(flow.source)
            )
            first = indices[0] - 1 if titled else indices[0]
            yield Matter(first=first, end=indices[-1] + 1, reason=SkipReason.CONTENTS)


def _licence(flow: Flow) -> Iterator[Matter]:
    low, high = gutenberg.bounds(flow.source)
    if (low, high) == (0, len(flow.source)):
        return
    for index, block in enumerate(flow.blocks):
        outside = block.start < low or block.end > high
        if outside or gutenberg.credits_volunteers(flow.source, block.start, block.end, low, high):
            yield Matter(first=index, end=index + 1, reason=SkipReason.LICENCE)


def _licensed(source: str, skips: tuple[Skip, ...]) -> tuple[Skip, ...]:
    """Skips that hold Project Gutenberg's header or licence, called so whatever they were."""
    low, high = gutenberg.bounds(source)
    apart = {SkipReason.WHITESPACE, SkipReason.METADATA}
    return tuple(
        Skip(span=Span(skip.span.start, skip.span.end), reason=SkipReason.LICENCE)
        if skip.reason not in apart and (skip.span.start < low or skip.span.end > high)
        else skip
        for skip in skips
    )
