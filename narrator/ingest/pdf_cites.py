"""Which block refers to which note: the one with the note's mark, on the note's page."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from narrator.ingest.pdf_layout import Line
from narrator.ingest.pdf_notes import is_reference
from narrator.ingest.pdf_paragraphs import Draft, Use

_AROUND_MARK = "[].) "


def cites(drafts: Sequence[Draft], lines: Sequence[Line]) -> Mapping[int, tuple[int, ...]]:
    """Of the drafts (by number) that refer to notes, the notes, which are drafts too.

    A note whose mark is nowhere on its page belongs to the last draft before it.
    """
    references = _references(drafts, lines)
    found: dict[int, list[int]] = defaultdict(list)
    before = -1
    for number, draft in enumerate(drafts):
        if draft.use is Use.BODY:
            before = number
        if draft.use is not Use.NOTE:
            continue
        line = lines[draft.lines[0]]
        mark = line.words[0].text.strip(_AROUND_MARK)
        citing = references.get((line.page, mark), before)
        if citing >= 0:
            found[citing].append(number)
    return {number: tuple(notes) for number, notes in found.items()}


def _references(drafts: Sequence[Draft], lines: Sequence[Line]) -> Mapping[tuple[int, str], int]:
    """By page and mark, the first draft of the text that has it."""
    found: dict[tuple[int, str], int] = {}
    for number, draft in enumerate(drafts):
        if draft.use is not Use.BODY:
            continue
        for index in draft.lines:
            line = lines[index]
            for word in line.words:
                if is_reference(word, line):
                    for mark in word.text.strip(_AROUND_MARK).split(","):
                        found.setdefault((line.page, mark), number)
    return found
