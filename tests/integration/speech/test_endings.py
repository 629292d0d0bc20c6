"""The speaker against a provider that never comes to an end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from structlog.testing import capture_logs

from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.voices import Voice
from narrator.services.ports import Cut, Unsent
from narrator.speech.call import Broken, Call, Notice
from narrator.speech.speaker import SLACK_SECONDS, Engine, SpeechConfig
from tests.integration.speech.stubborn import StubbornServer, stubborn_server
from tests.integration.speech.studio import KEY, PATIENCE, always, utterances

pytestmark = pytest.mark.integration

CLOSE_SECONDS = 0.1


@pytest.fixture
def mute() -> Iterator[StubbornServer]:
    """A provider that answers nothing."""
    with stubborn_server() as server:
        yield server


class DeafCall(Call):
    """A call that goes on when it is told to end."""

    def end(self, error: NarratorError) -> None:
        """Hear nothing."""


def test_audio_that_trickles_in_is_cut_in_time(studio):
    """No silence lasts 0.3 s; 60 characters have 0.46 s."""
    settings = {"silence_seconds": 0.3, "longest_seconds": 0.1, "longest_seconds_per_char": 0.001}
    with stubborn_server(trickles=True) as server:
        speaker = studio.speaker(server.url, reconnects=0, close_seconds=CLOSE_SECONDS, **settings)
        (report,) = speaker.speak(utterances(1), studio.voice, going=always)
        assert isinstance(report, Cut)
        assert "did not finish 60 characters" in report.error.reason
        speaker.close()


def test_closing_does_not_wait_for_a_provider_that_answers_no_close(studio, mute):
    speaker = studio.speaker(mute.url, close_seconds=CLOSE_SECONDS)
    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(
            lambda: list(speaker.speak(utterances(4), studio.voice, going=always))
        )
        assert mute.asked.wait(PATIENCE)
        begun = monotonic()
        speaker.close()
        assert monotonic() - begun < 2 * CLOSE_SECONDS + SLACK_SECONDS
        reports = result.result(PATIENCE)
    assert sorted(report.key for report in reports) == ["u0", "u1", "u2", "u3"]
    assert {type(report) for report in reports} == {Cut, Unsent}


def test_what_does_not_end_when_told_is_cancelled_and_its_caller_learns_of_it(mute):
    """Of a worker that is stopped nothing may be waited for without end."""
    engine = Engine(SpeechConfig(url=mute.url, api_key=KEY, close_seconds=CLOSE_SECONDS))
    call = DeafCall(utterances(1), Voice(), reconnects=0, dice=lambda: 0.0)
    call.may_send(going=True)
    assert engine.begin(call)
    assert call.inbox.get(timeout=PATIENCE) is Notice.ASK, "there is a session"
    with capture_logs() as events:
        engine.close()
        engine.close()
    item = call.inbox.get_nowait()
    assert isinstance(item, Broken)
    assert isinstance(item.error, SpeechInterrupted)
    assert [event["event"] for event in events].count("speech.close_timed_out") == 1
    assert not engine.begin(call)
