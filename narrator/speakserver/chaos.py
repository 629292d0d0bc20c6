"""Faults at random, and yet the same for a seed: which flushes, sockets and handshakes suffer.

Pure. A decision depends on the seed and on what is decided over, never on what was decided before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

from narrator.domain.errors import SettingsError
from narrator.speakserver.faults import CLOSE_FRAMES, FaultKind, Moment, Strike
from narrator.speakserver.spoiling import Spoil

LONGEST_AGE_SECONDS = 3_600.0  # a session's hour

_CUTS = tuple(CLOSE_FRAMES)
_OF_FLUSHES = (Moment.BEFORE_AUDIO, Moment.MIDWAY, Moment.BEFORE_FLUSHED, Moment.AFTER_FLUSHED)
_OF_SOCKETS = (Moment.HANDSHAKE, Moment.IDLE, Moment.ANY)
_BURST = (429, 503)

_Choice = TypeVar("_Choice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiling:
    """How one answer's audio goes wrong; `chance` (0 to 1) says where and how much."""

    kind: Spoil
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Chaos:
    """How much of what goes wrong.

    `flush_share` of all flushes suffer one of all kinds of faults, each kind as often as any other;
    stalls and cuts at any of a flush's moments. `socket_share` of all sockets are cut: before the
    Metadata, while idle, or at any moment, at ages between a second and an hour of the limits'
    clock (as many below a minute as above: logarithmic). In the first `burst_seconds` of every
    `burst_every_seconds`, both of the wall's clock and from the server's start, handshakes are
    answered with 429 and 503 in turn; 0 means no bursts. `spoil_share` of all answers have spoilt
    audio, though the protocol is kept; each of `spoils_of` as often as any other.
    """

    seed: int = 0
    flush_share: float = 0.0
    socket_share: float = 0.0
    burst_every_seconds: float = 0.0
    burst_seconds: float = 0.0
    spoil_share: float = 0.0
    spoils_of: tuple[Spoil, ...] = tuple(Spoil)

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            SettingsError: if a share is none, or a burst longer than its period.

        """
        for share in (self.flush_share, self.socket_share, self.spoil_share):
            if not 0 <= share <= 1:
                raise SettingsError(
                    f"{share} is no share.", remedy="Give a number between 0 and 1; 0.05 is 5 %."
                )
        if not 0 <= self.burst_seconds <= self.burst_every_seconds:
            raise SettingsError(
                f"A burst of {self.burst_seconds} s every {self.burst_every_seconds} s cannot be.",
                remedy="Give a burst that is shorter than its period.",
            )

    def flush(self, socket: int, flush: int) -> Strike | None:
        """Return what befalls the `flush`-th Flush of the `socket`-th socket, if anything does."""
        if not self._strikes(self.flush_share, "flush", socket, flush):
            return None
        kind = self._pick(tuple(FaultKind), "kind", socket, flush)
        return Strike(kind=kind, moment=self._pick(_OF_FLUSHES, "moment", socket, flush))

    def spoils(self, socket: int, flush: int) -> Spoiling | None:
        """Return how the audio of the `flush`-th Flush goes wrong, if it does."""
        if not self._strikes(self.spoil_share, "spoil", socket, flush):
            return None
        kind = self._pick(self.spoils_of, "spoilt", socket, flush)
        return Spoiling(kind=kind, chance=self._dice("chance", socket, flush))

    def socket(self, socket: int) -> Strike | None:
        """Return what befalls the `socket`-th socket, if anything does."""
        if not self._strikes(self.socket_share, "socket", socket):
            return None
        return Strike(
            kind=self._pick(_CUTS, "cut", socket),
            moment=self._pick(_OF_SOCKETS, "life", socket),
            age_seconds=LONGEST_AGE_SECONDS ** self._dice("age", socket),
        )

    def handshake(self, elapsed_seconds: float, refused: int) -> int | None:
        """Return the status that refuses a handshake `elapsed_seconds` after the server's start.

        `refused` is how many were so before it. Outside the bursts there is none.
        """
        bursts = self.burst_seconds > 0
        if bursts and elapsed_seconds % self.burst_every_seconds < self.burst_seconds:
            return _BURST[refused % len(_BURST)]
        return None

    def _strikes(self, share: float, *names: object) -> bool:
        return share > 0 and self._dice(*names) < share

    def _pick(self, choices: Sequence[_Choice], *names: object) -> _Choice:
        return choices[int(self._dice(*names) * len(choices))]

    def _dice(self, *names: object) -> float:
        """Return a number of at least 0 and less than 1, the same for ever for the same names."""
        written = "/".join(map(str, (self.seed, *names)))
        digest = blake2b(written.encode(), digest_size=8).digest()
        return (int.from_bytes(digest, "big") >> 11) / (1 << 53)
