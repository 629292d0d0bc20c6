"""A line of a DOCX → the same text as HTML: runs, fields, links, note references and pictures."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from lxml import etree

from narrator.domain.errors import DocumentRefused
from narrator.ingest.docx_fields import Fields
from narrator.ingest.docx_names import attribute, child, is_on, prefixed
from narrator.ingest.docx_styles import Styles, Use
from narrator.ingest.xhtml import Element

_DEEPEST = 80
"""Elements within one another, of blocks and of a line each; a box in a group makes fourteen."""

WITHOUT_TEXT = frozenset({
    "w:del", "w:moveFrom", "w:delText", "w:delInstrText", "w:sectPr", "w:rPr", "w:tblPr", "w:trPr",
    "w:tcPr", "w:tblGrid", "w:sdtPr", "w:sdtEndPr", "w:pPr", "m:rPr", "m:ctrlPr",
})  # fmt: skip
_CHARACTERS = {"w:tab": "\t", "w:ptab": "\t", "w:noBreakHyphen": "\u2011", "w:softHyphen": "\xad"}
NOTES = {"w:footnoteReference": "footnote", "w:endnoteReference": "endnote"}
_NUMBER = re.compile(r"[0-9A-Fa-f]{2,4}")
_BYTE, _PRIVATE = 0xFF, 0xF000  # where Word itself puts a symbol font's characters (17.3.3.30)
_HORIZONTAL_RULE = "{urn:schemas-microsoft-com:office:office}hr"
_YES = frozenset({"1", "t", "true", "on"})
_HIDDEN, _PAGE, _RAISED = "hidden", "page", "raised"


def added(into: Element, tag: str, **attributes: str) -> Element:
    """A new element at the end of another."""
    return etree.SubElement(into, tag, attributes)


def last_of(element: Element) -> Element | None:
    """The last of an element's children; counting them first would take a step for each."""
    return next(element.iterchildren(reversed=True), None)


def refuse_deeper(depth: int) -> None:
    """Raise DocumentRefused for what nests deeper than any author's text."""
    if depth > _DEEPEST:
        raise DocumentRefused(
            f"the document nests its elements more than {_DEEPEST} deep",
            remedy="save it anew in Word, or hand in its text",
        )


def shows_prompt(control: Element) -> bool:
    """Whether a content control shows what is to be typed there."""
    return is_on(child(control, "sdtPr", "showingPlcHdr"))


def first_form(alternatives: Element) -> Element | None:
    """The first of several forms of one thing."""
    forms = (each for each in alternatives if prefixed(each) in {"mc:Choice", "mc:Fallback"})
    return next(forms, None)


