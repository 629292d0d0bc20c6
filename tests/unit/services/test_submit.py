"""The id of a document and its options: once released, it stays."""

from pathlib import Path

from narrator.domain.ids import JobId
from narrator.domain.jobs import JobOptions, OnDead
from narrator.services.submit import same_job_id


def job_id(folder: Path, options: JobOptions) -> JobId:
    """The id of a document of one line."""
    path = folder / "emma.txt"
    path.write_text("Emma was handsome.")
    return same_job_id(path, name="emma.txt", options=options, speaker="fake", studio="calm")


def test_what_was_submitted_before_there_was_a_choice_keeps_its_id(tmp_path: Path) -> None:
    assert job_id(tmp_path, JobOptions()) == "35fc3187c48d33c21e32a951d0362b27"


def test_a_job_that_skips_is_another_one(tmp_path: Path) -> None:
    assert job_id(tmp_path, JobOptions(on_dead=OnDead.SKIP)) != job_id(tmp_path, JobOptions())
