"""One run: documents are submitted, faults befall the fleet, and everything is waited for.

One thread does what is due, starts again what has ended, and looks how the jobs are. Another
submits, as a client does that tries again until it has an answer.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from threading import Event, Thread
from time import monotonic
from typing import Any

import httpx
import psycopg

from tests.acceptance.fleet import API_KEY
from tests.faults.acts import arm, child_of, go_on, name_of, stopped
from tests.faults.documents import Submission
from tests.faults.rig import Rig
from tests.faults.schedule import Act, Fault, Target
from tests.servers.family import family_of, freeze, send, thaw
from tests.servers.process import Child

LOOK_SECONDS = 0.05
ROWS_SECONDS = 0.25
PATIENCE_SECONDS = 300.0  # by then everything has ended, or it never will
IDLE_SECONDS = 30.0
POINT_STOP_SECONDS = 3.0
AGAIN_SECONDS = 0.5
SERVERS = {Target.VALKEY, Target.POSTGRES, Target.STORE}
FINAL = {"succeeded", "failed", "cancelled"}


@dataclass(slots=True)
class Death:
    """A process of the fleet that was killed, and what it had in hand at that moment."""

    at: float
    kind: str
    pids: list[int]
    utterances: int = 0
    chars: int = 0
    slots: int = 0
    held: list[tuple[int, int]] = field(default_factory=list)
    claimed_again_seconds: float | None = None

    def as_json(self) -> dict[str, Any]:
        """As results keep it."""
        names = ("kind", "utterances", "chars", "slots", "claimed_again_seconds")
        return {name: getattr(self, name) for name in names} | {"steps": len(self.held)}


@dataclass(slots=True)
class Course:
    """What happens in one run."""

    rig: Rig
    faults: list[Fault]
    submissions: list[Submission]
    answered: list[str] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)
    fired: set[str] = field(default_factory=set)
    refused: str = ""  # why a document was, which no fault explains
    ended_after_seconds: float = 0.0
    _due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _began: float = 0.0
    _looked: float = 0.0
    _waiting: list[Fault] = field(default_factory=list)
    _ended: bool = False
    _over: Event = field(default_factory=Event)

    def run(self) -> None:
        """Everything, until all jobs have ended and all that was stopped goes on again."""
        self._began = monotonic()
        self._waiting = list(self.faults)
        self._reached(0.0)
        self._step()  # failpoints are armed before anything is submitted
        client = Thread(target=self._submit, daemon=True)
        client.start()
        deadline = self._began + PATIENCE_SECONDS
        while not (self._ended and not self._due and not self._waiting):
            if monotonic() > deadline or self.refused:
                break
            self._step()
            self._over.wait(LOOK_SECONDS)
        self._over.set()
        client.join(5.0)

    def settle(self) -> dict[str, int]:
        """Wait until the fleet is idle; what it still holds that it should not, if it never is."""
        self.kept_up(lambda: self.rig.answering() and not self._left(), IDLE_SECONDS)
        return self._left() if self.rig.answering() else {"not answering": 1}

    def kept_up(self, good: Callable[[], bool], seconds: float) -> bool:
        """Start again what ends meanwhile, until all is good; whether it ever was."""
        deadline = monotonic() + seconds
        while not good():
            if monotonic() > deadline:
                return False
            self._step()
            Event().wait(LOOK_SECONDS)
        return True

    def _left(self) -> dict[str, int]:
        sockets = self.rig.sockets_open()
        return self.rig.rows.left() | ({"open sockets": sockets} if sockets else {})

    # ------------------------------------------------------------------------------ the loop

    def _step(self) -> None:
        while self._due and self._due[0][0] <= monotonic():
            heappop(self._due)[2]()
        for child in self.rig.revive():
            self._found_dead(child.pid)
        self._look_at_points()
        if monotonic() >= self._looked + ROWS_SECONDS:
            self._look_at_rows()
            self._looked = monotonic()

    def _later(self, at: float, act: Callable[[], None]) -> None:
        heappush(self._due, (at, next(self._numbers), act))

    def _look_at_rows(self) -> None:
        try:
            states, chars = self.rig.rows.states(), self.rig.rows.spoken_chars()
            for death in self.deaths:
                self._follow(death)
        except psycopg.Error:
            return
        answered = len(self.answered) == len(self.submissions)
        ended = answered and bool(states) and set(states.values()) <= FINAL
        if ended and not self._ended:
            self.ended_after_seconds = monotonic() - self._began
        self._ended = ended
        self._reached(1.0 if ended else chars / sum(len(each.source) for each in self.submissions))

    def _reached(self, share: float) -> None:
        """What was to come once so much is spoken is due."""
        for fault in [each for each in self._waiting if each.at_share <= share]:
            self._waiting.remove(fault)
            self._later(monotonic() + fault.at_seconds, partial(self._begin, fault))

    def _follow(self, death: Death) -> None:
        """Whether what the dead process had claimed is somebody else's by now."""
        looked_for = death.claimed_again_seconds is None and death.held
        if looked_for and not self.rig.rows.still_held(death.held):
            death.claimed_again_seconds = round(monotonic() - death.at, 2)

    # ------------------------------------------------------------------------------ failpoints

    def _look_at_points(self) -> None:
        """Points that somebody came by: it is dead, or stopped and goes on later."""
        for path in self.rig.points.glob("*.*"):
            if path.name in self.fired or path.suffix == ".new":
                continue
            self.fired.add(path.name)
            pid, act = int(path.suffix[1:]), path.read_text()
            self.done.append({"at": self._now(), "fired": path.stem, "act": act})
            if act == "kill":
                self._note_death([pid], f"{Target.POINT} {path.stem}")
            elif act == "stop":
                at = monotonic() + POINT_STOP_SECONDS
                self._later(at, partial(go_on, pid))

    def _found_dead(self, pid: int) -> None:
        if not any(pid in death.pids for death in self.deaths):
            self.done.append({"at": self._now(), "ended": pid})

    def _note_death(self, pids: list[int], kind: str) -> None:
        """Killed processes: what they had in hand, as far as the database can be asked."""
        death = Death(at=monotonic(), kind=kind, pids=pids)
        self.deaths.append(death)
        try:
            death.utterances, death.chars, death.slots = self.rig.rows.in_flight(pids)
            death.held = self.rig.rows.held_by(pids)
        except psycopg.Error:
            self.done.append({"at": self._now(), "not asked": kind})

    def _now(self) -> float:
        return round(monotonic() - self._began, 2)

    # ------------------------------------------------------------------------------ faults

    def _begin(self, fault: Fault) -> None:
        """Let a fault befall its target; one that is down already is waited for."""
        name = name_of(fault)
        if name in self.rig.held_down or name in self.rig.restart_at:
            self._later(monotonic() + AGAIN_SECONDS, partial(self._begin, fault))
            return
        self.done.append({"at": self._now(), "fault": fault.kind, "under_way": not self._ended})
        if fault.target is Target.POINT:
            arm(self.rig, fault)
        elif fault.act is Act.FREEZE:
            family = freeze(child_of(self.rig, name))
            self._down(name, fault, partial(thaw, family))
        elif fault.target in SERVERS:
            if start := stopped(self.rig, fault):
                self._down(name, fault, start)
        else:
            self._end(fault, child_of(self.rig, name))

    def _end(self, fault: Fault, child: Child) -> None:
        """Have a process of the fleet ended, which is started again as soon as it has."""
        match fault.act:
            case Act.KILL:
                pids = [each.pid for each in family_of(child)]
                child.kill()
                self._note_death(pids, fault.kind)
            case Act.CHILD:
                for victim in family_of(child)[1:2]:
                    send(victim, signal.SIGKILL)
                    self._note_death([victim.pid], fault.kind)
            case _:
                child.signal(signal.SIGTERM)

    def _down(self, name: str, fault: Fault, undo: Callable[[], None]) -> None:
        """Leave it so for as long as the fault lasts."""
        self.rig.held_down.add(name)
        self._later(monotonic() + fault.seconds, partial(self._up, name, undo))

    def _up(self, name: str, undo: Callable[[], None]) -> None:
        undo()
        self.rig.held_down.discard(name)

    # ------------------------------------------------------------------------------ the client

    def _submit(self) -> None:
        for submission in self.submissions:
            while not self._over.is_set() and not self._submitted(submission):
                self._over.wait(AGAIN_SECONDS)

    def _submitted(self, submission: Submission) -> bool:
        """Whether the API has taken a document; a second try may make a second job."""
        try:
            answer = httpx.post(
                f"{self.rig.fleet.api_url}/v1/jobs",
                headers={"Authorization": f"Bearer {API_KEY}"},
                files={"document": (submission.name, submission.data)},
                data={"format": "flac", "webhook_url": self.rig.receiver.url},
                timeout=10.0,
            )
        except httpx.HTTPError:
            return False
        if answer.is_client_error:
            self.refused = answer.text
        if answer.is_success:
            self.answered.append(answer.json()["id"])
        return answer.is_success
