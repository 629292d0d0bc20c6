"""Faults over real sockets, what they are counted as, and what the server remembers of sockets."""

import asyncio
import contextlib
import time

import httpx
import pytest

from narrator.speakserver.config import Chaos, Fault, FaultKind, Limits
from narrator.speakserver.faults import Moment
from tests.integration.speakserver.client import (
    CLOSE,
    FLUSH,
    all_gone,
    converse,
    dial,
    kinds,
    refused,
    serving,
    speak,
    texts,
)

pytestmark = pytest.mark.integration

CLOSES = {
    FaultKind.CUT_1000: (1000, ""),
    FaultKind.CUT_1001: (1001, ""),
    FaultKind.CUT_1006: (1006, ""),
    FaultKind.CUT_1008: (1008, "DATA-0001"),
    FaultKind.CUT_1011: (1011, "NET-0000"),
    FaultKind.CUT_1011_AGE: (1011, "NET-0003"),
}
HEARD = {
    Moment.BEFORE_AUDIO: (["Metadata"], False, False),
    Moment.MIDWAY: (["Metadata"], True, False),
    Moment.BEFORE_FLUSHED: (["Metadata"], True, True),
    Moment.AFTER_FLUSHED: (["Metadata", "Flushed"], True, True),
}


async def stats(server, query=""):
    base = server.url.replace("ws://", "http://").removesuffix("/v1/speak")
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{base}/v1/stats{query}")).json()


@pytest.mark.parametrize("kind", CLOSES)
@pytest.mark.parametrize("moment", HEARD)
def test_each_cut_comes_at_its_moment_with_its_code(kind, moment):
    async def story():
        async with serving(faults=(Fault(kind=kind, moment=moment),)) as server:
            heard = await converse(server, speak("cut short"), FLUSH)
            await all_gone(server)
            return heard, server.counts

    (messages, audio, close), counts = asyncio.run(story())
    assert (kinds(messages), bool(audio), texts(audio) == ["cut short"]) == HEARD[moment]
    assert close == CLOSES[kind]
    assert counts.strikes == {f"{kind} {moment}": 1}
    assert counts.closes_by_reason == {" ".join(filter(None, map(str, close))): 1}


def test_an_answer_can_be_empty_on_purpose():
    async def story():
        async with serving(faults=(Fault(kind=FaultKind.EMPTY),)) as server:
            return await converse(server, speak("unheard"), FLUSH, CLOSE)

    messages, audio, close = asyncio.run(story())
    assert (kinds(messages), audio, close[0]) == (["Metadata", "Flushed"], b"", 1000)


