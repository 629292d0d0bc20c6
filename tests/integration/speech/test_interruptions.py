"""The speaker against a Speak server that fails in every way it knows."""

import multiprocessing
import socket
import warnings

import pytest
from structlog.testing import capture_logs

from narrator.domain.errors import AccountFault, SpeechInterrupted, SpeechRefused
from narrator.services.ports import Cut, Spoken
from narrator.speakserver.config import Fault, FaultKind, HandshakeFault, Limits
from tests.integration.speech.studio import KEY, PATIENCE, always, said, utterances

pytestmark = pytest.mark.integration


def outcome(reports):
    """How many were spoken, cut after sending, and cut before."""
    spoken = sum(isinstance(report, Spoken) for report in reports)
    cut = [report.sent for report in reports if isinstance(report, Cut)]
    return spoken, sum(cut), len(cut) - sum(cut)


# -------------------------------------------------------------------- in the middle of an utterance


@pytest.mark.parametrize("kind", list(FaultKind), ids=str)
def test_only_what_was_under_way_is_cut_and_the_rest_is_spoken_on_a_new_session(studio, kind):
    server = studio.server(faults=(Fault(kind=kind, socket=0, flush=2),))
    given = utterances(8)
    speaker = studio.speaker(server.url, silence_seconds=0.5)
    reports = list(speaker.speak(given, studio.voice, going=always))
    spoken, cut, unsent = outcome(reports)
    assert (spoken + cut, unsent) == (8, 0)
    assert 1 <= cut <= 2
    assert server.counts.handshakes_accepted == 2
    texts = {u.key: u.text for u in given}
    assert all(said(r) == texts[r.key] for r in reports if isinstance(r, Spoken))


def test_what_was_cut_is_not_sent_again_by_the_speaker(studio):
    """Whoever pays decides."""
    server = studio.server(faults=(Fault(kind=FaultKind.CUT_1006, socket=0, flush=0),))
    given = utterances(5)
    list(studio.speaker(server.url).speak(given, studio.voice, going=always))
    assert server.counts.speaks_received <= 5


def test_after_two_new_sessions_the_rest_is_cut_unsent(studio):
    server = studio.server(faults=(Fault(kind=FaultKind.CUT_1011, flush=0),))
    speaker = studio.speaker(server.url, outstanding=1)
    reports = list(speaker.speak(utterances(6), studio.voice, going=always))
    assert outcome(reports) == (0, 3, 3)
    assert server.counts.handshakes_accepted == 3
    assert all(isinstance(report.error, SpeechInterrupted) for report in reports)


def test_too_many_characters_a_minute_interrupt_and_the_slot_rests(studio):
    server = studio.server(time_scale=60)
    speaker = studio.speaker(
        server.url, time_scale=60, chars_per_minute=9_999, window_slack_seconds=0.2, sockets=1
    )
    reports = list(speaker.speak(utterances(6, chars=700), studio.voice, going=always))
    spoken, cut, unsent = outcome(reports)
    assert (spoken + cut, unsent) == (6, 0)
    assert cut >= 1
    assert server.counts.closes[1008] >= 1


def test_a_refusal_of_the_words_ends_the_call_at_once(studio):
    """1009: sending the rest would only cost money; the job cannot succeed."""
    server = studio.server(limits=Limits(speak_chars=50))
    reports = list(studio.speaker(server.url).speak(utterances(6), studio.voice, going=always))
    assert server.counts.handshakes_accepted == 1
    assert outcome(reports) == (0, 2, 4)
    assert all(isinstance(report.error, SpeechRefused) for report in reports)


# -------------------------------------------------------------------- at the handshake


@pytest.mark.parametrize(
    ("status", "kind", "handshakes"),
    [
        (401, AccountFault, 1),
        (402, AccountFault, 1),
        (403, AccountFault, 1),
        (429, SpeechInterrupted, 3),
        (503, SpeechInterrupted, 3),
    ],
)
def test_a_refused_handshake_cuts_everything_unsent(studio, status, kind, handshakes):
    server = studio.server(handshake_faults=(HandshakeFault(status=status),))
    reports = list(studio.speaker(server.url).speak(utterances(3), studio.voice, going=always))
    assert outcome(reports) == (0, 0, 3)
    assert {type(report.error) for report in reports} == {kind}
    assert server.counts.handshakes_refused == {status: handshakes}


