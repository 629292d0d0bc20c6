"""What the API takes with a document, as its OpenAPI document shows it."""

from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from narrator.domain.artifacts import AudioFormat
from narrator.domain.cap import LARGEST_DOLLARS
from narrator.domain.jobs import OnDead
from narrator.domain.lexicon import (
    LONGEST_SAID_CHARS,
    LONGEST_WRITTEN_CHARS,
    MOST_ENTRIES,
    EntryKind,
    entries_to_json,
)
from narrator.domain.outbound import LONGEST_URL_CHARS
from narrator.domain.production import Asked, Level, Production, Profile, parse_production
from narrator.domain.voices import DEFAULT_VOICE, FASTEST, SLOWEST
from narrator.services.ports import KeptLexicon

CHAPTERS_CHARS = 1000
TITLE_CHARS = 200
CHOICES = 1_000  # in one list


def _apart(given: object) -> object:
    """Choices given one by one, or several with commas between them, each by itself."""
    several = [given] if isinstance(given, str) else given
    if not isinstance(several, list):
        return several
    if not all(isinstance(each, str) for each in several):
        return several
    return [word.strip() for words in several for word in words.split(",") if word.strip()]


def _in_digits(given: object) -> object:
    """A whole number as a form would hold it."""
    return str(given) if type(given) is int else given


_Choices = Annotated[list[str], BeforeValidator(_apart), Field(max_length=CHOICES)]
"""A list; a field of a form may also come several times."""

MaxCost = Annotated[
    float | None,
    Field(
        gt=0,
        le=LARGEST_DOLLARS,
        allow_inf_nan=False,
        description="At most so many US dollars are spent, at the price of this moment: what does"
        " not fit is not sent, and the job fails. No cap where it is left out.",
        examples=[12.5],
    ),
]


class _Taken(BaseModel):
    """Something a caller sends: a misspelt field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class LexiconEntry(_Taken):
    """How a word, a phrase or what a pattern finds is said."""

    written: Annotated[
        str,
        Field(
            max_length=LONGEST_WRITTEN_CHARS,
            description="As the text has it; for `regex` a pattern in RE2's syntax.",
            examples=["Hermione"],
        ),
    ]
    said: Annotated[
        str,
        Field(
            max_length=LONGEST_SAID_CHARS,
            description="What is said in its place, for `ipa` its pronunciation; for `regex` a"
            r" template, in which `\1` is a group. Empty leaves the words out.",
            examples=["her-my-oh-nee"],
        ),
    ]
    kind: Annotated[
        EntryKind, Field(description="`ipa` counts with Aura-2 voices in English and Spanish.")
    ] = EntryKind.ALIAS
    exact_case: Annotated[bool, Field(description="Upper and lower case matter.")] = False
    whole_words: Annotated[bool, Field(description="Found at word boundaries only.")] = True

    def plain(self) -> dict[str, object]:
        """As a JSON object."""
        return self.model_dump(mode="json")


Entries = Annotated[list[LexiconEntry], Field(max_length=MOST_ENTRIES)]


class LexiconTaken(_Taken):
    """A lexicon as it is sent: of two entries that fit the longer counts, then the earlier."""

    entries: Entries

    def plain(self) -> list[dict[str, object]]:
        """The entries as JSON objects."""
        return [entry.plain() for entry in self.entries]


class LexiconView(BaseModel):
    """A version of a lexicon."""

    version: int = Field(description="0 before any was kept; each change makes the next.")
    entries: list[LexiconEntry]

    @classmethod
    def of(cls, kept: KeptLexicon) -> Self:
        """From the store's value."""
        entries = [LexiconEntry(**each) for each in entries_to_json(kept.lexicon)]
        return cls(version=kept.version, entries=entries)


