"""The port `Speaker`: Deepgram's client (on a Speak server with tone voice) and the twin."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from threading import Event

import numpy as np
import pytest

from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.ids import TakeKey
from narrator.domain.voices import BYTES_PER_SAMPLE, SAMPLE_RATE, Voice
from narrator.services.ports import Cut, Report, Speaker, Spoken, Unsent, Utterance
from narrator.speakserver import tone
from narrator.speakserver.background import running
from narrator.speakserver.config import (
    Fault,
    FaultKind,
    HandshakeFault,
    SpeakServerConfig,
    VoiceEngine,
)
from narrator.speech.speaker import DeepgramSpeaker, SpeechConfig
from tests.fakes.speaker import FakeSpeaker, pcm_of

UNDER_WAY = 2  # at most so many are sent and not yet stored
GIVEN = [Utterance(key=TakeKey(f"k{n}"), text=f"{n} ".ljust(40, "“—é"[n % 3])) for n in range(9)]
TEXTS = {utterance.key: utterance.text for utterance in GIVEN}
DOOMED = GIVEN[3]


@dataclass(frozen=True, slots=True)
class Booth:
    """A speaker, how many utterances have reached its voice, and what a take's samples say."""

    speaker: Speaker
    sent: Callable[[], int]
    says: Callable[[bytes, str], bool]

    def speak(
        self, utterances: Sequence[Utterance] = GIVEN, *, going: Callable[[], bool] = lambda: True
    ) -> Iterator[Report]:
        """Begin to speak, in the usual voice."""
        return self.speaker.speak(utterances, Voice(), going=going)


def twin_booth(_: ExitStack, *, cut: bool = False, refused: bool = False) -> Booth:
    """The twin, with the trouble that is asked for."""
    error = SpeechInterrupted("1011")
    cuts: dict[str, NarratorError] = {DOOMED.text: error} if cut else {}
    twin = FakeSpeaker(cuts=cuts, refusals=[error] if refused else [])
    return Booth(twin, sent=lambda: len(twin.said), says=lambda pcm, text: pcm == pcm_of(text))


def deepgram_booth(stack: ExitStack, *, cut: bool = False, refused: bool = False) -> Booth:
    """Deepgram's client on a server that cuts samples in two, and with the trouble asked for."""
    fault = Fault(kind=FaultKind.CUT_1011, socket=0, flush=GIVEN.index(DOOMED))
    config = SpeakServerConfig(
        voice_engine=VoiceEngine.TONE,
        odd_frames=True,
        frame_bytes=1_001,
        faults=(fault,) if cut else (),
        handshake_faults=(HandshakeFault(status=401),) if refused else (),
    )
    server = stack.enter_context(running(config))
    speaker = DeepgramSpeaker(SpeechConfig(url=server.url, api_key="k"), dice=lambda: 0.0)
    stack.callback(speaker.close)
    return Booth(speaker, sent=lambda: server.counts.speaks_received, says=_says)


def _says(pcm: bytes, text: str) -> bool:
    samples = np.frombuffer(pcm, dtype="<i2")
    return "".join(burst.text for burst in tone.read(samples, SAMPLE_RATE)) == text


@pytest.fixture(params=[twin_booth, pytest.param(deepgram_booth, marks=pytest.mark.integration)])
def build(request: pytest.FixtureRequest) -> Iterator[Callable[..., Booth]]:
    """Builds booths of each kind, and takes them down with the test."""
    with ExitStack() as stack:
        yield lambda **trouble: request.param(stack, **trouble)


@pytest.fixture
def booth(build: Callable[..., Booth]) -> Booth:
    """A booth in order."""
    return build()


def keys(reports: Sequence[Report]) -> list[TakeKey]:
    """Whose reports they are, in the order of the alphabet."""
    return sorted(report.key for report in reports)


@pytest.mark.parametrize("given", [[], GIVEN[:1], GIVEN, [*GIVEN, *GIVEN[:2]]], ids=len)
def test_every_utterance_has_exactly_one_report(booth: Booth, given: list[Utterance]) -> None:
    """One that is given twice has two."""
    reports = list(booth.speak(given))
    assert Counter(report.key for report in reports) == Counter(u.key for u in given)
    assert {type(report) for report in reports} <= {Spoken}
    assert booth.sent() == len(given)


