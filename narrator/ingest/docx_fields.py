"""Fields of a DOCX: text that Word worked out, between marks in the flow (ECMA-376 17.16)."""

from dataclasses import dataclass, field

from narrator.ingest.docx_styles import Use

_MOST = 64
"""Fields within fields that are told apart; Word itself nests twenty."""

_PAGES = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES"})
_USES = {
    "TOC": Use.CONTENTS,
    "TOA": Use.CONTENTS,
    "INDEX": Use.INDEX,
    "BIBLIOGRAPHY": Use.BIBLIOGRAPHY,
}


@dataclass(slots=True)
class _Field:
    """A field: its instruction, and whether its result has begun."""

    instruction: list[str] = field(default_factory=list)
    shown: bool = False
    kind: str = ""

    def show(self) -> None:
        words = "".join(self.instruction).split()
        self.shown, self.kind = True, words[0].upper() if words else ""


@dataclass(slots=True)
class Fields:
    """The fields that are open at a place in the text, the outermost first.

    Marks that do not match lose no text: what is never shown ends with its paragraph, and a table
    of contents or an index that never ends does so at the next heading.
    """

    _open: list[_Field] = field(default_factory=list)

    def mark(self, kind: str) -> None:
        """A mark: `begin`, `separate` or `end`."""
        if kind == "begin" and len(self._open) < _MOST:
            self._open.append(_Field())
        elif kind == "separate" and self._open:
            self._open[-1].show()
        elif kind == "end" and self._open:
            self._open.pop()

    def instruct(self, text: str) -> None:
        """A piece of an instruction."""
        if self._open and not self._open[-1].shown:
            self._open[-1].instruction.append(text)

    def simple(self, instruction: str) -> bool:
        """Open a field that is one element; whether it is to be ended by a mark."""
        if len(self._open) >= _MOST:
            return False
        self._open.append(_Field([instruction]))
        self._open[-1].show()
        return True

    def end_paragraph(self) -> None:
        """A paragraph ends here."""
        self._open = [each for each in self._open if each.shown]

    def begin_heading(self) -> None:
        """A heading begins here."""
        self._open = [each for each in self._open if each.kind not in _USES]

    @property
    def hidden(self) -> bool:
        """Whether text here belongs to an instruction, and is not seen."""
        return any(not each.shown for each in self._open)

    @property
    def page(self) -> bool:
        """Whether text here is the number of a page."""
        return any(each.kind in _PAGES for each in self._open)

    @property
    def use(self) -> Use | None:
        """What the text here is, if a field says so."""
        return next((_USES[each.kind] for each in self._open if each.kind in _USES), None)