def test_a_wrong_key_is_a_fault_of_the_account_in_the_providers_words(studio):
    speaker = studio.speaker(studio.server().url, api_key="wrong")
    (report,) = speaker.speak(utterances(1), studio.voice, going=always)
    assert isinstance(report.error, AccountFault)
    assert "Invalid credentials" in report.error.reason
    assert "request " in report.error.reason
    assert "DEEPGRAM_API_KEY" in report.error.remedy


def test_a_bad_parameter_is_a_fault_of_the_job_in_the_providers_words(studio):
    server = studio.server()
    (report,) = studio.speaker(server.url + "?container=wav").speak(
        utterances(1), studio.voice, going=always
    )
    assert isinstance(report.error, SpeechRefused)
    assert "container" in report.error.reason


@pytest.mark.parametrize("status", [429, 503])
def test_a_handshake_that_was_refused_for_a_while_is_tried_again(studio, status):
    server = studio.server(handshake_faults=(HandshakeFault(status=status, count=2),))
    reports = list(studio.speaker(server.url).speak(utterances(3), studio.voice, going=always))
    assert outcome(reports) == (3, 0, 0)


def test_an_endpoint_that_is_not_there_interrupts(studio):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{nobody.getsockname()[1]}/v1/speak"
        speaker = studio.speaker(url, reconnects=0)
        (report,) = speaker.speak(utterances(1), studio.voice, going=always)
    assert isinstance(report.error, SpeechInterrupted)
    assert "refused" in report.error.reason


def test_an_endpoint_that_never_answers_interrupts(studio):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"ws://127.0.0.1:{mute.getsockname()[1]}/v1/speak"
        speaker = studio.speaker(url, reconnects=0, open_timeout_seconds=0.2)
        (report,) = speaker.speak(utterances(1), studio.voice, going=always)
    assert isinstance(report.error, SpeechInterrupted)
    assert "0.2 s" in report.error.reason


def test_a_refused_slot_is_free_for_the_next_call(studio):
    server = studio.server(handshake_faults=(HandshakeFault(status=401, count=1),))
    speaker = studio.speaker(server.url, sockets=1)
    assert outcome(list(speaker.speak(utterances(1), studio.voice, going=always))) == (0, 0, 1)
    assert outcome(list(speaker.speak(utterances(1), studio.voice, going=always))) == (1, 0, 0)


# -------------------------------------------------------------------- around it


def test_a_forked_child_has_a_loop_of_its_own(studio):
    """The parent's loop thread does not live on in the child, its sockets must not be used."""
    server = studio.server()
    speaker = studio.speaker(server.url)
    list(speaker.speak(utterances(1), studio.voice, going=always))
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()

    def child():
        reports = list(speaker.speak(utterances(2, name="c"), studio.voice, going=always))
        speaker.close()
        theirs.send(outcome(reports))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # forking beside threads is the point
        process = fork.Process(target=child)
        process.start()
    try:
        assert ours.poll(PATIENCE)
        assert ours.recv() == (2, 0, 0)
    finally:
        process.join(PATIENCE)
    assert outcome(list(speaker.speak(utterances(1), studio.voice, going=always))) == (1, 0, 0)


def test_neither_key_nor_text_is_ever_logged(studio, caplog):
    caplog.set_level("DEBUG")
    server = studio.server(faults=(Fault(kind=FaultKind.CUT_1006, socket=0, flush=1),))
    with capture_logs() as events:
        speaker = studio.speaker(server.url)
        list(speaker.speak(utterances(3, name="Ishmael"), studio.voice, going=always))
        speaker.close()
    logged = caplog.text + repr(events)
    assert KEY not in logged
    assert "Ishmael" not in logged


def test_the_life_of_a_session_is_logged_under_its_request_id(studio):
    server = studio.server(faults=(Fault(kind=FaultKind.CUT_1011, socket=0, flush=0),))
    with capture_logs() as events:
        speaker = studio.speaker(server.url, outstanding=1)
        list(speaker.speak(utterances(2), studio.voice, going=always))
        speaker.close()
    lives: dict[str, list[str]] = {}
    for event in events:
        lives.setdefault(event["request_id"], []).append(event["event"])
    assert list(lives.values()) == [
        ["speech.session_opened", "speech.session_interrupted", "speech.session_closed"],
        ["speech.session_opened", "speech.session_closed"],
    ]
