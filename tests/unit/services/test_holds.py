"""What is known of a slot in hand."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.slots import Sent
from narrator.services.holds import larger

ACCOUNTS = st.lists(
    st.builds(Sent, seconds_ago=st.sampled_from([0.0, 1.5, 2.0, 30.0]), chars=st.integers(0, 9)),
    max_size=6,
)


def until(seconds: float, account: Iterable[Sent]) -> list[int]:
    """The characters of what was sent in the last so many seconds."""
    return [sent.chars for sent in account if sent.seconds_ago <= seconds]


@given(ACCOUNTS, ACCOUNTS)
def test_of_two_accounts_the_larger_counts_over_every_span(one: list[Sent], other: list[Sent]):
    both = larger(one, other)
    for span in (0.0, 1.5, 2.0, 30.0):
        mine, yours, ours = (until(span, each) for each in (one, other, both))
        assert sum(ours) == max(sum(mine), sum(yours))
        assert len(ours) >= max(len(mine), len(yours))


@given(ACCOUNTS)
def test_an_account_is_no_larger_than_itself(account: list[Sent]):
    oldest_first = sorted(account, key=lambda sent: -sent.seconds_ago)
    both = larger(account, account)
    assert [sent.seconds_ago for sent in both] == [sent.seconds_ago for sent in oldest_first]
    assert sum(sent.chars for sent in both) == sum(sent.chars for sent in account)


def test_what_one_knows_later_than_the_other_is_no_second_utterance():
    """It is noted when it is permitted, and sent a little later."""
    told = (Sent(seconds_ago=9.0, chars=100), Sent(seconds_ago=1.0, chars=50))
    noted = (Sent(seconds_ago=9.1, chars=100), Sent(seconds_ago=1.1, chars=50))
    assert larger(told, noted) == told
