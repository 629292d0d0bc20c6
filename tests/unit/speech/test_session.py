"""The speech session: frames and instants in, frames and reports out."""

import json
import math

import pytest

from narrator.domain.errors import SpeechInterrupted, SpeechRefused
from narrator.domain.ids import TakeKey
from narrator.domain.pacing import Pacing, PacingLimits
from narrator.services.ports import Cut, Spoken, Utterance
from narrator.speech.session import BYTES_PER_SECOND, SessionRules, SpeechSession

SECOND = b"\x01\x02" * (BYTES_PER_SECOND // 2)


def utterance(name, chars=20):
    return Utterance(key=TakeKey(name), text=name.ljust(chars, "."))


def opened(*utterances, rules=None, limits=None, at=0.0):
    pacing = Pacing(limits or PacingLimits())
    session = SpeechSession(rules or SessionRules(), pacing, opened_at=at, request_id="r-1")
    for each in utterances:
        session.offer(each)
    return session


def flushed(number):
    return json.dumps({"type": "Flushed", "sequence_id": number})


def texts(frames):
    """The texts of the Speak frames, each of which must be followed by its Flush."""
    messages = [json.loads(frame) for frame in frames]
    assert [m["type"] for m in messages] == ["Speak", "Flush"] * (len(messages) // 2)
    return [m["text"] for m in messages[::2]]


def outcomes(session):
    return [
        (report.key, type(report).__name__, report.sent if isinstance(report, Cut) else None)
        for report in session.reports()
    ]


# -------------------------------------------------------------------- sending


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


# -------------------------------------------------------------------- answers


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


# -------------------------------------------------------------------- ends


@pytest.mark.parametrize(
    "warning",
    [
        '{"type":"Warning","warn_code":"EXCESSIVE_FLUSH","warn_msg":"…"}',
        '{"type":"Warning","code":"EXCESSIVE_FLUSH","description":"…"}',
    ],
)
def test_a_refused_flush_gives_the_session_up(warning):
    """Neither form of the Warning says which flush it was, and its text stays in the buffer."""
    session = opened(utterance("a"), utterance("b"), utterance("c"))
    session.frames(0.0)
    session.receive(warning, 0.1)
    assert outcomes(session) == [("a", "Cut", True), ("b", "Cut", True)]
    assert [u.key for u in session.withdraw()] == ["c"]
    assert session.over


def test_nothing_is_sent_or_heard_after_the_session_was_given_up():
    session = opened(utterance("a"), utterance("b"), utterance("c"))
    session.frames(0.0)
    session.give_up(SpeechInterrupted("enough"))
    session.reports()
    session.receive(SECOND, 1.0)
    session.receive(flushed(0), 1.0)
    assert (session.reports(), session.frames(1.0), session.room) == ([], [], 0)


def test_a_close_before_flushed_cuts_what_is_outstanding():
    session = opened(utterance("a"), utterance("b"))
    session.frames(0.0)
    for frame in (SECOND, flushed(0), SECOND):
        session.receive(frame, 1.0)
    error = SpeechRefused("1009 BIG-0001", remedy="…")
    session.closed(error, 2.0)
    spoken, cut = session.reports()
    assert isinstance(spoken, Spoken)
    assert cut == Cut(key=TakeKey("b"), error=error, sent=True)


def test_a_close_with_nothing_outstanding_loses_nothing():
    session = opened()
    session.closed(SpeechInterrupted("1000"), 2.0)
    assert session.over
    assert session.reports() == []


def test_the_first_reason_of_an_end_is_the_one_reported():
    session = opened(utterance("a"))
    session.frames(0.0)
    session.tick(15.0)
    session.closed(SpeechInterrupted("1006"), 16.0)
    assert session.error is not None
    assert "silent" in session.error.reason


def test_silence_is_a_fault_only_while_something_is_outstanding():
    session = opened()
    session.tick(1_000.0)
    assert session.silent_at() is None
    assert not session.over


def test_fifteen_seconds_of_silence_cut_what_is_outstanding():
    session = opened(utterance("a"))
    session.frames(100.0)
    assert session.silent_at() == 115.0
    session.tick(114.9)
    assert not session.over
    session.tick(115.0)
    assert outcomes(session) == [("a", "Cut", True)]


def test_audio_and_flushed_end_a_silence_but_chatter_does_not():
    session = opened(utterance("a"), utterance("b"))
    session.frames(0.0)
    session.receive(SECOND, 4.0)
    assert session.silent_at() == 19.0
    session.receive(flushed(0), 6.0)
    assert session.silent_at() == 21.0
    session.receive('{"type":"Warning","warn_code":"X"}', 9.0)
    assert session.silent_at() == 21.0


def test_sending_more_does_not_hide_a_silence():
    session = opened(utterance("a"))
    session.frames(0.0)
    session.offer(utterance("b"))
    session.frames(10.0)
    assert session.silent_at() == 15.0


def test_the_silence_starts_anew_with_what_is_sent_after_a_rest():
    session = opened(utterance("a"))
    session.frames(500.0)
    assert session.silent_at() == 515.0


@pytest.mark.parametrize(
    ("chars", "audio", "words"),
    [
        (20, b"", "no audio"),
        (20, SECOND + b"\0", "half a sample"),
        (201, SECOND, "only 1.00 s"),
        (20, SECOND * 31, "more than 30 s"),
    ],
)
def test_an_implausible_answer_is_cut(chars, audio, words):
    session = opened(utterance("a", chars))
    session.frames(0.0)
    for start in range(0, len(audio), 48_000):
        session.receive(audio[start : start + 48_000], 1.0)
    session.receive(flushed(0), 1.0)
    assert outcomes(session) == [("a", "Cut", True)]
    assert session.error is not None
    assert words in session.error.reason


@pytest.mark.parametrize(("chars", "seconds"), [(200, 1), (20, 30)])
def test_an_answer_at_the_edge_of_the_plausible_is_kept(chars, seconds):
    session = opened(utterance("a", chars))
    session.frames(0.0)
    session.receive(SECOND * seconds, 1.0)
    session.receive(flushed(0), 1.0)
    assert outcomes(session) == [("a", "Spoken", None)]


def test_endless_audio_is_cut_before_it_fills_the_memory():
    session = opened(utterance("a", 1))
    session.frames(0.0)
    for _ in range(12):
        session.receive(SECOND, 1.0)
    assert outcomes(session) == [("a", "Cut", True)]


def test_a_doubtful_answer_puts_the_next_one_in_doubt_too():
    session = opened(utterance("a"), utterance("b"))
    session.frames(0.0)
    session.receive(flushed(0), 1.0)
    assert outcomes(session) == [("a", "Cut", True), ("b", "Cut", True)]


def test_a_leap_in_the_numbers_of_flushes_means_a_lost_answer():
    """Otherwise one utterance would be given the audio of two."""
    session = opened(utterance("a"), utterance("b"))
    session.frames(0.0)
    session.receive(SECOND, 1.0)
    session.receive(SECOND, 1.0)
    session.receive(flushed(1), 1.0)
    assert outcomes(session) == [("a", "Cut", True), ("b", "Cut", True)]


@pytest.mark.parametrize("numbers", [(0, 0, 0), (None, None, None), (0, 1, 2)])
def test_numbers_that_do_not_leap_are_not_depended_on(numbers):
    session = opened(*(utterance(name) for name in "abc"), rules=SessionRules(outstanding=3))
    session.frames(0.0)
    for number in numbers:
        session.receive(SECOND, 1.0)
        session.receive(flushed(number), 1.0)
    assert outcomes(session) == [(name, "Spoken", None) for name in "abc"]


def test_a_flushed_that_was_never_asked_for_ends_the_session():
    session = opened()
    session.receive(flushed(0), 1.0)
    assert session.over


def test_an_error_message_ends_the_session_without_being_quoted():
    session = opened(utterance("a"))
    session.frames(0.0)
    session.receive('{"type":"Error","err_code":"NET-0000","err_msg":"cannot say Ishmael"}', 1.0)
    assert session.error is not None
    assert "NET-0000" in session.error.reason
    assert "Ishmael" not in session.error.reason


def test_the_reason_of_an_interruption_names_the_request():
    session = opened(utterance("a"))
    session.frames(0.0)
    session.tick(20.0)
    assert session.error is not None
    assert "request r-1" in session.error.reason


# -------------------------------------------------------------------- age


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
