"""What holds of every file that the repository carries."""

import re
import subprocess

import pytest

from tests.servers.places import REPOSITORY

LONGEST_MODULE_LINES = 400


def carried(*patterns: str) -> dict[str, str]:
    """The text of every file that git knows or would add, by path."""
    argv = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(argv, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    paths = {name: REPOSITORY / name for name in names.stdout.splitlines()}
    return {name: path.read_text() for name, path in paths.items() if path.is_file()}


def lines_with(pattern: str, files: dict[str, str]) -> list[str]:
    """`path:line: text` of every line that matches."""
    found = re.compile(pattern)
    return [
        f"{name}:{number}: {line.strip()}"
        for name, text in files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if found.search(line)
    ]


@pytest.fixture(scope="module")
def modules() -> dict[str, str]:
    return carried("*.py")


@pytest.fixture(scope="module")
def tests(modules) -> dict[str, str]:
    others = {name: text for name, text in modules.items() if name.startswith("tests/")}
    return {name: text for name, text in others.items() if not name.startswith("tests/meta/")}


def test_the_scan_sees_the_tree(modules, tests):
    assert "narrator/settings/__init__.py" in modules
    assert "tests/conftest.py" in tests


def test_no_module_is_longer_than_400_lines(modules):
    long = {name: text.count("\n") for name, text in modules.items()}
    assert {n: lines for n, lines in long.items() if lines > LONGEST_MODULE_LINES} == {}


def test_no_module_is_unfinished_or_says_so(modules):
    pattern = r"\b([T]ODO|[F]IXME|[X]XX)\b|raise [N]otImplementedError"  # none finds itself
    assert lines_with(pattern, modules) == []


def test_no_test_patches_a_name(tests):
    pattern = r"\bunittest\.mock\b|import mock\b|\bmonkeypatch\b|\bmocker\b|\bMagicMock\b"
    assert lines_with(pattern, tests) == []


def test_no_test_can_be_left_out(tests):
    pattern = r"\.[s]kip(if)?\b|\b[x]fail\b|\b[S]kipTest\b|\b[i]mportorskip\b"
    assert lines_with(pattern, tests) == []


def test_no_test_sleeps(tests):
    pattern = r"\b(time|asyncio)\.sleep\(|from (time|asyncio) import .*\bsleep\b"
    assert lines_with(pattern, tests) == []


def test_only_settings_reads_the_environment(modules):
    """Ruff says so too, but a `noqa` would silence it."""
    rooms = {n: t for n, t in modules.items() if n.startswith(("narrator/", "workers/"))}
    readers = {line.split(":")[0] for line in lines_with(r"\bos\.(environ|getenv)\b", rooms)}
    assert {name for name in readers if not name.startswith("narrator/settings/")} == set()
