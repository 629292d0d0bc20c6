"""docker-compose.yml read as plain processes: its commands, its settings, without containers."""

import re
import sys
from collections.abc import Mapping
from typing import Any

import yaml

from tests.servers.places import REPOSITORY

_SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(
    (REPOSITORY / "docker-compose.yml").read_text()
)["services"]
_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def command(service: str, variables: Mapping[str, str], *further: str) -> list[str]:
    """What a service runs, by this Python; `further` options win over those in the file."""
    program, *options = [_filled(word, variables) for word in _SERVICES[service]["command"]]
    return [sys.executable, "-m", program, *options, *further]


def environment(service: str, variables: Mapping[str, str]) -> dict[str, str]:
    """The settings that a service is given."""
    given = _SERVICES[service]["environment"]
    return {name: _filled(str(value), variables) for name, value in given.items()}


def _filled(text: str, variables: Mapping[str, str]) -> str:
    """Put variables in as Compose does: `${NAME}`, `${NAME:-default}`, `${NAME:?complaint}`."""

    def fill(match: re.Match[str]) -> str:
        name, form, rest = match.groups()
        value = variables.get(name, "")
        assert value or form != "?", f"{name} must be set: {rest}"
        return value or (rest or "" if form == "-" else "")

    return _VARIABLE.sub(fill, text)
