"""Documents by URL, over real sockets: what is fetched, what is refused, who is never asked."""

import gzip
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

from narrator.domain.errors import DocumentRefused, OptionRefused
from narrator.fetcher import MOST_REDIRECTS, HttpFetcher
from narrator.ingest.decoding import decode
from narrator.outbound import MOST_LOOKUPS
from narrator.services.ports import Fetched, Fetcher
from tests.fakes.messenger import FakeFetcher
from tests.servers.pages import Answer, Pages, serving

pytestmark = pytest.mark.integration

PAGE = b"<p>It was a dark and stormy night.</p>"
HTML = ("Content-Type", "text/html")


@pytest.fixture(name="pages")
def _pages() -> Iterator[Pages]:
    with serving(Pages()) as pages:
        yield pages


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "document"


def fetcher(*, most_bytes: int = 1 << 20, seconds: float = 20) -> HttpFetcher:
    return HttpFetcher(most_bytes=most_bytes, private=True, seconds=seconds)


@contextmanager
def hanging() -> Iterator[HttpFetcher]:
    """A fetcher whose name server answers nobody, until the end."""
    over = Event()

    def look_up(_host: str, _port: int) -> list[str]:
        over.wait()
        return ["127.0.0.1"]

    try:
        yield HttpFetcher(most_bytes=99, private=True, seconds=0.02, look_up=look_up)
    finally:
        over.set()
        for thread in threading.enumerate():
            if thread.name == "lookup":
                thread.join()


def redirect(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers=(("Location", to), ("Set-Cookie", "a=b")))


def test_a_page_is_fetched_as_it_is(pages: Pages, path: Path) -> None:
    pages.answers["/a?b=c"] = Answer(body=PAGE)
    fetched = fetcher().fetch(pages.url("/a?b=c"), path)
    assert path.read_bytes() == PAGE
    assert fetched == Fetched(media_type="text/html", size_bytes=len(PAGE))


def test_nothing_is_said_of_the_one_who_asks(pages: Pages, path: Path) -> None:
    pages.answers["/"] = Answer(body=PAGE)
    fetcher().fetch(pages.url("/"), path)
    ((_, headers),) = pages.requests
    assert headers["Host"] == f"127.0.0.1:{pages.port}"
    assert not {"Cookie", "Authorization", "Referer", "From"} & headers.keys()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_without_its_cookies(pages: Pages, path: Path, status: int) -> None:
    pages.answers |= {"/a": redirect("b", status), "/b": Answer(body=PAGE)}
    fetcher().fetch(pages.url("/a"), path)
    assert path.read_bytes() == PAGE
    assert all("Cookie" not in headers for _, headers in pages.requests)


def test_a_name_server_that_hangs_is_waited_for_no_longer_than_anything_else(path: Path) -> None:
    with hanging() as fetcher, pytest.raises(DocumentRefused, match=r"within 0\.02 s"):
        fetcher.fetch("http://example.org/", path)


def test_no_more_names_are_looked_up_at_once_than_may_be(path: Path) -> None:
    with hanging() as fetcher:
        for _ in range(MOST_LOOKUPS):
            with pytest.raises(DocumentRefused, match="did not send it"):
                fetcher.fetch("http://example.org/", path)
        with pytest.raises(DocumentRefused, match="nobody knows its address"):
            fetcher.fetch("http://example.org/", path)


@pytest.mark.parametrize("charset", ["punycode", "idna", "rot13", "bz2", "unicode_escape", "a\\b"])
def test_a_declared_encoding_that_is_none_of_a_document_s_is_not_tried(
    pages: Pages, path: Path, charset: str
) -> None:
    body = b"<p>" + b"a-b" * 100_000
    declared = ("Content-Type", f"text/html; charset={charset}")
    pages.answers["/"] = Answer(body=body, headers=(declared,))
    fetcher().fetch(pages.url("/"), path)
    assert path.read_bytes() == body


def test_redirects_are_followed_so_far_and_no_farther(pages: Pages, path: Path) -> None:
    pages.answers |= {f"/{number}": redirect(f"/{number + 1}") for number in range(99)}
    with pytest.raises(DocumentRefused, match="redirects"):
        fetcher().fetch(pages.url("/0"), path)
    assert len(pages.requests) == MOST_REDIRECTS + 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_of_one_s_own_network_is_not_connected_to(
    pages: Pages, path: Path, host: str
) -> None:
    with pytest.raises(DocumentRefused, match="not public"):
        HttpFetcher(most_bytes=99).fetch(f"http://{host}:{pages.port}/", path)
    assert pages.requests == []


@pytest.mark.parametrize(
    "to", ["ftp://example.org/", "file:///etc/passwd", "http://u:p@127.0.0.1/"]
)
def test_a_redirect_to_no_plain_url_is_refused(pages: Pages, path: Path, to: str) -> None:
    pages.answers["/a"] = redirect(to)
    with pytest.raises(OptionRefused):
        fetcher().fetch(pages.url("/a"), path)
    assert pages.paths == ["/a"]


@pytest.mark.parametrize("status", [204, 304, 401, 404, 500, 503])
def test_any_answer_but_a_success_is_refused_by_host_and_status(
    pages: Pages, path: Path, status: int
) -> None:
    pages.answers["/a?key=hush"] = Answer(status=status)
    with pytest.raises(DocumentRefused, match=str(status)) as refusal:
        fetcher().fetch(pages.url("/a?key=hush"), path)
    assert "hush" not in refusal.value.reason


