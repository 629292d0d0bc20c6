"""The plan as JSON: one form for one plan, so that its hash names it.

Canonical: keys sorted, no spaces, UTF-8. Spans are `[start, end]`, edits
`[start, end, after, rule]`, skips `[start, end, reason]`, because a book has many thousands.
"""

import hashlib
import json
from typing import Any

from narrator.domain.documents import Metadata, Skip, SkipReason, Span
from narrator.domain.errors import ToolFailed
from narrator.domain.plan import PLAN_VERSION, Boundary, Chunk, Edit, Plan, PlannedChapter


def to_json(plan: Plan) -> bytes:
    """The plan in its canonical form."""
    return canonical(
        {
            "version": PLAN_VERSION,
            "format": plan.format,
            "source_sha256": plan.source_sha256,
            "source_chars": plan.source_chars,
            "metadata": metadata_to_json(plan.metadata),
            "chapters": [_chapter_to_json(chapter) for chapter in plan.chapters],
            "skips": [skip_to_json(skip) for skip in plan.skips],
        }
    )


def from_json(data: bytes) -> Plan:
    """The plan that `to_json` wrote; raises ToolFailed for another version or another thing."""
    value = load(data, what="plan", version=PLAN_VERSION)
    try:
        return Plan(
            format=value["format"],
            source_sha256=value["source_sha256"],
            source_chars=value["source_chars"],
            metadata=metadata_from_json(value["metadata"]),
            chapters=tuple(_chapter_from_json(chapter) for chapter in value["chapters"]),
            skips=tuple(skip_from_json(skip) for skip in value["skips"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise malformed("plan") from error


def plan_hash(plan: Plan) -> str:
    """The sha256 of the canonical form: 64 lower-case hexadecimal digits."""
    return hashlib.sha256(to_json(plan)).hexdigest()


def canonical(value: object) -> bytes:
    """One JSON text for one value, in UTF-8; lone surrogates, should there be any, survive."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def load(data: bytes, *, what: str, version: int) -> dict[str, Any]:
    """The JSON object in `data`; raises ToolFailed unless it is one of that version."""
    try:
        value = json.loads(data.decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise malformed(what) from error
    if not isinstance(value, dict) or "version" not in value:
        raise malformed(what)
    if value["version"] != version:
        raise ToolFailed(
            f"this {what} is of version {value['version']!r}, and version {version} is read here",
            remedy="run the same release of Narrator everywhere",
        )
    return value


def malformed(what: str) -> ToolFailed:
    """What is raised for JSON that is not a `what`."""
    return ToolFailed(f"this is not a {what} that Narrator wrote", remedy=f"make the {what} anew")


def metadata_to_json(metadata: Metadata) -> dict[str, Any]:
    """Metadata as a JSON object."""
    return {
        "title": metadata.title,
        "creators": list(metadata.creators),
        "language": metadata.language,
        "identifier": metadata.identifier,
        "publisher": metadata.publisher,
        "date": metadata.date,
        "description": metadata.description,
        # Only where there is one: a release before this one does not know of it.
        **({"series": metadata.series} if metadata.series else {}),
        **({"series_position": metadata.series_position} if metadata.series_position else {}),
    }


def metadata_from_json(value: dict[str, Any]) -> Metadata:
    """What `metadata_to_json` wrote; fields of a later release are left out."""
    known = {name: each for name, each in value.items() if name in Metadata.__slots__}
    return Metadata(**{**known, "creators": tuple(value["creators"])})


def span_to_json(span: Span) -> list[int]:
    """`[start, end]`."""
    return [span.start, span.end]


def skip_to_json(skip: Skip) -> list[Any]:
    """`[start, end, reason]`."""
    return [skip.span.start, skip.span.end, skip.reason.value]


def skip_from_json(value: list[Any]) -> Skip:
    """What `skip_to_json` wrote; a reason of a later release is kept as it is."""
    start, end, reason = value
    return Skip(span=Span(start, end), reason=SkipReason.named(reason))


def chunk_to_json(chunk: Chunk) -> dict[str, Any]:
    """A chunk as a JSON object."""
    return {
        "index": chunk.index,
        "spans": [span_to_json(span) for span in chunk.spans],
        "edits": [[e.span.start, e.span.end, e.after, e.rule] for e in chunk.edits],
        "text": chunk.text,
        "boundary": chunk.boundary.value,
        **({"voice": chunk.voice} if chunk.voice else {}),
    }


def chunk_from_json(value: dict[str, Any]) -> Chunk:
    """What `chunk_to_json` wrote."""
    return Chunk(
        index=value["index"],
        spans=tuple(Span(start, end) for start, end in value["spans"]),
        edits=tuple(
            Edit(span=Span(start, end), after=after, rule=rule)
            for start, end, after, rule in value["edits"]
        ),
        text=value["text"],
        boundary=Boundary(value["boundary"]),
        voice=value.get("voice", ""),
    )


def _chapter_to_json(chapter: PlannedChapter) -> dict[str, Any]:
    return {
        "number": chapter.number,
        "title": chapter.title,
        "chunks": [chunk_to_json(chunk) for chunk in chapter.chunks],
    }


def _chapter_from_json(value: dict[str, Any]) -> PlannedChapter:
    return PlannedChapter(
        number=value["number"],
        title=value["title"],
        chunks=tuple(chunk_from_json(chunk) for chunk in value["chunks"]),
    )
