"""The Speak server over real sockets, as a plain websockets client sees it."""

import asyncio
import contextlib
import json
import uuid

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from narrator.speakserver import tone
from narrator.speakserver.background import running
from narrator.speakserver.config import (
    CloseMode,
    Fault,
    FaultKind,
    HandshakeFault,
    Limits,
    SpeakServerConfig,
    VoiceEngine,
)
from narrator.speakserver.server import SpeakServer

pytestmark = pytest.mark.integration

PATIENCE_SECONDS = 60
KEY = "0123456789abcdef"
FLUSH, CLEAR, CLOSE = ('{"type":"Flush"}', '{"type":"Clear"}', '{"type":"Close"}')


def speak(text):
    return json.dumps({"type": "Speak", "text": text})


@contextlib.asynccontextmanager
async def serving(**switches):
    async with asyncio.timeout(PATIENCE_SECONDS):
        async with SpeakServer(
            SpeakServerConfig(voice_engine=VoiceEngine.TONE, **switches)
        ) as server:
            yield server


def dial(server, query="", *, key=KEY, **options):
    headers = {"Authorization": f"Token {key}"} if key else {}
    return connect(f"{server.url}?{query}", additional_headers=headers, proxy=None, **options)


async def hear(socket):
    """Return everything until the socket closes: JSON messages, audio joined, and the close."""
    messages, audio = [], b""
    with contextlib.suppress(ConnectionClosed):
        while True:
            frame = await socket.recv()
            if isinstance(frame, bytes):
                audio += frame
            else:
                messages.append(json.loads(frame))
    return messages, audio, (socket.close_code, socket.close_reason)


async def converse(server, *sent, query=""):
    """Say everything at once and return what is heard until the close."""
    async with dial(server, query) as socket:
        with contextlib.suppress(ConnectionClosed):
            for frame in sent:
                await socket.send(frame)
        return await hear(socket)


async def all_gone(server):
    """Wait until the server has noticed that no socket is left."""
    while server.counts.sockets_open:  # noqa: ASYNC110 - the counts have no event
        await asyncio.sleep(0.005)


def texts(audio, rate=24_000):
    return [burst.text for burst in tone.read(np.frombuffer(audio, np.int16), rate)]


def kinds(messages):
    return [message["type"] for message in messages]


# ------------------------------------------------------------------------------------ speaking


def test_three_utterances_come_back_in_order_each_followed_by_its_flushed():
    async def story():
        async with serving() as server, dial(server) as socket:
            heard = []
            await socket.recv()
            for text in ("one", "two", "three"):
                await socket.send(speak(text))
                await socket.send(FLUSH)
            for _ in range(3):
                audio = b""
                while isinstance(frame := await socket.recv(), bytes):
                    audio += frame
                heard.append((texts(audio), json.loads(frame)))
            return heard

    assert asyncio.run(story()) == [
        ([text], {"type": "Flushed", "sequence_id": number})
        for number, text in enumerate(("one", "two", "three"))
    ]


def test_metadata_comes_unasked_and_names_the_request_of_the_handshake():
    async def story():
        async with serving() as server, dial(server, "model=aura-2-thalia-en") as socket:
            return socket.response.headers, json.loads(await socket.recv())

    headers, metadata = asyncio.run(story())
    assert metadata["request_id"] == headers["dg-request-id"]
    assert str(uuid.UUID(headers["dg-request-id"])) == headers["dg-request-id"]
    assert metadata["model_name"] == "aura-2-thalia-en"


def test_no_audio_comes_before_a_flush():
    async def story():
        async with serving() as server, dial(server) as socket:
            await socket.recv()
            await socket.send(speak("Hello."))
            await (await socket.ping())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 0.2)

    asyncio.run(story())


def test_close_drains_and_then_closes_with_1000():
    async def story():
        async with serving() as server:
            return await converse(server, speak("flushed"), FLUSH, speak("rest"), CLOSE)

    messages, audio, close = asyncio.run(story())
    assert texts(audio) == ["flushed", "rest"]
    assert kinds(messages) == ["Metadata", "Flushed", "Flushed"]
    assert close == (1000, "")


