"""What `narrator doctor` looks at, one function a question.

Each answers with a `Check`; none changes anything but files it makes and removes itself, and none
ever shows a secret.
"""

import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from narrator import bootstrap
from narrator import settings as configuration
from narrator.cli.endpoint import need_key
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import NarratorError, SettingsError
from narrator.domain.plan import Boundary
from narrator.domain.production import Production
from narrator.embedded.broker import find_server
from narrator.embedded.commands import need_voice
from narrator.embedded.reach import reach_broker
from narrator.services import scratch
from narrator.services.ports import Commission, TakeAudio
from narrator.settings import Settings

FREE_BYTES = 2_000_000_000
"""A ten-hour book takes about 1 GB of takes (FLAC) and as much again while it is put together."""

BROKER_SECONDS = 3.0
SPEECH_SECONDS = 5.0
_SILENCE = bytes(48_000)  # a second: s16 mono at 24 kHz


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One answer."""

    name: str
    state: State
    says: str
    remedy: str = ""


def examine() -> Iterator[Check]:
    """All of them, in the order in which one leans on another."""
    yield python()
    yield packages()
    yield from names()
    try:
        settings = configuration.load()
    except SettingsError as error:
        yield _failed("settings", error)
        return
    yield Check(name="settings", state=State.OK, says="valid")
    yield home(settings)
    for name, ask in _QUESTIONS.items():
        try:
            yield Check(name=name, state=State.OK, says=ask(settings))
        except NarratorError as error:
            yield _failed(name, error)
    yield speech(settings)


def python() -> Check:
    """Python is recent enough."""
    return Check(name="python", state=State.OK, says=sys.version.split()[0])


def packages() -> Check:
    """Every package that Narrator needs is installed."""
    try:
        needed = metadata.requires("narrator") or []
    except metadata.PackageNotFoundError:
        return Check(
            name="packages",
            state=State.WARN,
            says="narrator runs from a folder, and is not installed",
            remedy="pip install -e .",
        )
    missing = [name for name in _needed_here(needed) if not _is_installed(name)]
    if missing:
        return Check(
            name="packages",
            state=State.FAIL,
            says=f"missing: {', '.join(missing)}",
            remedy="pip install -r deploy/requirements.lock",
        )
    return Check(name="packages", state=State.OK, says=f"narrator {metadata.version('narrator')}")


def names() -> Iterator[Check]:
    """Variables that look like settings and are none."""
    for name in configuration.unknown():
        yield Check(
            name="settings",
            state=State.WARN,
            says=f"{name} is not a setting, and changes nothing",
            remedy="correct its name (README.md lists them) or unset it",
        )


def home(settings: Settings) -> Check:
    """The home can be written and has room."""
    folder = settings.home
    while not folder.exists():
        folder = folder.parent
    if not _can_be_written(folder):
        return Check(
            name="home",
            state=State.FAIL,
            says=f"{folder} cannot be written",
            remedy="make it writable, or name another folder by NARRATOR_HOME",
        )
    free = shutil.disk_usage(folder).free
    return Check(
        name="home",
        state=State.OK if free >= FREE_BYTES else State.WARN,
        says=f"{settings.home}, {free / 1e9:.1f} GB free",
        remedy="" if free >= FREE_BYTES else "a long book needs 2 GB: make room",
    )


def speech(settings: Settings) -> Check:
    """Somebody can speak."""
    if settings.embedded.trial:
        return Check(
            name="speech",
            state=State.WARN,
            says="DEEPGRAM_API_KEY is not set: `narrator narrate` speaks with a trial voice",
            remedy="set DEEPGRAM_API_KEY to speak with Deepgram",
        )
    try:
        need_key(settings)
        bootstrap.check_speech(settings, seconds=SPEECH_SECONDS)
    except NarratorError as error:
        return _failed("speech", error, remedy="start the endpoint, or correct NARRATOR_SPEAK_URL")
    return Check(
        name="speech",
        state=State.OK,
        says=f"the endpoint takes DEEPGRAM_API_KEY; speaks as {settings.speech.speaker!r}",
    )


def _ffmpeg(settings: Settings) -> str:
    """Encode a second of silence for real."""
    takes = [TakeAudio(pcm=_SILENCE, boundary=Boundary.CHAPTER)]
    with tempfile.TemporaryDirectory(prefix="narrator-doctor-") as folder:
        bootstrap.studio(settings).render(
            takes,
            Commission(production=Production(), formats=[AudioFormat.M4B], folder=Path(folder)),
        )
    return "encodes"


def _broker(settings: Settings) -> str:
    if settings.broker_url:
        reach_broker(settings.broker_url, seconds=BROKER_SECONDS)
        return "answers"
    return f"{find_server()} will be started"


def _database(settings: Settings) -> str:
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    if settings.database_url.startswith("sqlite:///") and not path.exists():
        return f"{path} will be made"
    bootstrap.check_database(settings)
    return "answers, and is up to date"


def _store(settings: Settings) -> str:
    if settings.s3 is None and not settings.objects_folder.exists():
        return f"{settings.objects_folder} will be made"
    bootstrap.objects(settings).check()
    return settings.s3.bucket if settings.s3 else str(settings.objects_folder)


def _voice(settings: Settings) -> str:
    if not settings.embedded.trial:
        return "not needed"
    need_voice(settings.embedded.voice_engine)
    return settings.embedded.voice_engine


def _scratch(settings: Settings) -> str:
    scratch.check(settings.audio.scratch)
    return str(settings.audio.scratch)


_QUESTIONS: dict[str, Callable[[Settings], str]] = {
    "ffmpeg": _ffmpeg,
    "broker": _broker,
    "database": _database,
    "object store": _store,
    "scratch folder": _scratch,
    "trial voice": _voice,
}


def _failed(name: str, error: NarratorError, *, remedy: str = "") -> Check:
    """`remedy` is for an error that has none of its own."""
    return Check(name=name, state=State.FAIL, says=error.reason, remedy=error.remedy or remedy)


def _can_be_written(folder: Path) -> bool:
    """Try it: what the mode says holds neither for root nor for a read-only file system."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _needed_here(requirements: list[str]) -> Iterator[str]:
    """Names of the requirements that no marker (an extra, another Python) makes conditional."""
    for requirement in requirements:
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        if match and ";" not in requirement:
            yield match[0]


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
