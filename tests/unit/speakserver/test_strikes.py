"""What a strike does to a conversation, message by message."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.speakserver.chaos import Chaos
from narrator.speakserver.config import Limits, SpeakServerConfig, VoiceEngine
from narrator.speakserver.counts import Counts
from narrator.speakserver.faults import CLOSE_FRAMES, Fault, FaultKind, Moment
from narrator.speakserver.protocol import End, Reply, Send, SpeakProtocol, Vanish
from narrator.speakserver.register import SocketRecord

FLUSH, CLEAR, CLOSE = ('{"type":"Flush"}', '{"type":"Clear"}', '{"type":"Close"}')
OF_FLUSHES = (Moment.BEFORE_AUDIO, Moment.MIDWAY, Moment.BEFORE_FLUSHED, Moment.AFTER_FLUSHED)
UNLIMITED = Limits(minute_chars=None, minute_flushes=None)


def said(text):
    return json.dumps({"type": "Speak", "text": text})


def name_of(reply: Reply) -> str:
    """What a reply is, in a word: the type of a message, the code of a close."""
    match reply:
        case Send(message=message):
            return str(json.loads(message)["type"])
        case End(code=code, reason=reason):
            return f"{code} {reason}".strip()
        case Vanish():
            return "1006"


class Line:
    """A protocol, and what it has answered so far; audio is written down as `half` and `half`."""

    def __init__(self, number=0, **switches):
        self.counts = Counts()
        self.heard = []
        config = SpeakServerConfig(voice_engine=VoiceEngine.TONE, **switches)
        self.record = SocketRecord(number=number, request_id="id", peer_port=1, opened_at=0.0)
        self.protocol = SpeakProtocol(
            config, self.counts, socket=self.record, model="aura-2-a-en", now=0.0
        )

    def obey(self, replies):
        self.heard += map(name_of, replies)

    def say(self, *messages, now=0.0):
        for message in messages:
            self.obey(self.protocol.receive_text(message, now))

    def utter(self):
        """Speak the next utterance, if there is one, as a server does."""
        utterance = self.protocol.next_utterance()
        if utterance is None:
            return
        for moment in (Moment.BEFORE_AUDIO, Moment.MIDWAY):
            self.obey(self.protocol.reached(utterance, moment))
            if self.protocol.is_current(utterance) and not utterance.is_mute:
                self.heard.append("half")
        self.obey(self.protocol.finished(utterance))


def struck(kind, moment=Moment.MIDWAY):
    """Two flushes, the second of them struck, then a third."""
    line = Line(faults=(Fault(kind=kind, flush=1, moment=moment),))
    line.say(said("a"), FLUSH, said("b"), FLUSH, said("c"), FLUSH)
    for _ in range(3):
        line.utter()
    return line


WHOLE = ["half", "half", "Flushed"]
CLOSES = {
    FaultKind.CUT_1000: "1000",
    FaultKind.CUT_1001: "1001",
    FaultKind.CUT_1006: "1006",
    FaultKind.CUT_1008: "1008 DATA-0001",
    FaultKind.CUT_1011: "1011 NET-0000",
    FaultKind.CUT_1011_AGE: "1011 NET-0003",
}
BEFORE = {
    Moment.BEFORE_AUDIO: [],
    Moment.MIDWAY: ["half"],
    Moment.BEFORE_FLUSHED: ["half", "half"],
    Moment.AFTER_FLUSHED: WHOLE,
}


@pytest.mark.parametrize("kind", CLOSES)
@pytest.mark.parametrize("moment", OF_FLUSHES)
def test_a_cut_comes_at_its_moment_and_nothing_after_it(kind, moment):
    line = struck(kind, moment)
    assert line.heard == [*WHOLE, *BEFORE[moment], CLOSES[kind]]
    assert line.counts.strikes == {f"{kind} {moment}": 1}


@pytest.mark.parametrize("moment", OF_FLUSHES)
def test_a_stall_comes_at_its_moment_and_nothing_after_it(moment):
    line = struck(FaultKind.STALL, moment)
    line.say(CLOSE)
    assert line.heard == [*WHOLE, *BEFORE[moment]]
    assert line.counts.strikes == {f"stall {moment}": 1}


def test_a_stalled_socket_still_ends_by_age():
    line = struck(FaultKind.STALL)
    line.obey(line.protocol.tick(3_600.0))
    assert line.heard[-1] == "1011 NET-0003"


def test_an_empty_answer_is_a_flushed_without_audio():
    line = struck(FaultKind.EMPTY)
    assert line.heard == [*WHOLE, "Flushed", *WHOLE]
    assert line.counts.strikes == {"empty": 1}


def test_a_dropped_flushed_leaves_the_audio_and_the_next_answer():
    line = struck(FaultKind.DROP_FLUSHED)
    assert line.heard == [*WHOLE, "half", "half", *WHOLE]
    assert line.counts.strikes == {"drop-flushed": 1}


def test_a_flush_refused_on_purpose_is_no_limit_crossed():
    line = struck(FaultKind.REFUSE_FLUSH)
    assert line.heard == ["Warning", *WHOLE, *WHOLE]
    assert (line.counts.flushes_refused, line.counts.limit_warnings) == (1, 0)
    assert line.counts.strikes == {"refuse-flush": 1}


@pytest.mark.parametrize("kind", [FaultKind.CUT_1008, FaultKind.CUT_1011_AGE])
def test_a_cut_that_looks_like_a_limit_is_no_limit_crossed(kind):
    assert struck(kind).counts.closes_by_limit == {}


def test_limits_that_are_crossed_are_counted_by_their_reason():
    line = Line()
    line.say(said("x" * 2_000), said("x" * 401))
    assert line.counts.closes_by_limit == {"DATA-0001": 1}
    old = Line()
    old.obey(old.protocol.tick(3_600.0))
    assert old.counts.closes_by_limit == {"NET-0003": 1}


def test_a_strike_that_comes_too_late_is_not_counted():
    line = Line(faults=(Fault(kind=FaultKind.CUT_1006),))
    line.say(said("a"), FLUSH, CLEAR)
    line.utter()
    assert (line.heard, line.counts.strikes) == (["Cleared"], {})


@pytest.mark.parametrize("end", ["no command", CLOSE])
def test_what_comes_after_the_end_is_counted_and_not_answered(end):
    line = Line()
    line.say(said("four"), FLUSH, end)
    before = list(line.heard)
    line.say(said("late!"))
    assert line.heard == before
    assert (line.counts.characters_received, line.counts.characters_late) == (9, 5)
    assert line.record.characters == 9


def cut_in_life(moment):
    """A line that chaos cuts at some moment of its socket's life, and the instant of that."""
    chaos = Chaos(socket_share=1.0)
    number, cut = next(
        (number, cut)
        for number in range(1_000)
        if (cut := chaos.socket(number)) is not None and cut.moment is moment
    )
    return Line(number=number, chaos=chaos, limits=UNLIMITED), cut


