"""What is read of a document and how, its lexicon, the plan it is bound to, what it may cost."""

import sqlalchemy as sa
from alembic import op

revision = "20261123"
down_revision = "20261122d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "jobs", sa.Column("choices", sa.Text(), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column("jobs", sa.Column("lexicon", sa.String(64)))
    op.add_column("jobs", sa.Column("plan_hash", sa.String(64)))
    op.add_column(
        "jobs",
        sa.Column("max_chars", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
    )


def downgrade() -> None:
    op.drop_column("jobs", "max_chars")
    op.drop_column("jobs", "plan_hash")
    op.drop_column("jobs", "lexicon")
    op.drop_column("jobs", "choices")
