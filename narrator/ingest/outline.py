"""From an EPUB's table of contents to the marks of its chapters.

The rule, in order: an entry is front or back matter if the book types it so, if its landmarks or
its title say so, or if it comes before the place that the book calls its beginning and is not
titled like a chapter. Of the rest an entry is a chapter, with its nested entries headings inside
it, unless it is a *part*: typed or titled so, or its entries are chapters by title, or lie in other
files than itself, or it is the only entry there is. Then its entries are the chapters, and its own
heading goes to the first of them. What the table of contents does not list goes on from what is
before it, unless the book types it otherwise.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from narrator.domain.documents import SkipReason
from narrator.ingest.elements import matter_of
from narrator.ingest.flow import Flow
from narrator.ingest.headings import OWN_CHARS
from narrator.ingest.labels import label_above
from narrator.ingest.sections import Mark, heading_at
from narrator.ingest.titles import names_chapter, names_part, reason_of

_PARTS = frozenset({"part", "volume", "division"})
_CHAPTERS = frozenset({"chapter", "se:short-story", "se:novella", "prologue", "epilogue"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the table of contents; `place` is what it links to (`path` or `path#id`)."""

    title: str
    place: str
    children: tuple["Entry", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a book says of its parts.

    `files` are the spine's, in order, with their `<title>`; `landmarks` tells of places which
    structural type they are.
    """

    entries: tuple[Entry, ...]
    files: Mapping[str, str]
    landmarks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leaf:
    mark: Mark
    path: str


def marks(flow: Flow, outline: Outline) -> list[Mark]:
    """Where chapters, front and back matter begin."""
    leaves = _Reading(flow, outline).leaves(outline.entries)
    if all(leaf.mark.reason for leaf in leaves):
        return _by_file(flow, outline, leaves)
    listed = [leaf.mark for leaf in _drawn_back(flow, leaves)]
    return [*listed, *_unlisted(flow, outline, leaves, listed)]


class _Reading:
    """The table of contents, read against the flow it belongs to."""

    def __init__(self, flow: Flow, outline: Outline) -> None:
        self._flow = flow
        self._types = _landmark_types(flow, outline)
        body = [first for first, types in self._types.items() if types & {"bodymatter", "text"}]
        self._beginning = min(body, default=0)
        self._ends: dict[int, int] = {}

    def leaves(self, entries: Iterable[Entry]) -> list[_Leaf]:
        """The entries that are chapters, front or back matter, in the order of the book."""
        listed = list(entries)
        self._find_ends(listed)
        body = [entry for entry in listed if self._reason(entry) is None]
        found = [leaf for entry in listed for leaf in self._leaves(entry, alone=[entry] == body)]
        return sorted(found, key=lambda leaf: leaf.mark.first)

    def _leaves(self, entry: Entry, *, alone: bool) -> list[_Leaf]:
        reason = self._reason(entry)
        first = None if reason and _is_empty(self._flow, entry.place) else self._first(entry)
        below = (
            []
            if reason
            else [leaf for child in entry.children for leaf in self._leaves(child, alone=False)]
        )
        if first is None:
            return below
        leaf = _Leaf(
            mark=Mark(first=first, title=entry.title, reason=reason), path=_path(entry.place)
        )
        if not below or not self._is_part(entry, first, alone=alone):
            return [leaf]
        return self._part(leaf, below)

    def _part(self, leaf: _Leaf, below: list[_Leaf]) -> list[_Leaf]:
        head, *rest = sorted(below, key=lambda each: each.mark.first)
        own = self._flow.said(leaf.mark.first, head.mark.first)
        if own >= OWN_CHARS or head.mark.reason:
            return [leaf, head, *rest]
        first = min(leaf.mark.first, head.mark.first)
        return [replace(head, mark=replace(head.mark, first=first)), *rest]

    def _is_part(self, entry: Entry, first: int, *, alone: bool) -> bool:
        types = self._flow.types.get(first, frozenset())
        if types & _PARTS or types & _CHAPTERS:
            return bool(types & _PARTS)
        if names_part(entry.title) or names_chapter(entry.title):
            return names_part(entry.title)
        inside = sum(_path(child.place) == _path(entry.place) for child in entry.children)
        return (
            (alone and len(entry.children) > 1)
            or any(
                names_chapter(child.title) or names_part(child.title) for child in entry.children
            )
            or 2 * inside < len(entry.children)
        )

    def _first(self, entry: Entry) -> int | None:
        places = self._flow.places
        return places.get(entry.place, places.get(_path(entry.place)))

    def _find_ends(self, entries: list[Entry]) -> None:
        """Where each entry ends: at the next one further on that is not nested in it."""
        beyond = len(self._flow.blocks)
        later = [(-1, beyond, beyond)]  # depth, where it begins, where it ends
        for depth, entry in reversed(list(_flat(entries))):
            while later[-1][0] > depth:
                later.pop()
            _, begins, ends = later[-1]
            first = self._first(entry)
            if first is None:
                self._ends[id(entry)] = begins
                continue
            self._ends[id(entry)] = end = begins if begins > first else ends
            while later[-1][0] >= depth:
                later.pop()
            later.append((depth, first, end))

    def _reason(self, entry: Entry) -> SkipReason | None:
        first = self._first(entry)
        if first is None:
            return None
        said, reason = _declared(self._flow, first)
        if not said:
            said, reason = matter_of(self._types.get(first, frozenset()))
        if said:
            return reason
        early = self._ends[id(entry)] <= self._beginning and not names_chapter(entry.title)
        return reason_of(entry.title) or (SkipReason.FRONT_MATTER if early else None)


def _flat(entries: Iterable[Entry], depth: int = 0) -> Iterator[tuple[int, Entry]]:
    for entry in entries:
        yield depth, entry
        yield from _flat(entry.children, depth + 1)


def _landmark_types(flow: Flow, outline: Outline) -> dict[int, frozenset[str]]:
    found: dict[int, frozenset[str]] = {}
    for place, types in outline.landmarks.items():
        first = flow.places.get(place, flow.places.get(_path(place)))
        beside = matter_of(frozenset(types.split()))[1] and _is_empty(flow, place)
        if first is not None and not beside:
            found[first] = found.get(first, frozenset()) | frozenset(types.split())
    return found


def _is_empty(flow: Flow, place: str) -> bool:
    """Whether the file of a place says nothing (a cover), so that it begins where the next does."""
    path = _path(place)
    return path in flow.ends and flow.ends[path] == flow.places[path]


def _declared(flow: Flow, first: int) -> tuple[bool, SkipReason | None]:
    for matter in flow.matters:
        if matter.first <= first < matter.end:
            return True, matter.reason
    return False, None


def _drawn_back(flow: Flow, leaves: list[_Leaf]) -> Iterator[_Leaf]:
    """Chapters with what precedes their anchor in its file: headings, or the book's very opening.

    Other text there is the end of the chapter before, which overflowed into this file.
    """
    begun = False
    before = ""
    for leaf in map(partial(_with_label, flow), leaves):
        top, body = flow.places[leaf.path], leaf.mark.reason is None
        alone = body and before != leaf.path and top < leaf.mark.first
        if alone and not (begun and flow.said(top, leaf.mark.first)):
            yield replace(leaf, mark=replace(leaf.mark, first=top))
        else:
            yield leaf
        begun, before = begun or body, leaf.path


def _with_label(flow: Flow, leaf: _Leaf) -> _Leaf:
    """What a heading leads to begins with the label above it, if that is in the same file."""
    first = label_above(flow, leaf.mark.first)
    if first < flow.places[leaf.path]:
        return leaf
    return replace(leaf, mark=replace(leaf.mark, first=first))


def _unlisted(
    flow: Flow, outline: Outline, leaves: list[_Leaf], listed: list[Mark]
) -> Iterator[Mark]:
    """Files that no entry leads to, but that are body matter by type amid what is skipped."""
    paths = {leaf.path for leaf in leaves}
    ends = [*(flow.places[path] for path in outline.files), len(flow.blocks)][1:]
    for (path, title), end in zip(outline.files.items(), ends, strict=True):
        first = flow.places[path]
        if path in paths or first == end or _declared(flow, first) != (True, None):
            continue
        before = [mark for mark in listed if mark.first <= first]
        if not before or max(before, key=lambda mark: mark.first).reason:
            yield Mark(first=first, title=heading_at(flow, first) or title)


def _by_file(flow: Flow, outline: Outline, leaves: list[_Leaf]) -> list[Mark]:
    """No table of contents worth the name: each file is a chapter, unless something says not."""
    reasons = {leaf.path: leaf.mark.reason for leaf in leaves}
    made = []
    for path, title in outline.files.items():
        first = flow.places[path]
        heading = heading_at(flow, first) or title
        said, reason = _declared(flow, first)
        reason = reason if said else reasons.get(path) or reason_of(heading)
        made.append(Mark(first=first, title=heading, reason=reason))
    if all(mark.reason for mark in made):
        return [replace(mark, reason=None) for mark in made]
    return made


def _path(place: str) -> str:
    return place.partition("#")[0]
