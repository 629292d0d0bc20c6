"""Children: watched, started again, stopped, and dead once their parent is."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from time import monotonic

import pytest

from narrator.domain.errors import ToolFailed
from narrator.embedded.processes import DEATHS_ALLOWED, ChildSpec, Death, Supervisor
from narrator.embedded.roster import Roster, started

pytestmark = pytest.mark.integration

STAYS = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {STAYS}"
WITH_CHILD = (
    "import subprocess, sys;"
    f"print(subprocess.Popen([sys.executable, '-c', {STAYS!r}]).pid, flush=True); {STAYS}"
)
PARENT = """
import sys
from pathlib import Path
from narrator.embedded.processes import ChildSpec, Supervisor
from narrator.embedded.roster import Roster
home = Path(sys.argv[1])
supervisor = Supervisor(Roster(home / "children.json"), on_death=lambda death: None)
command = (sys.executable, "-c", sys.argv[2])
supervisor.start(ChildSpec(name="child", command=command, environment={}, log=home / "child.log"))
print(supervisor.pids()["child"], flush=True)
sys.stdin.read()
"""


def wait_until(ready: Callable[[], bool], *, seconds: float = 10.0, every: float = 0.01) -> None:
    pause = threading.Event()
    deadline = monotonic() + seconds
    while not ready():
        assert monotonic() < deadline, "it did not come to pass in time"
        pause.wait(every)


def spec(folder: Path, program: str, name: str = "child") -> ChildSpec:
    return ChildSpec(
        name=name,
        command=(sys.executable, "-c", program),
        environment={},
        log=folder / f"{name}.log",
    )


def is_up(folder: Path, name: str = "child") -> bool:
    log = folder / f"{name}.log"
    return log.exists() and "up" in log.read_text()


@pytest.fixture
def deaths() -> list[Death]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, deaths: list[Death]) -> Iterator[Supervisor]:
    supervisor = Supervisor(Roster(tmp_path / "children.json"), on_death=deaths.append)
    yield supervisor
    supervisor.stop(seconds=0.0, order=())


def test_a_child_that_was_killed_is_started_again(
    tmp_path: Path, supervisor: Supervisor, deaths: list[Death]
):
    supervisor.start(spec(tmp_path, STAYS))
    first = supervisor.pids()["child"]
    os.kill(first, signal.SIGKILL)

    def is_another() -> bool:
        supervisor.tend()
        return supervisor.pids().get("child", first) != first

    wait_until(is_another)
    assert [death.code for death in deaths] == [-signal.SIGKILL]


def test_a_child_that_keeps_dying_ends_the_attempt_and_its_log_is_named(
    tmp_path: Path, deaths: list[Death]
):
    """It is given five chances a minute; a sixth death is told to the user."""
    clock = count(0.0, 0.5)  # each look at it is half a second later
    roster = Roster(tmp_path / "children.json")
    supervisor = Supervisor(roster, on_death=deaths.append, clock=lambda: next(clock))
    supervisor.start(spec(tmp_path, "raise SystemExit(3)"))

    def tend_for_ever() -> bool:
        supervisor.tend()
        return False

    with pytest.raises(ToolFailed, match="exit code 3") as failed:
        wait_until(tend_for_ever, every=0.1)
    assert "child.log" in failed.value.remedy
    assert len(deaths) == DEATHS_ALLOWED


def test_back_off_grows(tmp_path: Path, supervisor: Supervisor, deaths: list[Death]):
    supervisor.start(spec(tmp_path, "raise SystemExit(3)"))

    def died_thrice() -> bool:
        supervisor.tend()
        return len(deaths) == 3

    wait_until(died_thrice)
    assert [round(death.after_seconds, 2) for death in deaths] == [0.25, 0.5, 1.0]


def test_a_polite_child_is_not_killed(tmp_path: Path, supervisor: Supervisor):
    polite = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('bye', flush=True), sys.exit()))\n"
        "print('up', flush=True)\n"
        "while True: signal.pause()"
    )
    supervisor.start(spec(tmp_path, polite))
    wait_until(lambda: is_up(tmp_path))
    supervisor.stop(seconds=10.0, order=[["child"]])
    assert "bye" in (tmp_path / "child.log").read_text()


def test_a_stubborn_child_is_killed_in_the_end(tmp_path: Path, supervisor: Supervisor):
    supervisor.start(spec(tmp_path, STUBBORN))
    wait_until(lambda: is_up(tmp_path))
    pid = supervisor.pids()["child"]
    supervisor.stop(seconds=0.2, order=[["child"]])
    assert started(pid) is None


def test_a_child_that_has_ended_when_it_is_stopped_does_no_harm(
    tmp_path: Path, supervisor: Supervisor
):
    supervisor.start(spec(tmp_path, "print('up')"))
    pid = supervisor.pids()["child"]
    wait_until(lambda: started(pid) is None)
    supervisor.ask_to_end(["child"])
    supervisor.stop(seconds=5.0, order=[["child"]])
    assert supervisor.pids() == {}


def test_a_child_that_was_collected_by_somebody_else_is_stopped_without_harm(
    tmp_path: Path, supervisor: Supervisor
):
    """As when Ctrl-C comes just after its end was waited for."""
    supervisor.start(spec(tmp_path, "pass"))
    os.waitpid(supervisor.pids()["child"], 0)
    supervisor.stop(seconds=10, order=[["child"]])
    assert supervisor.pids() == {}


def test_a_child_that_is_ended_now_is_not_started_again(
    tmp_path: Path, supervisor: Supervisor, deaths: list[Death]
):
    supervisor.start(spec(tmp_path, STUBBORN))
    pid = supervisor.pids()["child"]
    supervisor.end_now(["child"])
    supervisor.tend()
    assert started(pid) is None
    assert deaths == []
    assert supervisor.pids() == {}


def test_stopping_ends_what_a_child_has_started_too(tmp_path: Path, supervisor: Supervisor):
    supervisor.start(spec(tmp_path, WITH_CHILD))
    wait_until(lambda: is_up(tmp_path))
    grandchild = int((tmp_path / "child.log").read_text().split()[0])
    supervisor.stop(seconds=5.0, order=[["child"]])
    wait_until(lambda: started(grandchild) is None)


def test_no_child_outlives_a_parent_that_was_killed(tmp_path: Path):
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), STAYS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        wait_until(lambda: is_up(tmp_path))
        parent.kill()
    wait_until(lambda: started(pid) is None)


def test_a_child_whose_parent_died_before_it_was_tied_ends_at_once(tmp_path: Path):
    """The tether is told whose child it should be; it is not, so its parent must be dead."""
    from narrator.embedded import tether  # noqa: PLC0415 - a script, here only for its path

    marker = tmp_path / "ran"
    ended = subprocess.run(
        [
            *(sys.executable, "-I", "-S", tether.__file__, str(os.getppid())),
            *(sys.executable, "-c", f"open({str(marker)!r}, 'w')"),
        ],
        check=False,
    )
    assert ended.returncode != 0
    assert not marker.exists()


def test_children_are_started_by_the_main_thread_alone(tmp_path: Path, supervisor: Supervisor):
    """Linux would kill the child when the thread that started it ends."""
    refused: list[str] = []

    def start() -> None:
        try:
            supervisor.start(spec(tmp_path, STAYS))
        except RuntimeError as error:
            refused.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert refused == ["children must be started by the main thread"]


def test_a_large_log_is_put_aside(tmp_path: Path, supervisor: Supervisor):
    log = tmp_path / "child.log"
    with log.open("wb") as file:
        file.truncate(6_000_000)
    supervisor.start(spec(tmp_path, STAYS))
    wait_until(lambda: is_up(tmp_path))
    assert log.stat().st_size < 100
    assert (tmp_path / "child.log.1").stat().st_size == 6_000_000
