"""The manifest as JSON; `docs/manifest.md` describes it field by field.

Canonical, like the plan's: keys sorted, no spaces, ASCII, so that one manifest has one text.
"""

import base64
from typing import Any

from narrator.domain.choices import choices_from_json, choices_to_json
from narrator.domain.errors import OptionRefused
from narrator.domain.gate import Doubt
from narrator.domain.ids import TakeKey
from narrator.domain.loudness_report import report_from_json, report_to_json
from narrator.domain.manifest import (
    MANIFEST_VERSION,
    Manifest,
    ManifestChapter,
    ManifestChunk,
    Recording,
)
from narrator.domain.plan_json import (
    canonical,
    chunk_from_json,
    chunk_to_json,
    load,
    malformed,
    metadata_from_json,
    metadata_to_json,
    skip_from_json,
    skip_to_json,
)
from narrator.domain.timeline import Placement


def to_json(manifest: Manifest) -> bytes:
    """The manifest in its canonical form."""
    choices = choices_to_json(manifest.choices)
    recordings = [_file_to_json(recording) for recording in manifest.recordings]
    return canonical(
        {
            "version": MANIFEST_VERSION,
            "format": manifest.format,
            "source_sha256": manifest.source_sha256,
            "source_chars": manifest.source_chars,
            "metadata": metadata_to_json(manifest.metadata),
            "speaker": manifest.speaker,
            "voice": manifest.voice,
            "speed": manifest.speed,
            "chapters": [_chapter_to_json(chapter) for chapter in manifest.chapters],
            "skips": [skip_to_json(skip) for skip in manifest.skips],
            "recording": _recording_to_json(manifest.recording),
            # Only where there are any: a release before this one knew of none.
            **({"choices": choices} if choices else {}),
            **({"recordings": recordings} if recordings else {}),
            **({"loudness": report_to_json(manifest.loudness)} if manifest.loudness else {}),
        }
    )


def from_json(data: bytes) -> Manifest:
    """The manifest that `to_json` wrote; raises ToolFailed for another version or another thing."""
    value = load(data, what="manifest", version=MANIFEST_VERSION)
    try:
        recordings = tuple(map(_recording_from_json, value.get("recordings", ())))
        return Manifest(
            format=_text(value["format"]),
            source_sha256=_text(value["source_sha256"]),
            source_chars=_count(value["source_chars"]),
            metadata=metadata_from_json(value["metadata"]),
            speaker=_text(value["speaker"]),
            voice=_text(value["voice"]),
            speed=float(value["speed"]),
            chapters=tuple(_chapter_from_json(chapter) for chapter in value["chapters"]),
            skips=tuple(skip_from_json(skip) for skip in value["skips"]),
            recording=next(iter(recordings), _recording_from_json(value["recording"])),
            choices=choices_from_json(value.get("choices", {})),
            recordings=recordings,
            loudness=report_from_json(value["loudness"]) if "loudness" in value else None,
        )
    except (AttributeError, KeyError, TypeError, ValueError, OptionRefused) as error:
        raise malformed("manifest") from error


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: object) -> int:
    """A number of characters, samples or bytes."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    if value < 0:
        raise ValueError
    return value


def _chapter_to_json(chapter: ManifestChapter) -> dict[str, Any]:
    return {
        "number": chapter.number,
        "title": chapter.title,
        "start_samples": chapter.start_samples,
        "samples": chapter.samples,
        "chunks": [_chunk_to_json(chunk) for chunk in chapter.chunks],
        # Only where there are any: a release before this one did not list them.
        **({"unspoken": list(chapter.unspoken)} if chapter.unspoken else {}),
    }


def _chapter_from_json(value: dict[str, Any]) -> ManifestChapter:
    return ManifestChapter(
        number=_count(value["number"]),
        title=_text(value["title"]),
        start_samples=_count(value["start_samples"]),
        samples=_count(value["samples"]),
        chunks=tuple(_chunk_from_json(chunk) for chunk in value["chunks"]),
        unspoken=tuple(map(_count, value.get("unspoken", ()))),
    )


def _chunk_to_json(each: ManifestChunk) -> dict[str, Any]:
    return chunk_to_json(each.chunk) | {
        "take": each.take,
        "start_samples": each.placement.start_samples,
        "samples": each.placement.samples,
        "lead_samples": each.placement.lead_samples,
        "trail_samples": each.placement.trail_samples,
        "envelope": base64.b64encode(each.placement.envelope).decode("ascii"),
        # Only where there are any: a release before this one did not list them.
        **({"doubts": list(each.doubts)} if each.doubts else {}),
    }


def _chunk_from_json(value: dict[str, Any]) -> ManifestChunk:
    return ManifestChunk(
        chunk=chunk_from_json(value),
        take=TakeKey(_text(value["take"])),
        placement=Placement(
            start_samples=_count(value["start_samples"]),
            samples=_count(value["samples"]),
            envelope=base64.b64decode(value["envelope"], validate=True),
            lead_samples=_count(value.get("lead_samples", 0)),
            trail_samples=_count(value.get("trail_samples", 0)),
        ),
        doubts=tuple(map(Doubt, value.get("doubts", ()))),
    )


def _recording_to_json(recording: Recording) -> dict[str, Any]:
    return {
        "name": recording.name,
        "format": recording.format,
        "bytes": recording.bytes,
        "sha256": recording.sha256,
        "samples": recording.samples,
    }


def _file_to_json(recording: Recording) -> dict[str, Any]:
    return _recording_to_json(recording) | {
        "start_samples": recording.start_samples,
        "chapters": list(recording.chapters),
    }


def _recording_from_json(value: dict[str, Any]) -> Recording:
    return Recording(
        name=_text(value["name"]),
        format=_text(value["format"]),
        bytes=_count(value["bytes"]),
        sha256=_text(value["sha256"]),
        samples=_count(value["samples"]),
        start_samples=_count(value.get("start_samples", 0)),
        chapters=tuple(map(_count, value.get("chapters", ()))),
    )
