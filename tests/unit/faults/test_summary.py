"""What many runs say together."""

from typing import Any

from tests.faults.summary import few_under_way


def run(*done: dict[str, Any]) -> dict[str, Any]:
    """A run of four faults in time, and what else was done."""
    four = [{"at": 1.0, "fault": "speech kill", "under_way": True}] * 4
    return {"done": [*four, *done]}


def test_a_fault_that_comes_after_the_end_does_not_count() -> None:
    late = run({"at": 9.0, "fault": "api kill", "under_way": False})

    assert few_under_way([late]) == 1


def test_a_failpoint_that_nobody_came_by_does_not_count() -> None:
    armed = {"at": 0.0, "fault": "failpoint kill", "under_way": True}

    assert few_under_way([run(armed)]) == 1


def test_a_failpoint_at_which_somebody_died_counts() -> None:
    assert few_under_way([run({"at": 3.0, "fired": "claimed", "act": "kill"})]) == 0
