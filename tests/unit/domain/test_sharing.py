"""Who gets which slot: fair shares of the ceiling, and what is given back for them."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.sharing import (
    TURN_SECONDS,
    Fleet,
    chosen_voice,
    owner_shares,
    scarce,
    shares,
    surplus,
    voice_shares,
)
from narrator.domain.voices import Voice

THALIA, APOLLO, LUNA = (Voice(name=f"aura-2-{name}-en") for name in ("thalia", "apollo", "luna"))
VOICES = [THALIA, APOLLO, LUNA, Voice(speed=0.9), Voice(name="aura-2-celeste-es")]


def fleet(total: int, *, held=None, queued=None, capacity=None, at: float = 0.0) -> Fleet:
    return Fleet(
        total=total,
        held=held or {},
        queued=queued or {},
        capacity={"a": 100, "b": 100} if capacity is None else capacity,
        at=at,
    )


# ------------------------------------------------------------------------------- shares

WANTS = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(0, 60))


def test_small_wishes_are_filled_and_the_rest_is_shared_evenly():
    assert shares({"a": 1, "b": 20, "c": 20}, 13) == {"a": 1, "b": 6, "c": 6}


def test_what_is_left_over_goes_to_whoever_holds_it_already():
    assert shares({"a": 9, "b": 9}, 3) == {"a": 2, "b": 1}
    assert shares({"a": 9, "b": 9}, 3, held={"a": 1, "b": 2}) == {"a": 1, "b": 2}


@given(WANTS, st.integers(-3, 100), WANTS)
def test_never_more_than_there_is_is_shared_out_nor_less_than_is_wanted_of_it(wants, total, held):
    result = shares(wants, total, held=held)
    assert sum(result.values()) == max(0, min(total, sum(wants.values())))
    assert all(0 <= result[key] <= want for key, want in wants.items())


@given(WANTS, st.integers(0, 100), WANTS)
def test_whoever_is_not_satisfied_has_no_less_than_anybody_but_by_one(wants, total, held):
    result = shares(wants, total, held=held)
    least = min((result[key] for key, want in wants.items() if result[key] < want), default=None)
    assert least is None or max(result.values()) <= least + 1


@given(WANTS, st.integers(1, 100))
def test_nobody_gets_nothing_where_there_is_one_for_each(wants, total):
    wanting = [key for key, want in wants.items() if want]
    result = shares(wants, total)
    assert len(wanting) > total or all(result[key] for key in wanting)


@given(WANTS, st.integers(0, 100))
def test_shares_do_not_depend_on_the_order_of_the_rows(wants, total):
    assert shares(dict(reversed(wants.items())), total) == shares(wants, total)


# ------------------------------------------------------------------------------- the next slot


def test_the_next_slot_is_for_the_voice_furthest_below_its_share():
    queued = {THALIA: 30, APOLLO: 30}
    thalias = fleet(10, held={("a", THALIA): 3, ("b", APOLLO): 1}, queued=queued)
    apollos = fleet(10, held={("a", THALIA): 1, ("b", APOLLO): 3}, queued=queued)
    assert (chosen_voice(thalias, "a"), chosen_voice(apollos, "a")) == (APOLLO, THALIA)


def test_a_voice_without_queued_slices_gets_none():
    assert chosen_voice(fleet(10, held={("a", THALIA): 1}, queued={THALIA: 0}), "a") is None


def test_nothing_is_granted_beyond_the_total():
    assert chosen_voice(fleet(2, held={("a", THALIA): 2}, queued={THALIA: 9}), "b") is None


def test_an_owner_with_its_share_waits_while_slots_are_scarce_and_others_have_less():
    scarce_fleet = fleet(4, held={("a", THALIA): 2}, queued={THALIA: 9})
    assert chosen_voice(scarce_fleet, "a") is None
    assert chosen_voice(scarce_fleet, "b") == THALIA


def test_an_owner_may_have_more_than_its_share_while_there_is_enough_for_all():
    assert chosen_voice(fleet(4, held={("a", THALIA): 2}, queued={THALIA: 2}), "a") == THALIA


def test_an_owner_that_has_made_itself_known_by_nothing_yet_is_served():
    assert chosen_voice(fleet(4, queued={THALIA: 9}, capacity={"b": 4}), "a") is None
    assert chosen_voice(fleet(4, queued={THALIA: 2}, capacity={}), "a") == THALIA


# ------------------------------------------------------------------------------- giving back


def test_a_newcomer_gets_what_the_others_hold_above_their_shares():
    held = {("a", THALIA): 6, ("b", THALIA): 6}
    crowd = fleet(12, held=held, queued={THALIA: 9}, capacity={"a": 9, "b": 9, "c": 9})
    assert surplus(crowd) == {"a": {THALIA: 2}, "b": {THALIA: 2}}


def test_a_voice_gives_way_to_another_that_waits():
    crowd = fleet(4, held={("a", THALIA): 2, ("b", THALIA): 2}, queued={APOLLO: 1})
    assert surplus(crowd) == {"a": {THALIA: 1}}


def test_a_voice_gives_way_where_processes_have_room_for_fewer_slots_than_there_are():
    """One worker of twenty sockets is an ordinary fleet under an allowance of forty-five."""
    held, queued = {("a", THALIA): 20}, {THALIA: 32, APOLLO: 32}
    crowd = fleet(43, held=held, queued=queued, capacity={"a": 20})
    assert surplus(crowd) == {"a": {THALIA: 10}}
    later = replace(crowd, held={("a", THALIA): 10})
    assert chosen_voice(later, "a") == APOLLO


def test_a_newcomer_does_not_wait_for_one_that_drains_while_there_are_slots():
    crowd = fleet(43, held={("a", THALIA): 20}, queued={THALIA: 64}, capacity={"a": 0, "b": 20})
    assert chosen_voice(crowd, "b") == THALIA


def test_nothing_is_given_back_while_nobody_waits():
    assert surplus(fleet(4, held={("a", THALIA): 4})) == {}


def test_a_difference_of_one_is_no_reason_to_give_back():
    held = {("a", THALIA): 1, ("b", THALIA): 2}
    assert surplus(fleet(3, held=held, queued={THALIA: 9})) == {}


def test_a_ceiling_that_shrank_is_given_back_by_all():
    held = {("a", THALIA): 5, ("b", THALIA): 5}
    assert surplus(fleet(8, held=held)) == {"a": {THALIA: 1}, "b": {THALIA: 1}}


def test_who_drains_and_has_room_for_nothing_more_gives_back_to_those_who_wait():
    held = {("a", THALIA): 4}
    crowd = fleet(4, held=held, queued={THALIA: 2}, capacity={"a": 0, "b": 4})
    assert surplus(crowd) == {"a": {THALIA: 4}}


def test_voices_that_are_more_than_slots_take_turns():
    crowd = fleet(1, held={("a", APOLLO): 1}, queued={THALIA: 9, APOLLO: 9, LUNA: 9})
    served = Counter[Voice]()
    for turn in range(6):
        share = voice_shares(replace(crowd, at=(turn + 0.5) * TURN_SECONDS))
        assert sum(share.values()) == 1
        served += Counter(share)
    assert served == {THALIA: 2, APOLLO: 2, LUNA: 2}


COUNTS = st.integers(0, 9)
OWNERS = "abcde"


@st.composite
def fleets(draw) -> Fleet:
    owners = draw(st.lists(st.sampled_from(OWNERS), min_size=1, unique=True))
    places = st.tuples(st.sampled_from(owners), st.sampled_from(VOICES))
    capacity = {owner: draw(st.integers(0, 20)) for owner in owners}
    held = draw(st.dictionaries(places, COUNTS, max_size=8))
    return Fleet(
        total=draw(st.integers(0, 40)),
        held=held,
        queued=draw(st.dictionaries(st.sampled_from(VOICES), st.integers(0, 30))),
        capacity=capacity,
        at=draw(st.floats(0, 20 * TURN_SECONDS)),
    )


def gave_back(crowd: Fleet) -> Fleet:
    """The fleet once everybody has given back what it was told to; the voices wait for it."""
    held, queued = Counter(crowd.held), Counter(crowd.queued)
    for owner, voices in surplus(crowd).items():
        for voice, count in voices.items():
            assert held[owner, voice] >= count
            held[owner, voice] -= count
            queued[voice] += count
    return replace(crowd, held=held, queued=queued)


def filled(crowd: Fleet, order) -> Fleet:
    """The fleet once everybody has acquired what it may, in whatever order they ask."""
    asking = [owner for owner, most in crowd.capacity.items() if crowd.by_owner[owner] < most]
    while asking:
        owner = asking[order.draw(st.integers(0, len(asking) - 1))]
        voice = chosen_voice(crowd, owner)
        if voice is None or crowd.by_owner[owner] >= crowd.capacity[owner]:
            asking.remove(owner)
            continue
        held, queued = Counter(crowd.held), Counter(crowd.queued)
        held[owner, voice] += 1
        queued[voice] -= 1
        crowd = replace(crowd, held=held, queued=queued)
        asking = list(crowd.capacity)
    return crowd


@given(fleets())
def test_what_is_left_after_giving_back_fits_into_the_total(crowd):
    assert sum(gave_back(crowd).held.values()) <= max(
        crowd.total, 0 if scarce(crowd) else sum(crowd.held.values())
    )


@given(fleets(), st.data())
def test_giving_back_and_granting_anew_leaves_nothing_to_give_back(crowd, order):
    """No ping-pong: neither at once, nor after everybody has acquired what it may.

    Nobody drains meanwhile: while one does, there is less and less that can be held.
    """
    capacity = {owner: max(most, crowd.by_owner[owner]) for owner, most in crowd.capacity.items()}
    settled = gave_back(replace(crowd, capacity=capacity))
    assert surplus(settled) == {}
    assert surplus(filled(settled, order)) == {}


@given(fleets(), st.data())
def test_no_slot_stays_free_while_a_slice_waits_and_somebody_has_room(crowd, order):
    after = filled(gave_back(crowd), order)
    room = any(after.by_owner[owner] < most for owner, most in after.capacity.items())
    used = sum(after.held.values())
    assert used >= after.total or not room or not sum(Counter(after.queued).values())


@given(fleets(), st.data())
def test_everybody_ends_with_its_share(crowd, order):
    """Where slots are scarce and there is room for all of them."""
    after = filled(gave_back(crowd), order)
    if not scarce(after) or sum(after.capacity.values()) < after.total:
        return
    for owner, share in owner_shares(after).items():
        assert after.by_owner[owner] == share
    for voice, share in voice_shares(after).items():
        assert after.by_voice[voice] == share


@given(fleets())
def test_what_may_be_acquired_is_never_more_than_is_free(crowd):
    assert 0 <= crowd.free <= max(0, crowd.total - sum(crowd.held.values()))
    assert crowd.seats == max(0, min(crowd.total, sum(crowd.capacity.values())))


@pytest.mark.parametrize("total", [1, 3, 7])
def test_all_processes_agree_whatever_the_order_of_the_rows(total):
    held = {(owner, voice): 2 for owner in "ab" for voice in (THALIA, APOLLO)}
    crowd = fleet(total, held=held, queued={THALIA: 3, LUNA: 3})
    other = replace(crowd, held=dict(reversed(held.items())), queued={LUNA: 3, THALIA: 3})
    assert surplus(other) == surplus(crowd)
