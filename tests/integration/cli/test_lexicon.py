"""`narrator lexicon`, as people use it."""

import json
from pathlib import Path

import pytest

from tests.acceptance.command import Home

pytestmark = pytest.mark.integration


def test_an_entry_counts_in_plans_and_its_places_are_shown(tmp_path: Path):
    home = Home(path=tmp_path / "home")
    (tmp_path / "emma.txt").write_text("Emma was clever.")
    (tmp_path / "own.csv").write_text("clever,cle-ver\n")

    before = home.run("plan", "emma.txt", "--json", cwd=tmp_path)
    assert not home.path.exists()
    added = home.run("lexicon", "add", "Emma", "Emmer", cwd=tmp_path)
    assert added.stdout == b"version 1, 1 entry\n"
    shown = home.run("lexicon", "test", "emma.txt", "--lexicon", "own.csv", cwd=tmp_path)
    assert shown.stdout.decode().splitlines() == [
        "Emma → Emmer: 1 place",
        "  chapter 1: …[Emmer] was cle-ver.…",
        "clever → cle-ver: 1 place",
        "  chapter 1: …Emmer was [cle-ver].…",
        "in all: 2 places",
    ]
    after = home.run("plan", "emma.txt", "--json", cwd=tmp_path)
    chars = [json.loads(done.stdout)["chars"] for done in (before, after)]
    assert chars == [len("Emma was clever."), len("Emmer was clever.")]


def test_a_lexicon_goes_in_and_out_as_pls(tmp_path: Path):
    home = Home(path=tmp_path / "home")
    (tmp_path / "words.csv").write_text("Emma,Emmer\nHarriet,Harry\n")
    assert home.run("lexicon", "import", "words.csv", cwd=tmp_path).returncode == 0
    home.run("lexicon", "export", "--format", "pls", "-o", "words.pls", cwd=tmp_path)
    home.run("lexicon", "remove", "Emma", cwd=tmp_path)
    again = home.run("lexicon", "import", "--replace", "words.pls", cwd=tmp_path)
    assert again.stdout == b"version 3, 2 entries\n"


def test_a_lexicon_that_is_none_is_named(tmp_path: Path):
    (tmp_path / "emma.txt").write_text("Emma was clever.")
    (tmp_path / "own.csv").write_text("one\n")
    home = Home(path=tmp_path / "home")
    done = home.run("narrate", "emma.txt", "--lexicon", "own.csv", cwd=tmp_path)
    assert done.returncode == 2
    assert b"own.csv: line 1 has 1 columns" in done.stderr
