"""What is written on a recording, in every notation."""

import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.audio import id3, riff
from narrator.audio.pictures import MOST_PICTURE_BYTES, picture_of
from narrator.audio.tags import Tags, clean, ffmetadata, tags_of
from narrator.audio.vorbis import comments
from narrator.domain.documents import Cover, Metadata
from narrator.services.ports import Label
from tests.unit.audio.sounds import png

BOOK = Metadata(
    title="Emma = 1; #2",
    creators=("J. Austen", "Another"),
    language="en-GB",
    date="1815-12-23T00:00:00Z",
    publisher="Murray",
    description="Handsome,\nclever\x00 and rich",
)


def tags(metadata: Metadata = BOOK, *, chapters: int = 2, **own: Any) -> Tags:
    label = Label(
        metadata=metadata,
        narrator="Thalia",
        cover=None,
        chapters=tuple((f"Chapter {n + 1}", 46_080) for n in range(chapters)),
        **own,
    )
    return tags_of(label, picture_of(png()))


def test_album_is_the_book_artist_its_authors_composer_its_narrator() -> None:
    assert tags().pairs() == [
        ("title", "Emma = 1; #2"),
        ("album", "Emma = 1; #2"),
        ("artist", "J. Austen, Another"),
        ("album_artist", "J. Austen, Another"),
        ("composer", "Thalia"),
        ("genre", "Audiobook"),
        ("date", "1815-12-23"),
        ("language", "en-GB"),
        ("publisher", "Murray"),
        ("description", "Handsome, clever and rich"),
    ]


def test_what_a_document_does_not_say_is_not_written() -> None:
    assert dict(tags(Metadata()).pairs()) == {"composer": "Thalia", "genre": "Audiobook"}


def test_a_file_of_several_has_a_title_and_a_number_of_its_own() -> None:
    written = tags(title="Emma, part 2", number=2, count=3)
    assert (written.title, written.album, written.track) == ("Emma, part 2", "Emma = 1; #2", "2/3")
    assert b"TRACKNUMBER=2" in comments(written, with_picture=False)
    assert b"TRACKTOTAL=3" in comments(written, with_picture=False)
    assert ("TRCK", b"\x01\xff\xfe2\0/\x003\0") in id3_frames(id3.tag(written))
    assert "track=2/3" in ffmetadata(written).splitlines()


def test_a_series_is_told_to_every_kind_of_player() -> None:
    """MP4 has a show and its episodes instead, which is where Audiobookshelf looks."""
    written = tags(replace(BOOK, series="Highbury", series_position="1.5"))
    assert b"SERIES=Highbury" in comments(written, with_picture=False)
    assert b"SERIES-PART=1.5" in comments(written, with_picture=False)
    assert {"show=Highbury", "episode_id=1.5"} <= set(ffmetadata(written).splitlines())
    own = [body for name, body in id3_frames(id3.tag(written)) if name == "TXXX"]
    assert [body[1:].decode("utf-16").split("\0")[0] for body in own] == ["SERIES", "SERIES-PART"]
    assert written.grouping == "Highbury #1.5"


def test_an_m4b_says_that_it_is_an_audiobook() -> None:
    assert "media_type=2" in ffmetadata(tags()).splitlines()


@pytest.mark.parametrize(
    ("written", "date"),
    [("1815", "1815"), ("1815-12", "1815-12"), ("circa 1815", ""), ("", ""), ("18150", "1815")],
)
def test_a_date_is_what_iso_8601_reads(written: str, date: str) -> None:
    assert tags(replace(BOOK, date=written)).date == date


@pytest.mark.parametrize(
    ("language", "code"), [("en-GB", "eng"), ("DE", "deu"), ("", "und"), ("tlh", "und")]
)
def test_a_language_has_a_code_of_three_letters(language: str, code: str) -> None:
    assert tags(replace(BOOK, language=language)).language_code == code


@settings(deadline=None)
@given(st.text(st.characters(), max_size=400))
def test_a_clean_text_is_one_line_that_every_format_can_hold(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= 255
    assert cleaned == " ".join(cleaned.split())
    assert cleaned.encode("utf-8").decode() == cleaned
    assert cleaned.isprintable() or not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in cleaned)


def test_ffmetadata_escapes_its_own_signs_and_counts_in_samples() -> None:
    lines = ffmetadata(tags()).splitlines()
    assert lines[:2] == [";FFMETADATA1", r"title=Emma \= 1\; \#2"]
    assert lines[-5:] == [
        "[CHAPTER]",
        "TIMEBASE=1/24000",
        "START=46080",
        "END=92160",
        "title=Chapter 2",
    ]


def test_vorbis_chapter_marks_are_exact_to_the_millisecond() -> None:
    """120.960 s is where ffmpeg's own writer goes wrong by a second."""
    data = comments(tags(chapters=64), with_picture=False)
    assert b"CHAPTER063=00:02:00.960" in data
    assert b"CHAPTER063NAME=Chapter 64" in data


def test_vorbis_comments_count_themselves() -> None:
    data = comments(tags(), with_picture=True)
    vendor = int.from_bytes(data[:4], "little")
    (count,) = struct.unpack_from("<I", data, 4 + vendor)
    at = 8 + vendor
    names = []
    for _ in range(count):
        (size,) = struct.unpack_from("<I", data, at)
        names.append(data[at + 4 : at + 4 + size].split(b"=")[0].decode())
        at += 4 + size
    assert at == len(data)
    assert names[-1] == "METADATA_BLOCK_PICTURE"
    assert "ALBUMARTIST" in names


