"""The page `docs/faults.md`: the table of `domain/retry.py` in words, for operators.

To write it anew: `python -m tests.meta.fault_page`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from narrator.domain import governor
from narrator.domain.faults import Fault
from narrator.domain.poison import CHUNK_ATTEMPTS, MOST_SUSPECTS, OWN_FAULTS, UNCLEAR, VERDICTS
from narrator.domain.retry import RULES, Action, Rule
from narrator.domain.spoilt import MOST_SPOILT
from tests.servers.places import REPOSITORY

PAGE = REPOSITORY / "docs" / "faults.md"


@dataclass(frozen=True, slots=True)
class Note:
    """When a fault comes about, and what whoever runs Narrator can do about it."""

    when: str
    remedy: str


_NOTHING = "nothing"
_WATCH = "nothing; if it is frequent, look at the provider's status page"
_REPORT = "report it with the request id that the reason names"
_KEY = "see what the key and its project may do; Narrator goes on by itself"
_URL = "check `NARRATOR_SPEAK_URL`; Narrator goes on by itself"
_VOICE = "name a voice and a speed that the provider offers, and submit anew"
_RETRY = "mend what the reason names, then retry the job"

_HANDSHAKES = {
    Fault.HANDSHAKE_400: Note("HTTP 400: an unknown voice, or a bad parameter", _VOICE),
    Fault.HANDSHAKE_401: Note("HTTP 401: the key is wrong, or may not speak", _KEY),
    Fault.HANDSHAKE_402: Note(
        "HTTP 402: the project has no credits", "add credits; Narrator goes on by itself"
    ),
    Fault.HANDSHAKE_403: Note("HTTP 403 that does not name the model", _KEY),
    Fault.HANDSHAKE_403_MODEL: Note(
        "HTTP 403 that names the model: this voice is not the project's to use",
        "get access to the voice and retry the job, or submit it with another voice",
    ),
    Fault.HANDSHAKE_408: Note("HTTP 408 or 425", _WATCH),
    Fault.HANDSHAKE_429: Note(
        "HTTP 429: the provider counts more sockets than the project may have",
        "see what else uses the project; set `NARRATOR_SPEECH_ALLOWANCE` to what it allows",
    ),
    Fault.HANDSHAKE_4XX: Note("any other HTTP 4xx: no Speak endpoint answers so", _URL),
    Fault.HANDSHAKE_5XX: Note("any HTTP 5xx", _WATCH),
    Fault.HANDSHAKE_OTHER: Note("HTTP 1xx to 3xx: no Speak endpoint answers so", _URL),
    Fault.NO_CONNECTION: Note(
        "no connection: name, route, certificate, refusal",
        "check that the workers reach `NARRATOR_SPEAK_URL`",
    ),
    Fault.OPEN_TIMEOUT: Note("the handshake took too long", _WATCH),
}

_CLOSES = {
    Fault.CLOSE_1000: Note("1000: a normal close that nobody asked for", _NOTHING),
    Fault.CLOSE_1001: Note("1001: the endpoint goes away", _NOTHING),
    Fault.CLOSE_1003: Note(
        "1003 `MESSAGE-0000`: the provider takes no such message, the only one outstanding", _REPORT
    ),
    Fault.CLOSE_1006: Note("1006: the connection broke, without a close frame", _WATCH),
    Fault.CLOSE_1008_DATA_0000: Note(
        "1008 `DATA-0000`: the provider knows no such command, the only one outstanding", _REPORT
    ),
    Fault.CLOSE_1008_DATA_0001: Note(
        "1008 `DATA-0001`, or a 1008 that names nothing: too many characters in a minute",
        "nothing; if it recurs, raise `NARRATOR_SPEECH_MARGIN`",
    ),
    Fault.CLOSE_1009: Note(
        "1009 `BIG-0000`, `BIG-0001`: a message too large, the only one outstanding", _REPORT
    ),
    Fault.CLOSE_1011: Note("1011 `NET-0000` to `NET-0002`: the provider failed", _WATCH),
    Fault.CLOSE_1011_NET_0003: Note("1011 `NET-0003`: the socket was 60 minutes old", _NOTHING),
    Fault.CLOSE_OTHER: Note("any other code", _WATCH),
}

_MESSAGES = {
    Fault.WARNING_EXCESSIVE_FLUSH: Note(
        "Warning `EXCESSIVE_FLUSH`: a flush was refused, its text stays in the provider's buffer",
        _NOTHING,
    ),
    Fault.WARNING_OTHER: Note("a Warning of any other code", _NOTHING),
    Fault.ERROR_MESSAGE: Note("a message of the type Error", _WATCH),
    Fault.SILENCE: Note("nothing came for too long while an answer was due", _WATCH),
    Fault.TRICKLE: Note("an answer went on for longer than its text could take", _WATCH),
    Fault.NO_AUDIO: Note("Flushed came without any audio", _WATCH),
    Fault.HALF_SAMPLE: Note("the audio ended in the middle of a sample", _WATCH),
    Fault.TOO_LITTLE_AUDIO: Note("the audio is too short for its text", _WATCH),
    Fault.TOO_MUCH_AUDIO: Note("the audio is too long for its text", _WATCH),
    Fault.UNASKED_ANSWER: Note("Flushed came though no flush was due", _WATCH),
    Fault.LOST_ANSWER: Note("the numbers of the answers leapt: one is missing", _WATCH),
    Fault.BESIDE: Note("the answer due before it ended the session: it is not to blame", _NOTHING),
    Fault.ONE_OF_SEVERAL: Note(
        "the session ended because of one text, and several were outstanding: each is sent again"
        " alone, once",
        _NOTHING,
    ),
}

_OURS = {
    Fault.UNSPEAKABLE: Note(
        "a text has nothing to say in it, or no window could hold it", "change the document"
    ),
    Fault.SLOT_ENDED: Note(
        "a slot's lease could not be renewed in time: the database was away, or the process frozen",
        "see why the database did not answer; Narrator goes on by itself",
    ),
    Fault.GIVEN_UP: Note("the process was asked to stop and could not wait", _NOTHING),
    Fault.STORE_AWAY: Note(
        "database or object store did not answer or took nothing, or a disk is full",
        "bring it back, or make room; Narrator goes on by itself",
    ),
    Fault.TAKE_BUSY: Note("another job is speaking the same words at this moment", _NOTHING),
    Fault.TAKE_CORRUPT: Note(
        "a take that was read back was not what was stored, and was on a second look; one that"
        " stays so, or is gone, is no fault: its words are spoken again",
        _NOTHING,
    ),
    Fault.STORED_SPOILT: Note(
        "a document or a plan is gone from the object store or is not what was stored, or a take or"
        f" a chapter was so {MOST_SPOILT} times",
        "see what became of the objects, then do what the reason's remedy says",
    ),
    Fault.TOOL_FAILED: Note(
        "an encoder, or the process that reads documents, died", "see the worker's log"
    ),
    Fault.UNDELIVERED: Note(
        "a webhook's receiver did not answer 2xx, or may not be told",
        "see that it answers; the job is not affected, also not after the last attempt",
    ),
    Fault.LEASE_LOST: Note("a step was taken from a worker that was given up for dead", _NOTHING),
    Fault.WORKER_LOST: Note(
        "too many workers died of the same step",
        "see the workers' logs (memory, above all), then retry the job",
    ),
    Fault.DOCUMENT: Note(
        "the document, an option, or the proof of the recording is not as it has to be", _RETRY
    ),
    Fault.MISSING: Note("something that a step names does not exist any more", _RETRY),
    Fault.SETTINGS: Note("a setting of this worker is absent or malformed", "mend it"),
    Fault.DEFECT: Note("an error that nobody foresaw", "see the worker's log, and report it"),
}

NOTES: Mapping[Fault, Note] = {**_HANDSHAKES, **_CLOSES, **_MESSAGES, **_OURS}

_HEAD = """\
# Faults

