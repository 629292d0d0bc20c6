"""The speech session as a machine without socket, clock or thread.

Frames and instants go in, frames and reports come out.

The order of calls::

    session = SpeechSession(rules, pacing, opened_at=now)
    session.offer(utterance)              up to `room` of them
    session.frames(now)                   what to send now, handed over once
    session.receive(frame, now)           what came
    session.tick(now)                     time has passed, at the latest at `overdue_at`
    session.reports()                     what became of utterances, handed over once
    session.stored()                      the caller has stored one Spoken
    session.closed(error, now)            the socket is gone

Audio carries no name, so answers are matched to flushes first in, first out; an utterance is
complete only on its own Flushed and with a plausible duration. Whenever that matching is in doubt
the session is *given up*: what it owes is Cut, later frames are ignored, and it should be closed
politely.
Utterances that were never sent come back from `withdraw`.
"""

import math
from collections import deque
from dataclasses import dataclass, field

from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.pacing import Pacing, counted_chars
from narrator.domain.voices import BYTES_PER_SAMPLE, SAMPLE_RATE
from narrator.services.ports import Cut, Report, Spoken, Utterance
from narrator.speech import wire

BYTES_PER_SECOND = SAMPLE_RATE * BYTES_PER_SAMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """What a session holds itself to.

    `outstanding` utterances may be sent and not yet stored: two keep the provider busy, and no more
    than that can be lost after being paid for. `ready` utterances are looked at to find the largest
    that fits the window: first come, first sent would waste what the next one does not fit into.
    Deepgram ends a session after 60 minutes; it is retired before, at `session_seconds`, between
    utterances. An utterance is plausible with at most `fastest_chars_per_second` and within
    `longest_seconds` plus `longest_seconds_per_char` for each character.

    An answer is overdue after `silence_seconds` without a sample of it, and, however its samples
    trickle in, after `patience_seconds`.
    """

    outstanding: int = 2
    ready: int = 8
    silence_seconds: float = 15.0
    session_seconds: float = 3_300.0
    fastest_chars_per_second: float = 200.0
    longest_seconds: float = 10.0
    longest_seconds_per_char: float = 1.0

    def plausible_seconds(self, chars: int) -> float:
        """The longest audio that `chars` characters may plausibly have."""
        return self.longest_seconds + self.longest_seconds_per_char * chars

    def longest_bytes(self, chars: int) -> int:
        """The most audio that `chars` characters may plausibly have."""
        return int(self.plausible_seconds(chars) * BYTES_PER_SECOND)

    def patience_seconds(self, chars: int) -> float:
        """How long a whole answer may take, from the moment when nothing is owed before it.

        One silence until its first sample, then as long as the longest plausible audio plays: only
        a synthesis slower than real time can take longer. Deepgram's is faster, and speaks about 15
        characters a second where this allows one: 300 characters have 325 s for 20 s of audio.
        """
        return self.silence_seconds + self.plausible_seconds(chars)

    def doubt(self, chars: int, audio_bytes: int) -> str:
        """Why so much audio cannot be that many characters; empty when it can."""
        seconds = audio_bytes / BYTES_PER_SECOND
        if not audio_bytes:
            return "no audio"
        if audio_bytes % BYTES_PER_SAMPLE:
            return "half a sample"
        if seconds * self.fastest_chars_per_second < chars:
            return f"only {seconds:.2f} s of audio"
        if audio_bytes > self.longest_bytes(chars):
            return f"more than {self.longest_bytes(chars) / BYTES_PER_SECOND:.0f} s of audio"
        return ""


@dataclass(slots=True)
class _Owed:
    """An utterance that was sent, and the audio that has come for it."""

    utterance: Utterance
    frames: list[bytes] = field(default_factory=list)
    audio_bytes: int = 0


