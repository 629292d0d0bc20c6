"""How much of a web page's text is prose: sentences of its own, rather than labels and links."""

from collections.abc import Collection
from dataclasses import dataclass

from narrator.ingest.elements import BLOCKS
from narrator.ingest.xhtml import Element, local_name

_UNSEEN_LISTED = (
    "script style noscript template textarea select option button svg head iframe object"
)
_UNSEEN = frozenset(_UNSEEN_LISTED.split())
_LEAST_PROSE_CHARS = 40
"""A block with fewer characters of its own may be a label, a date, a caption."""


@dataclass(frozen=True, slots=True)
class Weight:
    """Characters within an element: all, those in links, those of prose.

    `own` and `own_linked` are those outside of any block inside it, which belong to the block that
    the element itself is or stands in.
    """

    chars: int = 0
    linked: int = 0
    prose: int = 0
    own: int = 0
    own_linked: int = 0

    @property
    def link_dense(self) -> bool:
        """Whether most of it leads elsewhere."""
        return 2 * self.linked > self.chars


NOTHING = Weight()
Weights = dict[Element, Weight]


def weigh(root: Element, without: Collection[Element] = ()) -> Weights:
    """The weight of each element, those `without` counting nothing."""
    weights: Weights = {}
    for element in reversed(list(root.iter())):  # so that children come before their parents
        name = local_name(element)
        if not name or name in _UNSEEN or element in without:
            weights[element] = NOTHING
        else:
            weights[element] = _weight(element, name, weights)
    return weights


def _weight(element: Element, name: str, weights: Weights) -> Weight:
    children = [(weights[child], local_name(child) in BLOCKS) for child in element]
    direct = _chars(element.text) + sum(_chars(child.tail) for child in element)
    own = direct + sum(weight.own for weight, block in children if not block)
    linked = sum(weight.linked for weight, _ in children)
    own_linked = sum(weight.own_linked for weight, block in children if not block)
    prose = sum(weight.prose for weight, _ in children)
    chars = direct + sum(weight.chars for weight, _ in children)
    if name == "a" and element.get("href"):
        return Weight(chars, chars, 0, own, own)
    if name in BLOCKS:
        if own >= _LEAST_PROSE_CHARS and 2 * own_linked < own:
            prose += own - own_linked
        own = own_linked = 0
    return Weight(chars, linked, prose, own, own_linked)


def _chars(text: str | None) -> int:
    return len(text.strip()) if text else 0
