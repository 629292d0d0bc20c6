"""Whatever happens in whatever order, each utterance is spoken whole, once, or named as cut."""

import json
from collections import deque
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.domain.errors import JobFault, SpeechInterrupted, SpeechRefused
from narrator.domain.faults import Fault
from narrator.domain.ids import TakeKey
from narrator.domain.pacing import Pacing, PacingLimits
from narrator.services.ports import Cut, Spoken, Unsent, Utterance
from narrator.speech.rules import SessionRules
from narrator.speech.session import SpeechSession

LIMITS = PacingLimits(chars_per_minute=600, flushes_per_minute=6)


def audio_of(text):
    """Samples that tell one utterance from any other, 10 ms a character."""
    return text.encode() * 480


@dataclass
class Provider:
    """A provider that keeps its limits strictly, and fails when told to.

    Its text is one buffer: a flush that is refused leaves its text to the next one.
    """

    heard: list[tuple[float, str]] = field(default_factory=list)
    flushes: int = 0
    answers: deque[str | bytes] = field(default_factory=deque)
    fault: str = ""  # what goes wrong with the next flush
    _buffer: str = ""
    _numbered: int = 0

    def take(self, frames: list[str], now: float, piece: int) -> None:
        for frame in frames:
            message = json.loads(frame)
            if message["type"] == "Speak":
                self.heard.append((now, message["text"]))
                self._buffer += message["text"]
            else:
                self._flush(piece)
        recent = [text for at, text in self.heard if at > now - 60.0]
        assert sum(map(len, recent)) <= 600
        assert len(recent) <= 6

    def _flush(self, piece: int) -> None:
        self.flushes += 1
        fault, self.fault = self.fault, ""
        if fault == "refuse":
            self.answers.append('{"type":"Warning","warn_code":"EXCESSIVE_FLUSH"}')
            return
        audio, self._buffer = audio_of(self._buffer), ""
        if fault != "mute":
            self.answers += [audio[at : at + piece] for at in range(0, len(audio), piece)]
        if fault != "lose":
            self.answers.append(json.dumps({"type": "Flushed", "sequence_id": self._numbered}))
        self._numbered += 1


PEACE = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.floats(0.0, 9.0)),
        st.tuples(st.just("answer"), st.integers(1, 30)),
        st.tuples(st.just("store"), st.just(0)),
        st.tuples(st.just("permit"), st.sets(st.integers(0, 29), max_size=2)),
        st.tuples(st.just("think"), st.booleans()),
        st.tuples(st.just("chatter"), st.sampled_from(["Metadata", "Cleared", "Odd", "Warning"])),
    ),
    max_size=60,
)
CLOSES = {
    "close": SpeechInterrupted("1006"),
    "reject": SpeechRefused("1009", fault=Fault.CLOSE_1009),
}
FAULTS = ["refuse", "mute", "lose", "close", "reject", "silence"]
FAULT = st.tuples(st.sampled_from(FAULTS), st.just(0))