class SpeechSession:
    """One speech session, from the handshake on.

    `pacing` is its slot's and outlives it. `over` is true once nothing more can be expected from it
    (`error` says why); before that it may be used for one list of utterances after another.
    """

    def __init__(
        self, rules: SessionRules, pacing: Pacing, *, opened_at: float, request_id: str = ""
    ) -> None:
        self.request_id = request_id
        self.model_version = ""
        self.error: NarratorError | None = None
        self._rules = rules
        self._pacing = pacing
        self._retire_at = opened_at + rules.session_seconds
        self._ready: list[tuple[int, Utterance]] = []
        self._owed: deque[_Owed] = deque()
        self._unstored = 0
        self._answered = 0
        self._heard_at = opened_at
        self._first_at = opened_at  # since when the first owed utterance is the first
        self._reports: list[Report] = []

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
    def unstored(self) -> int:
        """Utterances sent and not yet stored; a Cut one stays among them."""
        return self._unstored

    @property
    def ready(self) -> int:
        """Utterances offered and not yet sent."""
        return len(self._ready)

    @property
    def room(self) -> int:
        """How many more utterances may be offered."""
        return 0 if self.over else self._rules.ready - len(self._ready)

    @property
    def has_news(self) -> bool:
        """Whether its driver should look: reports wait, or it is over."""
        return bool(self._reports) or self.over

    @property
    def retire_at(self) -> float:
        """The instant from which nothing more is sent."""
        return self._retire_at

    def spent(self, now: float) -> bool:
        """Whether it is too old to be given more."""
        return now >= self._retire_at

    def send_at(self, now: float) -> float | None:
        """When the next utterance may be sent (perhaps already); None while nothing may be."""
        if self.over or self.spent(now) or self._unstored >= self._rules.outstanding:
            return None
        instants = [self._pacing.ready_at(chars) for chars, _ in self._ready]
        earliest = min(instants, default=math.inf)
        return earliest if earliest < math.inf else None

    def overdue_at(self) -> float | None:
        """When a silence, or a trickle, becomes a fault; None while the provider owes nothing."""
        return min(self._silent_at(), self._late_at()) if self._owed else None

    # ---------------------------------------------------------- from the caller

    def offer(self, utterance: Utterance) -> None:
        """Hold an utterance ready; the largest that fits is sent first, the earlier of equals."""
        self._ready.append((counted_chars(utterance.text), utterance))

    def withdraw(self) -> list[Utterance]:
        """Take back everything that was never sent, in the order in which it was offered."""
        unsent = [utterance for _, utterance in self._ready]
        self._ready.clear()
        return unsent

    def stored(self) -> None:
        """One Spoken is stored, so one more utterance may be sent."""
        self._unstored -= 1

    def frames(self, now: float) -> list[str]:
        """What to send now: a Speak and a Flush for each utterance that may go."""
        frames: list[str] = []
        while (due := self.send_at(now)) is not None and due <= now:
            frames += (wire.speak(self._send(now).text), wire.FLUSH)
        return frames

    def reports(self) -> list[Report]:
        """What became of utterances since the last call."""
        reports, self._reports = self._reports, []
        return reports

    def give_up(self, error: NarratorError) -> None:
        """Expect nothing more: everything outstanding is Cut."""
        if self.over:
            return
        self.error = error
        while self._owed:
            key = self._owed.popleft().utterance.key
            self._reports.append(Cut(key=key, error=error, sent=True))

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
            case wire.Warned(code=code):
                if code == wire.EXCESSIVE_FLUSH:
                    # No Flushed will come for one of the outstanding flushes, and its text stays in
                    # the provider's buffer, where it would run into the next utterance's.
                    self._interrupt("the provider refused a flush (EXCESSIVE_FLUSH)")
            case wire.Failed(code=code):
                self._interrupt(f"the provider sent an error ({code or 'without a code'})")
            case wire.Cleared() | wire.Unknown():
                pass  # never asked for, or of a later version: neither concerns an utterance

    def tick(self, now: float) -> None:
        """Time has passed: give up when the provider is silent, or an answer takes, too long."""
        if not self._owed:
            return
        if now >= self._silent_at():
            self._interrupt(
                f"the provider was silent for {self._rules.silence_seconds:g} s"
                f" with {len(self._owed)} utterances outstanding"
            )
        elif now >= self._late_at():
            chars, seconds = len(self._owed[0].utterance.text), now - self._first_at
            self._interrupt(
                f"the provider did not finish {chars} characters in {seconds:.0f} s,"
                " though it went on sending"
            )

    def closed(self, error: NarratorError, now: float, *, throttled: bool = False) -> None:
        """The socket is gone. `throttled`: for too many characters, so the slot rests a window."""
        if throttled:
            self._pacing.exhaust(now)
        self.give_up(error)

    # ---------------------------------------------------------- inside

    def _silent_at(self) -> float:
        return self._heard_at + self._rules.silence_seconds

    def _late_at(self) -> float:
        chars = len(self._owed[0].utterance.text)
        return self._first_at + self._rules.patience_seconds(chars)

    def _send(self, now: float) -> Utterance:
        fitting = [entry for entry in self._ready if self._pacing.ready_at(entry[0]) <= now]
        chosen = max(fitting, key=lambda entry: entry[0])
        self._ready.remove(chosen)
        chars, utterance = chosen
        self._pacing.record(chars, now)
        if not self._owed:
            self._heard_at = self._first_at = now
        self._owed.append(_Owed(utterance))
        self._unstored += 1
        return utterance

    def _hear(self, data: bytes, now: float) -> None:
        if not self._owed or not data:
            return  # audio that nobody asked for belongs to no utterance
        owed = self._owed[0]
        owed.frames.append(data)
        owed.audio_bytes += len(data)
        self._heard_at = now
        if owed.audio_bytes > self._rules.longest_bytes(len(owed.utterance.text)):
            self._interrupt(self._implausible(owed))

    def _complete(self, sequence_id: int | None, now: float) -> None:
        if not self._owed:
            self._interrupt("the provider answered a flush that was never sent")
            return
        if sequence_id is not None and sequence_id > self._answered:
            # Accepted flushes are numbered 0, 1, 2, …: a leap means that an answer was lost and
            # that this audio is two utterances'.
            self._interrupt(f"the provider answered flush {sequence_id} before {self._answered}")
            return
        if doubt := self._implausible(self._owed[0]):
            self._interrupt(doubt)
            return
        owed = self._owed.popleft()
        self._answered += 1
        self._heard_at = self._first_at = now
        self._reports.append(
            Spoken(
                key=owed.utterance.key,
                pcm=b"".join(owed.frames),  # frames may end in the middle of a sample
                model_version=self.model_version,
                request_id=self.request_id,
            )
        )

    def _implausible(self, owed: _Owed) -> str:
        chars = len(owed.utterance.text)
        doubt = self._rules.doubt(chars, owed.audio_bytes)
        return doubt and f"the provider answered {chars} characters with {doubt}"

    def _interrupt(self, reason: str) -> None:
        name = f" (request {self.request_id})" if self.request_id else ""
        self.give_up(SpeechInterrupted(reason + name))
