"""How the Speak endpoint is used: the settings of this room."""

from dataclasses import dataclass, field

from narrator.domain.errors import SettingsError
from narrator.domain.pacing import PacingLimits
from narrator.speech.pool import Margins, PoolRules
from narrator.speech.rules import SessionRules


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechConfig:
    """The Speak endpoint, how it is used, and how far its limits are kept at a distance.

    `outstanding` counts utterances sent and not yet stored, a socket. `time_scale` is how much
    faster than real time the endpoint's limits run: it divides the minute of the windows,
    `session_seconds` and what else is measured by them. `hold_seconds` is for how long slots are
    renewed. The provider has `close_seconds` to answer a Close. `reconnects` new sessions are tried
    within one `speak` after interruptions, with no answer between. An idle `speak` asks for more
    after `linger_seconds`. The last three say how much audio is plausible for a number of
    characters. Raises SettingsError.
    """

    url: str
    api_key: str = field(repr=False)
    outstanding: int = 2
    chars_per_minute: int = 2_400
    flushes_per_minute: int = 20
    window_slack_seconds: float = 0.5
    margin: float = 0.02
    time_scale: float = 1.0
    silence_seconds: float = 15.0
    session_seconds: float = 3_300.0
    hold_seconds: float = 30.0
    open_timeout_seconds: float = 10.0
    close_seconds: float = 5.0
    reconnects: int = 2
    linger_seconds: float = 2.0
    fastest_chars_per_second: float = 200.0
    longest_seconds: float = 10.0
    longest_seconds_per_char: float = 1.0

    def __post_init__(self) -> None:
        if self.outstanding < 1:
            raise SettingsError(
                "a speech session needs an utterance to send",
                remedy="set NARRATOR_SPEECH_OUTSTANDING to 1 or 2",
            )

    @property
    def limits(self) -> PacingLimits:
        """The windows of one socket."""
        return PacingLimits(
            chars_per_minute=self.chars_per_minute,
            flushes_per_minute=self.flushes_per_minute,
            window_slack_seconds=self.window_slack_seconds,
            margin=self.margin,
            time_scale=self.time_scale,
        )

    @property
    def pool_rules(self) -> PoolRules:
        """The rules of this process's sessions."""
        usual = SessionRules()
        session = SessionRules(
            outstanding=self.outstanding,
            ahead_seconds=usual.ahead_seconds / self.time_scale,
            linger_seconds=self.linger_seconds,
            session_seconds=self.session_seconds / self.time_scale,
            early_seconds=min(usual.early_seconds, self.session_seconds / 10) / self.time_scale,
            lull_seconds=usual.lull_seconds / self.time_scale,
            silence_seconds=self.silence_seconds,
            fastest_chars_per_second=self.fastest_chars_per_second,
            longest_seconds=self.longest_seconds,
            longest_seconds_per_char=self.longest_seconds_per_char,
        )
        margins = Margins.of(self.hold_seconds)
        return PoolRules(url=self.url, session=session, limits=self.limits, margins=margins)
