"""The speaker against a Speak server, over real sockets: what is asked for comes back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from narrator.domain.errors import SettingsError, SpeechRefused
from narrator.domain.ids import TakeKey
from narrator.domain.slots import Sent
from narrator.domain.voices import Voice
from narrator.services.ports import Connected, Cut, Report, Spoken, Unsent, Utterance
from narrator.speakserver.config import Limits
from narrator.speech.config import SpeechConfig
from tests.fakes.feeds import feed, held
from tests.integration.speech.studio import PATIENCE, keyed, said, speak, utterances

pytestmark = pytest.mark.integration

SENT = Sent(seconds_ago=3.0, chars=900)


def test_what_comes_back_decodes_to_the_text(studio):
    server = studio.server()
    given = utterances(12, chars=150)
    reports = keyed(speak(studio.speaker(server.url), given))
    assert {r.key: said(r) for r in reports} == {u.key: u.text for u in given}


def test_a_take_names_what_spoke_it(studio):
    server = studio.server()
    connected, spoken = speak(studio.speaker(server.url), utterances(1))
    assert isinstance(connected, Connected)
    assert isinstance(spoken, Spoken)
    assert spoken.model_version
    assert len(spoken.request_id) == 36
    assert spoken.request_id == connected.request_id


def test_frames_of_odd_length_are_put_together_again(studio):
    server = studio.server(odd_frames=True, frame_bytes=1_001)
    given = utterances(4)
    reports = keyed(speak(studio.speaker(server.url), given))
    assert {said(report) for report in reports} == {u.text for u in given}


def test_a_call_without_utterances_opens_nothing(studio):
    server = studio.server()
    assert list(speak(studio.speaker(server.url), [])) == []
    assert server.counts.handshakes_accepted == 0


def test_two_are_under_way_before_the_first_is_stored(studio):
    """So that the provider never waits for us."""
    server = studio.server()
    reports = speak(studio.speaker(server.url), utterances(3))
    kinds = [type(next(reports)) for _ in range(3)]
    assert kinds == [Connected, Spoken, Spoken]
    assert server.counts.speaks_received >= 2
    reports.close()


def test_a_feed_is_asked_for_more_before_the_last_of_what_it_gave_is_answered(studio):
    """So that the next slice is at hand when it can be sent."""
    server = studio.server(first_audio_ms=60_000)
    parts = [utterances(1, name=name) for name in "ab"]
    given = feed(*parts)
    speaker = studio.speaker(server.url)
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(list, speaker.speak(held(), given))
        assert server.counts.wait_for(lambda counts: counts.speaks_received == 2)
        speaker.close()
        result.result(PATIENCE)
    assert given.parts == []


def test_a_feed_that_is_dry_is_asked_again_while_something_is_under_way(studio):
    server = studio.server(first_audio_ms=1_100)
    speaker = studio.speaker(server.url)
    reports = keyed(speak(speaker, utterances(1, name="a"), [], utterances(1, name="b")))
    assert {report.key for report in reports} == {"a0", "b0"}
    assert server.counts.handshakes_accepted == 1


# -------------------------------------------------------------------- slots


def test_the_session_of_a_slot_stays_open_from_one_call_to_the_next(studio):
    server = studio.server()
    speaker, hold = studio.speaker(server.url), held()
    for name in "abc":
        assert len(keyed(speak(speaker, utterances(2, name=name), hold=hold))) == 2
    assert server.counts.handshakes_accepted == 1


def test_each_slot_has_a_session_of_its_own_voice(studio):
    server = studio.server()
    speaker = studio.speaker(server.url)
    holds = [
        held(number, voice=Voice(name=name))
        for number, name in enumerate(["aura-2-thalia-en", "aura-2-orion-en"])
    ]
    for _ in range(2):
        for hold in holds:
            list(speak(speaker, utterances(1), hold=hold))
    assert server.counts.handshakes_accepted == 2
    assert server.counts.sockets_open == 2


def test_many_slots_are_spoken_through_at_once(studio):
    server = studio.server()
    speaker = studio.speaker(server.url)

    def one(number):
        return list(speak(speaker, utterances(4, name=f"s{number}-"), hold=held(number)))

    with ThreadPoolExecutor(12) as threads:
        reports = [report for part in threads.map(one, range(12)) for report in keyed(part)]
    assert [type(report) for report in reports] == [Spoken] * 48
    assert server.counts.sockets_open_highest == 12


def test_under_a_new_fence_a_slot_has_a_new_session_after_the_old_one_is_closed(studio):
    server = studio.server()
    speaker = studio.speaker(server.url)
    list(speak(speaker, utterances(1), hold=held(fence=1)))
    list(speak(speaker, utterances(1), hold=held(fence=2)))
    assert (server.counts.handshakes_accepted, server.counts.sockets_open_highest) == (2, 1)


def test_a_slot_that_rests_is_closed_politely_and_hands_its_window_on(studio):
    server = studio.server()
    speaker, hold = studio.speaker(server.url), held()
    list(speak(speaker, utterances(3, chars=700), hold=hold))
    sent = speaker.rest(hold.slot)
    assert server.counts.wait_for(lambda counts: counts.closes == {1000: 1})
    assert [each.chars for each in sent] == [700] * 3
    heir = held(fence=2, sent=sent)
    answers = iter([True] * 3)
    reports = keyed(
        speak(speaker, utterances(1, 700), hold=heir, going=lambda: next(answers, False))
    )
    assert [type(report) for report in reports] == [Unsent], "there is no room for it for a minute"


def test_a_slot_that_rests_without_a_session_gives_back_what_it_came_with(studio):
    speaker = studio.speaker(studio.server().url)
    hold = held(sent=(SENT,))
    assert speaker.rest(hold.slot) == (SENT,)


def test_the_window_outlives_a_session(studio):
    """A socket that is gone does not give its characters back."""
    server = studio.server(limits=Limits(idle_seconds=0.2))
    speaker, hold = studio.speaker(server.url), held()
    list(speak(speaker, utterances(3, chars=700), hold=hold))
    assert server.counts.wait_for(lambda counts: counts.sockets_open == 0)
    assert [each.chars for each in speaker.rest(hold.slot)] == [700] * 3


def test_a_session_that_died_while_idle_is_replaced_silently(studio):
    server = studio.server(limits=Limits(idle_seconds=0.2))
    speaker, hold = studio.speaker(server.url), held()
    list(speak(speaker, utterances(1), hold=hold))
    assert server.counts.wait_for(lambda counts: counts.sockets_open == 0)
    connected, spoken = speak(speaker, utterances(1), hold=hold)
    assert isinstance(connected, Connected)
    assert isinstance(spoken, Spoken)


# -------------------------------------------------------------------- limits and age


def test_the_limits_are_kept_at_a_hundred_times_their_speed(studio):
    server = studio.server(time_scale=100)
    speaker = studio.speaker(server.url, time_scale=100, window_slack_seconds=0.2)
    reports = keyed(speak(speaker, utterances(10, chars=700)))
    assert [type(report) for report in reports] == [Spoken] * 10
    assert (server.counts.limit_warnings, server.counts.handshakes_accepted) == (0, 1)


def test_room_that_comes_back_is_never_missed(studio):
    """Two hundred windows of 20 ms, one utterance in each; nothing else wakes the slot."""
    limits = Limits(minute_chars=None, minute_flushes=None)
    speaker = studio.speaker(
        studio.server(limits=limits).url,
        time_scale=3_000,
        window_slack_seconds=0.0,
        chars_per_minute=120,
        session_seconds=1e9,
    )
    assert len(keyed(speak(speaker, utterances(200, chars=100)))) == 200


def test_sessions_retire_by_age_and_nothing_is_lost(studio):
    """Between utterances, in one call: the slot goes on with a session of its own."""
    server = studio.server(first_audio_ms=50)
    speaker = studio.speaker(server.url, session_seconds=0.3)
    given = utterances(16)
    reports = list(speak(speaker, given))
    connected = [report for report in reports if isinstance(report, Connected)]
    assert {r.key: said(r) for r in keyed(reports)} == {u.key: u.text for u in given}
    assert len(connected) == server.counts.handshakes_accepted >= 2
    assert server.counts.sockets_open_highest == 1
    assert server.counts.closes.keys() <= {1000}


def test_an_idle_session_is_closed_politely_at_its_age(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, session_seconds=0.5)
    assert len(keyed(speak(speaker, utterances(1)))) == 1
    assert server.counts.wait_for(lambda counts: counts.closes == {1000: 1})


# -------------------------------------------------------------------- wanting no more


def test_a_caller_that_wants_nothing_opens_nothing(studio):
    server = studio.server()
    given = feed(utterances(3), going=lambda: False)
    assert list(studio.speaker(server.url).speak(held(), given)) == []
    assert len(given.parts) == 1, "nor is it asked for anything"
    assert server.counts.handshakes_accepted == 0


def test_once_the_caller_wants_no_more_only_what_is_under_way_is_completed(studio):
    server = studio.server(first_audio_ms=50)
    wanted = threading.Event()
    wanted.set()
    reports = []
    for report in speak(studio.speaker(server.url), utterances(8), going=wanted.is_set):
        reports.append(report)
        if isinstance(report, Spoken):
            wanted.clear()
    spoken = [r for r in reports if isinstance(r, Spoken)]
    assert 1 <= len(spoken) <= 2
    assert [type(r) for r in keyed(reports) if r not in spoken] == [Unsent] * (8 - len(spoken))
    assert server.counts.speaks_received == len(spoken)


def test_a_caller_that_waits_for_the_window_is_asked_again(studio):
    """A drain does not last as long as a window."""
    server = studio.server()
    reports: list[Report] = []
    once = iter([True])

    def going():
        return len(keyed(reports)) < 2 or next(once, False)

    reports += speak(studio.speaker(server.url), utterances(3, chars=1_000), going=going)
    assert [type(report) for report in keyed(reports)] == [Spoken, Spoken, Unsent]


def test_giving_up_early_closes_the_session(studio):
    server = studio.server(first_audio_ms=200)
    speaker, hold = studio.speaker(server.url), held()
    with closing(speak(speaker, utterances(5), hold=hold)) as reports:
        next(reports)
        next(reports)
    (report,) = keyed(speak(speaker, utterances(1), hold=hold))
    assert isinstance(report, Spoken)
    assert server.counts.handshakes_accepted == 2
    assert server.counts.sockets_open_highest == 1


def test_a_caller_that_breaks_frees_the_session(studio):
    server = studio.server()
    speaker, hold = studio.speaker(server.url), held()
    given = feed(utterances(5))

    def broken(_):
        raise ConnectionResetError

    given.permit = broken  # type: ignore[method-assign]
    reports = speaker.speak(hold, given)
    with pytest.raises(ConnectionResetError):
        list(reports)
    (report,) = keyed(speak(speaker, utterances(1), hold=hold))
    assert isinstance(report, Spoken)


# -------------------------------------------------------------------- the end


def test_closing_leaves_no_socket_open(studio):
    server = studio.server()
    speaker = studio.speaker(server.url)
    for number in range(2):
        list(speak(speaker, utterances(1), hold=held(number)))
    speaker.close()
    assert server.counts.wait_for(lambda counts: counts.closes == {1000: 2})
    assert server.counts.sockets_open == 0


def test_closing_twice_or_before_the_first_word_is_harmless(studio):
    speaker = studio.speaker(studio.server().url)
    speaker.close()
    speaker.close()
    assert list(speak(speaker, utterances(2))) == []


def test_closing_lets_what_is_under_way_be_answered(studio):
    server = studio.server(first_audio_ms=300)
    speaker = studio.speaker(server.url, close_seconds=PATIENCE)
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(list, speak(speaker, utterances(5)))
        assert server.counts.wait_for(lambda counts: counts.speaks_received == 2)
        speaker.close()
        ended = keyed(result.result(PATIENCE))
    assert sorted(type(report).__name__ for report in ended) == ["Spoken"] * 2 + ["Unsent"] * 3


def test_closing_does_not_wait_for_an_answer_for_ever(studio):
    """What was sent is cut, what was not is unsent; nobody hangs."""
    server = studio.server(first_audio_ms=60_000)
    speaker = studio.speaker(server.url)
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(list, speak(speaker, utterances(4)))
        assert server.counts.wait_for(lambda counts: counts.speaks_received == 2)
        speaker.close()
        ended = keyed(result.result(PATIENCE))
    assert sorted(type(report).__name__ for report in ended) == ["Cut"] * 2 + ["Unsent"] * 2


# -------------------------------------------------------------------- what is never sent


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2_001, "x" * 1_200 + "\U0001f600" * 600])
def test_what_cannot_be_sent_is_cut_with_a_remedy_and_no_socket_is_opened(studio, text):
    server = studio.server()
    odd = Utterance(key=TakeKey("odd"), text=text)
    (report,) = speak(studio.speaker(server.url), [odd])
    assert isinstance(report, Cut)
    assert isinstance(report.error, SpeechRefused)
    assert (report.sent, bool(report.error.remedy)) == (False, True)
    assert server.counts.handshakes_accepted == 0


def test_a_session_without_anything_outstanding_is_refused_with_a_remedy():
    with pytest.raises(SettingsError) as refused:
        SpeechConfig(url="ws://127.0.0.1/v1/speak", api_key="k", outstanding=0)
    assert "NARRATOR_SPEECH_OUTSTANDING" in refused.value.remedy


@pytest.mark.parametrize("seconds", [1.0, 100.0, 3_300.0])
def test_however_short_its_life_a_session_is_not_old_from_the_start(seconds):
    """It would be replaced without end, while it waits for its window."""
    config = SpeechConfig(url="ws://127.0.0.1/v1/speak", api_key="k", session_seconds=seconds)
    rules = config.pool_rules.session
    assert rules.early_seconds <= rules.session_seconds / 10


def test_the_key_is_not_shown():
    assert "secret" not in repr(SpeechConfig(url="ws://127.0.0.1/v1/speak", api_key="secret"))
