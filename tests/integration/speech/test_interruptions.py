"""The speaker against a Speak server that fails in every way it knows."""

import multiprocessing
import socket
import warnings
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from narrator.domain.errors import (
    AccountFault,
    NarratorError,
    SpeechInterrupted,
    SpeechRefused,
    SpeechThrottled,
    SpeechUnavailable,
)
from narrator.domain.faults import Fault as Named
from narrator.domain.voices import Voice
from narrator.services.ports import Connected, Cut, Refused, Spoken, Unsent
from narrator.speakserver.config import Fault, FaultKind, HandshakeFault, Limits
from narrator.speakserver.faults import Moment
from tests.fakes.feeds import feed, held
from tests.integration.speech.studio import KEY, PATIENCE, keyed, refusal, said, speak, utterances

pytestmark = pytest.mark.integration


def outcome(reports):
    """How many were spoken, cut after sending, and left unsent."""
    reports = keyed(reports)
    cut = [report for report in reports if isinstance(report, Cut)]
    assert all(report.sent and report.request_id for report in cut)
    unsent = sum(isinstance(report, Unsent) for report in reports)
    return sum(isinstance(report, Spoken) for report in reports), len(cut), unsent


# -------------------------------------------------------------------- in the middle of an utterance


IN_A_FLUSH = [Moment.BEFORE_AUDIO, Moment.MIDWAY, Moment.BEFORE_FLUSHED]
ANSWERS = [FaultKind.REFUSE_FLUSH, FaultKind.DROP_FLUSHED, FaultKind.EMPTY]
STRIKES = [
    *((kind, Moment.MIDWAY) for kind in ANSWERS),
    *((kind, moment) for kind in FaultKind if kind not in ANSWERS for moment in IN_A_FLUSH),
]


@pytest.mark.parametrize(("kind", "moment"), STRIKES, ids=str)
def test_only_what_was_under_way_is_cut_and_the_rest_is_spoken_on_a_new_session(
    studio, kind, moment
):
    """The limits' clock runs fast, since a 1008 lets the slot rest for a window."""
    server = studio.server(
        faults=(Fault(kind=kind, socket=0, flush=2, moment=moment),), time_scale=100
    )
    given = utterances(8)
    speaker = studio.speaker(server.url, silence_seconds=0.5, time_scale=100)
    reports = list(speak(speaker, given))
    spoken, cut, unsent = outcome(reports)
    assert spoken + cut + unsent == 8
    assert 1 <= cut <= 2
    assert cut + unsent <= 2, "what was chosen at that moment may have to be asked for again"
    assert sum(isinstance(report, Connected) for report in reports) == 2
    texts = {u.key: u.text for u in given}
    assert all(said(r) == texts[r.key] for r in reports if isinstance(r, Spoken))


@pytest.mark.parametrize(
    "kind",
    [kind for kind in FaultKind if kind not in ANSWERS and kind is not FaultKind.STALL],
    ids=str,
)
def test_a_session_that_is_cut_right_after_an_answer_loses_nothing_of_it(studio, kind):
    fault = Fault(kind=kind, socket=0, flush=2, moment=Moment.AFTER_FLUSHED)
    server = studio.server(faults=(fault,), time_scale=100)
    speaker = studio.speaker(server.url, time_scale=100)
    reports = keyed(speak(speaker, utterances(8)))
    assert {"u0", "u1", "u2"} <= {r.key for r in reports if isinstance(r, Spoken)}
    assert sum(outcome(reports)) == 8


def test_what_was_cut_is_not_sent_again_by_the_speaker(studio):
    """Whoever pays decides."""
    server = studio.server(faults=(Fault(kind=FaultKind.CUT_1006, socket=0, flush=0),))
    given = feed(utterances(5))
    list(studio.speaker(server.url).speak(held(), given))
    assert len(given.asked) == len(set(given.asked))
    assert server.counts.speaks_received <= 5


@pytest.mark.parametrize("moment", IN_A_FLUSH, ids=str)
def test_what_is_named_as_sent_is_what_the_provider_received(studio, moment):
    """To the character: it is what is paid for."""
    server = studio.server(
        faults=tuple(
            Fault(kind=kind, socket=socket, flush=2, moment=moment)
            for socket, kind in enumerate((FaultKind.CUT_1011, FaultKind.CUT_1000))
        )
    )
    given = utterances(12)
    chars = {each.key: len(each.text) for each in given}
    reports = keyed(speak(studio.speaker(server.url), given))
    named = sum(chars[report.key] for report in reports if not isinstance(report, Unsent))
    assert server.counts.wait_for(lambda counts: counts.characters_received == named)


