"""A hold that ends takes its socket with it, whatever else goes on."""

import multiprocessing
import os
import signal
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from narrator.domain.faults import Fault
from narrator.services.ports import Connected, Cut, Spoken, Unsent
from narrator.speech.config import SpeechConfig
from narrator.speech.speaker import DeepgramSpeaker
from tests.fakes.feeds import feed, held
from tests.integration.speech.stubborn import stubborn_server
from tests.integration.speech.studio import KEY, PATIENCE, keyed, speak, utterances

pytestmark = pytest.mark.integration

HOLD = {"hold_seconds": 1.5}  # nothing is sent with 0.6 s left, and closed with 0.25 s


def test_a_session_is_closed_politely_before_its_hold_ends_though_its_caller_is_stuck(studio):
    """A caller that waits for SQL renews nothing and hears nothing."""
    server = studio.server()
    speaker = studio.speaker(server.url, **HOLD)
    stuck, free = threading.Event(), threading.Event()
    given = feed(utterances(3))

    def permit(keys):
        stuck.set()
        assert free.wait(PATIENCE)
        return keys

    given.permit = permit  # type: ignore[method-assign]
    hold = held(good_until=monotonic() + 1.5)
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(list, speaker.speak(hold, given))
        assert stuck.wait(PATIENCE)
        assert server.counts.wait_for(lambda counts: counts.sockets_open == 0)
        assert monotonic() < hold.good_until
        free.set()
        reports = result.result(PATIENCE)
    assert [type(report) for report in keyed(reports)] == [Unsent] * 3
    assert server.counts.closes == {1000: 1}
    assert server.counts.speaks_received == 0


def test_what_is_under_way_when_a_hold_ends_is_cut_and_named(studio):
    server = studio.server(first_audio_ms=60_000)
    speaker = studio.speaker(server.url, **HOLD)
    hold = held(good_until=monotonic() + 1.5)
    reports = keyed(speak(speaker, utterances(4), hold=hold))
    cut = [report for report in reports if isinstance(report, Cut)]
    assert {report.error.fault for report in cut} == {Fault.SLOT_ENDED}
    assert len(cut) == 2
    assert [type(report) for report in reports if report not in cut] == [Unsent] * 2


def test_an_idle_session_is_closed_before_its_hold_ends(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, **HOLD)
    hold = held(good_until=monotonic() + 1.5)
    list(speak(speaker, utterances(1), hold=hold))
    assert server.counts.sockets_open == 1
    assert server.counts.wait_for(lambda counts: counts.closes == {1000: 1})
    assert monotonic() < hold.good_until


def test_a_socket_whose_close_is_not_answered_is_dropped_before_its_hold_ends(studio):
    with stubborn_server() as server:
        speaker = studio.speaker(server.url, close_seconds=PATIENCE, **HOLD)
        hold = held(good_until=monotonic() + 1.5)
        with ThreadPoolExecutor(1) as thread:
            result = thread.submit(list, speak(speaker, utterances(1), hold=hold))
            assert server.asked.wait(PATIENCE)
            assert server.left.wait(PATIENCE)
            assert monotonic() < hold.good_until
            result.result(PATIENCE)


def test_a_slot_that_rests_while_it_is_in_use_ends_its_call(studio):
    """Nobody should do so; whoever does leaves nobody waiting."""
    server = studio.server(first_audio_ms=60_000)
    speaker, hold = studio.speaker(server.url), held()
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(list, speak(speaker, utterances(3), hold=hold))
        assert server.counts.wait_for(lambda counts: counts.speaks_received == 2)
        assert len(speaker.rest(hold.slot)) == 2
        reports = keyed(result.result(PATIENCE))
    assert sorted(type(report).__name__ for report in reports) == ["Cut", "Cut", "Unsent"]


def test_a_renewed_hold_keeps_its_session(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, **HOLD)
    hold = held(good_until=monotonic() + 1.0)
    list(speak(speaker, utterances(1), hold=hold))
    hold.good_until += 60.0
    assert not server.counts.wait_for(lambda counts: counts.sockets_open == 0, 1.1)
    (report,) = speak(speaker, utterances(1), hold=hold)
    assert isinstance(report, Spoken)


def test_a_hold_without_time_for_an_utterance_opens_no_session(studio):
    server = studio.server()
    hold = held(good_until=monotonic() + 0.5)
    reports = list(speak(studio.speaker(server.url, **HOLD), utterances(2), hold=hold))
    assert [type(report) for report in reports] == [Unsent] * 2
    assert server.counts.handshakes_accepted == 0


def test_a_process_that_was_frozen_past_its_hold_sends_nothing_more(studio):
    """It does not know that it was stopped; the slot may be somebody else's by now."""
    server = studio.server()
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()
    hold_seconds = 1.5

    def child():
        speaker = DeepgramSpeaker(
            SpeechConfig(url=server.url, api_key=KEY, hold_seconds=hold_seconds)
        )
        hold = held(good_until=monotonic() + hold_seconds)
        given = feed(utterances(6))

        def permit(keys):
            theirs.send("asked")
            theirs.recv()  # comes when the process was stopped and continued
            return keys

        given.permit = permit  # type: ignore[method-assign]
        reports = list(speaker.speak(hold, given))
        theirs.send([type(report).__name__ for report in reports])
        os._exit(0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is the point
        process = fork.Process(target=child)
        process.start()
    try:
        assert ours.poll(PATIENCE)
        assert ours.recv() == "asked"
        os.kill(process.pid or 0, signal.SIGSTOP)
        ours.send("go on")
        assert not server.counts.wait_for(lambda counts: counts.speaks_received > 0, hold_seconds)
        os.kill(process.pid or 0, signal.SIGCONT)
        assert ours.poll(PATIENCE)
        assert ours.recv() == ["Connected"] + ["Unsent"] * 6
        assert server.counts.wait_for(lambda counts: counts.sockets_open == 0)
    finally:
        process.kill()
        process.join(PATIENCE)
    assert server.counts.speaks_received == 0


def test_a_slot_that_is_granted_anew_while_it_is_rested_keeps_one_session(studio):
    """Its time had run out; the old session is slow to close, the new hold begins meanwhile."""
    server = studio.server(first_audio_ms=600)
    speaker = studio.speaker(server.url, close_seconds=2.0)
    given_up = speak(speaker, utterances(2))
    assert [type(next(given_up)) for _ in range(2)] == [Connected, Spoken]
    given_up.close()  # the second is under way
    anew = held(fence=2)
    with ThreadPoolExecutor(2) as threads:
        rested = threads.submit(speaker.rest, held().slot)
        begun = threads.submit(list, speak(speaker, utterances(1), hold=anew))
        rested.result(PATIENCE)
        begun.result(PATIENCE)
    list(speak(speaker, utterances(1), hold=anew))
    assert server.counts.handshakes_accepted == 2
    assert server.counts.sockets_open == 1


def test_without_a_hold_in_time_a_cut_session_is_not_replaced(studio):
    server = studio.server()
    speaker = studio.speaker(server.url, **HOLD)
    hold = held(good_until=monotonic() + 1.5)
    reports = []
    for report in speak(speaker, utterances(30), hold=hold):
        reports.append(report)
        if isinstance(report, Spoken):
            hold.good_until = monotonic()
    assert sum(isinstance(report, Connected) for report in reports) == 1
    assert len(keyed(reports)) == 30