def id3_frames(data: bytes) -> list[tuple[str, bytes]]:
    """The frames of an ID3v2.3 tag."""
    size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
    assert len(data) == size + 10
    found, at = [], 10
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at + 4)
        found.append((data[at : at + 4].decode(), data[at + 10 : at + 10 + length]))
        at += 10 + length
    return found


def test_an_id3_tag_lists_its_chapters_in_order() -> None:
    frames = id3_frames(id3.tag(tags(chapters=3)))
    tables = [body for name, body in frames if name == "CTOC"]
    chapters = [body for name, body in frames if name == "CHAP"]
    assert tables == [b"toc\0\x03\x03ch0\0ch1\0ch2\0"]
    assert [body.split(b"\0")[0] for body in chapters] == [b"ch0", b"ch1", b"ch2"]
    assert struct.unpack_from(">II", chapters[2], 4) == (3_840, 5_760)


def test_more_chapters_than_a_table_holds_become_a_table_of_tables() -> None:
    frames = id3_frames(id3.tag(tags(chapters=300)))
    tables = [body for name, body in frames if name == "CTOC"]
    assert tables[0] == b"toc\0\x03\x02toc0\0toc1\0"
    assert [table[6] for table in tables[1:]] == [255, 45]
    assert sum(name == "CHAP" for name, _ in frames) == 300


def test_a_wav_head_up_to_4_gib_is_riff() -> None:
    head = riff.head(samples=1_000, id3=b"ID3!")
    assert head[:4] == b"RIFF"
    assert int.from_bytes(head[4:8], "little") == len(head) - 8 + 2_000
    assert head[-8:] == b"data" + (2_000).to_bytes(4, "little")


def test_a_wav_head_has_its_texts_once_as_id3() -> None:
    """Beside LIST INFO, ffmpeg 5.1 reads no narrator and no series of an ID3 chunk."""
    head = riff.head(samples=1_000, id3=id3.tag(tags()))
    assert head[36:40] == b"id3 "
    assert b"LIST" not in head


def test_a_wav_head_beyond_4_gib_is_rf64() -> None:
    """EBU Tech 3306: 32-bit sizes are all ones, the true ones stand in ds64."""
    samples = 3 << 30
    head = riff.head(samples=samples, id3=b"ID3!")
    assert head[:20] == b"RF64\xff\xff\xff\xffWAVEds64\x1c\0\0\0"
    sizes = struct.unpack_from("<QQQ", head, 20)
    assert sizes == (len(head) - 8 + 2 * samples, 2 * samples, samples)
    assert head[-8:] == b"data\xff\xff\xff\xff"


def test_a_wav_head_is_riff_as_long_as_its_size_can_be_told() -> None:
    head_bytes = len(riff.head(samples=0, id3=b""))
    longest = ((1 << 32) - head_bytes + 8 - 1) // 2
    assert riff.head(samples=longest, id3=b"")[:4] == b"RIFF"
    assert riff.head(samples=longest + 1, id3=b"")[:4] == b"RF64"


def test_a_wav_heads_samples_begin_at_an_even_place_behind_a_tag_of_any_length() -> None:
    even, odd = (riff.head(samples=1, id3=tag) for tag in (b"ID3!", b"ID3"))
    assert len(even) == len(odd)
    assert odd[36:48] == b"id3 \x03\0\0\0ID3\0"


def jpeg(width: int, height: int, *before: bytes) -> bytes:
    """The first segments of a JPEG."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + b"".join(before) + frame + b"\xff\xda"


EXIF = b"\xff\xe1" + (12).to_bytes(2, "big") + b"Exif\0\0\xff\xc0\0\0"
HUFFMAN = b"\xff\xc4" + (4).to_bytes(2, "big") + b"\0\0"


@pytest.mark.parametrize(
    ("data", "media_type", "size"),
    [
        (png(8, 12).data, "image/png", (8, 12)),
        (jpeg(640, 480), "image/jpeg", (640, 480)),
        (jpeg(640, 480, EXIF, HUFFMAN, b"\xff"), "image/jpeg", (640, 480)),
    ],
    ids=["png", "jpeg", "jpeg with segments"],
)
def test_a_picture_is_known_by_its_bytes(
    data: bytes, media_type: str, size: tuple[int, int]
) -> None:
    picture = picture_of(Cover(media_type="text/plain", data=data))
    assert picture is not None
    assert (picture.media_type, (picture.width, picture.height)) == (media_type, size)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg/>",
        png(8, 0).data,
        png().data[:11],
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xda\0\x02",
        b"\xff\xd8\xff\xe0\0\0" * 3,
        png().data + bytes(MOST_PICTURE_BYTES),
    ],
    ids=["none", "svg", "flat", "cut", "jpeg cut", "scan first", "no lengths", "huge"],
)
def test_what_players_could_not_show_is_left_out(data: bytes) -> None:
    assert picture_of(Cover(media_type="image/png", data=data)) is None


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_a_picture_or_none(data: bytes) -> None:
    picture = picture_of(Cover(media_type="image/jpeg", data=b"\xff\xd8\xff" + data))
    assert picture is None or picture.width * picture.height > 0


def test_a_book_without_a_cover_has_none() -> None:
    assert picture_of(None) is None
