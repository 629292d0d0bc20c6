"""Damage to documents: of bytes, of lengths and numbers, of markup, and inside of archives.

Everything is drawn from the dice that are handed in, so that the same dice do the same damage.
"""

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any

Mutation = Callable[[bytes, Random], bytes]

MOST_MUTATIONS = 4
_MOST_REPEATS = 1_000
_MOST_BYTES = 400_000
_LENGTHS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_NUMBERS = (b"0", b"-1", b"2147483648", b"4294967295", b"99999999999999999999", b"1e9", b"NaN")
_CHUNKS = (
    b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\r", b"\n\n", b" " * 500,
    b"&amp;", b"&#0;", b"&#xD800;", b"&x;", b"&", b"]]>", b"<!--", b"-->", b"<![CDATA[", b"<", b">",
    b"<!DOCTYPE x [<!ENTITY x '&x;'>]>", b"<p>", b"</p>", b"<table>", b"<svg>", b"<pre>",
    b"<a href='#x'>", b"<ruby>", b"<br/>", b"<title>", b"<aside role='doc-footnote'>", b"# ",
    b"```", b"> ", b"- ", b"[^1]", b"[^1]: ", b"| ", b"***", b"CHAPTER I\n\n", b"---\n", b"[",
    b"]", b"{", b"}", b'"', b"\\ud800", b"\\u0000", b"null", b"true", b"<<", b">>", b" obj",
    b"stream", b"endobj", b"<math>", b"(", b")", b"BT", b"ET", b"Tj", "😀".encode() * 50,
    "\u202e\u2028\u0301\ufeff".encode(),
)  # fmt: skip
_TOKEN = re.compile(rb"<[^<>]{0,300}>|&[#\w]{1,20};|[\[\]{},:|*_#`>()]+|\w+|/\w+")
_NUMBER = re.compile(rb"-?\d+")


def mutated(seeds: Sequence[bytes], dice: Random) -> bytes:
    """One of the seeds, damaged in one to four ways; an archive as often inside as outside."""
    seed = dice.choice(seeds)
    if seed.startswith(b"PK\x03\x04") and dice.random() < 0.8:
        return _inside(seed, dice)
    if seed.startswith(b"{") and dice.random() < 0.6:
        return _exchanged(seed, dice)
    for _ in range(dice.randint(1, MOST_MUTATIONS)):
        if dice.random() < 0.1:
            seed = _spliced(seed, dice.choice(seeds), dice)
        else:
            seed = dice.choice(_MUTATIONS)(seed, dice)
    return seed[:_MOST_BYTES]


# ------------------------------------------------------------------------------ bytes


def _place(data: bytes, dice: Random) -> tuple[int, int]:
    """A stretch: mostly short, sometimes any."""
    start = dice.randint(0, len(data))
    longest = dice.choice((4, 40, 400, len(data)))
    return start, min(len(data), start + dice.randint(1, max(1, longest)))


def _flip(data: bytes, dice: Random) -> bytes:
    held = bytearray(data)
    for _ in range(dice.choice((1, 1, 3, 30)) if held else 0):
        held[dice.randrange(len(held))] ^= 1 << dice.randrange(8)
    return bytes(held)


def _delete(data: bytes, dice: Random) -> bytes:
    start, end = _place(data, dice)
    return data[:start] + data[end:]


def _repeat(data: bytes, dice: Random) -> bytes:
    start, end = _place(data, dice)
    times = min(dice.choice((1, 2, 20)), _MOST_BYTES // (end - start or 1))
    return data[:end] + data[start:end] * times + data[end:]


def _move(data: bytes, dice: Random) -> bytes:
    start, end = _place(data, dice)
    rest = data[:start] + data[end:]
    to = dice.randint(0, len(rest))
    return rest[:to] + data[start:end] + rest[to:]


def _truncate(data: bytes, dice: Random) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] if dice.random() < 0.8 else data[at:]


def _insert(data: bytes, dice: Random) -> bytes:
    at = dice.randint(0, len(data))
    return data[:at] + dice.choice(_CHUNKS) * dice.choice((1, 1, 1, 3, 300)) + data[at:]