What can go wrong while a document is narrated, and what Narrator does about each. This page is
written from the table that the workers decide by; the test that compares the two says how to write
it anew.

* *Counted* attempts are those of one step (a slice, a chapter, the book) in a row; one that
  finished any part of its step does not count. After the last the job fails, with what is finished
  kept: retrying the job goes on from there. Waits vary by half, so that workers do not come back
  all at once.
* A *session's end* cuts what was sent through it and not answered. The ledger names each such
  utterance, by the name in the first column; its text is sent again, and no other.
* *Ours* is what whoever runs Narrator can mend: its stores, its settings, its code.
* A fault of *the job* fails it at once. A fault of *the account* pauses its jobs and fails none.
"""

_COLUMNS = (
    "fault",
    "when",
    "whose",
    "what Narrator does",
    "how often, how long",
    "what you can do",
)


def page() -> str:
    """The whole page, as Markdown."""
    sections = [
        _HEAD,
        _section("Speech sessions that are refused", _HANDSHAKES),
        _governor(),
        _section("Speech sessions that are closed by the provider", _CLOSES),
        _section("Messages and answers within a speech session", _MESSAGES),
        _poison(),
        _section("On our own side", _OURS),
    ]
    return "\n".join(sections)


def _section(title: str, notes: Mapping[Fault, Note]) -> str:
    lines = [f"## {title}", "", _row(_COLUMNS), _row("---" for _ in _COLUMNS)]
    for fault, note in notes.items():
        rule = RULES[fault]
        whose, done = str(rule.blame), _done(rule)
        lines.append(_row((f"`{fault}`", note.when, whose, done, _how_long(rule), note.remedy)))
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _done(rule: Rule) -> str:
    rest = "; the slot sends nothing for a whole window" if rule.slot_rests else ""
    return f"{rule.action}{rest}{'; the session ends' if rule.ends_session else ''}"


def _how_long(rule: Rule) -> str:
    match rule.action:
        case Action.FAIL:
            return "at once"
        case Action.STOP | Action.NOTE:
            return "–"
        case Action.WAIT | Action.PAUSE:
            return "until it is over; no attempt is counted"
        case Action.AGAIN | Action.REPLACE:
            return _times(rule)


def _times(rule: Rule) -> str:
    first, longest = rule.first_seconds, rule.longest_seconds
    if not rule.counted:
        return f"until it is over, {first:g} s apart"
    return f"{rule.attempts} attempts, {first:g} s apart, doubling to {longest:g} s"


def _poison() -> str:
    convicts = ", ".join(f"`{fault}`" for fault in sorted(VERDICTS))
    suspects = ", ".join(f"`{fault}`" for fault in sorted(OWN_FAULTS - VERDICTS))
    refusals = ", ".join(f"`{fault}`" for fault in sorted(UNCLEAR - OWN_FAULTS))
    return f"""\
