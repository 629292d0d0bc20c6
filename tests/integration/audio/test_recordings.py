"""Finished recordings as other programs find them: marks, tags, cover, and no complaint."""

import re
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import accumulate
from pathlib import Path

import pytest

from narrator.audio.encoder import find_ffmpeg
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.documents import Cover, Metadata
from narrator.domain.errors import ToolFailed
from narrator.domain.levels import envelope_distance
from narrator.domain.manifest import Manifest, ManifestChapter, Recording
from narrator.domain.plan import Boundary
from narrator.domain.production import Production, Profile
from narrator.services.ports import Commission, Label, RenderedChapter, TakeAudio
from narrator.services.verify import FURTHEST_DB, verify
from tests.unit.audio.sounds import png, speech_like
from tests.unit.domain.books import Book, book, with_chunk

pytestmark = pytest.mark.integration

METADATA = Metadata(
    title="Ein Buch = eins; #2 \\ drei",
    creators=("A. Writer", "Ärztin B."),
    language="de-AT",
    publisher="A Press",
    date="1892-10-14",
    description="First line\nsecond; = line",
)
TITLES = ("One: naïve; = #1", "Two", "日本語", "Four")
STUDIO = FfmpegStudio()
AS_SPOKEN = Production(profile=Profile.OFF)


def ffmpeg(*arguments: str | Path) -> "subprocess.CompletedProcess[bytes]":
    command = [find_ffmpeg(), "-nostdin", "-hide_banner", *arguments]
    return subprocess.run(command, check=True, capture_output=True)


@dataclass(frozen=True)
class Made:
    """A recording and the chapters it was joined from."""

    format: AudioFormat
    path: Path
    chapters: list[RenderedChapter]

    def starts_ms(self) -> list[float]:
        starts = accumulate((chapter.samples for chapter in self.chapters[:-1]), initial=0)
        return [start / 24 for start in starts]


def labelled(titles: Sequence[str], lengths: Sequence[int], *, cover: Cover | None) -> Label:
    return Label(
        metadata=METADATA,
        narrator="Thalia",
        cover=cover,
        chapters=tuple(zip(titles, lengths, strict=True)),
    )


def make(folder: Path, kind: AudioFormat, *, cover: Cover | None) -> Made:
    chapters = []
    for number in range(len(TITLES)):
        room = folder / str(number)
        room.mkdir()
        take = TakeAudio(pcm=speech_like(number, 0.7 + 1.3 * number), boundary=Boundary.CHAPTER)
        chapters.append(
            STUDIO.render([take], Commission(production=AS_SPOKEN, formats=[kind], folder=room))
        )
    path = folder / f"book.{kind}"
    lengths = [chapter.samples for chapter in chapters]
    paths = [chapter.files[0].path for chapter in chapters]
    STUDIO.publish(paths, format=kind, label=labelled(TITLES, lengths, cover=cover), path=path)
    return Made(format=kind, path=path, chapters=chapters)


@pytest.fixture(scope="module", params=AudioFormat)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("book"), request.param, cover=png())


def notes(made: Made) -> str:
    """What ffmpeg reads of the file's tags and marks, on the file's own clock."""
    own = ("-map_metadata", "0:s:a:0") if made.format == AudioFormat.OPUS else ()
    printed = ffmpeg("-v", "error", "-copyts", "-i", made.path, *own, "-f", "ffmetadata", "-")
    return printed.stdout.decode().replace("\\", "")


def test_chapter_marks_are_right_to_the_millisecond(made: Made) -> None:
    marks = re.findall(r"\[CHAPTER\]\nTIMEBASE=1/(\d+)\nSTART=(\d+)", notes(made))
    starts = [int(start) * 1000 / int(base) for base, start in marks]
    assert starts == pytest.approx(made.starts_ms(), abs=1)


