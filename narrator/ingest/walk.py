"""Walking an (X)HTML tree, so that each of its characters is written down once, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.elements import BLOCKS, Place, matter_of, place_of, types_of
from narrator.ingest.flow import Flow, Matter, Scribe, in_order
from narrator.ingest.xhtml import Element, local_name

_OUTERMOST = frozenset({"body", "section", "article", "div", "main"})
_DEEPEST = 200
"""Nested elements. libxml2 builds trees 256 deep at most, and loses what would be deeper."""

_LONGEST_CHARS = 2_400_000
"""Characters without an element among them; libxml2 loses what is above 10,000,000 bytes."""

_DEEPEST_MATTER = 4
"""How far below the root (html = 1, body = 2) an element may say which matter its text is: further
in, `dedication` and the like are parts of a chapter."""


@dataclass(slots=True)
class Walker:
    """Walks tree after tree into one flow. Characters come exactly as `itertext` gives them.

    `reading` says what is done with text of each role; `left_out` names elements that are skipped
    whole, and why, whatever they are called.
    """

    reading: Reading = DEFAULT_READING
    left_out: Mapping[Element, SkipReason] = field(default_factory=dict)
    scribe: Scribe = field(default_factory=Scribe)
    matters: list[Matter] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    types: dict[int, frozenset[str]] = field(default_factory=dict)

    def walk(self, root: Element, *, path: str = "", skip: SkipReason | None = None) -> None:
        """Write a tree down. `path` is its file's name in links; `skip` leaves all of it out."""
        self.places[path] = len(self.scribe.blocks)
        stack = [Place(skip=skip)]
        matter: tuple[Element, int, SkipReason | None] | None = None
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                types = types_of(element)
                stack.append(self._place(element, types, stack[-1]))
                _refuse_beyond(len(stack) <= _DEEPEST, path)
                self._enter(element, types, stack, path)
                if matter is None and _may_say_matter(element, len(stack) - 1):
                    said, reason = matter_of(types)
                    matter = (element, len(self.scribe.blocks), reason) if said else None
                self._text(element.text, stack[-1])
                continue
            if event == "end":
                self._leave(element, stack.pop())
                if matter and matter[0] is element:
                    end = len(self.scribe.blocks)
                    self.matters.append(Matter(first=matter[1], end=end, reason=matter[2]))
                    matter = None
            if element is not root:
                self._text(element.tail, stack[-1])

    def flow(self) -> Flow:
        """All that was walked."""
        self.scribe.close()
        return Flow(
            source=self.scribe.source,
            blocks=tuple(self.scribe.blocks),
            skips=in_order(self.scribe.skips),
            matters=tuple(self.matters),
            places=self.places,
            types=self.types,
        )

    def _place(self, element: Element, types: frozenset[str], around: Place) -> Place:
        skip = around.skip or self.left_out.get(element)
        return Place(skip=skip) if skip else place_of(element, types, around)

    def _enter(
        self, element: Element, types: frozenset[str], stack: list[Place], path: str
    ) -> None:
        name = local_name(element)
        if name in BLOCKS and not stack[-2].skip:
            self.scribe.close()
        here = len(self.scribe.blocks)
        for mark in {element.get("id"), element.get("name") if name == "a" else None} - {None}:
            self.places.setdefault(f"{path}#{mark}", here)
        if types and name in _OUTERMOST:
            self.types[here] = self.types.get(here, frozenset()) | types
        if name == "br" and not stack[-1].skip:
            self.scribe.line_break()
        if name == "hr" and not stack[-1].skip:
            self.scribe.scene_break()

    def _leave(self, element: Element, place: Place) -> None:
        if local_name(element) in BLOCKS and not place.skip:
            self.scribe.close()

    def _text(self, text: str | None, place: Place) -> None:
        _refuse_beyond(len(text or "") <= _LONGEST_CHARS, "")
        if text and place.skip:
            self.scribe.skip(text, place.skip)
        elif text:
            self.scribe.text(text, place.kind, level=place.level, linked=place.linked)


def _refuse_beyond(reasonable: bool, path: str) -> None:  # noqa: FBT001
    """Refuse what the parser may have cut short."""
    if not reasonable:
        raise DocumentRefused(
            f"{path or 'the document'} nests its elements more than {_DEEPEST} deep, or has "
            f"{_LONGEST_CHARS:,} characters in one",
            remedy="convert the document anew, or hand in its text",
        )


def _may_say_matter(element: Element, depth: int) -> bool:
    return depth <= _DEEPEST_MATTER and local_name(element) in _OUTERMOST
