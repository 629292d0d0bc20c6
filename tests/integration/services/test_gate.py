"""Takes that a Speak server spoils on purpose: what is doubted is said again, counted and shown.

Real sockets, rows, samples and encoders. One socket with one utterance at a time, so that a seed
says which answers are spoilt.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic

import pytest

from narrator.bootstrap import bootstrap, migrate
from narrator.domain.artifacts import AudioFormat
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job, JobOptions, JobState, Progress
from narrator.services.hands import Hands
from narrator.services.kit import Services
from narrator.services.slots import SlotKeeper
from narrator.services.submit import submit
from narrator.settings import load
from narrator.speakserver.chaos import Chaos
from narrator.speakserver.spoiling import Spoil
from tests.acceptance.texts import voyage
from tests.acceptance.words import words_of
from tests.fakes.speaker import FakeDoorbell, FakeReader
from tests.integration.services.zombies import Worker
from tests.integration.speech.studio import KEY, Studio
from tests.unit.services.conftest import document

pytestmark = pytest.mark.integration

DAYS = voyage(5, first=3).split("\n\n")  # as long as each other
CLIPPED_IN_THE_MIDDLE = 19  # a seed
HEARD = (Spoil.TAIL, Spoil.GAP, Spoil.CLIP, Spoil.HUSH)  # what is found without listening


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrated:
    """A job at its end, its recording, and what the server was sent for it."""

    job: Job
    progress: Progress
    chars_received: int
    words: str
    doubts: list[list[str]]


Narrate = Callable[..., Narrated]


@pytest.fixture
def narrate(tmp_path: Path) -> Iterator[Narrate]:
    """Narrates paragraphs by a Speak server with that chaos."""
    with ExitStack() as stack:

        def run(chaos: Chaos, texts: Sequence[str] = DAYS, **settings: str) -> Narrated:
            server = Studio(stack).server(chaos=chaos, time_scale=60.0)
            told = environment(tmp_path, server.url) | settings
            services = installation(told, texts)
            job_id = done(services, tmp_path)
            return narrated(services, job_id, tmp_path, server.counts.characters_received)

        yield run


def environment(folder: Path, url: str) -> dict[str, str]:
    """One socket, and one utterance at a time."""
    return {
        "NARRATOR_HOME": str(folder),
        "NARRATOR_SCRATCH": str(folder),
        "DEEPGRAM_API_KEY": KEY,
        "NARRATOR_SPEAK_URL": url,
        "NARRATOR_SPEAKER": "offline-tone",
        "NARRATOR_SPEAK_TIME_SCALE": "60",
        "NARRATOR_SPEECH_SOCKETS": "1",
        "NARRATOR_SPEECH_OUTSTANDING": "1",
    }


def installation(told: dict[str, str], texts: Sequence[str]) -> Services:
    """SQLite, a folder, the real studio and the real speaker."""
    settings = load(told)
    migrate(settings)
    reader = FakeReader(document(tuple(texts)))
    return replace(bootstrap(settings), doorbell=FakeDoorbell(), reader=reader)


def done(services: Services, folder: Path) -> JobId:
    """Submit the document and do all there is to do."""
    source, job_id = folder / "voyage.txt", JobId(f"{1:032x}")
    source.write_text("the document's own bytes")
    options = JobOptions(format=AudioFormat.FLAC)
    submit(services, source, name=source.name, options=options, job_id=job_id)
    keeper = SlotKeeper(services, "worker", capacity=1)
    worker = Worker(services, Hands("worker", monotonic), keeper)
    for _ in ("plan", "slice", "render", "publish"):  # none of which is tried a second time
        worker.all()
    return job_id


def narrated(services: Services, job_id: JobId, folder: Path, chars_received: int) -> Narrated:
    """What became of the job."""
    job = services.jobs.get(job_id)
    paths = {each.name: folder / each.name for each in job.artifacts}
    for each in job.artifacts:
        services.objects.get_file(each.object_key, paths[each.name])
    chapters = json.loads(paths["manifest.json"].read_bytes())["chapters"]
    return Narrated(
        job=job,
        progress=services.jobs.progress(job_id),
        chars_received=chars_received,
        words=" ".join(words_of(paths["emma.flac"])),
        doubts=[chunk.get("doubts", []) for each in chapters for chunk in each["chunks"]],
    )


def test_spoilt_answers_are_said_again_until_they_are_good(narrate: Narrate) -> None:
    """Of five answers three are clipped or have a gap, and one of their repetitions is cut."""
    found = narrate(Chaos(spoil_share=0.4, spoils_of=HEARD))

    assert found.job.state is JobState.SUCCEEDED
    assert found.words == " ".join(DAYS)
    assert found.doubts == [[]] * len(DAYS)
    resent = found.progress.chars_resent
    assert resent == 4 * len(DAYS[0])
    assert found.progress.chars_sent == sum(map(len, DAYS)) + resent == found.chars_received
    assert found.progress.takes_doubtful == 0


def test_of_three_spoilt_answers_the_best_is_recorded_and_named(narrate: Narrate) -> None:
    """Silent, clipped, silent: clipped words can be understood."""
    spoilt = Chaos(seed=CLIPPED_IN_THE_MIDDLE, spoil_share=1.0, spoils_of=(Spoil.HUSH, Spoil.CLIP))
    found = narrate(spoilt, DAYS[:1])

    assert found.job.state is JobState.SUCCEEDED
    assert found.words == DAYS[0]
    assert found.doubts == [["clipped"]]
    assert found.progress.takes_doubtful == 1
    assert found.progress.chars_sent == 3 * len(DAYS[0]) == found.chars_received


def test_an_operator_can_have_takes_kept_as_they_come(narrate: Narrate) -> None:
    spoilt = Chaos(spoil_share=1.0, spoils_of=(Spoil.CLIP,))
    found = narrate(spoilt, DAYS[:1], NARRATOR_TAKE_CHECKS="0")

    assert found.words == DAYS[0]
    assert found.doubts == [[]]
    assert found.progress.takes_doubtful == 0
    assert found.chars_received == len(DAYS[0])
