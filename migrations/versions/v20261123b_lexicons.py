"""Lexicons that are kept for all documents, or for all of a tenant's: a row for each version."""

import sqlalchemy as sa
from alembic import op

revision = "20261123b"
down_revision = "20261123"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lexicons",
        sa.Column("scope", sa.String(8), nullable=False),
        sa.Column("tenant", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.CheckConstraint("scope IN ('global', 'tenant')", name=op.f("ck_lexicons_scope")),
        sa.CheckConstraint("(scope = 'global') = (tenant = '')", name=op.f("ck_lexicons_whose")),
        sa.PrimaryKeyConstraint("scope", "tenant", "version", name=op.f("pk_lexicons")),
    )


def downgrade() -> None:
    op.drop_table("lexicons")
