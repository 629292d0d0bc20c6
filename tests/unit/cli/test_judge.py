"""What `narrator verify` says in a line."""

from dataclasses import replace

from narrator.cli.judge import judgement, line
from narrator.domain.choices import TextChoices, parse_reading
from narrator.domain.documents import SkipReason, Span
from narrator.services.verify import Level, Verdict
from tests.unit.domain.books import book
from tests.unit.services.conftest import World

WHOLE = Verdict(
    level=Level.AUDIO,
    recordings=1,
    of_recordings=1,
    with_document=True,
    source_chars=1_000,
    spoken_chars=900,
    skipped={SkipReason.FOOTNOTE: 100},
    chunks=3,
    gaps=(),
    problems=(),
)


def test_a_verdict_says_how_much_is_covered_and_how_deep_it_went() -> None:
    assert line(WHOLE) == (
        "verified: covered 1,000 of 1,000 characters (900 spoken in 3 chunks, 100 left out and"
        " listed), gaps 0, spans and envelopes as recorded, document as read"
    )


def test_without_audio_it_says_manifest_only() -> None:
    alone = replace(WHOLE, level=Level.MANIFEST, with_document=False)
    assert line(alone).endswith("gaps 0, manifest only")


def test_of_several_files_it_says_how_many_were_looked_at() -> None:
    some = replace(WHOLE, recordings=2, of_recordings=5)
    assert "spans and envelopes as recorded in 2 of 5 files, " in line(some)


def test_what_does_not_hold_is_not_said_to() -> None:
    torn = replace(WHOLE, gaps=(Span(5, 9),), problems=("characters 5 to 9 …",))
    assert line(torn).startswith("NOT verified: covered 996 of 1,000 characters")
    assert line(torn).endswith("gaps 1, with the audio and the source")


def test_what_could_not_be_spoken_is_told() -> None:
    gap = replace(WHOLE, skipped={SkipReason.UNSPOKEN: 60, SkipReason.FOOTNOTE: 40})
    assert "100 left out and listed (60 of them because they could not be spoken)" in line(gap)


def test_the_document_is_read_again_as_the_job_read_it(world: World) -> None:
    reading = parse_reading(["footnotes=inline"])
    manifest = replace(book().manifest, choices=TextChoices(reading=reading))
    judgement(world.services, manifest, recordings=(), document=world.source)
    assert world.reader.reading == reading
