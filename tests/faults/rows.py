"""What a rehearsed fleet's database says, in plain SQL: nothing of the code that wrote it."""

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg

KEPT_TABLES = ("alembic_version", "accounts", "slots", "slot_owners")  # the fleet goes on with them

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
_IN_FLIGHT = """
    SELECT count(*), coalesce(sum(u.chars), 0)::int, count(DISTINCT u.slot) FROM utterances u
    JOIN steps s ON s.id = u.step_id AND s.fence = u.fence
    WHERE u.outcome = 'sent' AND s.owner LIKE ANY(%s)
"""
_HELD = "SELECT id, fence FROM steps WHERE state = 'running' AND owner LIKE ANY(%s)"
_STILL = "SELECT count(*) FROM steps WHERE (id, fence) IN (SELECT * FROM unnest(%s::bigint[], %s::bigint[]))"  # noqa: E501
_NAMED = """
    SELECT source_key FROM jobs UNION SELECT plan_key FROM jobs
    UNION SELECT audio_key FROM chapters UNION SELECT timeline_key FROM chapters
    UNION SELECT object_key FROM takes UNION SELECT object_key FROM artifacts
"""
_LEFT = {
    "open steps": "SELECT count(*) FROM steps WHERE state IN ('ready', 'queued', 'running')",
    "leased slots": "SELECT count(*) FROM slots WHERE lease_until > extract(epoch FROM now())",
    "leased takes": "SELECT count(*) FROM takes WHERE state = 'leased'",
    "open ledger rows": "SELECT count(*) FROM utterances WHERE outcome = 'sent'",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a fleet's database."""

    url: str

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement; raises psycopg.Error where the server does not answer."""
        with closing(psycopg.connect(self.url, connect_timeout=2, autocommit=True)) as connection:
            return connection.execute(statement, values).fetchall()

    def do(self, statement: str) -> None:
        """Run a statement that answers nothing."""
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            connection.execute(statement)

    def clear(self) -> None:
        """Forget every job, and what was made for them."""
        names = [name for (name,) in self.ask(_TABLES) if name not in KEPT_TABLES]
        self.do(f"TRUNCATE {', '.join(names)} CASCADE")

    def states(self) -> dict[str, str]:
        """Every job's state, by its id."""
        return dict(self.ask("SELECT id, state FROM jobs"))

    def spoken_chars(self) -> int:
        """Characters of all chunks that are spoken."""
        query = "SELECT coalesce(sum(chars), 0)::int FROM chunks WHERE state = 'spoken'"
        return int(self.ask(query)[0][0])

    def jobs(self) -> list[tuple[str, str, str]]:
        """Id, state and source's name of every job."""
        return [(a, b, c) for a, b, c in self.ask("SELECT id, state, source_name FROM jobs")]

    def failures(self) -> list[tuple[Any, ...]]:
        """Why jobs failed."""
        query = "SELECT id, failure_code, failure_reason FROM jobs WHERE failure_code IS NOT NULL"
        return self.ask(query)

    def in_flight(self, pids: list[int]) -> tuple[int, int, int]:
        """Utterances, their characters and slots that processes have sent and not yet kept."""
        utterances, chars, slots = self.ask(_IN_FLIGHT, _owners(pids))[0]
        return utterances, chars, slots

    def held_by(self, pids: list[int]) -> list[tuple[int, int]]:
        """The steps that processes have claimed, and under which fences."""
        return [(step, fence) for step, fence in self.ask(_HELD, _owners(pids))]

    def still_held(self, held: list[tuple[int, int]]) -> int:
        """How many of these nobody has claimed since, nor ended; one that waits is among them."""
        steps, fences = [step for step, _ in held], [fence for _, fence in held]
        return int(self.ask(_STILL, steps, fences)[0][0])

    def objects(self) -> set[str]:
        """The keys of all objects that a row points to."""
        return {key for (key,) in self.ask(_NAMED) if key}

    def artifacts(self, job: str) -> dict[str, str]:
        """A job's artifacts: object keys by name."""
        return dict(self.ask("SELECT name, object_key FROM artifacts WHERE job_id = %s", job))

    def utterances(self) -> int:
        """Rows of the ledger."""
        return int(self.ask("SELECT count(*) FROM utterances")[0][0])

    def age_takes(self) -> None:
        """Make every take as old as retention wants."""
        self.do("UPDATE takes SET used_at = 0")

    def left(self) -> dict[str, int]:
        """What an idle fleet holds that it should not."""
        counts = {name: int(self.ask(query)[0][0]) for name, query in _LEFT.items()}
        return {name: count for name, count in counts.items() if count}


def _owners(pids: list[int]) -> list[str]:
    """How processes of this machine are named as owners, as LIKE has it."""
    return [f"%:{pid}:%" for pid in pids]
