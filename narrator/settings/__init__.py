"""Settings: the only reader of the environment.

`load(environment)` turns variables into a frozen tree, one part a room; nothing else looks at the
environment, and no adapter sees more than its own part.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path

from narrator.domain.errors import SettingsError
from narrator.domain.pacing import PacingLimits
from narrator.domain.production import AacCoder
from narrator.domain.slots import SlotTerms
from narrator.domain.steps import LONGEST_LEASE_SECONDS, Queue
from narrator.domain.timeline import Pauses
from narrator.settings.environment import Environment
from narrator.settings.tree import (
    ApiSettings,
    AudioSettings,
    EmbeddedSettings,
    KeepingSettings,
    LogSettings,
    ReadSettings,
    S3Settings,
    Settings,
    SpeechSettings,
    WebhookSettings,
    WorkSettings,
)
from narrator.settings.variables import DEEPGRAM_URL, VARIABLES, Variable
from narrator.text.chunking import MOST_CHARS

__all__ = [
    "DEEPGRAM_URL",
    "VARIABLES",
    "ApiSettings",
    "AudioSettings",
    "EmbeddedSettings",
    "KeepingSettings",
    "LogSettings",
    "ReadSettings",
    "S3Settings",
    "Settings",
    "SpeechSettings",
    "Variable",
    "WebhookSettings",
    "WorkSettings",
    "given",
    "inherited",
    "load",
    "need_broker",
    "unknown",
]

MOST_OUTSTANDING = 2
"""Utterances a socket that may have to be spoken again after a crash: what is promised."""

LONGEST_SESSION_SECONDS = 3_500.0
"""The provider ends a session after 60 minutes; an utterance must fit in between."""

_SHA256 = re.compile(r"[0-9a-f]{64}")


def load(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises SettingsError naming the variable and the remedy."""
    env = Environment(environment)
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
        keeping=_keeping(env),
        webhook=WebhookSettings(
            secret=env.text("NARRATOR_WEBHOOK_SECRET"),
            private=env.choice("NARRATOR_WEBHOOK_PRIVATE", ("0", "1")) == "1",
        ),
        log=LogSettings(
            level=env.choice("NARRATOR_LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR")),
            format=env.choice("NARRATOR_LOG_FORMAT", ("json", "console")),
        ),
        price_per_1000_chars=env.number("NARRATOR_PRICE_PER_1000_CHARS"),
        failpoints=_failpoints(env),
    )


