"""A finished book is narrated again after a small edit: what contains the edit is spoken, no more.

Real processes, SQLite, the tone voice. `benchmarks/edits.py` does the same with a whole book.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from narrator.domain.manifest_json import from_json
from narrator.ingest.pronunciations import read_lexicon
from narrator.ingest.read import read
from narrator.text.plan import make_plan
from tests.acceptance.command import TONE, Home
from tests.acceptance.texts import voyage
from tests.acceptance.words import words_of

pytestmark = pytest.mark.acceptance

TEXT = voyage(6).replace("cook", "bosun", 2)  # a chunk a day; the first two have a bosun
FAST = TONE | {"NARRATOR_TRIAL_TIME_SCALE": "1000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrated:
    """What one command said, the chunks of its recording, and the words in it."""

    told: dict[str, Any]
    chunks: tuple[str, ...]
    words: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """A home, and a folder with the book and its lexicon."""

    home: Home
    folder: Path

    def narrate(self, text: str, lexicon: str = "") -> Narrated:
        """Narrate the text as it is now."""
        (self.folder / "voyage.txt").write_text(text)
        (self.folder / "words.csv").write_text(lexicon)
        more = ("--lexicon", "words.csv") if lexicon else ()
        arguments = ("voyage.txt", "-o", "voyage.flac", *more, "--json")
        done = self.home.run("narrate", *arguments, cwd=self.folder)
        assert done.returncode == 0, done.stderr.decode()
        manifest = from_json((self.folder / "voyage.flac.manifest.json").read_bytes())
        return Narrated(
            told=json.loads(done.stdout),
            chunks=tuple(each.chunk.text for part in manifest.chapters for each in part.chunks),
            words=words_of(self.folder / "voyage.flac"),
        )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk on which the text was narrated once, with an entry for its bosun."""
    folder = tmp_path_factory.mktemp("edits")
    desk = Desk(home=Home(path=folder / "home", settings=FAST), folder=folder)
    desk.narrate(TEXT, "bosun,boatswain")
    return desk


def holding(narrated: Narrated, word: str) -> int:
    """Characters of the chunks that contain a word."""
    return sum(len(chunk) for chunk in narrated.chunks if word in chunk)


def test_an_edited_word_is_spoken_with_its_chunk_alone(desk: Desk) -> None:
    """And the plan is what the ledger has, less what was sent again, and what takes answered."""
    narrated = desk.narrate(TEXT.replace("captain", "mate", 1), "bosun,boatswain")
    told = narrated.told
    assert told["chars_sent"] == holding(narrated, "mate") > 0
    assert "mate" in " ".join(narrated.words)
    words = read_lexicon((desk.folder / "words.csv").read_bytes())
    document = read((desk.folder / "voyage.txt").read_bytes(), "voyage.txt")
    chars = make_plan(document, lexicon=words).chars
    assert chars == told["chars_sent"] - told["chars_resent"] + told["chars_from_takes"]


def test_an_edited_entry_of_the_lexicon_is_spoken_with_the_chunks_that_contain_it(
    desk: Desk,
) -> None:
    narrated = desk.narrate(TEXT, "bosun,sailor")
    assert narrated.told["chars_sent"] == holding(narrated, "sailor") > 0
    assert " ".join(narrated.words).count("sailor") == TEXT.count("bosun")
