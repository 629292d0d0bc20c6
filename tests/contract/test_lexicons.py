"""What every store of lexicons promises: versions that never change, and one after another."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from narrator.domain.errors import Missing
from narrator.domain.ids import DEFAULT_TENANT
from narrator.domain.lexicon import NO_LEXICON, Entry, Lexicon
from narrator.services.ports import KeptLexicon, Lexicons
from narrator.storage.lexicons import SqlLexicons
from tests.contract.stage import Store
from tests.fakes.lexicons import MemoryLexicons


@pytest.fixture
def lexicons(request: pytest.FixtureRequest, kind: str, store: Store) -> Lexicons:  # noqa: ARG001 - it empties what is shared
    """An empty store of each kind."""
    if kind == "memory":
        return MemoryLexicons()
    return SqlLexicons(request.getfixturevalue(f"_{kind}_database"))


def saying(said: str) -> Lexicon:
    return Lexicon(entries=(Entry(written="Ōu", said=said),))


def test_before_any_was_kept_there_is_an_empty_one(lexicons):
    assert lexicons.current(None) == KeptLexicon(version=0, lexicon=NO_LEXICON)


def test_what_was_kept_is_current(lexicons):
    kept = lexicons.keep(None, saying("o"), after=0)
    assert kept.version == 1
    assert lexicons.current(None) == kept


def test_old_versions_are_kept(lexicons):
    lexicons.keep(None, saying("o"), after=0)
    lexicons.keep(None, saying("u"), after=1)
    assert lexicons.version(None, 1).lexicon == saying("o")
    assert lexicons.current(None).lexicon == saying("u")


def test_nothing_is_kept_after_a_version_that_is_not_the_newest(lexicons):
    lexicons.keep(None, saying("o"), after=0)
    assert lexicons.keep(None, saying("u"), after=0) is None
    assert lexicons.current(None).lexicon == saying("o")


def test_the_same_again_is_no_new_version(lexicons):
    kept = lexicons.keep(None, saying("o"), after=0)
    assert lexicons.keep(None, saying("o"), after=1) == kept


def test_a_tenant_has_a_lexicon_of_its_own(lexicons):
    lexicons.keep(None, saying("o"), after=0)
    lexicons.keep(DEFAULT_TENANT, saying("u"), after=0)
    assert lexicons.current(DEFAULT_TENANT).lexicon == saying("u")
    assert lexicons.current(None).lexicon == saying("o")


def test_a_version_that_is_not_there_is_missing(lexicons):
    with pytest.raises(Missing):
        lexicons.version(None, 1)


def test_of_two_at_once_one_is_kept(lexicons):
    if isinstance(lexicons, MemoryLexicons):
        return  # one thread at a time uses it
    with ThreadPoolExecutor(4) as pool:
        kept = list(pool.map(lambda n: lexicons.keep(None, saying(str(n)), after=0), range(4)))
    assert sum(each is not None for each in kept) == 1
