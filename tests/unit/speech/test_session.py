"""The speech session: frames and instants in, frames and reports out."""

import json

import pytest

from narrator.domain.errors import SpeechInterrupted
from narrator.domain.faults import Fault
from narrator.domain.ids import TakeKey
from narrator.domain.pacing import Pacing, PacingLimits
from narrator.services.ports import Spoken
from narrator.speech.rules import SessionRules
from narrator.speech.session import SpeechSession
from tests.unit.speech.sessions import SECOND, flushed, opened, outcomes, send, texts, utterance


def test_an_utterance_is_one_speak_and_one_flush():
    session = opened(utterance("a"))
    assert session.choose(0.0) == ["a"]
    assert [json.loads(f) for f in session.permit(["a"], 0.0)] == [
        {"type": "Speak", "text": "a" + "." * 19},
        {"type": "Flush"},
    ]


def test_frames_are_handed_over_once():
    session = opened(utterance("a"))
    assert send(session, 0.0)
    assert session.permit(["a"], 0.0) == []
    assert session.choose(0.0) == []


def test_nothing_more_is_chosen_until_its_caller_has_permitted_the_last():
    session = opened(*(utterance(name) for name in "abc"), rules=SessionRules(outstanding=3))
    assert session.choose(0.0) == ["a", "b", "c"]
    session.offer(utterance("d"))
    assert session.choose(0.0) == []


def test_what_is_not_permitted_is_unsent_and_takes_no_room():
    session = opened(utterance("a", 2_000), utterance("b", 300))
    assert session.choose(0.0) == ["a", "b"]
    assert texts(session.permit({"b"}, 0.0)) == ["b".ljust(300, ".")]
    assert outcomes(session) == [("a", "Unsent", None)]
    session.offer(utterance("c", 2_000))
    assert session.choose(0.0) == ["c"]


def test_what_is_permitted_too_late_is_unsent():
    session = opened(utterance("a"))
    session.choose(0.0)
    session.closed(SpeechInterrupted("1006"), 1.0)
    assert session.permit(["a"], 2.0) == []
    assert outcomes(session) == [("a", "Unsent", None)]


def test_no_more_than_two_are_sent_and_not_yet_stored():
    session = opened(utterance("a"), utterance("b"), utterance("c"))
    assert len(texts(send(session, 0.0))) == 2
    session.receive(SECOND, 0.1)
    session.receive(flushed(0), 0.1)
    assert session.choose(0.1) == [], "the answer has come, but it is not stored"
    session.stored()
    assert texts(send(session, 0.2)) == ["c" + "." * 19]


def test_one_outstanding_is_a_setting():
    session = opened(utterance("a"), utterance("b"), rules=SessionRules(outstanding=1))
    assert len(texts(send(session, 0.0))) == 1


LIMITS = PacingLimits(margin=0, window_slack_seconds=0)


def test_of_what_is_ready_those_go_that_fill_the_window_best():
    sizes = {"a": 1_500, "b": 1_300, "c": 1_000, "d": 800}
    ready = [utterance(name, chars) for name, chars in sizes.items()]
    session = opened(*ready, limits=LIMITS, rules=SessionRules(outstanding=8))
    assert texts(send(session, 0.0)) == [ready[0].text, ready[3].text], "2,300, the largest first"


def test_of_equals_the_earlier_goes_first():
    session = opened(utterance("a"), utterance("b"), utterance("c"))
    assert [text[0] for text in texts(send(session, 0.0))] == ["a", "b"]


def test_a_better_set_is_waited_for_a_second_and_no_longer():
    session = opened(utterance("a", 1_400), limits=LIMITS, rules=SessionRules(outstanding=8))
    send(session, 0.0)
    for name, chars in (("b", 1_000), ("c", 1_300), ("d", 700)):
        session.offer(utterance(name, chars))
    assert texts(send(session, 1.0)) == ["b".ljust(1_000, ".")]
    session.offer(utterance("e", 900))
    assert session.look_at(1.0) == 59.0
    assert session.choose(59.0) == [], "700 and 700 would be less than what fits at 60"
    assert session.look_at(59.0) == 60.0
    assert session.choose(60.0) == ["c"]


def test_one_that_others_were_preferred_to_for_long_has_its_turn():
    session = opened(utterance("small", 100), limits=LIMITS, rules=SessionRules(passed_over=2))
    session.offer(utterance("large", 2_400))
    assert session.choose(0.0) == ["large"]
    session.permit(["large"], 0.0)
    chosen = TakeKey("")
    for at, number in ((100.0, 0), (200.0, 1)):
        session.receive(SECOND * 20, at - 90)
        session.receive(flushed(number), at - 90)
        session.stored()
        session.offer(utterance("large", 2_400))
        (chosen,) = session.choose(at)
        session.permit([chosen], at)
    assert chosen == "small"


