"""Calling an ASGI app in this process, one request at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any

import httpx
from starlette.types import ASGIApp

KEY = "a-key-of-the-tests"
"""The API key that the tests' apps accept, under the name `tester`."""

WITH_KEY = {"Authorization": f"Bearer {KEY}"}


class Caller:
    """A client whose connection comes from `peer`, and that sends the key unless told otherwise."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        peer: str = "127.0.0.1",
        base_url: str = "http://127.0.0.1:8080",
        headers: Mapping[str, str] = WITH_KEY,
    ) -> None:
        self._transport = httpx.ASGITransport(app=app, client=(peer, 50_000))
        self._base_url = base_url
        self._headers = dict(headers)

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:  # as httpx
        """Send a request and read its whole answer."""
        return asyncio.run(self._request(method, path, **given))

    def get(self, path: str, **given: Any) -> httpx.Response:  # as httpx
        """GET a path."""
        return self.request("GET", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:  # as httpx
        """POST to a path."""
        return self.request("POST", path, **given)

    def put(self, path: str, **given: Any) -> httpx.Response:  # as httpx
        """PUT to a path."""
        return self.request("PUT", path, **given)

    def delete(self, path: str, **given: Any) -> httpx.Response:  # as httpx
        """DELETE a path."""
        return self.request("DELETE", path, **given)

    async def _request(self, method: str, path: str, **given: Any) -> httpx.Response:
        async with httpx.AsyncClient(
            transport=self._transport, base_url=self._base_url, headers=self._headers
        ) as client:
            return await client.request(method, path, **given)


async def in_blocks(blocks: Iterable[bytes]) -> AsyncIterator[bytes]:
    """A body whose length is not declared."""
    for block in blocks:
        yield block