def test_what_is_of_no_kind_that_is_read_is_refused(pages: Pages, path: Path) -> None:
    pages.answers["/a"] = Answer(headers=(("Content-Type", "video/mp4"),), body=PAGE)
    with pytest.raises(DocumentRefused, match="kind"):
        fetcher().fetch(pages.url("/a"), path)


def test_what_is_declared_too_large_is_not_read(pages: Pages, path: Path) -> None:
    pages.answers["/a"] = Answer(headers=(HTML, ("Content-Length", "1001")), silent=True)
    with pytest.raises(DocumentRefused, match="more than 1,000 bytes"):
        fetcher(most_bytes=1_000).fetch(pages.url("/a"), path)


def test_what_turns_out_too_large_is_left_there(pages: Pages, path: Path) -> None:
    pages.answers["/a"] = Answer(body=bytes(3_000_000))
    with pytest.raises(DocumentRefused, match="more than 1,000 bytes"):
        fetcher(most_bytes=1_000).fetch(pages.url("/a"), path)
    assert path.stat().st_size <= 1_000


def test_a_packed_page_is_unpacked(pages: Pages, path: Path) -> None:
    packed = gzip.compress(PAGE, mtime=0) + gzip.compress(PAGE, mtime=0)
    pages.answers["/a"] = Answer(headers=(HTML, ("Content-Encoding", "gzip")), body=packed)
    fetcher().fetch(pages.url("/a"), path)
    assert path.read_bytes() == PAGE * 2


def test_a_packed_page_is_counted_as_it_unpacks(pages: Pages, path: Path) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    pages.answers["/a"] = Answer(headers=(HTML, ("Content-Encoding", "gzip")), body=bomb)
    with pytest.raises(DocumentRefused, match="more than"):
        fetcher(most_bytes=2_000_000).fetch(pages.url("/a"), path)
    assert path.stat().st_size <= 2_000_000


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(PAGE, mtime=0)[:-4]),
        ("gzip", b""),
        ("gzip", PAGE),
        ("br", PAGE),
        ("gzip, gzip", gzip.compress(gzip.compress(PAGE, mtime=0), mtime=0)),
        ("deflate", zlib.compress(PAGE)),
    ],
)
def test_what_is_packed_wrongly_or_oddly_is_refused(
    pages: Pages, path: Path, coding: str, body: bytes
) -> None:
    pages.answers["/a"] = Answer(headers=(HTML, ("Content-Encoding", coding)), body=body)
    with pytest.raises(DocumentRefused):
        fetcher().fetch(pages.url("/a"), path)


def test_who_never_ends_is_given_up(pages: Pages, path: Path) -> None:
    pages.answers["/a"] = Answer(silent=True)
    with pytest.raises(DocumentRefused, match=r"within 0\.5 s"):
        fetcher(seconds=0.5).fetch(pages.url("/a"), path)


def test_a_name_that_nobody_has_is_refused(path: Path) -> None:
    with pytest.raises(DocumentRefused, match="cannot be reached"):
        fetcher().fetch("https://narrator.invalid/", path)


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("windows-1251", "Была тёмная ночь.".encode("windows-1251")),
        ("iso-8859-1", "Émile’s night".encode("cp1252")),
        ("utf-8", "<meta charset=latin-1>Émile".encode()),
        ("utf-16", "Émile".encode("utf-16")),
        ("shift_jis", "暗い夜".encode("shift_jis")),
    ],
)
def test_the_encoding_that_the_sender_declares_counts(
    pages: Pages, path: Path, charset: str, body: bytes
) -> None:
    kind = ("Content-Type", f'text/html; charset="{charset}"')
    pages.answers["/a"] = Answer(headers=(kind,), body=body)
    fetcher().fetch(pages.url("/a"), path)
    encoding = "cp1252" if charset == "iso-8859-1" else charset
    assert decode(path.read_bytes(), "a") == body.decode(encoding)


@pytest.mark.parametrize(
    "charset",
    ["=utf-8", "=no-such-encoding", "=hex", "=utf-16", "*=us-ascii''%00utf-8"],
)
def test_a_declaration_that_is_wrong_changes_nothing(
    pages: Pages, path: Path, charset: str
) -> None:
    body = "Émile was late\n".encode("cp1252")
    kind = ("Content-Type", f"text/plain; charset{charset}")
    pages.answers["/a"] = Answer(headers=(kind,), body=body)
    fetcher().fetch(pages.url("/a"), path)
    assert path.read_bytes() == body


TWINS: dict[str, Callable[[Pages], Fetcher]] = {
    "http": lambda _: fetcher(),
    "memory": lambda pages: FakeFetcher(pages={pages.url("/a"): PAGE}),
}


@pytest.mark.parametrize("kind", TWINS)
def test_the_twin_fetches_what_is_there_and_refuses_what_is_not(
    pages: Pages, path: Path, kind: str
) -> None:
    pages.answers["/a"] = Answer(body=PAGE)
    twin = TWINS[kind](pages)
    assert twin.fetch(pages.url("/a"), path).media_type == "text/html"
    assert path.read_bytes() == PAGE
    with pytest.raises(DocumentRefused):
        twin.fetch(pages.url("/b"), path)
    with pytest.raises(OptionRefused):
        twin.fetch("ftp://127.0.0.1/", path)
