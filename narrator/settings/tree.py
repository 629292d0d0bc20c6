"""What the settings mean, as a frozen tree: one part a room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from narrator.domain.production import AacCoder
from narrator.domain.steps import Queue
from narrator.domain.timeline import Pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class S3Settings:
    """An S3-compatible store; empty strings mean the vendor's default."""

    bucket: str
    endpoint_url: str
    public_url: str
    region: str
    access_key: str
    secret_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSettings:
    """The Speak endpoint and its limits.

    `sockets` are those of one process; `allowance` are those of the whole project, of which
    `headroom` are never used. How they are shared out: `domain.slots.SlotTerms`. `take_checks`:
    the quality gate judges takes.
    """

    url: str
    speaker: str
    api_key: str = field(repr=False)
    sockets: int
    allowance: int
    headroom: int
    outstanding: int
    chars_per_minute: int
    flushes_per_minute: int
    margin: float
    window_slack_seconds: float
    time_scale: float
    silence_seconds: float
    idle_seconds: float
    session_seconds: float
    slot_seconds: float
    slot_grace_seconds: float
    grow_seconds: float
    probe_seconds: float
    take_checks: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSettings:
    """Leases, doorbells and their rhythm. `audio_processes` None: one a core.

    `ready_file` is what a worker touches while it is ready; None: nothing.
    """

    lease_seconds: float
    heartbeat_seconds: float
    queued_seconds: float
    dispatch_seconds: float
    drain_seconds: float
    ready_file: Path | None
    window: Mapping[Queue, int]
    audio_processes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSettings:
    """Making recordings. `ffmpeg` None: the executable from its wheel."""

    ffmpeg: Path | None
    aac_coder: AacCoder
    scratch: Path
    pauses: Pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """Limits for reading one document. `fetch_private`: it may be at any address."""

    document_bytes: int
    memory_bytes: int
    cpu_seconds: int
    fetch_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """The REST API. `keys` maps a key's SHA-256 to its name.

    `open`: no key is asked for, which is so only for an embedded installation (SQLite) that listens
    on loopback and has no keys; the API then refuses any peer that is not on loopback. `public_url`
    is where others reach it, empty for wherever they asked.
    """

    host: str
    port: int
    keys: Mapping[str, str] = field(repr=False)
    open: bool
    link_seconds: int
    document_bytes: int
    public_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepingSettings:
    """What is kept for how long, and how often it is looked at."""

    take_days: float
    orphan_seconds: float
    sweep_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Telling of a job's end. Without a `secret` nothing is signed; `private`: to any address."""

    secret: str = field(repr=False)
    private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedSettings:
    """What `narrator narrate` starts. `trial` means: our own Speak server, no bill."""

    trial: bool
    voice_engine: str
    time_scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """Logs go to standard error."""

    level: str
    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole tree. `s3` None: the folder store at `objects_folder`.

    `failpoints` is the folder of a rehearsal's armed failpoints; None: there are none.
    """

    home: Path
    database_url: str
    broker_url: str
    objects_folder: Path
    s3: S3Settings | None
    speech: SpeechSettings
    work: WorkSettings
    audio: AudioSettings
    read: ReadSettings
    api: ApiSettings
    embedded: EmbeddedSettings
    keeping: KeepingSettings
    webhook: WebhookSettings
    log: LogSettings
    price_per_1000_chars: float
    failpoints: Path | None
