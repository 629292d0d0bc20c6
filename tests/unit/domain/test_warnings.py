"""What a plan warns of, and that it warns of nothing else."""

from dataclasses import replace

from narrator.domain.documents import Metadata, Skip, SkipReason, Span
from narrator.domain.plan import Boundary, Chunk, Plan, PlannedChapter
from narrator.domain.voices import Voice
from narrator.domain.warnings import (
    LONG_CHAPTER_CHARS,
    LONG_WITHOUT_HEADINGS_CHARS,
    WarningCode,
    warnings,
)

GOOD = {"One": "It was a dark night. " * 9, "Two": "The storm went on. " * 9}


def plan(
    chapters: dict[str, str] | list[tuple[str, str]],
    *,
    language: str = "en-GB",
    skips: dict[SkipReason, int] | None = None,
) -> Plan:
    """A plan of titles and texts, and of so many characters that are left out."""
    pairs = list(chapters.items()) if isinstance(chapters, dict) else chapters
    position, made = 0, []
    for number, (title, text) in enumerate(pairs, start=1):
        span = Span(position, position + len(text))
        chunk = Chunk(index=0, spans=(span,), edits=(), text=text, boundary=Boundary.CHAPTER)
        chunks = (chunk,) if text else ()
        made.append(PlannedChapter(number=number, title=title, chunks=chunks))
        position = span.end
    left_out = []
    for reason, chars in (skips or {}).items():
        left_out.append(Skip(span=Span(position, position + chars), reason=reason))
        position += chars
    return Plan(
        format="text",
        source_sha256="a" * 64,
        source_chars=position,
        metadata=Metadata(language=language),
        chapters=tuple(made),
        skips=tuple(left_out),
    )


def codes(made: Plan, voice: Voice | None = None) -> list[tuple[WarningCode, int | None]]:
    return [(each.code, each.chapter) for each in warnings(made, voice=voice or Voice())]


def test_a_usual_book_warns_of_nothing() -> None:
    usual = {SkipReason.WHITESPACE: 900, SkipReason.LICENCE: 900, SkipReason.FOOTNOTE: 9}
    assert codes(plan(GOOD, skips=usual)) == []


def test_a_document_without_a_language_is_not_of_another() -> None:
    assert codes(plan(GOOD, language="")) == []


def test_a_voice_of_another_language_is_told() -> None:
    assert codes(plan(GOOD, language="fr")) == [(WarningCode.OTHER_LANGUAGE, None)]
    assert codes(plan(GOOD, language="fr"), Voice(name="aura-2-agathe-fr")) == []


def test_a_chapter_without_text_is_told() -> None:
    assert codes(plan({**GOOD, "Three": ""})) == [(WarningCode.EMPTY_CHAPTER, 3)]


def test_a_very_long_chapter_is_told() -> None:
    long = "a" * (LONG_CHAPTER_CHARS + 1)
    assert codes(plan({**GOOD, "Three": long})) == [(WarningCode.LONG_CHAPTER, 3)]


def test_chapters_of_one_title_are_told_each() -> None:
    twice = plan([("One", "It began."), ("One", "It ended."), ("", "A."), ("", "B.")])
    assert codes(twice) == [(WarningCode.SAME_TITLE, 1), (WarningCode.SAME_TITLE, 2)]


def test_much_that_is_left_out_is_told_as_a_share_of_what_could_be_read() -> None:
    (warning,) = warnings(
        plan({"One": "a" * 60}, skips={SkipReason.INDEX: 40, SkipReason.WHITESPACE: 500}),
        voice=Voice(),
    )
    assert warning.code is WarningCode.MUCH_SKIPPED
    assert warning.reason.startswith("40%")


def test_a_long_text_in_one_piece_is_told() -> None:
    long = plan({"": "a" * (LONG_WITHOUT_HEADINGS_CHARS + 1)})
    assert codes(long) == [(WarningCode.NO_HEADINGS, None)]


def test_text_that_was_decoded_wrongly_is_told() -> None:
    wrong = "Na\u00c3\u00afve caf\u00c3\u00a9 \u00e2\u20ac\u2122s "
    assert codes(plan({"One": wrong, "Two": "b"})) == [(WarningCode.MOJIBAKE, None)]


def test_letters_that_only_look_so_are_not_told() -> None:
    assert (
        codes(plan({"Um": "S\u00c3O PAULO, \u00c2NGELA, ch\u00e2teau \u20ac 5", "Dois": "b"})) == []
    )


def test_every_voice_that_is_heard_is_looked_at_and_no_other() -> None:
    """Here the narrator says nothing: both chapters are of other voices."""
    made = plan(GOOD, language="en-GB")
    cast = [
        replace(chapter, chunks=tuple(replace(chunk, voice=voice) for chunk in chapter.chunks))
        for chapter, voice in zip(
            made.chapters, ("aura-2-agathe-fr", "aura-2-orion-en"), strict=True
        )
    ]
    (warning,) = warnings(
        replace(made, chapters=tuple(cast)), voice=Voice(name="aura-2-viktoria-de")
    )
    assert warning.code is WarningCode.OTHER_LANGUAGE
    assert "aura-2-agathe-fr speaks 'fr'" in warning.reason
