"""What goes along with a recording: what its files are called, and where it cannot be had."""

from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import OptionRefused
from narrator.domain.jobs import JobOptions
from narrator.domain.production import Companion

EPUB_TRACKS = {
    AudioFormat.M4B: ("m4a", "audio/mp4"),
    AudioFormat.MP3: ("mp3", "audio/mpeg"),
    AudioFormat.OPUS: ("opus", "audio/ogg; codecs=opus"),
}
"""What an EPUB may hold (EPUB 3.3, section 3.2): how a chapter's file ends, and its type."""

MEDIA_TYPES = {
    Companion.JSON: "application/json",
    Companion.VTT: "text/vtt",
    Companion.SRT: "application/x-subrip",
    Companion.EPUB: "application/epub+zip",
}
SUFFIXES = {
    Companion.JSON: ".cues.json",
    Companion.VTT: ".vtt",
    Companion.SRT: ".srt",
    Companion.EPUB: ".read-along.epub",
}
"""What a companion's name ends in, after the recording's without its extension. The EPUB's differs
from that of the book that it was made of, beside which it may come to lie."""


def refuse_companions(options: JobOptions, document_format: str) -> None:
    """Raise OptionRefused for a companion that cannot be had, before anything is spoken."""
    if Companion.EPUB not in options.production.companions:
        return
    if document_format != "epub":
        raise OptionRefused(
            f"a read-along EPUB is made of an EPUB, and this document is {document_format}",
            remedy="leave epub out of what goes along with the recording: vtt, srt and json do",
        )
    if not track_format(options):
        raise OptionRefused(
            "a read-along EPUB holds no audio of these formats",
            remedy=f"choose one of {', '.join(EPUB_TRACKS)} besides",
        )


def track_format(options: JobOptions) -> AudioFormat | None:
    """The first of a job's formats that an EPUB may hold."""
    return next((each for each in options.formats if each in EPUB_TRACKS), None)