def test_an_m4b_counts_its_chapters_in_samples_however_long_they_are(tmp_path: Path) -> None:
    """By a clock too fast for 32 bits, players lose the chapters of more than 76 seconds."""
    room = tmp_path / "chapter"
    room.mkdir()
    take = TakeAudio(pcm=bytes(2 * 24_000 * 80), boundary=Boundary.CHAPTER)
    kinds = [AudioFormat.M4B]
    chapter = STUDIO.render([take], Commission(production=AS_SPOKEN, formats=kinds, folder=room))
    path = tmp_path / "book.m4b"
    label = labelled("xy", [chapter.samples] * 2, cover=None)
    paths = [chapter.files[0].path] * 2
    STUDIO.publish(paths, format=AudioFormat.M4B, label=label, path=path)
    read = notes(Made(format=AudioFormat.M4B, path=path, chapters=[chapter] * 2))
    assert re.findall(r"\[CHAPTER\]\nTIMEBASE=1/(\d+)\nSTART=(\d+)", read) == [
        ("24000", "0"),
        ("24000", str(chapter.samples)),
    ]


def test_an_audiobooks_mp3_is_as_long_as_its_timeline(tmp_path: Path) -> None:
    """At 44.1 kHz packets are others, and what an encoder adds is cut as it is at 24."""
    audiobook = Production(profile=Profile.AUDIOBOOK)
    chapters = []
    for number in range(3):
        room = tmp_path / str(number)
        room.mkdir()
        take = TakeAudio(pcm=speech_like(number, 1.3 + number), boundary=Boundary.CHAPTER)
        kinds = [AudioFormat.MP3]
        chapters.append(
            STUDIO.render([take], Commission(production=audiobook, formats=kinds, folder=room))
        )
    path = tmp_path / "book.mp3"
    lengths = [chapter.samples for chapter in chapters]
    paths = [chapter.files[0].path for chapter in chapters]
    label = labelled("xyz", lengths, cover=None)
    STUDIO.publish(paths, format=AudioFormat.MP3, label=label, path=path)
    starts = accumulate(lengths[:-1], initial=0)
    placements = [
        each.moved(start)
        for start, chapter in zip(starts, chapters, strict=True)
        for each in chapter.placements
    ]
    heard = STUDIO.listen(path, [(each.start_samples, each.samples) for each in placements])
    assert heard.samples == sum(lengths)
    for placement, found in zip(placements, heard.envelopes, strict=True):
        assert envelope_distance(placement.envelope, found) < FURTHEST_DB / 2


