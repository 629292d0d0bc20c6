"""Fetches documents: one GET to addresses that were looked at, within limits of size and time."""

import asyncio
import codecs
import threading
import zlib
from collections.abc import AsyncIterator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import httpx

from narrator.domain.errors import DocumentRefused, Passing
from narrator.domain.outbound import Endpoint, document_endpoint
from narrator.ingest.decoding import encoding_of
from narrator.outbound import LookUp, address_of, look_up, pinned, straight_client
from narrator.services.ports import Fetched

LONGEST_SECONDS = 60.0
"""From looking up the first name to the last byte: a caller waits for it."""

MOST_REDIRECTS, MOST_AT_ONCE = 5, 8
_BLOCK_BYTES = 1 << 20
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TEXTS = ("text/", "application/xhtml+xml", "application/xml", "application/json")
_READABLE = (
    *_TEXTS,
    "application/epub+zip",
    "application/pdf",
    "application/zip",
    "application/octet-stream",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "binary/octet-stream",
)
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/epub+zip,text/*;q=0.9,*/*;q=0.5",
    "Accept-Encoding": "gzip",
    "User-Agent": "narrator",
}


class HttpFetcher:
    """The port `Fetcher` over HTTP.

    Unless `private`, only addresses that anybody on the internet may have are connected to, at each
    redirect anew. Nothing is kept from one request to the next: no cookies, no credentials.
    """

    def __init__(
        self,
        *,
        most_bytes: int,
        private: bool = False,
        seconds: float = LONGEST_SECONDS,
        look_up: LookUp = look_up,
    ) -> None:
        self._most_bytes = most_bytes
        self._look_up = look_up
        self._private = private
        self._seconds = seconds
        self._free = threading.BoundedSemaphore(MOST_AT_ONCE)

    def fetch(self, url: str, path: Path) -> Fetched:
        """Write what is at the URL to the file; raises DocumentRefused, OptionRefused or Passing.

        Errors name the host, never the whole URL. Text whose encoding only its sender declares is
        written as UTF-8 with a byte order mark, which counts before what the text says itself.
        """
        endpoint = document_endpoint(url)
        if not self._free.acquire(blocking=False):
            raise Passing(
                "as many documents are being fetched here as may be at once",
                remedy="try again in a moment, or send the document itself",
            )
        try:
            media_type, charset = asyncio.run(self._within_time(url, path))
        except TimeoutError:
            raise _refused(endpoint, f"did not send it within {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:  # not a full disk, which is ours
            raise _refused(endpoint, f"cannot be reached ({type(error).__name__})") from None
        finally:
            self._free.release()
        if charset and media_type.startswith(_TEXTS):
            _mark(path, charset)
        return Fetched(media_type=media_type, size_bytes=path.stat().st_size)

    async def _within_time(self, url: str, path: Path) -> tuple[str, str]:
        endpoint = document_endpoint(url)
        async with asyncio.timeout(self._seconds), straight_client() as client:
            for _ in range(MOST_REDIRECTS + 1):
                request = await self._request(client, endpoint)
                answer = await client.send(request, stream=True)
                try:
                    if answer.status_code not in _REDIRECTS:
                        return await self._take(endpoint, answer, path)
                    url = _next(url, endpoint, answer)
                    endpoint = document_endpoint(url)
                finally:
                    await answer.aclose()
                    client.cookies.clear()
        raise _refused(endpoint, f"is the end of more than {MOST_REDIRECTS} redirects")

    async def _request(self, client: httpx.AsyncClient, endpoint: Endpoint) -> httpx.Request:
        try:
            address = await address_of(endpoint, private=self._private, look_up=self._look_up)
        except (OSError, UnicodeError):
            raise _refused(endpoint, "cannot be reached: nobody knows its address") from None
        if address is None:
            raise DocumentRefused(
                f"the document's host {endpoint.host} has an address that is not public",
                remedy="send the document itself; an operator allows hosts of private networks"
                " with NARRATOR_FETCH_PRIVATE=1",
            )
        target, named = pinned(endpoint, address)
        headers = _HEADERS | {"Host": endpoint.authority}
        return client.build_request("GET", target, headers=headers, extensions=named)

    async def _take(
        self, endpoint: Endpoint, answer: httpx.Response, path: Path
    ) -> tuple[str, str]:
        if answer.status_code != HTTPStatus.OK:
            raise _refused(endpoint, f"answered HTTP {answer.status_code}")
        kind = answer.headers.get("content-type", "")
        media_type = kind.partition(";")[0].strip().lower()
        if media_type and not media_type.startswith(_READABLE):
            raise DocumentRefused(
                f"what {endpoint.host} sends is of a kind that is not read",
                remedy="name a page, a text, an EPUB, a PDF or a Word file",
            )
        declared = answer.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._most_bytes:
            raise self._too_large(endpoint)
        with path.open("wb") as file:
            await self._copy(endpoint, answer, file)
        return media_type, answer.charset_encoding or ""

    async def _copy(self, endpoint: Endpoint, answer: httpx.Response, file: BinaryIO) -> None:
        left = self._most_bytes
        async for block in _decoded(endpoint, answer):
            left -= len(block)
            if left < 0:
                raise self._too_large(endpoint)
            file.write(block)

    def _too_large(self, endpoint: Endpoint) -> DocumentRefused:
        return DocumentRefused(
            f"what {endpoint.host} sends has more than {self._most_bytes:,} bytes",
            remedy="an operator sets the limit with NARRATOR_MAX_DOCUMENT_BYTES",
        )


async def _decoded(endpoint: Endpoint, answer: httpx.Response) -> AsyncIterator[bytes]:
    """The body's blocks, unpacked in small steps, so that a bomb is counted and not held."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding in {"", "identity"}:
        async for block in answer.aiter_raw():
            yield block
        return
    if coding not in {"gzip", "x-gzip"}:
        raise _refused(endpoint, "packs it in a way that was not asked for")
    unpacking = _Gunzip()
    async for block in answer.aiter_raw():
        try:
            for unpacked in unpacking.feed(block):
                yield unpacked
        except zlib.error:
            raise _refused(endpoint, "sends it packed wrongly") from None
    if not unpacking.whole:
        raise _refused(endpoint, "sends it cut short")


class _Gunzip:
    """Unpacks gzip, of one member or several, no more than a mebibyte at a time."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def whole(self) -> bool:
        """Whether the last member has ended."""
        return self._inner.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What can be unpacked with `data`; raises zlib.error."""
        while data:
            if self._inner.eof:
                self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield self._inner.decompress(data, _BLOCK_BYTES)
            data = self._inner.unconsumed_tail or self._inner.unused_data


def _next(url: str, endpoint: Endpoint, answer: httpx.Response) -> str:
    """Where a redirect leads, from https never to http."""
    try:
        target: str = urljoin(url, answer.headers.get("location", ""))
        downward = endpoint.scheme == "https" and urlsplit(target).scheme != "https"
    except ValueError:
        raise _refused(endpoint, "redirects to what is no URL") from None
    if downward or target == url:
        raise _refused(endpoint, "redirects to where it is not followed")
    return target.partition("#")[0]


def _mark(path: Path, charset: str) -> None:
    """Write the text anew as UTF-8 with a byte order mark, if it is in the declared encoding."""
    encoding = encoding_of(charset)
    if encoding is None:
        return  # of no document: the reader tells the encoding by the text
    with path.open("rb") as file:
        if file.read(4).startswith(_MARKS):
            return
    marked = path.with_name(f"{path.name}-marked")
    try:
        with (
            path.open(encoding=encoding, newline="") as given,
            marked.open("w", encoding="utf-8-sig", newline="") as written,
        ):
            while block := given.read(_BLOCK_BYTES):
                written.write(block)
        with path.open("wb") as file, marked.open("rb") as text:
            while data := text.read(_BLOCK_BYTES):
                file.write(data)
    except ValueError:
        return  # declared wrongly, likewise
    finally:
        marked.unlink(missing_ok=True)


def _refused(endpoint: Endpoint, what: str) -> DocumentRefused:
    return DocumentRefused(
        f"the document's host {endpoint.host} {what}",
        remedy="check that the URL opens without a password, or send the document itself",
    )