def test_close_can_be_immediate():
    async def story():
        async with serving(close_mode=CloseMode.IMMEDIATE, first_audio_ms=5_000) as server:
            return await converse(server, speak("lost"), FLUSH, CLOSE)

    messages, audio, close = asyncio.run(story())
    assert (kinds(messages), audio, close) == (["Metadata"], b"", (1000, ""))


def test_clear_silences_what_is_being_spoken():
    async def story():
        slow = {"frame_bytes": 480, "ms_per_100_chars": 60_000}
        async with serving(**slow) as server, dial(server) as socket:
            await socket.recv()
            await socket.send(speak("x" * 1_000))
            await socket.send(FLUSH)
            assert isinstance(await socket.recv(), bytes)
            await socket.send(CLEAR)
            await socket.send(CLOSE)
            return await hear(socket)

    messages, audio, close = asyncio.run(story())
    assert kinds(messages) == ["Cleared"]
    assert len(audio) < 24_000
    assert close == (1000, "")


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 32_000, 48_000])
def test_linear16_is_spoken_at_every_documented_rate(rate):
    async def story():
        async with serving() as server:
            return await converse(
                server, speak("rate"), FLUSH, CLOSE, query=f"encoding=linear16&sample_rate={rate}"
            )

    assert texts(asyncio.run(story())[1], rate) == ["rate"]


@pytest.mark.parametrize("encoding", ["mulaw", "alaw"])
def test_companded_audio_has_one_byte_a_sample(encoding):
    async def story():
        async with serving() as server:
            return await converse(server, speak("x"), FLUSH, CLOSE, query=f"encoding={encoding}")

    assert len(asyncio.run(story())[1]) == len(tone.speak("x", 8_000))


def test_odd_frames_join_to_the_same_audio():
    async def story():
        async with serving(odd_frames=True, frame_bytes=1_000) as server, dial(server) as socket:
            await socket.recv()
            await socket.send(speak("odd"))
            await socket.send(FLUSH)
            parts = []
            while isinstance(frame := await socket.recv(), bytes):
                parts.append(frame)
            return parts

    parts = asyncio.run(story())
    assert {len(part) for part in parts[:-1]} == {999}
    assert texts(b"".join(parts)) == ["odd"]


def test_pings_are_answered():
    async def story():
        async with serving() as server, dial(server) as socket:
            return await (await socket.ping())

    assert asyncio.run(story()) >= 0


# ---------------------------------------------------------------------------------- close codes


@pytest.mark.parametrize(
    ("sent", "close"),
    [
        (CLOSE, (1000, "")),
        (b"\0", (1003, "MESSAGE-0000")),
        ('{"type":"KeepAlive"}', (1008, "DATA-0000")),
        ("no json", (1008, "DATA-0000")),
        (speak("x" * 2_001), (1009, "BIG-0001")),
        (speak("x" * 2_000_000), (1009, "BIG-0000")),
    ],
)
def test_each_message_that_ends_a_socket_ends_it_with_its_code(sent, close):
    async def story():
        async with serving() as server:
            return await converse(server, sent)

    assert asyncio.run(story())[2] == close


def test_too_many_characters_in_a_minute_end_the_socket_with_1008():
    async def story():
        async with serving() as server:
            return await converse(server, speak("x" * 1_201), speak("x" * 1_200))

    assert asyncio.run(story())[2] == (1008, "DATA-0001")


def test_a_session_ends_with_1011_after_60_minutes_of_the_limits_clock():
    async def story():
        async with serving(time_scale=36_000) as server:
            return await converse(server)

    assert asyncio.run(story())[2] == (1011, "NET-0003")


def test_silence_can_be_made_to_end_with_1011():
    async def story():
        async with serving(limits=Limits(idle_seconds=0.1)) as server:
            return await converse(server)

    assert asyncio.run(story())[2] == (1011, "NET-0001")


def test_a_stopping_server_closes_with_1001():
    async def story():
        async with serving() as server, dial(server) as socket:
            await socket.recv()
            stopping = asyncio.create_task(server.stop())
            heard = await hear(socket)
            await stopping
            return heard

    assert asyncio.run(story())[2][0] == 1001


