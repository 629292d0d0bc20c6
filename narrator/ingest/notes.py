"""Notes: which blocks they are, and where they are read if they are.

A note is what its book types so, and what a note reference leads to further on, if that is of
moderate length and holds no heading. If the reference is but a raised or bracketed mark, what it
leads to begins with the mark, or is an item of a list, or leads back; else it is text like any
other. A section of nothing but notes is not announced: its heading is not read. If the heading says
*Notes*, no more than half of its paragraphs may be others, which go on from the note before them.

Read `inline` a note follows the block that refers to it first; read at the `end` it follows the
section that does, in the order of the references. A note that nothing refers to stays where it is.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from narrator.domain.documents import PassageKind
from narrator.ingest.flow import Block, Flow

_LONGEST_CHARS = 6_000
"""What an untyped note may hold at most; above this a link more likely leads to a chapter."""

_MOST_BLOCKS = 40
_TITLE = re.compile(
    r"\W*(?:(?:end|foot)?notes?|anmerkungen|fu(?:ß|ss)noten|notas|noten|voetnoten|noter|fotnoter)\b",
    re.IGNORECASE,
)
_AROUND_MARKS = " \t\n\r\u00a0[](){}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """The notes of a flow.

    `by_place` has the blocks of the note at a place that is referred to, `blocks` those of any, and
    `headings` the headings above notes and nothing else.
    """

    by_place: Mapping[str, tuple[int, ...]]
    blocks: frozenset[int]
    headings: frozenset[int]


def find_notes(flow: Flow) -> Notes:
    """The notes of a flow."""
    typed = _typed(flow)
    by_place = dict(_referred(flow, typed))
    # Each note once, however many places in it are referred to.
    notes = {(each[0], len(each)): each for each in (*typed.values(), *by_place.values())}
    blocks = {index for note in notes.values() for index in note}
    headings = dict(_sections(flow, blocks))
    more = _continued(blocks, headings)
    return Notes(
        by_place={place: (*note, *more.get(note[-1], ())) for place, note in by_place.items()},
        blocks=frozenset(blocks.union(*more.values())),
        headings=frozenset(headings),
    )


def _sections(flow: Flow, notes: Container[int]) -> Iterator[tuple[int, int]]:
    """The headings above notes, the last first, and where what they are above ends."""
    named = set(_named(flow))
    end, below = len(flow.blocks), 0  # `below`: the level of the heading of notes that is there
    for index in range(len(flow.blocks) - 1, -1, -1):
        level = flow.blocks[index].level
        if not level:
            continue
        inside = range(index + 1, end)
        others = sum(each not in notes for each in inside)
        of_notes = index + 1 in notes and 2 * others <= len(inside) * (index in named)
        if of_notes if inside else below > level:
            yield index, end
            below = level
        else:
            below = 0
        end = index


def _named(flow: Flow) -> Iterator[int]:
    """The headings that say that notes are below them, and those below these."""
    above = 0
    for index, block in enumerate(flow.blocks):
        if block.level and not 0 < above < block.level:
            above = block.level if _TITLE.match(block.text(flow.source)) else 0
        if block.level and above:
            yield index


def _continued(notes: Container[int], headings: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """By the last block of a note, the paragraphs by which it goes on."""
    found: dict[int, list[int]] = {}
    for heading, end in headings.items():
        last = heading
        for index in range(heading + 1, end):
            if index in notes:
                last = index
            else:
                found.setdefault(last, []).append(index)
    return {last: tuple(each) for last, each in found.items()}


def _typed(flow: Flow) -> dict[int, tuple[int, ...]]:
    numbered: dict[int, list[int]] = {}
    for index, block in enumerate(flow.blocks):
        if block.note:
            numbered.setdefault(block.note, []).append(index)
    return {note: tuple(indices) for note, indices in numbered.items()}


def _referred(
    flow: Flow, typed: Mapping[int, tuple[int, ...]]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    seen: set[str] = set()
    for citing, block in enumerate(flow.blocks):
        for place in block.cites:
            first = flow.places.get(place, len(flow.blocks))
            if place in seen or first >= len(flow.blocks):
                continue
            note = flow.blocks[first].note
            if note or (citing < first and _may_be_note(flow, place, first, citing)):
                seen.add(place)
                yield place, typed[note] if note else tuple(range(first, _end(flow, place, first)))


def _end(flow: Flow, place: str, first: int) -> int:
    return max(first + 1, flow.ends.get(place, 0))


def _may_be_note(flow: Flow, place: str, first: int, citing: int) -> bool:
    end = _end(flow, place, first)
    if end - first > _MOST_BLOCKS:
        return False
    blocks = flow.blocks[first:end]
    return (
        all(block.kind is not PassageKind.HEADING for block in blocks)
        and sum(block.chars for block in blocks) <= _LONGEST_CHARS
        and (place not in flow.guessed or _answers(flow, flow.guessed[place], first, end, citing))
    )


def _answers(flow: Flow, mark: str, first: int, end: int, citing: int) -> bool:
    """Whether blocks answer to a mark, as notes do and other text that a link leads to does not.

    An item of a list need not begin with the mark: its number is drawn, not written.
    """
    block = flow.blocks[first]
    if block.kind is PassageKind.LIST_ITEM or _begins_with(block.text(flow.source), mark):
        return True
    back = (flow.places.get(each) for at in range(first, end) for each in flow.links.get(at, ()))
    return any(place is not None and citing <= place <= citing + 1 for place in back)


def _begins_with(text: str, mark: str) -> bool:
    bare, begins = mark.strip(_AROUND_MARKS), text.lstrip(_AROUND_MARKS)
    following = begins[len(bare) : len(bare) + 1]
    goes_on = following.isdigit() if bare.isdigit() else following.isalnum()
    return begins.startswith(bare) and not goes_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Notes taken to where they are referred to: `after` tells which follow a block.

    `taken` are all of them, which are read nowhere else.
    """

    after: Mapping[int, tuple[int, ...]]
    taken: frozenset[int]


def place_notes(flow: Flow, notes: Notes, read: Iterable[int]) -> Placing:
    """Take notes to the blocks that are read and refer to them, each to the first that does."""
    taken: set[int] = set()
    after: dict[int, tuple[int, ...]] = {}
    for index in read:
        if index not in notes.blocks and flow.blocks[index].cites:
            after[index] = tuple(_followers(flow, notes, index, taken))
    return Placing(after=after, taken=frozenset(taken))


def _followers(flow: Flow, notes: Notes, index: int, taken: set[int]) -> Iterator[int]:
    """The notes of a block, each followed by those that it refers to itself."""
    waiting = [index]
    while waiting:
        block = waiting.pop()
        if block != index:
            yield block
        new: list[int] = []
        for place in flow.blocks[block].cites:
            note = notes.by_place.get(place, ())
            if note and note[0] not in taken:
                new += (part for part in note if part not in taken)
                taken.update(note)
        waiting += reversed(new)


def in_place(blocks: Sequence[Block], index: int, after: Sequence[int]) -> Iterator[Block]:
    """A block and the notes that follow it; the scene changes after them, if it does."""
    if not after:
        yield blocks[index]
        return
    yield replace(blocks[index], scene_break_after=False)
    for each in after[:-1]:
        yield replace(blocks[each], scene_break_after=False)
    yield replace(blocks[after[-1]], scene_break_after=blocks[index].scene_break_after)
