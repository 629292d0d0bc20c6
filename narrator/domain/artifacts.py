"""What a job leaves behind: recordings and the manifest."""

from dataclasses import dataclass
from enum import StrEnum

from narrator.domain.ids import JobId, ObjectKey


class AudioFormat(StrEnum):
    """A finished recording's file format; the value is its file name extension."""

    M4B = "m4b"
    MP3 = "mp3"
    OPUS = "opus"
    FLAC = "flac"
    WAV = "wav"

    @property
    def media_type(self) -> str:
        """The registered media type."""
        return _MEDIA_TYPES[self]

    @property
    def is_lossless(self) -> bool:
        """Whether it holds the very samples."""
        return self in (AudioFormat.FLAC, AudioFormat.WAV)


_MEDIA_TYPES = {
    AudioFormat.M4B: "audio/mp4",
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.OPUS: "audio/ogg",
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.WAV: "audio/wav",
}

SOURCES, JOBS, TAKES = ObjectKey("sources"), ObjectKey("jobs"), ObjectKey("takes")
"""The folders of the object store: whatever lies elsewhere is not ours."""

MANIFEST_NAME = "manifest.json"

_LEXICON = "lexicon-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A finished file. `sha256` is of its bytes; `name` is its public name within the job."""

    name: str
    object_key: ObjectKey
    media_type: str
    bytes: int
    sha256: str


def source_object(sha256: str) -> ObjectKey:
    """Where a submitted document is kept, by the digest of its bytes."""
    return ObjectKey(f"{SOURCES}/{sha256}")


def job_object(job_id: JobId, name: str) -> ObjectKey:
    """Where something that belongs to one job is kept."""
    return ObjectKey(f"{job_folder(job_id)}/{name}")


def job_folder(job_id: JobId) -> ObjectKey:
    """Beneath which everything lies that belongs to one job."""
    return ObjectKey(f"{JOBS}/{job_id}")


def lexicon_object(job_id: JobId, sha256: str) -> ObjectKey:
    """Where the lexicon is kept that a job is bound to, by the digest of its JSON."""
    return job_object(job_id, f"{_LEXICON}{sha256}.json")


def is_lexicon(name: str) -> bool:
    """Whether this is the name, within a job, of the lexicon that it is bound to."""
    return name.startswith(_LEXICON)


def is_chapter_audio(name: str) -> bool:
    """Whether this is the name, within a job, of a rendered chapter's audio.

    Rows refer to one file of a chapter; those of other formats are told of in its timeline.
    """
    return name.startswith("chapters/") and not name.endswith(".json")


def plan_object(job_id: JobId, sha256: str) -> ObjectKey:
    """Where a plan is kept, by the digest of its canonical form (`plan_hash`)."""
    return job_object(job_id, f"plan-{sha256}.json")


def planned_hash(plan_key: ObjectKey) -> str:
    """The digest of the plan that is kept there."""
    return plan_key.rpartition("/plan-")[2].removesuffix(".json")
