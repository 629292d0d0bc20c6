"""A voice of their own for chunks, and for the slices that speak them; null is the job's."""

import sqlalchemy as sa
from alembic import op

revision = "20261123c"
down_revision = "20261123b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("chunks", sa.Column("voice", sa.Text()))
    op.add_column("steps", sa.Column("voice", sa.Text()))


def downgrade() -> None:
    op.drop_column("steps", "voice")
    op.drop_column("chunks", "voice")
