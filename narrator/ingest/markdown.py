"""Markdown: the source is the file's own text; markup is skipped, headings begin chapters.

markdown-it says what each stretch of text is but, within a line, not where it stands. Its texts are
found again in the source one after the other, each from where the last one ended. Notes are
referred to as `[^label]`; their text begins a line with `[^label]:`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, reference
from markdown_it.token import Token

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document, Metadata, PassageKind, SkipReason
from narrator.ingest.casting import cast, preamble_casting
from narrator.ingest.flow import Flow, Scribe, in_order
from narrator.ingest.headings import heading_marks
from narrator.ingest.labels import with_labels
from narrator.ingest.roles import ALTERNATIVE, ANNOUNCEMENT, announcement, is_left_out
from narrator.ingest.sections import cut

_LINE_END = re.compile(r"\r\n|\n|\r")
_PREAMBLE = re.compile(r"---[ \t]*\r?\n.*?^(?:---|\.\.\.)[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(r"^(title|author|date|lang|language|description):[ \t]*(\S.*)", re.MULTILINE)
_TARGET = re.compile(r"\]\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)|\]\[[^\]]*\]|\]", re.DOTALL)
_MARKUP = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|</?[A-Za-z][^<>]*>|<[!?][^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_NOTE = re.compile(r"^ {0,3}\[\^([^\]\s]{1,80})\]:[ \t]*", re.MULTILINE)
_REFERENCE = re.compile(r"\[\^([^\]\s]{1,80})\]")
_FENCE_END = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[ \t]*\s*\Z", re.MULTILINE)
_BOX = re.compile(r"\[[ xX]\][ \t]+(?=\S)")
_SKIPPED = {"fence": SkipReason.CODE, "code_block": SkipReason.CODE, "hr": SkipReason.SCENE_BREAK}
_STRUCK = re.compile(r"<(/?)(?:del|s|strike)\b[^>]*>", re.IGNORECASE)
_KINDS = {"blockquote": PassageKind.QUOTATION, "list_item": PassageKind.LIST_ITEM}


def read_markdown(text: str, title: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document; `title` names it if nothing in it does.

    Raises DocumentRefused for voices in the preamble that cannot be.
    """
    preamble = _PREAMBLE.match(text)
    start = preamble.end() if preamble else 0
    flow = _Walk(text, start, reading).flow()
    metadata = _metadata(text[:start], next(_titles(flow), title))
    chapters, skips = cut(flow, heading_marks(flow, metadata.title), reading)
    chapters = cast(chapters, preamble_casting(text[:start]))
    return Document(
        format="markdown", source=text, metadata=metadata, chapters=chapters, skips=skips
    )


def _titles(flow: Flow) -> Iterator[str]:
    return (block.text(flow.source) for block in flow.blocks if block.level == 1)


def _metadata(preamble: str, title: str) -> Metadata:
    found = {name: value.rstrip().strip("\"'") for name, value in _FIELD.findall(preamble)}
    author = found.get("author")
    return Metadata(
        title=found.get("title") or title,
        creators=(author,) if author else (),
        language=found.get("lang") or found.get("language") or "",
        date=found.get("date", ""),
        description=found.get("description", ""),
    )


