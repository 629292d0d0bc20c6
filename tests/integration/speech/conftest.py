"""The studio in which speakers are tried against real servers."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.integration.speech.studio import Studio


@pytest.fixture
def studio() -> Iterator[Studio]:
    """Starts servers and speakers, and ends them with the test."""
    with ExitStack() as stack:
        yield Studio(stack)
