"""Chores: webhooks and deletions as steps; who is told, what is deleted, what has been swept."""

import sqlalchemy as sa
from alembic import op

revision = "20261122d"
down_revision = "20261122c"
branch_labels = None
depends_on = None

NARROW = {
    "kind": "kind IN ('plan', 'slice', 'render', 'publish')",
    "queue": "queue IN ('speech', 'audio')",
}
WIDE = {
    "kind": "kind IN ('plan', 'slice', 'render', 'publish', 'webhook', 'delete')",
    "queue": "queue IN ('speech', 'audio', 'chores')",
}


def upgrade() -> None:
    op.add_column("jobs", sa.Column("webhook_url", sa.Text()))
    op.add_column("jobs", sa.Column("deleted_at", sa.Double()))
    op.add_column("steps", sa.Column("event", sa.String(16)))
    change_checks(NARROW, WIDE)
    create_sweeps()


def downgrade() -> None:
    op.drop_table("sweeps")
    op.execute("DELETE FROM steps WHERE queue = 'chores'")
    change_checks(WIDE, NARROW)
    op.drop_column("steps", "event")
    op.drop_column("jobs", "deleted_at")
    op.drop_column("jobs", "webhook_url")


def create_sweeps() -> None:
    op.create_table(
        "sweeps",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False, server_default=sa.text("''")),
        sa.Column("removed", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("name", name="pk_sweeps"),
        sa.CheckConstraint("name IN ('takes', 'objects')", name=op.f("ck_sweeps_name")),
    )


def change_checks(old: dict[str, str], new: dict[str, str]) -> None:
    """Let steps be of other kinds, in other queues."""
    if op.get_bind().dialect.name == "sqlite":
        copy_steps({old[name]: new[name] for name in old})
        return
    for name, condition in new.items():
        check = op.f(f"ck_steps_{name}")
        op.drop_constraint(check, "steps", type_="check")
        op.create_check_constraint(check, "steps", sa.text(condition))


def copy_steps(changes: dict[str, str]) -> None:
    """SQLite changes no constraint: the table is made anew from its own definition, and filled.

    Not by Alembic's batch: whether that knows a table's checks depends on Alembic's version.
    """
    tx = op.get_bind()
    query = "SELECT name, type, sql FROM sqlite_master WHERE tbl_name = 'steps' AND sql IS NOT NULL"
    made = tx.exec_driver_sql(query).all()
    table = next(sql for _, kind, sql in made if kind == "table")
    columns, checked = table.split("(", 1)
    for before, after in changes.items():
        checked = checked.replace(before, after)
    tx.exec_driver_sql(f"{columns.replace('steps', 'steps_made_anew')}({checked}")
    tx.exec_driver_sql("INSERT INTO steps_made_anew SELECT * FROM steps")
    tx.exec_driver_sql("DROP TABLE steps")
    tx.exec_driver_sql("ALTER TABLE steps_made_anew RENAME TO steps")
    for _, kind, sql in made:
        if kind == "index":
            tx.exec_driver_sql(sql)
