"""A small narrated book: its document, its manifest and the audio they speak of."""

from dataclasses import dataclass, replace

from narrator.audio.pcm import envelope
from narrator.domain.documents import Document, Metadata, Skip, SkipReason, Span
from narrator.domain.ids import TakeKey
from narrator.domain.manifest import Manifest, ManifestChapter, ManifestChunk, Recording
from narrator.domain.plan import Boundary, Chunk, Edit
from narrator.domain.timeline import Pauses, Placement, Ruler
from tests.unit.audio.sounds import as_samples, speech_like

SENTENCES = (
    ("It was late.", "Nobody came.", "The lamp & the fire burned low."),
    ("Morning broke.", "Dr Roylott had gone.", "She wrote two letters.", "Neither was sent."),
)


@dataclass(frozen=True)
class Book:
    """`recording` in the manifest is that of `pcm`; its name, bytes and digest are to be set."""

    document: Document
    manifest: Manifest
    pcm: bytes


def book() -> Book:
    """Two chapters of a few sentences, a blank line between any two of them."""
    source = ""
    skips = []
    chapters = []
    pcm = b""
    for number, sentences in enumerate(SENTENCES, start=1):
        chunks = []
        for index, sentence in enumerate(sentences):
            span = Span(len(source), len(source) + len(sentence))
            source += sentence + "\n\n"
            skips.append(Skip(span=Span(span.end, span.end + 2), reason=SkipReason.WHITESPACE))
            chunks.append(_chunk(index, span, sentence, last=index == len(sentences) - 1))
        chapter, sound = _spoken(number, chunks, start=len(pcm) // 2)
        chapters.append(chapter)
        pcm += sound
    document = Document(
        format="text", source=source, metadata=Metadata(), chapters=(), skips=tuple(skips)
    )
    recording = Recording(name="", format="flac", bytes=0, sha256="", samples=len(pcm) // 2)
    manifest = Manifest(
        format="text",
        source_sha256=document.sha256,
        source_chars=len(source),
        metadata=Metadata(title="Late", creators=("A. Writer", "B. Writer"), language="en"),
        speaker="offline-tone",
        voice="aura-2-thalia-en",
        speed=1.0,
        chapters=tuple(chapters),
        skips=tuple(skips),
        recording=recording,
    )
    return Book(document=document, manifest=manifest, pcm=pcm)


def _chunk(index: int, span: Span, sentence: str, *, last: bool) -> Chunk:
    edits = []
    text = sentence
    for written, said, rule in (("&", "and", "symbol"), ("Dr", "Doctor", "abbreviation")):
        at = sentence.find(written)
        if at >= 0:
            inside = Span(span.start + at, span.start + at + len(written))
            edits.append(Edit(span=inside, after=said, rule=rule))
            text = text.replace(written, said)
    boundary = Boundary.CHAPTER if last else Boundary.PARAGRAPH
    return Chunk(index=index, spans=(span,), edits=tuple(edits), text=text, boundary=boundary)


def _spoken(number: int, chunks: list[Chunk], *, start: int) -> tuple[ManifestChapter, bytes]:
    takes = [
        speech_like(100 * number + chunk.index, chunk.chars / 15, before=0.02, after=0.02)
        for chunk in chunks
    ]
    ruler, sound, placed = Ruler.begin(Pauses()), bytearray(), []
    for chunk, take in zip(chunks, takes, strict=True):
        at = ruler.start_samples
        sound += bytes(2 * at - len(sound)) + take
        ruler = ruler.placed(len(take) // 2, chunk.boundary)
        levels = envelope(as_samples(take))
        placement = Placement(start_samples=start + at, samples=len(take) // 2, envelope=levels)
        key = TakeKey(f"{number:032x}{chunk.index:032x}")
        placed.append(ManifestChunk(chunk=chunk, take=key, placement=placement))
    chapter = ManifestChapter(
        number=number,
        title=f"Chapter {number}",
        start_samples=start,
        samples=ruler.samples,
        chunks=tuple(placed),
    )
    return chapter, bytes(sound).ljust(2 * ruler.samples, b"\0")


def with_chunk(manifest: Manifest, chapter: int, index: int, chunk: ManifestChunk) -> Manifest:
    """The manifest with one chunk exchanged; both positions count from 0."""
    old = manifest.chapters[chapter]
    chunks = (*old.chunks[:index], chunk, *old.chunks[index + 1 :])
    changed = replace(old, chunks=chunks)
    chapters = (*manifest.chapters[:chapter], changed, *manifest.chapters[chapter + 1 :])
    return replace(manifest, chapters=chapters)
