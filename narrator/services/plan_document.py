"""The plan as a document: what would be spoken, what would not, what it takes and what it costs.

One form for whoever asks: `narrator plan --json` prints it, `POST /v1/plans` answers with it.
"""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from narrator.domain.cap import dollars_up, plan_too_dear
from narrator.domain.lexicon import NO_LEXICON, EntryKind, Lexicon, takes_ipa
from narrator.domain.plan import PLAN_VERSION, Plan, PlannedChapter, chars_by_voice
from narrator.domain.plan_json import plan_hash, skip_to_json, to_json
from narrator.domain.slots import SlotTerms
from narrator.domain.voices import Voice
from narrator.domain.warnings import PlanWarning, warnings
from narrator.services.estimate import seconds_of_speech, wall_seconds

MAX_COST = "max-cost"
"""The code of the warning that a plan costs more than it may."""

NO_IPA = "no-ipa"
"""The code of the warning that pronunciations are left out, which the voice does not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Under which a plan is priced: who speaks, US dollars, the fleet's slots, what may be sent.

    `max_chars` 0: no cap. `lexicon` is the one that the plan was made with.
    """

    voice: Voice
    price_per_1000_chars: float
    terms: SlotTerms
    max_chars: int = 0
    lexicon: Lexicon = NO_LEXICON


def plan_document(made: Plan, conditions: Conditions, *, full: bool = False) -> dict[str, Any]:
    """The plan's figures as a JSON object; `full`: and the plan itself, chunk by chunk.

    `chars_to_send` counts the same words once, however often they come. Estimates take no account
    of what takes may answer.
    """
    chars = chars_to_send(made, conditions.voice)
    price, terms = conditions.price_per_1000_chars, conditions.terms
    return {
        "hash": plan_hash(made),
        "version": PLAN_VERSION,
        "format": made.format,
        "title": made.metadata.title,
        "creators": list(made.metadata.creators),
        "language": made.metadata.language,
        "source_sha256": made.source_sha256,
        "source_chars": made.source_chars,
        "chapters": [_chapter(chapter, conditions.voice.speed) for chapter in made.chapters],
        "chars": made.chars,
        "chars_to_send": chars,
        "chunks": sum(len(chapter.chunks) for chapter in made.chapters),
        "voices": chars_by_voice(made.chunks(), conditions.voice.name),
        "estimated_seconds": _seconds(made.chars, conditions.voice.speed),
        "estimated_dollars": dollars_up(chars, price_per_1000_chars=price),
        "estimated_wall_seconds": round(wall_seconds(chars, terms), 1),
        "slots": terms.most,
        "skipped": skipped(made),
        "skips": [skip_to_json(skip) for skip in made.skips],
        "edits": edits(made),
        "warnings": [
            *_warnings(made, conditions),
            *_left_out(made, conditions),
            *_too_dear(chars, conditions.max_chars),
        ],
        **({"plan": json.loads(to_json(made).decode("utf-8", "surrogatepass"))} if full else {}),
    }


def chars_to_send(made: Plan, narrator: Voice) -> int:
    """Characters of the plan's words, each wording once: it is spoken once, and answers again."""
    words = {(chunk.voice or narrator.name, chunk.text) for chunk in made.chunks()}
    return sum(len(text) for _, text in words)


def skipped(made: Plan) -> dict[str, dict[str, int]]:
    """Stretches and characters of the source that are left out, by reason, most first."""
    stretches: Counter[str] = Counter()
    chars: Counter[str] = Counter()
    for skip in made.skips:
        stretches[skip.reason.value] += 1
        chars[skip.reason.value] += len(skip.span)
    return {
        reason: {"stretches": stretches[reason], "chars": number}
        for reason, number in chars.most_common()
    }


def edits(made: Plan) -> dict[str, int]:
    """How often each rule changed the wording, most first."""
    rules = Counter(edit.rule for chunk in made.chunks() for edit in chunk.edits)
    return dict(rules.most_common())


def _chapter(chapter: PlannedChapter, speed: float) -> dict[str, Any]:
    return {
        "number": chapter.number,
        "title": chapter.title,
        "chunks": len(chapter.chunks),
        "chars": chapter.chars,
        "estimated_seconds": _seconds(chapter.chars, speed),
    }


def _seconds(chars: int, speed: float) -> float:
    return round(seconds_of_speech(chars, speed=speed), 1)


def _warnings(made: Plan, conditions: Conditions) -> list[dict[str, Any]]:
    return [_warning(each) for each in warnings(made, voice=conditions.voice)]


def _warning(warning: PlanWarning) -> dict[str, Any]:
    return {"code": warning.code.value, "chapter": warning.chapter, "reason": warning.reason}


def _left_out(made: Plan, conditions: Conditions) -> list[dict[str, Any]]:
    ipa = sum(entry.kind is EntryKind.IPA for entry in conditions.lexicon.entries)
    if not ipa:
        return []
    reason = f"takes no IPA: {ipa:,} entries of the lexicon are left out"
    heard = chars_by_voice(made.chunks(), conditions.voice.name)
    names = (name for name in heard if not takes_ipa(name))
    return [{"code": NO_IPA, "chapter": None, "reason": f"{name} {reason}"} for name in names]


def _too_dear(chars: int, max_chars: int) -> list[dict[str, Any]]:
    if not 0 < max_chars < chars:
        return []
    reason = plan_too_dear(chars, max_chars=max_chars).reason
    return [{"code": MAX_COST, "chapter": None, "reason": f"{reason}; takes may answer some"}]
