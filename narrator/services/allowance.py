"""How the provider's account stands, for operators and for jobs that wait for it."""

from collections.abc import Iterable
from dataclasses import dataclass

from narrator.domain.errors import Passing
from narrator.domain.ids import JobId
from narrator.domain.jobs import FOR_ACCOUNT, FOR_OPERATOR, Failure, Job, JobState
from narrator.domain.ledger import Sums
from narrator.domain.slots import Account
from narrator.domain.voices import Voice
from narrator.services.kit import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many sockets may be open, how many are, and what was sent through all there ever were.

    `speaker` names the account; `most` is the highest its ceiling can be. `sums` are of all its
    jobs.
    """

    speaker: str
    most: int
    account: Account
    sums: Sums


def allowance(services: Services) -> Allowance:
    """How the account of this installation's speaker stands now."""
    return Allowance(
        speaker=services.speaker_name,
        most=services.terms.most,
        account=services.slots.account(),
        sums=services.ledger.sums(),
    )


PAUSED_BY_OPERATOR = Failure(
    code="paused-by-operator",
    reason="somebody paused the job",
    remedy="resume it; it goes on where it was",
)


def pauses(services: Services, jobs: Iterable[Job]) -> dict[JobId, Failure]:
    """Why those of the jobs that are paused are, and what to do about it.

    For those that wait for the account it is the provider's words, and the remedy. The account is
    asked once, and only where a job waits for it.
    """
    paused = [job for job in jobs if job.state is JobState.PAUSED]
    waiting = [job.id for job in paused if _waits_for_account(job, services.speaker_name)]
    fault = services.slots.account().fault if waiting else None
    by_account = dict.fromkeys(waiting, fault) if fault else {}
    by_operator = [job.id for job in paused if job.paused_for == FOR_OPERATOR]
    return {**by_account, **dict.fromkeys(by_operator, PAUSED_BY_OPERATOR)}


def try_account(services: Services, voice: Voice) -> None:
    """Find out whether an account that was refused works now, rather than wait to be told.

    For the start of an installation of one's own: whoever starts it may have mended the key. One
    that is paused goes on, or what refuses it is raised. An outage is left to the workers.
    """
    account = services.slots.account()
    if account.fault is None and not account.failures:
        return
    asked_at = services.clock()
    try:
        services.speaker.probe(voice)
    except Passing:
        if account.fault:
            raise
    else:
        services.slots.opened(handshake_seconds=services.clock() - asked_at)


def _waits_for_account(job: Job, speaker: str) -> bool:
    return job.paused_for == FOR_ACCOUNT and job.speaker == speaker
