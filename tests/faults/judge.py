"""What became of a run: every sentence once, every character accounted for, nothing left behind."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from narrator.domain.documents import Span
from narrator.domain.manifest import Manifest
from narrator.domain.manifest_json import from_json
from narrator.domain.plan import spoken
from tests.acceptance.words import words_of
from tests.faults.course import Course, Death
from tests.faults.ledger import Account, Line, account
from tests.faults.rig import SOCKETS, SWEPT, Rig
from tests.faults.schedule import Act, Fault, Target
from tests.faults.stores import HALF_WRITTEN

OUTSTANDING = 2  # utterances of a socket that may have to be sent again
BOTH = 2 * SOCKETS
TITLE = "Page"  # what each file of the book is called
# How many sockets a fault may cut: those of a worker, those of the fleet, or none.
CUT: dict[Target, int] = {
    Target.SPEECH: SOCKETS,
    Target.POINT: SOCKETS,
    Target.POSTGRES: BOTH,
    Target.STORE: BOTH,
    Target.SPEAK_SERVER: BOTH,
}


@dataclass(slots=True, kw_only=True)
class Verdict:
    """What is wrong, by name, and the figures."""

    stuck: int = 0
    lost: int = 0  # sentences that a recording lacks
    doubled: int = 0  # sentences that a recording says once too often
    wrong: dict[str, Any] = field(default_factory=dict)
    orphans: dict[str, int] = field(default_factory=dict)
    account: Account | None = None

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.stuck or self.lost or self.doubled or self.wrong)


def judged(rig: Rig, course: Course, lines: list[Line], left: dict[str, int]) -> Verdict:
    """Look at an idle fleet after a run."""
    verdict = Verdict()
    if left:
        verdict.wrong["left behind"] = left
    jobs = rig.rows.jobs()
    verdict.stuck = sum(state not in {"succeeded", "failed", "cancelled"} for _, state, _ in jobs)
    if failures := rig.rows.failures():
        verdict.wrong["failed"] = [list(row) for row in failures]
    if cancelled := [job for job, state, _ in jobs if state == "cancelled"]:
        verdict.wrong["cancelled"] = cancelled
    if course.refused:
        verdict.wrong["refused"] = course.refused
    names = Counter(submission.name for submission in course.submissions)
    if missing := names - Counter(name for _, _, name in jobs):
        verdict.wrong["never became jobs"] = dict(missing)
    sources = {submission.name: submission.source for submission in course.submissions}
    for job, state, name in jobs:
        if state == "succeeded":
            _listen(rig, verdict, job, name, sources[name])
    verdict.account = account(rig.rows, lines)
    verdict.wrong |= verdict.account.wrong
    _count_objects(rig, verdict)
    verdict.wrong |= beyond_bounds(verdict.account, course.faults)
    if beyond := [death.kind for death in course.deaths if owed_too_much(death)]:
        verdict.wrong["died with more than two utterances a socket"] = beyond
    return verdict


def owed_too_much(death: Death) -> bool:
    """Whether more was sent and not yet kept, when it died, than may have to be sent again."""
    return death.utterances > OUTSTANDING * death.slots


def beyond_bounds(account: Account, faults: Iterable[Fault]) -> dict[str, list[int]]:
    """Utterances sent again beyond what they may be, and that bound.

    What a fault cuts is bounded by the sockets it may cut. A worker that gets no processor for a
    whole lease loses slots and claims without any fault: of each of those two may be sent again.
    """
    bound = OUTSTANDING * sum(map(cut_by, faults))
    resent = account.resent_utterances - sum(account.unrenewed)
    found = {
        "sent again beyond the bound": [resent, bound],
        "sent again because one lease was not renewed": [
            max(account.unrenewed, default=0),
            OUTSTANDING,
        ],
    }
    return {name: pair for name, pair in found.items() if pair[0] > pair[1]}


def cut_by(fault: Fault) -> int:
    """How many sockets a fault may cut at the most."""
    return 0 if fault.act is Act.FLUSH else CUT.get(fault.target, 0)


def _listen(rig: Rig, verdict: Verdict, job: str, name: str, source: str) -> None:
    """Decode a recording and compare what it says with the document."""
    files = {file: rig.store.read(key) for file, key in rig.rows.artifacts(job).items()}
    manifest = from_json(files.pop("manifest.json"))
    texts = _texts(manifest, source)
    if manifest.source_sha256 != hashlib.sha256(source.encode()).hexdigest() or texts is None:
        verdict.wrong[f"the manifest of {job}"] = "is not the document's"
        return
    spans = (span for part in manifest.chapters for c in part.chunks for span in c.chunk.spans)
    if words := not_said_once(source, spans):
        verdict.wrong[f"words of {name} that the manifest of {job} does not have once"] = words
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recording.flac"
        path.write_bytes(next(iter(files.values())))
        words = words_of(path)
    lost, doubled, moved = differences(words, texts)
    verdict.lost += lost
    verdict.doubled += doubled
    if moved:
        verdict.wrong[f"the recording of {job}"] = "is in another order"


def differences(heard: list[str], meant: list[str]) -> tuple[int, int, bool]:
    """How many texts are missing, how many are too much, and whether the order alone differs."""
    lost, doubled = Counter(meant) - Counter(heard), Counter(heard) - Counter(meant)
    return lost.total(), doubled.total(), heard != meant and not lost and not doubled


def not_said_once(source: str, spans: Iterable[Span]) -> list[str]:
    """Words of the source that no chunk says, or more than one; but files' titles, which none does.

    What the manifest says of skips is not asked.
    """
    times = [0] * len(source)
    for span in spans:
        for at in range(span.start, span.end):
            times[at] += 1
    words = "".join(" " if n == 1 else c for c, n in zip(source, times, strict=True)).split()
    return [word for word in words if word != TITLE]


def _texts(manifest: Manifest, source: str) -> list[str] | None:
    """The chunks' texts; None where one is not what the source says."""
    chunks = [each.chunk for chapter in manifest.chapters for each in chapter.chunks]
    texts = [chunk.text for chunk in chunks]
    return texts if texts == [spoken(source, c.spans, c.edits) for c in chunks] else None


def _count_objects(rig: Rig, verdict: Verdict) -> None:
    """Objects that no row points to, by what they are; nothing but what a sweep finds."""
    named, orphans = rig.rows.objects(), Counter[str]()
    for key in rig.store.listed() - named:
        orphans[_class_of(key)] += 1
    verdict.orphans = dict(orphans)
    if lacking := named - rig.store.listed():
        verdict.wrong["rows without objects"] = sorted(lacking)
    if orphans["unknown"]:
        strange = [key for key in rig.store.listed() - named if _class_of(key) == "unknown"]
        verdict.wrong["objects that nothing sweeps"] = sorted(strange)


def _class_of(key: str) -> str:
    if key.startswith(HALF_WRITTEN):
        return "half-written"
    if not key.startswith(SWEPT):
        return "unknown"
    room, *rest = key.split("/")
    return f"{room}/{rest[1]}" if room == "jobs" else room
