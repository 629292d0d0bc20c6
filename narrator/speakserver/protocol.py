"""Speak version 1 as a state machine: messages and instants in, replies and utterances out.

It owns no socket, clock or voice. Order of calls: `greet` once; `receive_text` and `receive_bytes`
for what arrives and `tick` at the `deadline`, obeying the replies of each in order; meanwhile
`next_utterance`, `reached` before its audio and half way, its audio sent for as long as
`is_current`, then `finished`. After `End` or `Vanish` nothing more comes of it, but what still
arrives is to be handed in: it is counted.
"""

import json
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from narrator.speakserver.chaos import Spoiling
from narrator.speakserver.config import (
    AckCounter,
    CloseMode,
    SpeakServerConfig,
    WarningFormat,
)
from narrator.speakserver.counts import Counts
from narrator.speakserver.faults import CLOSE_FRAMES, FaultKind, Moment, Strike
from narrator.speakserver.limits import SlidingWindow
from narrator.speakserver.register import SocketRecord

MINUTE_SECONDS = 60.0
NORMAL_CLOSURE = 1000
IDLE_CHECK_SECONDS = 1.0  # how often a socket that is to be cut while idle is looked at

_MODEL_NAMESPACE = uuid.UUID("6f7f6a3e-6d2b-5f0e-9a57-0a4b1f9d2c11")
_WARNING_CODE = "EXCESSIVE_FLUSH"
_WARNING_TEXT = "Rate limit exceeded for flushes. Please try again later."


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """Send this text frame."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Close the socket with this code and reason; nothing may follow."""

    code: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Vanish:
    """End the connection without a close frame; nothing may follow."""


Reply = Send | End | Vanish


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Utterance:
    """A text to speak now; `sequence_id` is that of its Flushed, if it is to have one."""

    text: str
    sequence_id: int | None
    strike: Strike | None = None
    spoil: Spoiling | None = None

    @property
    def is_mute(self) -> bool:
        """Whether it is to have no audio at all, on purpose."""
        return self.strike is not None and self.strike.kind is FaultKind.EMPTY


class _State(Enum):
    OPEN = auto()
    DRAINING = auto()  # Close was received; what is queued is still spoken
    STALLED = auto()  # nothing is spoken any more, for ever
    ENDED = auto()


def _unrecorded(_text: str) -> None:
    """Nobody keeps a journal."""