### Chunks that cannot be spoken

Some of these may be the fault of the one text whose answer was due: {convicts}.
What was sent after it is cut `{Fault.BESIDE}`. Others name no text: {suspects}, and
the closes that refuse a text, {refusals}. With one text
outstanding they are that text's. With two, which may be two jobs', they are nobody's: both are cut
`{Fault.ONE_OF_SEVERAL}`, no job fails and no attempt is counted.

A chunk that failed so, or may have, is sent alone from then on: after the rest of its slice, with
nothing else outstanding in its session, of whatever job. So the text that is refused fails its own
job, and a chunk takes another along once in one run of its job at the most. One that failed
{CHUNK_ATTEMPTS} times in one run (for want of an answer: alone, and while others are answered) is
*dead*, and the rest of the job goes on. In the end the job fails with the list (`chunks-dead`) or,
submitted with `on_dead=skip`, succeeds with a gap that its manifest states. A retry tries dead
chunks as often again, and nothing that is spoken.

An outage looks alike, and kills no chunk: while more than {MOST_SUSPECTS} chunks of a job have
failed so since one of it was spoken, or a silence is all there is and nobody else is answered,
none is given up. Its slice is tried again as the table says, and after its last attempt the job
fails for the provider's fault.
"""


def _governor() -> str:
    return f"""\
While steps wait, the governor decides for the whole fleet who may open sessions, and when. A slot
that a worker holds already, and whose session was cut, is tried once; refused, it goes back.

* **Too many sockets** (`{Fault.HANDSHAKE_429}`): the ceiling shrinks to {governor.SHRINK:g} of the
  sockets in use, and nobody is given a slot for {governor.THROTTLE_SECONDS:g} s; all who ask until
  then shrink it once. It grows back by one each `NARRATOR_GROW_SECONDS`, later faster.
* **An outage** (any other wait): nobody opens a session for {governor.FIRST_SHUT_SECONDS:g} s, then
  twice as long each time, up to {governor.LONGEST_SHUT_SECONDS:g} s. After
  {governor.TRIP_FAILURES} failures in a row the circuit is open: one worker tries, the others wait
  for what comes of it, {governor.TRIAL_SECONDS:g} s at the most. The first session that opens
  closes it. However long this takes, no job fails.
* **A paused account**: its jobs are `paused` and show the provider's words, the request id and the
  remedy. One worker tries each `NARRATOR_PROBE_SECONDS`, which costs nothing; the first session
  that opens lets the same jobs go on.
"""


if __name__ == "__main__":
    PAGE.write_text(page())
