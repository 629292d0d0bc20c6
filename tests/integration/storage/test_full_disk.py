"""A disk that is full: what was there stays, nothing half is seen, and work goes on once it can."""

from pathlib import Path

import pytest

from tests.servers import smalldisk

pytestmark = pytest.mark.integration

FOLDER = """
import sys
from pathlib import Path
from narrator.domain.errors import StoreUnavailable
from narrator.storage.folder import FolderObjects

root = Path(sys.argv[1], "objects")
objects = FolderObjects(root)
objects.put_bytes("takes/a", b"before", media_type="")
source = Path(sys.argv[1], "hole")  # it takes no room, its copy does
with source.open("wb") as file:
    file.truncate(8 << 20)
for put in (lambda: objects.put_bytes("takes/a", bytes(8 << 20), media_type=""),
            lambda: objects.put_file("takes/a", source, media_type="")):
    try:
        put()
    except StoreUnavailable as error:
        print(error.reason, "|", error.remedy)
print(objects.get_bytes("takes/a").decode(), len(list((root / ".incoming").iterdir())))
objects.put_bytes("takes/a", b"after", media_type="")
print(objects.get_bytes("takes/a").decode())
"""

SQLITE = """
import sys
from pathlib import Path
from sqlalchemy import text
from narrator.domain.errors import StoreUnavailable
from narrator.storage.database import Database

home = Path(sys.argv[1])
database = Database(f"sqlite:///{home}/narrator.db")
with database.write() as tx:
    tx.execute(text("CREATE TABLE kept (words TEXT)"))
    tx.execute(text("INSERT INTO kept VALUES ('before')"))
filler = home / "filler"
try:
    filler.write_bytes(bytes(8 << 20))
except OSError:
    pass
try:
    while True:
        with database.write() as tx:
            tx.execute(text("INSERT INTO kept VALUES (hex(zeroblob(100000)))"))
except StoreUnavailable as error:
    print(error.reason, "|", error.remedy)
filler.unlink()
with database.write() as tx:
    tx.execute(text("INSERT INTO kept VALUES ('after')"))
with database.read() as tx:
    print(*tx.scalars(text("SELECT words FROM kept WHERE length(words) < 9")))
    print(tx.scalars(text("PRAGMA integrity_check")).one())
"""

SCRATCH = """
import sys
from pathlib import Path
from narrator.domain.errors import StoreUnavailable
from narrator.services.scratch import Temporary, check, scratch_folder

scratch = Path(sys.argv[1])
check(scratch)
try:
    with scratch_folder(scratch, Temporary.PLAN) as folder:
        (folder / "source").write_bytes(bytes(8 << 20))
except StoreUnavailable as error:
    print("writing:", error.reason)
print(len(list(scratch.iterdir())))
filler = (scratch / "filler").open("wb", buffering=0)
try:
    while filler.write(bytes(4096)):
        pass
except OSError:
    pass
try:
    check(scratch)
except StoreUnavailable as error:
    print("checking:", error.reason)
"""

ENCODER = """
import sys
from pathlib import Path
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import StoreUnavailable
from narrator.domain.production import Production
from narrator.domain.plan import Boundary
from narrator.services.ports import Commission, TakeAudio
from narrator.services.scratch import Temporary, scratch_folder

scratch, format_ = Path(sys.argv[1]), AudioFormat("FORMAT")
noise = Path("/dev/urandom").open("rb").read(48_000 * 200)
takes = [TakeAudio(pcm=noise, boundary=Boundary.CHAPTER)]
try:
    with scratch_folder(scratch, Temporary.RENDER) as folder:
        commission = Commission(production=Production(), formats=[format_], folder=folder)
        FfmpegStudio().render(takes * 20, commission)
except StoreUnavailable as error:
    print(error.reason)
"""


def test_a_folder_store_keeps_what_was_there_and_shows_nothing_half(tmp_path: Path) -> None:
    bytes_, file, kept, after = smalldisk.run(tmp_path / "disk", FOLDER).splitlines()
    assert "No space left on device" in bytes_
    assert "No space left on device" in file
    assert "disk has room" in bytes_
    assert kept == "before 0"
    assert after == "after"


def test_a_database_that_has_no_room_is_away_and_goes_on_once_it_has(tmp_path: Path) -> None:
    away, rows, sound = smalldisk.run(tmp_path / "disk", SQLITE).splitlines()
    assert away.startswith("the database has no room (SQLITE_FULL) | make room")
    assert rows == "before after"
    assert sound == "ok"


def test_a_full_scratch_folder_is_a_store_that_is_away_and_is_emptied(tmp_path: Path) -> None:
    writing, left, checking = smalldisk.run(tmp_path / "disk", SCRATCH).splitlines()
    assert writing.endswith("takes no files: No space left on device")
    assert left == "0"
    assert checking.startswith("checking: the scratch folder")


@pytest.mark.parametrize("format_", ["m4b", "mp3", "opus", "flac", "wav"])
def test_an_encoder_that_fails_for_a_full_disk_is_not_to_blame(
    tmp_path: Path, format_: str
) -> None:
    program = ENCODER.replace("FORMAT", format_)
    said = smalldisk.run(tmp_path / "disk", program, disk_bytes=2 << 20)
    assert "takes no files" in said
