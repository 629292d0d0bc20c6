"""Verifying a recording, and putting the verdict into words."""

from collections.abc import Sequence
from pathlib import Path

from narrator.cli.request import Judgement
from narrator.cli.say import count
from narrator.domain.documents import SkipReason
from narrator.domain.manifest import Manifest
from narrator.services.kit import Services
from narrator.services.verify import Level, Verdict, verify


def judgement(
    services: Services,
    manifest: Manifest,
    *,
    recordings: Sequence[Path],
    document: Path | None,
    name: str = "",
) -> Judgement:
    """Verify as much as is given: the manifest, its recordings, the document.

    The document is read as the job read it: its choices are in the manifest.
    """
    read = (
        services.reader.read(document, name=name or document.name, reading=manifest.choices.reading)
        if document
        else None
    )
    verdict = verify(manifest, studio=services.studio, recordings=recordings, document=read)
    return Judgement(
        ok=verdict.ok, line=line(verdict), details=details(verdict), problems=verdict.problems
    )


def line(verdict: Verdict) -> str:
    """The verdict in one line; what was looked at is said to hold only where all of it does."""
    skipped = sum(verdict.skipped.values())
    missing = min(verdict.source_chars, sum(map(len, verdict.gaps)))
    unspoken = verdict.skipped.get(SkipReason.UNSPOKEN, 0)
    gap = f" ({unspoken:,} of them because they could not be spoken)" if unspoken else ""
    return (
        f"{'verified' if verdict.ok else 'NOT verified'}: "
        f"covered {verdict.source_chars - missing:,} of"
        f" {count(verdict.source_chars, 'character')} ({verdict.spoken_chars:,} spoken in"
        f" {count(verdict.chunks, 'chunk')}, {skipped:,} left out and listed{gap}),"
        f" gaps {len(verdict.gaps):,}, {_depth(verdict)}"
    )


def _depth(verdict: Verdict) -> str:
    """What was compared, and that it agrees, if it does."""
    heard = verdict.level is Level.AUDIO
    if not verdict.ok:
        looked_at = [*(["audio"] if heard else []), *(["source"] if verdict.with_document else [])]
        return f"with the {' and the '.join(looked_at)}" if looked_at else "manifest only"
    return ", ".join(
        [
            f"spans and envelopes as recorded{_part(verdict)}" if heard else "manifest only",
            *(["document as read"] if verdict.with_document else []),
        ]
    )


def _part(verdict: Verdict) -> str:
    """How many of several recordings were looked at."""
    if verdict.of_recordings == 1:
        return ""
    return f" in {verdict.recordings:,} of {verdict.of_recordings:,} files"


def details(verdict: Verdict) -> dict[str, object]:
    """The verdict as a JSON object."""
    return {
        "ok": verdict.ok,
        "level": verdict.level.value,
        "with_document": verdict.with_document,
        "recordings": verdict.recordings,
        "of_recordings": verdict.of_recordings,
        "source_chars": verdict.source_chars,
        "spoken_chars": verdict.spoken_chars,
        "skipped": {reason.value: chars for reason, chars in sorted(verdict.skipped.items())},
        "chunks": verdict.chunks,
        "gaps": [[span.start, span.end] for span in verdict.gaps],
        "problems": list(verdict.problems),
    }
