"""Every environment variable Narrator knows, declared once.

The README's table is held to this list by a test.
"""

from dataclasses import dataclass

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
        "NARRATOR_BROKER_URL",
        "",
        "Celery broker, such as `redis://localhost:6379/0`; only `narrator narrate` starts one"
        " itself.",
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
    Variable(
        "NARRATOR_API_KEYS", "", "Accepted keys: `name:sha256,…`, made by `narrator api-key`."
    ),
    Variable("NARRATOR_API_HOST", "127.0.0.1", "Address on which `narrator api` listens."),
    Variable("NARRATOR_API_PORT", "8080", "Port on which `narrator api` listens."),
    Variable("NARRATOR_PUBLIC_URL", "", "The API as listeners reach it, for podcast feeds."),
    Variable("NARRATOR_MAX_DOCUMENT_BYTES", "104857600", "Largest document accepted."),
    Variable("NARRATOR_SPEECH_SOCKETS", "20", "Sockets (and threads) of one speech worker."),
    Variable(
        "NARRATOR_SPEECH_ALLOWANCE", "45", "Sockets that the provider allows the whole project."
    ),
    Variable("NARRATOR_SPEECH_HEADROOM", "2", "Of these, how many the fleet never uses."),
    Variable(
        "NARRATOR_SPEECH_OUTSTANDING", "2", "Utterances sent and not yet stored, a socket: 1 or 2."
    ),
    Variable("NARRATOR_CHARS_PER_MINUTE", "2400", "The provider's limit of characters a socket."),
    Variable("NARRATOR_FLUSHES_PER_MINUTE", "20", "The provider's limit of flushes a socket."),
    Variable("NARRATOR_SPEECH_MARGIN", "0.02", "Share of those characters that is left unused."),
    Variable("NARRATOR_WINDOW_SLACK_SECONDS", "0.5", "Added to the provider's minute."),
    Variable("NARRATOR_SPEAK_TIME_SCALE", "1", "How much faster the endpoint's limits run."),
    Variable("NARRATOR_SILENCE_SECONDS", "15", "Longest silence of a socket that owes an answer."),
    Variable("NARRATOR_IDLE_SECONDS", "30", "An idle socket is closed after this long."),
    Variable(
        "NARRATOR_SESSION_SECONDS", "3300", "A socket is retired at this age, 3500 at the most."
    ),
    Variable(
        "NARRATOR_SLOT_SECONDS",
        "30",
        "The right to a socket ends when unrenewed for so long; three heartbeats at the least.",
    ),
    Variable(
        "NARRATOR_SLOT_GRACE_SECONDS",
        "45",
        "For so long after that the provider may still count a dead worker's socket.",
    ),
    Variable(
        "NARRATOR_GROW_SECONDS", "30", "After a 429, one more socket is tried after each so long."
    ),
    Variable("NARRATOR_PROBE_SECONDS", "60", "How often a paused account is tried."),
    Variable("NARRATOR_TAKE_CHECKS", "1", "0: takes are kept as they come; none is judged."),
    Variable("NARRATOR_LEASE_SECONDS", "30", "A step is taken over when unrenewed for so long."),
    Variable("NARRATOR_HEARTBEAT_SECONDS", "5", "How often leases are renewed."),
    Variable("NARRATOR_QUEUED_SECONDS", "30", "A doorbell unanswered for so long is rung again."),
    Variable("NARRATOR_DISPATCH_SECONDS", "1", "How often each process looks for work to ring."),
    Variable(
        "NARRATOR_DRAIN_SECONDS",
        "45",
        "A process that is asked to stop ends within so long; give it 15 s more before SIGKILL.",
    ),
    Variable(
        "NARRATOR_READY_FILE",
        "",
        "A worker touches this file every 5 s while all that it leans on answers.",
    ),
    Variable("NARRATOR_SPEECH_WINDOW", "64", "Slices kept queued in the broker."),
    Variable("NARRATOR_AUDIO_WINDOW", "16", "Other steps kept queued in the broker."),
    Variable(
        "NARRATOR_AUDIO_PROCESSES", "", "Processes of one audio worker; one a core by default."
    ),
    Variable("NARRATOR_FFMPEG", "", "ffmpeg executable; the one from its wheel by default."),
    Variable("NARRATOR_AAC_CODER", "fast", "ffmpeg's AAC coder: fast, or twoloop."),
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
    Variable(
        "NARRATOR_FAILPOINTS",
        "",
        "Folder of armed failpoints, for rehearsals only: refused with Deepgram's endpoint.",
    ),
    Variable("NARRATOR_TAKE_DAYS", "30", "Takes are kept so many days after their last use."),
    Variable(
        "NARRATOR_ORPHAN_SECONDS",
        "86400",
        "An object that nothing refers to is removed once it is so old.",
    ),
    Variable("NARRATOR_SWEEP_SECONDS", "3600", "How often the fleet looks for what may go."),
    Variable(
        "NARRATOR_WEBHOOK_SECRET", "", "Signs webhooks; none are signed without.", secret=True
    ),
    Variable("NARRATOR_FETCH_PRIVATE", "0", "1: documents may be at private addresses too."),
    Variable("NARRATOR_WEBHOOK_PRIVATE", "0", "1: webhooks may go to private addresses too."),
    Variable("NARRATOR_LOG_LEVEL", "INFO", "DEBUG, INFO, WARNING or ERROR."),
    Variable("NARRATOR_LOG_FORMAT", "json", "`json`, or `console` for people."),
)
