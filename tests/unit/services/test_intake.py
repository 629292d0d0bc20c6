"""What is doubted is said again, three times in all, and the best is kept."""

from collections import Counter

import pytest

from narrator.domain.artifacts import TAKES
from narrator.domain.errors import SpeechInterrupted, StoreUnavailable
from narrator.domain.failpoints import FailPoint
from narrator.domain.gate import Doubt, Sound
from narrator.domain.ids import ObjectKey, TakeKey
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.ledger import Outcome
from narrator.domain.manifest_json import from_json
from narrator.domain.production import Production
from narrator.domain.voices import Voice
from narrator.services.judging import TONES
from narrator.services.ports import Gate
from tests.fakes.objects import MemoryObjects
from tests.fakes.paces import FakeEar, MemoryPaces, good
from tests.fakes.speaker import pcm_of
from tests.unit.services.conftest import World, document
from tests.unit.services.stays import ONE, THREE, TWO, alone, chapters, chars, speak

SAMPLES = len(pcm_of(ONE)) // 2
CLEAN = good(SAMPLES)
CUT = good(SAMPLES, tail_db=-3.0)
OFFSET = good(SAMPLES + 9_000, offset=0.05)
SILENT = good(SAMPLES - 9_000, loudest_dbfs=-90.0)


@pytest.fixture
def ear(world: World) -> FakeEar:
    """What listens to a world whose one chapter is one chunk."""
    made = FakeEar()
    chapters(world, ONE)
    world.swap(gate=Gate(ear=made, paces=MemoryPaces()))
    return made


def hear(world: World, ear: FakeEar, *sounds: Sound) -> list[str]:
    """Let takes sound like this; what was said."""
    ear.sounds = list(sounds)
    world.plan()
    speak(world)
    return world.speaker.said


def test_a_good_take_is_kept_at_once(world: World, ear: FakeEar) -> None:
    assert hear(world, ear) == [ONE]
    assert ear.heard == 1


def test_a_doubted_take_is_said_again_at_once(world: World, ear: FakeEar) -> None:
    assert hear(world, ear, CUT) == [ONE, ONE]
    assert chars(world) == {Outcome.LATE: len(ONE), Outcome.KEPT: len(ONE)}
    assert len(world.speaker.opened) == 1


def test_the_ledger_names_the_doubt(world: World, ear: FakeEar) -> None:
    hear(world, ear, CUT)
    codes = [row.code for row in world.store.utterances.rows.values() if row.code]
    assert codes == ["gate-cut-off"]


def test_three_doubted_takes_are_all_and_the_best_is_kept(world: World, ear: FakeEar) -> None:
    assert hear(world, ear, CUT, OFFSET, SILENT) == [ONE] * 3
    (take,) = world.store.find(_keys(world)).values()
    assert take.doubts == (Doubt.OFFSET,)
    assert _doubtful(world) == 1


def test_two_takes_alike_are_enough(world: World, ear: FakeEar) -> None:
    """The voice says these words so, and would a third time."""
    assert hear(world, ear, CUT, CUT, CLEAN) == [ONE] * 2
    assert _doubtful(world) == 1


def test_a_good_take_after_a_doubted_one_leaves_no_doubt(world: World, ear: FakeEar) -> None:
    hear(world, ear, CUT, CLEAN)
    assert _doubtful(world) == 0


def test_a_job_whose_takes_are_doubted_succeeds(world: World, ear: FakeEar) -> None:
    hear(world, ear, CUT, OFFSET, SILENT)
    world.work()
    (job,) = world.store.recent(limit=1)
    assert job.state is JobState.SUCCEEDED


def test_the_other_chunks_of_a_slice_are_said_meanwhile(world: World, ear: FakeEar) -> None:
    alone(world)
    chapters(world, ONE, TWO, THREE)
    assert sorted(hear(world, ear, CUT)) == sorted([ONE, ONE, TWO, THREE])


def cut_the_second(world: World) -> None:
    """Let the socket break when words are said for the second time."""

    def before(text: str) -> None:
        if len(world.speaker.said) == 1:
            world.speaker.cuts[text] = SpeechInterrupted("the socket broke")

    world.speaker.before = before


def test_words_whose_repetition_breaks_off_are_said_by_the_next_claim(
    world: World, ear: FakeEar
) -> None:
    """What was doubted counts all the same: two more are all that there are."""
    cut_the_second(world)
    hear(world, ear, CUT, OFFSET, SILENT, CLEAN)
    world.later()
    assert world.speaker.said == [ONE] * 4
    n = len(ONE)
    assert chars(world) == {Outcome.LATE: 2 * n, Outcome.CUT: n, Outcome.KEPT: n}
    (job,) = world.store.recent(limit=1)
    assert job.state is JobState.SUCCEEDED


