"""What is written on a recording: title, people, chapter marks, cover; and ffmpeg's notation of it.

Audiobook players agree on: album is the book, artist and album artist are its authors, composer is
the narrator (Audiobookshelf, Plex and Apple Books read them so).
"""

import re
from dataclasses import dataclass

from narrator.audio.pictures import Picture
from narrator.domain.timeline import chapter_starts
from narrator.domain.voices import SAMPLE_RATE
from narrator.services.ports import Label

_LONGEST = 255  # characters of a title; Nero chapter marks hold 255 bytes
_LONGEST_DESCRIPTION = 4_000

# ISO 639-2 for the languages that voices speak; other containers take BCP 47 as it is.
_THREE_LETTERS = {
    "de": "deu", "en": "eng", "es": "spa", "fr": "fra", "it": "ita", "ja": "jpn", "nl": "nld",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A chapter mark: its stretch of the recording, in samples at 24 kHz, and its title."""

    start_samples: int
    end_samples: int
    title: str

    @property
    def start_ms(self) -> int:
        """Exact: chapters begin at multiples of 1.92 s."""
        return self.start_samples * 1000 // SAMPLE_RATE

    @property
    def end_ms(self) -> int:
        """Exact as well."""
        return self.end_samples * 1000 // SAMPLE_RATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Everything on a recording besides its sound. Texts hold no control characters."""

    title: str
    album: str
    track: str  # 2/5, or nothing where there is only one
    series: str
    series_part: str
    authors: str
    narrator: str
    date: str
    language: str
    publisher: str
    description: str
    marks: tuple[Mark, ...]
    picture: Picture | None

    def pairs(self) -> list[tuple[str, str]]:
        """The texts that are there, under the names that ffmpeg and Vorbis comments share."""
        named = [
            ("title", self.title),
            ("album", self.album),
            ("artist", self.authors),
            ("album_artist", self.authors),
            ("composer", self.narrator),
            ("genre", "Audiobook"),
            ("date", self.date),
            ("language", self.language),
            ("publisher", self.publisher),
            ("description", self.description),
            ("series", self.series),
            ("series-part", self.series_part),
            ("grouping", self.grouping),
        ]
        return [(name, text) for name, text in named if text]

    @property
    def samples(self) -> int:
        """How long the recording is, by its marks."""
        return self.marks[-1].end_samples

    @property
    def grouping(self) -> str:
        """The series and the place in it as one text, for players that know no more."""
        return f"{self.series} #{self.series_part}" if self.series_part else self.series

    @property
    def year(self) -> str:
        """The date's first four digits."""
        return self.date[:4]

    @property
    def language_code(self) -> str:
        """The language in three letters (ISO 639-2), `und` where it is not known to us."""
        return _THREE_LETTERS.get(self.language.partition("-")[0].lower(), "und")


def tags_of(label: Label, picture: Picture | None) -> Tags:
    """What is written on a recording."""
    metadata = label.metadata
    date = re.match(r"\d{4}(-\d{2}){0,2}", metadata.date)
    return Tags(
        title=clean(label.title or metadata.title),
        album=clean(metadata.title),
        track=f"{label.number}/{label.count}" if label.count > 1 else "",
        series=clean(metadata.series),
        series_part=clean(metadata.series_position),
        authors=clean(", ".join(metadata.creators)),
        narrator=clean(label.narrator),
        date=date[0] if date else "",
        language=clean(metadata.language),
        publisher=clean(metadata.publisher),
        description=clean(metadata.description, longest=_LONGEST_DESCRIPTION),
        marks=_marks(label),
        picture=picture,
    )


def _marks(label: Label) -> tuple[Mark, ...]:
    starts = chapter_starts(samples for _, samples in label.chapters)
    return tuple(
        Mark(start_samples=start, end_samples=start + samples, title=clean(title))
        for start, (title, samples) in zip(starts, label.chapters, strict=True)
    )


def clean(text: str, *, longest: int = _LONGEST) -> str:
    """One line without control characters or lone surrogates, which no tag format can hold."""
    speakable = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text)
    encodable = speakable.encode("utf-8", "replace").decode("utf-8")
    return " ".join(encodable.split())[:longest].rstrip()


def ffmetadata(tags: Tags) -> str:
    """The tags and marks in ffmpeg's metadata format, for MP4.

    `media_type` 2 says "audiobook"; MP4 has no series, but a television show and its episodes,
    which is where Audiobookshelf looks for it.
    """
    own = [
        ("media_type", "2"),
        ("track", tags.track),
        ("show", tags.series),
        ("episode_id", tags.series_part),
    ]
    pairs = [*tags.pairs(), *(pair for pair in own if pair[1])]
    lines = [";FFMETADATA1", *(f"{name}={_escaped(text)}" for name, text in pairs)]
    for mark in tags.marks:
        lines += ["[CHAPTER]", f"TIMEBASE=1/{SAMPLE_RATE}", f"START={mark.start_samples}"]
        lines += [f"END={mark.end_samples}", f"title={_escaped(mark.title)}"]
    return "\n".join([*lines, ""])


def _escaped(text: str) -> str:
    return re.sub(r"([=;#\\\n])", r"\\\1", text)
