"""A claimed slice in work: what of it is said next, and what came of it so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from narrator.domain.errors import JobFault, LeaseLost
from narrator.domain.ids import TakeKey
from narrator.domain.steps import Claim
from narrator.services.ports import PlannedChunk, Utterance


@dataclass(slots=True, eq=False)
class Part:
    """A claimed slice in work.

    `chunks` are still to be reported, by the key of their words (one of several that say the same),
    `waiting` those of them that were not offered yet; `busy` are being spoken for somebody else;
    `begun` have an open row in the ledger. `listened`: its takes are compared with their words.
    """

    claim: Claim
    chunks: dict[TakeKey, PlannedChunk] = field(default_factory=dict)
    waiting: list[TakeKey] = field(default_factory=list)
    busy: set[TakeKey] = field(default_factory=set)
    begun: set[TakeKey] = field(default_factory=set)
    error: Exception | None = None
    unsent: bool = False
    progressed: bool = False
    listened: bool = False

    @property
    def hopeless(self) -> bool:
        """Whether nothing of it is to be sent any more."""
        return isinstance(self.error, JobFault | LeaseLost)

    def begin(self, chunks: Iterable[PlannedChunk]) -> None:
        """These are to be said."""
        self.chunks = {chunk.key: chunk for chunk in chunks}
        self.waiting = list(self.chunks)

    def offer(self) -> list[Utterance]:
        """What may be said next: all that is above suspicion, then one suspect at a time.

        A suspect may fail again, and cut whatever is outstanding with it: it is sent alone in its
        session, after the rest of its slice.
        """
        chosen = [key for key in self.waiting if not self.chunks[key].suspect]
        if not chosen and len(self.waiting) == len(self.chunks):
            chosen = self.waiting[:1]
        self.waiting = [key for key in self.waiting if key not in chosen]
        return [self._utterance(self.chunks[key]) for key in chosen]

    def answered(self, key: TakeKey) -> None:
        """A take is there: it is not to be said."""
        del self.chunks[key]
        self.waiting.remove(key)

    def again(self, key: TakeKey) -> None:
        """What was said of it is doubted: it is to be said once more."""
        self.waiting.append(key)

    @staticmethod
    def _utterance(chunk: PlannedChunk) -> Utterance:
        return Utterance(key=chunk.key, text=chunk.text, alone=chunk.suspect)

    def reported(self, key: TakeKey) -> None:
        """Something became of it."""
        del self.chunks[key]
        if self.unsent:  # what waits has to wait longer: the slice is settled first
            for waiting in self.waiting:
                del self.chunks[waiting]
            self.waiting = []
