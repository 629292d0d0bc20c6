"""Markdown: the source is the file's own text; markup is skipped, headings begin chapters.

markdown-it says what each stretch of text is but, within a line, not where it stands. Its texts are
found again in the source one after the other, each from where the last one ended.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Document, Metadata, PassageKind, SkipReason
from narrator.ingest.flow import Flow, Scribe, in_order
from narrator.ingest.headings import heading_marks
from narrator.ingest.sections import cut

_LINE_END = re.compile(r"\r\n|\n|\r")
_PREAMBLE = re.compile(r"---[ \t]*\r?\n.*?^(?:---|\.\.\.)[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_FIELD = re.compile(
    r"^(title|author|date|lang|language|description):[ \t]*(\S.*?)[ \t\r]*$", re.MULTILINE
)
_TARGET = re.compile(r"\]\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\)|\]\[[^\]]*\]|\]", re.DOTALL)
_MARKUP = re.compile(
    r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|</?[A-Za-z][^<>]*>|<[!?][^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_SKIPPED = {"fence": SkipReason.CODE, "code_block": SkipReason.CODE, "hr": SkipReason.SCENE_BREAK}
_KINDS = {"blockquote": PassageKind.QUOTATION, "list_item": PassageKind.LIST_ITEM}


def read_markdown(text: str, title: str, reading: Reading = DEFAULT_READING) -> Document:
    """The document; `title` names it if nothing in it does."""
    preamble = _PREAMBLE.match(text)
    start = preamble.end() if preamble else 0
    flow = _Reading(text, start).flow()
    metadata = _metadata(text[:start], next(_titles(flow), title))
    chapters, skips = cut(flow, heading_marks(flow, metadata.title))
    return Document(
        format="markdown", source=text, metadata=metadata, chapters=chapters, skips=skips
    )


def _titles(flow: Flow) -> Iterator[str]:
    return (block.text(flow.source) for block in flow.blocks if block.level == 1)


def _metadata(preamble: str, title: str) -> Metadata:
    found = {name: value.strip("\"'") for name, value in _FIELD.findall(preamble)}
    author = found.get("author")
    return Metadata(
        title=found.get("title") or title,
        creators=(author,) if author else (),
        language=found.get("lang") or found.get("language") or "",
        date=found.get("date", ""),
        description=found.get("description", ""),
    )


@dataclass(slots=True)
class _Reading:
    """A walk over markdown-it's tokens that follows them through the source."""

    source: str
    start: int
    scribe: Scribe = field(default_factory=Scribe)
    _kinds: list[PassageKind] = field(default_factory=lambda: [PassageKind.PARAGRAPH])
    _level: int = 0
    _lines: list[int] = field(default_factory=list)

    def flow(self) -> Flow:
        """The whole file, written down."""
        self.scribe.skip(self.source[: self.start], SkipReason.METADATA)
        self._lines = [self.start]
        self._lines += (m.end() for m in _LINE_END.finditer(self.source, self.start))
        self._lines.append(len(self.source))
        tokens = iter(_parser().parse(self.source[self.start :]))
        for token in tokens:
            if token.type == "table_open":
                self._skip_lines(token, SkipReason.TABLE)
                _pass_over(tokens, "table_close")
            else:
                self._block(token)
        self._skip_to(len(self.source))
        return Flow(
            source=self.scribe.source,
            blocks=tuple(self.scribe.blocks),
            skips=in_order(self.scribe.skips),
        )

    def _block(self, token: Token) -> None:
        name = token.type.removesuffix("_open").removesuffix("_close")
        if token.type == "inline":
            self._inline(token)
        elif token.type == "html_block":
            self._markup(token)
        elif name in _SKIPPED:
            self._skip_lines(token, _SKIPPED[name])
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
        self._skip_to(high, reason)

    def _skip_to(self, end: int, reason: SkipReason = SkipReason.HIDDEN) -> None:
        """Leave out what lies before `end`: markup, unless it is but whitespace."""
        stretch = self.source[self.scribe.length : end]
        self.scribe.skip(stretch, SkipReason.WHITESPACE if stretch.isspace() else reason)

    def _say_to(self, end: int) -> None:
        kind = PassageKind.HEADING if self._level else self._kinds[-1]
        self.scribe.text(self.source[self.scribe.length : end], kind, level=self._level)

    def _markup(self, token: Token) -> None:
        """A block of HTML: its tags are markup, what stands between them is text."""
        low, high = self._bounds(token)
        self._skip_to(low)
        for tag in _MARKUP.finditer(self.source, low, high):
            self._say_to(tag.start())
            self._skip_to(tag.end())
        self._say_to(high)
        self.scribe.close()

    def _inline(self, token: Token) -> None:
        low, high = self._bounds(token)
        self._skip_to(max(low, self.scribe.length))
        for child in token.children or ():
            if not self._child(child, high):
                self._say_to(high)  # as it stands, rather than not at all
                break
        self.scribe.close()

    def _child(self, child: Token, high: int) -> bool:
        """Follow a child through the source; false if it is not found where it should be."""
        if child.type == "link_close":
            return child.markup == "autolink" or self._target(high, SkipReason.HIDDEN)
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
        }

    def _find(self, child: Token, high: int) -> bool:
        content = child.content
        at = self.source.find(content, self.scribe.length, high)
        if at < 0:
            return self._find_wrapped(content, high)
        self._skip_to(at)
        self._say_to(at + len(content))
        return True

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
        return self._target(high, SkipReason.FIGURE, inside)

    def _target(self, high: int, reason: SkipReason, start: int | None = None) -> bool:
        """The end of a link or image: `](where "title")`, `][reference]` or `]`."""
        found = _TARGET.search(self.source, start or self.scribe.length, high)
        if found:
            self._skip_to(found.end(), reason)
        return bool(found)

    def _tag(self, child: Token, high: int) -> bool:
        at = self.source.find(child.content, self.scribe.length, high)
        if at < 0:
            return False
        self._skip_to(at + len(child.content))
        if child.content.lower().startswith("<br"):
            self.scribe.line_break()
        return True


def _parser() -> MarkdownIt:
    # `text_join` would hide where escapes and entities stood.
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).disable("text_join")


def _pass_over(tokens: Iterator[Token], last: str) -> None:
    for token in tokens:
        if token.type == last:
            return
