"""Labels: short lines right above a heading that belong to it, such as *Chapter 3*."""

import re
from collections.abc import Container
from dataclasses import replace

from narrator.domain.documents import PassageKind
from narrator.ingest.flow import Block, Flow

LABEL_CLASS = re.compile(
    r"(?:^|[\s_-])(?:kicker|eyebrow|overline|surtitle|pretitle|supertitle|label"
    r"|(?:chap(?:ter)?|part|section)[_-]?(?:n|no|num|nr|number|label))(?:\s|$)",
    re.IGNORECASE,
)
"""Names that makers of books and pages give to such lines."""

_LONGEST_CHARS = 60
_NUMBERED = re.compile(
    r"(?:chapter|part|book|letter|stave|canto|act|scene|lesson|lecture|section|appendix|volume"
    r"|chapitre|partie|kapitel|teil|cap[ií]tulo|capitolo|parte|hoofdstuk)"
    r"\s+(?:the\s+)?[\w-]{1,20}(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?\W{0,2}",
    re.IGNORECASE,
)


def with_labels(flow: Flow, named: Container[int]) -> Flow:
    """The flow, labels being headings of no level in it; `named` are blocks that are called so."""
    blocks = list(flow.blocks)
    for index in range(len(blocks) - 2, -1, -1):
        if blocks[index + 1].level and _is_label(blocks[index], flow.source, index in named):
            blocks[index] = replace(blocks[index], kind=PassageKind.HEADING)
    return replace(flow, blocks=tuple(blocks))


def label_above(flow: Flow, first: int) -> int:
    """Where the label above the heading at a block begins; `first` itself if there is none."""
    above = first - 1
    headed = 0 < first < len(flow.blocks) and bool(flow.blocks[first].level)
    labelled = headed and flow.blocks[above].kind is PassageKind.HEADING
    return above if labelled and not flow.blocks[above].level else first


def _is_label(block: Block, source: str, named: bool) -> bool:  # noqa: FBT001
    if block.kind is not PassageKind.PARAGRAPH or block.note or block.chars > _LONGEST_CHARS:
        return False
    return named or bool(_NUMBERED.fullmatch(block.text(source)))
