"""The speaker against a Speak server, over real sockets: what is asked for comes back."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from narrator.domain.errors import SettingsError, SpeechInterrupted, SpeechRefused
from narrator.domain.ids import TakeKey
from narrator.domain.voices import Voice
from narrator.services.ports import Cut, Report, Spoken, Unsent, Utterance
from narrator.speakserver.config import Limits
from narrator.speech.speaker import SpeechConfig
from tests.integration.speech.studio import PATIENCE, always, said, utterances

pytestmark = pytest.mark.integration


def test_what_comes_back_decodes_to_the_text(studio):
    server = studio.server()
    given = utterances(12, chars=150)
    reports = list(studio.speaker(server.url).speak(given, studio.voice, going=always))
    assert {r.key: said(r) for r in reports} == {u.key: u.text for u in given}


def test_a_take_names_what_spoke_it(studio):
    server = studio.server()
    (report,) = studio.speaker(server.url).speak(utterances(1), studio.voice, going=always)
    assert report.model_version
    assert len(report.request_id) == 36


def test_frames_of_odd_length_are_put_together_again(studio):
    server = studio.server(odd_frames=True, frame_bytes=1_001)
    given = utterances(4)
    reports = list(studio.speaker(server.url).speak(given, studio.voice, going=always))
    assert {said(report) for report in reports} == {u.text for u in given}


def test_a_session_stays_open_from_one_call_to_the_next(studio):
    server = studio.server()
    speaker = studio.speaker(server.url)
    for name in "abc":
        assert len(list(speaker.speak(utterances(2, name=name), studio.voice, going=always))) == 2
    assert server.counts.handshakes_accepted == 1


def test_the_same_words_twice_in_a_call_have_a_report_each(studio):
    server = studio.server()
    same = utterances(1)
    reports = list(studio.speaker(server.url).speak(same * 2, studio.voice, going=always))
    assert [type(report) for report in reports] == [Spoken, Spoken]


def test_a_call_without_utterances_opens_nothing(studio):
    server = studio.server()
    assert list(studio.speaker(server.url).speak([], studio.voice, going=always)) == []
    assert server.counts.handshakes_accepted == 0


def test_a_session_idle_with_another_voice_makes_room(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, sockets=1)
    for name in ("aura-2-thalia-en", "aura-2-orion-en", "aura-2-thalia-en"):
        (report,) = speaker.speak(utterances(1), Voice(name=name), going=always)
        assert isinstance(report, Spoken)
    assert server.counts.sockets_open_highest == 1
    assert server.counts.handshakes_accepted == 3


def test_two_voices_keep_a_session_each_where_there_is_room(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, sockets=2)
    for name in ("aura-2-thalia-en", "aura-2-orion-en", "aura-2-thalia-en", "aura-2-orion-en"):
        list(speaker.speak(utterances(1), Voice(name=name), going=always))
    assert server.counts.handshakes_accepted == 2


def test_no_more_sockets_are_open_than_allowed(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, sockets=2)

    def speak(name):
        return list(speaker.speak(utterances(4, name=name), studio.voice, going=always))

    with ThreadPoolExecutor(6) as threads:
        reports = [report for part in threads.map(speak, "abcdef") for report in part]
    assert [type(report) for report in reports] == [Spoken] * 24
    assert server.counts.sockets_open_highest == 2


def test_no_more_than_two_are_sent_and_not_yet_stored(studio):
    server = studio.server()
    reports = studio.speaker(server.url).speak(utterances(6), studio.voice, going=always)
    for stored in range(5):
        next(reports)
        assert server.counts.speaks_received <= stored + 2
    assert len(list(reports)) == 1
    assert server.counts.speaks_received == 6


def test_two_are_under_way_before_the_first_is_stored(studio):
    """So that the provider never waits for us."""
    server = studio.server()
    reports = studio.speaker(server.url).speak(utterances(3), studio.voice, going=always)
    first = next(reports)
    second = next(reports)
    assert {type(first), type(second)} == {Spoken}
    assert server.counts.speaks_received >= 2
    reports.close()


def test_the_limits_are_kept_at_a_hundred_times_their_speed(studio):
    server = studio.server(time_scale=100)
    speaker = studio.speaker(server.url, time_scale=100, window_slack_seconds=0.2)
    given = utterances(10, chars=700)
    reports = list(speaker.speak(given, studio.voice, going=always))
    assert [type(report) for report in reports] == [Spoken] * 10
    assert (server.counts.limit_warnings, server.counts.handshakes_accepted) == (0, 1)


def test_a_session_is_replaced_when_it_grows_old(studio):
    """Between utterances: nothing is cut."""
    server = studio.server(first_audio_ms=100)
    speaker = studio.speaker(server.url, session_seconds=0.3, sockets=1)
    reports = list(speaker.speak(utterances(8), studio.voice, going=always))
    assert [type(report) for report in reports] == [Spoken] * 8
    assert server.counts.handshakes_accepted >= 2
    assert server.counts.sockets_open_highest == 1


def test_an_idle_session_is_closed_politely_after_a_while(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, idle_seconds=0.1)
    list(speaker.speak(utterances(1), studio.voice, going=always))
    assert server.counts.wait_for(lambda counts: counts.closes == {1000: 1})


def test_a_session_that_died_while_idle_is_replaced_silently(studio):
    server = studio.server(limits=Limits(idle_seconds=0.2))
    speaker = studio.speaker(server.url)
    list(speaker.speak(utterances(1), studio.voice, going=always))
    assert server.counts.wait_for(lambda counts: counts.sockets_open == 0)
    (report,) = speaker.speak(utterances(1), studio.voice, going=always)
    assert isinstance(report, Spoken)


# -------------------------------------------------------------------- wanting no more


def test_a_caller_that_wants_nothing_opens_nothing(studio):
    server = studio.server()
    speaker = studio.speaker(server.url)
    reports = list(speaker.speak(utterances(3), studio.voice, going=lambda: False))
    assert reports == [Unsent(key=TakeKey(f"u{n}")) for n in range(3)]
    assert server.counts.handshakes_accepted == 0


def test_once_the_caller_wants_no_more_only_what_is_under_way_is_completed(studio):
    server = studio.server(first_audio_ms=50)
    wanted = threading.Event()
    wanted.set()
    reports = []
    for report in studio.speaker(server.url).speak(
        utterances(8), studio.voice, going=wanted.is_set
    ):
        reports.append(report)
        wanted.clear()
    spoken = [r for r in reports if isinstance(r, Spoken)]
    assert len(spoken) == 2
    assert [type(r) for r in reports if r not in spoken] == [Unsent] * 6
    assert server.counts.speaks_received == 2


def test_a_caller_that_waits_for_the_window_is_asked_again(studio):
    """A drain does not last as long as a window."""
    server = studio.server()
    speaker = studio.speaker(server.url)
    reports: list[Report] = []
    once = iter([True])

    def going():
        return len(reports) < 2 or next(once, False)

    reports += speaker.speak(utterances(3, chars=1_000), studio.voice, going=going)
    assert [type(report) for report in reports] == [Spoken, Spoken, Unsent]


def test_a_caller_that_waits_for_a_socket_is_asked_again(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, sockets=1)
    holder = speaker.speak(utterances(2, name="h"), studio.voice, going=always)
    next(holder)
    answers = iter([True])
    reports = list(speaker.speak(utterances(1), studio.voice, going=lambda: next(answers, False)))
    assert [type(report) for report in reports] == [Unsent]
    assert len(list(holder)) == 1


def test_giving_up_early_closes_the_session(studio):
    server = studio.server(first_audio_ms=200)
    speaker = studio.speaker(server.url, sockets=1)
    with closing(speaker.speak(utterances(5), studio.voice, going=always)) as reports:
        next(reports)
    (report,) = speaker.speak(utterances(1), studio.voice, going=always)
    assert isinstance(report, Spoken)
    assert server.counts.handshakes_accepted == 2
    assert server.counts.sockets_open_highest == 1


def test_a_caller_that_breaks_frees_the_session(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, sockets=1)

    def broken():
        raise ConnectionResetError

    reports = speaker.speak(utterances(5), studio.voice, going=broken)
    with pytest.raises(ConnectionResetError):
        next(reports)
    (report,) = speaker.speak(utterances(1), studio.voice, going=always)
    assert isinstance(report, Spoken)


# -------------------------------------------------------------------- the end


def test_closing_leaves_no_socket_open(studio):
    server = studio.server()
    speaker = studio.speaker(server.url)
    for name in ("aura-2-thalia-en", "aura-2-orion-en"):
        list(speaker.speak(utterances(1), Voice(name=name), going=always))
    speaker.close()
    assert server.counts.wait_for(lambda counts: counts.closes == {1000: 2})
    assert server.counts.sockets_open == 0


def test_closing_twice_or_before_the_first_word_is_harmless(studio):
    speaker = studio.speaker(studio.server().url)
    speaker.close()
    speaker.close()
    reports = list(speaker.speak(utterances(2), studio.voice, going=always))
    assert [(type(r), r.sent, type(r.error)) for r in reports] == [
        (Cut, False, SpeechInterrupted)
    ] * 2


def test_closing_ends_the_calls_that_are_under_way(studio):
    """What was sent is cut, what was not is unsent; nobody hangs."""
    server = studio.server(first_audio_ms=60_000)
    speaker = studio.speaker(server.url)
    reports = speaker.speak(utterances(4), studio.voice, going=always)
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(list, reports)
        assert server.counts.wait_for(lambda counts: counts.handshakes_accepted == 1)
        speaker.close()
        ended = result.result(PATIENCE)
    assert len(ended) == 4
    assert {type(report) for report in ended} <= {Cut, Unsent}


# -------------------------------------------------------------------- what is never sent


@pytest.mark.parametrize("text", ["", " \n ", "x" * 2_001, "x" * 1_200 + "\U0001f600" * 600])
def test_what_cannot_be_sent_is_cut_with_a_remedy_before_a_socket_is_opened(studio, text):
    server = studio.server()
    odd = Utterance(key=TakeKey("odd"), text=text)
    (report,) = studio.speaker(server.url).speak([odd], studio.voice, going=always)
    assert isinstance(report.error, SpeechRefused)
    assert (report.sent, bool(report.error.remedy)) == (False, True)
    assert server.counts.handshakes_accepted == 0


def test_a_speaker_without_sockets_is_refused_with_a_remedy():
    with pytest.raises(SettingsError) as refused:
        SpeechConfig(url="ws://127.0.0.1/v1/speak", api_key="k", sockets=0)
    assert "NARRATOR_SPEECH_SOCKETS" in refused.value.remedy


def test_the_key_is_not_shown():
    assert "secret" not in repr(SpeechConfig(url="ws://127.0.0.1/v1/speak", api_key="secret"))