@dataclass(slots=True)
class LineSetter:
    """Sets lines, one after the other; notes are numbered as they are referred to.

    Of the last line, `boxes` are the text boxes that hang on it, and `use` is what a field says of
    its text.
    """

    styles: Styles
    fields: Fields = field(default_factory=Fields)
    boxes: list[Element] = field(default_factory=list)
    use: Use | None = None
    _numbers: dict[str, int] = field(default_factory=dict)
    _unseen: bool = False
    _raised: bool = False
    _depth: int = 0
    _said: list[str] = field(default_factory=list)
    _said_in: tuple[Element | None, str] = (None, "")
    _handlers: dict[str, Callable[[Element, Element], None]] = field(init=False)

    def __post_init__(self) -> None:
        self._handlers = {
            "w:r": self._of_run,
            "w:br": self._break,
            "w:cr": self._break,
            "w:hyperlink": self._link,
            "w:fldSimple": self._simple_field,
            "w:sym": self._symbol,
            "w:ruby": self._ruby,
            "w:txbxContent": self._box,
            "w:drawing": self._drawing,
            "v:shape": self._shape,
            "v:rect": self._shape,
            "w:sdt": self._control,
            "mc:AlternateContent": self._alternative,
        }

    def set(self, paragraph: Element, into: Element, *, hidden: bool) -> None:
        """Set what is in a paragraph; `hidden` says that its style hides it."""
        self.boxes, self.use = [], None
        with self.unseen(hidden):
            self._inline(paragraph, into)
        self._flush()
        self.fields.end_paragraph()

    def set_loose(self, element: Element, into: Element) -> None:
        """Set what stands outside of any paragraph."""
        self.boxes, self.use = [], None
        self._one(element, into)
        self._flush()

    @contextmanager
    def unseen(self, hidden: bool) -> Iterator[None]:  # noqa: FBT001  named by its method
        """What is set meanwhile is hidden, if it is not so anyway."""
        outer = self._unseen
        self._unseen = outer or hidden
        yield
        self._unseen = outer

    def _inline(self, parent: Element, into: Element) -> None:
        self._depth += 1
        refuse_deeper(self._depth)
        for each in parent:
            mark = self._one(each, into)
            into = into if mark is None else mark
        self._depth -= 1

    def _one(self, element: Element, into: Element) -> Element | None:
        """Set an element of a line; where what follows in its run belongs, if not there too."""
        name = prefixed(element)
        if name in {"w:t", "m:t"}:
            self._say(element.text or "", into)
        elif name in _CHARACTERS:
            self._say(_CHARACTERS[name], into)
        elif name in NOTES:
            return self._reference(element, NOTES[name], into)
        elif name == "w:fldChar":
            self.fields.mark(attribute(element, "fldCharType"))
        elif name == "w:instrText":
            self.fields.instruct(element.text or "")
        elif name in self._handlers:
            self._handlers[name](element, into)
        elif name and name not in WITHOUT_TEXT:
            self._inline(element, into)
        return None

    def _of_run(self, run: Element, into: Element) -> None:
        properties = child(run, "rPr")
        outer, raised = self._unseen, self._raised
        style = self.styles.meaning(attribute(child(properties, "rStyle"), "val"))
        vanish = child(properties, "vanish")
        self._unseen = is_on(vanish) if vanish is not None else outer or style.hidden
        self._raised = attribute(child(properties, "vertAlign"), "val") == "superscript"
        self._inline(run, into)
        self._unseen, self._raised = outer, raised

    def _say(self, text: str, into: Element) -> None:
        """Text, kept until something else follows: adding to an element bit by bit is slow."""
        if not text:
            return
        key = _RAISED if self._raised else ""
        key = _PAGE if self.fields.page else key
        key = _HIDDEN if self._unseen or self.fields.hidden else key
        if (into, key) != self._said_in:
            self._flush()
            self._said_in = (into, key)
        self._said.append(text)
        if not text.isspace():
            self.use = self.use or self.fields.use

    def _flush(self) -> None:
        (into, key), text = self._said_in, "".join(self._said)
        self._said, self._said_in = [], (None, "")
        if into is None or not text:
            return
        if key == _HIDDEN:
            added(into, "span", hidden="").text = text
        elif key == _PAGE:
            added(into, "span", role="doc-pagebreak").text = text
        elif key == _RAISED:
            added(into, "sup").text = text
        elif (last := last_of(into)) is not None:
            last.tail = (last.tail or "") + text
        else:
            into.text = (into.text or "") + text

    def _marked(self, into: Element, tag: str, **attributes: str) -> Element:
        self._flush()
        return added(into, tag, **attributes)

    def _reference(self, element: Element, kind: str, into: Element) -> Element | None:
        """A reference to a note: with the number that Word prints, or a mark of the author's."""
        if self._unseen or self.fields.hidden:
            return None
        place = f"#{kind}-{attribute(element, 'id')}"
        mark = self._marked(into, "a", role="doc-noteref", href=place)
        if attribute(element, "customMarkFollows") in _YES:
            return mark
        self._numbers[kind] = self._numbers.get(kind, 0) + 1
        mark.text = str(self._numbers[kind])
        return None

    def _break(self, element: Element, into: Element) -> None:  # noqa: ARG002  one of the handlers
        self._marked(into, "br")

    def _link(self, element: Element, into: Element) -> None:
        anchor = attribute(element, "anchor")
        self._inline(element, self._marked(into, "a", href=f"#{anchor}") if anchor else into)

    def _simple_field(self, element: Element, into: Element) -> None:
        opened = self.fields.simple(attribute(element, "instr"))
        self._inline(element, into)
        if opened:
            self.fields.mark("end")

    def _symbol(self, element: Element, into: Element) -> None:
        """A character by its number; one of a byte is a picture of the font's, and no letter."""
        number = attribute(element, "char")
        if not _NUMBER.fullmatch(number):
            return
        code = int(number, 16)
        character = chr(code if code > _BYTE else _PRIVATE + code)
        if character.isprintable() or "\ue000" <= character <= "\uf8ff":
            self._say(character, into)

    def _ruby(self, element: Element, into: Element) -> None:
        base, above = child(element, "rubyBase"), child(element, "rt")
        if base is not None:
            self._inline(base, into)
        if above is not None:
            self._inline(above, self._marked(into, "rt"))

    def _box(self, element: Element, into: Element) -> None:  # noqa: ARG002  one of the handlers
        self.boxes.append(element)

    def _drawing(self, element: Element, into: Element) -> None:
        """A picture, called what its author says that it shows; or what holds text boxes."""
        boxes = len(self.boxes)
        self._inline(element, into)
        if len(self.boxes) == boxes:
            inner = (each for each in element.iter() if prefixed(each) == "wp:docPr")
            about = next((each.get("descr") for each in inner), None)
            self._marked(into, "img", **({} if about is None else {"alt": about}))

    def _shape(self, element: Element, into: Element) -> None:
        """A shape of VML: a line across the page, a picture, or what holds text boxes."""
        if element.get(_HORIZONTAL_RULE) in _YES:
            self._marked(into, "hr")
        elif any(prefixed(each) == "v:imagedata" for each in element):
            about = element.get("alt")
            self._marked(into, "img", **({} if about is None else {"alt": about}))
        self._inline(element, into)

    def _control(self, control: Element, into: Element) -> None:
        """A content control; its prompt is not to be seen where it was filled in."""
        content = child(control, "sdtContent")
        if content is not None:
            with self.unseen(shows_prompt(control)):
                self._inline(content, into)

    def _alternative(self, element: Element, into: Element) -> None:
        form = first_form(element)
        if form is not None:
            self._inline(form, into)
