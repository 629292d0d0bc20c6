"""The port `Chores`, and how jobs come to have chores."""

from dataclasses import replace

import pytest

from narrator.domain.errors import InvalidTransition, LeaseLost, Missing
from narrator.domain.jobs import Failure, Job, JobOptions, JobState
from narrator.domain.steps import Claim, Queue, StepKind, StepState
from tests.contract.household import Household
from tests.contract.stage import BOOK, FAILURE, LONG, RECORD, job_id, new_job, plan_of, together

URL = "https://example.org/told"
GONE = Failure(code="undelivered", reason="nobody listens", remedy="listen")


def listened(house: Household, number: int = 1) -> Job:
    """A job of whose end somebody wants to hear."""
    return house.store.jobs.create(new_job(number, JobOptions(webhook_url=URL)))


def claim(house: Household) -> Claim | None:
    return house.chores.claim(owner="worker", lease_seconds=LONG)


def claimed(house: Household) -> Claim:
    found = claim(house)
    assert found is not None
    return found


def webhooks(house: Household) -> dict[StepState, int]:
    counts = house.store.steps.counts()
    return {state: n for (kind, state), n in counts.items() if kind is StepKind.WEBHOOK}


def test_a_job_keeps_whom_to_tell(house: Household) -> None:
    assert house.store.jobs.get(listened(house).id).options.webhook_url == URL
    assert house.store.submit(2).options.webhook_url == ""


def test_a_job_that_is_not_over_has_no_chores(house: Household) -> None:
    listened(house)
    house.store.next(Queue.AUDIO)
    assert claim(house) is None


def test_a_job_s_end_is_told_when_it_is_cancelled(house: Household) -> None:
    job = listened(house)
    house.store.jobs.cancel(job.id)
    notice = house.chores.notice(claimed(house))
    assert (notice.id, notice.url, notice.state) == (f"{job.id}-0", URL, JobState.CANCELLED)
    assert notice.job.state is JobState.CANCELLED
    assert abs(notice.at - notice.job.state_times[JobState.CANCELLED]) < 5


def test_nobody_waits_to_be_told_until_a_clock_that_was_set_back_has_caught_up(
    house: Household,
) -> None:
    house.store.jobs.cancel(listened(house).id)
    house.later(-3_600)
    assert claimed(house).kind is StepKind.WEBHOOK


def test_a_job_s_end_is_told_when_it_fails(house: Household) -> None:
    listened(house)
    house.store.steps.fail(house.store.next(Queue.AUDIO), FAILURE)
    notice = house.chores.notice(claimed(house))
    assert (notice.state, notice.job.failure) == (JobState.FAILED, FAILURE)


def test_a_job_s_end_is_told_when_it_succeeds(house: Household) -> None:
    listened(house)
    store = house.store
    store.steps.finish_plan(store.next(Queue.AUDIO), plan_of([["one"]]))
    store.narrate(1)
    store.steps.finish_render(store.next(Queue.AUDIO), RECORD)
    store.steps.finish_publish(store.next(Queue.AUDIO), [BOOK])
    notice = house.chores.notice(claimed(house))
    assert (notice.state, notice.job.artifacts) == (JobState.SUCCEEDED, (BOOK,))


def test_a_job_that_nobody_listens_to_has_nothing_told(house: Household) -> None:
    house.store.jobs.cancel(house.store.submit().id)
    assert claim(house) is None


def test_each_end_of_a_job_is_told_once_under_an_id_of_its_own(house: Household) -> None:
    job = listened(house)
    for _ in range(2):
        house.store.jobs.cancel(job.id)
        house.store.jobs.cancel(job.id)
        house.store.jobs.retry(job.id)
    first, second = claimed(house), claimed(house)
    ids = [house.chores.notice(each).id for each in (first, second)]
    assert ids == [f"{job.id}-0", f"{job.id}-1"]
    assert claim(house) is None


def test_what_was_told_is_done(house: Household) -> None:
    house.store.jobs.cancel(listened(house).id)
    house.chores.told(claimed(house))
    assert webhooks(house) == {StepState.DONE: 1}
    assert claim(house) is None


def test_what_was_told_in_vain_is_told_again_later(house: Household) -> None:
    house.store.jobs.cancel(listened(house).id)
    first = claimed(house)
    house.store.steps.hand_back(first, after_seconds=0.0, failure=GONE)
    again = claimed(house)
    assert (again.attempts, again.fence) == (2, first.fence + 1)
    assert house.chores.notice(again).id == f"{again.job_id}-0"
    house.store.steps.hand_back(again, after_seconds=LONG, failure=GONE)
    assert claim(house) is None


def test_a_webhook_that_is_given_up_fails_alone(house: Household) -> None:
    job = listened(house)
    house.store.jobs.cancel(job.id)
    house.chores.give_up(claimed(house), GONE)
    assert webhooks(house) == {StepState.FAILED: 1}
    assert house.store.jobs.get(job.id).state is JobState.CANCELLED


def test_a_retried_job_leaves_its_earlier_webhooks_alone(house: Household) -> None:
    job = listened(house)
    house.store.jobs.cancel(job.id)
    house.chores.give_up(claimed(house), GONE)
    house.store.jobs.retry(job.id)
    assert webhooks(house) == {StepState.FAILED: 1}


