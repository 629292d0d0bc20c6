"""A journal of every Speak received: what a Speak server witnessed outlives the server.

Counts die with their process. A line of JSON for each Speak, written before anything is made of it,
does not, however the process ends: `{"request_id", "characters", "sha256"}`. The digest is that of
the text in UTF-8, so that the line names the words without saying them.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Journal:
    """Lines appended to a file that several servers, one after the other, may write to."""

    descriptor: int | None

    @classmethod
    def at(cls, path: Path | None) -> Self:
        """Begin, or go on; without a path nothing is written. Raises OSError."""
        if path is None:
            return cls(None)
        return cls(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))

    def heard(self, request_id: str, text: str) -> None:
        """Write down a Speak that arrived through the socket of that id."""
        if self.descriptor is None:
            return
        sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        line = {"request_id": request_id, "characters": len(text), "sha256": sha256}
        os.write(self.descriptor, json.dumps(line).encode() + b"\n")

    def close(self) -> None:
        """End; what is written stays."""
        if self.descriptor is not None:
            os.close(self.descriptor)
