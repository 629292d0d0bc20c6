"""A rendered chapter's timeline as it is stored."""

import base64
import json

from narrator.domain.timeline import Placement


def timeline_json(placements: tuple[Placement, ...]) -> bytes:
    """A chapter's placements as [start, samples, envelope in base64] each, in chunk order."""
    rows = [[p.start_samples, p.samples, base64.b64encode(p.envelope).decode()] for p in placements]
    return json.dumps(rows, separators=(",", ":")).encode()


def placements_from_json(data: bytes) -> tuple[Placement, ...]:
    """The reverse of `timeline_json`; raises ValueError or TypeError for anything else."""
    return tuple(
        Placement(start_samples=start, samples=samples, envelope=base64.b64decode(envelope))
        for start, samples, envelope in json.loads(data)
    )
