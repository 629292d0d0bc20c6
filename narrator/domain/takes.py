"""A take: the recorded audio of one chunk, kept by content."""

import hashlib
from dataclasses import dataclass, field

from narrator.domain.gate import Doubt
from narrator.domain.ids import ObjectKey, TakeKey, TenantId
from narrator.domain.voices import SAMPLE_RATE, Voice

TAKE_FORMAT = "s16-24000-mono-flac-1"
"""Format version: what is stored and how. Change it and every take is made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """A finished take as the store knows it. `sha256` is of the samples (s16le), not of the file.

    `samples` counts samples at 24 kHz mono; `model_version` is the provider's own word for what
    spoke it. `kept_at` is when the row was written: it tells two takes of the same samples apart.
    `doubts` is what the quality gate says of it; None: it was never judged.
    """

    key: TakeKey
    object_key: ObjectKey
    sha256: str
    samples: int
    chars: int
    model_version: str = ""
    kept_at: float = field(default=0.0, compare=False)
    doubts: tuple[Doubt, ...] | None = None

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return self.samples / SAMPLE_RATE


def take_key(
    *, tenant: TenantId, speaker: str, text: str, voice: Voice, generation: int = 0
) -> TakeKey:
    """The content of a take: who makes the sound, the words, the voice, its parameters, the format.

    `speaker` is a configured name (`deepgram`, `offline-espeak`), never a URL, so that a trial
    voice never passes for a paid one. `generation` asks for a new take of the same words.
    """
    parts = (tenant, speaker, text, voice.name, f"{voice.speed:.4f}", TAKE_FORMAT, str(generation))
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return TakeKey(digest.hexdigest())


def take_object(key: TakeKey, sha256: str) -> ObjectKey:
    """Where a take's FLAC file lives in the object store, given the digest of its samples.

    The digest is in the name because a voice need not say the same words twice alike: a worker that
    lost its lease, and wakes up late, stores its own recording beside the kept one, not over it.
    """
    return ObjectKey(f"takes/{key[:2]}/{key}-{sha256[:16]}.flac")
