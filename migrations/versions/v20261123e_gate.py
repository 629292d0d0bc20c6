"""What is doubted of takes, and how fast voices speak."""

import sqlalchemy as sa
from alembic import op

revision = "20261123e"
down_revision = "20261123d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("takes", sa.Column("doubts", sa.Text()))
    op.add_column("chunks", sa.Column("doubts", sa.Text()))
    few = sa.text("doubts > ''")
    op.create_index("ix_takes_doubts", "takes", ["doubts"], postgresql_where=few, sqlite_where=few)
    op.create_table(
        "paces",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("voice", sa.Text(), nullable=False),
        sa.Column("speed", sa.Double(), nullable=False),
        sa.Column("bin", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("takes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("account", "voice", "speed", "bin", name=op.f("pk_paces")),
    )


def downgrade() -> None:
    op.drop_table("paces")
    op.drop_index("ix_takes_doubts", "takes")
    op.drop_column("chunks", "doubts")
    op.drop_column("takes", "doubts")
