"""The schema. Instants are seconds since the epoch on the database's clock, in columns `…_at`.

States are written into SQL as literals (`is_state`), never bound: only then can either database see
that a partial index answers the question.
"""

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)

from narrator.domain.artifacts import AudioFormat
from narrator.domain.jobs import JobState
from narrator.domain.ledger import Outcome
from narrator.domain.lexicon import Scope
from narrator.domain.plan import Boundary
from narrator.domain.steps import CHORES, Queue, StepKind, StepState
from narrator.services.ports import Sweep

PENDING, SPOKEN, DEAD = "pending", "spoken", "dead"  # states of a chunk
LEASED, KEPT = "leased", "kept"  # states of a take

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column declared INTEGER PRIMARY KEY.
_RowNumber = BigInteger().with_variant(Integer(), "sqlite")


def _quoted(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def _among(column: str, values: Iterable[str], name: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({_quoted(values)})", name=name)


def is_state(column: ColumnElement[str], *states: StrEnum | str) -> ColumnElement[bool]:
    """The column holds one of these states, in the form that a partial index's condition has."""
    literals: list[ColumnElement[str]] = [
        literal_column(_quoted([state])) for state in sorted(states)
    ]
    return column == literals[0] if len(literals) == 1 else column.in_(literals)


jobs = Table(
    "jobs",
    metadata,
    Column("ordinal", _RowNumber, primary_key=True),  # the order in which jobs were created
    Column("id", String(32), nullable=False, unique=True),
    Column("tenant", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("priority", Integer, nullable=False, server_default=text("0")),  # the smaller first
    Column("source_key", Text, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("speaker", Text, nullable=False),  # marked where chunks have voices (`casting`)
    Column("voice", Text, nullable=False),
    Column("speed", Double, nullable=False),
    Column("format", String(8), nullable=False),
    Column("chapters", Text, nullable=False),  # body chapter numbers as a JSON list
    Column("title", Text, nullable=False, server_default=text("''")),
    Column("creators", Text, nullable=False, server_default=text("'[]'")),  # a JSON list
    Column("plan_key", Text),
    Column("failure_code", Text),
    Column("failure_reason", Text),
    Column("failure_remedy", Text),
    Column("queued_at", Double, nullable=False),
    Column("running_at", Double),
    Column("paused_at", Double),
    Column("succeeded_at", Double),
    Column("failed_at", Double),
    Column("cancelled_at", Double),
    Column("paused_for", String(16)),  # why it is paused; null unless it is, and before this column
    Column("on_dead", String(8), nullable=False, server_default=text("'fail'")),  # an `OnDead`
    Column("takes_spoilt", Integer, nullable=False, server_default=text("0")),  # and spoken again
    Column("webhook_url", Text),  # who is told when it ends
    Column("deleted_at", Double),  # set: it is there for nobody, and a step removes it
    Column("choices", Text, nullable=False, server_default=text("'{}'")),  # about the text
    Column("lexicon", String(64)),  # under which digest it is kept
    Column("plan_hash", String(64)),  # the only plan that may be carried out
    Column("max_chars", BigInteger, nullable=False, server_default=text("0")),  # to be sent; 0: any
    Column("production", Text, nullable=False, server_default=text("'{}'")),  # about the recording
    _among("state", JobState, "state"),
    _among("format", AudioFormat, "format"),
    CheckConstraint("(state = 'failed') = (failure_code IS NOT NULL)", name="failure"),
)

chapters = Table(
    "chapters",
    metadata,
    Column("job_id", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),  # from 0 within the plan
    Column("number", Integer, nullable=False),  # body number in the document
    Column("title", Text, nullable=False),
    Column("audio_key", Text),
    Column("timeline_key", Text),
    Column("samples", BigInteger),
    CheckConstraint(
        "(audio_key IS NULL) = (timeline_key IS NULL) AND (audio_key IS NULL) = (samples IS NULL)",
        name="rendered",
    ),
)

chunks = Table(
    "chunks",
    metadata,
    Column("job_id", String(32), primary_key=True),
    Column("chapter", Integer, primary_key=True, autoincrement=False),  # a chapter's position
    Column("idx", Integer, primary_key=True, autoincrement=False),  # from 0 within the chapter
    Column("text", Text, nullable=False),
    Column("chars", Integer, nullable=False),
    Column("take_key", String(64), nullable=False),
    Column("boundary", String(16), nullable=False),
    Column("state", String(16), nullable=False, server_default=text(f"'{PENDING}'")),
    Column("spoken_now", Boolean(create_constraint=False)),  # false: an earlier take answered
    Column("samples", BigInteger, nullable=False, server_default=text("0")),  # of its take
    Column("failure_code", Text),  # why it is dead
    Column("failure_reason", Text),
    Column("voice", Text),  # its name; null: the job's
    Column("doubts", Text),  # of its take, as `doubts_text` writes them; null: not judged yet
    ForeignKeyConstraint(
        ["job_id", "chapter"], ["chapters.job_id", "chapters.position"], ondelete="CASCADE"
    ),
    _among("state", (PENDING, SPOKEN, DEAD), "state"),
    _among("boundary", Boundary, "boundary"),
    CheckConstraint(f"(state = '{SPOKEN}') = (spoken_now IS NOT NULL)", name="spoken"),
)

steps = Table(
    "steps",
    metadata,
    Column("id", _RowNumber, primary_key=True),
    Column("job_id", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("job_ordinal", BigInteger, nullable=False),  # the job's age, for the order of dispatch
    Column("kind", String(16), nullable=False),
    Column("queue", String(16), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("chapter", Integer, nullable=False, server_default=text("-1")),
    Column("chunks", Text, nullable=False, server_default=text("'[]'")),  # indices, a JSON list
    Column("chars", Integer, nullable=False, server_default=text("0")),
    Column("state", String(16), nullable=False, server_default=text("'ready'")),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("owner", Text),  # the last process that claimed it
    Column("run_at", Double, nullable=False),
    Column("queued_until", Double),
    Column("lease_until", Double),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("failure_code", Text),  # of the last attempt that went wrong
    Column("failure_reason", Text),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),  # of the last attempt
    Column("ended_at", Double),
    Column("event", String(16)),  # the job's state that a webhook tells of
    Column("voice", Text),  # of a slice; null: the job's
    UniqueConstraint("job_id", "kind", "seq"),
    _among("kind", StepKind, "kind"),
    _among("queue", (*Queue, CHORES), "queue"),
    _among("state", StepState, "state"),
    CheckConstraint("(state = 'queued') = (queued_until IS NOT NULL)", name="queued"),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="running"),
    CheckConstraint("state <> 'running' OR owner IS NOT NULL", name="owned"),
)


def _steps_in(state: StepState, *columns: Column[object]) -> Index:
    """Only the few rows of one state are indexed, however many are done."""
    where = is_state(steps.c.state, state)
    name = f"ix_steps_{state}"
    return Index(name, *columns, postgresql_where=where, sqlite_where=where)


_ORDER = (steps.c.queue, steps.c.priority, steps.c.job_ordinal, steps.c.id)
_steps_in(StepState.READY, *_ORDER)
_steps_in(StepState.QUEUED, *_ORDER)
_steps_in(StepState.RUNNING, steps.c.owner)

takes = Table(
    "takes",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("step_id", BigInteger, nullable=False),  # whose lease it is, or who kept it
    Column("fence", BigInteger, nullable=False),
    Column("object_key", Text),
    Column("sha256", String(64)),  # of the samples (s16le), not of the file
    Column("samples", BigInteger),
    Column("chars", Integer),
    Column("model_version", Text),
    Column("created_at", Double, nullable=False),
    Column("used_at", Double, nullable=False),
    Column("doubts", Text),  # as `doubts_text` writes them; null: never judged
    _among("state", (LEASED, KEPT), "state"),
    CheckConstraint(
        f"state <> '{KEPT}' OR (object_key IS NOT NULL AND sha256 IS NOT NULL"
        " AND samples IS NOT NULL AND chars IS NOT NULL AND model_version IS NOT NULL)",
        name="kept",
    ),
)

IS_DOUBTFUL = takes.c.doubts > literal_column("''")
Index("ix_takes_doubts", takes.c.doubts, postgresql_where=IS_DOUBTFUL, sqlite_where=IS_DOUBTFUL)

artifacts = Table(
    "artifacts",
    metadata,
    Column("job_id", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
)

# The governor. Its rows are few: an account, its slots, the processes that share them.

accounts = Table(
    "accounts",
    metadata,
    Column("account", Text, primary_key=True),  # a speaker's configured name
    Column("ceiling", Double, nullable=False),
    Column("shrunk_at", Double),
    Column("grown_at", Double),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("shut_until", Double),
    Column("fault_code", Text),  # set while the account is paused
    Column("fault_reason", Text),
    Column("fault_remedy", Text),
    Column("paused_at", Double),
    Column("probe_at", Double),
    Column("probe_voice", Text),
    Column("probe_speed", Double),
    CheckConstraint("(fault_code IS NULL) = (paused_at IS NULL)", name="paused"),
)

slots = Table(
    "slots",
    metadata,
    Column("account", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("owner", Text),  # null while it is free
    Column("voice", Text),
    Column("speed", Double),
    Column("lease_until", Double),  # its grace included: from then on anybody may have it
    Column("sent", Text, nullable=False, server_default=text("'[]'")),  # [[instant, characters], …]
    CheckConstraint("(owner IS NULL) = (lease_until IS NULL)", name="leased"),
)

slot_owners = Table(
    "slot_owners",
    metadata,
    Column("account", Text, primary_key=True),
    Column("owner", Text, primary_key=True),
    Column("capacity", Integer, nullable=False),
    Column("seen_at", Double, nullable=False),
)

# The ledger outlives its jobs: bills are checked against it.
utterances = Table(
    "utterances",
    metadata,
    Column("id", _RowNumber, primary_key=True),
    Column("account", Text, nullable=False),
    Column("job_id", String(32), nullable=False),
    Column("step_id", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    Column("chapter", Integer, nullable=False),
    Column("idx", Integer, nullable=False),  # of the chunk within its chapter
    Column("take_key", String(64), nullable=False),
    Column("attempt", Integer, nullable=False),  # from 1, of this chunk of this job
    Column("chars", Integer, nullable=False),  # Unicode code points
    Column("slot", Integer, nullable=False),
    Column("request_id", Text, nullable=False, server_default=text("''")),
    Column("outcome", String(16), nullable=False, server_default=text(f"'{Outcome.SENT}'")),
    Column("code", Text, nullable=False, server_default=text("''")),  # of the fault that ended it
    Column("sent_at", Double, nullable=False),
    Column("ended_at", Double),
    # Of what is said once more under one claim, the earlier row's fence is its own number, negated.
    UniqueConstraint("step_id", "fence", "take_key"),
    _among("outcome", Outcome, "outcome"),
    CheckConstraint(f"(outcome = '{Outcome.SENT}') = (ended_at IS NULL)", name="ended"),
)
Index("ix_utterances_job_id", utterances.c.job_id, utterances.c.chapter, utterances.c.idx)
Index("ix_utterances_account", utterances.c.account, utterances.c.outcome, utterances.c.chars)

# How fast voices speak, as learned from their takes (`domain.pace`).
paces = Table(
    "paces",
    metadata,
    Column("account", Text, primary_key=True),  # a speaker's configured name
    Column("voice", Text, primary_key=True),
    Column("speed", Double, primary_key=True),
    Column("bin", Integer, primary_key=True, autoincrement=False),
    Column("takes", Integer, nullable=False),
)

# What has been swept: one row for each kind of sweep.
sweeps = Table(
    "sweeps",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("due_at", Double, nullable=False),
    Column("after", Text, nullable=False, server_default=text("''")),  # where a turn stopped
    Column("removed", BigInteger, nullable=False, server_default=text("0")),  # ever
    _among("name", Sweep, "name"),
)

# Lexicons for all documents, or for all of a tenant's: a row for each version, which never changes.
lexicons = Table(
    "lexicons",
    metadata,
    Column("scope", String(8), primary_key=True),
    Column("tenant", Text, primary_key=True),  # empty for all of them
    Column("version", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("entries", Text, nullable=False),  # `lexicon_to_json`
    Column("created_at", Double, nullable=False),
    _among("scope", (Scope.GLOBAL, Scope.TENANT), "scope"),
    CheckConstraint(f"(scope = '{Scope.GLOBAL}') = (tenant = '')", name="whose"),
)
