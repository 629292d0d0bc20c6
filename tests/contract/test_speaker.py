"""The port `Speaker`: Deepgram's client (on a Speak server with tone voice) and the twin."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from threading import Event

import numpy as np
import pytest

from narrator.domain.errors import AccountFault, NarratorError, SpeechInterrupted, SpeechRefused
from narrator.domain.ids import TakeKey
from narrator.domain.voices import BYTES_PER_SAMPLE, SAMPLE_RATE, Voice
from narrator.services.ports import (
    Connected,
    Cut,
    Refused,
    Report,
    Speaker,
    Spoken,
    Unsent,
    Utterance,
)
from narrator.speakserver import tone
from narrator.speakserver.background import running
from narrator.speakserver.config import (
    Fault,
    FaultKind,
    HandshakeFault,
    SpeakServerConfig,
    VoiceEngine,
)
from narrator.speech.config import SpeechConfig
from narrator.speech.speaker import DeepgramSpeaker
from tests.fakes.feeds import Held, always, feed, held
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
    hold: Held = field(default_factory=held)

    def speak(
        self,
        *parts: Sequence[Utterance],
        going: Callable[[], bool] = always,
        forbidden: Sequence[TakeKey] = (),
    ) -> Iterator[Report]:
        """Begin to speak in the usual slot: these parts, or all there is."""
        given = feed(*(parts or [GIVEN]), going=going, forbidden=forbidden)
        return self.speaker.speak(self.hold, given)


def twin_booth(_: ExitStack, *, cut: bool = False, refused: bool = False) -> Booth:
    """The twin, with the trouble that is asked for."""
    cuts: dict[str, NarratorError] = {DOOMED.text: SpeechInterrupted("1011")} if cut else {}
    refusals: list[NarratorError] = [AccountFault("401", remedy="…")] if refused else []
    twin = FakeSpeaker(cuts=cuts, refusals=refusals, clock=time.monotonic)
    return Booth(twin, sent=lambda: len(twin.said), says=lambda pcm, text: pcm == pcm_of(text))


def deepgram_booth(stack: ExitStack, *, cut: bool = False, refused: bool = False) -> Booth:
    """Deepgram's client on a server that cuts samples in two, and with the trouble asked for."""
    fault = Fault(kind=FaultKind.CUT_1011, socket=0, flush=GIVEN.index(DOOMED))
    config = SpeakServerConfig(
        voice_engine=VoiceEngine.TONE,
        odd_frames=True,
        frame_bytes=1_001,
        faults=(fault,) if cut else (),
        handshake_faults=(HandshakeFault(status=401, count=1),) if refused else (),
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


def keyed(reports: Sequence[Report]) -> list[Spoken | Cut | Unsent]:
    """Reports of utterances."""
    return [report for report in reports if not isinstance(report, Connected | Refused)]


def keys(reports: Sequence[Report]) -> list[TakeKey]:
    """Whose reports they are, in the order of the alphabet."""
    return sorted(report.key for report in keyed(reports))


@pytest.mark.parametrize("given", [GIVEN[:1], GIVEN, [*GIVEN, *GIVEN[:2]]], ids=len)
def test_every_utterance_has_exactly_one_report(booth: Booth, given: list[Utterance]) -> None:
    """One that is given twice has two. A new session is reported before what it speaks."""
    connected, *reports = booth.speak(given)
    assert isinstance(connected, Connected)
    assert connected.request_id
    assert connected.seconds >= 0
    assert Counter(report.key for report in keyed(reports)) == Counter(u.key for u in given)
    assert {type(report) for report in reports} == {Spoken}
    assert booth.sent() == len(given)


def test_a_feed_that_gives_nothing_opens_no_session(booth: Booth) -> None:
    assert list(booth.speak([])) == []


def test_a_feed_is_asked_again_until_it_gives_nothing_more(booth: Booth) -> None:
    reports = list(booth.speak(GIVEN[:1], GIVEN[1:6], GIVEN[6:]))
    assert keys(reports) == list(TEXTS)
    assert sum(isinstance(report, Connected) for report in reports) == 1


def test_what_is_spoken_under_a_key_are_its_words_in_whole_samples(booth: Booth) -> None:
    for report in keyed(list(booth.speak())):
        assert isinstance(report, Spoken)
        assert len(report.pcm) % BYTES_PER_SAMPLE == 0
        assert booth.says(report.pcm, TEXTS[report.key])
        assert report.model_version
        assert report.request_id


def test_no_more_than_two_are_sent_and_not_yet_stored(booth: Booth) -> None:
    stored = 0
    for report in booth.speak():
        assert booth.sent() <= stored + UNDER_WAY
        stored += isinstance(report, Spoken)


def test_the_session_of_a_slot_stays_open_for_its_next_call(booth: Booth) -> None:
    first, second = list(booth.speak(GIVEN[:4])), list(booth.speak(GIVEN[4:]))
    assert [keys(part) for part in (first, second)] == [list(TEXTS)[:4], list(TEXTS)[4:]]
    assert isinstance(first[0], Connected)
    assert all(isinstance(report, Spoken) for report in second)


def test_a_slot_that_rests_has_no_session_and_names_what_was_sent(booth: Booth) -> None:
    list(booth.speak(GIVEN[:3]))
    sent = booth.speaker.rest(booth.hold.slot)
    assert [each.chars for each in sent] == [40, 40, 40]
    assert all(0 <= each.seconds_ago < 60 for each in sent)
    assert isinstance(next(booth.speak()), Connected)


# --------------------------------------------------------------------------- wanting no more


def test_what_is_not_permitted_is_unsent(booth: Booth) -> None:
    forbidden = [GIVEN[2].key, GIVEN[7].key]
    reports = list(booth.speak(forbidden=forbidden))
    assert keys(reports) == list(TEXTS)
    assert keys([report for report in reports if isinstance(report, Unsent)]) == forbidden
    assert booth.sent() == len(GIVEN) - 2


def test_a_caller_that_wants_nothing_is_asked_for_nothing(booth: Booth) -> None:
    assert list(booth.speak(going=lambda: False)) == []
    booth.speaker.close()
    assert booth.sent() == 0


def test_a_caller_that_wants_no_more_half_way_has_the_rest_unsent(booth: Booth) -> None:
    wanted = Event()
    wanted.set()
    reports: list[Report] = []
    for report in booth.speak(going=wanted.is_set):
        reports.append(report)
        if len(keyed(reports)) == 4:
            wanted.clear()
    spoken = [report for report in reports if isinstance(report, Spoken)]
    assert keys(reports) == list(TEXTS)
    assert 4 <= len(spoken) < 4 + UNDER_WAY
    assert {type(report) for report in keyed(reports) if report not in spoken} == {Unsent}
    booth.speaker.close()
    assert booth.sent() == len(spoken)


def test_nothing_is_sent_once_the_slots_time_is_over(booth: Booth) -> None:
    booth.hold.good_until = time.monotonic() - 1.0
    reports = list(booth.speak())
    assert {type(report) for report in reports} <= {Unsent}
    assert booth.sent() == 0


def test_a_slot_whose_time_runs_out_half_way_sends_no_more(booth: Booth) -> None:
    booth.hold.good_until = math.inf
    reports: list[Report] = []
    for report in booth.speak():
        reports.append(report)
        if len(keyed(reports)) == 4:
            booth.hold.good_until = time.monotonic()
    spoken = [report for report in reports if isinstance(report, Spoken)]
    assert keys(reports) == list(TEXTS)
    assert 4 <= len(spoken) < 4 + UNDER_WAY
    booth.speaker.close()
    assert booth.sent() < 4 + UNDER_WAY


@pytest.mark.parametrize("taken", [0, 1, 4])
def test_giving_up_early_is_harmless(booth: Booth, taken: int) -> None:
    reports = booth.speak()
    for _ in range(taken):
        next(reports)
    reports.close()  # type: ignore[attr-defined]
    assert list(reports) == []
    assert booth.sent() <= taken + UNDER_WAY
    again = list(booth.speak(GIVEN[5:]))
    assert {type(report) for report in again} <= {Connected, Spoken}
    assert keys(again) == list(TEXTS)[5:]


# --------------------------------------------------------------------------- trouble


def test_of_a_call_with_trouble_half_way_the_rest_is_spoken(build: Callable[..., Booth]) -> None:
    booth = build(cut=True)
    reports = list(booth.speak())
    cut = [report for report in reports if isinstance(report, Cut)]
    asked = [report for report in reports if isinstance(report, Unsent)]
    assert keys(reports) == list(TEXTS)
    assert DOOMED.key in keys(cut)
    assert len(cut) + len(asked) <= UNDER_WAY, "what was to be sent at that moment was not"
    assert all(report.sent and isinstance(report.error, SpeechInterrupted) for report in cut)
    assert all(report.request_id for report in cut)
    assert sum(isinstance(report, Connected) for report in reports) == 2
    for report in keyed(reports):
        if isinstance(report, Spoken):
            assert booth.says(report.pcm, TEXTS[report.key])


def test_a_session_that_is_refused_leaves_all_unsent(build: Callable[..., Booth]) -> None:
    booth = build(refused=True)
    refused, *unsent = booth.speak()
    assert isinstance(refused, Refused)
    assert isinstance(refused.error, AccountFault)
    assert refused.seconds >= 0
    assert keys(unsent) == list(TEXTS)
    assert {type(report) for report in unsent} == {Unsent}
    assert booth.sent() == 0


def test_what_cannot_be_spoken_is_cut_unsent_and_the_rest_is_spoken(booth: Booth) -> None:
    blank = Utterance(key=TakeKey("blank"), text=" \n")
    reports = list(booth.speak([blank, *GIVEN[:2]]))
    assert keys(reports) == ["blank", "k0", "k1"]
    (cut,) = [report for report in reports if isinstance(report, Cut)]
    assert (cut.key, cut.sent, type(cut.error)) == ("blank", False, SpeechRefused)


def test_a_probe_speaks_nothing(build: Callable[..., Booth]) -> None:
    booth = build(refused=True)
    with pytest.raises(AccountFault):
        booth.speaker.probe(Voice())
    booth.speaker.probe(Voice())
    assert booth.sent() == 0


# --------------------------------------------------------------------------- the end


@pytest.mark.parametrize("before", [[], GIVEN[:2]], ids=len)
def test_once_closed_nothing_is_spoken(booth: Booth, before: list[Utterance]) -> None:
    assert len(keyed(list(booth.speak(before)))) == len(before)
    booth.speaker.close()
    booth.speaker.close()
    assert {type(report) for report in booth.speak()} <= {Unsent}
    assert booth.sent() == len(before)


def test_closing_half_way_sends_no_more_and_leaves_nobody_without_a_report(booth: Booth) -> None:
    reports = booth.speak()
    first = [next(reports), next(reports)]
    booth.speaker.close()
    rest = list(reports)
    assert keys([*first, *rest]) == list(TEXTS)
    assert sum(isinstance(report, Unsent) for report in rest) >= len(GIVEN) - 1 - UNDER_WAY
    assert booth.sent() <= UNDER_WAY + 1
