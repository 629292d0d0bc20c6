"""What operators read about faults is the table that workers decide by."""

import pytest

from narrator.domain.faults import Fault
from tests.meta.fault_page import NOTES, PAGE, page


def test_the_page_of_faults_is_the_table():
    """To write it anew: `python -m tests.meta.fault_page`."""
    assert PAGE.read_text() == page()


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_is_explained_in_one_row(fault):
    rows = [line for line in page().splitlines() if line.startswith(f"| `{fault}` |")]
    assert len(rows) == 1
    assert NOTES[fault].when in rows[0]
    assert NOTES[fault].remedy in rows[0]
