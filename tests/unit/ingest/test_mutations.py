"""Damaged documents are read whole or refused (benchmarks/fuzz_readers.py goes on with it)."""

import random

import pytest

from narrator.domain.documents import unaccounted
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from narrator.text.plan import make_plan
from tests.unit.ingest.mutations import mutated
from tests.unit.ingest.seeds import SEEDS

INPUTS = 100


@pytest.mark.parametrize("reader", SEEDS)
def test_a_damaged_document_is_read_whole_or_refused(reader):
    name, made = SEEDS[reader]
    dice, seeds = random.Random(f"short {reader}"), made()  # noqa: S311 - to be run again
    accounted = [whole_or_refused(mutated(seeds, dice), name) for _ in range(INPUTS)]
    assert all(accounted)


@pytest.mark.parametrize("reader", SEEDS)
def test_undamaged_documents_are_read(reader):
    name, made = SEEDS[reader]
    assert all(read(seed, name).format == reader for seed in made())


def whole_or_refused(data: bytes, name: str) -> bool:
    """Whether each character is in the plan once, or the document is refused with a remedy."""
    try:
        plan = make_plan(read(data, name))
    except DocumentRefused as refusal:
        return bool(refusal.remedy)
    return not unaccounted(plan.source_chars, plan.spans())