@dataclass(slots=True)
class _Walk:
    """A walk over markdown-it's tokens that follows them through the source."""

    source: str
    start: int
    reading: Reading
    scribe: Scribe = field(init=False)
    places: dict[str, int] = field(default_factory=dict)
    _kinds: list[PassageKind] = field(default_factory=lambda: [PassageKind.PARAGRAPH])
    _level: int = 0
    _lines: list[int] = field(default_factory=list)
    _defined: frozenset[str] = frozenset()
    _line_begins: bool = True
    _in_note: bool = False
    _in_row: bool = False
    _struck: int = 0
    _linked: bool = False

    def __post_init__(self) -> None:
        self.scribe = Scribe(reading=self.reading)
        self._defined = frozenset(match[1] for match in _NOTE.finditer(self.source, self.start))

    def flow(self) -> Flow:
        """The whole file, written down."""
        self.scribe.skip(self.source[: self.start], SkipReason.METADATA)
        self._lines = [self.start]
        self._lines += (m.end() for m in _LINE_END.finditer(self.source, self.start))
        self._lines.append(len(self.source))
        tokens = iter(_parser().parse(self.source[self.start :]))
        for token in tokens:
            if token.type == "table_open" and is_left_out(SkipReason.TABLE, self.reading):
                self._skip_lines(token, SkipReason.TABLE)
                _pass_over(tokens, "table_close")
            else:
                self._block(token)
        self._skip_to(len(self.source))
        flow = Flow(
            source=self.scribe.source,
            blocks=tuple(self.scribe.blocks),
            skips=in_order(self.scribe.skips),
            places=self.places,
        )
        return with_labels(flow, ())

    def _block(self, token: Token) -> None:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "inline":
            self._inline(token)
        elif token.type == "html_block":
            self._markup(token)
        elif name in _SKIPPED:
            self._listing_or_line(token, _SKIPPED[name])
        elif name == "tr":
            self._in_row = token.nesting > 0
            self.scribe.punctuate(".")
            self.scribe.close()
        elif name == "heading":
            self._level = int(token.tag[1]) if token.nesting > 0 else 0
        elif name in _KINDS:
            self._nest(_KINDS[name], token.nesting)

    def _nest(self, kind: PassageKind, nesting: int) -> None:
        if nesting > 0:
            self._kinds.append(kind)
        else:
            self._kinds.pop()

    def _bounds(self, token: Token) -> tuple[int, int]:
        """Where the lines of a token begin and end in the source."""
        first, end = token.map or (0, 0)
        return self._lines[first], self._lines[min(end, len(self._lines) - 1)]

    def _skip_lines(self, token: Token, reason: SkipReason) -> None:
        low, high = self._bounds(token)
        self._skip_to(low)
        if reason is SkipReason.SCENE_BREAK:
            self.scribe.scene_break()
        elif said := announcement(reason, self.reading):
            self.scribe.insert(said, ANNOUNCEMENT)
            self.scribe.close()
        self._skip_to(high, reason)

    def _listing_or_line(self, token: Token, reason: SkipReason) -> None:
        if is_left_out(reason, self.reading) or not token.content.strip():
            self._skip_lines(token, reason)
            return
        low, high = self._bounds(token)
        self._skip_to(
            low if token.type == "code_block" else self._lines[(token.map or (0, 0))[0] + 1]
        )
        closed = token.type == "fence" and _FENCE_END.search(self.source, low, high)
        self._say_to(closed.start() if closed else high)
        self.scribe.close()

    def _skip_to(self, end: int, reason: SkipReason = SkipReason.MARKUP) -> None:
        """Leave out what lies before `end`: markup, unless it is but whitespace."""
        stretch = self.source[self.scribe.length : end]
        self.scribe.skip(stretch, SkipReason.WHITESPACE if stretch.isspace() else reason)

    def _say_to(self, end: int) -> None:
        if self._struck and is_left_out(SkipReason.DELETED, self.reading):
            self._skip_to(end, SkipReason.DELETED)
            return
        kind = PassageKind.HEADING if self._level else self._kinds[-1]
        stretch = self.source[self.scribe.length : end]
        self.scribe.text(stretch, kind, level=self._level, linked=self._linked)

    def _markup(self, token: Token) -> None:
        """A block of HTML: its tags are markup, what stands between them is text."""
        low, high = self._bounds(token)
        self._skip_to(low)
        for tag in _MARKUP.finditer(self.source, low, high):
            self._say_to(tag.start())
            self._skip_to(tag.end())
            self._strike(tag[0])
        self._say_to(high)
        self._struck = 0
        self.scribe.close()

    def _strike(self, tag: str) -> None:
        """Begin or end a stretch that is struck through, if the tag does."""
        if struck := _STRUCK.fullmatch(tag):
            self._struck = max(0, self._struck + (-1 if struck[1] else 1))

    def _inline(self, token: Token) -> None:
        low, high = self._bounds(token)
        self._skip_to(max(low, self.scribe.length))
        if self._in_row and self.scribe.within_block:
            self.scribe.punctuate(",")
            self.scribe.line_break()
        self._line_begins = not self._in_row
        for child in token.children or ():
            if not self._child(child, high):
                self._say_to(high)  # as it stands, rather than not at all
                break
            self._line_begins = child.type in {"softbreak", "hardbreak"}
        self._struck, self._linked = 0, False  # however they were left
        if not self._in_row:
            self.scribe.close()
        self._end_note()

    def _begin_note(self, label: str) -> None:
        self._end_note()
        self.scribe.close()
        self.scribe.open_note()
        self._in_note = True
        self.places.setdefault(label, len(self.scribe.blocks))

    def _end_note(self) -> None:
        if self._in_note:
            self.scribe.close_note()
            self._in_note = False

    def _child(self, child: Token, high: int) -> bool:
        """Follow a child through the source; false if it is not found where it should be."""
        if child.type == "link_open":
            self._linked = str(child.attrs.get("href", "")).startswith("#")
        if child.type == "link_close":
            self._linked = False
            return child.markup == "autolink" or self._target(high, SkipReason.MARKUP)
        follow = self._followers().get(child.type)
        return follow is None or follow(child, high)

    def _followers(self) -> dict[str, Callable[[Token, int], bool]]:
        return {
            "text": self._find,
            "code_inline": self._find,
            "text_special": self._special,
            "softbreak": self._line_end,
            "hardbreak": self._line_end,
            "image": self._image,
            "html_inline": self._tag,
            "s_open": self._stroke,
            "s_close": self._stroke,
        }

    def _find(self, child: Token, high: int) -> bool:
        content = child.content
        at = self.source.find(content, self.scribe.length, high)
        if at < 0:
            return self._find_wrapped(content, high)
        self._skip_to(at)
        note = _NOTE.match(self.source, at, at + len(content)) if self._line_begins else None
        if note and child.type == "text":
            self._begin_note(note[1])
            self._skip_to(note.end())
        box = _BOX.match(self.source, at) if self._line_begins else None
        if box and self._kinds[-1] is PassageKind.LIST_ITEM:
            self._skip_to(box.end())
        if child.type == "text":
            self._find_references(at + len(content))
        self._say_to(at + len(content))
        return True

    def _find_references(self, end: int) -> None:
        """Say what stands before each note reference, and the reference if that is to be said."""
        for mark in _REFERENCE.finditer(self.source, self.scribe.length, end):
            if mark[1] in self._defined:
                self._say_to(mark.start())
                self.scribe.cite(mark[1])
                self._mark(mark)

    def _mark(self, mark: re.Match[str]) -> None:
        if is_left_out(SkipReason.NOTE_REFERENCE, self.reading):
            self._skip_to(mark.end(), SkipReason.NOTE_REFERENCE)
            return
        self.scribe.line_break()
        self._skip_to(mark.start(1))
        self._say_to(mark.end(1))
        self._skip_to(mark.end())
        self.scribe.line_break()

    def _find_wrapped(self, content: str, high: int) -> bool:
        """Code that runs over a line's end, which markdown-it gives back as a space."""
        words = r"\s+(?:>\s*)*".join(map(re.escape, content.split(" ")))
        found = re.compile(words).search(self.source, self.scribe.length, high)
        if found is None:
            return False
        self._skip_to(found.start())
        self._say_to(found.end())
        return True

    def _special(self, child: Token, high: int) -> bool:
        """An escape, of which the backslash goes, or an entity, which the plan decodes."""
        at = self.source.find(child.markup, self.scribe.length, high)
        if at < 0:
            return False
        self._skip_to(at + (child.info == "escape"))
        self._say_to(at + len(child.markup))
        return True

    def _line_end(self, _: Token, high: int) -> bool:
        end = _LINE_END.search(self.source, self.scribe.length, high)
        if end is None:
            return False
        self._skip_to(end.start())
        self._say_to(end.end())
        return True

    def _image(self, child: Token, high: int) -> bool:
        at = self.source.find("![", self.scribe.length, high)
        if at < 0:
            return False
        self._skip_to(at)
        inside = at + len("![") + len(child.content)
        if is_left_out(SkipReason.FIGURE, self.reading):
            said = announcement(SkipReason.FIGURE, self.reading)
            if said and not self.scribe.within_block:
                self.scribe.insert(said, ANNOUNCEMENT)
            return self._target(high, SkipReason.FIGURE, inside)
        if child.content and not (self._struck or self.scribe.within_block):
            self.scribe.insert("Figure:", ALTERNATIVE)
        self._skip_to(at + len("!["))
        self._say_to(inside)
        return self._target(high, SkipReason.MARKUP)

    def _target(self, high: int, reason: SkipReason, start: int | None = None) -> bool:
        """The end of a link or image: `](where "title")`, `][reference]` or `]`."""
        found = _TARGET.search(self.source, start or self.scribe.length, high)
        if found:
            self._skip_to(found.end(), reason)
        return bool(found)

    def _stroke(self, child: Token, high: int) -> bool:
        at = self.source.find(child.markup, self.scribe.length, high)
        if at < 0:
            return False
        self._skip_to(at + len(child.markup))
        self._struck = max(0, self._struck + child.nesting)
        return True

    def _tag(self, child: Token, high: int) -> bool:
        at = self.source.find(child.content, self.scribe.length, high)
        if at < 0:
            return False
        self._skip_to(at + len(child.content))
        self._strike(child.content)
        if child.content.lower().startswith("<br"):
            self.scribe.line_break()
        return True


def _parser() -> MarkdownIt:
    # `text_join` would hide where escapes and entities stood.
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")
    parser.block.ruler.at("reference", _reference_of_link)
    return parser


def _reference_of_link(state: StateBlock, line: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """The rule for `[label]: target`, but not for the note `[^label]: text`."""
    start = state.bMarks[line] + state.tShift[line]
    return not state.src.startswith("[^", start) and reference(state, line, end, silent)


def _pass_over(tokens: Iterator[Token], last: str) -> None:
    for token in tokens:
        if token.type == last:
            return