def test_a_socket_can_be_cut_before_the_metadata():
    line, cut = cut_in_life(Moment.HANDSHAKE)
    line.obey(line.protocol.greet())
    assert line.heard == [CLOSES[cut.kind]]
    assert line.counts.strikes == {f"{cut.kind} handshake": 1}
    assert line.protocol.deadline is None


def test_a_socket_can_be_cut_at_any_moment_in_the_midst_of_audio():
    line, cut = cut_in_life(Moment.ANY)
    line.say(said("a"), FLUSH)
    utterance = line.protocol.next_utterance()
    assert line.protocol.deadline == cut.age_seconds
    line.obey(line.protocol.tick(cut.age_seconds - 0.1))
    line.obey(line.protocol.tick(cut.age_seconds))
    assert line.heard == [CLOSES[cut.kind]]
    assert not line.protocol.is_current(utterance)


def test_a_socket_that_is_to_be_cut_while_idle_is_spared_until_it_is():
    line, cut = cut_in_life(Moment.IDLE)
    line.say(said("a"), FLUSH)
    line.obey(line.protocol.tick(cut.age_seconds))
    assert line.heard == []
    line.utter()
    line.obey(line.protocol.tick(line.protocol.deadline))
    assert line.heard == [*WHOLE, CLOSES[cut.kind]]


steps = st.one_of(
    st.sampled_from(["utter", FLUSH, FLUSH, CLEAR, CLOSE, "nonsense"]),
    st.text(alphabet="ab ", max_size=5).map(said),
    st.floats(0, 600).map(lambda seconds: ("wait", seconds)),
)


@given(number=st.integers(0, 10**6), share=st.sampled_from([0.1, 0.5, 1.0]), steps=st.lists(steps))
def test_whatever_strikes_the_server_keeps_its_own_rules(number, share, steps):
    """Answers to flushes in order, nothing after an end, no character uncounted, no limit."""
    chaos = Chaos(flush_share=share, socket_share=share)
    line, now, characters = Line(number, chaos=chaos, limits=UNLIMITED), 0.0, 0
    line.obey(line.protocol.greet())
    for step in steps:
        match step:
            case ("wait", seconds):
                now += seconds
                line.obey(line.protocol.tick(now))
            case "utter":
                line.utter()
            case message:
                line.say(message, now=now)
                characters += len(json.loads(message).get("text", "")) if "{" in message else 0
    ends = [at for at, heard in enumerate(line.heard) if heard[0].isdigit()]
    assert ends in ([], [len(line.heard) - 1])
    flushes = line.counts.flushes_accepted + (CLOSE in steps)  # Close speaks what is left
    assert line.heard.count("Flushed") <= flushes
    assert line.heard.count("Warning") == line.counts.strikes["refuse-flush"]
    assert line.counts.characters_received == line.record.characters == characters
    assert line.counts.limit_warnings == 0
    assert set(line.counts.closes_by_limit) <= {"NET-0003"}
    cuts = sum(count for name, count in line.counts.strikes.items() if name.startswith("cut-"))
    assert cuts <= len(ends)


def test_a_text_that_holds_what_is_mute_is_answered_with_nothing_each_time():
    line = Line(mute_text="hush")
    line.say(said("a"), FLUSH, said("oh, hush"), FLUSH, said("hush"), FLUSH, said("b"), FLUSH)
    for _ in range(4):
        line.utter()
    assert line.heard == [*WHOLE, "Flushed", "Flushed", *WHOLE]
    assert line.counts.strikes == {"empty": 2}


def test_every_cut_has_a_close_of_its_own():
    assert set(CLOSE_FRAMES) == set(CLOSES)
    assert len(set(CLOSES.values())) == len(CLOSES)