def test_after_two_new_sessions_without_an_answer_the_rest_is_unsent(studio):
    server = studio.server(faults=(Fault(kind=FaultKind.CUT_1011, flush=0),))
    reports = list(speak(studio.speaker(server.url, outstanding=1), utterances(6)))
    assert outcome(reports) == (0, 3, 3)
    assert server.counts.handshakes_accepted == 3
    assert all(isinstance(r.error, SpeechInterrupted) for r in reports if isinstance(r, Cut))


def test_sessions_that_are_cut_after_an_answer_are_replaced_as_often_as_need_be(studio):
    server = studio.server(faults=(Fault(kind=FaultKind.CUT_1011, flush=1),))
    reports = list(speak(studio.speaker(server.url, outstanding=1), utterances(10)))
    assert outcome(reports) == (5, 5, 0)


def test_too_many_characters_a_minute_interrupt_and_the_slot_rests(studio):
    server = studio.server(time_scale=60)
    speaker = studio.speaker(
        server.url, time_scale=60, chars_per_minute=9_999, window_slack_seconds=0.2
    )
    reports = keyed(speak(speaker, utterances(6, chars=700)))
    assert len(reports) == 6
    faults = {report.error.fault for report in reports if isinstance(report, Cut)}
    assert faults == {Named.CLOSE_1008_DATA_0001}
    assert server.counts.closes[1008] >= 1


def test_a_refusal_of_the_only_words_outstanding_ends_the_call_at_once(studio):
    """1009: sending the rest would only cost money; the job cannot succeed."""
    server = studio.server(limits=Limits(speak_chars=50))
    reports = keyed(speak(studio.speaker(server.url, outstanding=1), utterances(6)))
    assert server.counts.handshakes_accepted == 1
    assert outcome(reports) == (0, 1, 5)
    assert all(isinstance(r.error, SpeechRefused) for r in reports if isinstance(r, Cut))


def test_a_refusal_of_one_of_two_is_of_neither_and_the_rest_is_spoken(studio):
    server = studio.server(limits=Limits(speak_chars=90))
    given = [*utterances(1, chars=100, name="long"), *utterances(6)]
    reports = keyed(speak(studio.speaker(server.url), given))
    cuts = [report for report in reports if isinstance(report, Cut)]
    assert outcome(reports) == (5, 2, 0)
    assert "long0" in {cut.key for cut in cuts}
    assert {cut.error.fault for cut in cuts} == {Named.ONE_OF_SEVERAL}
    assert server.counts.handshakes_accepted == 2


def test_what_is_to_be_alone_is_spoken_alone_and_the_others_before_and_after(studio):
    server = studio.server(first_audio_ms=50)
    given = utterances(5)
    given[2] = replace(given[2], alone=True)
    feeding = feed(given)
    reports = keyed(studio.speaker(server.url).speak(held(), feeding))
    assert outcome(reports) == (5, 0, 0)
    assert [report.key for report in reports][2] == "u2"
    assert feeding.asked[2] == "u2"


# -------------------------------------------------------------------- at the handshake


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AccountFault),
        (402, AccountFault),
        (403, NarratorError),
        (429, SpeechThrottled),
        (503, SpeechUnavailable),
    ],
)
def test_a_refused_handshake_is_reported_once_and_tried_by_nobody_again(studio, status, kind):
    """Who tries again, and when, is for the governor to say."""
    server = studio.server(handshake_faults=(HandshakeFault(status=status),))
    refused, *rest = speak(studio.speaker(server.url), utterances(3))
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, kind)
    assert refused.seconds < PATIENCE
    assert outcome(rest) == (0, 0, 3)
    assert server.counts.handshakes_refused == {status: 1}


def test_a_wrong_key_is_a_fault_of_the_account_in_the_providers_words(studio):
    speaker = studio.speaker(studio.server().url, api_key="wrong")
    refused = refusal(speak(speaker, utterances(1)))
    assert isinstance(refused.error, AccountFault)
    assert "Invalid credentials" in refused.error.reason
    assert "request " in refused.error.reason
    assert "DEEPGRAM_API_KEY" in refused.error.remedy


