"""What is read of a document, and how it is worded: the submitter's choices about its text.

What text *is* (a footnote, a table, the front matter) its reader finds out. What is done with it is
a *treatment* of its *role*; the defaults are what a good human narrator does. Whatever is not read
is listed in the plan with its reason.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from narrator.domain.documents import PassageKind
from narrator.domain.errors import OptionRefused
from narrator.domain.voices import Voice


class Role(StrEnum):
    """What a stretch of a document is for, where that decides whether it is read out."""

    FOOTNOTES = "footnotes"  # and endnotes
    NOTE_REFERENCES = "note-references"
    PAGE_BREAKS = "page-breaks"  # the printed page's number
    DELETIONS = "deletions"  # what is struck through
    CONTENTS = "contents"  # tables of contents, of figures, of tables
    INDEX = "index"
    BIBLIOGRAPHY = "bibliography"
    CODE = "code"
    TABLES = "tables"
    FIGURES = "figures"  # what a picture shows, by its alternative text
    CAPTIONS = "captions"
    EPIGRAPHS = "epigraphs"
    VERSE = "verse"
    SCENE_BREAKS = "scene-breaks"  # a row of asterisks: a pause either way
    FRONT_MATTER = "front-matter"
    BACK_MATTER = "back-matter"
    NON_LINEAR = "non-linear"  # what an EPUB keeps outside of its reading order
    BOILERPLATE = "boilerplate"  # what a web page has around its article


class Treatment(StrEnum):
    """What is done with text of a role."""

    READ = "read"
    SKIP = "skip"
    ANNOUNCE = "announce"  # said that it is there ("Table."), and skipped
    INLINE = "inline"  # read where it is referred to
    END = "end"  # read at the end of its chapter


_READ, _SKIP, _ANNOUNCE = Treatment.READ, Treatment.SKIP, Treatment.ANNOUNCE

TREATMENTS: Mapping[Role, tuple[Treatment, ...]] = {
    Role.FOOTNOTES: (_SKIP, Treatment.INLINE, Treatment.END),
    Role.NOTE_REFERENCES: (_SKIP, _READ),
    Role.PAGE_BREAKS: (_SKIP, _READ),
    Role.DELETIONS: (_SKIP, _READ),
    Role.CONTENTS: (_SKIP, _READ),
    Role.INDEX: (_SKIP, _READ),
    Role.BIBLIOGRAPHY: (_SKIP, _READ),
    Role.CODE: (_SKIP, _ANNOUNCE, _READ),
    Role.TABLES: (_SKIP, _ANNOUNCE, _READ),
    Role.FIGURES: (_SKIP, _ANNOUNCE, _READ),
    Role.CAPTIONS: (_SKIP, _READ),
    Role.EPIGRAPHS: (_READ, _SKIP),
    Role.VERSE: (_READ, _SKIP),
    Role.SCENE_BREAKS: (_SKIP, _ANNOUNCE),
    Role.FRONT_MATTER: (_SKIP, _READ),
    Role.BACK_MATTER: (_SKIP, _READ),
    Role.NON_LINEAR: (_SKIP, _READ),
    Role.BOILERPLATE: (_SKIP, _READ),
}
"""What may be done with each role; the first is the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How roles are treated; `chosen` holds what differs from the default, in the roles' order."""

    chosen: tuple[tuple[Role, Treatment], ...] = ()

    def of(self, role: Role) -> Treatment:
        """The treatment of a role."""
        return dict(self.chosen).get(role, TREATMENTS[role][0])

    def reads(self, role: Role) -> bool:
        """Whether its text is read, wherever that is."""
        return self.of(role) not in {Treatment.SKIP, Treatment.ANNOUNCE}

    @classmethod
    def choose(cls, choices: Mapping[Role, Treatment]) -> "Reading":
        """These treatments, the default for all other roles; raises OptionRefused."""
        for role, treatment in choices.items():
            if treatment not in TREATMENTS[role]:
                raise OptionRefused(
                    f"{role} cannot be treated as {treatment!r}",
                    remedy=f"possible: {', '.join(TREATMENTS[role])}",
                )
        differing = (
            (role, choices[role])
            for role, (default, *_) in TREATMENTS.items()
            if choices.get(role, default) is not default
        )
        return cls(chosen=tuple(differing))


DEFAULT_READING = Reading()


class TextPass(StrEnum):
    """A pass over the text that changes what is said, each change recorded; any can be left out."""

    SPACES = "spaces"  # runs of whitespace, soft hyphens, invisible characters
    LIGATURES = "ligatures"  # and other compatibility forms
    QUOTES = "quotes"
    DASHES = "dashes"
    ELLIPSES = "ellipses"
    EMPHASIS = "emphasis"  # plain text's _so_
    ROMANS = "romans"  # in headings and of monarchs
    ORDINALS = "ordinals"
    LINKS = "links"  # URLs and e-mail addresses
    EMOJI = "emoji"
    SYMBOLS = "symbols"
    CAPITALS = "capitals"
    HEADINGS = "headings"  # a heading ends like a sentence
    PRONUNCIATIONS = "pronunciations"  # the document's own, such as an EPUB's lexicon


