"""Ports of the sound: who speaks, and what it is fed."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from narrator.domain.errors import NarratorError
from narrator.domain.ids import TakeKey
from narrator.domain.slots import Sent, Slot
from narrator.domain.voices import Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """A chunk's life in a speech session: one Speak, one Flush.

    One that is to be `alone` is sent when nothing else is outstanding in its session, and nothing
    is sent after it before it is answered: whatever becomes of that session is its own doing. Those
    given before it are sent before it, those given after it later.
    """

    key: TakeKey
    text: str
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A new speech session is open; its handshake took so long. Comes before what it speaks."""

    request_id: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An utterance is complete: its own Flushed came, with a plausible duration.

    `pcm` is s16le mono at 24 kHz. `request_id` is the provider's name for the speech session.
    """

    key: TakeKey
    pcm: bytes
    model_version: str
    request_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """An utterance is not complete; whatever audio came is thrown away.

    `sent` tells whether its text reached the provider, and so may be billed.
    """

    key: TakeKey
    error: NarratorError
    sent: bool
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """No more was wanted, or nothing more could be said, before this utterance was sent."""

    key: TakeKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """No speech session could be opened: the rest of the call is Unsent. `error` says why.

    `seconds` is how long the handshake took: what was known before it began is known no more.
    """

    error: NarratorError
    seconds: float


Report = Connected | Spoken | Cut | Unsent | Refused


class Hold(Protocol):
    """A slot in hand, and until when by this process's own clock (`Services.clock`)."""

    @property
    def slot(self) -> Slot:
        """Whose socket it is, with which voice, and what was sent through it lately."""

    @property
    def good_until(self) -> float:
        """From this instant on the slot may be somebody else's: its socket is closed by then."""


class Feed(Protocol):
    """What a call of `speak` asks of its caller, in the caller's own thread."""

    def more(self) -> Sequence[Utterance]:
        """More to speak, when a session has fewer ready than it can choose from.

        An empty answer means nothing for now; it is asked again, once a second at the most, for as
        long as something is under way.
        """

    def permit(self, keys: Sequence[TakeKey]) -> Collection[TakeKey]:
        """Which of these may be sent now, recorded as sent before they are; the rest is Unsent."""

    def going(self) -> bool:
        """False once nothing more is to be sent; asked before sending, and once a second."""


class Speaker(Protocol):
    """Who makes the sound."""

    def speak(self, hold: Hold, feed: Feed) -> Iterator[Report]:
        """Speak what `feed` gives, through the slot's one session, until it gives nothing more.

        Each utterance gets exactly one Spoken, Cut or Unsent. Asking for the next report says: the
        last is dealt with, and stored. At most two utterances are sent and not yet stored at any
        moment, so that no more than two a socket are ever paid for twice. Once `going()` is false,
        or the slot's time runs out, nothing more is sent: what is under way is completed and
        reported, the rest is Unsent. A Cut ends the speech session, not the call. The session
        stays open for the slot's next call. Closing the iterator early gives up what is under way.
        """

    def rest(self, slot: Slot) -> tuple[Sent, ...]:
        """Close the slot's session politely, if it has one; what was sent lately, for a successor.

        The session is not in use. Blocks until its socket is closed: politely, or by force where
        the provider does not answer. Where that cannot be known in time it raises
        SpeechInterrupted.
        """

    def probe(self, voice: Voice) -> None:
        """Open a session and close it again, which costs nothing; raises what refuses it."""

    def close(self) -> None:
        """Close every speech session politely and stop; idempotent."""
