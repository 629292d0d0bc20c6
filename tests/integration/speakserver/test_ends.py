"""How a socket of the Speak server ends: close codes and faults made on purpose."""

import asyncio

import pytest

from narrator.speakserver.config import (
    Fault,
    FaultKind,
    Limits,
)
from tests.integration.speakserver.client import (
    CLOSE,
    FLUSH,
    converse,
    dial,
    hear,
    kinds,
    serving,
    speak,
    texts,
)

pytestmark = pytest.mark.integration


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
