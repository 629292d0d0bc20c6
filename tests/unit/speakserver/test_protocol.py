"""Speak version 1, message by message."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.speakserver.config import (
    AckCounter,
    CloseMode,
    Fault,
    FaultKind,
    Limits,
    SpeakServerConfig,
    VoiceEngine,
    WarningFormat,
)
from narrator.speakserver.counts import Counts
from narrator.speakserver.protocol import End, Send, SpeakProtocol
from narrator.speakserver.register import SocketRecord

FLUSH, CLEAR, CLOSE = ('{"type":"Flush"}', '{"type":"Clear"}', '{"type":"Close"}')


class Talk:
    """A conversation with the protocol: says things, and shows what came of them."""

    def __init__(self, **switches):
        self.counts = Counts()
        self.config = SpeakServerConfig(voice_engine=VoiceEngine.TONE, **switches)
        self.record = SocketRecord(number=0, request_id="id", peer_port=1, opened_at=0.0)
        self.protocol = SpeakProtocol(
            self.config, self.counts, socket=self.record, model="aura-2-a-en", now=0.0
        )

    def say(self, message, now=0.0):
        return [shown(reply) for reply in self.protocol.receive_text(message, now)]

    def speak(self, text, now=0.0):
        return self.say(json.dumps({"type": "Speak", "text": text}), now)

    def begin(self):
        utterance = self.protocol.next_utterance()
        assert utterance is not None
        return utterance

    def utter(self):
        """Have the next utterance spoken; return its text, then the replies."""
        utterance = self.begin()
        return utterance.text, [shown(reply) for reply in self.protocol.finished(utterance)]


def shown(reply):
    if isinstance(reply, Send):
        return json.loads(reply.message)
    assert isinstance(reply, End)
    return (reply.code, reply.reason)


def flushed(number):
    return {"type": "Flushed", "sequence_id": number}


def cleared(number):
    return {"type": "Cleared", "sequence_id": number}


def test_metadata_comes_first_and_names_request_and_model():
    (reply,) = Talk().protocol.greet()
    metadata = shown(reply)
    assert metadata["type"] == "Metadata"
    assert metadata["request_id"] == "id"
    assert metadata["model_name"] == "aura-2-a-en"
    assert set(metadata) == {
        *("type", "request_id", "model_name", "model_version", "model_uuid"),
        "additional_model_uuids",
    }


def test_nothing_is_spoken_before_a_flush():
    talk = Talk()
    assert talk.speak("Hello.") == []
    assert talk.protocol.next_utterance() is None


def test_a_flush_speaks_the_texts_joined_as_they_came():
    talk = Talk()
    talk.speak("Hello, ")
    talk.speak("world.")
    assert talk.say(FLUSH) == []
    assert talk.utter() == ("Hello, world.", [flushed(0)])


def test_flushes_are_answered_in_order_from_0():
    talk = Talk()
    for text in ("one", "two", "three"):
        talk.speak(text)
        talk.say(FLUSH)
    assert [talk.utter() for _ in range(3)] == [
        ("one", [flushed(0)]),
        ("two", [flushed(1)]),
        ("three", [flushed(2)]),
    ]


def test_an_empty_flush_is_answered_too():
    talk = Talk()
    talk.say(FLUSH)
    assert talk.utter() == ("", [flushed(0)])


def test_the_twenty_first_flush_is_refused_with_the_live_warning_and_no_number():
    talk = Talk()
    for _ in range(20):
        assert talk.say(FLUSH) == []
    talk.speak("kept")
    assert talk.say(FLUSH) == [
        {
            "type": "Warning",
            "warn_code": "EXCESSIVE_FLUSH",
            "warn_msg": "Rate limit exceeded for flushes. Please try again later.",
        }
    ]
    answers = [talk.utter()[1] for _ in range(20)]
    assert talk.protocol.next_utterance() is None
    assert talk.say(FLUSH, now=60.0) == []
    assert talk.utter() == ("kept", [flushed(20)])
    assert answers == [[flushed(number)] for number in range(20)]


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        (WarningFormat.LIVE, {"warn_code", "warn_msg"}),
        (WarningFormat.SPEC, {"code", "description"}),
        (WarningFormat.BOTH, {"warn_code", "warn_msg", "code", "description"}),
    ],
)
def test_the_form_of_the_warning_can_be_chosen(form, fields):
    talk = Talk(warning_format=form, limits=Limits(minute_flushes=0))
    (warning,) = talk.say(FLUSH)
    assert set(warning) == {"type", *fields}


def test_a_speak_of_2000_characters_is_accepted_and_one_more_ends_the_socket():
    assert Talk().speak("é" * 2_000) == []
    assert Talk().speak("é" * 2_001) == [(1009, "BIG-0001")]


def test_2400_characters_a_minute_are_accepted_and_one_more_ends_the_socket():
    talk = Talk()
    assert talk.speak("x" * 1_200, now=0.0) == []
    assert talk.speak("x" * 1_200, now=59.9) == []
    assert talk.speak("x" * 1_200, now=60.0) == []
    assert talk.speak("x", now=119.8) == [(1008, "DATA-0001")]


def test_limits_can_be_switched_off():
    talk = Talk(limits=Limits(speak_chars=None, minute_chars=None, minute_flushes=None))
    for _ in range(100):
        assert talk.speak("x" * 5_000) == []
        assert talk.say(FLUSH) == []


@pytest.mark.parametrize(
    "message",
    [
        '{"type":"KeepAlive"}',
        '{"type":"Reset"}',
        '{"type":"Text","text":"x"}',
        '{"type":"speak","text":"x"}',
        '{"type":"Speak"}',
        '{"type":"Speak","text":7}',
        '{"type":"Speak","text":"\\ud800"}',
        '{"type":["Flush"]}',
        '["Flush"]',
        '"Flush"',
        "Flush",
        "{",
        "",
        "[" * 100_000,
    ],
)
def test_what_is_no_command_ends_the_socket(message):
    assert Talk().say(message) == [(1008, "DATA-0000")]


@given(message=st.text() | st.dictionaries(st.text(), st.text()).map(json.dumps))
def test_no_message_can_raise(message):
    for reply in Talk().say(message):
        assert reply in [(1008, "DATA-0000"), cleared(0), (1000, "")]


def test_fields_that_nobody_knows_are_ignored():
    assert Talk().say('{"type":"Speak","text":"x","voice":"y"}') == []


def test_a_binary_frame_ends_the_socket():
    (end,) = Talk().protocol.receive_bytes()
    assert shown(end) == (1003, "MESSAGE-0000")


def test_a_message_too_large_ends_the_socket():
    assert Talk().say("x" * 2_000_001) == [(1009, "BIG-0000")]


def test_a_socket_ends_60_minutes_after_it_was_opened():
    protocol = Talk().protocol
    assert protocol.deadline == 3_600.0
    assert protocol.tick(3_599.9) == []
    assert [shown(reply) for reply in protocol.tick(3_600.0)] == [(1011, "NET-0003")]
    assert protocol.deadline is None


def test_silence_ends_a_socket_only_if_so_configured():
    talk = Talk(limits=Limits(idle_seconds=60.0))
    talk.speak("x", now=10.0)
    assert talk.protocol.deadline == 70.0
    assert [shown(reply) for reply in talk.protocol.tick(70.0)] == [(1011, "NET-0001")]


def test_a_socket_that_speaks_is_not_silent():
    talk = Talk(limits=Limits(idle_seconds=60.0))
    talk.say(FLUSH, now=10.0)
    assert talk.protocol.tick(70.0) == []


def test_clear_forgets_text_and_audio_and_is_answered():
    talk = Talk()
    for text in ("being spoken", "waiting"):
        talk.speak(text)
        talk.say(FLUSH)
    speaking = talk.begin()
    talk.speak("not flushed")
    assert talk.say(CLEAR) == [cleared(0)]
    assert not talk.protocol.is_current(speaking)
    assert talk.protocol.finished(speaking) == []
    assert talk.protocol.next_utterance() is None
    talk.say(FLUSH)
    assert talk.utter()[0] == ""


@pytest.mark.parametrize(
    ("counter", "expected"), [(AckCounter.SHARED, 1), (AckCounter.SEPARATE, 0)]
)
def test_cleared_counts_with_flushed_or_apart(counter, expected):
    talk = Talk(ack_counter=counter)
    talk.say(FLUSH)
    assert talk.say(CLEAR) == [cleared(expected)]


def test_close_on_an_idle_socket_ends_it_at_once():
    assert Talk().say(CLOSE) == [(1000, "")]


def test_close_speaks_what_is_queued_and_what_is_not_flushed_and_then_ends():
    talk = Talk()
    talk.speak("flushed")
    talk.say(FLUSH)
    talk.speak("rest")
    assert talk.say(CLOSE) == []
    assert talk.say(FLUSH) == []
    assert talk.utter() == ("flushed", [flushed(0)])
    assert talk.utter() == ("rest", [flushed(1), (1000, "")])


def test_close_can_be_made_to_drop_what_is_queued():
    talk = Talk(close_mode=CloseMode.IMMEDIATE)
    talk.speak("lost")
    talk.say(FLUSH)
    assert talk.say(CLOSE) == [(1000, "")]
    assert talk.protocol.next_utterance() is None


def test_after_the_end_nothing_is_answered():
    talk = Talk()
    talk.say("nonsense")
    assert talk.say(FLUSH) == []
    assert talk.protocol.receive_bytes() == []
    assert talk.protocol.tick(9_999.0) == []
    assert talk.protocol.failed() == []


def test_a_voice_that_fails_ends_the_socket():
    (end,) = Talk().protocol.failed()
    assert shown(end) == (1011, "NET-0000")


def test_auto_synthesis_speaks_at_once_and_still_answers_the_flush():
    talk = Talk(auto_synthesis=True)
    talk.speak("at once")
    assert talk.utter() == ("at once", [])
    talk.say(FLUSH)
    assert talk.utter() == ("", [flushed(0)])


def test_a_flush_can_be_refused_on_purpose():
    talk = Talk(faults=(Fault(kind=FaultKind.REFUSE_FLUSH, flush=1),))
    talk.say(FLUSH)
    assert talk.say(FLUSH)[0]["type"] == "Warning"
    talk.say(FLUSH)
    assert [talk.utter()[1] for _ in range(2)] == [[flushed(0)], [flushed(1)]]


def test_a_flushed_can_be_dropped_on_purpose():
    talk = Talk(faults=(Fault(kind=FaultKind.DROP_FLUSHED),))
    talk.speak("x")
    talk.say(FLUSH)
    assert talk.utter() == ("x", [])
    talk.say(FLUSH)
    assert talk.utter() == ("", [flushed(1)])


def test_a_fault_strikes_only_the_socket_and_the_flush_it_names():
    fault = Fault(kind=FaultKind.STALL, socket=2, flush=3)
    struck = [(s, f) for s in range(5) for f in range(5) if fault.strikes(s, f)]
    assert struck == [(2, 3)]
    assert Fault(kind=FaultKind.STALL, flush=None).strikes(7, 7)


def test_characters_and_flushes_are_counted_also_when_refused():
    talk = Talk(limits=Limits(minute_flushes=1))
    talk.speak("five!")
    talk.say(FLUSH)
    talk.say(FLUSH)
    talk.speak("x" * 2_001)
    counts = talk.counts
    assert (counts.speaks_received, counts.characters_received) == (2, 2_006)
    assert counts.characters_synthesised == 5
    assert (counts.flushes_accepted, counts.flushes_refused, counts.limit_warnings) == (1, 1, 1)
    assert (talk.record.characters, talk.record.flushes) == (2_006, 1)


commands = st.one_of(
    st.sampled_from([FLUSH, CLEAR]),
    st.text(alphabet="ab ", max_size=5).map(lambda t: json.dumps({"type": "Speak", "text": t})),
    st.just("utter"),
)


@given(history=st.lists(commands, max_size=40))
def test_flushed_numbers_rise_by_one_whatever_the_history(history):
    talk = Talk(limits=Limits(minute_flushes=None))
    accepted, numbers = 0, []
    for command in history:
        if command != "utter":
            talk.say(command)
            accepted += command == FLUSH
        elif (utterance := talk.protocol.next_utterance()) is not None:
            replies = [shown(reply) for reply in talk.protocol.finished(utterance)]
            numbers += [reply["sequence_id"] for reply in replies]
    assert numbers == sorted(set(numbers))
    assert all(number < accepted for number in numbers)
    if CLEAR not in history:
        assert numbers == list(range(len(numbers)))
