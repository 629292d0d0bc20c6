"""Rendered chapters brought back: in their order, checked, a few of them ahead."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from narrator.domain.artifacts import AudioFormat
from narrator.domain.ids import JobId, ObjectKey
from narrator.services.chapters import (
    FETCHERS,
    MOST_AHEAD_BYTES,
    ChapterSpoilt,
    fetched,
    store_files,
)
from narrator.services.ports import Heard, RenderedFile
from narrator.services.timelines import ChapterObject
from tests.fakes.objects import MemoryObjects
from tests.unit.services.conftest import World

CHAPTERS = 3 * FETCHERS
MOMENT = 0.05


@dataclass(slots=True)
class Watched(MemoryObjects):
    """`asked` are the objects that were asked for; the first is slow, unless `most` others are."""

    most: int = CHAPTERS
    asked: list[ObjectKey] = field(default_factory=list)
    too_many: Event = field(default_factory=Event)

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        self.asked.append(key)
        if len(self.asked) > self.most:
            self.too_many.set()
        if key == self.asked[0]:
            self.too_many.wait(MOMENT)
        return MemoryObjects.stream(self, key)


def stored(objects: MemoryObjects, *, bytes_: int = 1) -> list[ChapterObject]:
    """Chapters that say that they have so many bytes."""
    files = []
    for number in range(CHAPTERS):
        data = b"chapter %d" % number
        key = ObjectKey(f"jobs/1/chapters/{number}.flac")
        objects.put_bytes(key, data, media_type="audio/flac")
        sha256 = hashlib.sha256(data).hexdigest()
        files.append(ChapterObject(format=AudioFormat.FLAC, key=key, sha256=sha256, bytes=bytes_))
    return files


def test_chapters_come_in_their_order_and_each_goes_when_the_next_comes(
    world: World, tmp_path: Path
) -> None:
    room = tmp_path / "room"
    room.mkdir()
    seen: list[Path] = []
    for number, path in enumerate(fetched(world.services, stored(world.objects), room)):
        assert path.read_bytes() == b"chapter %d" % number
        assert not any(earlier.exists() for earlier in seen)
        seen.append(path)
    assert len(seen) == CHAPTERS
    assert list(room.iterdir()) == []


@pytest.mark.parametrize(
    ("bytes_", "most"),
    [(1, FETCHERS), (MOST_AHEAD_BYTES // 2, 2), (MOST_AHEAD_BYTES + 1, 1)],
    ids=["by number", "by bytes", "one alone"],
)
def test_no_more_are_fetched_than_may_lie_there(
    world: World, tmp_path: Path, bytes_: int, most: int
) -> None:
    objects = Watched(most=most)
    world.swap(objects=objects)
    coming = fetched(world.services, stored(objects, bytes_=bytes_), tmp_path)
    assert next(coming).exists()
    coming.close()  # type: ignore[attr-defined]  # a generator, though that is nobody's business
    assert len(objects.asked) <= most
    assert objects.asked


@pytest.mark.parametrize("lost", [0, CHAPTERS - 1])
def test_a_chapter_that_is_not_what_was_stored_is_named(
    world: World, tmp_path: Path, lost: int
) -> None:
    files = stored(world.objects)
    world.objects.kept[files[lost].key] = b"another"
    with pytest.raises(ChapterSpoilt, match=files[lost].key):
        list(fetched(world.services, files, tmp_path))


@dataclass(slots=True)
class Counting(MemoryObjects):
    """`put` are the objects that were stored, one for each time."""

    put: list[ObjectKey] = field(default_factory=list)

    def put_file(self, key: ObjectKey, path: Path, *, media_type: str) -> None:
        self.put.append(key)
        MemoryObjects.put_file(self, key, path, media_type=media_type)


def test_a_file_that_formats_share_is_stored_once(world: World, tmp_path: Path) -> None:
    objects = Counting()
    world.swap(objects=objects)
    path = tmp_path / "chapter.flac"
    path.write_bytes(b"chapter")
    heard = Heard(samples=0, envelopes=())
    kinds = (AudioFormat.FLAC, AudioFormat.WAV)
    files = [
        RenderedFile(format=kind, path=path, media_type="audio/flac", heard=heard) for kind in kinds
    ]
    made = store_files(world.services, JobId("1"), 0, files)
    assert tuple(each.format for each in made) == kinds
    assert [made[0].key] == [made[1].key] == objects.put
