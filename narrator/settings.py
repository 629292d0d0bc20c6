"""Settings: the only reader of the environment.

`load(environment)` turns variables into a frozen tree, one part a room; nothing else looks at the
environment, and no adapter sees more than its own part. Every variable is declared once, in
`VARIABLES`, with its default and its meaning; the README's table is held to that list by a test.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

from narrator.domain.errors import SettingsError
from narrator.domain.steps import Queue
from narrator.domain.timeline import Pauses

DEEPGRAM_URL = "wss://api.deepgram.com/v1/speak"


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable: its name, its default as text, what it means."""

    name: str
    default: str
    meaning: str
    secret: bool = False


VARIABLES: tuple[Variable, ...] = (
    Variable("DEEPGRAM_API_KEY", "", "The key for the Speak endpoint.", secret=True),
    Variable("NARRATOR_SPEAK_URL", DEEPGRAM_URL, "The whole Speak v1 endpoint."),
    Variable(
        "NARRATOR_SPEAKER",
        "",
        "The name under which takes are kept; `deepgram` for Deepgram's endpoint, else `custom`."
        " Give each other server a name of its own, so that its takes never pass for paid ones.",
    ),
    Variable("NARRATOR_HOME", "", "Where embedded state lives; XDG data directory by default."),
    Variable(
        "NARRATOR_DATABASE_URL", "", "SQLAlchemy URL of PostgreSQL; SQLite in the home by default."
    ),
    Variable(
        "NARRATOR_BROKER_URL", "", "Celery broker; a local Redis-compatible server by default."
    ),
    Variable(
        "NARRATOR_OBJECTS_FOLDER", "", "Folder store; in the home by default, unless S3 is set."
    ),
    Variable("NARRATOR_S3_BUCKET", "", "Bucket of the S3-compatible store; setting it selects S3."),
    Variable("NARRATOR_S3_ENDPOINT_URL", "", "The store's endpoint; AWS when empty."),
    Variable("NARRATOR_S3_PUBLIC_URL", "", "The endpoint as listeners see it, for links."),
    Variable("NARRATOR_S3_REGION", "us-east-1", "The store's region."),
    Variable("NARRATOR_S3_ACCESS_KEY", "", "Access key; the usual AWS chain when empty."),
    Variable("NARRATOR_S3_SECRET_KEY", "", "Secret key.", secret=True),
    Variable("NARRATOR_S3_LINK_SECONDS", "3600", "How long a link to an artifact is good for."),
    Variable("NARRATOR_API_KEYS", "", "Accepted keys: `name:sha256,…`, made by `narrator api-key`."),
    Variable("NARRATOR_API_HOST", "127.0.0.1", "Address on which `narrator api` listens."),
    Variable("NARRATOR_API_PORT", "8080", "Port on which `narrator api` listens."),
    Variable("NARRATOR_MAX_DOCUMENT_BYTES", "104857600", "Largest document accepted."),
    Variable("NARRATOR_SPEECH_SOCKETS", "20", "Sockets (and threads) of one speech worker."),
    Variable("NARRATOR_SPEECH_OUTSTANDING", "2", "Utterances sent and not yet stored, a socket."),
    Variable("NARRATOR_CHARS_PER_MINUTE", "2400", "The provider's limit of characters a socket."),
    Variable("NARRATOR_FLUSHES_PER_MINUTE", "20", "The provider's limit of flushes a socket."),
    Variable("NARRATOR_WINDOW_SLACK_SECONDS", "0.5", "Added to the provider's minute."),
    Variable("NARRATOR_SPEAK_TIME_SCALE", "1", "How much faster the endpoint's limits run."),
    Variable("NARRATOR_SILENCE_SECONDS", "15", "Longest silence of a socket that owes an answer."),
    Variable("NARRATOR_IDLE_SECONDS", "30", "An idle socket is closed after this long."),
    Variable("NARRATOR_SESSION_SECONDS", "3300", "A socket is retired at this age."),
    Variable("NARRATOR_LEASE_SECONDS", "30", "A step is taken over when unrenewed for so long."),
    Variable("NARRATOR_HEARTBEAT_SECONDS", "5", "How often leases are renewed."),
    Variable("NARRATOR_QUEUED_SECONDS", "30", "A doorbell unanswered for so long is rung again."),
    Variable("NARRATOR_DISPATCH_SECONDS", "1", "How often each process looks for work to ring."),
    Variable("NARRATOR_SPEECH_WINDOW", "64", "Slices kept queued in the broker."),
    Variable("NARRATOR_AUDIO_WINDOW", "16", "Other steps kept queued in the broker."),
    Variable("NARRATOR_AUDIO_PROCESSES", "2", "Processes of the embedded audio worker."),
    Variable("NARRATOR_FFMPEG", "", "ffmpeg executable; the one from its wheel by default."),
    Variable("NARRATOR_SCRATCH", "", "Folder for temporary files; the system's by default."),
    Variable("NARRATOR_PAUSE_SENTENCE_SECONDS", "0.25", "Pause inside a paragraph."),
    Variable("NARRATOR_PAUSE_PARAGRAPH_SECONDS", "0.6", "Pause between paragraphs."),
    Variable("NARRATOR_PAUSE_HEADING_SECONDS", "1.0", "Pause after a heading."),
    Variable("NARRATOR_PAUSE_SCENE_SECONDS", "1.5", "Pause at a change of scene."),
    Variable("NARRATOR_HEAD_SECONDS", "0.75", "Silence before a chapter."),
    Variable("NARRATOR_TAIL_SECONDS", "1.5", "Least silence after a chapter."),
    Variable("NARRATOR_READ_MEMORY_BYTES", "1073741824", "Memory for reading one document."),
    Variable("NARRATOR_READ_SECONDS", "120", "Processor time for reading one document."),
    Variable("NARRATOR_PRICE_PER_1000_CHARS", "0.030", "US dollars per 1,000 characters."),
    Variable("NARRATOR_VOICE_ENGINE", "espeak", "Voice of the embedded Speak server, or `tone`."),
    Variable("NARRATOR_TRIAL_TIME_SCALE", "60", "How much faster the embedded Speak server runs."),
    Variable("NARRATOR_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Variable("NARRATOR_LOG_FORMAT", "json", "`json`, or `console` for people."),
)


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
    """The Speak endpoint and its limits."""

    url: str
    speaker: str
    api_key: str = field(repr=False)
    sockets: int
    outstanding: int
    chars_per_minute: int
    flushes_per_minute: int
    window_slack_seconds: float
    time_scale: float
    silence_seconds: float
    idle_seconds: float
    session_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkSettings:
    """Leases, doorbells and their rhythm."""

    lease_seconds: float
    heartbeat_seconds: float
    queued_seconds: float
    dispatch_seconds: float
    window: Mapping[Queue, int]
    audio_processes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSettings:
    """Making recordings. `ffmpeg` None: the executable from its wheel."""

    ffmpeg: Path | None
    scratch: Path
    pauses: Pauses


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettings:
    """Limits for reading one document."""

    document_bytes: int
    memory_bytes: int
    cpu_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """The REST API. `keys` maps a key's SHA-256 to its name.

    `open`: no key is asked for, which is so only for an embedded installation (SQLite) that listens
    on loopback and has no keys; the API then refuses any peer that is not on loopback.
    """

    host: str
    port: int
    keys: Mapping[str, str] = field(repr=False)
    open: bool
    link_seconds: int
    document_bytes: int


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
    """The whole tree. `s3` None: the folder store at `objects_folder`."""

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
    log: LogSettings
    price_per_1000_chars: float


class _Environment:
    """Reads declared variables, naming the one that is malformed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._given = environment
        self._defaults = {variable.name: variable.default for variable in VARIABLES}

    def is_set(self, name: str) -> bool:
        return bool(self._given.get(name, "").strip())

    def text(self, name: str) -> str:
        return self._given.get(name, "").strip() or self._defaults[name]

    def path(self, name: str, default: Path) -> Path:
        value = self.text(name)
        return Path(value).expanduser().absolute() if value else default

    def number(self, name: str, *, above: float = 0.0) -> float:
        try:
            value = float(self.text(name))
        except ValueError:
            value = float("nan")
        if not above <= value < float("inf"):
            raise SettingsError(
                f"{name} is {self.text(name)!r}, which is not a number of {above:g} or more",
                remedy=f"set {name} to a number, or unset it for {self._defaults[name]}",
            )
        return value

    def whole(self, name: str, *, above: int = 1) -> int:
        value = self.number(name, above=above)
        if value != int(value):
            raise SettingsError(
                f"{name} is {self.text(name)!r}, which is not a whole number",
                remedy=f"set {name} to a whole number, or unset it for {self._defaults[name]}",
            )
        return int(value)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in choices:
            raise SettingsError(
                f"{name} is {value!r}", remedy=f"set {name} to one of: {', '.join(choices)}"
            )
        return value


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises SettingsError naming the variable and the remedy."""
    env = _Environment(environment)
    home = env.path("NARRATOR_HOME", _default_home(environment))
    database_url = env.text("NARRATOR_DATABASE_URL") or f"sqlite:///{home / 'narrator.db'}"
    return Settings(
        home=home,
        database_url=database_url,
        broker_url=env.text("NARRATOR_BROKER_URL"),
        objects_folder=env.path("NARRATOR_OBJECTS_FOLDER", home / "objects"),
        s3=_s3(env),
        speech=_speech(env),
        work=_work(env),
        audio=_audio(env),
        read=_read(env),
        api=_api(env, embedded=database_url.startswith("sqlite")),
        embedded=_embedded(env),
        log=LogSettings(
            level=env.choice("NARRATOR_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR")),
            format=env.choice("NARRATOR_LOG_FORMAT", ("json", "console")),
        ),
        price_per_1000_chars=env.number("NARRATOR_PRICE_PER_1000_CHARS"),
    )