def test_what_is_spoken_under_a_key_are_its_words_in_whole_samples(booth: Booth) -> None:
    for report in booth.speak():
        assert isinstance(report, Spoken)
        assert len(report.pcm) % BYTES_PER_SAMPLE == 0
        assert booth.says(report.pcm, TEXTS[report.key])
        assert report.model_version
        assert report.request_id


def test_no_more_than_two_are_sent_and_not_yet_stored(booth: Booth) -> None:
    for stored, _ in enumerate(booth.speak()):
        assert booth.sent() <= stored + UNDER_WAY


def test_one_call_follows_another(booth: Booth) -> None:
    for part in (GIVEN[:4], GIVEN[4:]):
        assert keys(list(booth.speak(part))) == [u.key for u in part]


# --------------------------------------------------------------------------- wanting no more


def test_a_caller_that_wants_nothing_has_nothing_sent(booth: Booth) -> None:
    reports = list(booth.speak(going=lambda: False))
    assert keys(reports) == list(TEXTS)
    assert {type(report) for report in reports} == {Unsent}
    booth.speaker.close()
    assert booth.sent() == 0


def test_a_caller_that_wants_no_more_half_way_has_the_rest_unsent(booth: Booth) -> None:
    wanted = Event()
    wanted.set()
    reports: list[Report] = []
    for report in booth.speak(going=wanted.is_set):
        reports.append(report)
        if len(reports) == 4:
            wanted.clear()
    spoken = [report for report in reports if isinstance(report, Spoken)]
    assert keys(reports) == list(TEXTS)
    assert 4 <= len(spoken) < 4 + UNDER_WAY
    assert {type(report) for report in reports if report not in spoken} == {Unsent}
    booth.speaker.close()
    assert booth.sent() == len(spoken)


@pytest.mark.parametrize("taken", [0, 1, 4])
def test_giving_up_early_is_harmless(booth: Booth, taken: int) -> None:
    reports = booth.speak()
    for _ in range(taken):
        next(reports)
    reports.close()  # type: ignore[attr-defined]
    assert list(reports) == []
    assert booth.sent() <= (taken - 1 + UNDER_WAY if taken else 0)
    again = list(booth.speak(GIVEN[5:]))
    assert all(isinstance(report, Spoken) for report in again)
    assert keys(again) == list(TEXTS)[5:]


# --------------------------------------------------------------------------- trouble


def test_of_a_call_with_trouble_half_way_the_rest_is_spoken(build: Callable[..., Booth]) -> None:
    booth = build(cut=True)
    reports = list(booth.speak())
    cut = [report for report in reports if isinstance(report, Cut)]
    assert keys(reports) == list(TEXTS)
    assert DOOMED.key in keys(cut)
    assert len(cut) <= UNDER_WAY
    assert all(report.sent and isinstance(report.error, SpeechInterrupted) for report in cut)
    for report in reports:
        assert report in cut or (
            isinstance(report, Spoken) and booth.says(report.pcm, TEXTS[report.key])
        )


def test_a_call_that_is_refused_is_cut_and_nothing_of_it_is_sent(
    build: Callable[..., Booth],
) -> None:
    booth = build(refused=True)
    reports = list(booth.speak())
    assert keys(reports) == list(TEXTS)
    assert [isinstance(report, Cut) and report.sent for report in reports] == [False] * len(GIVEN)
    assert booth.sent() == 0


# --------------------------------------------------------------------------- the end


@pytest.mark.parametrize("before", [[], GIVEN[:2]], ids=len)
def test_once_closed_nothing_is_spoken(booth: Booth, before: list[Utterance]) -> None:
    assert len(list(booth.speak(before))) == len(before)
    booth.speaker.close()
    booth.speaker.close()
    reports = list(booth.speak())
    assert keys(reports) == list(TEXTS)
    assert [isinstance(report, Cut) and report.sent for report in reports] == [False] * len(GIVEN)
    assert booth.sent() == len(before)


def test_closing_half_way_sends_no_more_and_leaves_nobody_without_a_report(booth: Booth) -> None:
    reports = booth.speak()
    first = next(reports)
    booth.speaker.close()
    rest = list(reports)
    assert keys([first, *rest]) == list(TEXTS)
    assert sum(isinstance(report, Unsent) for report in rest) >= len(GIVEN) - UNDER_WAY
    assert booth.sent() <= UNDER_WAY
