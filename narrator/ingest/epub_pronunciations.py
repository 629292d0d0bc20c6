"""Pronunciations that an EPUB brings: the PLS lexicons that its pages link to.

`<link rel="pronunciation" type="application/pls+xml" href="…" hreflang="en"/>` (EPUB 3.3, Text to
Speech Enhancements 1.0). A lexicon of another language than the book's is left out, as is what
cannot be carried out: a book is read although its lexicon is at fault.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from narrator.domain.documents import Pronunciation
from narrator.domain.errors import DocumentRefused
from narrator.domain.lexicon import MOST_ENTRIES, Entry, EntryKind
from narrator.ingest.archive import Archive, resolved
from narrator.ingest.pls import readable
from narrator.ingest.xhtml import Element, local_name

_TYPE = "application/pls+xml"
_MOST_LEXICONS = 50


def lexicons(root: Element, path: str) -> Iterator[str]:
    """The places of the lexicons that a page links to."""
    head = next((each for each in root if local_name(each) == "head"), None)
    for link in () if head is None else head:
        relations = (link.get("rel") or "").lower().split()
        of_type = (link.get("type") or "").strip().lower()
        if local_name(link) == "link" and "pronunciation" in relations and of_type == _TYPE:
            yield resolved(path, link.get("href") or "")


def pronunciations(
    archive: Archive, paths: Iterable[str], language: str
) -> tuple[Pronunciation, ...]:
    """What those lexicons say of words in a language (BCP 47), each word's first one."""
    found: dict[tuple[str, bool], Pronunciation] = {}
    for path in islice(dict.fromkeys(paths), _MOST_LEXICONS):
        for entry in _entries(archive, path, language):
            ipa = entry.kind is EntryKind.IPA
            one = Pronunciation(written=entry.written, said=entry.said, ipa=ipa)
            found.setdefault((entry.written.casefold(), ipa), one)
    return tuple(islice(found.values(), MOST_ENTRIES))


def _entries(archive: Archive, path: str, language: str) -> tuple[Entry, ...]:
    if not path or path not in archive:
        return ()
    try:
        data = archive.read(path)
    except DocumentRefused:  # a broken member: the text is no worse for it
        return ()
    return readable(data, language=language)
