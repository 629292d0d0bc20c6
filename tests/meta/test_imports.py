"""The import contract of pyproject.toml bites: each line below, planted, is refused."""

import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from tests.servers.places import REPOSITORY

FLOORS = "Floors"
PURE = "The pure rooms"
DOORS = "Doors"

VIOLATIONS = [
    ("narrator/domain/planted.py", "import time", PURE),
    ("narrator/domain/planted.py", "import random", PURE),
    ("narrator/domain/planted.py", "import lxml.etree", "The domain needs"),
    ("narrator/domain/planted.py", "import narrator.services", FLOORS),
    ("narrator/ingest/planted.py", "import os", PURE),
    ("narrator/ingest/planted.py", "import narrator.text", FLOORS),
    ("narrator/text/planted.py", "import threading", PURE),
    ("narrator/speech/session.py", "import asyncio", PURE),
    ("narrator/speech/wire.py", "import websockets", PURE),
    ("narrator/speech/planted.py", "import websockets", "One owner: websockets"),
    ("narrator/audio/pcm.py", "import tempfile", PURE),
    ("narrator/audio/planted.py", "import pydub", "One owner: pydub"),
    ("narrator/audio/planted.py", "import narrator.settings", FLOORS),
    ("narrator/storage/planted.py", "import narrator.speech.wire", FLOORS),
    ("narrator/storage/planted.py", "import boto3", "One owner: boto3"),
    ("narrator/services/planted.py", "import sqlalchemy", "One owner: SQLAlchemy"),
    ("narrator/services/planted.py", "import time", "Services speak to ports"),
    ("narrator/services/planted.py", "import narrator.storage", FLOORS),
    ("narrator/speakserver/planted.py", "import narrator.speech.wire", "The Speak server"),
    ("narrator/speakserver/planted.py", "import narrator.bootstrap", "The Speak server"),
    ("narrator/api/planted.py", "import narrator.speakserver", FLOORS),
    ("narrator/api/planted.py", "import narrator.storage.objects", DOORS),
    ("narrator/api/planted.py", "import migrations", "One owner: SQL migrations"),
    ("narrator/api/planted.py", "import celery", "One owner: Celery"),
    ("narrator/api/planted.py", "import narrator.client", "Of ours only"),
    ("narrator/cli/planted.py", "import fastapi", "One owner: FastAPI"),
    ("narrator/cli/planted.py", "import narrator.audio.studio", DOORS),
    ("narrator/client/planted.py", "import narrator.domain", FLOORS),
    ("narrator/sandbox/planted.py", "import lxml.etree", "One owner: XML, and document readers"),
    ("narrator/doorbell.py", "import workers", "The service never knows"),
    ("workers/planted.py", "import narrator.speech.client", DOORS),
]


STRAY = Path("narrator/planted.py")  # in no room


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages and their contract, to plant things in."""
    copy: Path = tmp_path_factory.mktemp("tree")
    for package in ("narrator", "workers", "migrations"):
        ignored = shutil.ignore_patterns("__pycache__", "*.epub")
        shutil.copytree(REPOSITORY / package, copy / package, ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", copy)
    return copy


@pytest.fixture(scope="module")
def kept(tree: Path) -> subprocess.CompletedProcess[str]:
    """What is said of the tree as it is."""
    return lint(tree)


@pytest.fixture(scope="module")
def broken(tree: Path, kept: subprocess.CompletedProcess[str]) -> dict[str, list[str]]:
    """What is said once everything is planted, and nothing was wrong before: contract by contract.

    Each line names the module that breaks it and what that imports, so one look is enough for all.
    """
    assert kept.returncode == 0
    (tree / STRAY).touch()
    for path, line, _ in VIOLATIONS:
        with (tree / path).open("a") as file:
            file.write(f"\n{line}\n")
    return sections(lint(tree).stdout)


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter as `make check` does, over the copy."""
    program = "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo'])"
    argv = [sys.executable, "-c", program]
    return subprocess.run(argv, cwd=tree, check=False, capture_output=True, text=True)


def sections(report: str) -> dict[str, list[str]]:
    """A report's lines by the underlined heading that they stand under."""
    found: dict[str, list[str]] = {}
    lines = report.splitlines()
    for line, following in pairwise(lines):
        if line and set(following) == {"-"}:
            found[line] = []
        elif found:
            found[list(found)[-1]].append(line)
    return found


def told(broken: dict[str, list[str]], contract: str) -> str:
    """What is said of a broken contract; `contract` is how its name begins."""
    (lines,) = [lines for name, lines in broken.items() if name.startswith(contract)]
    return "\n".join(lines)


def test_the_tree_as_it_is_keeps_the_contract(kept: subprocess.CompletedProcess[str]) -> None:
    assert kept.returncode == 0


@pytest.mark.parametrize(("path", "line", "contract"), VIOLATIONS)
def test_the_contract_refuses(
    broken: dict[str, list[str]], path: str, line: str, contract: str
) -> None:
    module = path.removesuffix(".py").replace("/", ".")
    imported = line.removeprefix("import ")
    named = imported if imported.startswith("narrator") else imported.partition(".")[0]

    assert f"{module} -> {named} " in told(broken, contract)


def test_the_contract_refuses_a_module_that_is_in_no_room(broken: dict[str, list[str]]) -> None:
    assert "- narrator.planted\n" in told(broken, FLOORS)
