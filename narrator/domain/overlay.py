"""What an EPUB is to be given so that it can be read along: which words are heard when, in what.

Times are in milliseconds of the audio file that they are in, as SMIL has them.
"""

import hashlib
import json
from dataclasses import dataclass

from narrator.domain.documents import Span
from narrator.domain.plan_json import span_to_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Characters of the source, and from where to where they are heard."""

    spans: tuple[Span, ...]
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """An audio file, by the name it is to have, and what is heard in it, in that order."""

    name: str
    media_type: str
    clips: tuple[Clip, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """All that is heard of a book. `source_sha256` is the digest of the characters meant."""

    source_sha256: str
    narrator: str
    tracks: tuple[Track, ...]


def own_folder(overlay: Overlay) -> str:
    """Where, within the EPUB, what belongs to an overlay is kept; a book has no such name."""
    return f"narrator-{hashlib.sha256(overlay_to_json(overlay)).hexdigest()[:8]}"


def overlay_to_json(overlay: Overlay) -> bytes:
    """The overlay on one line of ASCII."""
    value = [
        overlay.source_sha256,
        overlay.narrator,
        [
            [track.name, track.media_type, [_clip_to_json(clip) for clip in track.clips]]
            for track in overlay.tracks
        ],
    ]
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def overlay_from_json(data: bytes) -> Overlay:
    """What `overlay_to_json` wrote; raises ValueError or TypeError for anything else."""
    sha256, narrator, tracks = json.loads(data)
    return Overlay(
        source_sha256=sha256,
        narrator=narrator,
        tracks=tuple(
            Track(name=name, media_type=media_type, clips=tuple(map(_clip_from_json, clips)))
            for name, media_type, clips in tracks
        ),
    )


def _clip_to_json(clip: Clip) -> list[object]:
    return [clip.start_ms, clip.end_ms, [span_to_json(span) for span in clip.spans]]


def _clip_from_json(value: tuple[int, int, list[list[int]]]) -> Clip:
    start_ms, end_ms, spans = value
    return Clip(
        start_ms=start_ms, end_ms=end_ms, spans=tuple(Span(start, end) for start, end in spans)
    )
