"""Chapters of a document that has no table of contents: they begin at its headings.

With two headings of level 1 or more, most of them with text of their own, these are the chapters
and level 2 lies inside them. Otherwise levels 1 and 2 both begin chapters, and where there are
neither, the highest level that there is more than one of. What precedes the first is a chapter too.
Headings within an index or a bibliography begin none. A label above a heading (*Chapter 3*) goes
with it, and so does a single short line above the first.
"""

from narrator.domain.documents import PassageKind
from narrator.ingest.flow import Block, Flow
from narrator.ingest.labels import label_above
from narrator.ingest.sections import Mark, titled

_DEEPEST = 6
_LINE_CHARS = 60


def heading_marks(flow: Flow, title: str) -> list[Mark]:
    """Where chapters begin; `title` names what precedes the first heading."""
    levels = _levels(flow)
    within = {index for part in titled(flow) for index in range(part.first + 1, part.end)}
    firsts = [
        index
        for index, block in enumerate(flow.blocks)
        if block.level in levels and index not in within
    ]
    return [
        Mark(first=0, title=title),
        *(
            Mark(first=_begins(flow, index), title=_title(flow.blocks[index], flow.source))
            for index in firsts
        ),
    ]


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


def _hold_text(flow: Flow) -> bool:
    """Whether there are level 1 headings, of which most have text before the next heading."""
    firsts = [index for index, block in enumerate(flow.blocks) if block.level == 1]
    following = (flow.blocks[index + 1 : index + 2] for index in firsts)
    holding = sum(bool(after) and after[0].kind is not PassageKind.HEADING for after in following)
    return len(firsts) > 1 and 2 * holding > len(firsts)
