"""The Speak server over real sockets: speaking, counting."""

import asyncio
import json
import uuid

import httpx
import pytest

from narrator.speakserver import tone
from narrator.speakserver.config import (
    CloseMode,
)
from tests.integration.speakserver.client import (
    CLEAR,
    CLOSE,
    FLUSH,
    all_gone,
    converse,
    dial,
    hear,
    kinds,
    refused,
    serving,
    speak,
    texts,
)

pytestmark = pytest.mark.integration


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
            "refused_as_full": 0,
            "refused_on_purpose": {},
            "refused_avoidably": 0,
            "speaks_received": 2,
            "characters_received": 25,
            "characters_late": 0,
            "characters_by_voice": {"aura-asteria-en": 25},
            "characters_synthesised": 12,
            "flushes_accepted": 1,
            "flushes_refused": 0,
            "limit_warnings": 0,
            "closes": {"1000": 1, "1008": 1},
            "closes_by_reason": {"1000": 1, "1008 DATA-0000": 1},
            "closes_by_limit": {},
            "strikes": {},
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
