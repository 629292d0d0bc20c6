"""The spine: jobs, their chapters, chunks, steps and artifacts, and takes."""

import sqlalchemy as sa
from alembic import op

revision = "20261122"
down_revision = None
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    create_jobs()
    create_chapters()
    create_chunks()
    create_steps()
    create_takes()
    create_artifacts()


def downgrade() -> None:
    for table in ("artifacts", "takes", "steps", "chunks", "chapters", "jobs"):
        op.drop_table(table)


def create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("ordinal", ROW_NUMBER, nullable=False),
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("speaker", sa.Text(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("speed", sa.Double(), nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("chapters", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("creators", sa.Text(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("plan_key", sa.Text()),
        sa.Column("failure_code", sa.Text()),
        sa.Column("failure_reason", sa.Text()),
        sa.Column("failure_remedy", sa.Text()),
        sa.Column("queued_at", sa.Double(), nullable=False),
        sa.Column("running_at", sa.Double()),
        sa.Column("paused_at", sa.Double()),
        sa.Column("succeeded_at", sa.Double()),
        sa.Column("failed_at", sa.Double()),
        sa.Column("cancelled_at", sa.Double()),
        sa.PrimaryKeyConstraint("ordinal", name="pk_jobs"),
        sa.UniqueConstraint("id", name="uq_jobs_id"),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled')",
            name=op.f("ck_jobs_state"),
        ),
        sa.CheckConstraint(
            "format IN ('m4b', 'mp3', 'opus', 'flac', 'wav')", name=op.f("ck_jobs_format")
        ),
        sa.CheckConstraint(
            "(state = 'failed') = (failure_code IS NOT NULL)", name=op.f("ck_jobs_failure")
        ),
    )


def create_chapters() -> None:
    op.create_table(
        "chapters",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("audio_key", sa.Text()),
        sa.Column("timeline_key", sa.Text()),
        sa.Column("samples", sa.BigInteger()),
        sa.PrimaryKeyConstraint("job_id", "position", name="pk_chapters"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_chapters_job_id_jobs", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "(audio_key IS NULL) = (timeline_key IS NULL)"
            " AND (audio_key IS NULL) = (samples IS NULL)",
            name=op.f("ck_chapters_rendered"),
        ),
    )


def create_chunks() -> None:
    op.create_table(
        "chunks",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("chapter", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("idx", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("chars", sa.Integer(), nullable=False),
        sa.Column("take_key", sa.String(64), nullable=False),
        sa.Column("boundary", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False, server_default=sa.text("'pending'")),
        sa.Column("spoken_now", sa.Boolean()),
        sa.Column("samples", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("job_id", "chapter", "idx", name="pk_chunks"),
        sa.ForeignKeyConstraint(
            ["job_id", "chapter"],
            ["chapters.job_id", "chapters.position"],
            name="fk_chunks_job_id_chapter_chapters",
            ondelete="CASCADE",
        ),
        sa.CheckConstraint("state IN ('pending', 'spoken', 'dead')", name=op.f("ck_chunks_state")),
        sa.CheckConstraint(
            "boundary IN ('sentence', 'paragraph', 'heading', 'scene', 'chapter')",
            name=op.f("ck_chunks_boundary"),
        ),
        sa.CheckConstraint(
            "(state = 'spoken') = (spoken_now IS NOT NULL)", name=op.f("ck_chunks_spoken")
        ),
    )


def create_steps() -> None:
    op.create_table(
        "steps",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("job_ordinal", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("queue", sa.String(16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("chapter", sa.Integer(), nullable=False, server_default=sa.text("-1")),
        sa.Column("chunks", sa.Text(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("chars", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("state", sa.String(16), nullable=False, server_default=sa.text("'ready'")),
        sa.Column("priority", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("owner", sa.Text()),
        sa.Column("run_at", sa.Double(), nullable=False),
        sa.Column("queued_until", sa.Double()),
        sa.Column("lease_until", sa.Double()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("failure_code", sa.Text()),
        sa.Column("failure_reason", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double()),
        sa.Column("ended_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_steps"),
        sa.UniqueConstraint("job_id", "kind", "seq", name="uq_steps_job_id_kind_seq"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_steps_job_id_jobs", ondelete="CASCADE"
        ),
        sa.CheckConstraint(
            "kind IN ('plan', 'slice', 'render', 'publish')", name=op.f("ck_steps_kind")
        ),
        sa.CheckConstraint("queue IN ('speech', 'audio')", name=op.f("ck_steps_queue")),
        sa.CheckConstraint(
            "state IN ('ready', 'queued', 'running', 'done', 'failed', 'cancelled')",
            name=op.f("ck_steps_state"),
        ),
        sa.CheckConstraint(
            "(state = 'queued') = (queued_until IS NOT NULL)", name=op.f("ck_steps_queued")
        ),
        sa.CheckConstraint(
            "(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_steps_running")
        ),
        sa.CheckConstraint("state <> 'running' OR owner IS NOT NULL", name=op.f("ck_steps_owned")),
    )
    order = ["queue", "priority", "job_ordinal", "id"]
    create_steps_index("ready", order)
    create_steps_index("queued", order)
    create_steps_index("running", ["owner"])


def create_steps_index(state: str, columns: list[str]) -> None:
    where = sa.text(f"state = '{state}'")
    op.create_index(
        f"ix_steps_{state}", "steps", columns, sqlite_where=where, postgresql_where=where
    )


def create_takes() -> None:
    op.create_table(
        "takes",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.Text()),
        sa.Column("sha256", sa.String(64)),
        sa.Column("samples", sa.BigInteger()),
        sa.Column("chars", sa.Integer()),
        sa.Column("model_version", sa.Text()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("used_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_takes"),
        sa.CheckConstraint("state IN ('leased', 'kept')", name=op.f("ck_takes_state")),
        sa.CheckConstraint(
            "state <> 'kept' OR (object_key IS NOT NULL AND sha256 IS NOT NULL"
            " AND samples IS NOT NULL AND chars IS NOT NULL AND model_version IS NOT NULL)",
            name=op.f("ck_takes_kept"),
        ),
    )


def create_artifacts() -> None:
    op.create_table(
        "artifacts",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "name", name="pk_artifacts"),
        sa.ForeignKeyConstraint(
            ["job_id"], ["jobs.id"], name="fk_artifacts_job_id_jobs", ondelete="CASCADE"
        ),
    )
