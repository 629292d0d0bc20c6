"""XHTML 1.1 in the words of HTML: what an EPUB 2 may hold and an EPUB 3 may not.

Not a character changes. What an attribute said of looks becomes a style, and an element that HTML
no longer has becomes one that looks like it.
"""

import re
from collections.abc import Iterator

from lxml import etree

from narrator.ingest.xhtml import Element, local_name
from narrator.readalong.marking import XHTML

_ELEMENTS = {
    "acronym": ("abbr", ""),
    "big": ("span", "font-size: larger"),
    "center": ("div", "text-align: center"),
    "dir": ("ul", ""),
    "font": ("span", ""),
    "strike": ("s", ""),
    "tt": ("span", "font-family: monospace"),
}
"""What each is now, and how that has to look."""

_STYLES = {
    "align": "text-align: {}",
    "bgcolor": "background-color: {}",
    "border": "border: {} solid",
    "cellspacing": "border-spacing: {}",
    "clear": "clear: {}",
    "color": "color: {}",
    "face": "font-family: {}",
    "height": "height: {}",
    "hspace": "margin-left: {0}; margin-right: {0}",
    "nowrap": "white-space: {}",
    "valign": "vertical-align: {}",
    "vspace": "margin-top: {0}; margin-bottom: {0}",
    "width": "width: {}",
}
"""What an attribute said of looks (HTML, section 15.3), as a style. Lengths are in pixels."""

_GONE_NAMES = (
    "abbr alink axis background cellpadding char charoff charset compact frame language link"
    " longdesc noshade profile rev rules scheme size summary text valuetype version vlink"
)
_GONE = frozenset(_GONE_NAMES.split())
"""Attributes of XHTML 1 that say nothing of what a reader is shown, or too little to be kept."""

_SIZED = frozenset(["canvas", "embed", "iframe", "img", "input", "object", "video"])
_FLOATING = frozenset({"img", "object", "table"})
_STILL_NAMED_SIZE = frozenset({"input", "select"})
_SHAPED = frozenset({"coords", "shape"})
_FONT_SIZES = ("x-small", "small", "medium", "large", "x-large", "xx-large", "xxx-large")
_LENGTH = re.compile(r"[0-9]+(\.[0-9]+)?%?")
_PLAIN = re.compile(r"[#\w][\w ,#-]*")  # so that no value ends the style and begins another
_XML_ID = re.compile(r"[A-Za-z_][\w.-]*")
_SVG, _MATHML = "http://www.w3.org/2000/svg", "http://www.w3.org/1998/Math/MathML"


def modernised(root: Element) -> None:
    """Change a content document of an EPUB 2 into one of an EPUB 3."""
    names = {str(each.get("id")) for each in root.iter() if each.get("id")}
    for element in list(root.iter(f"{{{XHTML}}}*")):
        if local_name(element) == "meta" and element.get("http-equiv") is not None:
            _take_out(element)  # how the file is encoded, above all, which is different now
            continue
        _restyle(element)
        _name(element, names)
        _group(element)


def properties(root: Element) -> frozenset[str]:
    """What the package of an EPUB 3 has to say of a content document (EPUB 3.3, section 5.3.3)."""
    found = {
        "svg": next(root.iter(f"{{{_SVG}}}svg"), None) is not None,
        "mathml": next(root.iter(f"{{{_MATHML}}}math"), None) is not None,
        "scripted": any(map(_is_scripted, root.iter(etree.Element))),
    }
    return frozenset(name for name, is_so in found.items() if is_so)


def _is_scripted(element: Element) -> bool:
    return local_name(element) in {"script", "form"} or any(
        str(name).startswith("on") for name in element.attrib
    )


def _restyle(element: Element) -> None:
    new, look = _ELEMENTS.get(local_name(element), ("", ""))
    looks = [look, *_looks(element), str(element.get("style") or "").strip().rstrip(";")]
    if new:
        element.tag = f"{{{XHTML}}}{new}"
    style = "; ".join(filter(None, looks))
    if style and style != element.get("style"):
        element.set("style", style)


def _looks(element: Element) -> Iterator[str]:
    """The styles that stand for attributes, which are taken away."""
    tag = local_name(element)
    for name in [str(name) for name in element.attrib]:
        if not _is_obsolete(tag, name):
            continue
        value = str(element.attrib.pop(name)).strip()
        if tag == "font" and name == "size":
            yield from _font_size(value)
        elif name in _STYLES:
            yield from _look(tag, name, value)


def _is_obsolete(tag: str, name: str) -> bool:
    if name in {"width", "height"}:
        return tag not in _SIZED
    if name == "size":
        return tag not in _STILL_NAMED_SIZE
    if name == "charset":
        return tag not in {"meta", "script"}
    if name in _SHAPED:
        return tag == "a"
    if name == "scope":
        return tag == "td"
    return name in _STYLES or name in _GONE


def _look(tag: str, name: str, value: str) -> Iterator[str]:
    if name == "align" and tag in _FLOATING:
        yield from _placed(tag, value.lower())
    elif name == "nowrap":
        yield _STYLES[name].format("nowrap")
    elif _LENGTH.fullmatch(value):
        yield _STYLES[name].format(value if value.endswith("%") else f"{value}px")
    elif _PLAIN.fullmatch(value):
        yield _STYLES[name].format({"all": "both"}.get(value.lower(), value))


def _placed(tag: str, value: str) -> Iterator[str]:
    if value in {"left", "right"}:
        yield f"float: {value}"
    elif tag == "table" and value == "center":
        yield "margin-left: auto; margin-right: auto"
    elif value in {"top", "middle", "bottom"}:
        yield f"vertical-align: {value}"


def _font_size(value: str) -> Iterator[str]:
    """A size of 1 to 7, or so many more or less than 3 (HTML, section 15.3.4)."""
    if re.fullmatch(r"[+-]?[0-9]", value):
        size = int(value) + 3 * (value[0] in "+-")
        yield f"font-size: {_FONT_SIZES[min(max(size, 1), 7) - 1]}"


def _name(element: Element, names: set[str]) -> None:
    """The place that an element names, by an id, so that links to it go on leading there."""
    if local_name(element) not in {"a", "img"} or element.get("name") is None:
        return
    name = str(element.attrib.pop("name"))
    if name in names or not _XML_ID.fullmatch(name):
        return
    names.add(name)
    if element.get("id") is None:
        element.set("id", name)
    elif local_name(element) == "a":
        place = etree.Element(f"{{{XHTML}}}span", {"id": name})
        place.tail, element.text = element.text, None
        element.insert(0, place)


def _group(element: Element) -> None:
    """A table's column, in a group of its own should it be in none."""
    table = element.getparent()
    if local_name(element) != "col" or table is None or local_name(table) != "table":
        return
    group = etree.Element(f"{{{XHTML}}}colgroup")
    group.tail, element.tail = element.tail, None
    table.replace(element, group)
    group.append(element)


def _take_out(element: Element) -> None:
    """Remove an element that holds nothing, but not the characters behind it."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    else:
        parent.text = (parent.text or "") + (element.tail or "")
    element.tail = None
    parent.remove(element)
