"""A job's lexicon: which one it is bound to, how long it is kept, and what an edit costs."""

import pytest

from narrator.domain.artifacts import lexicon_object
from narrator.domain.errors import OptionRefused
from narrator.domain.ids import JobId
from narrator.domain.jobs import Job, JobState
from narrator.domain.lexicon import Entry, EntryKind, Lexicon, with_entries, without_entry
from narrator.services.lexicon import bound, edit, effective
from narrator.services.plan import preview
from narrator.services.stored import fetch_lexicon, plan_of
from narrator.services.submit import same_job_id, submit
from narrator.services.sweep import sweep
from narrator.text.hits import Hit, hits
from tests.fakes.lexicons import MemoryLexicons
from tests.fakes.speaker import FakeReader
from tests.unit.services.conftest import World, document

LONG = " She was as clever as anybody in the place, and knew it well." * 3
PARAGRAPHS = tuple(f"{name} was handsome.{LONG}" for name in ("Emma", "Harriet", "Jane"))


def saying(**said: str) -> Lexicon:
    return Lexicon(entries=tuple(Entry(written=word, said=words) for word, words in said.items()))


def narrated(world: World, number: int, lexicon: Lexicon) -> Job:
    """The job of that number, submitted with a lexicon of its own and done."""
    job = submit(
        world.services,
        world.source,
        name="emma.txt",
        options=world.options,
        job_id=JobId(f"{number:032x}"),
        lexicon=effective(world.services.lexicons, lexicon),
    )
    world.work()
    assert world.store.get(job.id).state is JobState.SUCCEEDED
    return world.store.get(job.id)


def test_the_book_s_own_entry_counts_more_than_the_installation_s():
    lexicons = MemoryLexicons()
    edit(lexicons, None, lambda kept: with_entries(kept, saying(Emma="one", Jane="two").entries))
    made = effective(lexicons, saying(Emma="three"))
    assert {entry.written: entry.said for entry in made.entries} == {"Emma": "three", "Jane": "two"}


def test_each_edit_is_a_version():
    lexicons = MemoryLexicons()
    edit(lexicons, None, lambda kept: with_entries(kept, saying(Emma="a").entries))
    kept = edit(lexicons, None, lambda kept: without_entry(kept, "Emma"))
    assert (kept.version, lexicons.version(None, 1).lexicon) == (2, saying(Emma="a"))


def test_a_pattern_that_cannot_be_carried_out_is_not_kept():
    lexicons = MemoryLexicons()
    broken = Lexicon(entries=(Entry(kind=EntryKind.REGEX, written="(", said=""),))
    with pytest.raises(OptionRefused):
        edit(lexicons, None, lambda _: broken)
    assert lexicons.current(None).version == 0


def test_a_job_says_what_its_lexicon_says(world: World):
    world.swap(reader=FakeReader(document(PARAGRAPHS)))
    job = narrated(world, 1, saying(Emma="Emmer"))
    texts = [c.text for chapter in plan_of(world.services, job).chapters for c in chapter.chunks]
    assert texts[0].startswith("Emmer was handsome.")
    assert fetch_lexicon(world.services, job) == saying(Emma="Emmer")


def test_a_job_without_a_lexicon_keeps_none(world: World):
    job = world.submit()
    assert job.options.lexicon == ""
    assert not [key for key in world.objects.kept if "lexicon" in key]


def test_a_job_s_lexicon_stays_as_long_as_the_job(world: World):
    job = narrated(world, 1, saying(Emma="Emmer"))
    world.clock.now += 20 * 86_400.0
    sweep(world.services)
    assert lexicon_object(job.id, job.options.lexicon) in world.objects.kept


def test_an_edited_entry_speaks_again_only_the_chunks_that_contain_it(world: World):
    world.swap(reader=FakeReader(document(PARAGRAPHS)))
    narrated(world, 1, saying(Emma="Emmer", Harriet="Hattie"))
    job = narrated(world, 2, saying(Emma="Emmer", Harriet="Harry"))
    assert world.ledger.sums(job.id).sent == len(PARAGRAPHS[1].replace("Harriet", "Harry"))


def test_an_edited_word_speaks_again_only_the_chunks_that_contain_it(world: World):
    world.swap(reader=FakeReader(document(PARAGRAPHS)))
    narrated(world, 1, saying(Emma="Emmer"))
    edited = (PARAGRAPHS[0], PARAGRAPHS[1].replace("handsome", "pretty"), PARAGRAPHS[2])
    world.swap(reader=FakeReader(document(edited)))
    job = narrated(world, 2, saying(Emma="Emmer"))
    assert world.ledger.sums(job.id).sent == len(edited[1])


def test_the_same_document_with_another_lexicon_is_another_job(world: World):
    def job_id(lexicon: Lexicon) -> str:
        options = bound(world.options, lexicon)
        return same_job_id(world.source, name="a", options=options, speaker="b", studio="c")

    assert len({job_id(saying()), job_id(saying(Emma="a")), job_id(saying(Emma="b"))}) == 3


def test_hits_tell_what_was_changed_and_what_stands_around_it(world: World):
    reader = FakeReader(document(("Here is Emma  today.",)))
    read, made = preview(reader, world.source, name="a.txt", lexicon=saying(Emma="Emmer"))
    assert list(hits(made, read.source)) == [
        Hit(chapter=1, before="Emma", after="Emmer", left="Here is ", right=" today.")
    ]


def test_ipa_is_said_as_a_control_by_voices_that_take_it_and_not_by_others(world: World):
    lexicon = Lexicon(entries=(Entry(kind=EntryKind.IPA, written="Emma", said="ema"),))
    reader = FakeReader(document(("Emma.",)))
    texts = [
        preview(reader, world.source, name="a.txt", lexicon=lexicon, narrator=voice)[1]
        .chapters[0]
        .chunks[0]
        .text
        for voice in ("aura-2-thalia-en", "aura-asteria-en")
    ]
    assert texts == ['\\{"word": "Emma", "pronounce": "ema"\\}.', "Emma."]
