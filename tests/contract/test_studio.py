"""What every studio does: the contract of `ports.Studio`, on ffmpeg and on its twin."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, count, pairwise
from pathlib import Path

import numpy as np
import pytest

from narrator.audio.stitch import MARGIN
from narrator.audio.studio import FfmpegStudio
from narrator.domain.artifacts import AudioFormat
from narrator.domain.documents import Metadata
from narrator.domain.errors import TakeCorrupt, ToolFailed
from narrator.domain.levels import envelope_distance
from narrator.domain.plan import Boundary
from narrator.domain.production import Production, Profile
from narrator.domain.timeline import CHAPTER_QUANTUM, Pauses, Placement, stretches
from narrator.services.hearing import hear
from narrator.services.ports import (
    Commission,
    Label,
    RenderedChapter,
    Studio,
    TakeAudio,
)
from narrator.services.verify import FURTHEST_DB
from tests.fakes.studio import FakeStudio
from tests.unit.audio.sounds import as_samples, offset_of, png, speech_like

LOSSLESS = {AudioFormat.FLAC, AudioFormat.WAV}
TEN_MS = 240

AS_SPOKEN = Production(profile=Profile.OFF)

CHAPTERS = [
    [
        TakeAudio(
            pcm=speech_like(10 * chapter + number, 0.8 + 0.313 * number + 0.11 * chapter),
            boundary=boundary,
        )
        for number, boundary in enumerate(
            (Boundary.HEADING, Boundary.SENTENCE, Boundary.PARAGRAPH, Boundary.CHAPTER)
        )
    ]
    for chapter in range(4)
]


@dataclass(frozen=True)
class Made:
    """A recording, the chapters it was made of, and its samples once decoded."""

    studio: Studio
    format: AudioFormat
    path: Path
    chapters: list[RenderedChapter]

    @property
    def samples(self) -> int:
        return sum(chapter.samples for chapter in self.chapters)

    def placements(self) -> Iterator[Placement]:
        starts = accumulate((chapter.samples for chapter in self.chapters), initial=0)
        for start, chapter in zip(starts, self.chapters, strict=False):
            for placement in chapter.placements:
                yield placement.moved(start)


STUDIOS: dict[str, type[FfmpegStudio | FakeStudio]] = {"ffmpeg": FfmpegStudio, "twin": FakeStudio}


def make(studio: Studio, kind: AudioFormat, folder: Path) -> Made:
    """A book of four chapters."""
    chapters = []
    for number, takes in enumerate(CHAPTERS):
        room = folder / str(number)
        room.mkdir(parents=True)
        chapters.append(
            studio.render(
                iter(takes), Commission(production=AS_SPOKEN, formats=[kind], folder=room)
            )
        )
    path = folder / f"book.{kind}"
    label = Label(
        metadata=Metadata(title="A Book", creators=("A. Writer",), language="en"),
        narrator="aura-2-thalia-en",
        cover=png(),
        chapters=tuple((f"Chapter {n}", each.samples) for n, each in enumerate(chapters, start=1)),
    )
    paths = (chapter.files[0].path for chapter in chapters)
    studio.publish(paths, format=kind, label=label, path=path)
    return Made(studio=studio, format=kind, path=path, chapters=chapters)


@pytest.fixture(scope="module", params=STUDIOS)
def studio(request: pytest.FixtureRequest) -> Studio:
    return STUDIOS[request.param]()


@pytest.fixture(scope="module", params=AudioFormat)
def made(
    request: pytest.FixtureRequest, studio: Studio, tmp_path_factory: pytest.TempPathFactory
) -> Made:
    return make(studio, request.param, tmp_path_factory.mktemp("book"))


def decoded(made: Made) -> Sequence[int]:
    return as_samples(b"".join(made.studio.decode(made.path)))  # type: ignore[return-value]


def test_a_packed_take_comes_back_bit_for_bit(studio: Studio) -> None:
    pcm = speech_like(1, 1.234567)
    assert studio.unpack(studio.pack(pcm)) == pcm


def test_the_same_take_packs_to_the_same_bytes(studio: Studio) -> None:
    pcm = speech_like(2, 0.5)
    assert studio.pack(pcm) == studio.pack(pcm)


@pytest.mark.parametrize("spoiled", [b"", b"nonsense", speech_like(3, 0.1)])
def test_what_is_not_a_packed_take_is_refused(studio: Studio, spoiled: bytes) -> None:
    with pytest.raises(TakeCorrupt):
        studio.unpack(spoiled)


def test_a_packed_take_that_lost_its_end_is_refused(studio: Studio) -> None:
    with pytest.raises(TakeCorrupt):
        studio.unpack(studio.pack(speech_like(4, 0.5))[:-9])


@pytest.mark.parametrize("pcm", [b"", b"\x01\x02\x03"])
def test_a_take_is_whole_samples_and_at_least_one(studio: Studio, pcm: bytes) -> None:
    with pytest.raises(TakeCorrupt):
        studio.pack(pcm)


@pytest.mark.parametrize("pcm", [b"", b"\x01\x02\x03"])
def test_a_chapter_is_not_rendered_from_half_a_sample(
    studio: Studio, tmp_path: Path, pcm: bytes
) -> None:
    takes = [TakeAudio(pcm=pcm, boundary=Boundary.CHAPTER)]
    with pytest.raises(TakeCorrupt):
        studio.render(
            takes, Commission(production=AS_SPOKEN, formats=[AudioFormat.FLAC], folder=tmp_path)
        )


def test_a_chapter_is_a_whole_number_of_quanta(made: Made) -> None:
    assert all(chapter.samples % CHAPTER_QUANTUM == 0 for chapter in made.chapters)


def test_every_take_has_a_place_of_its_own_in_its_chapter(made: Made) -> None:
    for chapter, takes in zip(made.chapters, CHAPTERS, strict=True):
        assert len(chapter.placements) == len(takes)
        assert all(a.end_samples < b.start_samples for a, b in pairwise(chapter.placements))
        assert chapter.placements[-1].end_samples < chapter.samples


def test_pauses_between_takes_are_what_their_boundaries_ask_for(made: Made) -> None:
    """Less what the takes themselves have of silence at their edges: a margin each."""
    pauses = Pauses()
    for chapter, takes in zip(made.chapters, CHAPTERS, strict=True):
        gaps = [b.start_samples - a.end_samples for a, b in pairwise(chapter.placements)]
        asked = [pauses.after(take.boundary) for take in takes[:-1]]
        assert all(0 <= pause - gap <= 2 * MARGIN for pause, gap in zip(asked, gaps, strict=True))


def test_a_recording_decodes_to_as_many_samples_as_its_chapters_have(made: Made) -> None:
    assert len(decoded(made)) == made.samples


def test_every_take_is_heard_where_its_placement_says(made: Made) -> None:
    """In the last chapter as in the first: to the sample without loss, within 10 ms with it."""
    recording = np.asarray(decoded(made))
    reach = 0 if made.format in LOSSLESS else TEN_MS
    takes = [take for chapter in CHAPTERS for take in chapter]
    for placement, take in zip(made.placements(), takes, strict=True):
        loudest = as_samples(take.pcm)[2_640:-2_640]  # without silent edges and fades
        edge = (placement.samples - len(loudest)) // 2
        off = offset_of(loudest, recording, placement.start_samples + edge, 1_200)
        assert abs(off) <= reach


def test_a_recording_is_silent_between_takes(made: Made) -> None:
    recording = np.asarray(decoded(made), dtype=np.int16)
    silences = stretches(made.placements(), made.samples)[::2]
    assert sum(samples for _, samples in silences) > made.samples / 3
    for start, samples in silences:
        assert np.abs(recording[start : start + samples]).max(initial=0) < 64


def test_listening_gives_the_envelope_at_each_placement(made: Made) -> None:
    placements = list(made.placements())
    heard = made.studio.listen(made.path, [(p.start_samples, p.samples) for p in placements])
    assert heard.samples == made.samples
    for placement, found in zip(placements, heard.envelopes, strict=True):
        far = 0.0 if made.format in LOSSLESS else FURTHEST_DB / 2
        assert envelope_distance(placement.envelope, found) <= far


def test_listening_beyond_the_end_hears_less(made: Made) -> None:
    heard = made.studio.listen(made.path, [(made.samples - 2_400, 7_200), (made.samples, 2_400)])
    assert [len(found) for found in heard.envelopes] == [1, 0]


def test_the_same_takes_give_the_same_bytes(made: Made, tmp_path: Path) -> None:
    again = make(made.studio, made.format, tmp_path / "again")
    assert again.path.read_bytes() == made.path.read_bytes()


def test_takes_are_asked_for_one_at_a_time(studio: Studio, tmp_path: Path) -> None:
    """So that memory does not grow with the chapter."""
    taken = count()

    def takes() -> Iterator[TakeAudio]:
        for _ in range(3):
            next(taken)
            yield TakeAudio(pcm=speech_like(9, 0.5), boundary=Boundary.SENTENCE)

    rendered = studio.render(
        takes(), Commission(production=AS_SPOKEN, formats=[AudioFormat.FLAC], folder=tmp_path)
    )
    assert len(rendered.placements) == next(taken)


@pytest.mark.parametrize("junk", [b"", b"this is no recording", bytes(5_000)])
def test_what_is_no_recording_cannot_be_decoded(
    studio: Studio, tmp_path: Path, junk: bytes
) -> None:
    path = tmp_path / "junk.m4b"
    path.write_bytes(junk)
    with pytest.raises(ToolFailed):
        list(studio.decode(path))


def test_a_decoding_may_be_given_up_half_way(made: Made) -> None:
    blocks = made.studio.decode(made.path)
    assert next(iter(blocks))
    blocks.close()  # type: ignore[attr-defined]
    assert list(blocks) == []


def test_each_chapters_file_holds_what_was_encoded(made: Made) -> None:
    for chapter in made.chapters:
        hear(chapter)


def test_a_chapters_file_that_holds_another_is_found_out(made: Made) -> None:
    first, other, *_ = made.chapters
    with pytest.raises(ToolFailed):
        hear(replace(first, files=other.files))
