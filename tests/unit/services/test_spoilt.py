"""What was stored is checked when it is read back; what is spoilt is made anew, or said."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import Missing
from narrator.domain.ids import ObjectKey
from narrator.domain.jobs import Failure, JobState
from narrator.domain.spoilt import MOST_SPOILT
from narrator.domain.steps import Queue
from narrator.services.ports import RenderedRecord
from narrator.services.stored import chapter_record, fetch_chapter, only_file
from tests.fakes.objects import MemoryObjects
from tests.unit.services.conftest import World, document

HANDSOME, CLEVER = "Emma was handsome.", "She was clever."


@dataclass(slots=True)
class Forgetful(MemoryObjects):
    """Keeps nothing whose key holds these words, and says that it does."""

    forgets: str = "takes/"

    def put_bytes(self, key: ObjectKey, data: bytes, *, media_type: str) -> None:
        if self.forgets not in key:
            MemoryObjects.put_bytes(self, key, data, media_type=media_type)


@dataclass(slots=True)
class Slip(MemoryObjects):
    """Gives every take wrongly, once."""

    slipped: set[ObjectKey] = field(default_factory=set)

    def get_bytes(self, key: ObjectKey) -> bytes:
        data = MemoryObjects.get_bytes(self, key)
        if not key.startswith("takes/") or key in self.slipped:
            return data
        self.slipped.add(key)
        return data[:-1] + bytes([data[-1] ^ 1])


@dataclass(slots=True)
class Flicker(MemoryObjects):
    """The first chapter's audio that is asked for is gone, and then it is there."""

    missed: set[ObjectKey] = field(default_factory=set)

    def get_bytes(self, key: ObjectKey) -> bytes:
        if key.endswith(".m4b") and "/chapters/" in key and not self.missed:
            self.missed.add(key)
            raise Missing(f"there is no object {key}")
        return MemoryObjects.get_bytes(self, key)


def keys(world: World, words: str) -> list[ObjectKey]:
    """The stored objects whose keys hold these words, in order."""
    return sorted(key for key in world.objects.kept if words in key)


