"""Progress on standard error: a live bar, lines of text, or lines of JSON."""

import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, TextIO

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from narrator.cli.progress import Pace, Snapshot
from narrator.domain.jobs import Progress, Stage

LINE_SECONDS = 5.0
"""Without a terminal a line every few seconds, so that a log shows that it goes on."""


class Screen(Protocol):
    """Where snapshots and remarks go."""

    def show(self, snapshot: Snapshot) -> None:
        """Show how far it is."""

    def note(self, text: str) -> None:
        """Say something besides."""

    def close(self) -> None:
        """Leave the terminal as it was found; idempotent."""


class View:
    """Shows a job's progress on a screen while it is entered.

    `time_scale` is how much faster than real time the provider's limits run.
    """

    def __init__(
        self,
        screen: Screen,
        *,
        time_scale: float = 1.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._screen = screen
        self._now = now
        self._pace = Pace(now(), time_scale=time_scale)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._screen.close()

    def show(self, progress: Progress) -> None:
        """Show how far the job is."""
        self._screen.show(self._pace.snapshot(progress, self._now()))

    def note(self, text: str) -> None:
        """Say something besides."""
        self._screen.note(text)


class Lines:
    """Lines of text: at every change of stage, and every few seconds."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._stage: Stage | None = None
        self._said_at = 0.0

    def show(self, snapshot: Snapshot) -> None:
        """Show how far it is, unless that was said a moment ago."""
        late = snapshot.elapsed_seconds - self._said_at >= LINE_SECONDS
        if snapshot.stage is not self._stage or late:
            self._stage, self._said_at = snapshot.stage, snapshot.elapsed_seconds
            self.note(snapshot.line())

    def note(self, text: str) -> None:
        """A line of its own."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing to put back."""


class JsonLines:
    """Lines of JSON: whenever something changed, at most one a second."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._said_at = float("-inf")
        self._said: tuple[object, ...] = ()

    def show(self, snapshot: Snapshot) -> None:
        """One object a line."""
        news = (snapshot.stage, snapshot.chars_spoken, snapshot.chapters_done)
        if news != self._said and snapshot.elapsed_seconds - self._said_at >= 1.0:
            self._said, self._said_at = news, snapshot.elapsed_seconds
            self._write(snapshot.as_json())

    def note(self, text: str) -> None:
        """An object of its own."""
        self._write({"event": "note", "text": text})

    def close(self) -> None:
        """Nothing to put back."""

    def _write(self, row: dict[str, object]) -> None:
        self._stream.write(json.dumps(row) + "\n")
        self._stream.flush()


class Bar:
    """A live bar at the foot of a terminal, with the figures beneath it."""

    def __init__(self, stream: TextIO) -> None:
        self._bar = ProgressBar(total=None)
        self._live = Live(
            self._picture("starting"),
            console=Console(file=stream),
            refresh_per_second=4,
            transient=True,
        )
        self._live.start()

    def show(self, snapshot: Snapshot) -> None:
        """Move the bar."""
        self._bar.update(completed=snapshot.chars_spoken, total=snapshot.chars or None)
        self._live.update(self._picture(snapshot.line()))

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._live.console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """Take the bar away."""
        self._live.stop()

    def _picture(self, figures: str) -> Table:
        picture = Table.grid(expand=True)
        picture.add_row(self._bar)
        picture.add_row(Text(figures, style="dim"))
        return picture


def view_on(stream: TextIO, *, as_json: bool, time_scale: float = 1.0) -> View:
    """The view that suits a stream."""
    if as_json:
        return View(JsonLines(stream), time_scale=time_scale)
    return View(Bar(stream) if stream.isatty() else Lines(stream), time_scale=time_scale)
