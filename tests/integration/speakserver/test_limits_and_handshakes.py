"""What the Speak server limits, and whom it refuses."""

import asyncio
import json
import uuid

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from narrator.speakserver.background import running
from narrator.speakserver.config import (
    HandshakeFault,
    Limits,
    SpeakServerConfig,
    VoiceEngine,
)
from tests.integration.speakserver.client import (
    CLOSE,
    FLUSH,
    KEY,
    all_gone,
    converse,
    dial,
    hear,
    refused,
    serving,
    speak,
    texts,
)

pytestmark = pytest.mark.integration


def test_the_twenty_first_flush_is_refused_and_the_socket_goes_on():
    async def story():
        async with serving() as server:
            heard = await converse(server, *[FLUSH] * 21, speak("later"), CLOSE)
            return heard, server.counts

    (messages, audio, close), counts = asyncio.run(story())
    flushed = [message["sequence_id"] for message in messages if message["type"] == "Flushed"]
    warnings = [message for message in messages if message["type"] == "Warning"]
    assert flushed == list(range(21))  # the last belongs to Close
    assert [warning["warn_code"] for warning in warnings] == ["EXCESSIVE_FLUSH"]
    assert texts(audio) == ["later"]
    assert close == (1000, "")
    assert (counts.flushes_accepted, counts.flushes_refused) == (20, 1)


def test_the_limits_clock_runs_faster_when_told_to():
    async def story():
        switches = {"time_scale": 600, "first_audio_ms": 66_000}  # longer than the window
        async with (
            serving(limits=Limits(minute_chars=10), **switches) as server,
            dial(server) as socket,
        ):
            await socket.recv()
            for _ in range(3):
                await socket.send(speak("ten chars!"))
                await socket.send(FLUSH)
                while isinstance(await socket.recv(), bytes):
                    pass
            await socket.send(CLOSE)
            return await hear(socket)

    assert asyncio.run(story())[2] == (1000, "")


def test_the_first_audio_can_be_delayed_on_the_limits_clock():
    async def story():
        async with serving(first_audio_ms=10_000, time_scale=50) as server, dial(server) as socket:
            await socket.recv()
            loop = asyncio.get_running_loop()
            before = loop.time()
            await socket.send(speak("late"))
            await socket.send(FLUSH)
            await socket.recv()
            return loop.time() - before

    assert 0.2 <= asyncio.run(story()) < 5


def test_one_socket_too_many_is_429_until_another_is_gone():
    async def story():
        async with serving(limits=Limits(sockets=2)) as server:
            async with dial(server), dial(server):
                with pytest.raises(InvalidStatus) as refused:
                    await dial(server)
            await all_gone(server)
            async with dial(server) as socket:
                await socket.recv()
            return refused.value.response.status_code, server.counts.sockets_open_highest

    assert asyncio.run(story()) == (429, 2)


def test_a_socket_that_vanishes_gives_its_place_back():
    async def story():
        async with serving(limits=Limits(sockets=1)) as server:
            async with dial(server) as socket:
                await socket.recv()
                socket.transport.abort()
            await all_gone(server)
            return dict(server.counts.closes)

    assert asyncio.run(story()) == {1006: 1}


def check_refusal(response, status):
    body = json.loads(response.body)
    assert response.status_code == status
    assert response.headers["dg-error"] == body["err_msg"]
    assert str(uuid.UUID(body["request_id"])) == response.headers["dg-request-id"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("model=nobody", 400),
        ("encoding=opus", 400),
        ("sample_rate=44100", 400),
        ("container=wav", 400),
        ("model=aura-2-julius-de&speed=1.2", 400),
        ("speed=fast", 400),
        ("encoding=%0D%0Adg-evil:1", 400),
    ],
)
def test_a_bad_query_is_refused_with_headers_and_body(query, status):
    async def story():
        async with serving() as server:
            return await refused(server, query)

    check_refusal(asyncio.run(story()), status)


@pytest.mark.parametrize("status", [401, 402, 403, 429, 503])
def test_every_documented_refusal_can_be_provoked(status):
    async def story():
        fault = HandshakeFault(status=status, count=1)
        async with serving(handshake_faults=(fault,)) as server:
            response = await refused(server)
            async with dial(server) as socket:
                await socket.recv()
            return response, server.counts.handshakes_refused

    response, counted = asyncio.run(story())
    check_refusal(response, status)
    assert counted == {status: 1}


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_missing_or_wrong_key_is_401(key):
    async def story():
        async with serving(api_keys=frozenset({KEY})) as server:
            return await refused(server, key=key)

    check_refusal(asyncio.run(story()), 401)


@pytest.mark.parametrize(
    "offered", [["token", KEY], ["bearer", "a.b.c", "x-deepgram-session-id", str(uuid.uuid4())]]
)
def test_a_browser_is_answered_with_its_scheme_and_never_with_its_key(offered):
    async def story():
        keys = frozenset({KEY, "a.b.c"})
        names = [Subprotocol(name) for name in offered]
        async with (
            serving(api_keys=keys) as server,
            dial(server, key="", subprotocols=names) as socket,
        ):
            return socket.subprotocol, socket.response.headers.serialize()

    subprotocol, headers = asyncio.run(story())
    assert subprotocol == offered[0]
    assert offered[1].encode() not in headers


def test_a_plain_request_to_the_endpoint_is_told_to_upgrade():
    async def story():
        async with serving() as server, httpx.AsyncClient(trust_env=False) as client:
            url = server.url.replace("ws://", "http://")
            return await client.get(url, headers={"Authorization": f"Token {KEY}"})

    response = asyncio.run(story())
    assert response.status_code == 426
    assert uuid.UUID(response.headers["dg-request-id"]).version == 4


@pytest.mark.parametrize(
    "header", ["Sec-WebSocket-Protocol: token, ,,=secret", "Authorization: Token x\r\nHost: [::"]
)
def test_a_malformed_header_is_refused_and_never_logged(header, caplog):
    async def story():
        async with serving() as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            lines = ["GET //[?model=x HTTP/1.1", "Upgrade: websocket", header, "", ""]
            writer.write("\r\n".join(lines).encode())
            answer = await reader.readline()
            writer.close()
            return answer

    assert b" 40" in asyncio.run(story())
    assert "secret" not in caplog.text


def test_a_port_that_is_taken_is_an_error_of_the_caller():
    with running(SpeakServerConfig(voice_engine=VoiceEngine.TONE)) as server:
        taken = SpeakServerConfig(voice_engine=VoiceEngine.TONE, port=server.port)
        with pytest.raises(OSError, match="in use"), running(taken):
            pass
