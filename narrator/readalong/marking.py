"""Putting names on stretches of a tree's characters, without touching any of the characters.

A stretch gets a `<span id>` around it. Where it begins in one element and ends in another it is
several fragments, each with a span of its own.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from lxml import etree

from narrator.ingest.xhtml import Element, local_name

XHTML = "http://www.w3.org/1999/xhtml"
_FLOW_NAMES = (
    "address article aside blockquote body caption dd div dt figcaption footer h1 h2 h3 h4 h5 h6"
    " header legend li main p pre section summary td th"
)
_PHRASE_NAMES = (
    "a abbr b bdi bdo cite code data del dfn em i ins kbd label mark q s samp small span strong sub"
    " sup time u var"
)
_PHRASES = frozenset(_PHRASE_NAMES.split())
_MAY_HOLD_SPAN = _PHRASES | frozenset(_FLOW_NAMES.split())
_ATOMS = frozenset({"br", "img", "math", "ruby", "svg", "wbr"})


@dataclass(frozen=True, slots=True)
class Fragment:
    """A stretch's part in one element: `chars` of it that are not blank, from `start` on."""

    stretch: int
    start: int
    end: int
    chars: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class _Item:
    """Characters directly in an element, or a child with its characters; by offsets."""

    start: int
    end: int
    text: str = ""
    child: Element | None = None


@dataclass(slots=True)
class _Tree:
    items: dict[Element, list[_Item]] = field(default_factory=dict)
    runs: dict[Element, list[Fragment]] = field(default_factory=dict)


def characters(root: Element) -> str:
    """All characters of a tree, in order: what its document adds to the source."""
    items: dict[Element, list[_Item]] = {}
    _measure(root, 0, items)
    return "".join(_texts(root, items))


def _texts(element: Element, items: dict[Element, list[_Item]]) -> Iterator[str]:
    for item in items[element]:
        if item.child is None:
            yield item.text
        elif local_name(item.child):
            yield from _texts(item.child, items)


def mark(
    root: Element, stretches: Sequence[tuple[int, int]], *, first: int, prefix: str
) -> list[Fragment]:
    """Name stretches of a tree whose first character has the offset `first`; what they became.

    Stretches are (start, end) and disjoint; what of them is outside of the tree does not matter.
    Names are `prefix` and a number, in the order of the characters.
    """
    tree = _Tree()
    end = _measure(root, first, tree.items)
    for number, (start, stop) in enumerate(stretches):
        if start < end and stop > first:
            _cover(root, number, start, stop, tree)
    fragments = sorted(
        (run for runs in tree.runs.values() for run in runs), key=lambda run: run.start
    )
    names = {run: f"{prefix}{number}" for number, run in enumerate(fragments, start=1)}
    for element, runs in tree.runs.items():
        _rebuild(element, tree.items[element], runs, names)
    return [Fragment(run.stretch, run.start, run.end, run.chars, names[run]) for run in fragments]


def _measure(element: Element, position: int, items: dict[Element, list[_Item]]) -> int:
    """Write down what is in an element and where; the offset past its last character."""
    own = items.setdefault(element, [])
    position = _text(own, element.text, position)
    for child in element:
        start = position
        if local_name(child):
            position = _measure(child, position, items)
        own.append(_Item(start, position, child=child))
        position = _text(own, child.tail, position)
    return position


def _text(items: list[_Item], text: str | None, position: int) -> int:
    if text:
        items.append(_Item(position, position + len(text), text=text))
    return position + len(text or "")


def _cover(element: Element, stretch: int, start: int, end: int, tree: _Tree) -> None:
    """Note which runs of an element's content are of a stretch, and of its children's."""
    may_hold = _may_hold_span(element)
    low = high = 0
    chars = 0

    def close() -> None:
        nonlocal chars
        if chars and may_hold:
            tree.runs.setdefault(element, []).append(Fragment(stretch, low, high, chars))
        chars = 0

    for item in tree.items[element]:
        if item.end <= start or item.start >= end:
            continue
        inside = max(item.start, start), min(item.end, end)
        if item.child is not None and (
            not may_hold or inside != (item.start, item.end) or not _is_phrase(item.child)
        ):
            close()
            if local_name(item.child):
                _cover(item.child, stretch, start, end, tree)
            continue
        if not chars:
            low = inside[0]
        high = inside[1]
        chars += _solid(item, *inside)
    close()


def _solid(item: _Item, start: int, end: int) -> int:
    """How many characters of an item are not blank, from one offset to another."""
    if item.child is not None:
        held = characters(item.child) if local_name(item.child) else ""  # a comment's are not shown
        return sum(not char.isspace() for char in held)
    return sum(not char.isspace() for char in item.text[start - item.start : end - item.start])


def _may_hold_span(element: Element) -> bool:
    return _is_xhtml(element) and local_name(element) in _MAY_HOLD_SPAN


def _is_phrase(element: Element) -> bool:
    """Whether it may stand within a span, all that is in it included."""
    if local_name(element) in _ATOMS or not local_name(element):  # a comment
        return True
    if not (_is_xhtml(element) and local_name(element) in _PHRASES):
        return False
    return all(map(_is_phrase, element))


def _is_xhtml(element: Element) -> bool:
    return str(element.tag).startswith(f"{{{XHTML}}}")


def _rebuild(
    element: Element, items: Iterable[_Item], runs: Iterable[Fragment], names: dict[Fragment, str]
) -> None:
    """Put an element's content together anew, each run of it in a span."""
    for child in list(element):
        child.tail = None
        element.remove(child)
    element.text = None
    spans = {run: etree.Element(f"{{{XHTML}}}span", {"id": names[run]}) for run in runs}
    for run, piece in _pieces(items, list(spans)):
        if run is not None and spans[run].getparent() is None:
            element.append(spans[run])
        _append(element if run is None else spans[run], piece)


def _pieces(
    items: Iterable[_Item], runs: Sequence[Fragment]
) -> Iterator[tuple[Fragment | None, str | Element]]:
    """Text and children in order, each after the run that it is in."""
    for item in items:
        if item.child is not None:
            yield _run_around(runs, item), item.child
            continue
        cuts = {item.start, item.end}
        cuts |= {at for run in runs for at in (run.start, run.end) if item.start < at < item.end}
        ordered = sorted(cuts)
        for start, end in pairwise(ordered):
            piece = _Item(start, end)
            yield _run_around(runs, piece), item.text[start - item.start : end - item.start]


def _run_around(runs: Iterable[Fragment], item: _Item) -> Fragment | None:
    """The run that an item is in; of no characters, only if the run goes on on both sides."""
    for run in runs:
        if item.start == item.end:
            if run.start < item.start < run.end:
                return run
        elif run.start <= item.start and item.end <= run.end:
            return run
    return None


def _append(parent: Element, piece: "str | Element") -> None:
    if not isinstance(piece, str):
        parent.append(piece)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + piece
    else:
        parent.text = (parent.text or "") + piece