def need_broker(settings: Settings) -> None:
    """Raise SettingsError where no broker is set: Celery would look for one on this machine."""
    if not settings.broker_url:
        raise SettingsError(
            "NARRATOR_BROKER_URL is not set, and workers are rung through the broker",
            remedy="set it, such as redis://localhost:6379/0; `narrator narrate` needs no broker",
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
    env = Environment(environment)
    return {v.name: env.text(v.name) for v in VARIABLES if env.is_set(v.name)}


def _failpoints(env: Environment) -> Path | None:
    if not env.is_set("NARRATOR_FAILPOINTS"):
        return None
    if _is_deepgrams(env.text("NARRATOR_SPEAK_URL")):
        raise SettingsError(
            "NARRATOR_FAILPOINTS is set, and NARRATOR_SPEAK_URL is Deepgram's",
            remedy="unset NARRATOR_FAILPOINTS; deaths are rehearsed with another Speak server",
        )
    return env.path("NARRATOR_FAILPOINTS", Path())


def _is_deepgrams(url: str) -> bool:
    """Whether a URL, however it is written, leads to a host of Deepgram's."""
    rest = url.lower().partition("://")[2]
    host = re.split("[/?#]", rest)[0].rpartition("@")[2].partition(":")[0].rstrip(".")
    return f".{host}".endswith(".deepgram.com")


def _default_home(environment: Mapping[str, str]) -> Path:
    data = environment.get("XDG_DATA_HOME", "")
    return (Path(data) if data else Path.home() / ".local" / "share") / "narrator"


def _s3(env: Environment) -> S3Settings | None:
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


def _speech(env: Environment) -> SpeechSettings:
    url = env.text("NARRATOR_SPEAK_URL")
    if not url.startswith(("ws://", "wss://")):
        raise SettingsError(
            f"NARRATOR_SPEAK_URL is {url!r}",
            remedy=f"give the whole WebSocket endpoint, such as {DEEPGRAM_URL}",
        )
    ours = "deepgram" if url.split("?")[0] == DEEPGRAM_URL else "custom"
    allowance, headroom = _allowance(env)
    chars_per_minute, margin = _window(env)
    return SpeechSettings(
        url=url,
        speaker=env.text("NARRATOR_SPEAKER") or ours,
        api_key=env.text("DEEPGRAM_API_KEY"),
        sockets=env.whole("NARRATOR_SPEECH_SOCKETS"),
        allowance=allowance,
        headroom=headroom,
        outstanding=_outstanding(env),
        chars_per_minute=chars_per_minute,
        flushes_per_minute=env.whole("NARRATOR_FLUSHES_PER_MINUTE"),
        margin=margin,
        window_slack_seconds=env.number("NARRATOR_WINDOW_SLACK_SECONDS"),
        time_scale=env.number("NARRATOR_SPEAK_TIME_SCALE", above=0.001),
        silence_seconds=env.number("NARRATOR_SILENCE_SECONDS", above=0.1),
        idle_seconds=env.number("NARRATOR_IDLE_SECONDS"),
        session_seconds=_session_seconds(env),
        slot_seconds=_slot_seconds(env),
        slot_grace_seconds=env.number("NARRATOR_SLOT_GRACE_SECONDS"),
        grow_seconds=env.number("NARRATOR_GROW_SECONDS", above=0.1),
        probe_seconds=env.number("NARRATOR_PROBE_SECONDS", above=0.1),
        take_checks=env.choice("NARRATOR_TAKE_CHECKS", ("0", "1")) == "1",
    )


def _allowance(env: Environment) -> tuple[int, int]:
    terms = SlotTerms(
        allowance=env.whole("NARRATOR_SPEECH_ALLOWANCE"),
        headroom=env.whole("NARRATOR_SPEECH_HEADROOM", above=0),
    )
    return terms.allowance, terms.headroom


def _outstanding(env: Environment) -> int:
    outstanding = env.whole("NARRATOR_SPEECH_OUTSTANDING")
    if outstanding > MOST_OUTSTANDING:
        raise SettingsError(
            f"NARRATOR_SPEECH_OUTSTANDING is {outstanding}, but no more than {MOST_OUTSTANDING}"
            " utterances a socket may have to be paid for twice after a crash",
            remedy=f"set NARRATOR_SPEECH_OUTSTANDING to 1 or {MOST_OUTSTANDING}",
        )
    return outstanding


def _window(env: Environment) -> tuple[int, float]:
    """Characters a minute, and the share of them that is left unused."""
    chars, margin = env.whole("NARRATOR_CHARS_PER_MINUTE"), _margin(env)
    window = PacingLimits(chars_per_minute=chars, margin=margin).chars
    if window < MOST_CHARS:
        raise SettingsError(
            f"{chars:,} characters a minute less a margin of {margin:g} are {window:,}, and a chunk"
            f" of {MOST_CHARS:,} could never be sent",
            remedy="raise NARRATOR_CHARS_PER_MINUTE, or lower NARRATOR_SPEECH_MARGIN",
        )
    return chars, margin


def _margin(env: Environment) -> float:
    margin = env.number("NARRATOR_SPEECH_MARGIN")
    if margin >= 1:
        raise SettingsError(
            f"NARRATOR_SPEECH_MARGIN is {margin:g}, which leaves no characters to send",
            remedy="set it to a share from 0 to below 1; 0.02 is usual",
        )
    return margin


def _session_seconds(env: Environment) -> float:
    seconds = env.number("NARRATOR_SESSION_SECONDS", above=1)
    if seconds > LONGEST_SESSION_SECONDS:
        raise SettingsError(
            f"NARRATOR_SESSION_SECONDS is {seconds:g}, and the provider cuts a session off at 3600",
            remedy=f"set NARRATOR_SESSION_SECONDS to {LONGEST_SESSION_SECONDS:g} or less",
        )
    return seconds


def _slot_seconds(env: Environment) -> float:
    seconds = env.number("NARRATOR_SLOT_SECONDS", above=0.5)
    heartbeat = env.number("NARRATOR_HEARTBEAT_SECONDS", above=0.05)
    if heartbeat * 3 > seconds:
        raise SettingsError(
            f"with a heartbeat of {heartbeat:g} s a slot of {seconds:g} s is hardly ever good for"
            " long enough to be used again",
            remedy="make NARRATOR_SLOT_SECONDS at least three times NARRATOR_HEARTBEAT_SECONDS",
        )
    return seconds


def _lease_seconds(env: Environment, name: str, *, above: float) -> float:
    """What lies further ahead than any lease counts as written under another clock."""
    seconds = env.number(name, above=above)
    if seconds > LONGEST_LEASE_SECONDS:
        raise SettingsError(
            f"{name} is {seconds:g}, and no lease may be that long",
            remedy=f"set {name} to {LONGEST_LEASE_SECONDS:g} or less",
        )
    return seconds


def _work(env: Environment) -> WorkSettings:
    lease = _lease_seconds(env, "NARRATOR_LEASE_SECONDS", above=0.5)
    heartbeat = env.number("NARRATOR_HEARTBEAT_SECONDS", above=0.05)
    if heartbeat * 2 > lease:
        raise SettingsError(
            f"a lease of {lease:g} s cannot be kept by a heartbeat of {heartbeat:g} s",
            remedy="make NARRATOR_LEASE_SECONDS at least twice NARRATOR_HEARTBEAT_SECONDS",
        )
    return WorkSettings(
        lease_seconds=lease,
        heartbeat_seconds=heartbeat,
        queued_seconds=_lease_seconds(env, "NARRATOR_QUEUED_SECONDS", above=0.1),
        dispatch_seconds=env.number("NARRATOR_DISPATCH_SECONDS", above=0.05),
        drain_seconds=env.number("NARRATOR_DRAIN_SECONDS", above=1),
        ready_file=(
            env.path("NARRATOR_READY_FILE", Path()) if env.is_set("NARRATOR_READY_FILE") else None
        ),
        window={
            Queue.SPEECH: env.whole("NARRATOR_SPEECH_WINDOW"),
            Queue.AUDIO: env.whole("NARRATOR_AUDIO_WINDOW"),
        },
        audio_processes=(
            env.whole("NARRATOR_AUDIO_PROCESSES")
            if env.is_set("NARRATOR_AUDIO_PROCESSES")
            else None
        ),
    )


def _audio(env: Environment) -> AudioSettings:
    return AudioSettings(
        ffmpeg=Path(env.text("NARRATOR_FFMPEG")) if env.is_set("NARRATOR_FFMPEG") else None,
        aac_coder=AacCoder(env.choice("NARRATOR_AAC_CODER", tuple(AacCoder))),
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


def _read(env: Environment) -> ReadSettings:
    return ReadSettings(
        document_bytes=env.whole("NARRATOR_MAX_DOCUMENT_BYTES"),
        memory_bytes=env.whole("NARRATOR_READ_MEMORY_BYTES"),
        cpu_seconds=env.whole("NARRATOR_READ_SECONDS"),
        fetch_private=env.choice("NARRATOR_FETCH_PRIVATE", ("0", "1")) == "1",
    )


def _api(env: Environment, *, embedded: bool) -> ApiSettings:
    keys = _keys(env.text("NARRATOR_API_KEYS"))
    host = env.text("NARRATOR_API_HOST")
    return ApiSettings(
        host=host,
        port=env.whole("NARRATOR_API_PORT", above=0),
        keys=keys,
        open=embedded and not keys and _is_loopback(host),
        link_seconds=env.whole("NARRATOR_S3_LINK_SECONDS"),
        public_url=env.text("NARRATOR_PUBLIC_URL"),
        document_bytes=env.whole("NARRATOR_MAX_DOCUMENT_BYTES"),
    )


def _keys(text: str) -> dict[str, str]:
    keys: dict[str, str] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, _, digest = entry.lower().rpartition(":")
        if not name or not _SHA256.fullmatch(digest):
            raise SettingsError(
                f"entry {len(keys) + 1} of NARRATOR_API_KEYS is not name:sha256",
                remedy="make one with `narrator api-key NAME`; the key itself is never stored",
            )
        keys[digest] = name
    return keys


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _keeping(env: Environment) -> KeepingSettings:
    return KeepingSettings(
        take_days=env.number("NARRATOR_TAKE_DAYS", above=1),
        orphan_seconds=env.number("NARRATOR_ORPHAN_SECONDS", above=1),
        sweep_seconds=env.number("NARRATOR_SWEEP_SECONDS", above=0.1),
    )


def _embedded(env: Environment) -> EmbeddedSettings:
    return EmbeddedSettings(
        trial=not env.is_set("DEEPGRAM_API_KEY") and not env.is_set("NARRATOR_SPEAK_URL"),
        voice_engine=env.choice("NARRATOR_VOICE_ENGINE", ("espeak", "tone")),
        time_scale=env.number("NARRATOR_TRIAL_TIME_SCALE", above=0.001),
    )
