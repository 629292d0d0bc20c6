"""What somebody should look at before a plan is paid for. Rules of thumb: none of them is an error.

The plan alone is judged, and the voices that are to speak it.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from narrator.domain.documents import SkipReason
from narrator.domain.plan import Plan, chars_by_voice
from narrator.domain.voices import Voice

LONG_CHAPTER_CHARS = 200_000
"""About three hours of speech: more than twice the longest chapters of novels."""

MUCH_SKIPPED = 0.2
"""A larger share of a document than notes, contents and front matter usually are."""

LONG_WITHOUT_HEADINGS_CHARS = 50_000
"""A text of that length, some 45 minutes of speech, usually has parts."""

MOJIBAKE = 0.001
"""The share of characters that look wrongly decoded from which on a text is suspicious."""

_SELF_EVIDENT = frozenset(
    {
        SkipReason.WHITESPACE,
        SkipReason.METADATA,
        SkipReason.MARKUP,
        SkipReason.HIDDEN,
        SkipReason.LICENCE,
        SkipReason.NOT_CHOSEN,
    }
)

# UTF-8 read as Windows-1252 or Latin-1, and what stands for bytes that could not be decoded at all.
_WRONG = re.compile("[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac.?|\u00e2\u0080.?|\ufffd")


class WarningCode(StrEnum):
    """What a warning is about; for programs."""

    EMPTY_CHAPTER = "empty-chapter"
    LONG_CHAPTER = "long-chapter"
    SAME_TITLE = "same-title"
    OTHER_LANGUAGE = "other-language"
    MUCH_SKIPPED = "much-skipped"
    NO_HEADINGS = "no-headings"
    MOJIBAKE = "mojibake"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWarning:
    """A warning; `chapter` is the body number of the chapter that it is about, if it is of one."""

    code: WarningCode
    reason: str
    chapter: int | None = None


def warnings(plan: Plan, *, voice: Voice) -> list[PlanWarning]:
    """What is worth a look, that of the whole document first, then chapter by chapter.

    `voice` is the narrator's: it speaks all that has no voice of its own.
    """
    return [*_of_voices(plan, voice), *_of_document(plan), *_of_chapters(plan)]


def _of_voices(plan: Plan, narrator: Voice) -> Iterator[PlanWarning]:
    """A document names one language, so that a passage in another one is not known."""
    written = plan.metadata.language
    language = written.partition("-")[0].lower()
    for voice, chars in chars_by_voice(plan.chunks(), narrator.name).items():
        spoken = voice.rpartition("-")[2]
        if language and language != spoken:
            reason = (
                f"the document says that it is in {written!r}, and {voice} speaks {spoken!r}"
                f" ({chars:,} characters)"
            )
            yield PlanWarning(code=WarningCode.OTHER_LANGUAGE, reason=reason)


def _of_document(plan: Plan) -> Iterator[PlanWarning]:
    if (share := _skipped_share(plan)) > MUCH_SKIPPED:
        reason = f"{share:.0%} of the document's text is left out; see the skips and their reasons"
        yield PlanWarning(code=WarningCode.MUCH_SKIPPED, reason=reason)
    if len(plan.chapters) == 1 and plan.chars > LONG_WITHOUT_HEADINGS_CHARS:
        reason = f"no chapters were found in {plan.chars:,} characters"
        yield PlanWarning(code=WarningCode.NO_HEADINGS, reason=reason)
    if (share := _wrong_share(plan)) > MOJIBAKE:
        reason = f"{share:.1%} of the text looks as if it were decoded wrongly"
        yield PlanWarning(code=WarningCode.MOJIBAKE, reason=reason)


def _of_chapters(plan: Plan) -> Iterator[PlanWarning]:
    titles = Counter(chapter.title for chapter in plan.chapters if chapter.title)
    for chapter in plan.chapters:
        if not chapter.chars:
            reason = "nothing in it is to be spoken"
            yield PlanWarning(code=WarningCode.EMPTY_CHAPTER, reason=reason, chapter=chapter.number)
        if chapter.chars > LONG_CHAPTER_CHARS:
            reason = f"it has {chapter.chars:,} characters; headings may have been missed"
            yield PlanWarning(code=WarningCode.LONG_CHAPTER, reason=reason, chapter=chapter.number)
        if titles[chapter.title] > 1:
            reason = f"{titles[chapter.title]} chapters have its title"
            yield PlanWarning(code=WarningCode.SAME_TITLE, reason=reason, chapter=chapter.number)


def _skipped_share(plan: Plan) -> float:
    """The share of what is left out in what could have been read."""
    skipped: Counter[bool] = Counter()
    for skip in plan.skips:
        skipped[skip.reason in _SELF_EVIDENT] += len(skip.span)
    return skipped[False] / max(1, plan.source_chars - skipped[True])


def _wrong_share(plan: Plan) -> float:
    wrong = sum(len(hit[0]) for chunk in plan.chunks() for hit in _WRONG.finditer(chunk.text))
    return wrong / max(1, plan.chars)
