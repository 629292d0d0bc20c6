"""Chapters of an episode as JSON (podcast namespace, chapters 1.2.0)."""

import json
from collections.abc import Iterable

from narrator.domain.manifest import ManifestChapter
from narrator.domain.voices import SAMPLE_RATE

_VERSION = "1.2.0"


def chapters_json(chapters: Iterable[ManifestChapter], *, start_samples: int = 0) -> bytes:
    """The chapters of a file that begins at `start_samples` of the recording."""
    marks = [
        {
            "startTime": round((chapter.start_samples - start_samples) / SAMPLE_RATE, 3),
            "endTime": round(
                (chapter.start_samples + chapter.samples - start_samples) / SAMPLE_RATE, 3
            ),
            "title": chapter.title,
        }
        for chapter in chapters
    ]
    return json.dumps({"version": _VERSION, "chapters": marks}, indent=1).encode("ascii")
