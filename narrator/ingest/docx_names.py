"""Names and values of WordprocessingML elements, transitional and strict alike (ECMA-376)."""

from narrator.ingest.xhtml import Element

_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": "wp",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "urn:schemas-microsoft-com:vml": "v",
}
_OFF = frozenset({"0", "false", "off"})


def prefixed(element: Element) -> str:
    """The element's name as the standard writes it, `w:p`; empty for comments, `?:x` for others."""
    tag: object = element.tag  # a function for a comment
    if not isinstance(tag, str):
        return ""
    namespace, _, name = tag.rpartition("}")
    return f"{_PREFIXES.get(namespace[1:], '?')}:{name}"


def word_name(element: Element) -> str:
    """The name of an element of WordprocessingML itself; empty for any other."""
    name = prefixed(element)
    return name[2:] if name.startswith("w:") else ""


def attribute(element: Element | None, name: str) -> str:
    """An attribute of the element's own namespace; empty if it or the element is absent."""
    if element is None:
        return ""
    return element.get(_beside(element, name)) or ""


def child(element: Element | None, *names: str) -> Element | None:
    """The descendant that a path of names in the element's own namespace leads to."""
    for name in names:
        if element is None:
            return None
        element = element.find(_beside(element, name))
    return element


def is_on(element: Element | None) -> bool:
    """Whether a property that is there or not is on (ECMA-376 part 1, 17.17.4)."""
    return element is not None and attribute(element, "val") not in _OFF


def _beside(element: Element, name: str) -> str:
    """A name in the element's namespace."""
    namespace, bracket, _ = str(element.tag).rpartition("}")
    return namespace + bracket + name
