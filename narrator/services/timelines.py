"""What a rendered chapter leaves besides its audio: where its takes lie, its files, its loudness.

A release before this one stored nothing but the placements, as a list. That is still read.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from narrator.domain.artifacts import AudioFormat
from narrator.domain.ids import ObjectKey
from narrator.domain.loudness import Measured, measured_from_json, measured_to_json
from narrator.domain.timeline import Placement

VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterObject:
    """A file of a chapter. Its `format` is None for the lossless master that `level=book` needs.

    `decoded` is what a meter found in it, None where an earlier release made it.
    """

    format: AudioFormat | None
    key: ObjectKey
    sha256: str
    bytes: int
    decoded: Measured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterRecord:
    """A rendered chapter. The envelopes of `placements` are of what was encoded in the first file.

    `measured` is before gain and limiter, None where an earlier release rendered the chapter; it
    named no `files` either: the chapter's row does. `heard`: each file was decoded, and holds what
    it should.
    """

    placements: tuple[Placement, ...]
    files: tuple[ChapterObject, ...] = ()
    measured: Measured | None = None
    gain_db: float = 0.0
    limited_samples: int = 0
    heard: bool = False


def record_to_json(record: ChapterRecord) -> bytes:
    """As it is stored."""
    value = {
        "version": VERSION,
        "placements": [
            [p.start_samples, p.samples, base64.b64encode(p.envelope).decode()]
            for p in record.placements
        ],
        "silences": [[p.lead_samples, p.trail_samples] for p in record.placements],
        "files": [
            [f.format, f.key, f.sha256, f.bytes, f.decoded and measured_to_json(f.decoded)]
            for f in record.files
        ],
        "measured": record.measured and measured_to_json(record.measured),
        "gain_db": record.gain_db,
        "limited_samples": record.limited_samples,
        "heard": record.heard,
    }
    return json.dumps(value, separators=(",", ":")).encode()


def record_from_json(data: bytes) -> ChapterRecord:
    """What `record_to_json` wrote, or an earlier release.

    Raises TypeError or ValueError for anything else.
    """
    value = json.loads(data)
    if isinstance(value, list):
        return ChapterRecord(placements=_placements(value, None))
    try:
        return _record(value)
    except KeyError as error:
        raise ValueError(str(error)) from error


def _record(value: Mapping[str, Any]) -> ChapterRecord:
    if value["version"] != VERSION:
        raise ValueError(value["version"])
    return ChapterRecord(
        placements=_placements(value["placements"], value.get("silences")),
        files=tuple(map(_file, value["files"])),
        measured=_measured(value["measured"]),
        gain_db=float(value["gain_db"]),
        limited_samples=int(value["limited_samples"]),
        heard=bool(value["heard"]),
    )


def _placements(
    rows: Sequence[Sequence[Any]], silences: Sequence[Sequence[int]] | None
) -> tuple[Placement, ...]:
    """The silences of takes are a list of their own: a release before this one knows only rows."""
    if silences is None:
        silences = [(0, 0)] * len(rows)
    return tuple(
        Placement(
            start_samples=start,
            samples=samples,
            envelope=base64.b64decode(envelope),
            lead_samples=lead,
            trail_samples=trail,
        )
        for (start, samples, envelope), (lead, trail) in zip(rows, silences, strict=True)
    )


def _file(row: Sequence[Any]) -> ChapterObject:
    kind, key, sha256, size, decoded = row
    return ChapterObject(
        format=kind and AudioFormat(kind),
        key=ObjectKey(key),
        sha256=sha256,
        bytes=int(size),
        decoded=_measured(decoded),
    )


def _measured(value: Mapping[str, Any] | None) -> Measured | None:
    return None if value is None else measured_from_json(value)
