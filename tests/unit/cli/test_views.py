"""Progress as lines of text and of JSON."""

import io
import json
from collections.abc import Iterable

from narrator.cli.views import Bar, JsonLines, Lines, View, view_on
from narrator.domain.jobs import ChapterProgress, Progress, Stage


def progress(spoken: int, stage: Stage = Stage.SPEAKING) -> Progress:
    chapter = ChapterProgress(
        number=1,
        title="I",
        chunks=1,
        chunks_spoken=0,
        chars=100,
        chars_spoken=spoken,
        samples=0,
        rendered=False,
    )
    return Progress(stage=stage, chapters=(chapter,))


def shown(
    screen: Lines | JsonLines | Bar, stream: io.StringIO, news: Iterable[tuple[float, Progress]]
) -> list[str]:
    instants = iter([0.0, *(at for at, _ in news)])
    with View(screen, now=lambda: next(instants)) as view:
        for _, each in news:
            view.show(each)
    return stream.getvalue().splitlines()


def test_a_log_gets_a_line_at_each_stage_and_every_few_seconds():
    stream = io.StringIO()
    news = [
        (0.1, progress(0, Stage.PLANNING)),
        (0.2, progress(0, Stage.PLANNING)),
        (0.3, progress(1)),
        (4.0, progress(20)),
        (5.4, progress(40)),
    ]
    lines = shown(Lines(stream), stream, news)
    assert [line.split()[0] for line in lines] == ["planning", "speaking", "speaking"]
    assert "40 of 100 characters" in lines[-1]


def test_json_progress_is_an_object_a_line_and_only_news():
    stream = io.StringIO()
    news = [(0.1, progress(1)), (0.4, progress(2)), (1.5, progress(2)), (9.0, progress(2))]
    rows = [json.loads(line) for line in shown(JsonLines(stream), stream, news)]
    assert [row["chars_spoken"] for row in rows] == [1, 2]
    assert {row["event"] for row in rows} == {"progress"}


def test_a_terminal_gets_a_bar_with_the_figures_beneath():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with view_on(stream, as_json=False) as view:
        view.show(progress(40))
        view.note("by the way")
    assert "by the way" in stream.getvalue()
    assert "40 of 100 characters" in stream.getvalue()


def test_a_note_is_said_in_the_form_of_the_rest():
    stream = io.StringIO()
    with view_on(stream, as_json=True) as view:
        view.note("the broker died")
    assert json.loads(stream.getvalue()) == {"event": "note", "text": "the broker died"}
