"""A whole Narrator in one process: a real Speak server, SQLite, a folder, the real studio.

One socket with one utterance at a time, so that the server is sent the same in the same order.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from time import monotonic

from narrator.bootstrap import bootstrap, migrate
from narrator.domain.artifacts import AudioFormat
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job, JobOptions, JobState, Progress
from narrator.domain.lexicon import NO_LEXICON, Lexicon
from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import from_json
from narrator.services.hands import Hands
from narrator.services.kit import Services
from narrator.services.slots import SlotKeeper
from narrator.services.submit import submit
from narrator.settings import load
from narrator.speakserver.chaos import Chaos
from tests.acceptance.words import words_of
from tests.fakes.speaker import FakeDoorbell
from tests.integration.services.zombies import Worker
from tests.integration.speech.studio import KEY, Server, Studio

OPTIONS = JobOptions(format=AudioFormat.FLAC)
TIME_SCALE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrated:
    """A job that succeeded: what the ledger has of it, its manifest, what its recording says."""

    job: Job
    progress: Progress
    manifest: Manifest
    words: str


class Whole:
    """Narrates a text again and again; `server` counts what it is sent for it."""

    def __init__(self, folder: Path, server: Server, settings: dict[str, str]) -> None:
        told = load(environment(folder, server.url) | settings)
        migrate(told)
        self.server = server
        self._folder = folder
        self._services = replace(bootstrap(told), doorbell=FakeDoorbell())
        self._worker = _worker(self._services)
        self._numbers = count(1)

    def narrate(self, text: str, lexicon: Lexicon = NO_LEXICON) -> Narrated:
        """Submit a text as a job, and do each of its steps once."""
        services, job_id = self._services, JobId(f"{next(self._numbers):032x}")
        source = self._folder / "voyage.txt"
        source.write_text(text)
        submit(services, source, name=source.name, options=OPTIONS, job_id=job_id, lexicon=lexicon)
        for _ in ("plan", "slice", "render", "publish"):  # a step that fails is not tried again
            self._worker.all()
        job = services.jobs.get(job_id)
        assert job.state is JobState.SUCCEEDED, job
        return Narrated(
            job=job,
            progress=services.jobs.progress(job_id),
            manifest=from_json(self._file(job, "manifest.json").read_bytes()),
            words=" ".join(words_of(self._file(job, "voyage.flac"))),
        )

    def _file(self, job: Job, name: str) -> Path:
        (artifact,) = (each for each in job.artifacts if each.name == name)
        path = self._folder / name
        self._services.objects.get_file(artifact.object_key, path)
        return path


def _worker(services: Services) -> Worker:
    keeper = SlotKeeper(services, "worker", capacity=1)
    return Worker(services, Hands("worker", monotonic), keeper)


def environment(folder: Path, url: str) -> dict[str, str]:
    """The settings. Nobody renews leases here, and nobody dies: they outlast any test."""
    return {
        "NARRATOR_HOME": str(folder),
        "NARRATOR_SCRATCH": str(folder),
        "DEEPGRAM_API_KEY": KEY,
        "NARRATOR_SPEAK_URL": url,
        "NARRATOR_SPEAKER": "offline-tone",
        "NARRATOR_SPEAK_TIME_SCALE": f"{TIME_SCALE:g}",
        "NARRATOR_SPEECH_SOCKETS": "1",
        "NARRATOR_SPEECH_OUTSTANDING": "1",
        "NARRATOR_LEASE_SECONDS": "300",
        "NARRATOR_SLOT_SECONDS": "300",
    }


@contextmanager
def whole(folder: Path, chaos: Chaos | None = None, **settings: str) -> Iterator[Whole]:
    """Start a Speak server with that chaos, and a Narrator that speaks to it."""
    with ExitStack() as stack:
        server = Studio(stack).server(chaos=chaos or Chaos(), time_scale=TIME_SCALE)
        yield Whole(folder, server, settings)
