"""Verifying a recording, and putting the verdict into words."""

from pathlib import Path

from narrator.cli.request import Judgement
from narrator.cli.say import count
from narrator.domain.documents import SkipReason
from narrator.domain.manifest import Manifest
from narrator.services.kit import Services
from narrator.services.verify import Verdict, verify


def judgement(
    services: Services,
    manifest: Manifest,
    *,
    recording: Path | None,
    document: Path | None,
    name: str = "",
) -> Judgement:
    """Verify as much as is given: the manifest, the recording, the document."""
    read = services.reader.read(document, name=name or document.name) if document else None
    verdict = verify(manifest, studio=services.studio, recording=recording, document=read)
    return Judgement(
        ok=verdict.ok, line=line(verdict), details=details(verdict), problems=verdict.problems
    )


def line(verdict: Verdict) -> str:
    """The verdict in one line."""
    depth = [
        verdict.level.value,
        *(["the document read again"] if verdict.with_document else []),
    ]
    skipped = sum(verdict.skipped.values())
    unspoken = verdict.skipped.get(SkipReason.UNSPOKEN, 0)
    gap = f" ({unspoken:,} of them because they could not be spoken)" if unspoken else ""
    return (
        f"{'verified' if verdict.ok else 'NOT verified'} ({', '.join(depth)}): "
        f"of the source's {count(verdict.source_chars, 'character')} {verdict.spoken_chars:,} are "
        f"spoken in {count(verdict.chunks, 'chunk')}, {skipped:,} left out and listed{gap}, "
        f"{sum(map(len, verdict.gaps)):,} unaccounted for"
    )


def details(verdict: Verdict) -> dict[str, object]:
    """The verdict as a JSON object."""
    return {
        "ok": verdict.ok,
        "level": verdict.level.value,
        "with_document": verdict.with_document,
        "source_chars": verdict.source_chars,
        "spoken_chars": verdict.spoken_chars,
        "skipped": {reason.value: chars for reason, chars in sorted(verdict.skipped.items())},
        "chunks": verdict.chunks,
        "gaps": [[span.start, span.end] for span in verdict.gaps],
        "problems": list(verdict.problems),
    }