def test_what_was_said_before_a_repetition_broke_off_may_be_the_best(
    world: World, ear: FakeEar
) -> None:
    cut_the_second(world)
    hear(world, ear, OFFSET, OFFSET, CUT, SILENT)
    world.later()
    assert len(world.speaker.said) == 4
    assert _kept_doubts(world) == (Doubt.OFFSET,)


class Killed(BaseException):
    """The process ends here and now."""


def kill_at(world: World, point: FailPoint, *, time: int) -> None:
    """Let the process die when it passes this point that many times."""
    passed = Counter[FailPoint]()

    def reach(at: FailPoint) -> None:
        passed[at] += 1
        if (at, passed[at]) == (point, time):
            raise Killed

    world.swap(reach=reach)


@pytest.mark.parametrize(
    ("point", "time"),
    [
        (FailPoint.TAKE_STORED, 2),
        (FailPoint.UTTERANCE_BEGUN, 3),
        (FailPoint.UTTERANCE_SPOKEN, 3),
    ],
)
def test_who_dies_over_the_last_attempt_leaves_the_best_to_be_kept(
    world: World, ear: FakeEar, point: FailPoint, time: int
) -> None:
    """Nothing more is paid for, and all that may have been paid for is counted."""
    kill_at(world, point, time=time)
    with pytest.raises(Killed):
        hear(world, ear, OFFSET, CUT, CUT)
    said, ear.sounds = len(world.speaker.said), [OFFSET]
    world.swap(reach=lambda _: None)
    world.later()
    assert _kept_doubts(world) == (Doubt.OFFSET,)
    assert len(world.speaker.said) == said
    assert chars(world) == {Outcome.LATE: 2 * len(ONE), Outcome.LOST: len(ONE)}


def test_what_a_dead_worker_put_by_may_be_better_than_what_follows(
    world: World, ear: FakeEar
) -> None:
    kill_at(world, FailPoint.UTTERANCE_BEGUN, time=2)
    with pytest.raises(Killed):
        hear(world, ear, OFFSET)
    ear.sounds = [OFFSET, CUT]
    world.swap(reach=lambda _: None)
    world.later()
    assert world.speaker.said == [ONE] * 2
    assert _kept_doubts(world) == (Doubt.OFFSET,)


def test_what_was_put_by_and_is_gone_is_said_again(world: World, ear: FakeEar) -> None:
    kill_at(world, FailPoint.UTTERANCE_BEGUN, time=2)
    with pytest.raises(Killed):
        hear(world, ear, OFFSET)
    for key in world.objects.beneath(TAKES, after="", limit=9):
        world.objects.delete(key.key)
    world.swap(reach=lambda _: None)
    world.later()
    assert _kept_doubts(world) == ()


class UnreadableObjects:
    """An object store from which nothing can be read at this moment."""

    def __init__(self, objects: MemoryObjects) -> None:
        self._objects = objects

    def __getattr__(self, name: str) -> object:
        return getattr(self._objects, name)

    def get_bytes(self, key: ObjectKey) -> bytes:
        raise StoreUnavailable(f"{key[:6]} cannot be read")


def test_while_what_was_put_by_cannot_be_read_nothing_is_said(world: World, ear: FakeEar) -> None:
    kill_at(world, FailPoint.UTTERANCE_BEGUN, time=2)
    with pytest.raises(Killed):
        hear(world, ear, OFFSET)
    world.swap(reach=lambda _: None, objects=UnreadableObjects(world.objects))
    world.later()
    assert world.speaker.said == [ONE]
    ear.sounds = [OFFSET]
    world.swap(objects=world.objects)
    world.later()
    assert world.speaker.said == [ONE] * 2


def test_without_a_gate_what_was_put_by_is_kept_as_it_is(world: World, ear: FakeEar) -> None:
    kill_at(world, FailPoint.UTTERANCE_BEGUN, time=2)
    with pytest.raises(Killed):
        hear(world, ear, OFFSET)
    world.swap(reach=lambda _: None, gate=None)
    world.later()
    assert world.speaker.said == [ONE]


def test_a_gate_that_breaks_stops_nothing(world: World, ear: FakeEar) -> None:
    ear.broken = True
    assert hear(world, ear) == [ONE]
    (take,) = world.store.find(_keys(world)).values()
    assert take.doubts is None


def test_how_fast_a_voice_speaks_is_looked_up_once_a_slice(world: World, ear: FakeEar) -> None:
    gate = world.services.gate
    assert gate is not None
    hear(world, ear, CUT)
    assert isinstance(gate.paces, MemoryPaces)
    assert gate.paces.looked_up == 1


def test_good_takes_are_learned_from(world: World, ear: FakeEar) -> None:
    text = ONE * 4
    chapters(world, text)
    hear(world, ear)
    gate = world.services.gate
    assert gate is not None
    assert sum(gate.paces.learned(Voice()).values()) == 1


