"""Which role text has that is left out for a reason, and what is said in its place, if anything."""

from collections.abc import Mapping

from narrator.domain.choices import Reading, Role, Treatment
from narrator.domain.documents import SkipReason

ROLES: Mapping[SkipReason, Role] = {
    SkipReason.FOOTNOTE: Role.FOOTNOTES,
    SkipReason.NOTE_REFERENCE: Role.NOTE_REFERENCES,
    SkipReason.PAGE_BREAK: Role.PAGE_BREAKS,
    SkipReason.DELETED: Role.DELETIONS,
    SkipReason.CONTENTS: Role.CONTENTS,
    SkipReason.INDEX: Role.INDEX,
    SkipReason.BIBLIOGRAPHY: Role.BIBLIOGRAPHY,
    SkipReason.CODE: Role.CODE,
    SkipReason.TABLE: Role.TABLES,
    SkipReason.FIGURE: Role.FIGURES,
    SkipReason.CAPTION: Role.CAPTIONS,
    SkipReason.EPIGRAPH: Role.EPIGRAPHS,
    SkipReason.VERSE: Role.VERSE,
    SkipReason.SCENE_BREAK: Role.SCENE_BREAKS,
    SkipReason.FRONT_MATTER: Role.FRONT_MATTER,
    SkipReason.BACK_MATTER: Role.BACK_MATTER,
    SkipReason.NON_LINEAR: Role.NON_LINEAR,
    SkipReason.BOILERPLATE: Role.BOILERPLATE,
}
"""The role of what is skipped for a reason; other reasons hold whatever is chosen."""

ANNOUNCEMENT = "announcement"
"""The rule of an insertion that says what is there and is not read."""

ALTERNATIVE = "alternative-text"
"""The rule of an insertion that says what a picture shows."""

PAGE_BREAK = "page-break"
"""The rule of an insertion that says which page of the printed book begins."""

CELL = "cell"
"""The rule of an insertion that keeps a table's cells apart."""

NUMBERING = "numbering"
"""The rule of an insertion that says the number which a program prints before a paragraph."""

_NAMES = {Role.CODE: "Code", Role.TABLES: "Table", Role.FIGURES: "Figure"}
_SCENE_BREAK = "Scene break."
_ENDS = (".", "!", "?", "…", ":", ";", ",")


def is_left_out(reason: SkipReason, reading: Reading) -> bool:
    """Whether text that there is this reason to skip is skipped."""
    role = ROLES.get(reason)
    return role is None or not reading.reads(role)


def announcement(reason: SkipReason, reading: Reading, about: str = "") -> str:
    """What is said of text left out for a reason: `Table: about.`; empty unless that was chosen."""
    role = ROLES.get(reason)
    if role is None or reading.of(role) is not Treatment.ANNOUNCE:
        return ""
    return _SCENE_BREAK if role is Role.SCENE_BREAKS else named(role, about)


def named(role: Role, about: str) -> str:
    """`Figure: about.`, or `Figure.` when there is nothing to say about it."""
    about = " ".join(about.split())
    if not about:
        return f"{_NAMES[role]}."
    return f"{_NAMES[role]}: {about}" + ("" if about.endswith(_ENDS) else ".")
