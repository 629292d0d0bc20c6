"""What titles of sections say about them, in the words that publishers use."""

import re

from narrator.domain.documents import SkipReason

_FRONT = frozenset(
    {
        "cover", "front cover", "book cover", "title page", "titlepage", "half title",
        "half title page", "halftitle", "halftitlepage", "copyright", "copyright page",
        "copyright information", "copyright notice", "legal notice", "imprint", "front matter",
        "frontmatter", "dedication", "also by the author", "other books by the author",
        "by the same author", "praise", "series page", "transcriber's note", "transcriber's notes",
        "list of illustrations", "illustrations", "list of figures", "list of tables",
        "list of maps", "map", "maps",
    }
)  # fmt: skip
_CONTENTS = frozenset(
    {"contents", "table of contents", "brief contents", "detailed contents", "toc", "landmarks"}
)
_BACK = frozenset(
    {
        "back cover", "back matter", "backmatter", "colophon", "uncopyright", "notes",
        "endnotes", "footnotes", "glossary",
        "about the author", "about the authors", "about the publisher",
        "about the translator", "about this book", "credits", "permissions", "newsletter",
        "acknowledgments", "acknowledgements", "discussion questions",
    }
)  # fmt: skip
_INDEX = frozenset({"index", "general index", "subject index", "index of names", "name index"})
_BIBLIOGRAPHY = frozenset(
    {
        "bibliography", "select bibliography", "selected bibliography", "references", "works cited",
        "literature cited", "further reading", "suggested reading", "list of works cited",
    }
)  # fmt: skip
_LICENCE = re.compile(r"(?:the )?(?:full )?project gutenberg(?:™|-tm)? licen[cs]e\b")
_OPENING = re.compile(
    r"(?:also by|other (?:books|titles) by|books by|praise for|by the author of) "
)
_ROMAN = r"(?=[ivxlc])(?:x[cl]|l?x{0,3}|c)?(?:i[xv]|v?i{0,3})"
_NUMBERED = r"(?:\d{1,4}|" + _ROMAN + r"|the\b|one|two|three|four|five|six|seven|eight|nine|ten)\b"
_PART = re.compile(r"(?:part|book|volume|vol|tome|division)\b\.? ?(?:" + _NUMBERED + "|$)")
_CHAPTER = re.compile(
    r"(?:chapter|chap|letter|stave|canto|scene|lesson|lecture|appendix|prologue|epilogue|preface"
    r"|foreword|introduction|afterword|conclusion|prelude|interlude)\b"
)


def reason_of(title: str) -> SkipReason | None:
    """Why a section of that title is skipped; none if nothing says so."""
    words = _words(title)
    if words in _CONTENTS:
        return SkipReason.CONTENTS
    if words in _FRONT or _OPENING.match(words):
        return SkipReason.FRONT_MATTER
    if _LICENCE.search(words):
        return SkipReason.LICENCE
    return part_of(title) or (SkipReason.BACK_MATTER if words in _BACK else None)


def part_of(title: str) -> SkipReason | None:
    """Why a section of that title is skipped within a chapter too: index and bibliography."""
    words = _words(title)
    if words in _INDEX:
        return SkipReason.INDEX
    return SkipReason.BIBLIOGRAPHY if words in _BIBLIOGRAPHY else None


def names_part(title: str) -> bool:
    """Whether it is the title of what holds chapters: *Part One*, *Book II*."""
    return bool(_PART.match(_words(title)))


def names_chapter(title: str) -> bool:
    """Whether it is the title of a chapter: *Chapter 3*, *Prologue*."""
    return bool(_CHAPTER.match(_words(title)))


def _words(title: str) -> str:
    straight = title.casefold().replace("’", "'")
    return " ".join(re.sub(r"[^\w\s'™-]", " ", straight).split())
