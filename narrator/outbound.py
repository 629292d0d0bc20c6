"""Connections to where others send us: to an address that was looked at, and without detours.

The name is looked up here, each address it has is judged, and the connection goes to one of those
very addresses, so that a name cannot mean something else by then. Redirects are not followed, and
no proxy of the environment is used, because neither would be judged.
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import httpx

from narrator.domain.outbound import Endpoint, is_public

LookUp = Callable[[str, int], list[str]]
"""Tells the addresses of a host for a port; raises OSError or UnicodeError where it has none."""

MOST_LOOKUPS = 32
"""That may be under way in one process, those among them for which nobody waits any more."""

_lookups = threading.BoundedSemaphore(MOST_LOOKUPS)


def look_up(host: str, port: int) -> list[str]:
    """The `LookUp` of the operating system, which takes as long as its name servers do."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def address_of(endpoint: Endpoint, *, private: bool, look_up: LookUp = look_up) -> str | None:
    """An address of the endpoint's host; none if one of them is not public, unless `private`.

    Raises OSError or UnicodeError where the host has none, OSError where too many lookups are under
    way. Who is cancelled does not wait for the lookup.
    """
    addresses = await _in_a_thread(partial(look_up, endpoint.host, endpoint.port))
    return addresses[0] if private or all(map(is_public, addresses)) else None


async def _in_a_thread(find: Callable[[], list[str]]) -> list[str]:
    """What `find` returns or raises, from a thread that is left to itself on a cancellation.

    Not the loop's own threads: a loop that ends waits for those, however long a name server hangs.
    """
    if not _lookups.acquire(blocking=False):
        raise OSError(f"{MOST_LOOKUPS} names are being looked up already")
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()
    threading.Thread(target=_answer, args=(find, loop, answer), daemon=True, name="lookup").start()
    return await answer


def _answer(
    find: Callable[[], list[str]],
    loop: asyncio.AbstractEventLoop,
    answer: "asyncio.Future[list[str]]",
) -> None:
    settle: Callable[[], None]
    try:
        settle = partial(answer.set_result, find())
    except Exception as error:  # noqa: BLE001  it is for whoever waits
        settle = partial(answer.set_exception, error)
    finally:
        _lookups.release()
    with suppress(RuntimeError):  # the loop is closed: nobody waits any more
        loop.call_soon_threadsafe(_unless_done, answer, settle)


def _unless_done(answer: "asyncio.Future[list[str]]", settle: Callable[[], None]) -> None:
    if not answer.done():
        settle()


def pinned(endpoint: Endpoint, address: str) -> tuple[str, dict[str, str]]:
    """The URL by which exactly this address is asked, and the request's extensions.

    The certificate has to be the host's all the same; `Host` is for the caller to send.
    """
    host = f"[{address}]" if ":" in address else address
    url = f"{endpoint.scheme}://{host}:{endpoint.port}{endpoint.target}"
    return url, {"sni_hostname": endpoint.host}


def straight_client() -> httpx.AsyncClient:
    """A client without proxies, cookies of old, redirects or time limits of its own."""
    return httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=None)  # noqa: S113