class History:
    """A session, its provider, and what has become of each utterance."""

    def __init__(self, sizes: list[int], piece: int, alone: set[int]) -> None:
        self.now = 0.0
        self.piece = piece
        self.provider = Provider()
        self.session = SpeechSession(SessionRules(), Pacing(LIMITS), opened_at=0.0)
        self.given = [
            Utterance(
                key=TakeKey(f"k{n}"), text=f"{n}:".ljust(size, chr(97 + n % 26)), alone=n in alone
            )
            for n, size in enumerate(sizes)
        ]
        self.waiting = deque(self.given)
        self.alone = {f"k{n}" for n in alone}
        self.sent: list[str] = []  # in order
        self.spoken: dict[str, bytes] = {}
        self.cut: set[str] = set()
        self.unsent: set[str] = set()
        self.unstored = 0
        self.asked: list[TakeKey] = []
        self.thinking = False  # the caller takes its time to answer
        self.forbidden: set[str] = set()

    def step(self, event: str, amount: object) -> None:
        match event, amount:
            case "pass", float(seconds):
                self.now += seconds
            case "answer", int(count):
                for _ in range(min(count, len(self.provider.answers))):
                    self.session.receive(self.provider.answers.popleft(), self.now)
            case "store", _ if self.unstored:
                self.unstored -= 1
                self.session.stored()
            case (("permit" | "think"), _):
                self._caller(amount)
            case "chatter", str(kind):
                self.session.receive(json.dumps({"type": kind, "sequence_id": 0}), self.now)
            case ("close" | "reject") as how, _:
                self.session.closed(CLOSES[how], self.now)
            case "silence", _:
                self.now += 15.0
            case ("refuse" | "mute" | "lose") as fault, _:
                self.provider.fault = fault
            case _:
                pass  # nothing is there to be stored
        self._settle()

    def _caller(self, answer: object) -> None:
        if isinstance(answer, bool):
            self.thinking = answer
        elif isinstance(answer, set):
            self.forbidden = {f"k{number}" for number in answer}

    def _settle(self) -> None:
        while self.waiting and self.session.room:
            self.session.offer(self.waiting.popleft())
        self.session.tick(self.now)
        self._converse()
        reports = self.session.reports()
        cuts = sum(isinstance(report, Cut) for report in reports)
        for report in reports:
            assert report.key not in self.spoken
            assert report.key not in self.cut
            match report:
                case Spoken():
                    self.spoken[report.key] = report.pcm
                    self.unstored += 1
                case Cut():
                    assert report.sent
                    assert cuts == 1 or not isinstance(report.error, JobFault)
                    self.cut.add(report.key)
                case Unsent():
                    assert report.key in self.forbidden or self.session.over
                    self.unsent.add(report.key)
        assert len(self.asked) + self.session.outstanding + self.unstored <= 2

    def _converse(self) -> None:
        """Choose, and send what is permitted as soon as the caller says so."""
        while True:
            self.asked = self.asked or self.session.choose(self.now)
            if not self.asked or self.thinking:
                return
            permitted = set(self.asked) - self.forbidden
            frames = self.session.permit(permitted, self.now)
            assert len(frames) in {0, 2 * len(permitted)}
            keys, self.asked = self.asked, []
            self.sent += [key for key in keys if key in permitted and frames]
            owed = self.sent[len(self.sent) - self.session.outstanding :]
            assert len(owed) <= 1 or not self.alone & set(owed)
            self.provider.take(frames, self.now, self.piece)

    def drive(self) -> None:
        """Go on until everything is spoken or the session is over."""
        self.step("think", False)  # noqa: FBT003 - as drawn
        for _ in range(20 * len(self.given)):
            if self.session.over or len(self.spoken) + len(self.unsent) == len(self.given):
                return
            self.step("answer", 999)
            self.step("store", 0)
            self.step("pass", 14.0)
        raise AssertionError("something is never sent")

    def check(self) -> None:
        """Everything is accounted for, and whatever was spoken is whole."""
        unsent = [u.key for u in [*self.session.withdraw(), *self.waiting]]
        unsent += [TakeKey(key) for key in self.unsent]
        accounted = [*self.spoken, *self.cut, *unsent]
        assert len(accounted) == len(self.given) - self.session.outstanding
        assert len(set(accounted)) == len(accounted)
        assert self.provider.flushes == len(self.given) - len(unsent)
        texts = {u.key: u.text for u in self.given}
        for key, pcm in self.spoken.items():
            assert pcm == audio_of(texts[TakeKey(key)])
        self._check_turns()
        sent = [text for _, text in self.provider.heard]
        answered = [texts[TakeKey(key)] for key in self.spoken]
        assert answered == [text for text in sent if text in answered], "in order"

    def _check_turns(self) -> None:
        """What came before one that must be alone is sent before it, and the rest after it."""
        numbers = [int(key[1:]) for key in self.sent]
        for at, number in enumerate(numbers):
            if f"k{number}" in self.alone:
                assert all(each < number for each in numbers[:at])
                assert all(each > number for each in numbers[at + 1 :])


SIZES = st.lists(st.integers(4, 200), min_size=1, max_size=30)
PIECES = st.integers(1_001, 20_000)
ALONE = st.sets(st.integers(0, 29), max_size=8)


@settings(max_examples=300, deadline=None)
@given(SIZES, PIECES, ALONE, PEACE, FAULT, PEACE)
def test_every_utterance_is_spoken_whole_or_cut_or_left(sizes, piece, alone, before, fault, after):
    history = History(sizes, piece, alone)
    for event, amount in [*before, fault, *after]:
        history.step(event, amount)
    history.drive()
    history.session.closed(SpeechInterrupted("the end"), history.now)
    history.step("pass", 0.0)
    history.check()
    assert history.session.outstanding == 0


@settings(max_examples=100, deadline=None)
@given(SIZES, PIECES, ALONE, PEACE)
def test_without_faults_nothing_is_ever_cut(sizes, piece, alone, events):
    history = History(sizes, piece, alone)
    for event, amount in events:
        history.step(event, amount)
        history.step("answer", 1)
    history.drive()
    history.check()
    assert not history.cut
