"""Ports of the outside: stored bytes, documents, recordings, doorbells."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from narrator.domain.artifacts import AudioFormat
from narrator.domain.choices import DEFAULT_READING, Reading
from narrator.domain.documents import Cover, Document, Metadata
from narrator.domain.ids import ObjectKey
from narrator.domain.loudness import Measured
from narrator.domain.overlay import Overlay
from narrator.domain.plan import Boundary
from narrator.domain.production import Production
from narrator.domain.steps import Queue
from narrator.domain.timeline import Placement


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object that is there, and how long ago it was last written."""

    key: ObjectKey
    age_seconds: float


class Objects(Protocol):
    """Bytes by key. Writing a key twice leaves the last bytes; a reader never sees half of them."""

    def put_bytes(self, key: ObjectKey, data: bytes, *, media_type: str) -> None:
        """Store a small object."""

    def put_file(self, key: ObjectKey, path: Path, *, media_type: str) -> None:
        """Store a file, streamed; a large one goes on where a try that died had come to."""

    def put_stream(self, key: ObjectKey, blocks: Iterable[bytes], *, media_type: str) -> None:
        """Store what comes in blocks, of any length, in little memory.

        Nothing appears under the key where `blocks` raises. What was sent of it by then, or by a
        try that died, may be gone on with by the next one. So all that is ever stored under the key
        has to be the same, or a try that is alive after all may spoil what its successor stored.
        """

    def get_bytes(self, key: ObjectKey) -> bytes:
        """A small object whole; raises Missing."""

    def get_file(self, key: ObjectKey, path: Path) -> None:
        """Copy an object to a file, streamed; raises Missing."""

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        """An object in blocks of at most 1 MiB; raises Missing at once, not at the first block."""

    def exists(self, key: ObjectKey) -> bool:
        """Whether the object is there."""

    def beneath(self, folder: ObjectKey, *, after: str = "", limit: int) -> list[StoredObject]:
        """The first objects whose keys begin with `folder` and a slash, in the order of their keys.

        At most `limit`, those behind the key `after` where it is given.
        """

    def delete(self, key: ObjectKey, *, older_than_seconds: float = 0.0) -> bool:
        """Remove an object; False where it was written more lately than that, and so stays.

        One that is not there is as good as removed.
        """

    def abandon(self, folder: ObjectKey, *, older_than_seconds: float) -> int:
        """Drop what was sent beneath a folder so long ago and never ended; how many of them."""

    def link(self, key: ObjectKey, *, file_name: str, media_type: str, seconds: int) -> str | None:
        """A URL at which anyone may fetch the object for so long; None: stream it instead."""

    def check(self) -> None:
        """Raise StoreUnavailable (with a remedy) unless the store can be used."""


class Reader(Protocol):
    """Reads documents, safely."""

    def read(self, path: Path, *, name: str, reading: Reading = DEFAULT_READING) -> Document:
        """The document; its content tells its format, `name` is a hint and a last-resort title.

        `reading` says which roles of text are to be read; the others become skips.

        Raises DocumentRefused, or ToolFailed when the reading process itself broke.
        """

    def bind(self, path: Path, *, name: str, overlay: Overlay, out: Path) -> None:
        """Write the read-along EPUB of the one at `path` to `out`, all but its audio files.

        Raises as `read` does, also where the book's characters are not the overlay's.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeAudio:
    """A take's samples (s16le mono 24 kHz) on their way into a chapter."""

    pcm: bytes
    boundary: Boundary


