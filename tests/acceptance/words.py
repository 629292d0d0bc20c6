"""Reading words back: from a recording's samples alone, and from an EPUB without our reader."""

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import soundfile
from lxml import etree

from narrator.speakserver import tone

BLOCK_SAMPLES = 24_000 * 30
_NS = {
    "c": "urn:oasis:names:tc:opendocument:xmlns:container",
    "o": "http://www.idpf.org/2007/opf",
}


def words_of(recording: Path) -> list[str]:
    """The texts that a FLAC or WAV recording by the tone voice says, in order.

    A burst that cannot be read raises, so that no damage passes for silence.
    """
    with soundfile.SoundFile(recording) as file:
        blocks = file.blocks(BLOCK_SAMPLES, dtype="int16")
        return [_text(burst) for burst in tone.read_stream(blocks, file.samplerate)]


def _text(burst: tone.Burst) -> str:
    assert burst.intact, f"a damaged burst at sample {burst.start_sample}"
    return burst.text


def text_nodes(epub: Path) -> str:
    """Every text node of an EPUB's spine, in order: plain lxml, nothing of ours."""
    with zipfile.ZipFile(epub) as archive:
        return "".join(_text_of(etree.fromstring(archive.read(name))) for name in _spine(archive))


def _text_of(root: etree._Element) -> str:
    nodes = root.xpath("//text()")
    assert isinstance(nodes, list)
    return "".join(str(node) for node in nodes)


def _spine(archive: zipfile.ZipFile) -> Iterator[str]:
    container = etree.fromstring(archive.read("META-INF/container.xml"))
    package_name = str(container.xpath("string(//c:rootfile/@full-path)", namespaces=_NS))
    package = etree.fromstring(archive.read(package_name))
    hrefs = {item.get("id"): item.get("href") for item in package.iterfind(".//o:item", _NS)}
    for item in package.iterfind(".//o:itemref", _NS):
        yield str(PurePosixPath(package_name).parent / unquote(hrefs[item.get("idref")] or ""))