def test_a_bad_parameter_is_a_fault_of_the_job_in_the_providers_words(studio):
    server = studio.server()
    refused = refusal(speak(studio.speaker(server.url + "?container=wav"), utterances(1)))
    assert isinstance(refused.error, SpeechRefused)
    assert "container" in refused.error.reason


def test_an_endpoint_that_is_not_there_is_unavailable(studio):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{nobody.getsockname()[1]}/v1/speak"
        refused = refusal(speak(studio.speaker(url), utterances(1)))
    assert isinstance(refused.error, SpeechUnavailable)
    assert refused.error.fault is Named.NO_CONNECTION
    assert "refused" in refused.error.reason


def test_an_endpoint_that_never_answers_is_unavailable(studio):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"ws://127.0.0.1:{mute.getsockname()[1]}/v1/speak"
        refused = refusal(speak(studio.speaker(url, open_timeout_seconds=0.2), utterances(1)))
    assert isinstance(refused.error, SpeechUnavailable)
    assert refused.error.fault is Named.OPEN_TIMEOUT
    assert "0.2 s" in refused.error.reason
    assert refused.seconds >= 0.2


def test_a_caller_that_wants_no_more_waits_for_the_end_of_a_handshake(studio):
    """It may be let in and counted: then it is to be closed, not forgotten."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"ws://127.0.0.1:{mute.getsockname()[1]}/v1/speak"
        answers = iter([True, True])
        reports = list(
            speak(
                studio.speaker(url, open_timeout_seconds=0.5),
                utterances(1),
                going=lambda: next(answers, False),
            )
        )
    assert [type(report) for report in reports] == [Refused, Unsent]


def test_a_slot_that_was_refused_may_be_tried_again(studio):
    server = studio.server(handshake_faults=(HandshakeFault(status=401, count=1),))
    speaker, hold = studio.speaker(server.url), held()
    assert outcome(speak(speaker, utterances(1), hold=hold)) == (0, 0, 1)
    assert outcome(speak(speaker, utterances(1), hold=hold)) == (1, 0, 0)


def test_a_probe_is_a_handshake_and_a_polite_close(studio):
    server = studio.server()
    studio.speaker(server.url).probe(Voice())
    assert server.counts.wait_for(lambda counts: counts.closes == {1000: 1})
    assert (server.counts.handshakes_accepted, server.counts.speaks_received) == (1, 0)


def test_a_probe_raises_what_refuses_it(studio):
    speaker = studio.speaker(studio.server().url, api_key="wrong")
    with pytest.raises(AccountFault):
        speaker.probe(Voice())


# -------------------------------------------------------------------- around it


def test_a_forked_child_has_a_loop_of_its_own(studio):
    """The parent's loop thread does not live on in the child, its sockets must not be used."""
    server = studio.server()
    speaker, hold = studio.speaker(server.url), held()
    list(speak(speaker, utterances(1), hold=hold))
    fork = multiprocessing.get_context("fork")
    ours, theirs = fork.Pipe()

    def child():
        reports = list(speak(speaker, utterances(2, name="c"), hold=held(2)))
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
    assert outcome(speak(speaker, utterances(1), hold=hold)) == (1, 0, 0)


def test_neither_key_nor_text_is_ever_logged(studio, caplog):
    caplog.set_level("DEBUG")
    server = studio.server(faults=(Fault(kind=FaultKind.CUT_1006, socket=0, flush=1),))
    with capture_logs() as events:
        speaker = studio.speaker(server.url)
        list(speak(speaker, utterances(3, name="Ishmael")))
        speaker.close()
    logged = caplog.text + repr(events)
    assert KEY not in logged
    assert "Ishmael" not in logged


def test_the_life_of_a_session_is_logged_under_its_request_id(studio):
    server = studio.server(faults=(Fault(kind=FaultKind.CUT_1011, socket=0, flush=0),))
    with capture_logs() as events:
        speaker = studio.speaker(server.url, outstanding=1)
        list(speak(speaker, utterances(2)))
        speaker.close()
    lives: dict[str, list[str]] = {}
    for event in events:
        lives.setdefault(event["request_id"], []).append(event["event"])
    assert list(lives.values()) == [
        ["speech.session_opened", "speech.session_interrupted", "speech.session_closed"],
        ["speech.session_opened", "speech.session_closed"],
    ]
