"""What a feed says of a recording, from its manifest."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from posixpath import splitext

from narrator.domain.artifacts import AudioFormat
from narrator.domain.manifest import Manifest, Recording
from narrator.domain.voices import SAMPLE_RATE
from narrator.podcast.feed import Episode, Show

CHAPTERS_SUFFIX = ".chapters.json"
_TRANSCRIPTS = {".vtt": "text/vtt", ".srt": "application/x-subrip"}
COMPANION_SUFFIXES = (CHAPTERS_SUFFIX, *_TRANSCRIPTS)
"""What the names of files end in that a feed gives beside an episode's own."""

_PREFERRED = (AudioFormat.MP3, AudioFormat.M4B, AudioFormat.OPUS, AudioFormat.FLAC, AudioFormat.WAV)
"""Formats by how many players play them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where things are. `of` makes a URL of a file's name; `names` are the files that there are.

    `feed` is the feed's own URL, `link` a page about it, `image` the cover's, or empty.
    """

    of: Callable[[str], str]
    names: Collection[str]
    feed: str
    link: str
    image: str = ""


def show(manifest: Manifest, places: Places, *, published_at: float, title: str = "") -> Show:
    """The recording as a podcast; `title` is for a document that has none."""
    about = manifest.metadata
    name = about.title or title or "Audiobook"
    return Show(
        title=name,
        author=", ".join(about.creators),
        description=about.description,
        language=about.language,
        url=places.feed,
        link=places.link,
        image_url=places.image,
        published_at=published_at,
        episodes=tuple(_episodes(manifest, places, name)),
    )


def episodes(manifest: Manifest) -> tuple[Recording, ...]:
    """The recordings that are episodes: those of one format, the one that most players play."""
    kinds = {each.format for each in manifest.files}
    kind = next((each for each in _PREFERRED if each in kinds), manifest.recording.format)
    return tuple(each for each in manifest.files if each.format == kind)


def chapters_name(recording: Recording) -> str:
    """The name of the file that holds an episode's chapters."""
    return splitext(recording.name)[0] + CHAPTERS_SUFFIX


def _episodes(manifest: Manifest, places: Places, title: str) -> Iterator[Episode]:
    files = episodes(manifest)
    for number, recording in enumerate(files, start=1):
        stem = splitext(recording.name)[0]
        chapters = chapters_name(recording)
        yield Episode(
            title=_title(manifest, recording, title, number, of=len(files)),
            guid=f"urn:sha256:{recording.sha256}",
            url=places.of(recording.name),
            bytes=recording.bytes,
            media_type=AudioFormat(recording.format).media_type,
            seconds=recording.samples / SAMPLE_RATE,
            chapters_url=places.of(chapters) if chapters in places.names else "",
            transcripts=tuple(
                (places.of(stem + suffix), media_type)
                for suffix, media_type in _TRANSCRIPTS.items()
                if stem + suffix in places.names
            ),
        )


def _title(manifest: Manifest, recording: Recording, title: str, number: int, *, of: int) -> str:
    held = manifest.chapters_in(recording)
    if of == 1:
        return title
    return held[0].title if len(held) == 1 else f"{title}, part {number}"
