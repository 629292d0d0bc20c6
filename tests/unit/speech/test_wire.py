"""Frames of the Speak protocol."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import SettingsError
from narrator.domain.voices import Voice
from narrator.speech import wire

ENDPOINT = "wss://api.deepgram.com/v1/speak"


def test_the_url_fixes_voice_and_format():
    assert wire.connect_url(ENDPOINT, Voice(name="aura-2-orion-en")) == (
        ENDPOINT + "?model=aura-2-orion-en&encoding=linear16&sample_rate=24000"
    )


def test_a_speed_is_said_only_when_it_is_not_one():
    assert wire.connect_url(ENDPOINT, Voice(speed=0.9)).endswith("&speed=0.9")


def test_the_endpoints_own_query_is_kept():
    url = wire.connect_url(ENDPOINT + "?mip_opt_out=true&tag=a+b&tag=", Voice())
    assert url.startswith(ENDPOINT + "?mip_opt_out=true&tag=a+b&tag=&model=aura-2-thalia-en")


def test_the_endpoints_own_query_cannot_change_voice_or_format():
    url = wire.connect_url(ENDPOINT + "?encoding=mulaw&speed=1.5&model=x", Voice())
    assert url == wire.connect_url(ENDPOINT, Voice())


@pytest.mark.parametrize("base", ["https://api.deepgram.com/v1/speak", "api.deepgram.com", "ws://"])
def test_an_endpoint_that_is_no_websocket_address_is_refused_with_a_remedy(base):
    with pytest.raises(SettingsError) as refused:
        wire.connect_url(base, Voice())
    assert "wss://" in refused.value.remedy


@given(st.text())
def test_a_speak_frame_carries_exactly_its_text(text):
    assert json.loads(wire.speak(text)) == {"type": "Speak", "text": text}


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (b"\x01\x02\x03", wire.Audio(b"\x01\x02\x03")),
        (
            '{"type":"Metadata","request_id":"r-1","model_version":"2024-11-19.0","model_uuid":"u"}',
            wire.Metadata(request_id="r-1", model_version="2024-11-19.0"),
        ),
        ('{"type":"Flushed","sequence_id":0}', wire.Flushed(sequence_id=0)),
        ('{"type":"Flushed"}', wire.Flushed(sequence_id=None)),
        ('{"type":"Flushed","sequence_id":true}', wire.Flushed(sequence_id=None)),
        ('{"type":"Cleared","sequence_id":4}', wire.Cleared(sequence_id=4)),
        (
            '{"type":"Warning","warn_code":"EXCESSIVE_FLUSH","warn_msg":"Rate limit …"}',
            wire.Warned(code="EXCESSIVE_FLUSH"),
        ),
        (
            '{"type":"Warning","code":"EXCESSIVE_FLUSH","description":"…"}',
            wire.Warned(code="EXCESSIVE_FLUSH"),
        ),
        ('{"type":"Error","err_code":"NET-0000","err_msg":"…"}', wire.Failed(code="NET-0000")),
        ('{"type":"Error","variant":"odd"}', wire.Failed(code="odd")),
        (f'{{"type":"Error","code":"{"x" * 99}"}}', wire.Failed(code="x" * 40)),
        (f'{{"type":"Warning","code":"{"x" * 99}"}}', wire.Warned(code="x" * 40)),
        ('{"type":"Timestamps","words":[]}', wire.Unknown(type="Timestamps")),
        ('{"sequence_id":1}', wire.Unknown(type="")),
        ("[1,2]", wire.Unknown(type="")),
        ("not JSON", wire.Unknown(type="")),
        ("[" * 100_000, wire.Unknown(type="")),
    ],
)
def test_every_frame_has_its_message(frame, message):
    assert wire.decode(frame) == message


@given(st.text() | st.binary())
def test_no_frame_is_too_strange_to_read(frame):
    assert isinstance(wire.decode(frame), wire.Audio) == isinstance(frame, bytes)
