"""Dead chunks and why they are, what a job makes of them, how many of its takes were spoilt."""

import sqlalchemy as sa
from alembic import op

revision = "20261122c"
down_revision = "20261122b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "jobs", sa.Column("on_dead", sa.String(8), nullable=False, server_default=sa.text("'fail'"))
    )
    op.add_column(
        "jobs",
        sa.Column("takes_spoilt", sa.Integer(), nullable=False, server_default=sa.text("0")),
    )
    op.add_column("chunks", sa.Column("failure_code", sa.Text()))
    op.add_column("chunks", sa.Column("failure_reason", sa.Text()))


def downgrade() -> None:
    for table, column in (
        ("chunks", "failure_reason"),
        ("chunks", "failure_code"),
        ("jobs", "takes_spoilt"),
        ("jobs", "on_dead"),
    ):
        op.drop_column(table, column)
