"""What a speech session holds itself to, and where each figure comes from."""

from dataclasses import dataclass

from narrator.domain.faults import Fault
from narrator.domain.voices import BYTES_PER_SAMPLE, SAMPLE_RATE

BYTES_PER_SECOND = SAMPLE_RATE * BYTES_PER_SAMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRules:
    """What a session holds itself to. "Measured" refers to `benchmarks/pacing.py`.

    Sending (the limits themselves are `domain.pacing.PacingLimits`):

    * `outstanding`: utterances sent and not yet stored. Pipelining two keeps the provider busy and
      is seen to work in production (Deepgram Speak v1, "Synthesis semantics"); no more than that
      can be lost after being paid for.
    * `ready`: utterances to choose from; more than eight gain nothing (measured).
    * `ahead_seconds`: room that comes back so soon is waited for where it makes a better set
      possible; 0.98 of the window is used without, 0.99 with one second (measured).
    * `passed_over`: after so many others were sent before it, the first has to be in the set;
      keeps an utterance from waiting for more than about four windows (measured).

    Asking for more:

    * `refill_seconds` before the window grows there are to be `ready` utterances to choose from.
    * `usual_chars`: an utterance up to that size is taken to fit where as much room is left. A
      socket with less than that leaves what is queued to others while its window stands still.
    * `linger_seconds` after its last utterance an idle call asks whether there is more.

    Age: the provider ends a session after 60 minutes, `NET-0003` ("Limits"). It is retired at
    `session_seconds` (55 minutes), or up to `early_seconds` before, in a lull of `lull_seconds`.

    Verdicts: an answer is overdue after `silence_seconds` without a sample of it (10 to 15 s are
    advised, "Recommended client rules" 5) and, however its samples trickle in, after
    `patience_seconds`. It is plausible with at most `fastest_chars_per_second` and within
    `longest_seconds` plus `longest_seconds_per_char` for each character: speech has about 15
    characters a second, and text that is spelt out a few.
    """

    outstanding: int = 2
    ready: int = 8
    ahead_seconds: float = 1.0
    passed_over: int = 24
    refill_seconds: float = 3.0
    usual_chars: int = 450
    linger_seconds: float = 2.0
    session_seconds: float = 3_300.0
    early_seconds: float = 120.0
    lull_seconds: float = 2.0
    silence_seconds: float = 15.0
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

    def doubt(self, chars: int, audio_bytes: int) -> tuple[Fault, str] | None:
        """Why so much audio cannot be that many characters; None when it can.

        The model is known to cut texts that are spelt out short ("Known bugs", deepgram-js-sdk
        482), and a session that refuses a voice's language to answer with nothing.
        """
        seconds = audio_bytes / BYTES_PER_SECOND
        if not audio_bytes:
            return Fault.NO_AUDIO, "no audio"
        if audio_bytes > self.longest_bytes(chars):
            longest = self.longest_bytes(chars) / BYTES_PER_SECOND
            return Fault.TOO_MUCH_AUDIO, f"more than {longest:.0f} s of audio"
        if audio_bytes % BYTES_PER_SAMPLE:
            return Fault.HALF_SAMPLE, "half a sample"
        if seconds * self.fastest_chars_per_second < chars:
            return Fault.TOO_LITTLE_AUDIO, f"only {seconds:.2f} s of audio"
        return None
