"""A lexicon as a file: our JSON, W3C PLS, or lines of two columns; told apart by what is in it.

JSON is a list of entries, or an object with `entries`, as the API and `lexicon export` write them.
A table has lines of `written,said` (or with tabs); a first line of these two words is its heading.
"""

import csv
import io
import json

from narrator.domain.errors import OptionRefused
from narrator.domain.lexicon import Entry, Lexicon, entries_to_json, lexicon_of, named_entry
from narrator.ingest.pls import read_pls

MOST_BYTES = 4 << 20
_COLUMNS = ["written", "said"]
_FORMS = "send JSON, PLS 1.0, or lines of two columns: written,said"


def read_lexicon(data: bytes) -> Lexicon:
    """The lexicon of a file's bytes.

    Raises OptionRefused saying what is wrong, and at which entry, lexeme or line.
    """
    if len(data) > MOST_BYTES:
        raise OptionRefused(
            f"the lexicon has {len(data):,} bytes", remedy=f"at most {MOST_BYTES:,} are read"
        )
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if start == b"<" or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return read_pls(data.removeprefix(b"\xef\xbb\xbf").lstrip() if start == b"<" else data)
    text = _decoded(data)
    return _of_json(text) if start in {b"[", b"{"} else _of_table(text)


def write_lexicon(lexicon: Lexicon) -> str:
    """A lexicon as JSON for people: an entry a line."""
    lines = (json.dumps(entry, ensure_ascii=False) for entry in entries_to_json(lexicon))
    return '{"entries": [\n  ' + ",\n  ".join(lines) + "\n]}\n"


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise OptionRefused("the lexicon is not in UTF-8", remedy=_FORMS) from None


def _of_json(text: str) -> Lexicon:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise OptionRefused("the lexicon is no well-formed JSON", remedy=_FORMS) from None
    entries = value.get("entries") if isinstance(value, dict) else value
    if not isinstance(entries, list):
        raise OptionRefused("the lexicon has no list of entries", remedy=_FORMS)
    return lexicon_of(entries)


def _of_table(text: str) -> Lexicon:
    first = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text), delimiter="\t" if "\t" in first else ",")
    entries: list[Entry] = []
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if any(cells) and cells != _COLUMNS:
                entries.append(_of_row(cells, f"line {rows.line_num}"))
    except csv.Error:
        raise OptionRefused(f"line {rows.line_num} is no table's", remedy=_FORMS) from None
    return Lexicon(entries=tuple(entries))


def _of_row(cells: list[str], where: str) -> Entry:
    if len(cells) != len(_COLUMNS):
        raise OptionRefused(f"{where} has {len(cells)} columns instead of two", remedy=_FORMS)
    return named_entry(where, dict(zip(_COLUMNS, cells, strict=True)))