def test_takes_out_of_the_usual_band_are_doubted_and_learned(world: World, ear: FakeEar) -> None:
    """Unless the speaker writes bytes as tones: those have no pace."""
    world.speak_as("deepgram")
    chapters(world, ONE * 4)
    slow = good(SAMPLES * 40)
    assert hear(world, ear, slow, slow) == [ONE * 4] * 2
    gate = world.services.gate
    assert gate is not None
    assert sum(gate.paces.learned(Voice()).values()) == 1


def test_the_tone_voice_has_no_pace(world: World, ear: FakeEar) -> None:
    world.speak_as(TONES)
    assert hear(world, ear, good(SAMPLES * 40)) == [ONE]


@pytest.mark.parametrize("listens", [True, False])
def test_words_are_compared_where_the_job_asks_for_it(
    world: World, ear: FakeEar, *, listens: bool
) -> None:
    ear.words = (Doubt.DOUBLED,)
    world.options = JobOptions(production=Production(listen=listens))
    hear(world, ear)
    assert _doubtful(world) == listens


def test_a_voice_that_listening_never_understands_is_not_listened_to_any_more(
    world: World, ear: FakeEar
) -> None:
    """Three takes and the first said again are four: what comes after them is not doubted."""
    alone(world)
    chapters(world, ONE, TWO, THREE)
    ear.words = (Doubt.DOUBLED,)
    world.options = JobOptions(production=Production(listen=True))
    assert len(hear(world, ear)) == 6
    assert _doubtful(world) == 1


def test_nobody_listens_to_silence(world: World, ear: FakeEar) -> None:
    ear.words = (Doubt.DOUBLED,)
    world.options = JobOptions(production=Production(listen=True))
    hear(world, ear, SILENT, SILENT)
    (take,) = world.store.find(_keys(world)).values()
    assert take.doubts == (Doubt.SILENT,)


def test_takes_of_an_earlier_release_are_judged_when_they_are_rendered(
    world: World, ear: FakeEar
) -> None:
    with_gate = world.services.gate
    world.swap(gate=None)
    hear(world, ear)
    world.swap(gate=with_gate)
    ear.sounds = [CUT]
    world.work()
    assert (_doubtful(world), world.speaker.said) == (1, [ONE])


def second_job(world: World, ear: FakeEar, *words: tuple[Doubt, ...]) -> int:
    """Chunks that a job shows as doubtful of which every take was spoken for another one."""
    hear(world, ear)
    world.work()
    ear.heard_words = list(words)
    world.options = JobOptions(production=Production(listen=True))
    job = world.plan(2)
    world.work()
    return world.store.progress(job.id).takes_doubtful


def test_takes_of_earlier_jobs_are_listened_to_when_they_are_rendered(
    world: World, ear: FakeEar
) -> None:
    assert second_job(world, ear, (Doubt.DOUBLED,)) == 1
    assert world.speaker.said == [ONE]


@pytest.mark.parametrize(
    ("sound", "shown"),
    [(CUT, (Doubt.CUT_OFF, Doubt.DOUBLED)), (SILENT, (Doubt.SILENT,))],
)
def test_doubts_of_words_are_shown_beside_those_that_a_take_brings(
    world: World, ear: FakeEar, sound: Sound, shown: tuple[Doubt, ...]
) -> None:
    """Nobody listens to silence."""
    hear(world, ear, sound, sound)
    world.work()
    ear.words = (Doubt.DOUBLED,)
    world.options = JobOptions(production=Production(listen=True))
    job = world.plan(2)
    world.work()
    (proof,) = [each for each in world.store.get(job.id).artifacts if each.name == "manifest.json"]
    manifest = from_json(world.objects.get_bytes(proof.object_key))
    assert manifest.chapters[0].chunks[0].doubts == shown


def test_what_was_listened_to_when_it_was_spoken_is_listened_to_once(
    world: World, ear: FakeEar
) -> None:
    world.options = JobOptions(production=Production(listen=True))
    hear(world, ear)
    ear.words = (Doubt.DOUBLED,)
    world.work()
    assert _doubtful(world) == 0


def test_of_a_chapter_that_is_not_understood_no_words_are_doubted(
    world: World, ear: FakeEar
) -> None:
    world.reader.answer = document(tuple(text * 16 for text in (ONE, TWO, THREE, ONE + TWO)))
    strange = (Doubt.OTHER_WORDS,)
    assert second_job(world, ear, strange, (), strange, strange) == 0


def test_a_worker_that_cannot_listen_renders_all_the_same(world: World, ear: FakeEar) -> None:
    ear.deaf = True
    assert second_job(world, ear, (Doubt.DOUBLED,)) == 0
    assert {job.state for job in world.store.recent(limit=2)} == {JobState.SUCCEEDED}


def _keys(world: World) -> list[TakeKey]:
    return [row.sending.key for row in world.store.utterances.rows.values()]


def _kept_doubts(world: World) -> tuple[Doubt, ...] | None:
    (take,) = world.store.find(_keys(world)).values()
    return take.doubts


def _doubtful(world: World) -> int:
    (job,) = world.store.recent(limit=1)
    return world.store.progress(job.id).takes_doubtful
