"""Where a PDF's chapters begin: by its outline (bookmarks), else by its headings.

An entry of the outline is a chapter, with the entries below it sections in it, unless it is a part:
titled so, or of chapters by title, or the only one. What its title names as front or back matter
is skipped, and so is what comes before the first chapter.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from narrator.domain.documents import PassageKind, SkipReason
from narrator.ingest.flow import Flow
from narrator.ingest.headings import heading_marks
from narrator.ingest.pdf_layout import Line
from narrator.ingest.pdf_pages import Bookmark
from narrator.ingest.pdf_paragraphs import Draft, Use
from narrator.ingest.sections import Mark
from narrator.ingest.titles import names_chapter, names_part, reason_of

_SEVERAL = 2
_MOST_LEVELS = 6
_MOST_TITLE_CHARS = 300
_ABOVE_SIZES = 1.5
"""A bookmark points this little above what it means, or less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A chapter begins at a draft (by number), or a stretch that is skipped for a reason."""

    draft: int
    title: str
    reason: SkipReason | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    bookmark: Bookmark
    below: tuple["_Entry", ...]


# ------------------------------------------------------------------------------ by the outline


def starts(
    bookmarks: Sequence[Bookmark], drafts: Sequence[Draft], lines: Sequence[Line]
) -> list[Start]:
    """Where the outline's chapters begin, in order; makes headings of what it names."""
    finder = _Finder(drafts, lines)
    placed = [(finder.find(bookmark), bookmark) for bookmark in bookmarks]
    by_entry = {id(bookmark): draft for draft, bookmark in placed if draft is not None}
    chosen = _chapters(_tree(list(bookmarks)))
    found: dict[int, Start] = {}
    for bookmark in chosen:
        draft = by_entry.get(id(bookmark))
        if draft is not None:
            reason = reason_of(bookmark.title)
            found.setdefault(draft, Start(draft=draft, title=bookmark.title, reason=reason))
    ordered = [found[draft] for draft in sorted(found)]
    return ordered if any(start.reason is None for start in ordered) else []


def _tree(bookmarks: Sequence[Bookmark]) -> tuple[_Entry, ...]:
    """The entries with what is below them."""
    stack: list[tuple[int, list[_Entry], Bookmark | None]] = [(-1, [], None)]
    for bookmark in bookmarks:
        while len(stack) > 1 and stack[-1][0] >= bookmark.level:
            _fold(stack)
        stack.append((bookmark.level, [], bookmark))
    while len(stack) > 1:
        _fold(stack)
    return tuple(stack[0][1])


def _fold(stack: list[tuple[int, list[_Entry], Bookmark | None]]) -> None:
    _, below, bookmark = stack.pop()
    if bookmark:
        stack[-1][1].append(_Entry(bookmark, tuple(below)))


def _chapters(entries: Sequence[_Entry]) -> Iterator[Bookmark]:
    body = [entry for entry in entries if reason_of(entry.bookmark.title) is None]
    for entry in entries:
        yield entry.bookmark
        if _is_part(entry, alone=body == [entry]):
            yield from _chapters(entry.below)


def _is_part(entry: _Entry, *, alone: bool) -> bool:
    title, below = entry.bookmark.title, [each.bookmark.title for each in entry.below]
    if not below or reason_of(title):
        return False
    if names_part(title) or names_chapter(title):
        return names_part(title)
    chapters = any(names_chapter(each) or names_part(each) for each in below)
    return chapters or (alone and len(below) >= _SEVERAL)


class _Finder:
    """Finds the draft that a bookmark means."""

    def __init__(self, drafts: Sequence[Draft], lines: Sequence[Line]) -> None:
        self._drafts, self._lines = drafts, lines
        self._by_page: dict[int, list[int]] = {}
        for number, draft in enumerate(drafts):
            if draft.use is Use.BODY:
                self._by_page.setdefault(lines[draft.lines[0]].page, []).append(number)
        self._last_page = max(self._by_page, default=-1)

    def find(self, bookmark: Bookmark) -> int | None:
        """The draft's number; none if nothing comes after the bookmark."""
        here = self._by_page.get(bookmark.page, [])
        named = [number for number in here if _says(self._text(number), bookmark.title)]
        if named:
            self._head(named[0], bookmark.level)
            return named[0]
        return self._below(here, bookmark) if here else self._later(bookmark.page + 1)

    def _below(self, here: Sequence[int], bookmark: Bookmark) -> int | None:
        """The first draft below the place that the bookmark names; else the first heading."""
        if bookmark.top is not None:
            for number in here:
                line = self._lines[self._drafts[number].lines[0]]
                if line.row >= bookmark.top - _ABOVE_SIZES * line.size:
                    return number
            return self._later(bookmark.page + 1)
        heads = [number for number in here if self._drafts[number].kind is PassageKind.HEADING]
        return (heads or list(here))[0]

    def _later(self, page: int) -> int | None:
        while page <= self._last_page:
            if page in self._by_page:
                return self._by_page[page][0]
            page += 1
        return None

    def _text(self, number: int) -> str:
        held = self._drafts[number].lines
        return " ".join(self._lines[index].text for index in held[:_MOST_LEVELS])

    def _head(self, number: int, level: int) -> None:
        draft = self._drafts[number]
        if draft.kind is not PassageKind.HEADING:
            draft.kind, draft.level = PassageKind.HEADING, min(level + 1, _MOST_LEVELS)


def _says(text: str, title: str) -> bool:
    """Whether a block is a title, or all of it but its number is."""
    if len(text) > _MOST_TITLE_CHARS:
        return False
    one, other = _letters(text), _letters(title)
    return bool(other) and (one == other or (one.endswith(other) and len(one) < 2 * len(other)))


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


# ------------------------------------------------------------------------------ as marks


def outline_marks(
    flow: Flow, found: Iterable[Start], index_of: Mapping[int, int], title: str
) -> list[Mark]:
    """The starts as marks on the flow's blocks, `index_of` their drafts; else its headings."""
    marks = [
        Mark(first=index_of[start.draft], title=start.title, reason=start.reason)
        for start in found
        if start.draft in index_of
    ]
    body = next((n for n, mark in enumerate(marks) if mark.reason is None), None)
    if body is None:
        return _headed_marks(flow, title)
    marks[body] = replace(marks[body], first=_drawn_back(flow, marks, body))
    before = marks[0].first
    if 2 * before > len(flow.blocks):  # no outline worth the name begins in the middle
        marks.insert(0, Mark(first=0, title=title))
    return marks


def _drawn_back(flow: Flow, marks: Sequence[Mark], body: int) -> int:
    """The first chapter's first block, with headings right before it."""
    least = marks[body - 1].first + 1 if body else 0
    first = marks[body].first
    while first > least and flow.blocks[first - 1].kind is PassageKind.HEADING:
        first -= 1
    return first


def _headed_marks(flow: Flow, title: str) -> list[Mark]:
    """Chapters by headings; those that name front or back matter are such."""
    marks = heading_marks(flow, title)
    judged = [replace(mark, reason=reason_of(mark.title)) for mark in marks[1:]]
    return [marks[0], *judged] if any(mark.reason is None for mark in judged) else marks
