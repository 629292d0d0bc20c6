"""Connections to where others send us: to an address that was looked at, and without detours.

The name is looked up here, each address it has is judged, and the connection goes to one of those
very addresses, so that a name cannot mean something else by then. Redirects are not followed, and
no proxy of the environment is used, because neither would be judged.
"""

import asyncio
import socket

import httpx

from narrator.domain.outbound import Endpoint, is_public


async def address_of(endpoint: Endpoint, *, private: bool) -> str | None:
    """An address of the endpoint's host; none if one of them is not public, unless `private`.

    Raises OSError or UnicodeError where the host has none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(endpoint.host, endpoint.port, type=socket.SOCK_STREAM)
    addresses = [str(address[0]) for *_, address in found]
    return addresses[0] if private or all(map(is_public, addresses)) else None


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
