"""Markup bytes → an lxml tree, without losing text and without following anything outside.

No document type is ever read: entities that HTML names are put in as characters, those that the
document declares for itself likewise if they are plain, and any other stays as it is written. So
there is nothing to expand (no "billion laughs") and nothing to fetch.
"""

import html
import html.entities
import re
from functools import lru_cache

from lxml import etree

from narrator.domain.errors import DocumentRefused

_PROLOGUE = re.compile(r"<\?xml\b[^>]*\?>")
_PROLOGUE_BEGINS = re.compile(r"<\?xml\b")
_DOCTYPE = re.compile(r"<!DOCTYPE\b[^\[>]*(?:\[(?P<subset>.*?)\]\s*)?>", re.DOTALL | re.IGNORECASE)
_DECLARATION = re.compile(r"<!ENTITY\s+([\w.-]+)\s+(?:\"([^\"]*)\"|'([^']*)')\s*>")
_DOCTYPE_BEGINS = re.compile(r"<!DOCTYPE\b", re.IGNORECASE)
_AMPERSAND = re.compile(  # a comment that never ends takes the rest, lest each look for its end
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?:#\d+;|#x[0-9a-fA-F]+;|(?P<name>[A-Za-z][\w.-]*);)?",
    re.DOTALL,
)
_REFERENCE = re.compile(rb"&#(?:0*(\d{1,7})|[xX]0*([0-9a-fA-F]{1,6}));?")
_HALVES = range(0xD800, 0xE000)
_XML_NAMES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_HIDDEN = frozenset({"script", "style", "head", "title"})
Element = etree._Element  # noqa: SLF001  lxml has no public name for the type


def parse_xml(text: str, name: str) -> Element:
    """The root of an XML file (package, contents, XHTML), mended where it is not well-formed.

    Raises DocumentRefused if nothing can be made of it; `name` is named in it.
    """
    data = plain(text).encode("utf-8", "surrogatepass")
    try:
        return etree.fromstring(data, _xml_parser(recover=False))
    except etree.XMLSyntaxError:
        return _mended(data, name)


def parse_html(text: str, name: str) -> Element:
    """The root of an HTML file, which HTML's lenient rules always find.

    Raises DocumentRefused if it is empty.
    """
    text, _ = _without_doctype(text)
    root = _root(text.encode("utf-8", "replace"), _html_parser())
    if root is None:
        raise _unreadable(name)
    return root


def local_name(element: Element) -> str:
    """The element's name without its namespace, in lower case; none for a comment and the like."""
    return _name_of(element.tag)  # asked dozens of times of each element


@lru_cache(maxsize=1_000)
def _name_of(tag: object) -> str:
    """By a tag, which is a function for a comment."""
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def plain(text: str) -> str:
    """The text of an XML file without its declaration, document type and named entities."""
    text, subset = _without_doctype(text)
    own = _declared(subset)
    if "&" not in text:
        return text
    return _AMPERSAND.sub(lambda match: _resolved(match, own), text)


def _without_doctype(text: str) -> tuple[str, str]:
    """The text without declaration and document type, and what that type declares."""
    before, _, after = _cut(text, _PROLOGUE_BEGINS, _PROLOGUE)
    before, doctype, after = _cut(before + after, _DOCTYPE_BEGINS, _DOCTYPE)
    return before + after, (doctype["subset"] or "") if doctype else ""


def _cut(
    text: str, begins: re.Pattern[str], pattern: re.Pattern[str]
) -> tuple[str, re.Match[str] | None, str]:
    """What is before and after the pattern, tried only where it first begins, in linear time."""
    first = begins.search(text)
    match = pattern.match(text, first.start()) if first else None
    if not match:
        return text, None, ""
    return text[: match.start()], match, text[match.end() :]


def _declared(subset: str) -> dict[str, str]:
    """Entities that the document declares as plain characters, with no markup or entity inside."""
    found = {name: one or other for name, one, other in _DECLARATION.findall(subset)}
    decoded = {name: _numbers_decoded(value) for name, value in found.items()}
    return {name: value for name, value in decoded.items() if not re.search("[&<%]", value)}


def _numbers_decoded(value: str) -> str:
    return re.sub(r"&#(?:\d+|x[0-9a-fA-F]+);", lambda match: html.unescape(match[0]), value)


def _resolved(match: re.Match[str], own: dict[str, str]) -> str:
    name = match["name"]
    if match[0] == "&":
        return "&amp;"
    if name is None or name in _XML_NAMES:
        return match[0]
    known = own.get(name) or html.entities.html5.get(f"{name};")
    return html.escape(known) if known else f"&amp;{name};"


def _mended(data: bytes, name: str) -> Element:
    """Not well-formed: of what XML's and HTML's parsers recover, what keeps more of the text."""
    data = _REFERENCE.sub(_whole, data)
    recovered = _root(data, _xml_parser(recover=True))
    lenient = _root(data, _html_parser())
    roots = [root for root in (recovered, lenient) if root is not None]
    if not roots:
        raise _unreadable(name)
    return max(roots, key=_text_chars)


def _whole(match: re.Match[bytes]) -> bytes:
    """A reference, unless to half a character, which libxml2 would put in when it recovers."""
    number = int(match[1]) if match[1] else int(match[2], 16)
    return "\ufffd".encode() if number in _HALVES else match[0]


def _root(data: bytes, parser: etree.XMLParser | etree.HTMLParser) -> Element | None:
    try:
        found: Element | None = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        found = None
    if any(error.type == etree.ErrorTypes.ERR_NO_MEMORY for error in parser.error_log):
        raise MemoryError  # what there is of the tree is not all of it
    return found


def _xml_parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        recover=recover,
    )


def _html_parser() -> etree.HTMLParser:
    return etree.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)


def _text_chars(root: Element) -> int:
    return sum(
        len((element.text or "").strip()) * (local_name(element) not in _HIDDEN)
        + len((element.tail or "").strip())
        for element in root.iter(etree.Element)
    )


def _unreadable(name: str) -> DocumentRefused:
    return DocumentRefused(
        f"{name} holds nothing that can be read", remedy="check that the file is whole"
    )
