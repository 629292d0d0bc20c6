"""The options of a job as the API gives them back."""

from typing import Self

from pydantic import BaseModel, Field

from narrator.domain.artifacts import AudioFormat
from narrator.domain.choices import write_casting, write_reading
from narrator.domain.jobs import JobOptions, OnDead
from narrator.domain.production import Companion, Level, Profile, Split, write_pauses


class OptionsView(BaseModel):
    """The options a job was submitted with."""

    voice: str = Field(description="The narrator's voice.")
    speed: float = Field(description="Speaking rate; 1 is the voice's own.")
    format: AudioFormat = Field(description="File format of the job's first recording.")
    chapters: list[int] = Field(description="Body chapter numbers; empty means all.")
    on_dead: OnDead = Field(description="What is made of chunks that cannot be spoken.")
    webhook_url: str = Field(description="Who is told when the job has ended; empty for nobody.")
    read: list[str] = Field(
        description="How text of a role is treated, where it is not the default.",
        examples=[["footnotes=inline"]],
    )
    without: list[str] = Field(description="Passes over the wording that are left out.")
    cast: list[str] = Field(
        description="Who speaks a kind of passage or a chapter, where it is not `voice`.",
        examples=[["heading=aura-2-orion-en"]],
    )
    lexicon: str = Field(
        description="The digest of the lexicon that it is bound to, of all that counted when it was"
        " submitted; empty for none."
    )
    plan_hash: str = Field(description="The only plan that is carried out; empty for any.")
    max_chars: int = Field(
        description="So many characters may be sent for the job; 0 for as many as it takes."
    )
    also: list[AudioFormat] = Field(description="Formats that are made besides `format`.")
    loudness: Profile = Field(description="How loud the recording is made.")
    level: Level = Field(description="What gets a gain of its own.")
    split: Split = Field(description="How it is cut into files; `parts`: by minutes.")
    part_minutes: int | None = Field(description="The longest part; null unless split into parts.")
    pauses: list[str] = Field(
        description="Pauses that are not as the service has them, in seconds."
    )
    read_along: list[Companion] = Field(description="What says when which sentences are heard.")
    listen: bool = Field(description="Whether takes are compared with their words.")

    @classmethod
    def of(cls, options: JobOptions) -> Self:
        """From the domain's value."""
        made = options.production
        return cls(
            voice=options.voice.name,
            speed=options.voice.speed,
            format=options.format,
            chapters=list(options.chapters),
            on_dead=options.on_dead,
            webhook_url=options.webhook_url,
            read=write_reading(options.text.reading),
            without=list(options.text.without),
            cast=write_casting(options.text.casting),
            lexicon=options.lexicon,
            plan_hash=options.plan_hash,
            max_chars=options.max_chars,
            also=list(made.also),
            loudness=made.profile,
            level=made.level,
            split=made.split,
            part_minutes=made.part_minutes if made.split is Split.PARTS else None,
            pauses=write_pauses(made.pauses),
            read_along=list(made.companions),
            listen=made.listen,
        )
