"""Sweeping: what goes, and what stays."""

from dataclasses import replace

from narrator.domain.artifacts import AudioFormat
from narrator.domain.ids import JobId, ObjectKey
from narrator.services.ports import References, Sweep
from narrator.services.sweep import SCRATCH_SECONDS, is_wanted, sweep
from narrator.services.timelines import ChapterObject, record_from_json, record_to_json
from tests.fakes.messenger import FakeScratch
from tests.unit.services.conftest import World

DAY = 86_400.0
HOUR = 3_600.0
STRANGE = ObjectKey(f"takes/ab/{'ab' * 32}-{'0' * 16}.flac")


def put(world: World, *keys: str) -> None:
    for key in keys:
        world.objects.put_bytes(ObjectKey(key), b"x", media_type="x")


def there(world: World) -> set[str]:
    return set(world.objects.kept)


def test_an_object_that_nothing_refers_to_goes_once_it_is_old(world: World) -> None:
    put(world, STRANGE, "sources/0", "jobs/1/plan.json", "elsewhere/x")
    sweep(world.services)
    assert STRANGE in there(world)
    world.clock.now += DAY + HOUR
    sweep(world.services)
    assert there(world) == {"elsewhere/x"}
    assert world.services.retention.removed()[Sweep.OBJECTS] == 3


def test_nothing_of_a_finished_job_goes_while_its_takes_are_in_use(world: World) -> None:
    world.submit()
    world.work()
    before = there(world)
    world.clock.now += 20 * DAY
    sweep(world.services)
    assert there(world) == before


def test_what_a_living_job_has_superseded_goes(world: World) -> None:
    job = world.submit()
    world.work()
    before = there(world)
    put(world, f"jobs/{job.id}/chapters/00000-old.m4a", f"jobs/{job.id}/cover.png")
    world.clock.now += 2 * DAY
    sweep(world.services)
    assert there(world) == before | {f"jobs/{job.id}/cover.png"}


def test_a_chapters_files_of_other_formats_stay(world: World) -> None:
    """No row names them, but the timeline does that a row names."""
    job = world.submit()
    world.work()
    other = ObjectKey(f"jobs/{job.id}/chapters/00000-other.mp3")
    put(world, other, f"jobs/{job.id}/chapters/00000-old.mp3")
    (timeline,) = (
        key for key in world.objects.kept if "/chapters/00000-" in key and ".json" in key
    )
    record = record_from_json(world.objects.kept[timeline])
    file = ChapterObject(format=AudioFormat.MP3, key=other, sha256="", bytes=1)
    told = replace(record, files=(*record.files, file))
    world.objects.kept[timeline] = record_to_json(told)
    before = there(world)
    world.clock.now += 2 * DAY
    sweep(world.services)
    assert there(world) == before - {f"jobs/{job.id}/chapters/00000-old.mp3"}


def test_takes_that_nobody_uses_go_with_their_objects_and_the_recording_stays(
    world: World,
) -> None:
    job = world.submit()
    world.work()
    world.clock.now += 31 * DAY
    sweep(world.services)
    assert not [key for key in there(world) if key.startswith("takes/")]
    recording, _ = world.store.get(job.id).artifacts
    assert world.objects.exists(recording.object_key)


def test_a_job_whose_takes_are_gone_is_spoken_anew(world: World) -> None:
    world.submit(1)
    world.work()
    world.clock.now += 31 * DAY
    sweep(world.services)
    said = len(world.speaker.said)
    job = world.submit(2)
    world.later()
    assert len(world.speaker.said) == 2 * said
    assert world.store.get(job.id).artifacts


def test_a_turn_comes_round_after_its_time(world: World) -> None:
    sweep(world.services)
    put(world, STRANGE)
    world.objects.written_at[STRANGE] -= 2 * DAY
    sweep(world.services)
    assert STRANGE in there(world)
    world.clock.now += HOUR
    sweep(world.services)
    assert STRANGE not in there(world)


def test_many_objects_go_page_by_page(world: World) -> None:
    put(world, *(f"jobs/{number:032x}/book" for number in range(1_201)))
    world.clock.now += 2 * DAY
    sweep(world.services)
    assert there(world) == set()


def test_scratch_is_cleared_of_what_is_older_than_any_step(world: World) -> None:
    scratch = FakeScratch()
    world.swap(leftovers=scratch)
    sweep(world.services)
    assert scratch.cleared == [SCRATCH_SECONDS]


def test_a_cover_is_wanted_by_the_job_that_is_there_and_by_no_other() -> None:
    known = References(frozenset(), frozenset({JobId("1")}))
    assert is_wanted(ObjectKey("jobs/1/cover.jpg"), known)
    assert not is_wanted(ObjectKey("jobs/2/cover.jpg"), known)
    assert not is_wanted(ObjectKey("jobs/1/deep/cover.jpg"), known)
