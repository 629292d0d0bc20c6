"""Names of finished files."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from narrator.domain.artifacts import AudioFormat
from narrator.domain.choices import Casting, TextChoices
from narrator.domain.errors import StoreUnavailable
from narrator.domain.ids import ObjectKey
from narrator.domain.jobs import JobOptions, JobState
from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import from_json
from narrator.domain.production import Level, Production, Split
from narrator.domain.recordings import file_stem
from narrator.domain.steps import Claim
from narrator.services.ports import RenderedRecord
from narrator.services.recordings import SHOWN_BYTES
from narrator.services.stored import NAMED_DIGITS
from narrator.services.timelines import record_from_json
from narrator.services.verify import verify
from tests.fakes.objects import MemoryObjects
from tests.fakes.store import MemoryStore
from tests.fakes.studio import FakeStudio
from tests.unit.services.conftest import WINDOW, World, document


class HeldStudio(FakeStudio):
    """Joins a book, and then something happens before it is stored."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def publish(self, *args: object, path: Path, **options: object) -> None:
        super().publish(*args, path=path, **options)  # type: ignore[arg-type]
        self.meanwhile()


class OtherStudio(FakeStudio):
    """A studio of another release: its recordings have other bytes, hardly another sound."""

    def publish(self, *args: object, path: Path, **options: object) -> None:
        super().publish(*args, path=path, **options)  # type: ignore[arg-type]
        data = bytearray(path.read_bytes())
        data[len(data) // 2 & ~1] ^= 1
        path.write_bytes(data)


def test_a_late_publisher_overwrites_nothing(world: World) -> None:
    """Its lease ended while it was held; another published meanwhile, other bytes."""
    job = world.plan()

    def another_publishes() -> None:
        world.clock.wait(31)
        world.store.dispatch(WINDOW, queued_seconds=30)
        world.swap(studio=OtherStudio())
        world.work()
        assert world.store.get(job.id).state is JobState.SUCCEEDED

    world.swap(studio=HeldStudio(another_publishes))
    world.work()

    for artifact in world.store.get(job.id).artifacts:
        stored = world.objects.get_bytes(artifact.object_key)
        assert hashlib.sha256(stored).hexdigest() == artifact.sha256


def test_the_tags_name_the_narrator_first_and_then_who_else_is_heard(world: World) -> None:
    casting = Casting(chapters=((1, "aura-2-orion-en"),))
    world.options = JobOptions(text=TextChoices(casting=casting))
    studio = FakeStudio()
    world.swap(studio=studio)
    world.submit()
    world.work()
    ((_, narrator, _, _),) = studio.published
    assert narrator == "aura-2-thalia-en, aura-2-orion-en"


@dataclass
class LosslessStudio(FakeStudio):
    """Its recordings begin alike whatever their chapters are; `before_end` comes before those."""

    head: bytes = b"head"
    shown: bytes = b"x"
    written_by: str = "this encoder"
    before_end: Callable[[], object] = bool

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def writer(self) -> str:
        return self.written_by

    def stream(self, *args: object, **options: object) -> Iterator[bytes]:
        yield self.head
        yield self.shown * SHOWN_BYTES
        self.before_end()
        yield from super().stream(*args, **options)  # type: ignore[arg-type]


def streamed(world: World, studio: LosslessStudio, number: int = 1) -> str:
    """The name, within its job, of the object that a WAV file of the document is put into."""
    world.options = JobOptions(format=AudioFormat.WAV)
    world.swap(studio=studio)
    job = world.submit(number)
    world.work()
    return world.store.get(job.id).artifacts[0].object_key.removeprefix(f"jobs/{job.id}/")


@pytest.mark.parametrize(
    "other",
    [
        LosslessStudio(head=b"another head"),
        LosslessStudio(shown=b"y"),
        LosslessStudio(written_by="another encoder"),
    ],
    ids=["head", "beginning", "writer"],
)
def test_what_is_streamed_is_named_by_what_it_is_made_of(
    world: World, other: LosslessStudio
) -> None:
    name = streamed(world, LosslessStudio())
    assert streamed(world, LosslessStudio(), 2) == name
    assert streamed(world, other, 3) != name


def test_what_is_streamed_is_named_by_its_chapters_too(world: World) -> None:
    name = streamed(world, LosslessStudio())
    world.reader.answer = document(("Emma was handsome.",), ("She was rich.",))
    assert streamed(world, LosslessStudio(), 2) != name


def test_what_is_streamed_is_stored_from_its_beginning(world: World) -> None:
    name = streamed(world, LosslessStudio())
    (stored,) = (data for key, data in world.objects.kept.items() if key.endswith(name))
    assert stored.startswith(b"head" + b"x" * SHOWN_BYTES)


@dataclass(slots=True)
class Full(MemoryObjects):
    """Takes no recordings; `read` are the chapters that were asked for."""

    read: list[ObjectKey] = field(default_factory=list)

    def put_file(self, key: ObjectKey, path: Path, *, media_type: str) -> None:
        if "/artifacts/" in key:
            raise StoreUnavailable("the disk is full")
        MemoryObjects.put_file(self, key, path, media_type=media_type)

    def stream(self, key: ObjectKey) -> Iterator[bytes]:
        self.read.append(key)
        return MemoryObjects.stream(self, key)


def test_a_store_that_takes_nothing_is_not_asked_for_every_chapter_again(world: World) -> None:
    full = Full(clock=world.clock)
    world.swap(objects=full)
    world.submit()
    world.work()
    chapters = [key for key in full.read if key.endswith(".m4b")]
    assert len(chapters) == len(set(chapters)) == 2


def test_a_late_publisher_overwrites_nothing_of_what_is_streamed(world: World) -> None:
    """It encodes otherwise than the one that published meanwhile."""

    def another_publishes() -> None:
        world.clock.wait(31)
        world.store.dispatch(WINDOW, queued_seconds=30)
        world.swap(studio=LosslessStudio(written_by="another encoder", shown=b"y"))
        world.work()

    streamed(world, LosslessStudio(before_end=another_publishes))
    (job,) = world.store.recent(limit=1)
    for artifact in job.artifacts:
        stored = world.objects.get_bytes(artifact.object_key)
        assert hashlib.sha256(stored).hexdigest() == artifact.sha256


@dataclass
class EarlierRelease:
    """Steps whose rendered chapters are stored as the release before did: places, and no more."""

    steps: MemoryStore
    objects: MemoryObjects

    def __getattr__(self, name: str) -> object:
        return getattr(self.steps, name)

    def finish_render(self, claim: Claim, record: RenderedRecord) -> None:
        """Put a list of places in the timeline's stead, under the name of its own digest."""
        placements = record_from_json(self.objects.get_bytes(record.timeline_key)).placements
        rows = [(p.start_samples, p.samples, b64encode(p.envelope).decode()) for p in placements]
        data = json.dumps(rows).encode()
        digits = hashlib.sha256(data).hexdigest()[:NAMED_DIGITS]
        stem = str(record.timeline_key).rpartition("-")[0]
        key = ObjectKey(f"{stem}-{digits}.json")
        self.objects.put_bytes(key, data, media_type="application/json")
        self.steps.finish_render(claim, replace(record, timeline_key=key))


def test_chapters_that_the_release_before_rendered_are_published_as_they_are(
    world: World, tmp_path: Path
) -> None:
    world.swap(steps=EarlierRelease(world.store, world.objects))
    names, manifest = published(world, Production())
    assert names == ["emma.m4b", "manifest.json"]
    assert manifest.loudness is None
    (job,) = world.store.recent(limit=1)
    path = tmp_path / "emma.m4b"
    path.write_bytes(world.objects.get_bytes(job.artifacts[0].object_key))
    assert verify(manifest, studio=FakeStudio(), recordings=[path]).problems == ()


def published(world: World, production: Production) -> tuple[list[str], Manifest]:
    """The names of a finished job's artifacts, and its manifest."""
    world.options = JobOptions(production=production)
    job = world.submit()
    world.work()
    artifacts = world.store.get(job.id).artifacts
    for artifact in artifacts:
        stored = world.objects.get_bytes(artifact.object_key)
        assert hashlib.sha256(stored).hexdigest() == artifact.sha256
    proof = world.objects.get_bytes(artifacts[-1].object_key)
    return [artifact.name for artifact in artifacts], from_json(proof)


def test_each_format_that_is_asked_for_is_a_recording_of_the_same_timeline(world: World) -> None:
    also = (AudioFormat.MP3, AudioFormat.FLAC)
    names, manifest = published(world, Production(also=also))
    assert names == ["emma.m4b", "emma.mp3", "emma.flac", "manifest.json"]
    assert [each.name for each in manifest.recordings] == names[:-1]
    assert {each.samples for each in manifest.recordings} == {manifest.samples}
    assert manifest.recording == manifest.recordings[0]


def test_a_file_for_each_chapter_says_where_it_begins(world: World) -> None:
    names, manifest = published(world, Production(split=Split.CHAPTERS))
    assert names == ["emma-01-chapter-1.m4b", "emma-02-chapter-2.m4b", "manifest.json"]
    first, second = manifest.recordings
    assert (first.chapters, second.chapters) == ((1,), (2,))
    assert second.start_samples == first.samples == manifest.chapters[1].start_samples


def test_one_of_several_files_is_verified_against_its_own_part(
    world: World, tmp_path: Path
) -> None:
    _, manifest = published(world, Production(split=Split.CHAPTERS))
    (job,) = world.store.recent(limit=1)
    path = tmp_path / "file"
    for artifact in job.artifacts[:-1]:
        path.write_bytes(world.objects.get_bytes(artifact.object_key))
        assert verify(manifest, studio=FakeStudio(), recordings=[path]).problems == ()
    path.write_bytes(path.read_bytes()[:-2] + b"xx")
    assert not verify(manifest, studio=FakeStudio(), recordings=[path]).ok


def test_a_book_of_one_loudness_is_encoded_when_its_last_chapter_is_there(world: World) -> None:
    names, manifest = published(world, Production(level=Level.BOOK, also=(AudioFormat.WAV,)))
    assert names == ["emma.m4b", "emma.wav", "manifest.json"]
    assert verify(manifest).ok


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("Emma, Vol. I", "emma-vol-i"),
        ("Les Misérables", "les-miserables"),
        ("../../etc/passwd", "etc-passwd"),
        ("紅樓夢", "audiobook"),
        ("a" * 300, "a" * 80),
    ],
)
def test_a_title_becomes_a_plain_file_name(title: str, stem: str) -> None:
    assert file_stem(title) == stem
