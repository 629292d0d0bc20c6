"""The speech session: frames and instants in, frames and reports out."""

import json
import math

import pytest

from narrator.domain.errors import SpeechInterrupted
from narrator.domain.ids import TakeKey
from narrator.domain.pacing import Pacing, PacingLimits
from narrator.services.ports import Spoken
from narrator.speech.session import SessionRules, SpeechSession
from tests.unit.speech.sessions import SECOND, flushed, opened, outcomes, texts, utterance


def test_an_utterance_is_one_speak_and_one_flush():
    session = opened(utterance("a"))
    assert [json.loads(f) for f in session.frames(0.0)] == [
        {"type": "Speak", "text": "a" + "." * 19},
        {"type": "Flush"},
    ]


def test_frames_are_handed_over_once():
    session = opened(utterance("a"))
    assert session.frames(0.0)
    assert session.frames(0.0) == []


def test_no_more_than_two_are_sent_and_not_yet_stored():
    session = opened(utterance("a"), utterance("b"), utterance("c"))
    assert len(texts(session.frames(0.0))) == 2
    session.receive(SECOND, 0.1)
    session.receive(flushed(0), 0.1)
    assert session.send_at(0.1) is None, "the answer has come, but it is not stored"
    session.stored()
    assert texts(session.frames(0.2)) == ["c" + "." * 19]


def test_one_outstanding_is_a_setting():
    session = opened(utterance("a"), utterance("b"), rules=SessionRules(outstanding=1))
    assert len(texts(session.frames(0.0))) == 1


def test_the_largest_that_fits_goes_first():
    limits = PacingLimits(margin=0, window_slack_seconds=0)
    small, large, medium = utterance("s", 100), utterance("l", 1_500), utterance("m", 1_000)
    session = opened(small, large, medium, limits=limits, rules=SessionRules(outstanding=8))
    assert texts(session.frames(0.0)) == [large.text, small.text], "1,000 more would not fit"
    assert session.send_at(0.0) == 60.0
    assert texts(session.frames(60.0)) == [medium.text]


def test_of_equals_the_earlier_goes_first():
    session = opened(utterance("a"), utterance("b"), utterance("c"))
    assert [text[0] for text in texts(session.frames(0.0))] == ["a", "b"]


def test_a_session_holds_eight_ready():
    session = opened()
    assert session.room == 8
    session.offer(utterance("a"))
    assert session.room == 7


def test_what_was_never_sent_comes_back_in_order():
    session = opened(*(utterance(name) for name in "abcd"))
    session.frames(0.0)
    assert [u.key for u in session.withdraw()] == ["c", "d"]
    assert session.withdraw() == []


def test_a_replacement_inherits_the_window():
    """Sockets are not churned to escape a limit."""
    pacing = Pacing(PacingLimits(margin=0, window_slack_seconds=0))
    first = SpeechSession(SessionRules(), pacing, opened_at=0.0)
    first.offer(utterance("a", 2_000))
    first.frames(0.0)
    first.closed(SpeechInterrupted("gone"), 1.0)
    second = SpeechSession(SessionRules(), pacing, opened_at=1.0)
    second.offer(utterance("b", 500))
    assert second.send_at(1.0) == 60.0


def test_a_socket_closed_for_too_many_characters_rests_a_whole_window():
    pacing = Pacing(PacingLimits(margin=0, window_slack_seconds=0))
    first = SpeechSession(SessionRules(), pacing, opened_at=0.0)
    first.closed(SpeechInterrupted("1008 DATA-0001"), 7.0, throttled=True)
    second = SpeechSession(SessionRules(), pacing, opened_at=8.0)
    second.offer(utterance("b"))
    assert second.send_at(8.0) == 67.0


def test_an_answer_is_complete_only_on_its_own_flushed():
    session = opened(utterance("a"))
    session.frames(0.0)
    session.receive(SECOND, 0.5)
    assert session.reports() == []
    session.receive(flushed(0), 0.6)
    assert session.reports() == [
        Spoken(key=TakeKey("a"), pcm=SECOND, model_version="", request_id="r-1")
    ]


def test_answers_are_matched_to_flushes_first_in_first_out():
    session = opened(utterance("a"), utterance("b"))
    session.frames(0.0)
    for frame in (b"\1\0" * 9_000, flushed(0), b"\2\0" * 9_000, flushed(1)):
        session.receive(frame, 1.0)
    assert [(r.key, r.pcm[:1]) for r in session.reports()] == [("a", b"\1"), ("b", b"\2")]


def test_reports_are_handed_over_once():
    session = opened(utterance("a"))
    session.frames(0.0)
    session.receive(SECOND, 1.0)
    session.receive(flushed(0), 1.0)
    assert len(session.reports()) == 1
    assert session.reports() == []


def test_samples_may_be_split_across_frames():
    session = opened(utterance("a"))
    session.frames(0.0)
    for byte in range(0, len(SECOND), 4_801):
        session.receive(SECOND[byte : byte + 4_801], 1.0)
    session.receive(flushed(0), 1.0)
    assert [report.pcm for report in session.reports()] == [SECOND]


def test_metadata_names_what_spoke_whenever_it_comes():
    session = opened(utterance("a"), utterance("b"))
    session.frames(0.0)
    session.receive('{"type":"Metadata","request_id":"r-2","model_version":"v1"}', 0.0)
    session.receive(SECOND, 1.0)
    session.receive(flushed(0), 1.0)
    session.receive('{"type":"Metadata","model_version":"v2"}', 1.5)
    session.receive(SECOND, 2.0)
    session.receive(flushed(1), 2.0)
    assert [(r.model_version, r.request_id) for r in session.reports()] == [
        ("v1", "r-2"),
        ("v2", "r-2"),
    ]


@pytest.mark.parametrize(
    "frame",
    [
        '{"type":"Cleared","sequence_id":0}',
        '{"type":"SpeechStarted","speech_id":"x"}',
        '{"type":"Warning","warn_code":"TEXT_LENGTH_WARNING","warn_msg":"…"}',
        "{",
        b"",
    ],
)
def test_what_concerns_no_utterance_is_ignored(frame):
    session = opened(utterance("a"))
    session.frames(0.0)
    session.receive(SECOND, 1.0)
    session.receive(frame, 1.0)
    session.receive(flushed(0), 1.0)
    assert outcomes(session) == [("a", "Spoken", None)]


def test_audio_that_nobody_asked_for_is_thrown_away():
    session = opened(utterance("a"))
    session.receive(b"\7" * 4_000, 0.0)
    session.frames(0.0)
    session.receive(SECOND, 1.0)
    session.receive(flushed(0), 1.0)
    assert [report.pcm for report in session.reports()] == [SECOND]


def test_a_session_is_given_nothing_more_from_fifty_five_minutes_on():
    session = opened(utterance("a"), at=1_000.0)
    assert session.send_at(4_299.0) == -math.inf
    assert not session.spent(4_299.0)
    assert session.send_at(4_300.0) is None
    assert session.spent(4_300.0)
    assert session.frames(4_300.0) == []


def test_what_was_sent_before_that_is_still_heard():
    session = opened(utterance("a"))
    session.frames(3_299.0)
    session.receive(SECOND, 3_301.0)
    session.receive(flushed(0), 3_301.0)
    assert outcomes(session) == [("a", "Spoken", None)]