def corrupt(world: World, key: ObjectKey) -> None:
    """Change a byte in the middle of an object."""
    data = bytearray(world.objects.kept[key])
    data[len(data) // 2] ^= 1
    world.objects.kept[key] = bytes(data)


def lose(world: World, key: ObjectKey) -> None:
    del world.objects.kept[key]


def until_published(world: World) -> None:
    """Work until the `publish` step is all that is left."""
    world.submit()
    while len(keys(world, "/chapters/")) < 4:  # of two chapters the audio and the timeline
        assert any(world.work_once(queue) for queue in Queue)


def failure(world: World) -> Failure:
    (job,) = world.store.recent(limit=1)
    assert job.failure is not None
    return job.failure


# ----------------------------------------------------------------------------------------- takes


@pytest.mark.parametrize("spoil", [corrupt, lose])
def test_a_spoilt_take_is_spoken_again_and_no_other(world: World, spoil) -> None:
    world.submit(1)
    world.work()
    spoil(world, keys(world, "takes/")[0])
    second = world.submit(2)
    world.work()

    assert world.store.get(second.id).state is JobState.SUCCEEDED
    assert len(world.speaker.said) == 3
    assert world.store.progress(second.id).takes_spoilt == 1


def test_a_take_that_is_spoken_again_is_what_was_stored(world: World) -> None:
    world.submit(1)
    world.work()
    before = dict(world.objects.kept)
    for key in keys(world, "takes/"):
        corrupt(world, key)
    world.submit(2)
    world.work()
    world.submit(3)
    world.work()

    assert len(world.speaker.said) == 4
    assert {k: v for k, v in world.objects.kept.items() if k in before} == before


def test_the_log_names_a_spoilt_take_and_its_object(world: World) -> None:
    world.submit(1)
    world.work()
    key = keys(world, "takes/")[0]
    lose(world, key)
    world.submit(2)
    with capture_logs() as lines:
        world.work()

    (told,) = [line for line in lines if line["event"] == "take.spoilt"]
    assert (told["log_level"], told["object"]) == ("warning", key)
    assert told["take"] in key


def test_a_take_that_a_second_look_finds_right_is_not_spoken_again(world: World) -> None:
    world.swap(objects=Slip())
    job = world.submit()
    world.work()
    world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED
    assert world.speaker.said == [HANDSOME, CLEVER]


def test_a_store_that_keeps_no_take_is_paid_for_so_often_and_no_more(world: World) -> None:
    world.reader.answer = document((HANDSOME,))
    world.swap(objects=Forgetful())
    world.submit()
    world.work()

    assert failure(world).code == "stored-spoilt"
    assert "object store" in failure(world).remedy
    assert world.speaker.said == [HANDSOME] * MOST_SPOILT


def test_a_job_whose_store_is_mended_goes_on_when_it_is_retried(world: World) -> None:
    world.reader.answer = document((HANDSOME,))
    forgetful = Forgetful()
    world.swap(objects=forgetful)
    job = world.submit()
    world.work()
    forgetful.forgets = "nothing"
    world.clock.wait(1)
    world.store.retry(job.id)
    world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED


# -------------------------------------------------------------------------------------- chapters


@pytest.mark.parametrize("spoil", [corrupt, lose])
@pytest.mark.parametrize("suffix", [".m4b", ".json"])
def test_a_spoilt_chapter_is_rendered_again(world: World, spoil, suffix: str) -> None:
    until_published(world)
    spoil(world, next(key for key in keys(world, "/chapters/") if key.endswith(suffix)))
    world.work()

    (job,) = world.store.recent(limit=1)
    assert job.state is JobState.SUCCEEDED
    assert world.speaker.said == [HANDSOME, CLEVER]


def test_a_chapter_that_a_second_look_finds_is_fetched_again_and_is_no_defect(world: World) -> None:
    world.swap(objects=Flicker())
    job = world.submit()
    with capture_logs() as lines:
        world.work()
        world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED
    assert "step.defect" not in [line["event"] for line in lines]
    (told,) = [line for line in lines if line["event"] == "step.error"]
    assert told["code"] == "tool-failed"
    assert "object store" in told["reason"]


def test_a_store_that_keeps_no_chapter_fails_the_job_at_last(world: World) -> None:
    world.swap(objects=Forgetful(forgets="/chapters/"))
    world.submit()
    world.work()

    assert failure(world).code == "stored-spoilt"
    assert "chapter 1 of the plan" in failure(world).reason
    assert world.speaker.said == [HANDSOME, CLEVER]


def test_a_chapter_that_an_earlier_release_stored_is_taken_as_it_is(world: World) -> None:
    """Its timeline is named like its audio, and has no digest of its own."""
    until_published(world)
    audio, timeline = keys(world, "/chapters/")[:2][::-1]
    named = ObjectKey(audio.removesuffix(".m4b") + ".json")
    world.objects.kept[named] = world.objects.kept[timeline]
    record = RenderedRecord(audio_key=audio, timeline_key=named, samples=1)

    assert chapter_record(world.services, record)
    assert chapter_record(world.services, replace(record, timeline_key=timeline))
    world.objects.kept[named] = b"[["
    assert chapter_record(world.services, record) is None


def test_a_chapters_one_file_of_an_earlier_release_is_known_by_its_name(
    world: World, tmp_path: Path
) -> None:
    until_published(world)
    audio, timeline = keys(world, "/chapters/")[:2][::-1]
    row = RenderedRecord(audio_key=audio, timeline_key=timeline, samples=1)
    file = only_file(row, AudioFormat.M4B)

    assert fetch_chapter(world.services, file, tmp_path / "chapter")
    world.objects.kept[audio] += b"x"
    assert not fetch_chapter(world.services, file, tmp_path / "chapter")
    del world.objects.kept[audio]
    assert not fetch_chapter(world.services, file, tmp_path / "chapter")


# ------------------------------------------------------------------------------- source and plan


@pytest.mark.parametrize("spoil", [corrupt, lose])
def test_a_spoilt_document_fails_its_job_with_a_remedy(world: World, spoil) -> None:
    world.submit()
    spoil(world, keys(world, "sources/")[0])
    world.work()

    assert failure(world).code == "stored-spoilt"
    assert "sources/" in failure(world).reason
    assert "submit the document again" in failure(world).remedy


def test_submitting_the_document_again_mends_it(world: World) -> None:
    job = world.submit(1)
    corrupt(world, keys(world, "sources/")[0])
    world.work()
    world.submit(2)
    world.store.retry(job.id)
    world.later()

    assert world.store.get(job.id).state is JobState.SUCCEEDED


@pytest.mark.parametrize("spoil", [corrupt, lose])
def test_a_spoilt_plan_is_made_anew_from_the_document(world: World, spoil) -> None:
    until_published(world)
    (plan,) = keys(world, "/plan-")
    before = world.objects.kept[plan]
    spoil(world, plan)
    world.work()

    (job,) = world.store.recent(limit=1)
    assert job.state is JobState.SUCCEEDED
    assert world.objects.kept[plan] == before


@pytest.mark.parametrize("spoil", [corrupt, lose])
def test_a_spoilt_plan_that_does_not_follow_any_more_fails_its_job(world: World, spoil) -> None:
    """A later release reads the document otherwise."""
    until_published(world)
    spoil(world, keys(world, "/plan-")[0])
    world.reader.answer = document((HANDSOME,), ("She was clever, too.",))
    world.work()

    assert failure(world).code == "stored-spoilt"
    assert "/plan-" in failure(world).reason
    assert "submit the document again" in failure(world).remedy


def test_a_spoilt_plan_of_a_document_that_is_gone_fails_its_job(world: World) -> None:
    until_published(world)
    corrupt(world, keys(world, "/plan-")[0])
    lose(world, keys(world, "sources/")[0])
    world.work()

    assert failure(world).code == "stored-spoilt"
    assert "sources/" in failure(world).reason