class SubmittedRecording(_Taken):
    """What recordings are made, and what goes along with them; every option may be left out."""

    also: Annotated[
        _Choices,
        Field(description="Formats to make besides `format`.", examples=[["mp3", "flac"]]),
    ] = []
    loudness: Annotated[
        Profile,
        Field(
            description="`podcast`: -16 LUFS and peaks of -1 dBTP at the most; `audiobook`: ACX"
            " levels, with MP3 at 44.1 kHz, 192 kbit/s and at most 120 minutes a file, unless a"
            " chapter is longer; `off`: as it was spoken."
        ),
    ] = Profile.PODCAST
    level: Annotated[
        Level,
        Field(
            description="Whether each `chapter` gets a gain of its own, as soon as it is spoken, or"
            " the `book` one, once all of it is."
        ),
    ] = Level.CHAPTER
    split: Annotated[
        str,
        BeforeValidator(_in_digits, json_schema_input_type=str | int),
        Field(
            max_length=20,
            description="How the recording is cut into files: `whole`, `chapters`, or a number of"
            " minutes that no file of several chapters is longer than.",
            examples=["whole", "chapters", 90],
        ),
    ] = "whole"
    pauses: Annotated[
        _Choices,
        Field(
            description="Pauses that are not to be as the service has them, in seconds: `sentence`,"
            " `paragraph`, `heading`, `scene`, `head` or `tail`.",
            examples=[["paragraph=0.8", "scene=2"]],
        ),
    ] = []
    read_along: Annotated[
        _Choices,
        Field(
            description="What says when which sentences are heard: `json`, `vtt`, `srt`, and for a"
            " document that is an EPUB `epub`, with media overlays.",
            examples=[["vtt", "epub"]],
        ),
    ] = []
    listen: Annotated[
        bool,
        Field(description="Compare what is spoken with its words: English, and slow."),
    ] = False

    def production(self) -> Production:
        """The domain's value; raises OptionRefused."""
        return parse_production(
            Asked(
                also=self.also,
                loudness=self.loudness,
                level=self.level,
                split=self.split,
                pauses=self.pauses,
                companions=self.read_along,
                listen=self.listen,
            )
        )


class SubmittedOptions(SubmittedRecording):
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
    read: Annotated[
        _Choices,
        Field(
            description="How text of a role is treated where it is not the default:"
            " `role=treatment`, such as `footnotes=inline` or `tables=read`.",
            examples=[["footnotes=inline", "captions=read"]],
        ),
    ] = []
    without: Annotated[
        _Choices,
        Field(
            description="Passes over the wording that are left out.",
            examples=[["romans", "emoji"]],
        ),
    ] = []
    cast: Annotated[
        _Choices,
        Field(
            description="Who speaks what, where it is not `voice`: `kind=voice` for a kind of"
            " passage, `number=voice` for a body chapter.",
            examples=[["heading=aura-2-orion-en", "3=aura-2-luna-en"]],
        ),
    ] = []
    plan_hash: Annotated[
        str,
        Field(
            pattern="^([0-9a-f]{64})?$",
            description="The `hash` of a plan: the job carries out exactly that plan or fails with"
            " `option-refused`, nothing spent; empty for whatever plan follows.",
        ),
    ] = ""
    max_cost: MaxCost = None


class SubmittedText(SubmittedOptions):
    """A text to narrate, or where it is; a file goes as multipart instead."""

    lexicon: Annotated[
        Entries,
        Field(
            description="How words of this document are said; its entries count more than those of"
            " `/v1/lexicons/global`."
        ),
    ] = []
    text: Annotated[str | None, Field(min_length=1, description="The text: plain, UTF-8.")] = None
    url: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=LONGEST_URL_CHARS,
            description="Instead of `text`: the http or https URL of a page or file, which is"
            " fetched before the answer. What stands around an article is left out.",
            examples=["https://example.org/essay.html"],
        ),
    ] = None
    title: Annotated[
        str,
        Field(max_length=TITLE_CHARS, description="Its title, for tags and chapter marks."),
    ] = ""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.text is None) == (self.url is None):
            raise PydanticCustomError("missing", "either `text` or `url` is required")
        return self


class RetryOptions(_Taken):
    """What may be changed about a job that is taken up again."""

    max_cost: MaxCost = None
