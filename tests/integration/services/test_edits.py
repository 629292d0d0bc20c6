"""A finished text is narrated again after a small edit: what contains the edit is spoken, no more.

`benchmarks/edits.py` does the same with the command and a whole book.
"""

from collections.abc import Iterator

import pytest

from narrator.ingest.pronunciations import read_lexicon
from tests.acceptance.texts import voyage
from tests.integration.services.whole import Narrated, Whole, whole

pytestmark = pytest.mark.integration

TEXT = voyage(6).replace("cook", "bosun", 2)  # a chunk a day; the first two have a bosun
BOATSWAIN = read_lexicon(b"bosun,boatswain")
SAILOR = read_lexicon(b"bosun,sailor")


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    """Where the text was narrated once, with an entry for its bosun."""
    with whole(tmp_path_factory.mktemp("edits")) as found:
        found.narrate(TEXT, BOATSWAIN)
        yield found


def texts(narrated: Narrated) -> list[str]:
    """The texts of all chunks."""
    return [each.chunk.text for chapter in narrated.manifest.chapters for each in chapter.chunks]


def holding(narrated: Narrated, word: str) -> int:
    """Characters of the chunks that contain a word."""
    return sum(len(text) for text in texts(narrated) if word in text)


def test_an_edited_word_is_spoken_with_its_chunk_alone(here: Whole) -> None:
    """And the plan is what the ledger has, less what was sent again, and what takes answered."""
    narrated = here.narrate(TEXT.replace("captain", "mate", 1), BOATSWAIN)
    progress = narrated.progress
    assert progress.chars_sent == holding(narrated, "mate") > 0
    assert "mate" in narrated.words
    spoken = progress.chars_sent - progress.chars_resent + progress.chars_from_takes
    assert spoken == sum(map(len, texts(narrated))) == progress.chars


def test_an_edited_entry_of_the_lexicon_is_spoken_with_the_chunks_that_contain_it(
    here: Whole,
) -> None:
    narrated = here.narrate(TEXT, SAILOR)
    assert narrated.progress.chars_sent == holding(narrated, "sailor") > 0
    assert narrated.words.count("sailor") == TEXT.count("bosun")