@contextlib.asynccontextmanager
async def raw(server):
    """An open socket without a library: nothing answers by itself, and nothing closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(HANDSHAKE)
        await reader.readuntil(b"\r\n\r\n")
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("kind", "last_heard"), [(FaultKind.CUT_1006, b"}"), (FaultKind.CUT_1011, b"NET-0000")]
)
def test_what_a_client_sends_before_it_heeds_the_cut_is_counted(kind, last_heard):
    """All the server said has arrived, its end included; the client talks on for a while."""

    async def story():
        fault = Fault(kind=kind, moment=Moment.BEFORE_AUDIO)
        async with serving(faults=(fault,)) as server, raw(server) as (reader, writer):
            writer.write(masked(speak("four")) + masked(FLUSH))
            heard = b""
            while not heard.endswith(last_heard):
                heard += await reader.read(1_000)
            if kind is FaultKind.CUT_1006:
                assert await reader.read() == b""
            for _ in range(40):
                writer.write(masked(speak("late!")))
            writer.write_eof()
            await all_gone(server)
            return server.counts

    counts = asyncio.run(story())
    assert (counts.characters_received, counts.characters_late) == (204, 200)


def test_sockets_cut_by_chaos_are_cut_with_a_frame_or_without():
    async def story():
        chaos = Chaos(socket_share=1.0)
        async with serving(chaos=chaos, time_scale=3_600, limits=Limits(sockets=None)) as server:
            await asyncio.gather(*(converse(server) for _ in range(60)))
            await all_gone(server)
            return server.counts

    counts = asyncio.run(story())
    assert set(counts.closes) == {1000, 1001, 1006, 1008, 1011}
    assert sum(counts.strikes.values()) + counts.closes_by_limit["NET-0003"] == 60
    assert {name.split()[1] for name in counts.strikes} == {"handshake", "idle", "any"}


def test_a_burst_refuses_with_429_and_503_in_turn_and_is_counted_as_one():
    async def story():
        chaos = Chaos(burst_every_seconds=1_000, burst_seconds=1_000)
        async with serving(chaos=chaos) as server:
            statuses = [(await refused(server)).status_code for _ in range(4)]
            return statuses, await stats(server)

    statuses, counted = asyncio.run(story())
    assert statuses == [429, 503, 429, 503]
    assert counted["refused_on_purpose"] == {"429": 2, "503": 2}
    assert counted["strikes"] == {"burst-429": 2, "burst-503": 2}
    assert (counted["refused_as_full"], counted["refused_avoidably"]) == (0, 0)


def test_a_handshake_that_is_one_too_many_is_remembered_with_its_instant():
    async def story():
        async with serving(limits=Limits(sockets=1)) as server:
            before = time.time()
            async with dial(server):
                await refused(server)
            return before, await stats(server, "?sockets=1"), time.time()

    before, counted, after = asyncio.run(story())
    (refusal,) = counted["one_too_many"]
    assert before <= refusal["at"] <= after
    assert refusal["sockets_open"] == counted["refused_as_full"] == 1
    assert (counted["refused_avoidably"], counted["refused_on_purpose"]) == (0, {})


def test_a_refusal_on_purpose_is_not_one_for_want_of_room():
    async def story():
        chaos = Chaos(burst_every_seconds=1_000, burst_seconds=1_000)
        async with serving(chaos=chaos, limits=Limits(sockets=0)) as server:
            await refused(server)
            return await stats(server, "?sockets=1")

    counted = asyncio.run(story())
    assert (counted["one_too_many"], counted["refused_as_full"]) == ([], 0)
    assert counted["refused_on_purpose"] == {"429": 1}


def test_every_socket_is_remembered_with_what_was_sent_through_it():
    async def story():
        async with serving() as server:
            before = time.time()
            await converse(server, speak("twelve chars"), FLUSH, FLUSH, CLOSE)
            await all_gone(server)
            async with dial(server) as socket:
                await socket.recv()
                request_id = socket.response.headers["dg-request-id"]
                port = socket.local_address[1]
                return before, request_id, port, await stats(server, "?sockets=1")

    before, request_id, port, counted = asyncio.run(story())
    closed, still_open = counted["sockets"]
    assert (closed["number"], closed["characters"], closed["flushes"]) == (0, 12, 2)
    assert (closed["end"], before <= closed["opened_at"] <= closed["closed_at"]) == ("1000", True)
    assert (still_open["request_id"], still_open["peer_port"]) == (request_id, port)
    assert (still_open["closed_at"], still_open["end"]) == (None, "")


def test_two_pipelined_flushes_are_spoken_one_after_the_other():
    """Each takes 150 ms to its first audio and 40 ms for its 100 characters, as said."""

    async def story():
        delays = {"first_audio_ms": 150, "ms_per_100_chars": 40}
        async with serving(**delays) as server, dial(server) as socket:
            await socket.recv()
            clock = asyncio.get_running_loop().time
            began, instants = clock(), list[float]()
            for message in [speak("x" * 100), FLUSH] * 2:
                await socket.send(message)
            while len(instants) < 2:
                if isinstance(await socket.recv(), str):
                    instants.append(clock() - began)
            return instants

    first, second = asyncio.run(story())
    assert 0.19 <= first < 0.19 + 0.15
    assert first + 0.18 <= second


def test_a_client_that_hangs_does_not_keep_a_socket_that_has_vanished():
    async def story():
        fault = Fault(kind=FaultKind.CUT_1006)
        async with serving(faults=(fault,)) as server, raw(server) as (reader, writer):
            writer.write(masked(speak("x")) + masked(FLUSH))
            await reader.read()  # to the end of the server's line; ours stays open
            await asyncio.wait_for(all_gone(server), 30)
            return dict(server.counts.closes)

    assert asyncio.run(story()) == {1006: 1}


HANDSHAKE = b"\r\n".join(
    [
        b"GET /v1/speak HTTP/1.1",
        b"Host: localhost",
        b"Connection: Upgrade",
        b"Upgrade: websocket",
        b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        b"Authorization: Token any",
        b"",
        b"",
    ]
)


def masked(message):
    """A short text frame, masked with zeros."""
    return bytes([0x81, 0x80 | len(message), 0, 0, 0, 0]) + message.encode()
