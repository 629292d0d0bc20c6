"""Chapters of a document that has no table of contents: they begin at its headings.

With two headings of level 1 or more, most of them with text of their own, these are the chapters
and level 2 lies inside them. Otherwise levels 1 and 2 both begin chapters, and where there are
neither, the highest level that there is more than one of. Where most of these name parts (*Book
Two*), the next level begins chapters as well, the first of them with the part's own heading and
epigraph. What precedes the first is a chapter too. Headings within an index or a bibliography begin
none. A label above a heading (*Chapter 3*) goes with it, and so does a single short line above the
first.
"""

from collections.abc import Container, Iterator, Sequence
from itertools import zip_longest

from narrator.domain.documents import PassageKind
from narrator.ingest.flow import Block, Flow
from narrator.ingest.labels import label_above
from narrator.ingest.parts import titled
from narrator.ingest.sections import Mark
from narrator.ingest.titles import names_part

_DEEPEST = 6
_LINE_CHARS = 60
OWN_CHARS = 400
"""A part with more text of its own than an epigraph before its first chapter is itself one."""


def heading_marks(flow: Flow, title: str) -> list[Mark]:
    """Where chapters begin; `title` names what precedes the first heading."""
    levels = _with_those_in_parts(flow, _levels(flow))
    parts = {part.first: part.end for part in titled(flow)}
    within = {index for first, end in parts.items() for index in range(first + 1, end)}
    after = {end for first, end in parts.items() if _goes_on_lower(flow, first, end, levels)}
    firsts = [
        index
        for index, block in enumerate(flow.blocks)
        if (block.level in levels or index in after)
        and index not in within
        and not _goes_on(flow, parts.get(index))
    ]
    return [Mark(first=0, title=title), *_marks(flow, firsts)]


def _marks(flow: Flow, firsts: Sequence[int]) -> Iterator[Mark]:
    """The marks of chapters, each with the part that it opens, if that says little before it."""
    opened: int | None = None
    for index, following in zip_longest(firsts, firsts[1:]):
        begins = _begins(flow, index) if opened is None else opened
        opened = begins if following and _only_opens(flow, index, following) else None
        if opened is None:
            yield Mark(first=begins, title=_title(flow.blocks[index], flow.source))


def _only_opens(flow: Flow, part: int, chapter: int) -> bool:
    """Whether a heading is that of a part, which its first chapter begins."""
    one, other = flow.blocks[part], flow.blocks[chapter]
    named = other.level > one.level and names_part(one.text(flow.source))
    return named and flow.said(part, chapter) < OWN_CHARS


def _goes_on(flow: Flow, end: int | None) -> bool:
    """Whether text follows an index or a bibliography that ends there: it is amid a chapter."""
    return end is not None and end < len(flow.blocks) and not flow.blocks[end].level


def _goes_on_lower(flow: Flow, first: int, end: int, levels: Container[int]) -> bool:
    """Whether what follows an index or a bibliography is headed, but lower: it is a chapter."""
    level = flow.blocks[first].level
    return level in levels and end < len(flow.blocks) and flow.blocks[end].level > level


def _begins(flow: Flow, heading: int) -> int:
    """Where the chapter of a heading begins, the label above it included."""
    return 0 if heading == 1 and _is_line(flow, 0) else label_above(flow, heading)


def _is_line(flow: Flow, index: int) -> bool:
    """Whether a block is a line such as *Opinion*, which is no sentence."""
    block = flow.blocks[index]
    if block.kind is not PassageKind.PARAGRAPH or not 0 < block.chars <= _LINE_CHARS:
        return False
    return block.text(flow.source)[-1].isalnum()


def _title(heading: Block, source: str) -> str:
    """What a heading says; its number, if that is all."""
    said = (insertion.text for insertion in heading.insertions)
    return heading.text(source) or " ".join(said).removesuffix(".")


def _levels(flow: Flow) -> set[int]:
    if _hold_text(flow):
        return {1}
    present = [block.level for block in flow.blocks if block.level]
    if {1, 2} & set(present):
        return {1, 2}
    several = [level for level in range(3, _DEEPEST + 1) if present.count(level) > 1]
    return set(several[:1])


def _with_those_in_parts(flow: Flow, levels: set[int]) -> set[int]:
    """With the levels below, while most headings of the lowest level are parts by their titles."""
    by_level: dict[int, list[str]] = {}
    for block in flow.blocks:
        if block.level:
            by_level.setdefault(block.level, []).append(block.text(flow.source))
    while levels:
        titles = by_level.get(max(levels), [])
        lower = min((each for each in by_level if each > max(levels)), default=0)
        if not lower or 2 * sum(map(names_part, titles)) <= len(titles):
            break
        levels = levels | {lower}
    return levels


def _hold_text(flow: Flow) -> bool:
    """Whether there are level 1 headings, of which most have text before the next heading."""
    firsts = [index for index, block in enumerate(flow.blocks) if block.level == 1]
    following = (flow.blocks[index + 1 : index + 2] for index in firsts)
    holding = sum(bool(after) and after[0].kind is not PassageKind.HEADING for after in following)
    return len(firsts) > 1 and 2 * holding > len(firsts)
