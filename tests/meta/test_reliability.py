"""docs/reliability.md names each place where a process may die between two stores."""

import re

from narrator.domain.failpoints import FailPoint
from tests.servers.places import REPOSITORY

ROWS = re.findall(
    r"^\| `([a-z-]+)` \|", (REPOSITORY / "docs" / "reliability.md").read_text(), re.MULTILINE
)


def test_each_failpoint_has_its_row_in_order():
    assert [name for name in ROWS if name in set(FailPoint)] == list(FailPoint)