def test_a_webhook_that_waits_outlives_the_job_s_next_plan_and_end(house: Household) -> None:
    job = listened(house)
    house.store.jobs.cancel(job.id)
    house.store.jobs.retry(job.id)
    house.store.steps.finish_plan(house.store.next(Queue.AUDIO), plan_of([["one"]]))
    house.store.jobs.cancel(job.id)
    assert webhooks(house) == {StepState.READY: 2}


def test_a_webhook_s_trouble_is_not_its_job_s(house: Household) -> None:
    job = listened(house)
    house.store.jobs.cancel(job.id)
    house.store.steps.hand_back(claimed(house), failure=GONE)
    assert house.store.jobs.trouble(job.id) is None


def test_chores_are_neither_rung_for_nor_claimed_from_a_queue(house: Household) -> None:
    house.store.jobs.cancel(listened(house).id)
    assert house.store.dispatch() == {}
    for queue in Queue:
        assert house.store.steps.claim(queue, owner="worker", lease_seconds=LONG) is None


def test_a_chore_whose_worker_died_is_done_by_another(house: Household) -> None:
    house.store.jobs.cancel(listened(house).id)
    dead = house.chores.claim(owner="dead", lease_seconds=-1.0)
    house.store.dispatch()
    successor = claimed(house)
    assert dead is not None
    with pytest.raises(LeaseLost):
        house.chores.told(dead)
    with pytest.raises(LeaseLost):
        house.chores.notice(dead)
    house.chores.told(successor)


def test_a_chore_is_claimed_once_by_those_who_claim_at_once(house: Household) -> None:
    house.store.jobs.cancel(listened(house).id)
    found = together(*[lambda: claim(house) for _ in range(4)])
    assert sum(each is not None for each in found) == 1


def test_a_deleted_job_is_there_for_nobody(house: Household) -> None:
    jobs, job = house.store.jobs, listened(house)
    other = house.store.submit(2)
    assert jobs.delete(job.id) is None  # type: ignore[func-returns-value]
    for look in (jobs.get, jobs.progress, jobs.cancel, jobs.retry):
        with pytest.raises(Missing):
            look(job.id)
    assert [each.id for each in jobs.recent(limit=9)] == [other.id]
    assert jobs.states() == {JobState.QUEUED: 1}
    with pytest.raises(Missing):
        jobs.recent(limit=9, before=job.id)


def test_deleting_again_is_harmless_until_nothing_is_left(house: Household) -> None:
    job = house.store.submit()
    house.store.jobs.delete(job.id)
    house.store.jobs.delete(job.id)
    house.chores.forget_job(claimed(house))
    assert claim(house) is None
    with pytest.raises(Missing):
        house.store.jobs.delete(job.id)


def test_a_job_that_never_was_cannot_be_deleted(house: Household) -> None:
    with pytest.raises(Missing):
        house.store.jobs.delete(job_id(404))


def test_a_deleted_job_s_workers_stop_and_its_webhooks_are_not_told(house: Household) -> None:
    job = listened(house)
    house.store.jobs.cancel(job.id)
    house.store.jobs.retry(job.id)
    working = house.store.next(Queue.AUDIO)
    house.store.jobs.delete(job.id)
    with pytest.raises(LeaseLost):
        house.store.steps.finish_plan(working, plan_of([["one"]]))
    assert claimed(house).kind is StepKind.DELETE
    assert claim(house) is None


def test_a_deleted_job_that_has_succeeded_needs_no_move(house: Household) -> None:
    job = house.store.succeeded()
    house.store.jobs.delete(job.id)
    doing = claimed(house)
    assert house.chores.source(doing) == job.source_key
    house.chores.forget_job(doing)
    with pytest.raises(LeaseLost):
        house.chores.source(doing)
    with pytest.raises(LeaseLost):
        house.chores.forget_job(doing)
    assert house.store.steps.counts() == {}


def test_a_late_worker_of_a_deleted_job_keeps_what_was_paid_for(house: Household) -> None:
    job = house.store.planned([["one"]])
    slow = house.store.next(Queue.SPEECH)
    (chunk,) = house.store.takes.pending(slow)
    house.store.takes.lease(slow, [chunk.key])
    house.store.jobs.delete(job.id)
    house.chores.forget_job(claimed(house))
    with pytest.raises(LeaseLost):
        house.store.takes.keep(slow, house.take_of("one"), spoken_now=True)
    assert list(house.store.takes.find([chunk.key])) == [chunk.key]


def test_the_same_document_can_be_submitted_anew_when_its_job_is_gone(house: Household) -> None:
    job = house.store.submit()
    house.store.jobs.delete(job.id)
    house.chores.forget_job(claimed(house))
    assert replace(house.store.submit(), state_times={}) == replace(job, state_times={})


def test_a_deleted_job_cannot_be_ended_otherwise(house: Household) -> None:
    job = house.store.submit()
    claim_of_plan = house.store.next(Queue.AUDIO)
    house.store.jobs.delete(job.id)
    with pytest.raises((LeaseLost, InvalidTransition)):
        house.store.steps.fail(claim_of_plan, FAILURE)
