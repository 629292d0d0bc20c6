"""The port `Objects`: a folder, S3 (on a real server) and the twin."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from narrator.domain.errors import Missing, StoreUnavailable, TakeCorrupt
from narrator.domain.ids import ObjectKey
from narrator.services.ports import Objects
from narrator.storage.folder import FolderObjects
from narrator.storage.objects import S3Config, S3Objects
from tests.contract.stage import together
from tests.fakes.objects import MemoryObjects
from tests.servers.s3 import S3

KEY = ObjectKey("takes/ab/abcd.flac")
MIB = 1 << 20


@pytest.fixture
def _memory_objects() -> Objects:
    return MemoryObjects()


@pytest.fixture
def _folder_objects(tmp_path: Path) -> Objects:
    return FolderObjects(tmp_path / "not" / "made" / "yet")


@pytest.fixture
def _s3_objects(s3: S3) -> Objects:
    return S3Objects(
        S3Config(
            bucket=s3.bucket,
            endpoint_url=s3.endpoint_url,
            region=s3.region,
            access_key=s3.access_key,
            secret_key=s3.secret_key,
        )
    )


@pytest.fixture(params=["memory", "folder", pytest.param("s3", marks=pytest.mark.integration)])
def objects(request: pytest.FixtureRequest) -> Objects:
    """An empty object store of each kind."""
    made: Objects = request.getfixturevalue(f"_{request.param}_objects")
    return made


def put(objects: Objects, data: bytes, key: ObjectKey = KEY) -> None:
    objects.put_bytes(key, data, media_type="application/octet-stream")


@pytest.mark.parametrize("data", [b"", b"\x00\xff\r\n", b"x" * (MIB + 1)], ids=len)
def test_bytes_come_back_as_they_were_put(objects: Objects, data: bytes) -> None:
    put(objects, data)
    assert objects.get_bytes(KEY) == data


def test_a_file_comes_back_as_it_was_put(objects: Objects, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 8_192 + b"end")
    objects.put_file(KEY, source, media_type="audio/flac")
    objects.get_file(KEY, target)
    assert target.read_bytes() == source.read_bytes()


def test_a_file_of_many_parts_comes_back_whole(objects: Objects, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"".join(bytes([n]) * MIB for n in range(20)) + b"end")
    objects.put_file(KEY, source, media_type="audio/flac")
    assert b"".join(objects.stream(KEY)) == source.read_bytes()


@pytest.mark.parametrize("mebibytes", [0, 1, 8, 20])
def test_a_stream_comes_back_as_it_was_put(objects: Objects, mebibytes: int) -> None:
    blocks = [bytes([n]) * MIB for n in range(mebibytes)] + [b"end"]
    objects.put_stream(KEY, iter(blocks), media_type="audio/flac")
    assert b"".join(objects.stream(KEY)) == b"".join(blocks)


@pytest.mark.parametrize("mebibytes", [1, 20])
def test_of_a_stream_that_breaks_off_nothing_is_seen(objects: Objects, mebibytes: int) -> None:
    def broken() -> Iterator[bytes]:
        for n in range(mebibytes):
            yield bytes([n]) * MIB
        raise TakeCorrupt("broken off")

    with pytest.raises(TakeCorrupt):
        objects.put_stream(KEY, broken(), media_type="audio/flac")
    assert not objects.exists(KEY)


def test_a_stream_is_whole_that_an_earlier_try_broke_off(objects: Objects) -> None:
    blocks = [bytes([n]) * MIB for n in range(10)] + [b"end"]

    def broken() -> Iterator[bytes]:
        yield from blocks
        raise TakeCorrupt("broken off")

    with pytest.raises(TakeCorrupt):
        objects.put_stream(KEY, broken(), media_type="audio/flac")
    objects.put_stream(KEY, blocks, media_type="audio/flac")
    assert b"".join(objects.stream(KEY)) == b"".join(blocks)


def test_a_stream_that_comes_late_spoils_nothing(objects: Objects) -> None:
    """Whether it is taken or refused: its bytes are the same."""
    blocks = [bytes([n]) * MIB for n in range(10)]

    def late() -> Iterator[bytes]:
        yield from blocks[:9]
        objects.put_stream(KEY, blocks, media_type="audio/flac")
        yield from blocks[9:]

    with suppress(StoreUnavailable):
        objects.put_stream(KEY, late(), media_type="audio/flac")
    assert b"".join(objects.stream(KEY)) == b"".join(blocks)


def test_the_last_bytes_put_stay(objects: Objects) -> None:
    put(objects, b"first and longer")
    put(objects, b"second")
    assert objects.get_bytes(KEY) == b"second"


def test_an_object_streams_in_blocks_of_at_most_a_mebibyte(objects: Objects) -> None:
    put(objects, b"x" * (2 * MIB + 5))
    blocks = list(objects.stream(KEY))
    assert sum(map(len, blocks)) == 2 * MIB + 5
    assert max(map(len, blocks)) <= MIB


def test_an_object_is_there_once_it_is_put(objects: Objects) -> None:
    assert not objects.exists(KEY)
    put(objects, b"x")
    assert objects.exists(KEY)


def test_a_part_of_a_key_is_no_object(objects: Objects) -> None:
    put(objects, b"x")
    assert not objects.exists(ObjectKey("takes/ab"))


READS: dict[str, Callable[[Objects, Path], object]] = {
    "get_bytes": lambda objects, _: objects.get_bytes(KEY),
    "get_file": lambda objects, folder: objects.get_file(KEY, folder / "target"),
    "stream": lambda objects, _: objects.stream(KEY),  # at the call, not at the first block
}


@pytest.mark.parametrize("read", READS)
def test_what_is_not_there_is_missing(objects: Objects, read: str, tmp_path: Path) -> None:
    with pytest.raises(Missing, match=KEY):
        READS[read](objects, tmp_path)
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../up", "a/../b", "a//b", "a/", "A", "a b", ".hidden", "a/" * 600]
)
def test_a_key_that_could_lead_elsewhere_is_refused(objects: Objects, key: str) -> None:
    with pytest.raises(ValueError, match="no object key"):
        put(objects, b"x", ObjectKey(key))
    with pytest.raises(ValueError, match="no object key"):
        objects.get_bytes(ObjectKey(key))


def test_writers_of_one_key_at_once_leave_the_bytes_of_one(objects: Objects) -> None:
    versions = [bytes([n]) * MIB for n in range(4)]
    answers = together(*[lambda data=data: put(objects, data) for data in versions])
    assert answers == [None] * 4
    assert objects.get_bytes(KEY) in versions


def test_a_store_in_order_passes_its_check(objects: Objects) -> None:
    assert objects.check() is None  # type: ignore[func-returns-value]


def test_a_link_if_any_gives_the_object_under_its_name(objects: Objects) -> None:
    put(objects, b"music")
    link = objects.link(KEY, file_name="Émile.m4b", media_type="audio/mp4", seconds=60)
    assert link is None or _fetched(link) == (
        b"music",
        "audio/mp4",
        "attachment; filename=\"_mile.m4b\"; filename*=UTF-8''%C3%89mile.m4b",
    )


def _fetched(link: str) -> tuple[bytes, str, str]:
    answer = httpx.get(link)
    return answer.content, answer.headers["content-type"], answer.headers["content-disposition"]


def keys_beneath(objects: Objects, folder: str, *, after: str = "", limit: int = 100) -> list[str]:
    return [o.key for o in objects.beneath(ObjectKey(folder), after=after, limit=limit)]


MANY = ["jobs/a-b/c", "jobs/a.b", "jobs/a/b/d", "jobs/a/c", "jobs/aa/b", "jobs/b"]


def test_objects_are_listed_beneath_a_folder_in_the_order_of_their_keys(objects: Objects) -> None:
    for key in ["jobsite/x", *reversed(MANY)]:
        put(objects, b"x", ObjectKey(key))
    assert keys_beneath(objects, "jobs") == MANY
    assert keys_beneath(objects, "jobs/a") == ["jobs/a/b/d", "jobs/a/c"]


def test_a_folder_with_nothing_beneath_it_lists_nothing(objects: Objects) -> None:
    assert keys_beneath(objects, "jobs") == []


def test_a_list_goes_on_behind_any_key(objects: Objects) -> None:
    for key in MANY:
        put(objects, b"x", ObjectKey(key))
    for after in ["", "jobs/a", "jobs/a/b", "jobs/a/zz", "jobs/z", *MANY]:
        listed = keys_beneath(objects, "jobs", after=after, limit=2)
        assert listed == [key for key in MANY if key > after][:2]


def test_a_list_tells_how_old_an_object_is(objects: Objects) -> None:
    put(objects, b"x")
    (found,) = objects.beneath(ObjectKey("takes"), limit=1)
    assert 0 <= found.age_seconds < 60


def test_a_deleted_object_is_gone(objects: Objects) -> None:
    put(objects, b"x")
    assert objects.delete(KEY)
    assert not objects.exists(KEY)
    assert keys_beneath(objects, "takes") == []


def test_deleting_what_is_not_there_is_harmless(objects: Objects) -> None:
    assert objects.delete(KEY)
    assert objects.delete(KEY, older_than_seconds=60)


def test_an_object_that_is_younger_than_that_stays(objects: Objects) -> None:
    put(objects, b"x")
    assert not objects.delete(KEY, older_than_seconds=3_600)
    assert objects.exists(KEY)
