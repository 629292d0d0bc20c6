"""The README says what is so."""

import re

import pytest

from narrator.settings import VARIABLES, Variable
from tests.servers.places import REPOSITORY


@pytest.fixture(scope="module")
def readme() -> str:
    return (REPOSITORY / "README.md").read_text()


def row(variable: Variable) -> str:
    """A row of its table of settings: the name, the default (a dash if none), the meaning."""
    default = f"`{variable.default}`" if variable.default else "–"
    return f"| `{variable.name}` | {default} | {variable.meaning} |"


def test_the_readme_explains_each_setting_as_the_code_does(readme):
    assert "\n".join(map(row, VARIABLES)) in readme


def test_the_readme_explains_no_setting_that_there_is_not(readme):
    named = set(re.findall(r"\bNARRATOR_[A-Z0-9_]+", readme))
    assert named - {variable.name for variable in VARIABLES} == set()


def test_the_readme_shows_the_two_commands(readme):
    assert re.search(r"^\s*make demo\b", readme, re.MULTILINE)
    assert re.search(r"^\s*make test\b", readme, re.MULTILINE)


def test_each_target_that_the_readme_names_is_in_the_makefile(readme):
    makefile = (REPOSITORY / "Makefile").read_text()
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=`|$|\s{2,})", readme, re.MULTILINE))
    assert {
        target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)
    } == set()
