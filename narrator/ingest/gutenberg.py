"""Project Gutenberg's files: a header before the book, a licence after it, credits beside both."""

import re

from narrator.domain.documents import Metadata

_START = re.compile(r"\*\*\* ?START OF TH(?:E|IS) PROJECT GUTENBERG[^\n]*", re.IGNORECASE)
_END = re.compile(r"\*\*\* ?END OF TH(?:E|IS) PROJECT GUTENBERG", re.IGNORECASE)
_CREDIT = re.compile(
    r"\s*(?:Produced by|E-?text prepared by|End of (?:the )?Project Gutenberg)\b", re.IGNORECASE
)
_NEAR_CHARS = 1_000
"""Credits stand this near to the header or the licence."""

_FIELD = re.compile(r"^(Title|Author|Language|Release Date):[ \t]*(\S[^\r\n]*)", re.MULTILINE)
_LANGUAGES = {
    "english": "en",
    "spanish": "es",
    "german": "de",
    "dutch": "nl",
    "french": "fr",
    "italian": "it",
    "japanese": "ja",
    "portuguese": "pt",
    "latin": "la",
    "finnish": "fi",
    "swedish": "sv",
    "danish": "da",
}


def bounds(source: str) -> tuple[int, int]:
    """Where the header ends and where the licence begins; all of the source if neither is there."""
    start, end = _START.search(source), _END.search(source)
    return (start.end() if start else 0), (end.start() if end else len(source))


def credits_volunteers(source: str, start: int, end: int, low: int, high: int) -> bool:
    """Whether a paragraph of the source says who made the file, near those bounds."""
    near = start - low < _NEAR_CHARS or high - end < _NEAR_CHARS
    return near and bool(_CREDIT.match(source, start, end))


def metadata(source: str) -> Metadata:
    """What the header says of the book; nothing if there is none."""
    start = _START.search(source)
    if not start:
        return Metadata()
    found = {name: value.strip() for name, value in _FIELD.findall(source[: start.start()])}
    author = found.get("Author")
    return Metadata(
        title=found.get("Title", ""),
        creators=(author,) if author else (),
        language=_LANGUAGES.get(found.get("Language", "").casefold(), ""),
        date=re.sub(r"\s*\[.*", "", found.get("Release Date", "")),
    )
