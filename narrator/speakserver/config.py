"""Every switch of the Speak server."""

from dataclasses import dataclass, field
from enum import StrEnum

from narrator.domain.errors import SettingsError


class VoiceEngine(StrEnum):
    """Who makes the sound."""

    ESPEAK = "espeak"  # intelligible; needs the `voice` extra
    TONE = "tone"  # carries its text as tones; see `narrator.speakserver.tone`


class WarningFormat(StrEnum):
    """The fields of a Warning: as production sends them, as the specification says, or all."""

    LIVE = "live"
    SPEC = "spec"
    BOTH = "both"


class CloseMode(StrEnum):
    """What Close does with audio that is not sent yet: the documentation says both."""

    DRAIN = "drain"
    IMMEDIATE = "immediate"


class AckCounter(StrEnum):
    """Whether Flushed and Cleared count their sequence ids together; nobody knows."""

    SHARED = "shared"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Deepgram's limits for one socket, and on sockets; `None` switches one off.

    A minute is a sliding window of 60 seconds. All seconds are of the limits' clock, which runs
    `time_scale` times faster than the wall's. Characters are Unicode code points.
    """

    speak_chars: int | None = 2_000
    minute_chars: int | None = 2_400
    minute_flushes: int | None = 20
    session_seconds: float | None = 3_600.0
    idle_seconds: float | None = None  # no idle time-out is documented for version 1
    message_bytes: int | None = 2_000_000  # undocumented here; what REST allows
    sockets: int | None = 45


class FaultKind(StrEnum):
    """What can be made to go wrong with a flush."""

    REFUSE_FLUSH = (
        "refuse-flush"  # answered with a Warning, as if the minute's flushes were used up
    )
    DROP_FLUSHED = "drop-flushed"  # all the audio, then no Flushed
    STALL = "stall"  # half the audio, then silence for ever
    CUT_1011 = "cut-1011"  # half the audio, then a close frame with 1011
    CUT_1006 = "cut-1006"  # half the audio, then the connection is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault that strikes the `flush`-th Flush of the `socket`-th accepted socket.

    Both count from 0, flushes on each socket and sockets over the server's life; `None` means
    every one.
    """

    kind: FaultKind
    socket: int | None = None
    flush: int | None = 0

    def strikes(self, socket: int, flush: int) -> bool:
        """Tell whether this flush is the one."""
        return self.socket in {None, socket} and self.flush in {None, flush}


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakServerConfig:
    """Every switch of the Speak server; the defaults are Deepgram's, as far as they are known."""

    host: str = "127.0.0.1"
    port: int = 0  # 0 takes any free one
    voice_engine: VoiceEngine = VoiceEngine.ESPEAK
    time_scale: float = 1.0  # how many times faster the limits' clock runs
    api_keys: frozenset[str] = frozenset()  # empty: whatever is not empty is good
    limits: Limits = field(default_factory=Limits)
    first_audio_ms: float = 0.0  # from Flush to the first audio, on the limits' clock
    ms_per_100_chars: float = 0.0  # and for all of it, beyond that
    frame_bytes: int = 16_384
    odd_frames: bool = False  # frames of odd length, so that samples are cut in two
    warning_format: WarningFormat = WarningFormat.LIVE
    close_mode: CloseMode = CloseMode.DRAIN
    ack_counter: AckCounter = AckCounter.SEPARATE
    auto_synthesis: bool = False  # speak before Flush, which production does not
    faults: tuple[Fault, ...] = ()
    handshake_faults: tuple[HandshakeFault, ...] = ()
    tone_byte_ms: float = 10.0

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        Raises:
            SettingsError: if a switch has no meaning.

        """
        if self.voice_engine not in set(VoiceEngine):
            raise SettingsError(
                f"There is no voice engine named {self.voice_engine!r}.",
                remedy=f"Choose one of: {', '.join(VoiceEngine)}.",
            )
        if self.time_scale <= 0:
            raise SettingsError(
                f"time_scale is {self.time_scale}; a clock cannot run at that speed.",
                remedy="Give a number above 0; 1 is Deepgram's own pace.",
            )
        if not 1 <= self.frame_bytes < 1 << 20:
            raise SettingsError(
                f"frame_bytes is {self.frame_bytes}; clients refuse frames of 1 MiB and more.",
                remedy="Give a number between 1 and 1048575.",
            )
