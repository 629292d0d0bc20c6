"""The error tree."""

import pickle

from narrator.domain.errors import DocumentRefused, NarratorError
from tests.unit.domain.test_retry import tree


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in tree(NarratorError)]

    assert len(set(codes)) == len(codes)


def test_an_error_keeps_its_reason_and_remedy_across_processes() -> None:
    error = pickle.loads(pickle.dumps(DocumentRefused("torn", remedy="mend it")))  # noqa: S301

    assert (type(error), error.reason, error.remedy) == (DocumentRefused, "torn", "mend it")
