"""Walking an (X)HTML tree, so that each of its characters is written down once, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree

from narrator.domain.choices import DEFAULT_READING, Reading, Role
from narrator.domain.documents import INITIAL, SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.archive import resolved
from narrator.ingest.elements import (
    BLOCKS,
    DRAWN_BLOCKS,
    REFERENCES,
    Place,
    caption_of,
    initial_of,
    matter_of,
    page_label,
    part_of,
    place_of,
    says_picture,
    types_of,
)
from narrator.ingest.flow import Flow, Matter, Scribe, in_order
from narrator.ingest.labels import LABEL_CLASS, with_labels
from narrator.ingest.roles import (
    ALTERNATIVE,
    ANNOUNCEMENT,
    NUMBERING,
    PAGE_BREAK,
    announcement,
    named,
)
from narrator.ingest.xhtml import Element, local_name

_OUTERMOST = frozenset({"body", "section", "article", "div", "main"})
_ANNOUNCED = frozenset({"figure", "pre", "svg", "table"})
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
    whole, and why, whatever they are called; `labels` what is said before others.
    """

    reading: Reading = DEFAULT_READING
    left_out: Mapping[Element, SkipReason] = field(default_factory=dict)
    labels: Mapping[Element, str] = field(default_factory=dict)
    scribe: Scribe = field(init=False)
    matters: list[Matter] = field(default_factory=list)
    parts: list[Matter] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    types: dict[int, frozenset[str]] = field(default_factory=dict)
    guessed: dict[str, str] = field(default_factory=dict)
    vouched: set[str] = field(default_factory=set)
    kickers: set[int] = field(default_factory=set)
    links: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scribe = Scribe(reading=self.reading)

    def walk(self, root: Element, *, path: str = "") -> None:
        """Write a tree down. `path` is its file's name in links.

        A drawing that is a page by itself is read; one on a page is a figure.
        """
        self.places[path] = len(self.scribe.blocks)
        stack = [Place(drawn=local_name(root) == "svg")]
        matter: tuple[Element, int, SkipReason | None] | None = None
        parts: list[tuple[Element, int, SkipReason]] = []
        for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
            if event == "start":
                types = types_of(element)
                stack.append(self._place(element, types, stack[-1]))
                _refuse_beyond(len(stack) <= _DEEPEST, path)
                self._enter(element, types, stack, path)
                here = len(self.scribe.blocks)
                if matter is None and _may_say_matter(element, len(stack) - 1):
                    said, reason = matter_of(types)
                    matter = (element, here, reason) if said else None
                if types and (part := part_of(types)) and not stack[-1].skip:
                    parts.append((element, here, part))
                self._text(element.text, stack[-1])
                continue
            if event == "end":
                self._leave(element, stack.pop(), path)
                if matter and matter[0] is element:
                    self.matters.append(self._matter(matter[1], matter[2]))
                    matter = None
                if parts and parts[-1][0] is element:
                    _, first, part = parts.pop()
                    self.parts.append(self._matter(first, part))
            if element is not root:
                self._text(element.tail, stack[-1])
        self.scribe.close()
        self.ends[path] = len(self.scribe.blocks)

    def flow(self) -> Flow:
        """All that was walked."""
        flow = Flow(
            source=self.scribe.source,
            blocks=tuple(self.scribe.blocks),
            skips=in_order(self.scribe.skips),
            matters=(*self.parts, *self.matters),
            places=self.places,
            ends=self.ends,
            types=self.types,
            guessed={each: self.guessed[each] for each in self.guessed.keys() - self.vouched},
            links=self.links,
        )
        return with_labels(flow, self.kickers)

    def _matter(self, first: int, reason: SkipReason | None) -> Matter:
        return Matter(first=first, end=len(self.scribe.blocks), reason=reason)

    def _place(self, element: Element, types: frozenset[str], around: Place) -> Place:
        skip = None if around.skip else self.left_out.get(element)
        return Place(skip=skip) if skip else place_of(element, types, around, self.reading)

    def _enter(
        self, element: Element, types: frozenset[str], stack: list[Place], path: str
    ) -> None:
        name, place, around = local_name(element), stack[-1], stack[-2]
        if _is_block(name, place) and not around.skip:
            self._end_block(within_cell=around.cell or place.cell)
        if place.note:
            self.scribe.open_note()
        here = len(self.scribe.blocks)
        for mark in {element.get("id"), element.get("name") if name == "a" else None} - {None}:
            self.places.setdefault(f"{path}#{mark}", here)
        if types and name in _OUTERMOST:
            self.types[here] = self.types.get(here, frozenset()) | types
        if LABEL_CLASS.search(element.get("class") or ""):
            self.kickers.add(here)
        if name == "a" and "#" in (link := element.get("href") or ""):
            self.links.setdefault(here, []).append(resolved(path, link))
        if place.cites and place is not around:
            self._cite(element, types, resolved(path, place.cites))
        if place.skip:
            self._announce(element, name, place.skip, around)
        else:
            self._mark(element, name, place, around)
            if label := self.labels.get(element):
                self.scribe.text("", place.kind, level=place.level)  # it may be all that there is
                self.scribe.insert(label, NUMBERING)

    def _cite(self, element: Element, types: frozenset[str], noted: str) -> None:
        """A reference: the place that it leads to is a note, or is by the mark's looks."""
        self.scribe.cite(noted)
        if types & REFERENCES:
            self.vouched.add(noted)
        else:
            self.guessed.setdefault(noted, "".join(str(text) for text in element.itertext()))

    def _mark(self, element: Element, name: str, place: Place, around: Place) -> None:
        """What an element that is read says by being there."""
        if name == "br":
            self.scribe.line_break()
        elif name == "hr":
            self.scribe.scene_break()
        elif name == "img":
            self._picture(element)
        elif place.apart:
            self.scribe.line_break()
            if label := page_label(element):
                self.scribe.insert(label, PAGE_BREAK)
        elif place.cell and not around.cell:
            self._part_cell()

    def _announce(self, element: Element, name: str, reason: SkipReason, around: Place) -> None:
        """Say of what is left out that it is there, once."""
        if around.skip or name not in _ANNOUNCED or self.scribe.within_block:
            return
        about = "" if name in {"pre", "svg"} else caption_of(element, self.reading)
        if said := announcement(reason, self.reading, about):
            self.scribe.insert(said, ANNOUNCEMENT)
            self._end_block(within_cell=around.cell)

    def _picture(self, element: Element) -> None:
        """A picture in a sentence is what it shows; one that stands alone is named as a figure."""
        if initial := initial_of(element):
            self.scribe.insert(initial, INITIAL)
            return
        shown = says_picture(element)
        if shown is None:
            return
        said = announcement(SkipReason.FIGURE, self.reading)
        if self.scribe.within_block:
            said = ""
        if self.reading.reads(Role.FIGURES):
            said = shown if self.scribe.within_block else named(Role.FIGURES, shown)
        if said:
            self.scribe.insert(said, ALTERNATIVE if shown in said else ANNOUNCEMENT)

    def _part_cell(self) -> None:
        """Keep a table's cell apart from the one before it."""
        if self.scribe.within_block:
            self.scribe.punctuate(",")
            self.scribe.line_break()

    def _end_block(self, *, within_cell: bool) -> None:
        """End the block before or after an element; within a table's cell only its line."""
        if within_cell:
            self.scribe.line_break()
        else:
            self.scribe.close()

    def _leave(self, element: Element, place: Place, path: str) -> None:
        name = local_name(element)
        if _is_block(name, place) and not place.skip:
            if place.table and not place.cell and name == "tr":
                self.scribe.punctuate(".")
            self._end_block(within_cell=place.cell)
        if place.note:
            self.scribe.close_note()
        elif place.apart:
            self.scribe.line_break()
        if name in BLOCKS and element.get("id"):
            self.ends.setdefault(f"{path}#{element.get('id')}", len(self.scribe.blocks))

    def _text(self, text: str | None, place: Place) -> None:
        _refuse_beyond(len(text or "") <= _LONGEST_CHARS, "")
        if text and place.skip:
            self.scribe.skip(text, place.skip)
        elif text:
            self.scribe.text(text, place.kind, level=place.level, linked=place.linked)


def _is_block(name: str, place: Place) -> bool:
    return name in BLOCKS or (name in DRAWN_BLOCKS and not place.skip)


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