# --------------------------------------------------------------------------------------- limits


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
        limits = Limits(minute_chars=10)
        async with serving(time_scale=600, limits=limits) as server, dial(server) as socket:
            await socket.recv()
            for _ in range(3):
                await socket.send(speak("ten chars!"))
                await socket.send(FLUSH)
                while isinstance(await socket.recv(), bytes):
                    pass
                await asyncio.sleep(0.11)  # 66 seconds of the limits' clock
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


# -------------------------------------------------------------------------------- the handshake


async def refused(server, query="", **options):
    with pytest.raises(InvalidStatus) as caught:
        await dial(server, query, **options)
    return caught.value.response


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


# --------------------------------------------------------------------------------------- faults


async def struck(kind, *afterwards):
    """Have a fault strike the second of two utterances; return what is heard until the close."""
    async with serving(faults=(Fault(kind=kind, flush=1),)) as server:
        utterances = (speak("whole"), FLUSH, speak("half of this"), FLUSH)
        messages, audio, close = await converse(server, *utterances, *afterwards)
        return kinds(messages)[1:], texts(audio), close[0]


def test_a_flush_can_be_refused_on_purpose():
    messages, heard, close = asyncio.run(struck(FaultKind.REFUSE_FLUSH, CLOSE))
    assert sorted(messages) == ["Flushed", "Flushed", "Warning"]
    assert (heard, close) == (["whole", "half of this"], 1000)  # Close speaks what was left


def test_a_flushed_can_be_held_back_on_purpose():
    expected = (["Flushed"], ["whole", "half of this"], 1000)
    assert asyncio.run(struck(FaultKind.DROP_FLUSHED, CLOSE)) == expected


@pytest.mark.parametrize(("kind", "code"), [(FaultKind.CUT_1011, 1011), (FaultKind.CUT_1006, 1006)])
def test_audio_can_break_off_on_purpose(kind, code):
    messages, heard, close = asyncio.run(struck(kind))
    assert (messages, close) == (["Flushed"], code)
    assert heard[0] == "whole"
    assert "half of this" not in heard


def test_audio_can_stall_on_purpose():
    async def story():
        async with serving(faults=(Fault(kind=FaultKind.STALL),)) as server, dial(server) as socket:
            await socket.recv()
            await socket.send(speak("half of this"))
            await socket.send(FLUSH)
            audio = await socket.recv()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.recv(), 0.3)
            return texts(audio)

    assert asyncio.run(story()) != ["half of this"]


# --------------------------------------------------------------------------------------- counts


def test_the_server_tells_its_own_counts():
    async def story():
        async with serving() as server, httpx.AsyncClient(trust_env=False) as client:
            await converse(server, speak("twelve chars"), FLUSH, CLOSE)
            await converse(server, speak("never flushed"), "nonsense")
            await refused(server, "model=nobody")
            await all_gone(server)
            base = server.url.replace("ws://", "http://").removesuffix("/v1/speak")
            health = await client.get(f"{base}/healthz")
            return health.status_code, (await client.get(f"{base}/v1/stats")).json()

    assert asyncio.run(story()) == (
        200,
        {
            "sockets_open": 0,
            "sockets_open_highest": 1,
            "handshakes_accepted": 2,
            "handshakes_refused": {"400": 1},
            "speaks_received": 2,
            "characters_received": 25,
            "characters_synthesised": 12,
            "flushes_accepted": 1,
            "flushes_refused": 0,
            "limit_warnings": 0,
            "closes": {"1000": 1, "1008": 1},
        },
    )


def test_forty_five_sockets_are_served_at_once():
    async def one(server, number):
        heard = await converse(server, *[speak(f"socket {number} "), FLUSH] * 3, CLOSE)
        return texts(heard[1])

    async def story():
        async with serving() as server:
            return await asyncio.gather(*(one(server, number) for number in range(45)))

    assert asyncio.run(story()) == [[f"socket {number} "] * 3 for number in range(45)]
