"""The provider's account: what is shown of it, and of jobs that wait for it."""

import pytest

from narrator.domain.errors import AccountFault, SpeechThrottled, SpeechUnavailable
from narrator.domain.faults import Fault
from narrator.domain.ids import JobId
from narrator.domain.ledger import Outcome
from narrator.domain.steps import StepKind
from tests.integration.api.installations import PLANNED, PRICE, WORDS, Installation

CHARS = len(WORDS)
REFUSED = AccountFault(
    "invalid credentials (request r-7)", remedy="correct the key", fault=Fault.HANDSHAKE_401
)
SHOWN = {"code": "account-fault", "reason": REFUSED.reason, "remedy": REFUSED.remedy}


def paused(installation: Installation) -> JobId:
    """A job whose account the provider has refused."""
    job_id = installation.submitted()
    installation.planned()
    installation.refused(REFUSED)
    return job_id


def test_an_account_that_nobody_has_used_has_every_socket_and_no_fault(
    installation: Installation,
) -> None:
    assert installation.caller.get("/v1/speech").json() == {
        "speaker": "deepgram",
        "slots_ceiling": 43,
        "slots_most": 43,
        "slots_used": 0,
        "failures": 0,
        "shut_until": None,
        "paused_at": None,
        "pause": None,
        "chars_sent": 0,
        "chars_kept": 0,
        "chars_resent": {"cut": 0, "late": 0, "lost": 0},
    }


def test_a_job_that_waits_for_its_account_says_so_in_the_providers_words(
    installation: Installation,
) -> None:
    shown = installation.caller.get(f"/v1/jobs/{paused(installation)}").json()
    assert (shown["state"], shown["pause"], shown["failure"]) == ("paused", SHOWN, None)
    assert shown["stage"] == "speaking"


def test_a_list_says_of_each_job_whether_it_waits_for_its_account(
    installation: Installation,
) -> None:
    waiting = paused(installation)
    other = installation.submitted("Another night")
    jobs = installation.caller.get("/v1/jobs").json()["jobs"]
    assert {job["id"]: job["pause"] for job in jobs} == {waiting: SHOWN, other: None}


def test_a_job_that_goes_on_no_longer_says_why_it_waited(installation: Installation) -> None:
    job_id = paused(installation)
    installation.services.slots.opened(handshake_seconds=0.0)
    shown = installation.caller.get(f"/v1/jobs/{job_id}").json()
    assert (shown["state"], shown["pause"]) == ("running", None)


def test_a_cancelled_job_waits_for_nothing(installation: Installation) -> None:
    job_id = paused(installation)
    shown = installation.caller.post(f"/v1/jobs/{job_id}/cancel").json()
    assert (shown["state"], shown["pause"]) == ("cancelled", None)


def test_a_refused_account_is_shown_and_counted(installation: Installation) -> None:
    paused(installation)
    shown = installation.caller.get("/v1/speech").json()
    assert shown["pause"] == SHOWN
    assert shown["paused_at"]
    assert "narrator_account_paused 1.0" in installation.caller.get("/metrics").text


@pytest.mark.parametrize(
    ("error", "failures"),
    [
        (SpeechUnavailable("no connection", fault=Fault.NO_CONNECTION), 1),
        (SpeechThrottled("too many sockets", fault=Fault.HANDSHAKE_429), 0),
    ],
    ids=["outage", "throttled"],
)
def test_a_provider_that_rests_is_shown_with_its_end(
    installation: Installation, error: SpeechUnavailable | SpeechThrottled, failures: int
) -> None:
    installation.submitted()
    installation.planned()
    installation.refused(error)
    shown = installation.caller.get("/v1/speech").json()
    assert (shown["failures"], shown["slots_used"], shown["pause"]) == (failures, 1, None)
    assert shown["shut_until"].endswith("Z")


def test_a_ceiling_that_shrank_is_shown_beside_the_highest(installation: Installation) -> None:
    installation.submitted()
    installation.planned()
    installation.refused(SpeechThrottled("too many sockets", fault=Fault.HANDSHAKE_429))
    shown = installation.caller.get("/v1/speech").json()
    assert shown["slots_ceiling"] < shown["slots_most"] == 43
    gauge = f"narrator_slots_ceiling {float(shown['slots_ceiling'])}"
    assert gauge in installation.caller.get("/metrics").text


def test_what_is_billed_follows_from_the_ledger(installation: Installation) -> None:
    """The first chunk is cut and sent again; the second is answered by an earlier take."""
    job_id = installation.submitted()
    installation.planned()
    claim = installation.claimed(StepKind.SLICE)
    installation.sent(claim, PLANNED.chunks[0])
    installation.services.ledger.end(claim, PLANNED.chunks[0].key, Outcome.CUT, code="silence")
    installation.services.steps.hand_back(claim)
    installation.spoken()

    shown = installation.caller.get(f"/v1/jobs/{job_id}").json()
    sent = (shown["progress"]["chars_sent"], shown["progress"]["chars_resent"])
    assert sent == (2 * CHARS, CHARS)
    assert shown["dollars_billed"] == pytest.approx(2 * CHARS / 1000 * PRICE)
    account = installation.caller.get("/v1/speech").json()
    assert (account["chars_sent"], account["chars_kept"]) == (2 * CHARS, CHARS)
    assert account["chars_resent"] == {"cut": CHARS, "late": 0, "lost": 0}


def test_what_is_under_way_is_not_counted_as_billed_yet(installation: Installation) -> None:
    """It may yet turn out unsent."""
    installation.submitted()
    installation.planned()
    installation.sent(installation.claimed(StepKind.SLICE), PLANNED.chunks[0])
    assert "narrator_sent_chars 0.0" in installation.caller.get("/metrics").text
    assert installation.caller.get("/v1/speech").json()["chars_sent"] == CHARS


def test_what_was_lost_and_turns_up_is_lost_no_more(installation: Installation) -> None:
    """Hence a gauge: a counter that falls is taken for one that began anew."""
    job_id = installation.submitted()
    installation.planned()
    claim = installation.claimed(StepKind.SLICE)
    installation.sent(claim, PLANNED.chunks[0])
    installation.services.jobs.cancel(job_id)
    lost = 'narrator_resent_chars{outcome="lost"}'
    assert f"{lost} {float(CHARS)}" in installation.caller.get("/metrics").text

    installation.services.ledger.end(claim, PLANNED.chunks[0].key, Outcome.LATE)
    scraped = installation.caller.get("/metrics").text
    assert f"{lost} 0.0" in scraped
    assert "# TYPE narrator_resent_chars gauge" in scraped
