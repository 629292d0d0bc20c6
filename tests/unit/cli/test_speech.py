"""What `narrator speech` says of an account."""

from dataclasses import replace

from narrator.cli.speech import as_object, lines
from narrator.domain.jobs import Failure
from narrator.domain.ledger import Outcome, Sums
from narrator.domain.slots import Account
from narrator.services.allowance import Allowance

NOW = 1_000_000.0
WELL = Allowance(
    speaker="deepgram",
    most=43,
    account=Account(ceiling=43.0, used=20),
    sums=Sums(chars={Outcome.KEPT: 90_000, Outcome.SENT: 600}),
)
FAULT = Failure(
    code="account-fault", reason="invalid credentials (request r-7)", remedy="correct the key"
)


def told(account: Account, *, sums: Sums = WELL.sums) -> str:
    return "\n".join(lines(replace(WELL, account=account, sums=sums), now=NOW))


def test_an_account_that_is_well_is_told_in_four_lines():
    assert lines(WELL, now=NOW) == [
        "speaker   deepgram",
        "sockets   20 of 43 held",
        "provider  nothing is wrong",
        "sent      90,600 characters: 90,000 kept, 600 under way",
    ]


def test_a_ceiling_that_shrank_is_told_in_whole_sockets():
    assert "20 of 31 held (of 43 usually" in told(Account(ceiling=31.9, used=20))


def test_a_refused_account_is_told_in_the_providers_words_with_the_remedy_beneath():
    said = told(Account(ceiling=43.0, fault=FAULT, paused_at=NOW - 90))
    assert "since 0:01:30, jobs are paused: invalid credentials (request r-7)\n" in said
    assert said.splitlines()[3].strip() == "correct the key"


def test_an_outage_is_told_with_how_long_nobody_tries():
    said = told(Account(ceiling=43.0, failures=3, shut_until=NOW + 12))
    assert "3 sessions could not be opened since one last was; no new session for 12 s" in said


def test_a_rest_that_is_over_is_not_told():
    assert "no new session" not in told(Account(ceiling=43.0, shut_until=NOW - 1))


def test_what_is_sent_again_is_told_by_cause():
    sums = Sums(chars={Outcome.KEPT: 1_000, Outcome.CUT: 300, Outcome.LOST: 200})
    assert "1,500 characters: 1,000 kept, 500 to be sent again (300 cut, 200 lost)" in told(
        WELL.account, sums=sums
    )


def test_programs_are_told_the_same():
    object_ = as_object(replace(WELL, account=replace(WELL.account, fault=FAULT)))
    assert object_["pause"] == {
        "code": FAULT.code,
        "reason": FAULT.reason,
        "remedy": FAULT.remedy,
    }
    assert (object_["chars_sent"], object_["chars_kept"]) == (90_600, 90_000)
    assert object_["chars_resent"] == {"cut": 0, "late": 0, "lost": 0}
