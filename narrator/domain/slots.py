"""Slots: the right to open sockets to a provider's account, and how the account stands.

The rules by which a standing changes are in `governor.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from narrator.domain.errors import SettingsError
from narrator.domain.jobs import Failure
from narrator.domain.voices import Voice


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotTerms:
    """On what terms slots are shared; seconds of the wall's clock.

    `allowance` is how many sockets the provider lets a project open (45 on pay-as-you-go: Deepgram,
    "Limits"); the fleet's ceiling stays `headroom` under it. A holder renews for `hold_seconds`; a
    dead one's slot comes back `grace_seconds` later, in which the provider may not have noticed.
    `window_seconds` and `window_chars` are those of the pacing. After a 429 the ceiling grows by
    one each `grow_seconds`, in the end faster. A paused account is tried each `probe_seconds`.
    """

    allowance: int = 45
    headroom: int = 2
    hold_seconds: float = 30.0
    grace_seconds: float = 45.0
    window_seconds: float = 60.5
    window_chars: int = 2_352
    grow_seconds: float = 30.0
    probe_seconds: float = 60.0

    def __post_init__(self) -> None:
        if self.allowance - self.headroom < 1:
            raise SettingsError(
                f"an allowance of {self.allowance} sockets less a headroom of {self.headroom}"
                " leaves none",
                remedy="set NARRATOR_SPEECH_ALLOWANCE above NARRATOR_SPEECH_HEADROOM",
            )

    @property
    def most(self) -> int:
        """The highest ceiling: how many sockets the fleet may ever have open."""
        return self.allowance - self.headroom

    @property
    def lease_seconds(self) -> float:
        """For how long nobody else gets a slot that is renewed now: its hold and the grace."""
        return self.hold_seconds + self.grace_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """An utterance sent so many seconds ago, as the pacing counts its characters."""

    seconds_ago: float
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A slot that was granted: the right to one open socket with this voice, under a fence.

    `sent` is what its predecessors sent in the last window, at the moment of the grant.
    """

    number: int
    fence: int
    voice: Voice
    sent: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How a provider's account stands. Instants are seconds on the database's clock.

    `ceiling` is how many sockets may be open; its whole part counts. `failures` counts handshakes
    that failed without one that succeeded since; until `shut_until` nobody opens a session. `fault`
    is set while the account is paused: the provider's words, its request id and the remedy.
    """

    ceiling: float
    used: int = 0  # slots that are leased, those in their grace among them
    shrunk_at: float | None = None
    grown_at: float | None = None
    failures: int = 0
    shut_until: float | None = None
    fault: Failure | None = None
    paused_at: float | None = None
    probe_at: float | None = None
    probe_voice: Voice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a holder learns when it renews.

    `held` are the numbers of the slots that are still its own. `give_back` says of how many, by
    voice, it holds more than its fair share while others wait. `seats` is how many slots the fleet
    could use (the ceiling, or what its processes have room for), `free` how many could be acquired
    now, `queued` how many slices are queued. `probe` is set for the one process that is to try
    whether a paused account works again.
    """

    held: frozenset[int]
    give_back: Mapping[Voice, int] = field(default_factory=dict)
    seats: int = 0
    free: int = 0
    queued: int = 0
    probe: Voice | None = None
    account: Account
