"""A text that a real Speak server refuses by closing, beside another job's on the same socket."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from narrator.domain.faults import Fault
from narrator.domain.jobs import JobState
from narrator.domain.slots import Sent, Slot
from narrator.domain.voices import Voice
from narrator.services.ports import Feed, Hold, Report
from narrator.speakserver.config import Limits
from narrator.speech.speaker import DeepgramSpeaker
from tests.fakes.feeds import Held
from tests.integration.speech.studio import Server, Studio
from tests.unit.services.conftest import World
from tests.unit.services.stays import ONE, TWO, alone, chapters

pytestmark = pytest.mark.integration

REFUSED, NEIGHBOUR = ONE * 16, TWO * 8
LIMITS = Limits(speak_chars=(len(REFUSED) + len(NEIGHBOUR)) // 2)


@dataclass
class Endless:
    """A speaker whose holds do not end: the clock of the twins is not the loop's."""

    speaker: DeepgramSpeaker

    def speak(self, hold: Hold, feed: Feed) -> Iterator[Report]:
        return self.speaker.speak(Held(hold.slot), feed)

    def rest(self, slot: Slot) -> tuple[Sent, ...]:
        return self.speaker.rest(slot)

    def probe(self, voice: Voice) -> None:
        self.speaker.probe(voice)

    def close(self) -> None:
        self.speaker.close()


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    """A Speak server, slow enough that two are outstanding, for the fleet's one seat."""
    with ExitStack() as stack:
        studio = Studio(stack)
        server = studio.server(limits=LIMITS, first_audio_ms=500)
        world.swap(speaker=Endless(studio.speaker(server.url)))
        alone(world)
        yield server


def test_it_fails_its_own_job_and_the_other_is_spoken(world: World, server: Server) -> None:
    jobs = {}
    for number, text in enumerate((NEIGHBOUR, REFUSED), start=1):
        chapters(world, text)
        jobs[text] = world.plan(number)
    for _ in range(4):
        world.later()
    states = {text: world.store.get(job.id).state for text, job in jobs.items()}
    codes = [row.code for row in world.store.utterances.rows.values()]

    assert states == {REFUSED: JobState.FAILED, NEIGHBOUR: JobState.SUCCEEDED}
    assert sorted(codes) == ["", Fault.CLOSE_1009, Fault.ONE_OF_SEVERAL, Fault.ONE_OF_SEVERAL]
    assert server.counts.speaks_received == len(codes)
