"""The Speak server's journal: what was received, one server after another."""

import asyncio
import hashlib
import json

import pytest

from tests.integration.speakserver.client import CLOSE, FLUSH, dial, hear, serving, speak

pytestmark = pytest.mark.integration


async def said(path, *texts):
    """Say these through one socket of a new server with that journal; the socket's id."""
    async with serving(journal=path) as server, dial(server) as socket:
        for text in texts:
            await socket.send(speak(text))
            await socket.send(FLUSH)
        await socket.send(CLOSE)
        await hear(socket)
        return socket.response.headers["dg-request-id"]


def line(request_id, text):
    """What the journal says of a text."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"request_id": request_id, "characters": len(text), "sha256": digest}


def test_each_text_received_is_a_line_under_the_id_of_its_socket(tmp_path):
    path = tmp_path / "journal"

    socket = asyncio.run(said(path, "one", "naïve"))

    assert list(map(json.loads, path.read_text().splitlines())) == [
        line(socket, "one"),
        line(socket, "naïve"),
    ]


def test_the_next_server_goes_on_where_the_last_one_ended(tmp_path):
    path = tmp_path / "journal"

    sockets = [asyncio.run(said(path, text)) for text in ("one", "two")]

    assert list(map(json.loads, path.read_text().splitlines())) == [
        line(sockets[0], "one"),
        line(sockets[1], "two"),
    ]


def test_a_journal_never_holds_text(tmp_path):
    path = tmp_path / "journal"

    asyncio.run(said(path, "a secret"))

    assert "secret" not in path.read_text()
