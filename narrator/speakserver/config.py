"""Every switch of the Speak server."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from narrator.domain.errors import SettingsError
from narrator.speakserver.chaos import Chaos
from narrator.speakserver.faults import Fault, FaultKind, HandshakeFault

__all__ = [
    "AckCounter",
    "Chaos",
    "CloseMode",
    "Fault",
    "FaultKind",
    "HandshakeFault",
    "Limits",
    "SpeakServerConfig",
    "VoiceEngine",
    "WarningFormat",
]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakServerConfig:
    """Every switch of the Speak server; the defaults are Deepgram's, as far as they are known."""

    host: str = "127.0.0.1"
    port: int = 0  # 0 takes any free one
    voice_engine: VoiceEngine = VoiceEngine.ESPEAK
    time_scale: float = 1.0  # how many times faster the limits' clock runs
    api_keys: frozenset[str] = frozenset()  # empty: whatever is not empty is good
    limits: Limits = field(default_factory=Limits)
    first_audio_ms: float = 0.0  # from Flush, or the answer before, to the first audio
    ms_per_100_chars: float = 0.0  # and for all of it, beyond that; both on the limits' clock
    frame_bytes: int = 16_384
    odd_frames: bool = False  # frames of odd length, so that samples are cut in two
    warning_format: WarningFormat = WarningFormat.LIVE
    close_mode: CloseMode = CloseMode.DRAIN
    ack_counter: AckCounter = AckCounter.SEPARATE
    auto_synthesis: bool = False  # speak before Flush, which production does not
    faults: tuple[Fault, ...] = ()
    handshake_faults: tuple[HandshakeFault, ...] = ()
    chaos: Chaos = field(default_factory=Chaos)
    tone_byte_ms: float = 10.0
    mute_text: str = ""  # a flush whose text holds it is answered with nothing, each time
    journal: Path | None = None  # see `narrator.speakserver.journal`

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
