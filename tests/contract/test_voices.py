"""The ports of a job of several voices: each slice is of one, and claimed by who speaks it."""

from dataclasses import replace

import pytest

from narrator.domain.errors import AccountFault
from narrator.domain.faults import Fault
from narrator.domain.jobs import Job, JobOptions, JobState
from narrator.domain.steps import Claim, Queue, StepKind
from narrator.domain.voices import Voice
from narrator.services.plan import slices
from narrator.services.ports import PlannedJob
from tests.contract.fleet import APOLLO, THALIA, Fleet, take
from tests.contract.stage import BOOK, SPEAKER, Store, key_of, new_job, plan_of, take_of

ORION = Voice(name="aura-2-orion-en")
TEXTS = [["title", "one", "said", "two"], ["title", "three"]]
NO_CREDITS = AccountFault("HTTP 402, request r-1", remedy="add credits", fault=Fault.HANDSHAKE_402)
VOICES = {"title": ORION, "said": APOLLO}


def cast(voices: dict[str, Voice] = VOICES) -> PlannedJob:
    """The plan of the texts, some of them in other voices than the narrator's."""
    plan = plan_of(TEXTS)
    chunks = tuple(
        replace(chunk, voice=voices[chunk.text].name) if chunk.text in voices else chunk
        for chunk in plan.chunks
    )
    return replace(plan, chunks=chunks, slices=tuple(slices(chunks)))


def planned(store: Store, number: int = 1, voice: Voice = THALIA) -> Job:
    """A job of several voices, its slices queued."""
    job = store.jobs.create(new_job(number, JobOptions(voice=voice)))
    store.steps.finish_plan(store.next(Queue.AUDIO), cast())
    store.dispatch()
    return store.jobs.get(job.id)


def said(store: Store, voice: Voice, *, seats: int = 0) -> list[list[str]]:
    """What a seat of this voice gets to speak, slice by slice; all is spoken and finished."""
    found: list[list[str]] = []
    while claim := store.seat(voice=voice, seats=seats):
        found.append([chunk.text for chunk in store.takes.pending(claim)])
        finish(store, claim)
        store.dispatch()
    return found


def finish(store: Store, claim: Claim) -> None:
    """Keep a take of each chunk, found or new."""
    for chunk in store.takes.pending(claim):
        there = store.takes.find([chunk.key])
        store.takes.keep(claim, take_of(chunk.text), spoken_now=not there)
    store.steps.finish_slice(claim)


def test_a_seat_claims_what_its_voice_is_to_say(store: Store) -> None:
    planned(store)
    assert said(store, APOLLO) == [["said"]]
    assert said(store, ORION) == [["title"], ["title"]]
    assert said(store, THALIA) == [["one", "two"], ["three"]]


def test_another_jobs_narrator_speaks_what_its_voice_is_cast_for(store: Store) -> None:
    mine = planned(store)
    other = planned(store, 2, voice=APOLLO)
    claims = [store.seat(voice=APOLLO, seats=0) for _ in range(4)]
    jobs = [claim.job_id for claim in claims if claim]
    assert (jobs.count(mine.id), jobs.count(other.id)) == (1, 3)


def test_voices_of_a_job_speak_at_its_speed(store: Store) -> None:
    planned(store, voice=Voice(speed=1.2))
    assert said(store, APOLLO) == []
    assert said(store, replace(APOLLO, speed=1.2)) == [["said"]]


def test_a_pending_chunk_tells_its_voice(store: Store) -> None:
    planned(store)
    claim = store.seat(voice=APOLLO)
    assert claim
    assert [chunk.voice for chunk in store.takes.pending(claim)] == [APOLLO.name]


def test_what_is_cut_off_a_slice_keeps_its_voice(store: Store) -> None:
    job = store.jobs.create(new_job(1))
    store.steps.finish_plan(store.next(Queue.AUDIO), cast({"one": APOLLO, "two": APOLLO}))
    store.dispatch()
    assert said(store, APOLLO, seats=45) == [["one"], ["two"]]
    assert store.jobs.progress(job.id).chunks_spoken == 2


def test_a_job_of_several_voices_keeps_its_speakers_name(store: Store) -> None:
    assert planned(store).speaker == SPEAKER


def test_chapters_of_several_voices_are_rendered_and_published(store: Store) -> None:
    job = planned(store)
    for voice in (THALIA, ORION, APOLLO):
        said(store, voice)
    store.render(2)
    store.steps.finish_publish(store.next(Queue.AUDIO), [BOOK])
    assert store.jobs.get(job.id).state is JobState.SUCCEEDED


def test_a_slice_of_two_voices_is_no_plan(store: Store) -> None:
    store.jobs.create(new_job(1))
    claim = store.next(Queue.AUDIO)
    mixed = plan_of(TEXTS, slice_chunks=4)
    with pytest.raises(ValueError, match="voice"):
        store.steps.finish_plan(claim, replace(mixed, chunks=cast().chunks))


def test_spoilt_takes_are_spoken_again_each_by_its_voice(store: Store) -> None:
    planned(store)
    for voice in (APOLLO, THALIA, ORION):  # the first chapter is done first
        said(store, voice)
    render = store.next(Queue.AUDIO)
    texts = {key_of(text) for text in ("one", "said", "two")}
    seen = {c.key: c.take for c in store.takes.of_chapter(render) if c.key in texts}
    store.steps.respeak(render, seen)
    store.dispatch()
    assert said(store, APOLLO) == [["said"]]
    assert said(store, THALIA) == [["one", "two"]]


def test_a_retried_job_speaks_a_dead_chunk_by_its_voice(store: Store) -> None:
    job = planned(store)
    claim = store.seat(voice=APOLLO)
    assert claim
    store.takes.bury(claim, key_of("said"), fault=Fault.NO_AUDIO, reason="refused")
    store.steps.finish_slice(claim)
    store.jobs.cancel(job.id)
    store.jobs.retry(job.id)
    store.dispatch()
    assert said(store, APOLLO) == [["said"]]


def test_slots_are_had_for_each_voice_that_waits(fleet: Fleet) -> None:
    planned(fleet.store)
    slots = take(fleet.slots(3), 3)
    assert {slot.voice for slot in slots} == {THALIA, ORION, APOLLO}


def test_a_refused_account_pauses_a_job_of_several_voices(fleet: Fleet) -> None:
    job = planned(fleet.store)
    slots = fleet.slots()
    (slot,) = take(slots, 1)
    slots.refused(NO_CREDITS, handshake_seconds=0.1, slot=slot)
    assert fleet.store.jobs.get(job.id).state is JobState.PAUSED
    fleet.later(1)
    slots.opened(handshake_seconds=0.1)
    assert fleet.store.jobs.get(job.id).state is JobState.RUNNING
    assert any(kind is StepKind.SLICE for kind, _ in fleet.store.steps.counts())


def test_who_speaks_how_much_is_told_the_most_first(store: Store) -> None:
    """The narrator's voice is that of the job, also where a chunk names it."""
    job = store.jobs.create(new_job(1, JobOptions(voice=THALIA)))
    assert store.jobs.voices(job.id) == {}
    store.steps.finish_plan(store.next(Queue.AUDIO), cast(VOICES | {"one": THALIA}))
    told = store.jobs.voices(job.id)
    assert told == {"aura-2-thalia-en": 11, "aura-2-orion-en": 10, APOLLO.name: 4}
    assert list(told.values()) == [11, 10, 4]
