"""The governor: accounts, their slots, who shares them; the ledger; why a job is paused."""

import sqlalchemy as sa
from alembic import op

revision = "20261122b"
down_revision = "20261122"
branch_labels = None
depends_on = None

ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("jobs", sa.Column("paused_for", sa.String(16)))
    create_accounts()
    create_slots()
    create_slot_owners()
    create_utterances()


def downgrade() -> None:
    for table in ("utterances", "slot_owners", "slots", "accounts"):
        op.drop_table(table)
    op.drop_column("jobs", "paused_for")


def create_accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("ceiling", sa.Double(), nullable=False),
        sa.Column("shrunk_at", sa.Double()),
        sa.Column("grown_at", sa.Double()),
        sa.Column("failures", sa.Integer(), nullable=False, server_default=sa.text("0")),
        sa.Column("shut_until", sa.Double()),
        sa.Column("fault_code", sa.Text()),
        sa.Column("fault_reason", sa.Text()),
        sa.Column("fault_remedy", sa.Text()),
        sa.Column("paused_at", sa.Double()),
        sa.Column("probe_at", sa.Double()),
        sa.Column("probe_voice", sa.Text()),
        sa.Column("probe_speed", sa.Double()),
        sa.PrimaryKeyConstraint("account", name="pk_accounts"),
        sa.CheckConstraint(
            "(fault_code IS NULL) = (paused_at IS NULL)", name=op.f("ck_accounts_paused")
        ),
    )


def create_slots() -> None:
    op.create_table(
        "slots",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("fence", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.Column("owner", sa.Text()),
        sa.Column("voice", sa.Text()),
        sa.Column("speed", sa.Double()),
        sa.Column("lease_until", sa.Double()),
        sa.Column("sent", sa.Text(), nullable=False, server_default=sa.text("'[]'")),
        sa.PrimaryKeyConstraint("account", "number", name="pk_slots"),
        sa.CheckConstraint("(owner IS NULL) = (lease_until IS NULL)", name=op.f("ck_slots_leased")),
    )


def create_slot_owners() -> None:
    op.create_table(
        "slot_owners",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("account", "owner", name="pk_slot_owners"),
    )


def create_utterances() -> None:
    op.create_table(
        "utterances",
        sa.Column("id", ROW_NUMBER, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("chapter", sa.Integer(), nullable=False),
        sa.Column("idx", sa.Integer(), nullable=False),
        sa.Column("take_key", sa.String(64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("chars", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("outcome", sa.String(16), nullable=False, server_default=sa.text("'sent'")),
        sa.Column("code", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("sent_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double()),
        sa.PrimaryKeyConstraint("id", name="pk_utterances"),
        sa.UniqueConstraint(
            "step_id", "fence", "take_key", name="uq_utterances_step_id_fence_take_key"
        ),
        sa.CheckConstraint(
            "outcome IN ('sent', 'kept', 'cut', 'late', 'lost', 'unsent')",
            name=op.f("ck_utterances_outcome"),
        ),
        sa.CheckConstraint(
            "(outcome = 'sent') = (ended_at IS NULL)", name=op.f("ck_utterances_ended")
        ),
    )
    op.create_index("ix_utterances_job_id", "utterances", ["job_id", "chapter", "idx"])
    op.create_index("ix_utterances_account", "utterances", ["account", "outcome", "chars"])
