"""A whole Narrator on one machine without servers: its real services, and a voice of tones.

Rows are in SQLite, objects in a folder, and steps are done by processes that claim them, as workers
do; only the provider is left out, whose limits would make a book of hours take hours.
"""

import multiprocessing
import os
import resource
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from benchmarks.rig.remembering import RememberingStudio
from narrator.bootstrap import bootstrap, configure_logging, migrate
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job, JobOptions
from narrator.domain.slots import Sent, Slot
from narrator.domain.steps import Queue
from narrator.domain.voices import Voice
from narrator.services.dispatch import dispatch
from narrator.services.hands import Hands
from narrator.services.kit import Services
from narrator.services.ports import Connected, Feed, Hold, Report, Spoken, Unsent
from narrator.services.slots import SlotKeeper
from narrator.services.stored import plan_of
from narrator.services.submit import submit
from narrator.services.work import work
from narrator.settings import load
from narrator.speakserver import tone

BYTE_MS = 40.0
"""At which a text of tones survives every codec; it is spoken at 25 bytes a second."""

_PARAGRAPH = 12  # sentences

JOB = JobId("1" * 32)


@dataclass
class ToneSpeaker:
    """The port `Speaker`: says at once what it is given, `most` utterances in all."""

    most: int
    said: int = 0
    open: set[int] = field(default_factory=set)

    def speak(self, hold: Hold, feed: Feed) -> Iterator[Report]:
        """Say what is given."""
        if hold.slot.number not in self.open:
            self.open.add(hold.slot.number)
            yield Connected(request_id="tones", seconds=0.0)
        while feed.going() and (given := list(feed.more())):
            for each in given:
                if not feed.going() or not feed.permit([each.key]):
                    yield Unsent(key=each.key)
                    continue
                self.said += 1
                pcm = tone.speak(each.text, 24_000, BYTE_MS).tobytes()
                yield Spoken(key=each.key, pcm=pcm, model_version="tones", request_id="tones")

    def rest(self, slot: Slot) -> tuple[Sent, ...]:
        """There was no socket."""
        self.open.discard(slot.number)
        return ()

    def probe(self, voice: Voice) -> None:
        """It can always be had."""

    def close(self) -> None:
        """No more."""
        self.open.clear()


class Nobody:
    """The port `Doorbell`: whoever works here looks for steps without being rung."""

    def ring(self, queue: Queue, times: int) -> None:
        """Nobody hears it."""

    def check(self) -> None:
        """It is in order."""


class Inline(Executor):
    """Does at once, in the caller's thread, what it is given."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 — as the class it is of
        """Do it."""
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@dataclass(frozen=True)
class Used:
    """What a process came to use, and its children: memory at the most, bytes written."""

    seconds: float
    cpu_seconds: float
    megabytes: float
    child_megabytes: float
    written_megabytes: float


class Pipeline:
    """The installation in a folder. `environment` are settings besides the usual ones.

    `remembers`: chapters of the same takes are rendered once.
    """

    def __init__(
        self, home: Path, environment: Mapping[str, str] | None = None, *, remembers: bool = False
    ) -> None:
        self.home = home
        self._remembers = remembers
        self.scratch = home / "scratch"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self._environment = {
            "NARRATOR_HOME": str(home),
            "NARRATOR_SCRATCH": str(self.scratch),
            "NARRATOR_SPEAKER": "offline-tone",
            "NARRATOR_BROKER_URL": "redis://127.0.0.1:1/0",
            "NARRATOR_LEASE_SECONDS": "600",
            "NARRATOR_LOG_LEVEL": "ERROR",
            **(environment or {}),
        }
        self.services = self.built()

    def built(self, *, speaks: int = 0) -> Services:
        """The services of a process that may say so many utterances."""
        settings = load(self._environment)
        configure_logging(settings.log)
        migrate(settings)
        services = bootstrap(settings)
        if self._remembers:
            services = replace(services, studio=RememberingStudio(self.home / "remembered"))
        return replace(services, speaker=ToneSpeaker(speaks), doorbell=Nobody())

    def submit(self, path: Path, options: JobOptions, job_id: JobId = JOB) -> None:
        """Submit a document, and plan it."""
        submit(self.services, path, name=path.name, options=options, job_id=job_id)
        self.work(self.services, Queue.AUDIO, most=1)

    def chunks(self, job_id: JobId = JOB) -> int:
        """How many chunks a planned job has, those of the same text counted once."""
        plan = plan_of(self.services, self.job(job_id))
        return len({chunk.text for chapter in plan.chapters for chunk in chapter.chunks})

    def job(self, job_id: JobId = JOB) -> Job:
        """The job as it is."""
        return self.services.jobs.get(job_id)

    def speak(self, most: int) -> int:
        """Say so many utterances, and stop where that is; how many were said."""
        services = self.built(speaks=most)
        speaker = services.speaker
        assert isinstance(speaker, ToneSpeaker)
        self.work(services, Queue.SPEECH, going=lambda: speaker.said < speaker.most)
        return speaker.said

    def work(
        self,
        services: Services,
        queue: Queue,
        *,
        most: int = 1 << 30,
        going: Any = lambda: True,  # noqa: ANN401 — called without arguments
    ) -> None:
        """Do the steps of a queue until there is none left, or so many."""
        hands = Hands(f"bench:{os.getpid()}", services.clock)
        keeper = SlotKeeper(services, hands.owner, capacity=2, going=going, threads=Inline())
        dispatch(services)
        while most and work(services, queue, hands=hands, keeper=keeper, going=going):
            most -= 1
            dispatch(services)
        keeper.close()

    def audio(self, processes: int) -> list[Used]:
        """Render and publish what is due, in so many processes; what each of them used."""
        context = multiprocessing.get_context("spawn")
        with context.Pool(processes, maxtasksperchild=1) as pool:
            given = [(self.home, self._environment, self._remembers)] * processes
            return pool.starmap(_audio, given, chunksize=1)


def _audio(home: Path, environment: Mapping[str, str], remembers: bool) -> Used:  # noqa: FBT001 — a row of arguments
    pipeline = Pipeline(home, environment, remembers=remembers)
    began = pipeline.services.clock()
    pipeline.work(pipeline.services, Queue.AUDIO)
    return used(pipeline.services.clock() - began)


def used(seconds: float) -> Used:
    """What this process, and those of its children that ended, came to use."""
    written = next(
        int(line.split()[1])
        for line in Path("/proc/self/io").read_text().splitlines()
        if line.startswith("wchar")
    )
    own, children = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Used(
        seconds=seconds,
        cpu_seconds=sum(each.ru_utime + each.ru_stime for each in (own, children)),
        megabytes=own.ru_maxrss / 1024,
        child_megabytes=children.ru_maxrss / 1024,
        written_megabytes=written / 1e6,
    )


def book(path: Path, *, chapters: int, seconds: float, alike: bool = False) -> None:
    """A text whose chapters are about so long in tones, no two sentences of them alike.

    `alike`: all chapters but the last say the same, so that few takes make a long book.
    """
    with path.open("w", encoding="utf-8") as file:
        for chapter in range(1, chapters + 1):
            told = 1 if alike and chapter < chapters else chapter
            file.write(f"# Chapter {told}\n\n")
            said = sentence = 0
            while said * BYTE_MS / 1000 < seconds:
                sentence += 1
                text = f"Sentence {sentence} of chapter {told} is said here in tones alone."
                said += len(text) + 6
                file.write(text + ("\n\n" if sentence % _PARAGRAPH == 0 else " "))
            file.write("\n\n")
