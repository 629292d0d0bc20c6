"""The services' world of twins serves what is real in one place too."""

from tests.unit.services.conftest import world

__all__ = ["world"]
