"""Media overlay documents (EPUB 3.3, section 9): which element is heard when, in which file."""

from collections.abc import Iterable
from dataclasses import dataclass

from lxml import etree

SMIL = "http://www.w3.org/ns/SMIL"
_NAMES: dict[str | None, str] = {None: SMIL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Par:
    """An element, by its place, while a stretch of an audio file is heard; paths are relative."""

    text: str
    audio: str
    start_ms: int
    end_ms: int


def smil(pars: Iterable[Par]) -> bytes:
    """A media overlay document."""
    root = etree.Element(f"{{{SMIL}}}smil", {"version": "3.0"}, nsmap=_NAMES)  # type: ignore[arg-type]  # stubs: no default
    body = etree.SubElement(root, f"{{{SMIL}}}body")
    for number, each in enumerate(pars, start=1):
        par = etree.SubElement(body, f"{{{SMIL}}}par", {"id": f"p{number}"})
        etree.SubElement(par, f"{{{SMIL}}}text", {"src": each.text})
        times = {"clipBegin": seconds(each.start_ms), "clipEnd": seconds(each.end_ms)}
        etree.SubElement(par, f"{{{SMIL}}}audio", {"src": each.audio, **times})
    data: bytes = etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return data


def seconds(milliseconds: int) -> str:
    """A SMIL clock value."""
    return f"{milliseconds // 1_000}.{milliseconds % 1_000:03}s"
