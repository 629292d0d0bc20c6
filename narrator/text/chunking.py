"""Cutting passages into chunks, each spoken in one go.

A chunk holds 150 to 450 characters where the text allows, never above 1,900: Deepgram refuses a
`Speak` above 2,000 and lets a socket have 2,400 characters and 20 flushes a minute, so that chunks
below 120 characters would spend flushes before characters. A passage that fits is not cut;
neighbours of the same kind share a chunk until it holds enough. Headings stand alone.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from narrator.domain.documents import PassageKind
from narrator.text import cuts, sentences
from narrator.text.script import Script

ENOUGH_CHARS = 150
TARGET_CHARS = 450
MOST_CHARS = 1_900

Cutter = Callable[[str], Iterable[int]]


def count(text: str) -> int:
    """Characters as the provider might count them at worst: UTF-16 units."""
    return len(text) + (0 if text.isascii() else sum(char > "\uffff" for char in text))


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters `start` to `end` of script number `script`; blanks at neither end."""

    script: int
    start: int
    end: int
    chars: int


Draft = tuple[Piece, ...]
"""A chunk in the making: pieces in order, parted by one space where they are of two passages."""


def draft(scripts: list[Script], *, language: str) -> list[Draft]:
    """The chunks of one chapter's scripts, in order. Scripts that say nothing are left out."""
    drafts: list[Draft] = []
    for run in _runs(scripts):
        drafts += _pack_run(scripts, run, language)
    return drafts


def speakable(text: str) -> bool:
    """Whether there is anything in it to pronounce: a letter or a digit."""
    return any(char.isalnum() for char in text)


def _runs(scripts: list[Script]) -> Iterator[list[int]]:
    """Stretches that may share chunks: same kind and voice, no heading, no change of scene."""
    run: list[int] = []
    for number, script in enumerate(scripts):
        if not speakable(script.said(0, len(script.text))):
            if script.scene_break_after:
                yield run
                run = []
            continue
        if run and not _may_share(scripts[run[-1]], script):
            yield run
            run = []
        run.append(number)
        if script.scene_break_after:
            yield run
            run = []
    yield run


def _may_share(one: Script, other: Script) -> bool:
    alike = one.kind is other.kind and one.voice == other.voice
    return alike and one.kind is not PassageKind.HEADING


def _pack_run(scripts: list[Script], run: list[int], language: str) -> list[Draft]:
    packed: list[Draft] = []
    for number in run:
        for piece in _passage_pieces(scripts[number], number, language):
            if packed and _length(packed[-1]) < ENOUGH_CHARS and _fits(packed[-1], (piece,)):
                packed[-1] = _join(packed[-1], piece)
            else:
                packed.append((piece,))
    return _without_short_end(packed)


def _without_short_end(packed: list[Draft]) -> list[Draft]:
    if len(packed) > 1 and _length(packed[-1]) < ENOUGH_CHARS and _fits(*packed[-2:]):
        joined = packed[-2]
        for piece in packed[-1]:
            joined = _join(joined, piece)
        packed[-2:] = [joined]
    return packed


def _fits(one: Draft, other: Draft) -> bool:
    return _length(one) + 1 + _length(other) <= TARGET_CHARS


def _length(drafted: Draft) -> int:
    return sum(piece.chars for piece in drafted) + len(drafted) - 1


def _join(drafted: Draft, piece: Piece) -> Draft:
    last = drafted[-1]
    if last.script != piece.script:
        return (*drafted, piece)
    return (*drafted[:-1], _merge(last, piece))


def _merge(one: Piece, other: Piece) -> Piece:
    return Piece(one.script, one.start, other.end, one.chars + 1 + other.chars)


# ------------------------------------------------------------------------------ one passage


def _passage_pieces(script: Script, number: int, language: str) -> list[Piece]:
    """A passage whole if it fits, else cut at sentence ends into pieces of about equal length."""
    whole = _piece(script, number, 0, len(script.text))
    if whole is None or whole.chars <= TARGET_CHARS:
        return [whole] if whole else []
    return _balanced(_atoms(script, whole, language))


def _atoms(script: Script, whole: Piece, language: str) -> list[Piece]:
    """The smallest pieces worth cutting: sentences, and parts of a sentence that is too long."""
    atoms = [whole]
    for cutter, limit in _cutters(language):
        atoms = [
            part
            for atom in atoms
            for part in (_cut(script, atom, cutter) if atom.chars > limit else [atom])
        ]
    return [part for atom in atoms for part in _cut_as_said(script, atom)]


def _cutters(language: str) -> tuple[tuple[Cutter, int], ...]:
    """Ever weaker places to cut, each for pieces longer than its limit."""

    def at_sentences(text: str) -> Iterable[int]:
        return sentences.sentence_ends(text, language)

    return (
        (at_sentences, TARGET_CHARS),
        (lambda text: cuts.pattern_ends(text, cuts.CLAUSE), MOST_CHARS),
        (lambda text: cuts.pattern_ends(text, cuts.COMMA), MOST_CHARS),
        (lambda text: cuts.pattern_ends(text, cuts.WORD), MOST_CHARS),
        # A third of the limit: a character may count as two, and a space follow it at a line's end.
        (lambda text: cuts.character_ends(text, MOST_CHARS // 3), MOST_CHARS),
    )


def _cut(script: Script, piece: Piece, cutter: Cutter) -> list[Piece]:
    text = script.text[piece.start : piece.end]
    whole = cuts.outside_wholes(text, cutter(text))
    ends = (script.cut_near(piece.start + end) for end in whole)
    bounds = [piece.start, *(end for end in ends if end < piece.end), piece.end]
    parts = (_piece(script, piece.script, low, high) for low, high in pairwise(bounds))
    return [part for part in parts if part]


def _cut_as_said(script: Script, piece: Piece) -> list[Piece]:
    """Cut by what is said, where a few characters say a lot (emoji have names)."""
    if piece.chars <= MOST_CHARS:
        return [piece]
    bounds = [piece.start, *script.ends_within(piece.start, piece.end, MOST_CHARS), piece.end]
    parts = (_piece(script, piece.script, low, high) for low, high in pairwise(bounds))
    return [part for part in parts if part]


def _piece(script: Script, number: int, start: int, end: int) -> Piece | None:
    """The piece without blanks at its ends; none if nothing is left to say."""
    start, end = script.trimmed(start, end)
    said = script.said(start, end)
    return Piece(number, start, end, count(said)) if said else None


def _balanced(atoms: list[Piece]) -> list[Piece]:
    """Neighbouring atoms joined into as few pieces within the target as can be, of like length."""
    packed: list[Piece] = []
    left = sum(atom.chars + 1 for atom in atoms)
    share = _share(left)
    for atom in atoms:
        if packed and _belongs(packed[-1], atom, share):
            packed[-1] = _merge(packed[-1], atom)
        else:
            share = _share(left)
            packed.append(atom)
        left -= atom.chars + 1
    return packed


def _share(chars: int) -> float:
    return chars / -(-chars // TARGET_CHARS)


def _belongs(piece: Piece, atom: Piece, share: float) -> bool:
    joined = piece.chars + 1 + atom.chars
    return joined <= TARGET_CHARS and piece.chars + atom.chars / 2 <= share
