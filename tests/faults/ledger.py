"""The ledger beside what the Speak server itself wrote down, text by text.

The server's journal has a line for each Speak that it received; the ledger a row for each that was
to be sent. A row is written before its text is sent, and a process may die in between, or the
server: so a row may be one too many (`lost`, `cut`), but nothing may be received that is in no row,
and nothing kept that was not received.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tests.faults.rows import Rows

RECEIVED = {"kept", "late"}  # these prove that the server was heard to the end
RESENT = {"cut", "late", "lost"}
# Ends that no fault need explain: a worker that gets no processor for so long renews nothing.
SLOT_ENDED = "slot-ended"
LEASE_LOST = "lease-lost"

_LEDGER = """
    SELECT u.outcome, u.request_id, u.chars, u.code, min(c.text), u.step_id, u.fence
    FROM utterances u JOIN chunks c ON c.take_key = u.take_key
    GROUP BY u.id ORDER BY u.id
"""
_SPOKEN_NOW = "SELECT coalesce(sum(chars), 0)::int FROM chunks WHERE spoken_now"
_FINISHED = "SELECT coalesce(sum(chars), 0)::int FROM chunks WHERE state = 'spoken'"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the ledger; `sha256` is its text's."""

    outcome: str
    request_id: str
    chars: int
    code: str
    sha256: str
    claim: tuple[int, int]  # of its slice: step and fence


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal."""

    request_id: str
    chars: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What the two say, in characters, and where they cannot both be right."""

    sent: int
    received: int
    kept: int
    spoken_now: int
    finished: int
    resent: int
    resent_utterances: int
    resent_by_code: dict[str, int]
    unrenewed: list[int]  # utterances of each session, and claim, that was not renewed in time
    received_again: int  # of texts that had been received before
    kept_again: int  # utterances of words that were kept already
    kept_unreceived: int  # utterances
    received_unwritten: int  # utterances
    repeated: dict[str, int]

    @property
    def wrong(self) -> dict[str, int]:
        """What must be 0."""
        found = {
            "paid for and kept twice": self.kept_again,
            "kept but never received": self.kept_unreceived,
            "received but in no row": self.received_unwritten,
            "kept less spoken now": self.kept - self.spoken_now,
            "sent less finished, answered and sent again": self.sent
            - self.spoken_now
            - self.resent,
        }
        return {name: value for name, value in found.items() if value}


def account(rows: Rows, lines: list[Line]) -> Account:
    """Lay the ledger of an idle fleet beside the journal of the same time."""
    ledger = read_ledger(rows)
    unreceived, unwritten = matched(ledger, lines)
    sent = [row for row in ledger if row.outcome != "unsent"]
    resent = [row for row in sent if row.outcome in RESENT]
    times = Counter(line.sha256 for line in lines)
    by_code: Counter[str] = Counter()
    for row in resent:
        by_code[f"{row.outcome} {row.code}".strip()] += row.chars
    chars = {line.sha256: line.chars for line in lines}
    return Account(
        sent=sum(row.chars for row in sent),
        received=sum(line.chars for line in lines),
        kept=sum(row.chars for row in sent if row.outcome == "kept"),
        spoken_now=rows.ask(_SPOKEN_NOW)[0][0],
        finished=rows.ask(_FINISHED)[0][0],
        resent=sum(row.chars for row in resent),
        resent_utterances=len(resent),
        resent_by_code=dict(by_code),
        unrenewed=unrenewed(ledger),
        received_again=sum((n - 1) * chars[sha256] for sha256, n in times.items()),
        kept_again=kept_again(ledger),
        kept_unreceived=unreceived,
        received_unwritten=unwritten,
        repeated={sha256: n for sha256, n in times.items() if n > 1},
    )


def unrenewed(ledger: list[Row]) -> list[int]:
    """Utterances of each speech session whose slot ended, and of each claim that was lost."""
    slots = Counter(row.request_id for row in ledger if is_end(row, "cut", SLOT_ENDED))
    claims = Counter(
        (row.claim, row.request_id) for row in ledger if is_end(row, "late", LEASE_LOST)
    )
    return [*slots.values(), *claims.values()]


def is_end(row: Row, outcome: str, code: str) -> bool:
    """Whether that is what became of a row, and why."""
    return (row.outcome, row.code) == (outcome, code)


def kept_again(ledger: list[Row]) -> int:
    """Rows of words that were kept before: one take answers whoever wants them."""
    times = Counter(row.sha256 for row in ledger if row.outcome == "kept")
    return times.total() - len(times)


def matched(ledger: list[Row], lines: list[Line]) -> tuple[int, int]:
    """Rows that say received and were not; lines that no row explains."""
    heard = Counter((line.request_id, line.sha256) for line in lines)
    unreceived = 0
    for row in ledger:
        key = (row.request_id, row.sha256)
        if row.request_id and heard[key]:
            heard[key] -= 1
        elif row.outcome in RECEIVED:
            unreceived += 1
    nameless = Counter(row.sha256 for row in ledger if is_nameless(row))
    unwritten = 0
    for (_, sha256), times in heard.items():
        explained = min(times, nameless[sha256])
        nameless[sha256] -= explained
        unwritten += times - explained
    return unreceived, unwritten


def is_nameless(row: Row) -> bool:
    """Whether nobody lived to say through which socket it went."""
    return not row.request_id and row.outcome in {"lost", "cut", "late", "sent"}


def read_ledger(rows: Rows) -> list[Row]:
    """Every row, with its text's digest."""
    return [
        Row(outcome, request_id, chars, code, _sha256(text), (step, fence))
        for outcome, request_id, chars, code, text, step, fence in rows.ask(_LEDGER)
    ]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_journal(lines: Iterable[str]) -> list[Line]:
    """What the Speak server wrote down."""
    found = map(json.loads, lines)
    return [Line(each["request_id"], each["characters"], each["sha256"]) for each in found]