def _length(data: bytes, dice: Random) -> bytes:
    """A number in binary, of one, two or four bytes."""
    size = dice.choice((1, 2, 4))
    value = dice.choice(_LENGTHS) & ((1 << (8 * size)) - 1)
    written = value.to_bytes(size, "big")
    at = dice.randint(0, max(0, len(data) - size))
    return data[:at] + dice.choice((written, written[::-1])) + data[at + size :]


def _spliced(one: bytes, two: bytes, dice: Random) -> bytes:
    return one[: dice.randint(0, len(one))] + two[dice.randint(0, len(two)) :]


# ------------------------------------------------------------------------------ structure


def _near(pattern: re.Pattern[bytes], data: bytes, dice: Random) -> tuple[int, int]:
    """Where a token stands, the first after a place drawn; of no length if there is none."""
    match = pattern.search(data, dice.randint(0, len(data)))
    return match.span() if match else (len(data), len(data))


def _number(data: bytes, dice: Random) -> bytes:
    start, end = _near(_NUMBER, data, dice)
    return data[:start] + dice.choice(_NUMBERS) + data[end:]


def _token_lost(data: bytes, dice: Random) -> bytes:
    start, end = _near(_TOKEN, data, dice)
    return data[:start] + data[end:]


def _token_nested(data: bytes, dice: Random) -> bytes:
    start, end = _near(_TOKEN, data, dice)
    times = min(dice.randint(2, _MOST_REPEATS), _MOST_BYTES // max(1, end - start))
    return data[:start] + data[start:end] * times + data[end:]


def _tokens_swapped(data: bytes, dice: Random) -> bytes:
    one, two = sorted((_near(_TOKEN, data, dice), _near(_TOKEN, data, dice)))
    if one[1] > two[0]:
        return data
    first, second = data[slice(*one)], data[slice(*two)]
    return data[: one[0]] + second + data[one[1] : two[0]] + first + data[two[1] :]


def _token_elsewhere(data: bytes, dice: Random) -> bytes:
    start, end = _near(_TOKEN, data, dice)
    at = _near(_TOKEN, data, dice)[0]
    return data[:at] + data[start:end] + data[at:]


def _huge(data: bytes, dice: Random) -> bytes:
    word = dice.choice((b"rain ", b"x", b"Mr. ", b"*", b"a-", b". ", b"\n", b"<b>x</b>", b"&#97;"))
    at = _near(_TOKEN, data, dice)[1]
    return data[:at] + word * dice.choice((100, 1_000, 10_000)) + data[at:]


_MUTATIONS: tuple[Mutation, ...] = (
    _flip, _delete, _repeat, _move, _truncate, _insert, _insert, _length, _number, _number,
    _token_lost, _token_nested, _tokens_swapped, _tokens_swapped, _token_elsewhere, _huge,
)  # fmt: skip


def _exchanged(data: bytes, dice: Random) -> bytes:
    """JSON in which values stand in each other's places, or are lost, or are there many times."""
    book = json.loads(data)
    for _ in range(dice.randint(1, MOST_MUTATIONS)):
        places = list(islice(_places(book), _MOST_REPEATS))
        (holder, key), (other, place) = dice.choice(places), dice.choice(places)
        value = json.loads(json.dumps(other[place]))
        holder[key] = dice.choice((value, value, None, [value] * 30, "rain. " * 9_000, 1.5, ""))
    return json.dumps(book).encode()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each place in a JSON value, as what it is in and under which key or number."""
    if not isinstance(value, dict | list):
        return
    for key, each in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        yield from _places(each)


# ------------------------------------------------------------------------------ archives


def _inside(data: bytes, dice: Random) -> bytes:
    """The archive with some of its files damaged, lost or exchanged; its sums are right."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    texts = [name for name, held in files.items() if held[:1] in {b"<", b"\xef"}] or list(files)
    for _ in range(dice.randint(1, 3)):
        name = dice.choice(texts)
        kind = dice.random()
        if kind < 0.05:
            files.pop(name, None)
        elif kind < 0.15:
            files[name] = files.get(dice.choice(texts), b"")
        else:
            files[name] = dice.choice(_MUTATIONS)(files.get(name, b""), dice)[:_MOST_BYTES]
    return _zipped(files)


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, held in files.items():
            archive.writestr(zipfile.ZipInfo(name), held)
    return buffer.getvalue()
