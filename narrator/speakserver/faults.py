"""What can be made to go wrong on purpose: with a flush, with a socket, with a handshake."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What happens."""

    REFUSE_FLUSH = "refuse-flush"  # a Warning, as if the minute's flushes were used up
    DROP_FLUSHED = "drop-flushed"  # all the audio, then no Flushed
    EMPTY = "empty"  # a Flushed, and no audio at all
    STALL = "stall"  # silence for ever
    CUT_1000 = "cut-1000"  # a close frame with 1000 that nobody asked for
    CUT_1001 = "cut-1001"
    CUT_1006 = "cut-1006"  # the connection is gone, without a close frame
    CUT_1008 = "cut-1008"  # DATA-0001, as if the minute's characters were used up
    CUT_1011 = "cut-1011"  # NET-0000
    CUT_1011_AGE = "cut-1011-net-0003"  # as if the session's hour were over


# The close frame of each cut; none where the connection just ends.
CLOSE_FRAMES: Mapping[FaultKind, tuple[int, str] | None] = {
    FaultKind.CUT_1000: (1000, ""),
    FaultKind.CUT_1001: (1001, ""),
    FaultKind.CUT_1006: None,
    FaultKind.CUT_1008: (1008, "DATA-0001"),
    FaultKind.CUT_1011: (1011, "NET-0000"),
    FaultKind.CUT_1011_AGE: (1011, "NET-0003"),
}


class Moment(StrEnum):
    """When it happens: the first four in the life of a flush, the others in that of a socket."""

    BEFORE_AUDIO = "before-audio"
    MIDWAY = "midway"  # half the audio is sent
    BEFORE_FLUSHED = "before-flushed"  # all the audio is sent
    AFTER_FLUSHED = "after-flushed"
    HANDSHAKE = "handshake"  # accepted, and nothing sent yet: not even the Metadata
    IDLE = "idle"  # nothing is asked
    ANY = "any"  # whatever goes on


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One fault, as it is to strike.

    `moment` matters to stalls and cuts. `age_seconds`, of the limits' clock, is how old a socket
    is when it is struck at any moment, or at least if it is to be idle.
    """

    kind: FaultKind
    moment: Moment = Moment.MIDWAY
    age_seconds: float = 0.0

    @property
    def name(self) -> str:
        """What it is counted as."""
        if self.kind is FaultKind.STALL or self.kind in CLOSE_FRAMES:
            return f"{self.kind} {self.moment}"
        return str(self.kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault that strikes the `flush`-th Flush of the `socket`-th accepted socket.

    Both count from 0, flushes on each socket and sockets over the server's life; `None` means
    every one. `moment` is one in the life of a flush.
    """

    kind: FaultKind
    socket: int | None = None
    flush: int | None = 0
    moment: Moment = Moment.MIDWAY

    def strikes(self, socket: int, flush: int) -> bool:
        """Tell whether this flush is the one."""
        return self.socket in {None, socket} and self.flush in {None, flush}

    @property
    def strike(self) -> Strike:
        """What befalls the flush."""
        return Strike(kind=self.kind, moment=self.moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandshakeFault:
    """Refuses handshakes number `first` and on, `count` of them (`None`: all), with `status`.

    Handshakes count from 0 over the server's life. `status` is 401, 402, 403, 429 or 503.
    """

    status: int
    first: int = 0
    count: int | None = None

    def strikes(self, handshake: int) -> bool:
        """Tell whether this handshake is one of them."""
        return handshake >= self.first and (
            self.count is None or handshake < self.first + self.count
        )
