"""Whose step is next."""

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.fairness import JobLoad, fair_order
from narrator.domain.ids import JobId, TenantId


class Shelf:
    """Steps that wait, by job: their characters; counts what is fetched."""

    def __init__(self, **steps: list[int]) -> None:
        self.steps = {JobId(job): list(chars) for job, chars in steps.items()}
        self.asked = Counter[JobId]()

    def take(self, job_id: JobId) -> int | None:
        self.asked[job_id] += 1
        left = self.steps[job_id]
        return left.pop(0) if left else None


def load(job: str, *, tenant: str = "t", priority: int = 0, chars: int = 0, waiting: bool = True):
    return JobLoad(
        job_id=JobId(job),
        tenant=TenantId(tenant),
        priority=priority,
        ordinal=ord(job),
        chars=chars,
        waiting=waiting,
    )


def test_jobs_of_equal_steps_take_turns_the_oldest_first():
    shelf = Shelf(a=[100] * 9, b=[100] * 9)
    assert fair_order([load("b"), load("a")], 4, shelf.take) == ["a", "b", "a", "b"]


def test_characters_count_and_not_steps():
    shelf = Shelf(a=[300] * 9, b=[100] * 9)
    assert fair_order([load("a"), load("b")], 5, shelf.take) == ["a", "b", "b", "b", "a"]


def test_a_newcomer_comes_before_a_job_that_has_much_under_way():
    shelf = Shelf(a=[100] * 9, b=[100] * 9)
    assert fair_order([load("a", chars=250), load("b")], 4, shelf.take) == ["b", "b", "b", "a"]


def test_a_tenant_with_many_jobs_gets_no_more_than_one_with_a_single_job():
    shelf = Shelf(a=[100] * 9, b=[100] * 9, z=[100] * 9)
    loads = [load("a"), load("b"), load("z", tenant="u")]
    assert fair_order(loads, 6, shelf.take) == ["a", "z", "b", "z", "a", "z"]


def test_what_a_tenant_has_under_way_counts_in_jobs_too_that_have_nothing_left_to_give():
    shelf = Shelf(a=[100] * 9, z=[100] * 9)
    loads = [load("a"), load("b", chars=200, waiting=False), load("z", tenant="u")]
    assert fair_order(loads, 3, shelf.take) == ["z", "z", "a"]


def test_the_smaller_priority_is_served_to_the_end_first():
    shelf = Shelf(a=[100] * 2, b=[100] * 2)
    loads = [load("a", priority=1), load("b", chars=10_000)]
    assert fair_order(loads, 3, shelf.take) == ["b", "b", "a"]


def test_steps_without_characters_take_turns_too():
    shelf = Shelf(a=[0] * 3, b=[0] * 3)
    assert fair_order([load("a"), load("b")], 4, shelf.take) == ["a", "b", "a", "b"]


def test_without_room_nothing_is_asked_for():
    shelf = Shelf(a=[100])
    assert fair_order([load("a")], 0, shelf.take) == []
    assert not shelf.asked


QUEUES = st.lists(
    st.tuples(
        st.sampled_from("tuv"),
        st.integers(0, 2),
        st.integers(0, 5_000),
        st.lists(st.integers(1, 2_000), max_size=12),
    ),
    max_size=12,
)


def stage(queues) -> tuple[list[JobLoad], Shelf]:
    names = [chr(ord("a") + place) for place in range(len(queues))]
    loads = [
        load(name, tenant=tenant, priority=priority, chars=chars)
        for name, (tenant, priority, chars, _) in zip(names, queues, strict=True)
    ]
    return loads, Shelf(**{name: each[3] for name, each in zip(names, queues, strict=True)})


@given(QUEUES, st.integers(0, 60))
def test_the_room_is_filled_as_long_as_anything_waits(queues, room):
    loads, shelf = stage(queues)
    there = sum(len(steps) for steps in shelf.steps.values())
    assert len(fair_order(loads, room, shelf.take)) == min(room, there)


@given(QUEUES, st.integers(0, 60))
def test_nothing_is_fetched_but_what_is_chosen_and_the_end_of_each_job(queues, room):
    loads, shelf = stage(queues)
    chosen = Counter(fair_order(loads, room, shelf.take))
    assert all(asked <= chosen[job_id] + 1 for job_id, asked in shelf.asked.items())


@given(QUEUES, st.integers(0, 60))
def test_no_step_is_chosen_before_one_of_a_smaller_priority(queues, room):
    loads, shelf = stage(queues)
    priority = {load.job_id: load.priority for load in loads}
    order = [priority[job_id] for job_id in fair_order(loads, room, shelf.take)]
    assert all(first <= second for first, second in pairwise(order))


@given(
    st.lists(st.tuples(st.sampled_from("tuv"), st.integers(0, 4_000)), min_size=2, max_size=9),
    st.integers(100, 400),
)
def test_those_who_were_given_anything_end_level_to_within_a_step(jobs, room):
    """Among tenants, and among each tenant's jobs: the largest step is 500 characters."""
    loads, shelf = stage([(tenant, 0, chars, [500] * room) for tenant, chars in jobs])
    given_to = Counter(fair_order(loads, room, shelf.take))
    after = {load.job_id: load.chars + 500 * given_to[load.job_id] for load in loads}
    tenants, served = Counter[TenantId](), {load.tenant for load in loads if given_to[load.job_id]}
    for each in loads:
        tenants[each.tenant] += after[each.job_id]
        siblings = [after[sib.job_id] for sib in loads if sib.tenant == each.tenant]
        assert not given_to[each.job_id] or after[each.job_id] <= min(siblings) + 500
    assert all(tenants[tenant] <= min(tenants.values()) + 500 for tenant in served)


@given(QUEUES, st.integers(0, 60))
def test_the_order_does_not_depend_on_the_order_of_the_rows(queues, room):
    (loads, shelf), (_, again) = stage(queues), stage(queues)
    order = fair_order(loads, room, shelf.take)
    assert fair_order(loads[::-1], room, again.take) == order