def unknown(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Names that look like settings of ours and are none: probably misspelt."""
    known = {variable.name for variable in VARIABLES}
    return sorted(n for n in environment if n.startswith("NARRATOR_") and n not in known)


def inherited(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment a child process starts from: everything that is not a setting of ours."""
    known = {variable.name for variable in VARIABLES}
    return {name: value for name, value in environment.items() if name not in known}


def given(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The settings that are set, by name; holds secrets."""
    env = _Environment(environment)
    return {v.name: env.text(v.name) for v in VARIABLES if env.is_set(v.name)}


def _default_home(environment: Mapping[str, str]) -> Path:
    data = environment.get("XDG_DATA_HOME", "")
    return (Path(data) if data else Path.home() / ".local" / "share") / "narrator"


def _s3(env: _Environment) -> S3Settings | None:
    if not env.is_set("NARRATOR_S3_BUCKET"):
        return None
    endpoint = env.text("NARRATOR_S3_ENDPOINT_URL")
    return S3Settings(
        bucket=env.text("NARRATOR_S3_BUCKET"),
        endpoint_url=endpoint,
        public_url=env.text("NARRATOR_S3_PUBLIC_URL") or endpoint,
        region=env.text("NARRATOR_S3_REGION"),
        access_key=env.text("NARRATOR_S3_ACCESS_KEY"),
        secret_key=env.text("NARRATOR_S3_SECRET_KEY"),
    )


def _speech(env: _Environment) -> SpeechSettings:
    url = env.text("NARRATOR_SPEAK_URL")
    if not url.startswith(("ws://", "wss://")):
        raise SettingsError(
            f"NARRATOR_SPEAK_URL is {url!r}",
            remedy=f"give the whole WebSocket endpoint, such as {DEEPGRAM_URL}",
        )
    ours = "deepgram" if url.split("?")[0] == DEEPGRAM_URL else "custom"
    return SpeechSettings(
        url=url,
        speaker=env.text("NARRATOR_SPEAKER") or ours,
        api_key=env.text("DEEPGRAM_API_KEY"),
        sockets=env.whole("NARRATOR_SPEECH_SOCKETS"),
        outstanding=env.whole("NARRATOR_SPEECH_OUTSTANDING"),
        chars_per_minute=env.whole("NARRATOR_CHARS_PER_MINUTE"),
        flushes_per_minute=env.whole("NARRATOR_FLUSHES_PER_MINUTE"),
        window_slack_seconds=env.number("NARRATOR_WINDOW_SLACK_SECONDS"),
        time_scale=env.number("NARRATOR_SPEAK_TIME_SCALE", above=0.001),
        silence_seconds=env.number("NARRATOR_SILENCE_SECONDS", above=0.1),
        idle_seconds=env.number("NARRATOR_IDLE_SECONDS"),
        session_seconds=env.number("NARRATOR_SESSION_SECONDS", above=1),
    )


def _work(env: _Environment) -> WorkSettings:
    lease = env.number("NARRATOR_LEASE_SECONDS", above=0.5)
    heartbeat = env.number("NARRATOR_HEARTBEAT_SECONDS", above=0.05)
    if heartbeat * 2 > lease:
        raise SettingsError(
            f"a lease of {lease:g} s cannot be kept by a heartbeat of {heartbeat:g} s",
            remedy="make NARRATOR_LEASE_SECONDS at least twice NARRATOR_HEARTBEAT_SECONDS",
        )
    return WorkSettings(
        lease_seconds=lease,
        heartbeat_seconds=heartbeat,
        queued_seconds=env.number("NARRATOR_QUEUED_SECONDS", above=0.1),
        dispatch_seconds=env.number("NARRATOR_DISPATCH_SECONDS", above=0.05),
        window={
            Queue.SPEECH: env.whole("NARRATOR_SPEECH_WINDOW"),
            Queue.AUDIO: env.whole("NARRATOR_AUDIO_WINDOW"),
        },
        audio_processes=env.whole("NARRATOR_AUDIO_PROCESSES"),
    )


def _audio(env: _Environment) -> AudioSettings:
    return AudioSettings(
        ffmpeg=Path(env.text("NARRATOR_FFMPEG")) if env.is_set("NARRATOR_FFMPEG") else None,
        scratch=env.path("NARRATOR_SCRATCH", Path(tempfile.gettempdir())),
        pauses=Pauses(
            sentence_seconds=env.number("NARRATOR_PAUSE_SENTENCE_SECONDS"),
            paragraph_seconds=env.number("NARRATOR_PAUSE_PARAGRAPH_SECONDS"),
            heading_seconds=env.number("NARRATOR_PAUSE_HEADING_SECONDS"),
            scene_seconds=env.number("NARRATOR_PAUSE_SCENE_SECONDS"),
            head_seconds=env.number("NARRATOR_HEAD_SECONDS"),
            tail_seconds=env.number("NARRATOR_TAIL_SECONDS"),
        ),
    )


def _read(env: _Environment) -> ReadSettings:
    return ReadSettings(
        document_bytes=env.whole("NARRATOR_MAX_DOCUMENT_BYTES"),
        memory_bytes=env.whole("NARRATOR_READ_MEMORY_BYTES"),
        cpu_seconds=env.whole("NARRATOR_READ_SECONDS"),
    )


def _api(env: _Environment, *, embedded: bool) -> ApiSettings:
    keys = _keys(env.text("NARRATOR_API_KEYS"))
    host = env.text("NARRATOR_API_HOST")
    return ApiSettings(
        host=host,
        port=env.whole("NARRATOR_API_PORT", above=0),
        keys=keys,
        open=embedded and not keys and _is_loopback(host),
        link_seconds=env.whole("NARRATOR_S3_LINK_SECONDS"),
        document_bytes=env.whole("NARRATOR_MAX_DOCUMENT_BYTES"),
    )


def _keys(text: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, digest = entry.rpartition(":")
        if not name or len(digest) != 64 or set(digest.lower()) - set("0123456789abcdef"):
            raise SettingsError(
                f"entry {len(keys) + 1} of NARRATOR_API_KEYS is not name:sha256",
                remedy="make one with `narrator api-key NAME`; the key itself is never stored",
            )
        keys[digest.lower()] = name
    return keys


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _embedded(env: _Environment) -> EmbeddedSettings:
    return EmbeddedSettings(
        trial=not env.is_set("DEEPGRAM_API_KEY") and not env.is_set("NARRATOR_SPEAK_URL"),
        voice_engine=env.choice("NARRATOR_VOICE_ENGINE", ("espeak", "tone")),
        time_scale=env.number("NARRATOR_TRIAL_TIME_SCALE", above=0.001),
    )
