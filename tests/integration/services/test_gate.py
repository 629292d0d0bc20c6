"""Takes that a Speak server spoils on purpose: what is doubted is said again, counted and shown."""

from pathlib import Path

import pytest

from narrator.domain.gate import Doubt
from narrator.speakserver.chaos import Chaos
from narrator.speakserver.spoiling import Spoil
from tests.acceptance.texts import voyage
from tests.integration.services.whole import Narrated, whole

pytestmark = pytest.mark.integration

DAYS = voyage(5, first=3).split("\n\n")  # a chunk each, as long as each other
DAY = len(DAYS[0])
HEARD = (Spoil.TAIL, Spoil.GAP, Spoil.CLIP, Spoil.HUSH)  # what is found without listening
CLIPPED_IN_THE_MIDDLE = 19  # a seed


def doubts(narrated: Narrated) -> list[Doubt]:
    """Everything that the manifest doubts."""
    chunks = [each for chapter in narrated.manifest.chapters for each in chapter.chunks]
    return [doubt for each in chunks for doubt in each.doubts]


def test_spoilt_answers_are_said_again_until_they_are_good(tmp_path: Path) -> None:
    """Of five answers three are clipped or have a gap, and one of their repetitions is cut."""
    with whole(tmp_path, Chaos(spoil_share=0.4, spoils_of=HEARD)) as here:
        narrated = here.narrate("\n\n".join(DAYS))

    assert narrated.words == " ".join(DAYS)
    assert doubts(narrated) == []
    assert narrated.progress.takes_doubtful == 0
    assert narrated.progress.chars_resent == 4 * DAY
    assert narrated.progress.chars_sent == 9 * DAY == here.server.counts.characters_received


def test_of_three_spoilt_answers_the_best_is_recorded_and_named(tmp_path: Path) -> None:
    """Silent, clipped, silent: clipped words can be understood."""
    kinds = (Spoil.HUSH, Spoil.CLIP)
    spoilt = Chaos(seed=CLIPPED_IN_THE_MIDDLE, spoil_share=1.0, spoils_of=kinds)
    with whole(tmp_path, spoilt) as here:
        narrated = here.narrate(DAYS[0])

    assert narrated.words == DAYS[0]
    assert doubts(narrated) == [Doubt.CLIPPED]
    assert narrated.progress.takes_doubtful == 1
    assert narrated.progress.chars_sent == 3 * DAY == here.server.counts.characters_received


def test_an_operator_can_have_takes_kept_as_they_come(tmp_path: Path) -> None:
    spoilt = Chaos(spoil_share=1.0, spoils_of=(Spoil.CLIP,))
    with whole(tmp_path, spoilt, NARRATOR_TAKE_CHECKS="0") as here:
        narrated = here.narrate(DAYS[0])

    assert narrated.words == DAYS[0]
    assert doubts(narrated) == []
    assert narrated.progress.takes_doubtful == 0
    assert here.server.counts.characters_received == DAY
