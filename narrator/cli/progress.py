"""What there is to tell about a running job. Pure: instants come from outside."""

from collections import deque
from dataclasses import dataclass

from narrator.cli.say import clock, count
from narrator.domain.jobs import Progress, Stage
from narrator.domain.voices import SAMPLE_RATE

MINUTE_SECONDS = 60.0
"""A provider's limits count by the minute: a socket sends a minute's characters in a burst, then
waits for the rest of it. No shorter time than that has a pace."""

WINDOW_MINUTES = 3
LEAST_WINDOW_SECONDS = 30.0
"""The pace is that of the last minutes: a resumed job's past says nothing of its future."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """How far a job is. `speed` counts seconds of audio made a second; 0 while nobody knows.

    `eta_seconds` is None while nobody knows.
    """

    stage: Stage
    chapters: int
    chapters_done: int
    chars: int
    chars_spoken: int
    audio_seconds: float
    speed: float
    eta_seconds: float | None
    elapsed_seconds: float

    @property
    def fraction(self) -> float:
        """The part of the characters that is spoken, 0 to 1."""
        return self.chars_spoken / self.chars if self.chars else 0.0

    def line(self) -> str:
        """All of it in one line of text."""
        if not self.chars:
            return f"{self.stage} · {clock(self.elapsed_seconds)} so far"
        parts = [
            f"{self.stage} {self.fraction:4.0%}",
            f"{self.chapters_done} of {count(self.chapters, 'chapter')}",
            f"{self.chars_spoken:,} of {count(self.chars, 'character')}",
            f"audio {clock(self.audio_seconds)}",
        ]
        if self.speed:
            parts.append(f"{self.speed:.0f}x")
        if self.eta_seconds is not None:
            parts.append(f"about {clock(self.eta_seconds)} left")
        return " · ".join(parts)

    def as_json(self) -> dict[str, object]:
        """All of it as a JSON object."""
        return {
            "event": "progress",
            "stage": self.stage.value,
            "chapters": self.chapters,
            "chapters_done": self.chapters_done,
            "chars": self.chars,
            "chars_spoken": self.chars_spoken,
            "audio_seconds": round(self.audio_seconds, 3),
            "speed": round(self.speed, 2),
            "eta_seconds": None if self.eta_seconds is None else round(self.eta_seconds, 1),
            "elapsed_seconds": round(self.elapsed_seconds, 1),
        }


@dataclass(frozen=True, slots=True)
class _Mark:
    at: float
    chars: int
    samples: int


class Pace:
    """Remembers the last few of the provider's minutes, and tells speed and time left from them.

    `time_scale` is how much faster the provider's limits run. Before one such minute of speaking
    has passed nobody knows a pace.
    """

    def __init__(self, started_at: float, *, time_scale: float = 1.0) -> None:
        self._started_at = started_at
        self._minute_seconds = MINUTE_SECONDS / time_scale
        self._window_seconds = max(WINDOW_MINUTES * self._minute_seconds, LEAST_WINDOW_SECONDS)
        self._marks: deque[_Mark] = deque()

    def snapshot(self, progress: Progress, now: float) -> Snapshot:
        """How far the job is at `now` (seconds on the same clock as `started_at`)."""
        mark = _Mark(now, progress.chars_spoken, progress.samples)
        if progress.chars:
            self._remember(mark)
        chars_a_second, samples_a_second = self._rates(mark)
        left = progress.chars - progress.chars_spoken
        return Snapshot(
            stage=progress.stage,
            chapters=len(progress.chapters),
            chapters_done=progress.chapters_rendered,
            chars=progress.chars,
            chars_spoken=progress.chars_spoken,
            audio_seconds=progress.samples / SAMPLE_RATE,
            speed=samples_a_second / SAMPLE_RATE,
            eta_seconds=left / chars_a_second if chars_a_second and left else None,
            elapsed_seconds=now - self._started_at,
        )

    def _remember(self, mark: _Mark) -> None:
        self._marks.append(mark)
        while self._marks[0].at < mark.at - self._window_seconds:
            self._marks.popleft()

    def _rates(self, now: _Mark) -> tuple[float, float]:
        first = self._marks[0] if self._marks else now
        seconds = now.at - first.at
        if seconds < self._minute_seconds:
            return 0.0, 0.0
        return (now.chars - first.chars) / seconds, (now.samples - first.samples) / seconds