def test_its_turn_comes_though_only_one_may_be_sent_at_a_time():
    rules = SessionRules(outstanding=1, passed_over=2)
    session = opened(utterance("small", 100), limits=LIMITS, rules=rules)
    spoken = []
    for number in range(3):
        session.offer(utterance(f"large-{number}", 500))
        spoken += session.choose(0.0)
        session.permit(spoken[-1:], 0.0)
        session.receive(SECOND * 20, 1.0)
        session.receive(flushed(number), 1.0)
        session.stored()
    assert spoken == ["large-0", "large-1", "small"]


def test_a_session_holds_eight_ready():
    session = opened()
    assert session.room == 8
    session.offer(utterance("a"))
    assert session.room == 7


def test_what_was_never_sent_comes_back_in_order():
    session = opened(*(utterance(name) for name in "abcd"))
    send(session, 0.0)
    assert [u.key for u in session.withdraw()] == ["c", "d"]
    assert session.withdraw() == []


def test_a_replacement_inherits_the_window():
    """Sockets are not churned to escape a limit."""
    pacing = Pacing(PacingLimits(margin=0, window_slack_seconds=0))
    first = SpeechSession(SessionRules(), pacing, opened_at=0.0)
    first.offer(utterance("a", 2_000))
    send(first, 0.0)
    first.closed(SpeechInterrupted("gone"), 1.0)
    second = SpeechSession(SessionRules(), pacing, opened_at=1.0)
    second.offer(utterance("b", 500))
    assert second.choose(59.9) == []
    assert second.choose(60.0) == ["b"]


def test_a_socket_closed_for_too_many_characters_rests_a_whole_window():
    pacing = Pacing(PacingLimits(margin=0, window_slack_seconds=0))
    first = SpeechSession(SessionRules(), pacing, opened_at=0.0)
    error = SpeechInterrupted("1008 DATA-0001", fault=Fault.CLOSE_1008_DATA_0001)
    first.closed(error, 7.0)
    second = SpeechSession(SessionRules(), pacing, opened_at=8.0)
    second.offer(utterance("b"))
    assert second.choose(66.9) == []
    assert second.choose(67.0) == ["b"]


def test_an_answer_is_complete_only_on_its_own_flushed():
    session = opened(utterance("a"))
    send(session, 0.0)
    session.receive(SECOND, 0.5)
    assert session.reports() == []
    session.receive(flushed(0), 0.6)
    assert session.reports() == [
        Spoken(key=TakeKey("a"), pcm=SECOND, model_version="", request_id="r-1")
    ]


def test_answers_are_matched_to_flushes_first_in_first_out():
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
    for frame in (b"\1\0" * 9_000, flushed(0), b"\2\0" * 9_000, flushed(1)):
        session.receive(frame, 1.0)
    assert [(r.key, r.pcm[:1]) for r in session.reports()] == [("a", b"\1"), ("b", b"\2")]


def test_reports_are_handed_over_once():
    session = opened(utterance("a"))
    send(session, 0.0)
    session.receive(SECOND, 1.0)
    session.receive(flushed(0), 1.0)
    assert len(session.reports()) == 1
    assert session.reports() == []


def test_samples_may_be_split_across_frames():
    session = opened(utterance("a"))
    send(session, 0.0)
    for byte in range(0, len(SECOND), 4_801):
        session.receive(SECOND[byte : byte + 4_801], 1.0)
    session.receive(flushed(0), 1.0)
    assert [report.pcm for report in session.reports()] == [SECOND]


def test_metadata_names_what_spoke_whenever_it_comes():
    session = opened(utterance("a"), utterance("b"))
    send(session, 0.0)
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


@pytest.mark.parametrize("place", range(4))
def test_metadata_may_come_at_any_place_and_twice(place):
    metadata = '{"type":"Metadata","request_id":"r-2","model_version":"v1"}'
    session = opened(utterance("a"))
    send(session, 0.0)
    frames = [SECOND, SECOND, flushed(0)]
    for each in (*frames[:place], metadata, *frames[place:], metadata):
        session.receive(each, 1.0)
    assert [report.pcm for report in session.reports() if isinstance(report, Spoken)] == [
        SECOND * 2
    ]
    assert (session.request_id, session.model_version) == ("r-2", "v1")


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
    send(session, 0.0)
    session.receive(SECOND, 1.0)
    session.receive(frame, 1.0)
    session.receive(flushed(0), 1.0)
    assert outcomes(session) == [("a", "Spoken", None)]


