"""Where a lexicon changed what is said, and what stands around it: for people to look at."""

from collections.abc import Iterator
from dataclasses import dataclass

from narrator.domain.plan import Chunk, Edit, Plan
from narrator.text.lexicon import RULE

AROUND_CHARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """`before` is said as `after` in a chapter (its body number), between `left` and `right`."""

    chapter: int
    before: str
    after: str
    left: str
    right: str


def hits(plan: Plan, source: str) -> Iterator[Hit]:
    """What the plan's lexicon changed, in reading order; `source` is its document's."""
    for chapter in plan.chapters:
        for chunk in chapter.chunks:
            for edit, start in _placed(chunk):
                if RULE in edit.rule.split("+"):
                    end = start + len(edit.after)
                    yield Hit(
                        chapter=chapter.number,
                        before=edit.span.of(source),
                        after=edit.after,
                        left=chunk.text[max(0, start - AROUND_CHARS) : start],
                        right=chunk.text[end : end + AROUND_CHARS],
                    )


def _placed(chunk: Chunk) -> Iterator[tuple[Edit, int]]:
    """Each edit, and where in the chunk's text what it says begins (as `domain.plan.spoken`)."""
    edits = iter(chunk.edits)
    edit = next(edits, None)
    said = 0
    for span in chunk.spans:
        position = span.start
        while edit and position <= edit.span.start and edit.span.end <= span.end:
            said += edit.span.start - position
            yield edit, said
            said += len(edit.after)
            position = edit.span.end
            edit = next(edits, None)
        said += span.end - position
