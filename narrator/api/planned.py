"""A plan as the OpenAPI document shows it (`services.plan_document` makes it)."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class _Shown(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlannedChapterView(_Shown):
    """A chapter that would be spoken."""

    number: int = Field(description="Body chapter number in the document, from 1.")
    title: str
    chunks: int
    chars: int = Field(description="Characters to be spoken.")
    estimated_seconds: float = Field(description="About how long it plays, pauses apart.")


class SkippedView(_Shown):
    """What is left out for one reason."""

    stretches: int
    chars: int


class PlanWarningView(_Shown):
    """Something to look at before it is paid for."""

    code: str = Field(description="Stable; for programs.", examples=["much-skipped"])
    chapter: int | None = Field(description="The chapter that it is about, if it is of one.")
    reason: str


class PlanView(_Shown):
    """What a document would become; nothing is stored and nothing is spent."""

    hash: str = Field(description="Names this plan: a job may be bound to it (`plan_hash`).")
    version: int = Field(description="Of the form of plans; another one gives other hashes.")
    format: str = Field(description="Of the document.", examples=["epub"])
    title: str
    creators: list[str]
    language: str = Field(description="As the document says, BCP 47; may be empty.")
    source_sha256: str = Field(description="Digest of the document's characters in UTF-8.")
    source_chars: int = Field(description="The document's characters, spoken or not.")
    chapters: list[PlannedChapterView]
    chars: int = Field(description="Characters to be spoken.")
    chars_to_send: int = Field(
        description="Those that are sent, if no recording answers: the same words once."
    )
    chunks: int
    voices: dict[str, int] = Field(
        description="Characters by the voice that speaks them.",
        examples=[{"aura-2-thalia-en": 41_203, "aura-2-orion-en": 1_180}],
    )
    estimated_seconds: float = Field(description="About how long it plays, pauses apart.")
    estimated_dollars: float = Field(
        description="US dollars for `chars_to_send`, rounded up: as `max_cost` it pays for them."
    )
    estimated_wall_seconds: float = Field(
        description="About how long all `slots` take to speak it, if they do nothing else."
    )
    slots: int = Field(description="Sockets that the fleet may have open.")
    skipped: dict[str, SkippedView] = Field(description="What is left out, by reason.")
    skips: list[tuple[int, int, str]] = Field(
        description="Every stretch that is left out: start, end (not included), reason. Places"
        " count the document's characters from 0."
    )
    edits: dict[str, int] = Field(description="How often each rule changed the wording.")
    warnings: list[PlanWarningView]
    plan: dict[str, Any] | None = Field(
        default=None,
        description="With `full`: the plan itself, of whose canonical JSON (keys"
        " sorted, no spaces) `hash` is the SHA-256.",
    )
