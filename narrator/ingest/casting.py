"""Who speaks what, where a Markdown file's preamble says so.

::

    voices:
      heading: aura-2-orion-en
      3: aura-2-luna-en

Kinds of passages and numbers of body chapters, as for a job's own casting (`domain.choices`), which
counts less: it is for what the document leaves open.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from narrator.domain.choices import Casting, parse_casting
from narrator.domain.documents import Chapter
from narrator.domain.errors import DocumentRefused, OptionRefused

_VOICES = re.compile(r"^voices:[ \t]*\r?\n((?:[ \t]+\S[^\n]*(?:\n|\Z))+)", re.MULTILINE)


def preamble_casting(preamble: str) -> Casting:
    """The casting under `voices:`; raises DocumentRefused for one that cannot be."""
    found = _VOICES.search(preamble)
    try:
        return parse_casting(map(_choice, found[1].splitlines() if found else ()))
    except OptionRefused as error:
        raise DocumentRefused(
            "the preamble's `voices` do not name a kind of passage or a chapter's number and a"
            " Deepgram Aura voice on each line",
            remedy="write lines such as `heading: aura-2-orion-en` or `3: aura-2-luna-en`",
        ) from error


def _choice(line: str) -> str:
    """A line as `parse_casting` takes it."""
    return "=".join(part.strip().strip("\"'") for part in line.split(":", 1))


def cast(chapters: Iterable[Chapter], casting: Casting) -> tuple[Chapter, ...]:
    """The chapters, each passage with its voice."""
    if casting == Casting():
        return tuple(chapters)
    return tuple(
        replace(
            chapter,
            passages=tuple(
                replace(each, voice=casting.voice(each.voice, each.kind, chapter.number))
                for each in chapter.passages
            ),
        )
        for chapter in chapters
    )