def test_an_audiobooks_mp3_is_of_the_rate_that_acx_asks_for(tmp_path: Path) -> None:
    """44.1 kHz, mono, and 192 kbit/s in each packet: but for padding all are of one size."""
    take = TakeAudio(pcm=speech_like(1, 1.3), boundary=Boundary.CHAPTER)
    audiobook, kinds = Production(profile=Profile.AUDIOBOOK), [AudioFormat.MP3]
    commission = Commission(production=audiobook, formats=kinds, folder=tmp_path)
    chapter, path = STUDIO.render([take], commission), tmp_path / "book.mp3"
    label = labelled("x", [chapter.samples], cover=None)
    STUDIO.publish([chapter.files[0].path], format=AudioFormat.MP3, label=label, path=path)
    told = ffmpeg("-i", path, "-map", "0:a", "-c", "copy", "-f", "framecrc", "-")
    assert b"44100 Hz, mono" in told.stderr
    packets = re.findall(rb"(?m)^0,(?:[^,]+,){3} *(\d+),", told.stdout)
    assert {int(size) for size in packets} == {1_152 * 192_000 // 8 // 44_100 + n for n in (0, 1)}


def test_chapters_have_their_titles(made: Made) -> None:
    assert tuple(re.findall(r"(?m)^title=(.*)", notes(made).partition("[CHAPTER]")[2])) == TITLES


def test_the_last_chapter_ends_with_the_recording(made: Made) -> None:
    """Ogg has no ends of chapters: ffmpeg takes the stream's, encoder delay and all."""
    base, end = re.findall(r"TIMEBASE=1/(\d+)\nSTART=\d+\nEND=(\d+)", notes(made))[-1]
    whole = sum(chapter.samples for chapter in made.chapters) / 24
    assert int(end) * 1000 / int(base) == pytest.approx(whole, abs=7)


def test_tags_are_read_as_they_were_meant(made: Made) -> None:
    head = notes(made).partition("[CHAPTER]")[0]
    tags = {name.lower(): text for name, text in re.findall(r"(?m)^(\w+)=(.*)", head)}
    wanted = {
        "title": "Ein Buch = eins; #2  drei",
        "album": "Ein Buch = eins; #2  drei",
        "artist": "A. Writer, Ärztin B.",
        "album_artist": "A. Writer, Ärztin B.",
        "composer": "Thalia",
        "genre": "Audiobook",
    }
    assert wanted.items() <= tags.items()
    assert tags["date"][:4] == "1892"
    assert "First line second; = line" in (tags.get("description"), tags.get("comment"))


def test_the_publisher_is_told_where_the_container_has_a_place_for_it(made: Made) -> None:
    """MP4 as ffmpeg writes it has none."""
    assert ("A Press" in notes(made)) is (made.format != AudioFormat.M4B)


def test_the_language_is_told(made: Made) -> None:
    """Of the stream where it can be, else of the whole."""
    streams = subprocess.run([find_ffmpeg(), "-i", made.path], check=False, capture_output=True)
    told = streams.stderr.decode() + notes(made)
    assert re.search(r"\((deu|de-AT)\): Audio|(?i:language)=(deu|de-AT)", told)


def test_the_cover_comes_back_bit_for_bit(made: Made) -> None:
    picture = ffmpeg("-i", made.path, "-map", "0:v:0", "-c", "copy", "-f", "image2pipe", "-")
    assert picture.stdout == png().data


def test_the_cover_is_an_attached_picture(made: Made) -> None:
    streams = subprocess.run(
        [find_ffmpeg(), "-hide_banner", "-i", made.path], check=False, capture_output=True
    )
    assert "(attached pic)" in streams.stderr.decode()


def test_no_decoder_has_anything_to_complain_of(made: Made) -> None:
    assert ffmpeg("-v", "error", "-i", made.path, "-f", "null", "-").stderr == b""


def test_an_m4b_is_an_audiobook_that_can_play_before_it_is_loaded(tmp_path: Path) -> None:
    """Its brand says so, and its head (moov) lies before its data (mdat)."""
    data = make(tmp_path, AudioFormat.M4B, cover=None).path.read_bytes()
    assert data[4:12] == b"ftypM4B "
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("kind", AudioFormat)
def test_nothing_in_a_recording_tells_when_or_with_which_version_it_was_made(
    tmp_path: Path, kind: AudioFormat
) -> None:
    """But for the silence of MP3, which LAME fills with its name."""
    data = make(tmp_path, kind, cover=None).path.read_bytes()
    assert re.search(rb"Lav[fc]\d|creation_time|libFLAC|libopus", data) is None


@pytest.mark.parametrize("kind", [AudioFormat.M4B, AudioFormat.MP3, AudioFormat.OPUS])
def test_a_cover_that_cannot_be_shown_costs_only_the_cover(
    tmp_path: Path, kind: AudioFormat
) -> None:
    broken = Cover(media_type="image/png", data=b"<svg/>")
    made = make(tmp_path, kind, cover=broken)
    samples = sum(len(block) // 2 for block in STUDIO.decode(made.path))
    assert samples == sum(chapter.samples for chapter in made.chapters)


@pytest.mark.parametrize("kind", AudioFormat)
def test_a_rendered_chapter_that_is_none_is_a_failed_tool(
    tmp_path: Path, kind: AudioFormat
) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(b"this is no chapter of anything at all" * 9)
    label = labelled("xy", (46_080, 46_080), cover=None)
    with pytest.raises(ToolFailed):
        STUDIO.publish([junk, junk], format=kind, label=label, path=tmp_path / "book")


def narrated(folder: Path, kind: AudioFormat, spoil: Callable[[int, bytes], bytes]) -> Manifest:
    """A recording of the small book, at `folder / book`, with some takes spoilt."""
    small = book()
    chapters = []
    manifest = small.manifest
    for number, chapter in enumerate(manifest.chapters):
        room = folder / str(number)
        room.mkdir()
        takes = [
            TakeAudio(
                pcm=spoil(each.chunk.index, take_of(small, number, index)),
                boundary=each.chunk.boundary,
            )
            for index, each in enumerate(chapter.chunks)
        ]
        chapters.append(
            STUDIO.render(takes, Commission(production=AS_SPOKEN, formats=[kind], folder=room))
        )
    path = folder / "book"
    label = labelled("xy", [each.samples for each in chapters], cover=png())
    STUDIO.publish([each.files[0].path for each in chapters], format=kind, label=label, path=path)
    digest = sha256(path.read_bytes()).hexdigest()
    recording = Recording(
        name="book", format=kind, bytes=0, sha256=digest, samples=manifest.recording.samples
    )
    starts = accumulate((each.samples for each in chapters), initial=0)
    moved = map(replaced, manifest.chapters, chapters, starts)
    return replace(manifest, recording=recording, chapters=tuple(moved))


def replaced(chapter: ManifestChapter, made: RenderedChapter, start: int) -> ManifestChapter:
    """The chapter with its chunks, as they should sound, where they were put."""
    chunks = tuple(
        replace(each, placement=replace(each.placement, start_samples=start + found.start_samples))
        for each, found in zip(chapter.chunks, made.placements, strict=True)
    )
    return replace(chapter, chunks=chunks)


def take_of(small: Book, chapter: int, index: int) -> bytes:
    placement = small.manifest.chapters[chapter].chunks[index].placement
    return small.pcm[2 * placement.start_samples : 2 * placement.end_samples]


@pytest.mark.parametrize("kind", AudioFormat)
def test_a_real_recording_of_every_format_is_proved(tmp_path: Path, kind: AudioFormat) -> None:
    manifest = narrated(tmp_path, kind, lambda _, pcm: pcm)
    verdict = verify(manifest, studio=STUDIO, recordings=[tmp_path / "book"])
    assert verdict.problems == ()


@pytest.mark.parametrize("kind", AudioFormat)
def test_a_silenced_chunk_is_found_in_every_format(tmp_path: Path, kind: AudioFormat) -> None:
    manifest = narrated(tmp_path, kind, lambda index, pcm: bytes(len(pcm)) if index == 1 else pcm)
    verdict = verify(manifest, studio=STUDIO, recordings=[tmp_path / "book"])
    assert [problem[:18] for problem in verdict.problems] == [
        "chapter 1, chunk 1",
        "chapter 2, chunk 1",
    ]


@pytest.mark.parametrize("kind", AudioFormat)
def test_a_truncated_file_is_found_in_every_format(tmp_path: Path, kind: AudioFormat) -> None:
    manifest = narrated(tmp_path, kind, lambda _, pcm: pcm)
    path = tmp_path / "book"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    verdict = verify(manifest, studio=STUDIO, recordings=[path])
    assert any("chunk" in problem or "decoded" in problem for problem in verdict.problems)


def test_a_chunk_in_anothers_place_is_found_in_a_lossy_file(tmp_path: Path) -> None:
    """Two chunks exchanged in the manifest, each with the other's sound."""
    manifest = narrated(tmp_path, AudioFormat.M4B, lambda _, pcm: pcm)
    a, b = manifest.chapters[1].chunks[1:3]
    length = min(len(a.placement.envelope), len(b.placement.envelope))
    for index, each, other in ((1, a, b), (2, b, a)):
        size = len(each.placement.envelope)
        levels = (other.placement.envelope[:length] * size)[:size]
        placement = replace(each.placement, envelope=levels)
        manifest = with_chunk(manifest, 1, index, replace(each, placement=placement))
    verdict = verify(manifest, studio=STUDIO, recordings=[tmp_path / "book"])
    assert len(verdict.problems) == 2
