"""Reading declared variables out of a mapping."""

from collections.abc import Mapping
from pathlib import Path

from narrator.domain.errors import SettingsError
from narrator.settings.variables import VARIABLES


class Environment:
    """Reads declared variables; raises SettingsError naming the one that is malformed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._given = environment
        self._defaults = {variable.name: variable.default for variable in VARIABLES}

    def is_set(self, name: str) -> bool:
        """Whether the variable has a value of its own."""
        return bool(self._given.get(name, "").strip())

    def text(self, name: str) -> str:
        """The value, or the default."""
        return self._given.get(name, "").strip() or self._defaults[name]

    def path(self, name: str, default: Path) -> Path:
        """An absolute path."""
        value = self.text(name)
        return Path(value).expanduser().absolute() if value else default

    def number(self, name: str, *, above: float = 0.0) -> float:
        """A finite number of at least `above`."""
        try:
            value = float(self.text(name))
        except ValueError:
            value = float("nan")
        if not above <= value < float("inf"):
            raise SettingsError(
                f"{name} is {self.text(name)!r}, which is not a number of {above:g} or more",
                remedy=f"set {name} to a number, or unset it for {self._defaults[name]}",
            )
        return value

    def whole(self, name: str, *, above: int = 1) -> int:
        """A whole number of at least `above`."""
        value = self.number(name, above=above)
        if value != int(value):
            raise SettingsError(
                f"{name} is {self.text(name)!r}, which is not a whole number",
                remedy=f"set {name} to a whole number, or unset it for {self._defaults[name]}",
            )
        return int(value)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of `choices`."""
        value = self.text(name)
        if value not in choices:
            raise SettingsError(
                f"{name} is {value!r}", remedy=f"set {name} to one of: {', '.join(choices)}"
            )
        return value
