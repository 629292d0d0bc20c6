"""How a speech session ends, and what it says of what was under way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import SpeechInterrupted, SpeechRefused
from narrator.domain.faults import Fault
from narrator.domain.ids import TakeKey
from narrator.domain.poison import UNCLEAR, VERDICTS
from narrator.services.ports import Cut, Spoken
from narrator.speech.rules import SessionRules
from tests.unit.speech.sessions import SECOND, flushed, opened, outcomes, send, utterance


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
    send(session, 0.0)
    session.receive(warning, 0.1)
    assert outcomes(session) == [("a", "Cut", True), ("b", "Cut", True)]
    assert [u.key for u in session.withdraw()] == ["c"]
    assert session.over


def test_nothing_is_sent_or_heard_after_the_session_was_given_up():
    session = opened(utterance("a"), utterance("b"), utterance("c"))
    send(session, 0.0)
    session.give_up(SpeechInterrupted("enough"))
    session.reports()
    session.receive(SECOND, 1.0)
    session.receive(flushed(0), 1.0)
    assert (session.reports(), send(session, 1.0), session.room) == ([], [], 0)


def test_a_close_before_flushed_cuts_what_is_outstanding():
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    for frame in (SECOND, flushed(0), SECOND):
        session.receive(frame, 1.0)
    error = SpeechRefused("1009 BIG-0001", remedy="…")
    session.closed(error, 2.0)
    spoken, cut = session.reports()
    assert isinstance(spoken, Spoken)
    assert cut == Cut(key=TakeKey("b"), error=error, sent=True, request_id="r-1")


def test_a_close_with_nothing_outstanding_loses_nothing():
    session = opened()
    session.closed(SpeechInterrupted("1000"), 2.0)
    assert session.over
    assert session.reports() == []


def test_the_first_reason_of_an_end_is_the_one_reported():
    session = opened(utterance("a"))
    send(session, 0.0)
    session.tick(15.0)
    session.closed(SpeechInterrupted("1006"), 16.0)
    assert session.error is not None
    assert "silent" in session.error.reason


def test_silence_is_a_fault_only_while_something_is_outstanding():
    session = opened()
    session.tick(1_000.0)
    assert session.overdue_at() is None
    assert not session.over


def test_fifteen_seconds_of_silence_cut_what_is_outstanding():
    session = opened(utterance("a"))
    send(session, 100.0)
    assert session.overdue_at() == 115.0
    session.tick(114.9)
    assert not session.over
    session.tick(115.0)
    assert outcomes(session) == [("a", "Cut", True)]


def test_audio_and_flushed_end_a_silence_but_chatter_does_not():
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    session.receive(SECOND, 4.0)
    assert session.overdue_at() == 19.0
    session.receive(flushed(0), 6.0)
    assert session.overdue_at() == 21.0
    session.receive('{"type":"Warning","warn_code":"X"}', 9.0)
    assert session.overdue_at() == 21.0


def test_sending_more_does_not_hide_a_silence():
    session = opened(utterance("a"))
    send(session, 0.0)
    session.offer(utterance("b"))
    send(session, 10.0)
    assert session.overdue_at() == 15.0


def test_the_silence_starts_anew_with_what_is_sent_after_a_rest():
    session = opened(utterance("a"))
    send(session, 500.0)
    assert session.overdue_at() == 515.0


DROP = b"\x01\x02"


@pytest.mark.parametrize("fault", sorted(VERDICTS))
def test_an_answer_is_blamed_on_the_text_that_was_due(fault):
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    session.give_up(SpeechInterrupted("it went wrong", fault=fault))
    assert [cut.error.fault for cut in session.reports()] == [fault, Fault.BESIDE]


@pytest.mark.parametrize("fault", sorted(UNCLEAR))
def test_an_end_that_names_no_text_is_blamed_on_none_of_several(fault):
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    session.closed(SpeechRefused("it went wrong", fault=fault), 1.0)
    cuts = session.reports()
    assert [cut.error.fault for cut in cuts] == [Fault.ONE_OF_SEVERAL] * 2
    assert all(isinstance(cut.error, SpeechInterrupted) for cut in cuts)
    assert session.error is cuts[0].error
    assert "it went wrong; 2 utterances were outstanding" in session.error.reason


@pytest.mark.parametrize("fault", sorted(UNCLEAR))
def test_an_end_is_the_only_texts_that_was_outstanding(fault):
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    for frame in (SECOND, flushed(0)):
        session.receive(frame, 1.0)
    error = SpeechRefused("it went wrong", fault=fault)
    session.closed(error, 1.0)
    assert [type(report) for report in session.reports()] == [Spoken, Cut]
    assert session.error is error


def test_what_no_text_is_to_blame_for_is_said_of_all():
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    session.closed(SpeechInterrupted("1006", fault=Fault.CLOSE_1006), 1.0)
    assert {cut.error.fault for cut in session.reports()} == {Fault.CLOSE_1006}


def trickle(session, *instants):
    """Two bytes now and then: never silent, never done."""
    for at in instants:
        session.receive(DROP, at)
        session.tick(at)


def test_a_trickle_of_audio_does_not_put_off_an_answer_for_ever():
    """20 characters have 45 s: 15 of silence, 10, and one for each."""
    session = opened(utterance("a"), utterance("b"))
    send(session, 100.0)
    trickle(session, 114.0, 128.0, 142.0, 144.9)
    assert not session.over
    session.tick(145.0)
    assert outcomes(session) == [("a", "Cut", True), ("b", "Cut", True)]
    assert session.error is not None
    assert "did not finish 20 characters in 45 s" in session.error.reason


def test_a_trickling_session_is_to_be_looked_at_when_its_answer_is_late():
    session = opened(utterance("a"))
    send(session, 0.0)
    trickle(session, 14.0, 28.0)
    assert session.overdue_at() == 43.0, "a silence comes first"
    trickle(session, 42.0)
    assert session.overdue_at() == 45.0


def test_a_longer_utterance_may_take_longer():
    session = opened(utterance("a", 100))
    send(session, 0.0)
    trickle(session, *(14.0 * n for n in range(1, 9)))
    assert session.overdue_at() == 125.0


def test_the_time_of_an_answer_begins_when_nothing_is_owed_before_it():
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    trickle(session, 14.0, 28.0)
    session.receive(SECOND, 40.0)
    session.receive(flushed(0), 40.0)
    trickle(session, 54.0, 68.0, 82.0)
    assert outcomes(session) == [("a", "Spoken", None)]
    assert session.overdue_at() == 85.0


def test_the_time_of_an_answer_begins_anew_with_what_is_sent_after_a_rest():
    session = opened(utterance("a"))
    send(session, 500.0)
    trickle(session, 514.0, 528.0, 542.0)
    assert session.overdue_at() == 545.0


def test_sending_more_gives_a_late_answer_no_more_time():
    session = opened(utterance("a"))
    send(session, 0.0)
    trickle(session, 14.0, 28.0)
    session.offer(utterance("b"))
    send(session, 40.0)
    trickle(session, 42.0)
    assert session.overdue_at() == 45.0


@given(chars=st.integers(1, 200), gaps=st.lists(st.floats(0.1, 60.0)))
def test_however_audio_trickles_an_answer_is_cut_in_time(chars, gaps):
    """Driven as by its caller, who looks again when it was told to."""
    session = opened(utterance("a", chars))
    send(session, 0.0)
    now = 0.0
    for gap in gaps:
        while (due := session.overdue_at()) is not None and due <= now + gap:
            session.tick(now := due)
        now += gap
        trickle(session, now)
    assert session.over == (session.overdue_at() is None)
    assert session.over or now < 25.0 + chars


@pytest.mark.parametrize(
    ("chars", "audio", "fault", "words"),
    [
        (20, b"", Fault.NO_AUDIO, "no audio"),
        (20, SECOND + b"\0", Fault.HALF_SAMPLE, "half a sample"),
        (201, SECOND, Fault.TOO_LITTLE_AUDIO, "only 1.00 s"),
        (20, SECOND * 31, Fault.TOO_MUCH_AUDIO, "more than 30 s"),
        (20, SECOND * 31 + b"\0", Fault.TOO_MUCH_AUDIO, "more than 30 s"),
    ],
)
def test_an_implausible_answer_is_cut(chars, audio, fault, words):
    session = opened(utterance("a", chars))
    send(session, 0.0)
    for start in range(0, len(audio), 48_000):
        session.receive(audio[start : start + 48_000], 1.0)
    session.receive(flushed(0), 1.0)
    assert outcomes(session) == [("a", "Cut", True)]
    assert session.error is not None
    assert session.error.fault is fault
    assert words in session.error.reason


@pytest.mark.parametrize(("chars", "seconds"), [(200, 1), (20, 30)])
def test_an_answer_at_the_edge_of_the_plausible_is_kept(chars, seconds):
    session = opened(utterance("a", chars))
    send(session, 0.0)
    session.receive(SECOND * seconds, 1.0)
    session.receive(flushed(0), 1.0)
    assert outcomes(session) == [("a", "Spoken", None)]


def test_endless_audio_is_cut_before_it_fills_the_memory():
    session = opened(utterance("a", 1))
    send(session, 0.0)
    for _ in range(12):
        session.receive(SECOND, 1.0)
    assert outcomes(session) == [("a", "Cut", True)]


def test_a_doubtful_answer_puts_the_next_one_in_doubt_too():
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    session.receive(flushed(0), 1.0)
    assert outcomes(session) == [("a", "Cut", True), ("b", "Cut", True)]


def test_a_leap_in_the_numbers_of_flushes_means_a_lost_answer():
    """Otherwise one utterance would be given the audio of two."""
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    session.receive(SECOND, 1.0)
    session.receive(SECOND, 1.0)
    session.receive(flushed(1), 1.0)
    assert outcomes(session) == [("a", "Cut", True), ("b", "Cut", True)]


@pytest.mark.parametrize("numbers", [(0, 0, 0), (None, None, None), (0, 1, 2)])
def test_numbers_that_do_not_leap_are_not_depended_on(numbers):
    session = opened(*(utterance(name) for name in "abc"), rules=SessionRules(outstanding=3))
    send(session, 0.0)
    for number in numbers:
        session.receive(SECOND, 1.0)
        session.receive(flushed(number), 1.0)
    assert outcomes(session) == [(name, "Spoken", None) for name in "abc"]


def test_a_flushed_that_was_never_asked_for_ends_the_session():
    session = opened()
    session.receive(flushed(0), 1.0)
    assert session.over


REFUSED = '{"type":"Warning","warn_code":"EXCESSIVE_FLUSH"}'


@pytest.mark.parametrize(
    ("frames", "fault"),
    [
        ([REFUSED], Fault.WARNING_EXCESSIVE_FLUSH),
        (['{"type":"Error","description":"…"}'], Fault.ERROR_MESSAGE),
        ([flushed(0)], Fault.NO_AUDIO),
        ([SECOND, flushed(1)], Fault.LOST_ANSWER),
        ([SECOND, flushed(0), flushed(1)], Fault.UNASKED_ANSWER),
    ],
    ids=lambda each: str(each) if isinstance(each, Fault) else "",
)
def test_whatever_gives_a_session_up_has_a_name_in_the_table(frames, fault):
    session = opened(utterance("a"))
    send(session, 0.0)
    for frame in frames:
        session.receive(frame, 1.0)
    assert session.error is not None
    assert session.error.fault is fault


@pytest.mark.parametrize(("every", "fault"), [(15.0, Fault.SILENCE), (14.0, Fault.TRICKLE)])
def test_waiting_in_vain_has_a_name_in_the_table(every, fault):
    session = opened(utterance("a"))
    send(session, 0.0)
    for step in range(1, 5):
        session.tick(step * every)
        session.receive(DROP, step * every)
    assert session.error is not None
    assert session.error.fault is fault


def test_frames_that_come_after_the_close_are_not_heard():
    session = opened(utterance("a"))
    send(session, 0.0)
    error = SpeechInterrupted("1006")
    session.closed(error, 1.0)
    assert outcomes(session) == [("a", "Cut", True)]
    for frame in (SECOND, flushed(0), REFUSED, '{"type":"Metadata","request_id":"r-9"}'):
        session.receive(frame, 2.0)
    assert (session.reports(), session.error, session.request_id) == ([], error, "r-1")


def test_an_error_message_ends_the_session_without_being_quoted():
    session = opened(utterance("a"))
    send(session, 0.0)
    session.receive('{"type":"Error","err_code":"NET-0000","err_msg":"cannot say Ishmael"}', 1.0)
    assert session.error is not None
    assert "NET-0000" in session.error.reason
    assert "Ishmael" not in session.error.reason


def test_the_reason_of_an_interruption_names_the_request():
    session = opened(utterance("a"))
    send(session, 0.0)
    session.tick(20.0)
    assert session.error is not None
    assert "request r-1" in session.error.reason
