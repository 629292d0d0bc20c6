"""The README's picture of a job's states is the table that the code follows."""

import re

from narrator.domain.jobs import JOB_TRANSITIONS
from tests.servers.places import REPOSITORY


def test_the_readme_draws_each_move_of_a_job_and_no_other() -> None:
    drawn = re.findall(
        r"^ +(\w+) --> (\w+): (\w+)$", (REPOSITORY / "README.md").read_text(), re.MULTILINE
    )
    moves = [
        (state.value, target.value, move.value)
        for state, targets in JOB_TRANSITIONS.items()
        for move, target in targets.items()
    ]
    assert sorted(drawn) == sorted(moves)
