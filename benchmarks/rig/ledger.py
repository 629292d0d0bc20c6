"""What the database says was done, asked in plain SQL: nothing of the code that wrote it."""

from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg

from benchmarks.rig.figures import Finished

_NOW = "SELECT extract(epoch FROM clock_timestamp())::float8"
_KEPT = "SELECT ended_at, chars, slot FROM utterances WHERE outcome = 'kept'"
_FIRST_SENT = "SELECT slot, min(sent_at) FROM utterances GROUP BY slot"
_SUMS = "SELECT outcome, count(*), coalesce(sum(chars), 0) FROM utterances GROUP BY outcome"
_BY_CODE = """
    SELECT outcome, code, count(*), sum(chars) FROM utterances
    WHERE outcome NOT IN ('kept', 'sent') GROUP BY 1, 2 ORDER BY 1, 2
"""
_BY_SOCKET = """
    SELECT request_id, sum(chars) FROM utterances
    WHERE outcome <> 'unsent' GROUP BY request_id
"""
_JOBS = "SELECT state, count(*) FROM jobs GROUP BY state"
_SAMPLES = "SELECT coalesce(sum(samples), 0) FROM takes WHERE state = 'kept'"
_FINISHED_CHARS = """
    SELECT count(*), coalesce(sum(chars), 0), coalesce(sum(chars) FILTER (WHERE spoken_now), 0)
    FROM chunks WHERE state = 'spoken'
"""
_STEPS = """
    SELECT min(created_at), min(started_at), max(ended_at) FROM steps
    WHERE job_id = %s AND kind = %s
"""
_SLICES = """
    SELECT percentile_cont(ARRAY[0.5, 0.95, 1.0]) WITHIN GROUP (ORDER BY ended_at - started_at)
    FROM steps WHERE kind = 'slice' AND state = 'done' AND fence = 1
"""
_SENT = """
    SELECT min(sent_at), max(sent_at), max(ended_at) FILTER (WHERE outcome = 'kept'),
           count(*), sum(chars), count(DISTINCT slot), count(DISTINCT request_id)
    FROM utterances WHERE job_id = %s
"""


@dataclass(frozen=True, slots=True)
class Records:
    """The rows of a fleet's database."""

    url: str

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement."""
        with closing(psycopg.connect(self.url, connect_timeout=5)) as connection:
            return connection.execute(statement, values).fetchall()

    def now(self) -> float:
        """The database's clock."""
        return float(self.rows(_NOW)[0][0])

    def finished(self) -> list[Finished]:
        """Every utterance that was kept, by the instant of its commit."""
        return [Finished(at=at, chars=chars, slot=slot) for at, chars, slot in self.rows(_KEPT)]

    def opened(self) -> dict[int, float]:
        """When each slot was first used."""
        return dict(self.rows(_FIRST_SENT))

    def sums(self) -> dict[str, dict[str, int]]:
        """Utterances and characters by outcome."""
        found = self.rows(_SUMS)
        return {outcome: {"utterances": n, "chars": int(chars)} for outcome, n, chars in found}

    def sent_chars(self) -> int:
        """Characters that reached the provider."""
        return sum(each["chars"] for outcome, each in self.sums().items() if outcome != "unsent")

    def faults(self) -> list[dict[str, object]]:
        """What finished nothing, by outcome and fault."""
        return [
            {"outcome": outcome, "code": code, "utterances": n, "chars": int(chars)}
            for outcome, code, n, chars in self.rows(_BY_CODE)
        ]

    def by_socket(self) -> dict[str, int]:
        """Characters sent by the provider's name for each session."""
        return {request_id: int(chars) for request_id, chars in self.rows(_BY_SOCKET)}

    def jobs(self) -> dict[str, int]:
        """Jobs by state."""
        return dict(self.rows(_JOBS))

    def audio_hours(self) -> float:
        """Hours of speech in takes."""
        return float(self.rows(_SAMPLES)[0][0]) / 24_000 / 3600

    def chunks(self) -> dict[str, int]:
        """Finished chunks, their characters, and those of them that were spoken for it."""
        number, chars, now = self.rows(_FINISHED_CHARS)[0]
        return {"chunks": number, "chars": int(chars), "chars_spoken_now": int(now)}

    def steps(self, job_id: str, kind: str) -> tuple[float, float, float]:
        """When the job's steps of a kind were created first, started first, and ended last."""
        created, started, ended = self.rows(_STEPS, job_id, kind)[0]
        return created, started, ended

    def slice_seconds(self) -> dict[str, float]:
        """From a slice's claim to its end, of those that were claimed once."""
        found = self.rows(_SLICES)[0][0] or (0.0, 0.0, 0.0)
        return dict(
            zip(("median", "p95", "longest"), (round(each, 1) for each in found), strict=True)
        )

    def sent(self, job_id: str) -> dict[str, float]:
        """When a job's utterances were sent and kept, how many, over how many slots."""
        names = ("first_at", "last_at", "kept_at", "utterances", "chars", "slots", "sockets")
        return dict(zip(names, self.rows(_SENT, job_id)[0], strict=True))
