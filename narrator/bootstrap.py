"""The only place where adapters are built: `bootstrap(settings)` gives the services of a process.

Building connects to nothing; adapters do that at their first use.
"""

import io
import logging
import random
import sys
import threading
import time
from contextlib import suppress
from typing import TextIO, cast

import structlog

from narrator.audio.ear import SampleEar
from narrator.audio.studio import FfmpegStudio
from narrator.domain.slots import SlotTerms
from narrator.doorbell import CeleryDoorbell
from narrator.failpoints import ArmedByFiles
from narrator.fetcher import HttpFetcher
from narrator.messenger import HttpMessenger
from narrator.sandbox.reader import SandboxedReader
from narrator.services.kit import Keeping, Rhythm, Services, pass_by
from narrator.services.ports import Fetcher, Gate, Objects, Studio
from narrator.settings import LogSettings, S3Settings, Settings
from narrator.speech.config import SpeechConfig
from narrator.speech.probe import probe
from narrator.speech.speaker import DeepgramSpeaker
from narrator.storage.chores import SqlChores
from narrator.storage.database import Database
from narrator.storage.folder import FolderObjects
from narrator.storage.jobs import SqlJobs
from narrator.storage.ledger import SqlLedger
from narrator.storage.lexicons import SqlLexicons
from narrator.storage.paces import SqlPaces
from narrator.storage.retention import SqlRetention
from narrator.storage.scratch import ScratchFolder
from narrator.storage.slots import SqlSlots
from narrator.storage.steps import SqlSteps
from narrator.storage.takes import SqlTakes

# Below WARNING these log headers and URLs: access key ids, signatures, the broker, webhooks.
_TALKATIVE = ("amqp", "boto3", "botocore", "httpcore", "httpx", "kombu", "s3transfer", "urllib3")


def bootstrap(settings: Settings) -> Services:
    """The services that these settings describe."""
    database = Database(settings.database_url, idle_seconds=settings.work.lease_seconds)
    account, slot_terms = settings.speech.speaker, terms(settings)
    return Services(
        jobs=SqlJobs(database),
        steps=SqlSteps(database),
        takes=SqlTakes(database),
        slots=SqlSlots(database, account=account, terms=slot_terms),
        ledger=SqlLedger(database, account=account),
        objects=objects(settings),
        speaker=DeepgramSpeaker(_speech(settings)),
        studio=studio(settings),
        reader=_reader(settings),
        doorbell=CeleryDoorbell(settings.broker_url, settings.work.window),
        chores=SqlChores(database),
        retention=SqlRetention(database),
        lexicons=SqlLexicons(database),
        messenger=HttpMessenger(secret=settings.webhook.secret, private=settings.webhook.private),
        fetcher=fetcher(settings),
        leftovers=ScratchFolder(settings.audio.scratch),
        speaker_name=account,
        rhythm=_rhythm(settings),
        terms=slot_terms,
        dice=random.SystemRandom().random,
        clock=time.monotonic,
        wait=threading.Event().wait,
        scratch=settings.audio.scratch,
        keeping=_keeping(settings),
        gate=_gate(settings, database),
        reach=ArmedByFiles(settings.failpoints) if settings.failpoints else pass_by,
    )


def studio(settings: Settings) -> Studio:
    """The studio alone; raises SettingsError where there is no ffmpeg."""
    audio = settings.audio
    return FfmpegStudio(ffmpeg=audio.ffmpeg, pauses=audio.pauses, aac_coder=audio.aac_coder)


def fetcher(settings: Settings) -> Fetcher:
    """What fetches documents by URL, alone."""
    read = settings.read
    return HttpFetcher(most_bytes=read.document_bytes, private=read.fetch_private)


def terms(settings: Settings) -> SlotTerms:
    """On what terms the fleet shares the provider's sockets."""
    speech, limits = settings.speech, _speech(settings).limits
    return SlotTerms(
        allowance=speech.allowance,
        headroom=speech.headroom,
        hold_seconds=speech.slot_seconds,
        grace_seconds=speech.slot_grace_seconds,
        window_seconds=limits.window_seconds,
        window_chars=limits.chars,
        grow_seconds=speech.grow_seconds,
        probe_seconds=speech.probe_seconds,
    )


def objects(settings: Settings) -> Objects:
    """The object store alone."""
    if settings.s3 is None:
        return FolderObjects(settings.objects_folder)
    return _s3(settings.s3)


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema; harmless to repeat."""
    Database(settings.database_url).migrate()


def check_database(settings: Settings) -> None:
    """Raise StoreUnavailable unless the database answers and has this version's schema."""
    Database(settings.database_url).check()


def check_speech(settings: Settings, *, seconds: float) -> None:
    """Open a speech session and close it again, which costs nothing.

    Raises AccountFault, SpeechRefused, SettingsError or Passing; the handshake may take `seconds`.
    """
    probe(settings.speech.url, settings.speech.api_key, seconds=seconds)


def configure_logging(log: LogSettings) -> None:
    """Structured logs on standard error, one line an event: JSON, or columns for people."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log.format == "json"
        else structlog.dev.ConsoleRenderer()
    )
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(log.level)),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Unfailing(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for vendor in _TALKATIVE:
        logging.getLogger(vendor).setLevel(logging.WARNING)


class _Unfailing(io.TextIOBase):
    """A stream that loses what it cannot write: a full disk must not end the thread that logs."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str, /) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def _gate(settings: Settings, database: Database) -> Gate | None:
    if not settings.speech.take_checks:
        return None
    return Gate(ear=SampleEar(), paces=SqlPaces(database, account=settings.speech.speaker))


def _s3(s3: S3Settings) -> Objects:
    # boto3 takes a quarter of a second to load, which whoever has a folder need not wait for.
    from narrator.storage.objects import S3Config, S3Objects  # noqa: PLC0415

    return S3Objects(
        S3Config(
            bucket=s3.bucket,
            endpoint_url=s3.endpoint_url or None,
            public_url=s3.public_url or None,
            region=s3.region,
            access_key=s3.access_key or None,
            secret_key=s3.secret_key or None,
        )
    )


def _speech(settings: Settings) -> SpeechConfig:
    speech = settings.speech
    return SpeechConfig(
        url=speech.url,
        api_key=speech.api_key,
        outstanding=speech.outstanding,
        chars_per_minute=speech.chars_per_minute,
        flushes_per_minute=speech.flushes_per_minute,
        window_slack_seconds=speech.window_slack_seconds,
        margin=speech.margin,
        time_scale=speech.time_scale,
        silence_seconds=speech.silence_seconds,
        session_seconds=speech.session_seconds,
        hold_seconds=speech.slot_seconds,
    )


def _reader(settings: Settings) -> SandboxedReader:
    read = settings.read
    return SandboxedReader(
        memory_bytes=read.memory_bytes,
        cpu_seconds=read.cpu_seconds,
        wall_seconds=2 * read.cpu_seconds,
        input_bytes=read.document_bytes,
    )


def _keeping(settings: Settings) -> Keeping:
    keeping = settings.keeping
    return Keeping(
        take_seconds=keeping.take_days * 86_400.0,
        orphan_seconds=keeping.orphan_seconds,
        sweep_seconds=keeping.sweep_seconds,
    )


def _rhythm(settings: Settings) -> Rhythm:
    work = settings.work
    return Rhythm(
        lease_seconds=work.lease_seconds,
        heartbeat_seconds=work.heartbeat_seconds,
        queued_seconds=work.queued_seconds,
        dispatch_seconds=work.dispatch_seconds,
        drain_seconds=work.drain_seconds,
        window=work.window,
    )