@dataclass(frozen=True, slots=True, kw_only=True)
class Casting:
    """Who speaks what, by names of voices; all else is the narrator's.

    A passage's own voice counts most, then that of its kind, then that of its chapter (by its body
    number).
    """

    kinds: tuple[tuple[PassageKind, str], ...] = ()
    chapters: tuple[tuple[int, str], ...] = ()

    def voice(self, own: str, kind: PassageKind, chapter: int) -> str:
        """The name of the voice of a passage; empty for the narrator's."""
        return own or dict(self.kinds).get(kind) or dict(self.chapters).get(chapter, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChoices:
    """All choices about a document's text; `without` names passes that are left out."""

    reading: Reading = Reading()
    without: tuple[TextPass, ...] = ()
    casting: Casting = Casting()


DEFAULT_CHOICES = TextChoices()

# ------------------------------------------------------------------------------ as people write it


def parse_reading(choices: Iterable[str]) -> Reading:
    """From `role=treatment` texts, such as `footnotes=inline`; raises OptionRefused."""
    chosen: dict[Role, Treatment] = {}
    for choice in choices:
        role, _, treatment = (part.strip().lower() for part in choice.partition("="))
        if role not in set(Role):
            raise OptionRefused(f"there is no role {role!r}", remedy=f"roles: {', '.join(Role)}")
        if treatment not in set(Treatment):
            remedy = f"possible: {', '.join(TREATMENTS[Role(role)])}"
            raise OptionRefused(f"{role} cannot be treated as {treatment!r}", remedy=remedy)
        chosen[Role(role)] = Treatment(treatment)
    return Reading.choose(chosen)


def parse_without(names: Iterable[str]) -> tuple[TextPass, ...]:
    """From names of passes; raises OptionRefused."""
    asked = {name.strip().lower() for name in names}
    for name in sorted(asked - set(TextPass)):
        raise OptionRefused(
            f"there is no text pass {name!r}", remedy=f"passes: {_listed(TextPass)}"
        )
    return tuple(each for each in TextPass if each in asked)


def parse_casting(choices: Iterable[str]) -> Casting:
    """From `kind=voice` and `chapter=voice` texts, such as `heading=aura-2-orion-en` or `3=…`.

    Raises OptionRefused.
    """
    kinds: dict[PassageKind, str] = {}
    chapters: dict[int, str] = {}
    for choice in choices:
        who, _, name = (part.strip() for part in choice.partition("="))
        voice = Voice(name=name).name
        if who.isdecimal() and int(who):
            chapters[int(who)] = voice
        elif who in set(PassageKind):
            kinds[PassageKind(who)] = voice
        else:
            raise OptionRefused(
                f"{who!r} is neither a chapter nor a kind of passage",
                remedy=f"kinds: {_listed(PassageKind)}; or a chapter's number",
            )
    ordered = tuple((kind, kinds[kind]) for kind in PassageKind if kind in kinds)
    return Casting(kinds=ordered, chapters=tuple(sorted(chapters.items())))


def write_reading(reading: Reading) -> list[str]:
    """What `parse_reading` takes."""
    return [f"{role}={treatment}" for role, treatment in reading.chosen]


def write_casting(casting: Casting) -> list[str]:
    """What `parse_casting` takes."""
    return [f"{who}={voice}" for who, voice in (*casting.kinds, *casting.chapters)]


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


# ------------------------------------------------------------------------------ as it is kept


def choices_to_json(choices: TextChoices) -> dict[str, Any]:
    """The choices as a JSON object that holds what differs from the defaults, and nothing else."""
    value = {
        "reading": dict(choices.reading.chosen),
        "without": list(choices.without),
        "kinds": dict(choices.casting.kinds),
        "chapters": {str(number): voice for number, voice in choices.casting.chapters},
    }
    return {name: each for name, each in value.items() if each}


def choices_from_json(value: Mapping[str, Any]) -> TextChoices:
    """What `choices_to_json` wrote."""
    reading = {Role(role): Treatment(each) for role, each in value.get("reading", {}).items()}
    kinds = {PassageKind(kind): voice for kind, voice in value.get("kinds", {}).items()}
    chapters = {int(number): voice for number, voice in value.get("chapters", {}).items()}
    return TextChoices(
        reading=Reading.choose(reading),
        without=parse_without(value.get("without", ())),
        casting=Casting(kinds=tuple(kinds.items()), chapters=tuple(chapters.items())),
    )
