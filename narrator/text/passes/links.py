"""Addresses on the web: of a URL its host is said.

Nobody reads out `https colon slash slash`, a path or a query; `example.com` is what a listener can
use, and Deepgram reads it. What is left out stands in the recorded change. E-mail addresses
Deepgram reads itself, and they stay, but for `mailto:`. Rules: `url`, `email`.
"""

import re

from narrator.text.changes import Change
from narrator.text.passes.context import Context

_REST = r"[^\s<>\"“”«»]"
_TOP = "com|org|net|edu|gov|mil|int|info|io|co|uk|de|fr|eu|us|ca|au|nl|it|es|jp|ch|at|ie|nz"
_LINK = re.compile(
    rf"(?P<mail><?mailto:)(?=[^\s@]{{1,64}}@)"
    rf"|(?P<url><?\b(?:https?|ftp)://(?P<host>{_REST}+)>?)"
    rf"|(?P<www>\b(?=www\.\w)(?P<site>{_REST}+))"
    rf"|(?P<bare>(?<![\w.@/-])(?P<domain>(?:[A-Za-z0-9-]{{1,63}}\.){{1,4}}(?:{_TOP})/{_REST}+))",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"://|www\.|mailto:|\.[a-z]{2,4}/", re.IGNORECASE)
_MOST_CLOSING = 20  # marks after an address
_HOST = re.compile(r"(?:[^/?#@]*@)?(?:www\.)?([^\W_](?:[\w.-]{0,251}\w)?)", re.IGNORECASE)


def find(text: str, _context: Context) -> list[Change]:
    """The pass's changes of `text`."""
    if not _SIGNS.search(text):
        return []
    return [change for match in _LINK.finditer(text) if (change := _change(match))]


def _change(match: re.Match[str]) -> Change | None:
    if match["mail"]:
        return Change(*match.span(), "", "email")
    written = match["host"] or match["site"] or match["domain"]
    host = _HOST.match(written)
    if not host or (host.end() < len(written) and written[host.end()] not in "/?#:.,;!)]}>'’"):
        return None
    end = match.start() + _length(match[0])
    said = match.string[match.start() : end]
    return None if said == host[1] else Change(match.start(), end, host[1], "url")


def _length(written: str) -> int:
    """Without what ends the sentence around it; a bracket counts where it was opened inside."""
    length = len(written)
    if written.startswith("<"):
        return length
    least = max(0, length - _MOST_CLOSING)
    while length > least and (written[length - 1] in ".,;:!?'’*_>" or _unopened(written[:length])):
        length -= 1
    return length


def _unopened(written: str) -> bool:
    opening = {")": "(", "]": "[", "}": "{"}.get(written[-1])
    return opening is not None and written.count(opening) < written.count(written[-1])
