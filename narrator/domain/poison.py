"""Poison: a chunk that cannot be spoken for its own sake, whatever is tried.

Audio carries no name and a provider gives few reasons, so a text is suspected by what becomes of
it, and an outage looks the same at first: nothing is answered, or everything with nothing. What
tells them apart is what becomes of others. A chunk is given up (it is *dead*) only when

* it failed for its own sake `CHUNK_ATTEMPTS` times since its job was last begun, resumed or
  retried, and
* no more than `MOST_SUSPECTS` chunks of its job have failed so since one was last spoken: whatever
  is wrong with more than that is wrong with the voice, or with the provider, and
* somebody else's words were spoken since it failed first, unless its own answers convict it: a
  silence says nothing of a text, an answer without audio does.

An answer is its own utterance's, whatever else is outstanding. Any other end that one text may be
the reason of says nothing of which: where several were outstanding, all of them become *suspects*
and none is blamed. A suspect, whether it failed or only may have, is sent alone from then on, so
that each of its further failures is its own, and a text that the provider refuses by closing
(`UNCLEAR`, and the job's fault by the table) fails its own job and no other's.

Where one of these does not hold its slice is tried again, ever more seldom, and when its attempts
are used up the job fails for the provider's fault, as it would without any suspect.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from narrator.domain.faults import Fault
from narrator.domain.jobs import Failure

CHUNK_ATTEMPTS = 5
"""So often a chunk may fail for its own sake."""

MOST_SUSPECTS = 8
"""About as many chunks as a slice has: a page of what no voice can say, and no more."""

NAMED = 3
"""So many dead chunks a job's failure names; the job lists them."""

DEAD_CODE = "chunks-dead"

VERDICTS = frozenset(
    {
        Fault.NO_AUDIO,
        Fault.HALF_SAMPLE,
        Fault.TOO_LITTLE_AUDIO,
        Fault.TOO_MUCH_AUDIO,
        Fault.TRICKLE,
    }
)
"""What the provider made of one text, and of no other."""

OWN_FAULTS = VERDICTS | {Fault.SILENCE, Fault.ERROR_MESSAGE, Fault.CLOSE_1011}
"""What may be a text's own fault, and counts against it."""

UNCLEAR = (OWN_FAULTS - VERDICTS) | {
    Fault.CLOSE_1003,
    Fault.CLOSE_1008_DATA_0000,
    Fault.CLOSE_1009,
}
"""What ends a session because of one text, without a word of which."""

SUSPICIONS = OWN_FAULTS | {Fault.ONE_OF_SEVERAL}
"""What makes a chunk a suspect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What became of others meanwhile.

    `suspects` are the chunks of the job, this one among them, that failed for their own sake since
    one of the job was last spoken; `others_spoken`: somebody else's words were, through the same
    account, since this chunk failed first.
    """

    suspects: int
    others_spoken: bool


def is_poison(fault: Fault, evidence: Evidence) -> bool:
    """Whether a chunk is to blame that failed `CHUNK_ATTEMPTS` times, at last with this fault."""
    if evidence.suspects > MOST_SUSPECTS:
        return False
    return fault in VERDICTS or (fault in OWN_FAULTS and evidence.others_spoken)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadChunk:
    """A chunk that could not be spoken: its chapter's body number, its index there, and why."""

    chapter: int
    index: int
    code: str
    reason: str

    def __str__(self) -> str:
        return f"chapter {self.chapter}, chunk {self.index}: {self.reason}"


def chunks_dead(dead: int, first: Sequence[DeadChunk], *, spoken: bool) -> Failure:
    """The failure of a job with so many dead chunks, the first of them named.

    `spoken` tells whether anything of it was spoken at all.
    """
    named = "; ".join(map(str, first[:NAMED]))
    more = f"; and {dead - NAMED} more" if dead > NAMED else ""
    chunks = "1 chunk" if dead == 1 else f"{dead} chunks"
    remedy = "retry the job: what is dead is tried again, and nothing else is spoken twice"
    if spoken:
        remedy += (
            "; or submit the document with on_dead=skip (`--on-dead skip`), which leaves a gap and"
            " says so"
        )
    return Failure(
        code=DEAD_CODE, reason=f"{chunks} could not be spoken ({named}{more})", remedy=remedy
    )
