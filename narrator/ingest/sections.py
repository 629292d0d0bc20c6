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

from narrator.domain.documents import Chapter, PassageKind, Skip, SkipReason, Span
from narrator.ingest import gutenberg
from narrator.ingest.flow import Block, Flow, Matter, in_order

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


def cut(flow: Flow, marks: Iterable[Mark]) -> tuple[tuple[Chapter, ...], tuple[Skip, ...]]:
    """The chapters that the marks cut the flow into, and everything else as skips, sorted.

    Blocks before the first mark are front matter. Of two marks at one block the later counts.
    """
    reasons = _reasons(flow)
    skips = list(flow.skips)
    sections: list[_Section] = []
    for mark, end in _ranges(marks, len(flow.blocks)):
        kept: list[Block] = []
        for index in range(mark.first, end):
            block = flow.blocks[index]
            reason = reasons.get(index) or mark.reason
            if reason:
                skips += block.skipped(reason)
            else:
                kept.append(block)
        if kept:
            sections.append(_Section(title=mark.title, blocks=tuple(kept)))
    chapters = tuple(
        Chapter(
            number=number,
            title=section.title or _first_heading(flow.source, section.blocks),
            passages=tuple(block.passage() for block in section.blocks),
        )
        for number, section in enumerate(_with_text(sections), start=1)
    )
    return chapters, _licensed(flow.source, in_order(skips))


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


def _reasons(flow: Flow) -> dict[int, SkipReason]:
    """Why blocks are skipped wherever the marks are; the first reason counts."""
    reasons: dict[int, SkipReason] = {}
    for matter in (*_licence(flow), *_contents(flow), *flow.matters):
        for index in range(matter.first, matter.end):
            if matter.reason:
                reasons.setdefault(index, matter.reason)
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