def test_audio_that_nobody_asked_for_is_thrown_away():
    session = opened(utterance("a"))
    session.receive(b"\7" * 4_000, 0.0)
    send(session, 0.0)
    session.receive(SECOND, 1.0)
    session.receive(flushed(0), 1.0)
    assert [report.pcm for report in session.reports()] == [SECOND]


def test_a_warning_that_costs_nothing_is_noted():
    session = opened(utterance("a"))
    send(session, 0.0)
    for form in ("warn_code", "code"):
        session.receive(json.dumps({"type": "Warning", form: "TEXT_LENGTH_WARNING"}), 1.0)
    assert session.has_news
    assert session.warnings() == ["TEXT_LENGTH_WARNING"] * 2
    assert session.warnings() == []
    assert not session.over


# -------------------------------------------------------------------- asking for more


def test_a_fresh_session_asks_for_what_it_can_send_at_once():
    """What is queued besides is left to other sockets."""
    session = opened(limits=LIMITS)
    assert session.hungry(0.0)
    session.offer(utterance("a", 300))
    assert session.hungry(0.0)
    session.offer(utterance("b", 300))
    assert not session.hungry(0.0)


def test_with_less_room_than_for_a_usual_utterance_nothing_is_asked_for():
    session = opened(utterance("a", 1_950), limits=LIMITS)
    send(session, 0.0)
    assert session.hungry(0.0)
    session.offer(utterance("b", 1))
    assert not session.hungry(0.0)


def test_before_the_window_moves_there_are_eight_to_choose_from():
    session = opened(utterance("a", 2_000), limits=LIMITS)
    send(session, 0.0)
    assert not session.hungry(56.9)
    assert session.hungry_at(0.0) == 57.0
    for number in range(8):
        assert session.hungry(57.0)
        session.offer(utterance(str(number), 500))
    assert not session.hungry(57.0)


# -------------------------------------------------------------------- age


def test_a_session_is_given_nothing_more_from_fifty_five_minutes_on():
    session = opened(utterance("a"), at=1_000.0)
    assert not session.spent(4_299.0)
    assert session.spent(4_300.0)
    assert session.choose(4_300.0) == []
    assert session.choose(4_299.0) == ["a"]
    assert session.permit(["a"], 4_300.0) == [], "its caller took too long to answer"


def test_what_was_sent_before_that_is_still_heard():
    session = opened(utterance("a"))
    send(session, 3_299.0)
    session.receive(SECOND, 3_301.0)
    session.receive(flushed(0), 3_301.0)
    assert outcomes(session) == [("a", "Spoken", None)]


def old(*ready):
    """A session that may be retired early from 3,180 s on, its window full until 3,225 s."""
    session = opened(utterance("full", 2_400), limits=LIMITS)
    send(session, 3_165.0)
    session.receive(SECOND * 20, 3_166.0)
    session.receive(flushed(0), 3_166.0)
    session.stored()
    for each in ready:
        session.offer(each)
    return session


def test_an_old_session_retires_in_a_lull():
    session = old(utterance("a"))
    assert session.lull_from == 3_180.0
    assert [session.may_retire(at) for at in (3_179.9, 3_180.0, 3_222.9)] == [False, True, True]


def test_an_old_session_does_not_retire_right_before_it_could_send():
    session = old(utterance("a"))
    assert not session.may_retire(3_223.0)
    assert session.may_retire(3_300.0)


def test_an_old_session_does_not_retire_while_something_is_under_way():
    """Neither asked for, nor sent, nor answered and not yet stored."""
    session = old(utterance("a"))
    assert session.choose(3_225.0) == ["a"]
    assert not session.may_retire(3_300.0)
    session.permit(["a"], 3_226.0)
    assert not session.may_retire(3_300.0)
    session.receive(SECOND, 3_227.0)
    session.receive(flushed(1), 3_227.0)
    assert not session.may_retire(3_300.0)
    session.stored()
    assert session.may_retire(3_300.0)


def test_an_old_session_retires_though_nothing_is_ready():
    session = old()
    assert session.may_retire(3_200.0)
    assert not session.may_retire(3_223.0), "the window moves soon, and more will be offered"
    assert session.may_retire(3_300.0)
