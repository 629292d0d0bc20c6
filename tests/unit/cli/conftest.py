"""The services' world of twins serves the command line too."""

from tests.unit.services.conftest import world

__all__ = ["world"]