class SpeakProtocol:
    """One socket's side of the conversation that is the server's."""

    def __init__(
        self,
        config: SpeakServerConfig,
        counts: Counts,
        *,
        socket: SocketRecord,
        model: str,
        now: float,
        heard: Callable[[str], object] = _unrecorded,
    ) -> None:
        """Begin at the instant `now`, in seconds of the limits' clock.

        `heard` is told the text of every Speak that arrives, before anything is made of it.
        """
        self._config = config
        self._limits = config.limits
        self._counts = counts
        self._socket = socket
        self._model = model
        self._heard = heard
        self._cut = config.chaos.socket(socket.number)
        self._cut_at = now + self._cut.age_seconds if self._cut is not None else now
        self._state = _State.OPEN
        self._opened_at = self._heard_at = now
        self._chars = SlidingWindow(self._limits.minute_chars, MINUTE_SECONDS)
        self._flushes = SlidingWindow(self._limits.minute_flushes, MINUTE_SECONDS)
        self._flushes_seen = 0
        self._buffer: list[str] = []
        self._queue: deque[Utterance] = deque()
        self._current: Utterance | None = None
        self._flushed_id = 0
        self._cleared_id = 0

    # ------------------------------------------------------------------------------- what arrives

    def greet(self) -> list[Reply]:
        """Return the Metadata, which comes before anything is asked for."""
        if self._cut is not None and self._cut.moment is Moment.HANDSHAKE:
            return self._strike(self._cut)
        metadata = {
            "type": "Metadata",
            "request_id": self._socket.request_id,
            "model_name": self._model,
            "model_version": f"offline-{self._config.voice_engine}.1",
            "model_uuid": str(uuid.uuid5(_MODEL_NAMESPACE, self._model)),
            "additional_model_uuids": [],
        }
        return [_send(metadata)]

    def receive_text(self, message: str, now: float) -> list[Reply]:
        """Take a text frame."""
        if self._state in {_State.DRAINING, _State.ENDED}:
            return self._count_late(message)
        self._heard_at = now
        limit = self._limits.message_bytes
        if limit is not None and len(message.encode()) > limit:
            return self._breach(1009, "BIG-0000")
        command = _command(message)
        if isinstance(command, _Speak):
            return self._speak(command.text, now)
        handlers: dict[str, Callable[[float], list[Reply]]] = {
            "Flush": self._flush,
            "Clear": self._clear,
            "Close": self._close,
        }
        if command not in handlers:
            return self._end(1008, "DATA-0000")
        return handlers[command](now)

    def receive_bytes(self) -> list[Reply]:
        """Take a binary frame, which the protocol has no use for."""
        listens = self._state in {_State.OPEN, _State.STALLED}
        return self._end(1003, "MESSAGE-0000") if listens else []

    def _count_late(self, message: str) -> list[Reply]:
        command = _command(message)
        if isinstance(command, _Speak):
            self._count(command.text, late=True)
        return []

    def _count(self, text: str, *, late: bool = False) -> None:
        self._heard(text)
        self._counts.spoke(len(text), voice=self._model, late=late)
        self._socket.characters += len(text)

    def _speak(self, text: str, now: float) -> list[Reply]:
        self._count(text)
        limit = self._limits.speak_chars
        if limit is not None and len(text) > limit:
            return self._breach(1009, "BIG-0001")
        if not self._chars.admit(len(text), now):
            return self._breach(1008, "DATA-0001")
        self._buffer.append(text)
        if self._config.auto_synthesis:
            self._enqueue(sequence_id=None)
        return []

    def _flush(self, now: float) -> list[Reply]:
        strike = self._befalls(self._flushes_seen)
        self._flushes_seen += 1
        on_purpose = strike is not None and strike.kind is FaultKind.REFUSE_FLUSH
        if on_purpose or not self._flushes.admit(1, now):
            return self._refuse_flush(strike if on_purpose else None)
        self._counts.flushes_accepted += 1
        self._socket.flushes += 1
        self._enqueue(sequence_id=self._next_flushed_id(), strike=strike)
        return []

    def _refuse_flush(self, strike: Strike | None) -> list[Reply]:
        self._counts.flushes_refused += 1
        if strike is None:
            self._counts.limit_warnings += 1
        else:
            self._counts.strikes[strike.name] += 1
        return [_send(_warning(self._config.warning_format))]

    def _clear(self, _now: float) -> list[Reply]:
        self._buffer.clear()
        self._queue.clear()
        self._current = None
        return [_send({"type": "Cleared", "sequence_id": self._next_cleared_id()})]

    def _close(self, _now: float) -> list[Reply]:
        if self._state is _State.STALLED:
            return []
        if self._config.close_mode is CloseMode.IMMEDIATE:
            return self._end(NORMAL_CLOSURE)
        self._state = _State.DRAINING
        if self._buffer:
            self._enqueue(sequence_id=self._next_flushed_id())
        return self._end_if_drained()

    # ------------------------------------------------------------------------------ what is spoken

    def next_utterance(self) -> Utterance | None:
        """Take the next text to speak, once the last is finished."""
        if self._is_over or not self._queue:
            return None
        self._current = self._queue.popleft()
        return self._current

    def is_current(self, utterance: Utterance) -> bool:
        """Tell whether the audio of `utterance` is still wanted: Clear ends that."""
        return not self._is_over and utterance is self._current

    def reached(self, utterance: Utterance, moment: Moment) -> list[Reply]:
        """Learn that speaking has come to a moment: `BEFORE_AUDIO`, then `MIDWAY`."""
        strike = utterance.strike
        if strike is None or strike.moment is not moment or not self.is_current(utterance):
            return []
        return self._strike(strike)

    def finished(self, utterance: Utterance) -> list[Reply]:
        """Learn that all audio of `utterance` was sent, or was no longer wanted."""
        replies = self.reached(utterance, Moment.BEFORE_FLUSHED)
        if self.is_current(utterance):
            replies += self._flushed(utterance)
            replies += self.reached(utterance, Moment.AFTER_FLUSHED)
            self._current = None
        return replies + self._end_if_drained()

    def _flushed(self, utterance: Utterance) -> list[Reply]:
        strike = utterance.strike
        if strike is not None and strike.kind in {FaultKind.EMPTY, FaultKind.DROP_FLUSHED}:
            self._counts.strikes[strike.name] += 1
        dropped = strike is not None and strike.kind is FaultKind.DROP_FLUSHED
        if utterance.sequence_id is None or dropped:
            return []
        return [_send({"type": "Flushed", "sequence_id": utterance.sequence_id})]

    def failed(self) -> list[Reply]:
        """Learn that the voice could not speak, or is made to seem so."""
        return self._end(1011, "NET-0000")

    # --------------------------------------------------------------------------------- what is due

    @property
    def deadline(self) -> float | None:
        """The instant at which to call `tick`, as far as is known now."""
        instants = []
        if self._limits.session_seconds is not None:
            instants.append(self._opened_at + self._limits.session_seconds)
        if self._limits.idle_seconds is not None:
            instants.append(self._heard_at + self._limits.idle_seconds)
        if self._cut is not None:
            instants.append(self._cut_at)
        return min(instants, default=None) if self._state is not _State.ENDED else None

    def tick(self, now: float) -> list[Reply]:
        """Act on time gone by: the session's age, and silence of the client."""
        session, idle = self._limits.session_seconds, self._limits.idle_seconds
        if session is not None and now >= self._opened_at + session:
            return self._breach(1011, "NET-0003")
        if self._cut is not None and now >= self._cut_at:
            return self._cut_in_time(self._cut, now)
        if idle is not None and now >= self._heard_at + idle:
            if self._is_idle:
                return self._end(1011, "NET-0001")
            self._heard_at = now
        return []

    def _cut_in_time(self, cut: Strike, now: float) -> list[Reply]:
        if cut.moment is Moment.ANY or (self._is_idle and not self._buffer):
            return self._strike(cut)
        self._cut_at = now + IDLE_CHECK_SECONDS
        return []

    # ------------------------------------------------------------------------------------- helpers

    @property
    def _is_over(self) -> bool:
        return self._state in {_State.STALLED, _State.ENDED}

    @property
    def _is_idle(self) -> bool:
        return self._current is None and not self._queue

    def _enqueue(self, *, sequence_id: int | None, strike: Strike | None = None) -> None:
        text = "".join(self._buffer)
        self._buffer.clear()
        if self._config.mute_text and self._config.mute_text in text:
            strike = Strike(kind=FaultKind.EMPTY)
        self._counts.characters_synthesised += len(text)
        spoil = self._config.chaos.spoils(self._socket.number, self._flushes_seen)
        if spoil is not None:
            self._counts.strikes[spoil.kind] += 1
        self._queue.append(
            Utterance(text=text, sequence_id=sequence_id, strike=strike, spoil=spoil)
        )

    def _strike(self, strike: Strike) -> list[Reply]:
        """Do what a stall or a cut does; nothing else strikes at a moment."""
        stalls = strike.kind is FaultKind.STALL
        if self._state is _State.ENDED or not (stalls or strike.kind in CLOSE_FRAMES):
            return []
        self._counts.strikes[strike.name] += 1
        self._state = _State.STALLED if stalls else _State.ENDED
        if stalls:
            return []
        frame = CLOSE_FRAMES[strike.kind]
        return [Vanish() if frame is None else End(code=frame[0], reason=frame[1])]

    def _breach(self, code: int, reason: str) -> list[Reply]:
        """End the socket because a limit was crossed."""
        if self._state is not _State.ENDED:
            self._counts.closes_by_limit[reason] += 1
        return self._end(code, reason)

    def _end(self, code: int, reason: str = "") -> list[Reply]:
        if self._state is _State.ENDED:
            return []
        self._state = _State.ENDED
        return [End(code=code, reason=reason)]

    def _end_if_drained(self) -> list[Reply]:
        if self._state is _State.DRAINING and self._is_idle:
            return self._end(NORMAL_CLOSURE)
        return []

    def _befalls(self, flush: int) -> Strike | None:
        number = self._socket.number
        struck = (fault.strike for fault in self._config.faults if fault.strikes(number, flush))
        return next(struck, None) or self._config.chaos.flush(number, flush)

    def _next_flushed_id(self) -> int:
        self._flushed_id += 1
        return self._flushed_id - 1

    def _next_cleared_id(self) -> int:
        if self._config.ack_counter is AckCounter.SHARED:
            return self._next_flushed_id()
        self._cleared_id += 1
        return self._cleared_id - 1


@dataclass(frozen=True, slots=True)
class _Speak:
    text: str


def _command(message: str) -> _Speak | str | None:
    """Return what a text frame asks for; `None` if it is no command."""
    try:
        body = json.loads(message)
        match body:
            case {"type": "Speak", "text": str(text)}:
                text.encode()  # JSON can spell lone surrogates, which are no text
                return _Speak(text)
            case {"type": "Flush" | "Clear" | "Close" as kind}:
                return str(kind)
            case _:
                return None
    except (ValueError, RecursionError):
        return None


def _warning(form: WarningFormat) -> Mapping[str, object]:
    live = {"warn_code": _WARNING_CODE, "warn_msg": _WARNING_TEXT}
    spec = {"description": _WARNING_TEXT, "code": _WARNING_CODE}
    fields = {
        WarningFormat.LIVE: live,
        WarningFormat.SPEC: spec,
        WarningFormat.BOTH: live | spec,
    }
    return {"type": "Warning"} | fields[form]


def _send(message: Mapping[str, object]) -> Send:
    return Send(message=json.dumps(message, separators=(",", ":")))