SURPLUS_SAMPLES = 4_608
"""With so many samples more an encoder fills its last packets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What decoded sound holds: its samples at 24 kHz, the envelopes asked for, its levels."""

    samples: int
    envelopes: tuple[bytes, ...]
    measured: Measured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commission:
    """What takes are to be made into: how, in which formats, a job's own first, and where."""

    production: Production
    formats: Sequence[AudioFormat]
    folder: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFile:
    """An encoded chapter. `format` is None for the lossless master that `level=book` needs.

    `heard` is what is in it, decoded: all `timeline.stretches` of the chapter, and its levels. How
    late its sound begins it does not say, as a finished recording does. It may hold up to
    `SURPLUS_SAMPLES` more than the chapter.
    """

    format: AudioFormat | None
    path: Path
    media_type: str
    heard: Heard


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedChapter:
    """A chapter's files, and where its takes lie from the chapter's start.

    Formats that are kept alike share a file. `measured` is before gain and limiter. The envelopes
    of the placements, and the samples that were limited, are of what was encoded in the first file.
    """

    files: tuple[RenderedFile, ...]
    samples: int
    placements: tuple[Placement, ...]
    measured: Measured
    gain_db: float = 0.0
    limited_samples: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What is written on a recording besides its sound.

    `title` is its own where that is not the book's, which is in `metadata`; `chapters` are the
    titles and the samples of those that it holds. It is the one of `count` recordings of the book.
    """

    metadata: Metadata
    narrator: str
    cover: Cover | None
    chapters: tuple[tuple[str, int], ...]
    title: str = ""
    number: int = 1
    count: int = 1


class Studio(Protocol):
    """Makes recordings. The same inputs give the same bytes.

    `fingerprint` names what shapes a recording besides its takes, such as pauses, and `writer` what
    encodes those without loss.
    """

    @property
    def fingerprint(self) -> str:
        """Equal for studios that make the same recordings of the same takes."""

    @property
    def writer(self) -> str:
        """Equal for studios whose `stream` writes the same samples as the same bytes."""

    def pack(self, pcm: bytes) -> bytes:
        """A take's samples as a FLAC file."""

    def unpack(self, packed: bytes) -> bytes:
        """The samples of a packed take; raises TakeCorrupt."""

    def render(self, takes: Iterable[TakeAudio], commission: Commission) -> RenderedChapter:
        """Trim, fade, join, level and encode one chapter, to be joined with others of its formats.

        For `level=book` it is kept as a master without loss, for `level` to go on with.
        """

    def shared_gain_db(
        self, masters: Iterable[Path], measured: Measured, commission: Commission
    ) -> float:
        """The gain by which a book's chapters are together as loud as its profile wants.

        `masters` are all of them, and `measured` is what they measure together. They are asked for
        one at a time, if at all, and each is done with once the next is asked for; the commission's
        folder is for temporary files. Raises ToolFailed.
        """

    def level(
        self,
        master: Path,
        placements: Sequence[Placement],
        commission: Commission,
        *,
        gain_db: float,
    ) -> RenderedChapter:
        """Level a chapter's master by this gain, limit and encode it; raises ToolFailed."""

    def publish(
        self, chapters: Iterable[Path], *, format: AudioFormat, label: Label, path: Path
    ) -> None:
        """Join chapters rendered for this format into one file with marks, tags and cover.

        The files of the chapters are asked for one at a time, and each is done with once the next
        is asked for. What was joined is what is in the file, or ToolFailed is raised.
        """

    def stream(
        self, chapters: Iterable[Path], *, format: AudioFormat, label: Label
    ) -> Iterator[bytes]:
        """The same in blocks, without any file; only for a format that `is_lossless`.

        The first block is the head: all that depends on the label. What comes after it depends on
        the chapters' samples, the format and `writer`.
        """

    def decode(self, path: Path) -> Iterator[bytes]:
        """A finished recording's samples (s16le mono 24 kHz) in blocks; raises ToolFailed."""

    def listen(self, path: Path, stretches: Sequence[tuple[int, int]]) -> Heard:
        """Decode a recording once, in blocks: its length, and the envelope of each stretch of it.

        A stretch is (first sample, how many); stretches are sorted and disjoint. What lies beyond
        the end of the recording is missing from its envelope. Raises ToolFailed.
        """


class Doorbell(Protocol):
    """Tells workers that there is work. Losing or doubling a ring costs time, never work."""

    def ring(self, queue: Queue, times: int) -> None:
        """Ring; a broker that does not answer is logged, not raised."""

    def check(self) -> None:
        """Raise StoreUnavailable unless rings can be heard."""


class Messenger(Protocol):
    """Carries messages to those who asked for them."""

    def send(self, url: str, body: bytes, *, message_id: str) -> None:
        """POST a JSON body to a URL, which has taken it once this returns.

        Raises Undelivered when it was not taken (any answer but 2xx, a redirect among them), could
        not be reached in time, or may not be told: an address within the own network, say.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What was fetched: its declared media type (may be empty), and how long it is on disk."""

    media_type: str
    size_bytes: int


class Fetcher(Protocol):
    """Fetches documents by URL, under guards."""

    def fetch(self, url: str, path: Path) -> Fetched:
        """Write what is at an http or https URL to the file, which may be there already.

        Raises OptionRefused for a URL that cannot be used, DocumentRefused for what cannot be had
        (not there, too large, too slow, of no kind that is read, at an address within the own
        network), Passing while too many are being fetched.
        """


class Scratch(Protocol):
    """The folder of temporary files."""

    def clear(self, *, unused_seconds: float) -> int:
        """Remove what killed processes left there, untouched for so long; returns how many."""
