"""What the provider says of the account, told to the governor."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event

import pytest
from structlog.testing import capture_logs

from narrator.domain.errors import AccountFault
from narrator.domain.slots import Slot
from narrator.domain.voices import Voice
from narrator.services.reporter import Reporter
from tests.fakes.speaker import FakeSpeaker
from tests.unit.services.conftest import World

SLOT = Slot(number=0, fence=1, voice=Voice())


class BrokenSpeaker(FakeSpeaker):
    """A speaker whose first probe meets a defect of ours."""

    def probe(self, voice: Voice) -> None:
        super().probe(voice)
        if len(self.probed) == 1:
            raise ZeroDivisionError


@dataclass
class SlowSpeaker(FakeSpeaker):
    """A speaker whose probes wait for the provider."""

    asking: Event = field(default_factory=Event)
    answered: Event = field(default_factory=Event)

    def probe(self, voice: Voice) -> None:
        super().probe(voice)
        self.asking.set()
        assert self.answered.wait(timeout=10)


@pytest.fixture
def paused(world: World) -> World:
    """A world whose account was refused."""
    world.slots.refused(AccountFault("HTTP 402"), handshake_seconds=0.0, slot=SLOT)
    world.clock.wait(1)
    return world


def test_a_defect_of_a_probe_is_logged_and_the_account_can_be_tried_again(paused: World) -> None:
    reporter = Reporter(replace(paused.services, speaker=BrokenSpeaker()))
    with capture_logs() as lines:
        reporter.probe(Voice())
    assert [line["event"] for line in lines] == ["probe.defect"]
    assert paused.slots.account().fault is not None

    reporter.probe(Voice())
    assert paused.slots.account().fault is None


def test_a_defect_of_the_governor_is_logged_when_a_probe_is_told(paused: World) -> None:
    reporter = Reporter(replace(paused.services, slots=None))  # type: ignore[arg-type]
    with capture_logs() as lines:
        reporter.probe(Voice())
    assert [line["event"] for line in lines] == ["probe.defect"]


def test_nobody_tries_while_another_waits_for_the_provider(paused: World) -> None:
    speaker = SlowSpeaker()
    reporter = Reporter(replace(paused.services, speaker=speaker))
    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(reporter.probe, Voice())
        assert speaker.asking.wait(timeout=10)
        reporter.probe(Voice())
        speaker.answered.set()
        first.result(timeout=10)
    assert len(speaker.probed) == 1
