"""Alembic's environment.

`Database.migrate` hands over its own connection. A developer's `alembic -x url=sqlite:////x.db …`
names the database instead.
"""

from alembic import context
from sqlalchemy import Connection

from narrator.domain.errors import SettingsError
from narrator.storage.database import Database
from narrator.storage.tables import metadata


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
    with context.begin_transaction():
        context.run_migrations()


def _url() -> str:
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not isinstance(url, str):
        raise SettingsError("no database is named", remedy="add -x url=postgresql://…")
    return url


if (handed := context.config.attributes.get("connection")) is not None:
    _run(handed)
else:
    with Database(_url()).write() as tx:
        _run(tx)
