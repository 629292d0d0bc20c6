"""WordprocessingML → the same text as a tree of HTML, which `walk` knows how to read.

What Word says by styles, fields and marks is said there by elements and roles. Text keeps its order
and its characters; of two forms of one drawing (`mc:AlternateContent`) the first counts, and a text
box follows the paragraph that it hangs on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from narrator.domain.errors import DocumentRefused
from narrator.ingest.docx_line import (
    NOTES,
    WITHOUT_TEXT,
    LineSetter,
    added,
    first_form,
    last_of,
    refuse_deeper,
    shows_prompt,
)
from narrator.ingest.docx_names import attribute, child, prefixed
from narrator.ingest.docx_numbering import Numbering
from narrator.ingest.docx_styles import Meaning, Use, numbered, outline_use
from narrator.ingest.xhtml import Element

_PARAGRAPHS: Mapping[Use, tuple[str, Mapping[str, str]]] = {
    Use.TITLE: ("p", {"class": "title"}),
    Use.SUBTITLE: ("h5", {}),
    Use.QUOTATION: ("blockquote", {}),
    Use.VERSE: ("p", {"class": "poem"}),
    Use.EPIGRAPH: ("p", {"role": "epigraph"}),
    Use.CAPTION: ("figcaption", {}),
}
_GROUPS: Mapping[Use, tuple[str, dict[str, str]]] = {
    Use.CONTENTS: ("nav", {"role": "doc-toc"}),
    Use.INDEX: ("section", {"role": "doc-index"}),
    Use.BIBLIOGRAPHY: ("section", {"role": "doc-bibliography"}),
    Use.CODE: ("pre", {}),
}
_WITHOUT_LABELS = {*_GROUPS, Use.CAPTION}
_GALLERIES = {"table of contents": Use.CONTENTS, "bibliographies": Use.BIBLIOGRAPHY}
_INLINE = frozenset({"w:r", "w:hyperlink", "w:fldSimple", "m:oMath", "m:oMathPara"})
_NO_NOTES = frozenset({"separator", "continuationSeparator", "continuationNotice"})


@dataclass(slots=True)
class Setter:
    """Sets parts of a document as HTML, one after the other.

    `titles` are the paragraphs in the style of a document's title; `labels` has the numbers that
    Word prints before others.
    """

    line: LineSetter
    numbering: Numbering = field(default_factory=Numbering)
    labels: dict[Element, str] = field(default_factory=dict)
    titles: list[Element] = field(default_factory=list)
    _waiting: Element | None = None  # the beginning of the next paragraph
    _depth: int = 0

    def blocks(self, parent: Element, into: Element) -> None:
        """Set the paragraphs and tables in an element."""
        self._deeper()
        for each in parent:
            name = prefixed(each)
            match name:
                case "w:p":
                    self._paragraph(each, into)
                case "w:tbl":
                    self._rows(each, added(into, "table"))
                case "w:sdt":
                    self._control(each, into)
                case "w:altChunk" | "w:subDoc":
                    raise _elsewhere()
                case "mc:AlternateContent":
                    self._alternative(each, into)
                case _ if name in _INLINE:
                    self._loose(each, into)
                case _ if name and name not in WITHOUT_TEXT:
                    self.blocks(each, into)
                case _:
                    pass
        self._depth -= 1

    def notes(self, part: Element, into: Element) -> None:
        """Set the notes of a part, each an element that its references lead to."""
        for each in part:
            kind = prefixed(each)[2:]
            if kind in NOTES.values() and attribute(each, "type") not in _NO_NOTES:
                place = f"{kind}-{attribute(each, 'id')}"
                self.blocks(each, added(into, "aside", role="doc-footnote", id=place))

    def end(self, into: Element) -> None:
        """Put down what still waits for a paragraph to go on in."""
        if self._waiting is not None:
            self._put(self._waiting, Meaning(), into)
            self._waiting = None

    def _deeper(self) -> None:
        self._depth += 1
        refuse_deeper(self._depth)

    def _rows(self, parent: Element, table: Element) -> None:
        self._deeper()
        for each in parent:
            name = prefixed(each)
            if name == "w:tr":
                if child(each, "trPr", "del") is None:
                    self._cells(each, added(table, "tr"))
            elif name and name not in WITHOUT_TEXT:
                self._rows(each, table)
        self._depth -= 1

    def _cells(self, parent: Element, row: Element) -> None:
        self._deeper()
        for each in parent:
            name = prefixed(each)
            if name == "w:tc":
                self.blocks(each, added(row, "td"))
            elif name and name not in WITHOUT_TEXT:
                self._cells(each, row)
        self._depth -= 1

    def _loose(self, element: Element, into: Element) -> None:
        """A run outside of any paragraph."""
        line = added(into, "p")
        self.line.set_loose(element, line)
        self._boxes(into)

    def _boxes(self, into: Element) -> None:
        """The text boxes that hang on what was set last."""
        for box in self.line.boxes:
            self.blocks(box, into)

    def _paragraph(self, paragraph: Element, into: Element) -> None:
        properties = child(paragraph, "pPr")
        meaning = self._meaning(properties)
        if meaning.use is Use.HEADING:
            self.line.fields.begin_heading()
        line, self._waiting = self._waiting, None
        goes_on = line is not None
        line = etree.Element("p") if line is None else line
        # What goes on is apart, lest the text so far be copied for each paragraph that does.
        self.line.set(paragraph, added(line, "span") if goes_on else line, hidden=meaning.hidden)
        if _goes_on(properties):
            self._waiting = line
        elif self._is_said(line, meaning):
            self._put(line, replace(meaning, use=self.line.use or meaning.use), into)
        elif child(properties, "pBdr") is not None:
            added(into, "hr")
        self._boxes(into)

    def _is_said(self, line: Element, meaning: Meaning) -> bool:
        """Whether there is something in a paragraph, which is counted where it is numbered.

        A heading may be nothing but its number: `Chapter 1`.
        """
        label = "" if meaning.hidden else self.numbering.label(meaning.number, meaning.depth)
        if label and (self.line.use or meaning.use) not in _WITHOUT_LABELS:
            self.labels[line] = label
        is_heading = meaning.use is Use.HEADING and line in self.labels
        return last_of(line) is not None or bool(line.text) or is_heading

    def _meaning(self, properties: Element | None) -> Meaning:
        """What a paragraph is, by its style and by what it says itself."""
        meaning = self.line.styles.meaning(attribute(child(properties, "pStyle"), "val"))
        own = outline_use(child(properties, "outlineLvl"))
        if own:
            meaning = replace(meaning, use=own[0], level=own[1])
        if number := numbered(properties):
            meaning = replace(meaning, number=number[0], depth=number[1])
        return meaning

    def _put(self, line: Element, meaning: Meaning, into: Element) -> None:
        """Put a paragraph where it belongs, as the element that it is."""
        if meaning.use in _GROUPS:
            tag, attributes = _GROUPS[meaning.use]
            last = last_of(into)
            if last is None or (last.tag, last.get("role")) != (tag, attributes.get("role")):
                last = added(into, tag, **attributes)
            into = last
        elif meaning.use is Use.HEADING:
            line.tag = f"h{meaning.level}"
        elif meaning.use in _PARAGRAPHS:
            line.tag, own = _PARAGRAPHS[meaning.use]
            for attribute_name, value in own.items():
                line.set(attribute_name, value)
        elif meaning.listed:
            line.tag = "li"
        if meaning.use is Use.TITLE:
            self.titles.append(line)
        into.append(line)
        line.tail = "\n"

    def _alternative(self, element: Element, into: Element) -> None:
        form = first_form(element)
        if form is not None:
            self.blocks(form, into)

    def _control(self, control: Element, into: Element) -> None:
        """A content control: a table of contents, a bibliography, or anything else."""
        content = child(control, "sdtContent")
        if content is None:
            return
        gallery = attribute(child(control, "sdtPr", "docPartObj", "docPartGallery"), "val").lower()
        if gallery in _GALLERIES:
            tag, attributes = _GROUPS[_GALLERIES[gallery]]
            into = added(into, tag, **attributes)
        with self.line.unseen(shows_prompt(control)):
            self.blocks(content, into)


def _goes_on(properties: Element | None) -> bool:
    """Whether the next paragraph is the same: its mark is deleted, or this is a dropped capital."""
    dropped = attribute(child(properties, "framePr"), "dropCap") not in {"", "none"}
    return dropped or child(properties, "rPr", "del") is not None


def _elsewhere() -> DocumentRefused:
    return DocumentRefused(
        "the document takes in others, whose text it does not hold itself",
        remedy="open it in Word and save it anew, as one document",
    )
