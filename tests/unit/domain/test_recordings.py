"""Which files a job leaves."""

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.artifacts import AudioFormat
from narrator.domain.production import Production, Profile, Split
from narrator.domain.recordings import PlannedRecording, longer_than_acx, planned_recordings

MINUTE = 60 * 24_000
CHAPTERS = [("Chapter I", 50 * MINUTE), ("\u7d05\u6a13", 40 * MINUTE), ("The End!", 40 * MINUTE)]


def planned(production: Production, main: AudioFormat = AudioFormat.M4B) -> list[PlannedRecording]:
    return planned_recordings(production, main, "emma", CHAPTERS, book="Emma")


def names(production: Production, main: AudioFormat = AudioFormat.M4B) -> list[str]:
    return [each.name for each in planned(production, main)]


def test_a_whole_book_is_a_file_for_each_format_its_own_first() -> None:
    production = Production(also=(AudioFormat.MP3, AudioFormat.M4B))
    assert names(production) == ["emma.m4b", "emma.mp3"]


def test_chapters_are_numbered_and_named() -> None:
    """A title without plain letters leaves the number alone."""
    assert names(Production(split=Split.CHAPTERS)) == [
        "emma-01-chapter-i.m4b",
        "emma-02.m4b",
        "emma-03-the-end.m4b",
    ]


def test_a_file_of_one_chapter_has_its_title() -> None:
    made = planned(Production(split=Split.CHAPTERS))
    assert [(each.title, each.number, each.count) for each in made] == [
        ("Chapter I", 1, 3),
        ("\u7d05\u6a13", 2, 3),
        ("The End!", 3, 3),
    ]


def test_parts_are_as_long_as_they_may_be() -> None:
    made = planned(Production(split=Split.PARTS, part_minutes=90))
    assert [each.positions for each in made] == [range(2), range(2, 3)]
    assert [each.name for each in made] == ["emma-part-1.m4b", "emma-part-2.m4b"]
    assert made[0].title == "Emma, part 1"


def test_a_chapter_that_is_longer_than_a_part_is_a_part() -> None:
    made = planned(Production(split=Split.PARTS, part_minutes=30))
    assert [each.positions for each in made] == [range(1), range(1, 2), range(2, 3)]


def test_what_fits_into_one_part_is_whole() -> None:
    (made,) = planned(Production(split=Split.PARTS, part_minutes=130))
    assert (made.name, made.title, made.count) == ("emma.m4b", "", 1)


def test_an_audiobooks_mp3_is_cut_after_two_hours_and_nothing_else_is() -> None:
    production = Production(profile=Profile.AUDIOBOOK, also=(AudioFormat.MP3,))
    assert names(production) == ["emma.m4b", "emma-part-1.mp3", "emma-part-2.mp3"]


def test_an_audiobooks_mp3_in_longer_parts_is_cut_after_two_hours_all_the_same() -> None:
    production = Production(
        profile=Profile.AUDIOBOOK, split=Split.PARTS, part_minutes=180, also=(AudioFormat.MP3,)
    )
    assert names(production) == ["emma.m4b", "emma-part-1.mp3", "emma-part-2.mp3"]


def test_a_chapter_that_is_longer_than_acx_takes_stays_whole_and_is_told_of() -> None:
    chapters = [("I", 120 * MINUTE), ("II", 120 * MINUTE + 1)]
    for split in (Split.WHOLE, Split.CHAPTERS):
        production = Production(profile=Profile.AUDIOBOOK, split=split)
        made = planned_recordings(production, AudioFormat.MP3, "emma", chapters, book="Emma")
        assert [longer_than_acx(production, each, chapters) for each in made] == [None, 121]


def test_only_an_audiobooks_mp3_may_be_longer_than_acx_takes() -> None:
    book = [("I", 300 * MINUTE)]
    for production, kind in (
        (Production(), AudioFormat.MP3),
        (Production(profile=Profile.AUDIOBOOK), AudioFormat.M4B),
    ):
        (made,) = planned_recordings(production, kind, "emma", book, book="Emma")
        assert longer_than_acx(production, made, book) is None


@given(
    st.lists(st.integers(1, 200 * MINUTE), min_size=1, max_size=30),
    st.sampled_from(Split),
    st.integers(1, 300),
)
def test_files_together_hold_each_chapter_once_in_order(
    lengths: list[int], split: Split, minutes: int
) -> None:
    chapters = [(f"Chapter {number}", length) for number, length in enumerate(lengths)]
    production = Production(split=split, part_minutes=minutes)
    made = planned_recordings(production, AudioFormat.M4B, "emma", chapters, book="Emma")
    assert [at for each in made for at in each.positions] == list(range(len(lengths)))
    assert len({each.name for each in made}) == len(made)
    if split is Split.PARTS:
        for each in made:
            total = sum(lengths[at] for at in each.positions)
            assert total <= minutes * MINUTE or len(each.positions) == 1
