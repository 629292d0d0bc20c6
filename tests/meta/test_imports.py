"""The import contract of pyproject.toml bites: each line below, planted, is refused."""

import shutil
import subprocess
import sys
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
    ("narrator/planted.py", "import json", FLOORS),
    ("narrator/doorbell.py", "import workers", "The service never knows"),
    ("workers/planted.py", "import narrator.speech.client", DOORS),
]


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """A copy of the packages and their contract, to plant things in."""
    copy: Path = tmp_path_factory.mktemp("tree")
    for package in ("narrator", "workers", "migrations"):
        ignored = shutil.ignore_patterns("__pycache__", "*.epub")
        shutil.copytree(REPOSITORY / package, copy / package, ignore=ignored)
    shutil.copy(REPOSITORY / "pyproject.toml", copy)
    return copy


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter as `make check` does, over the copy."""
    program = "from importlinter.cli import lint_imports_command as lint; lint(['--no-logo'])"
    argv = [sys.executable, "-c", program]
    return subprocess.run(argv, cwd=tree, check=False, capture_output=True, text=True)


def test_the_tree_as_it_is_keeps_the_contract(tree):
    assert lint(tree).returncode == 0


@pytest.mark.parametrize(("path", "line", "contract"), VIOLATIONS)
def test_the_contract_refuses(tree, path, line, contract):
    module = tree / path
    before = module.read_text() if module.exists() else None
    module.write_text(f"{before or ''}\n{line}\n")
    try:
        report = lint(tree).stdout
    finally:
        if before is None:
            module.unlink()
        else:
            module.write_text(before)
    broken = [line for line in report.splitlines() if " BROKEN" in line]
    assert any(line.startswith(contract) for line in broken)
