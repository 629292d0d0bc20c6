"""The speaker against a provider that never comes to an end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from structlog.testing import capture_logs

from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.faults import Fault
from narrator.services.ports import Connected, Cut, Unsent
from narrator.speech.call import Ask, Broken, Call, Notice
from narrator.speech.config import SpeechConfig
from narrator.speech.engine import SLACK_SECONDS, Engine
from tests.fakes.feeds import held
from tests.integration.speech.stubborn import StubbornServer, stubborn_server
from tests.integration.speech.studio import KEY, PATIENCE, keyed, speak, utterances

pytestmark = pytest.mark.integration

CLOSE_SECONDS = 0.1


@pytest.fixture
def mute() -> Iterator[StubbornServer]:
    """A provider that answers nothing."""
    with stubborn_server() as server:
        yield server


class DeafCall(Call):
    """A call that goes on when it is told to stop or to end."""

    def stop(self) -> None:
        """Hear nothing."""

    def end(self, error: NarratorError) -> None:
        """Hear nothing."""


def test_audio_that_trickles_in_is_cut_in_time(studio):
    """No silence lasts 0.3 s; 60 characters have 0.46 s."""
    settings = {"silence_seconds": 0.3, "longest_seconds": 0.1, "longest_seconds_per_char": 0.001}
    with stubborn_server(trickles=True) as server:
        speaker = studio.speaker(server.url, reconnects=0, close_seconds=CLOSE_SECONDS, **settings)
        (report,) = keyed(speak(speaker, utterances(1)))
        assert isinstance(report, Cut)
        assert report.error.fault is Fault.TRICKLE
        assert "did not finish 60 characters" in report.error.reason
        speaker.close()


def test_closing_does_not_wait_for_a_provider_that_answers_no_close(studio, mute):
    speaker = studio.speaker(mute.url, close_seconds=CLOSE_SECONDS)
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(list, speak(speaker, utterances(4)))
        assert mute.asked.wait(PATIENCE)
        begun = monotonic()
        speaker.close()
        assert monotonic() - begun < 3 * CLOSE_SECONDS + SLACK_SECONDS
        reports = keyed(result.result(PATIENCE))
    assert sorted(report.key for report in reports) == ["u0", "u1", "u2", "u3"]
    assert {type(report) for report in reports} == {Cut, Unsent}


def test_resting_does_not_wait_for_a_provider_that_answers_no_close(studio, mute):
    speaker, hold = (
        studio.speaker(mute.url, close_seconds=CLOSE_SECONDS, silence_seconds=0.2),
        held(),
    )
    list(speak(speaker, utterances(1), hold=hold))
    begun = monotonic()
    assert len(speaker.rest(hold.slot)) == 1
    assert monotonic() - begun < 2 * CLOSE_SECONDS + SLACK_SECONDS


def test_a_slot_whose_session_was_closed_with_the_speaker_can_be_given_back(studio):
    """A worker that ends closes the speaker when its time is nearly over, and then gives back."""
    server, hold = studio.server(), held()
    speaker = studio.speaker(server.url)
    list(speak(speaker, utterances(1), hold=hold))
    speaker.close()
    assert speaker.rest(hold.slot) == hold.slot.sent
    assert server.counts.wait_for(lambda counts: counts.sockets_open == 0)


def test_an_engine_that_is_stopped_does_not_know_what_became_of_a_session(mute):
    engine = Engine(SpeechConfig(url=mute.url, api_key=KEY, close_seconds=CLOSE_SECONDS))
    call = DeafCall(held(), reconnects=0, linger_seconds=0.1, dice=lambda: 0.0)
    assert engine.begin(call)
    engine.close()
    with pytest.raises(SpeechInterrupted):
        engine.ask(lambda pool: pool.rest(held().slot))


def test_what_does_not_end_when_told_is_cancelled_and_its_caller_learns_of_it(mute):
    """Of a worker that is stopped nothing may be waited for without end."""
    engine = Engine(SpeechConfig(url=mute.url, api_key=KEY, close_seconds=CLOSE_SECONDS))
    call = DeafCall(held(), reconnects=0, linger_seconds=0.1, dice=lambda: 0.0)
    assert engine.begin(call)
    assert call.inbox.get(timeout=PATIENCE) is Notice.MORE
    engine.post(lambda: call.give(utterances(1)))
    assert isinstance(call.inbox.get(timeout=PATIENCE), Connected)
    assert isinstance(call.inbox.get(timeout=PATIENCE), Ask)
    with capture_logs() as events:
        engine.close()
        engine.close()
    items = [call.inbox.get_nowait() for _ in range(call.inbox.qsize())]
    assert isinstance(items[-1], Broken)
    assert isinstance(items[-1].error, SpeechInterrupted)
    assert [event["event"] for event in events].count("speech.close_timed_out") == 1
    assert not engine.begin(call)
