"""What the API takes with a document, as its OpenAPI document shows it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from narrator.domain.artifacts import AudioFormat
from narrator.domain.jobs import OnDead
from narrator.domain.voices import DEFAULT_VOICE, FASTEST, SLOWEST
from narrator.domain.webhooks import LONGEST_URL_CHARS

CHAPTERS_CHARS = 1000
TITLE_CHARS = 200


class _Taken(BaseModel):
    """Something a caller sends: a misspelt field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class SubmittedOptions(_Taken):
    """How a document is to be narrated; every option may be left out."""

    voice: Annotated[
        str,
        Field(
            max_length=100,
            description="A Deepgram Aura voice.",
            examples=["aura-2-thalia-en", "aura-2-orion-en"],
        ),
    ] = DEFAULT_VOICE
    speed: Annotated[
        float,
        Field(
            allow_inf_nan=False,
            description=f"Speaking rate, {SLOWEST} to {FASTEST}; 1 is the voice's own."
            " Aura-2 voices in English and Spanish only.",
        ),
    ] = 1.0
    format: Annotated[AudioFormat, Field(description="File format of the finished recording.")] = (
        AudioFormat.M4B
    )
    chapters: Annotated[
        str,
        Field(
            max_length=CHAPTERS_CHARS,
            description="Body chapters to narrate, such as `1,3-5`; empty for all of them.",
            examples=["1,3-5"],
        ),
    ] = ""
    on_dead: Annotated[
        OnDead,
        Field(
            description="What to make of chunks that cannot be spoken, whatever is tried: `fail`"
            " with the list of them once all others are done, or `skip` them, which the manifest"
            " states."
        ),
    ] = OnDead.FAIL
    webhook_url: Annotated[
        str,
        Field(
            max_length=LONGEST_URL_CHARS,
            description="An http or https URL that is told, by POST, when the job has ended; empty"
            " for none.",
            examples=["https://example.org/narrator"],
        ),
    ] = ""


class SubmittedText(SubmittedOptions):
    """A text to narrate, given in the request itself; a file goes as multipart instead."""

    text: Annotated[str, Field(min_length=1, description="The text: plain, UTF-8.")]
    title: Annotated[
        str,
        Field(max_length=TITLE_CHARS, description="Its title, for tags and chapter marks."),
    ] = ""
