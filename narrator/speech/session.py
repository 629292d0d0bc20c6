"""The speech session as a machine without socket, clock or thread.

Frames and instants go in, frames and reports come out.

The order of calls::

    session = SpeechSession(rules, pacing, opened_at=now)
    session.offer(utterance)              up to `room` of them
    session.choose(now)                   what should be sent now, when its caller permits it;
                                          what must be alone is, when its turn has come
    session.permit(keys, now)             what may be: the frames to send at once
    session.receive(frame, now)           what came
    session.tick(now)                     time has passed, at the latest at `overdue_at`
    session.reports()                     what became of utterances, handed over once
    session.stored()                      the caller has stored one Spoken
    session.closed(error, now)            the socket is gone

Audio carries no name, so answers are matched to flushes first in, first out; an utterance is
complete only on its own Flushed and with a plausible duration. Whenever that matching is in doubt
the session is *given up*: what it owes is Cut, later frames are ignored, and it should be closed
politely. Utterances that were never sent come back from `withdraw`.

What it makes of each frame (Deepgram Speak v1, "Server to client messages"):

==========================  ====================================================================
audio                       belongs to the oldest unanswered flush; thrown away when there is none
Flushed                     completes that flush, or (nothing owed, a leap in the sequence, audio
                            that cannot be its words) gives the session up
Metadata                    names the session and the model's version, at any time
Warning EXCESSIVE_FLUSH     gives up: no Flushed will come for one of the flushes, nobody says which
Warning of any other code   noted
Error                       gives up: of an earlier or later version, and of unknown meaning
Cleared, unknown messages   ignored: neither concerns an utterance
==========================  ====================================================================
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field

from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.faults import Fault
from narrator.domain.ids import TakeKey
from narrator.domain.pacing import Pacing, counted_chars
from narrator.domain.retry import rule_of
from narrator.services.ports import Cut, Spoken, Unsent, Utterance
from narrator.speech import wire
from narrator.speech.blame import blamed
from narrator.speech.choice import best_set
from narrator.speech.rules import SessionRules


@dataclass(slots=True)
class _Ready:
    """An utterance not yet sent, its characters, and how many had been sent when it came."""

    utterance: Utterance
    chars: int
    came_after: int


@dataclass(slots=True)
class _Owed:
    """An utterance that was sent, and the audio that has come for it."""

    utterance: Utterance
    frames: list[bytes] = field(default_factory=list)
    audio_bytes: int = 0


class SpeechSession:
    """One speech session, from the handshake on.

    `pacing` is its slot's and outlives it. `over` is true once nothing more can be expected from it
    (`error` says why); before that it may be used for one call after another.
    """

    def __init__(
        self, rules: SessionRules, pacing: Pacing, *, opened_at: float, request_id: str = ""
    ) -> None:
        self.request_id = request_id
        self.model_version = ""
        self.error: NarratorError | None = None
        self.answered = 0
        self._rules = rules
        self._pacing = pacing
        self._retire_at = opened_at + rules.session_seconds
        self._ready: list[_Ready] = []
        self._chosen: list[_Ready] = []
        self._owed: deque[_Owed] = deque()
        self._sent = 0
        self._unstored = 0  # sent and not yet stored; a Cut one stays among them
        self._heard_at = opened_at
        self._first_at = opened_at  # since when the first owed utterance is the first
        self._reports: list[Spoken | Cut | Unsent] = []
        self._warnings: list[str] = []

    # ---------------------------------------------------------- what may be asked at any time

    @property
    def over(self) -> bool:
        """Whether the session was given up or closed."""
        return self.error is not None

    @property
    def outstanding(self) -> int:
        """Utterances sent and not yet answered."""
        return len(self._owed)

    @property
    def busy(self) -> bool:
        """Whether an utterance is ready, chosen, sent, or not yet stored."""
        return bool(self._ready or self._chosen or self._unstored)

    @property
    def room(self) -> int:
        """How many more utterances may be offered."""
        return 0 if self.over else self._rules.ready - len(self._ready)

    @property
    def has_news(self) -> bool:
        """Whether its driver should look: reports or warnings wait, or it is over."""
        return bool(self._reports or self._warnings) or self.over

    @property
    def retire_at(self) -> float:
        """The instant from which nothing more is sent."""
        return self._retire_at

    @property
    def lull_from(self) -> float:
        """The instant from which on a lull is used to retire it."""
        return self._retire_at - self._rules.early_seconds

    def spent(self, now: float) -> bool:
        """Whether it is too old to be given more."""
        return now >= self._retire_at

    def may_retire(self, now: float) -> bool:
        """Whether a new session should take its place now, which costs nothing at this moment."""
        if self._chosen or self._unstored or now < self.lull_from:
            return False
        if self._ready:
            return self.spent(now) or not self._choice(now + self._rules.lull_seconds)
        return self.spent(now) or not self.hungry(now)

    def look_at(self, now: float) -> float | None:
        """When, after a choice at `now`, there may be more to choose though nothing happens.

        None: not by itself. Room comes back at an instant, and is taken into account before.
        """
        if self.over or self.spent(now) or not self._ready or not self._allowed:
            return None
        ahead = self._rules.ahead_seconds
        instants = [at - early for at in self._pacing.frees() for early in (ahead, 0.0)]
        return min((at for at in (*instants, self._retire_at) if at > now), default=None)

    def overdue_at(self) -> float | None:
        """When a silence, or a trickle, becomes a fault; None while the provider owes nothing."""
        return min(self._silent_at(), self._late_at()) if self._owed else None

    def hungry(self, now: float) -> bool:
        """Whether more should be offered: it could be sent at once, or the window moves soon.

        Otherwise what is queued had better be spoken through another socket.
        """
        if self.over or not self.room:
            return False
        soon = now + self._rules.refill_seconds
        if any(now < at <= soon for at in self._pacing.frees()):
            return True
        chars, flushes = self._pacing.room(now)
        ready = sum(each.chars for each in self._ready)
        return (
            len(self._ready) < min(self._rules.outstanding, flushes)
            and ready + self._rules.usual_chars <= chars
        )

    def hungry_at(self, now: float) -> float | None:
        """When it becomes hungry though nothing happens."""
        instants = (at - self._rules.refill_seconds for at in self._pacing.frees())
        return min((at for at in instants if at > now), default=None)

    # ---------------------------------------------------------- from the caller

    def offer(self, utterance: Utterance) -> None:
        """Hold an utterance ready."""
        self._ready.append(_Ready(utterance, counted_chars(utterance.text), self._sent))

    def withdraw(self) -> list[Utterance]:
        """Take back everything that was never chosen, in the order in which it was offered."""
        unsent = [each.utterance for each in self._ready]
        self._ready.clear()
        return unsent

    def choose(self, now: float) -> list[TakeKey]:
        """What should be sent now; nothing more is chosen until `permit`."""
        if self.over or self.spent(now) or not self._allowed:
            return []
        self._chosen = self._choice(now)[: self._allowed]
        for each in self._chosen:
            self._ready.remove(each)
        return [each.utterance.key for each in self._chosen]

    def permit(self, keys: Collection[TakeKey], now: float) -> list[str]:
        """Send those of the chosen whose keys are given: a Speak and a Flush for each.

        The others are Unsent, and all are when the session is over or too old by now.
        """
        frames: list[str] = []
        chosen, self._chosen = self._chosen, []
        for each in chosen:
            if each.utterance.key in keys and not self.over and not self.spent(now):
                self._record(each, now)
                frames += (wire.speak(each.utterance.text), wire.FLUSH)
            else:
                self._reports.append(Unsent(key=each.utterance.key))
        return frames

    def stored(self) -> None:
        """One Spoken is stored, so one more utterance may be sent."""
        self._unstored -= 1

    def reports(self) -> list[Spoken | Cut | Unsent]:
        """What became of utterances since the last call."""
        reports, self._reports = self._reports, []
        return reports

    def warnings(self) -> list[str]:
        """Codes of Warnings that cost nothing, for its driver's log, since the last call."""
        warnings, self._warnings = self._warnings, []
        return warnings

    def give_up(self, error: NarratorError) -> None:
        """Expect nothing more: everything outstanding is Cut, each for what is said of it.

        What fails a job fails only the one job that it must be about, see `blame`.
        """
        if self.over:
            return
        errors = blamed(error, len(self._owed))
        self.error = errors[0] if errors else error
        for each in errors:
            key = self._owed.popleft().utterance.key
            self._reports.append(Cut(key=key, error=each, sent=True, request_id=self.request_id))

    # ---------------------------------------------------------- from the outside

    def receive(self, frame: str | bytes, now: float) -> None:
        """A frame came from the provider."""
        if self.over:
            return
        match wire.decode(frame):
            case wire.Audio(data):
                self._hear(data, now)
            case wire.Flushed(sequence_id=sequence_id):
                self._complete(sequence_id, now)
            case wire.Metadata(request_id=request_id, model_version=model_version):
                self.request_id = request_id or self.request_id
                self.model_version = model_version or self.model_version
            case wire.Warned(code=wire.EXCESSIVE_FLUSH):
                # No Flushed will come for one of the outstanding flushes, and its text stays in
                # the provider's buffer, where it would run into the next utterance's.
                fault = Fault.WARNING_EXCESSIVE_FLUSH
                self._interrupt(fault, "the provider refused a flush (EXCESSIVE_FLUSH)")
            case wire.Warned(code=code):
                self._warnings.append(code)
            case wire.Failed(code=code):
                words = f"the provider sent an error ({code or 'without a code'})"
                self._interrupt(Fault.ERROR_MESSAGE, words)
            case wire.Cleared() | wire.Unknown():
                pass  # never asked for, or of a later version: neither concerns an utterance

    def tick(self, now: float) -> None:
        """Time has passed: give up when the provider is silent, or an answer takes, too long."""
        if not self._owed:
            return
        if now >= self._silent_at():
            self._interrupt(
                Fault.SILENCE,
                f"the provider was silent for {self._rules.silence_seconds:g} s"
                f" with {len(self._owed)} utterances outstanding",
            )
        elif now >= self._late_at():
            chars, seconds = len(self._owed[0].utterance.text), now - self._first_at
            self._interrupt(
                Fault.TRICKLE,
                f"the provider did not finish {chars} characters in {seconds:.0f} s,"
                " though it went on sending",
            )

    def closed(self, error: NarratorError, now: float) -> None:
        """The socket is gone; if for too many characters, the slot rests for a window."""
        if rule_of(error).slot_rests:
            self._pacing.exhaust(now)
        self.give_up(error)

    # ---------------------------------------------------------- inside

    @property
    def _allowed(self) -> int:
        """How many may be chosen now; nothing is sent after what must be alone."""
        if self._chosen or any(each.utterance.alone for each in self._owed):
            return 0
        return max(0, self._rules.outstanding - self._unstored)

    def _silent_at(self) -> float:
        return self._heard_at + self._rules.silence_seconds

    def _late_at(self) -> float:
        chars = len(self._owed[0].utterance.text)
        return self._first_at + self._rules.patience_seconds(chars)

    def _choice(self, now: float) -> list[_Ready]:
        """Of the best set for the room that is there a little later, what fits now."""
        room, most = self._pacing.room(now + self._rules.ahead_seconds)
        ready = self._next()
        sizes = [each.chars for each in ready]
        first = bool(sizes) and self._sent - ready[0].came_after >= self._rules.passed_over
        room_now, most_now = self._pacing.room(now)
        chosen: list[_Ready] = []
        for position in best_set(sizes, room, most, first=first):
            if sizes[position] <= room_now and len(chosen) < most_now:
                room_now -= sizes[position]
                chosen.append(ready[position])
        return chosen

    def _next(self) -> list[_Ready]:
        """What there is to choose from: all that came before what must be alone, then that."""
        alone = next((at for at, each in enumerate(self._ready) if each.utterance.alone), None)
        if alone == 0:
            return [] if self._owed else self._ready[:1]
        return self._ready[:alone]

    def _record(self, sent: _Ready, now: float) -> None:
        self._pacing.record(sent.chars, now)
        if not self._owed:
            self._heard_at = self._first_at = now
        self._owed.append(_Owed(sent.utterance))
        self._sent += 1
        self._unstored += 1

    def _hear(self, data: bytes, now: float) -> None:
        if not self._owed or not data:
            return  # audio that nobody asked for belongs to no utterance
        owed = self._owed[0]
        owed.frames.append(data)
        owed.audio_bytes += len(data)
        self._heard_at = now
        chars = len(owed.utterance.text)
        if owed.audio_bytes > self._rules.longest_bytes(chars):  # before it fills the memory
            self._doubted(owed)

    def _complete(self, sequence_id: int | None, now: float) -> None:
        if not self._owed:
            words = "the provider answered a flush that was never sent"
            self._interrupt(Fault.UNASKED_ANSWER, words)
            return
        if sequence_id is not None and sequence_id > self.answered:
            # Accepted flushes are numbered 0, 1, 2, …: a leap means that an answer was lost and
            # that this audio is two utterances'.
            words = f"the provider answered flush {sequence_id} before {self.answered}"
            self._interrupt(Fault.LOST_ANSWER, words)
            return
        if self._doubted(self._owed[0]):
            return
        owed = self._owed.popleft()
        self.answered += 1
        self._heard_at = self._first_at = now
        self._reports.append(
            Spoken(
                key=owed.utterance.key,
                pcm=b"".join(owed.frames),  # frames may end in the middle of a sample
                model_version=self.model_version,
                request_id=self.request_id,
            )
        )

    def _doubted(self, owed: _Owed) -> bool:
        chars = len(owed.utterance.text)
        doubt = self._rules.doubt(chars, owed.audio_bytes)
        if doubt is None:
            return False
        fault, words = doubt
        self._interrupt(fault, f"the provider answered {chars} characters with {words}")
        return True

    def _interrupt(self, fault: Fault, reason: str) -> None:
        self.give_up(SpeechInterrupted(self._named(reason), fault=fault))

    def _named(self, reason: str) -> str:
        return f"{reason} (request {self.request_id})" if self.request_id else reason
