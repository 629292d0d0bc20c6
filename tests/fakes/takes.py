"""The twin of takes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from narrator.domain.faults import Fault
from narrator.domain.gate import Doubt
from narrator.domain.ids import TakeKey
from narrator.domain.ledger import Outcome
from narrator.domain.poison import is_poison
from narrator.domain.steps import Claim
from narrator.domain.takes import Take
from narrator.services.ports import ChapterTake, PlannedChunk, PutBy, RenderedChapterRow
from tests.fakes.tables import MemoryTables


class MemoryTakes(MemoryTables):
    """The port `Takes`."""

    __slots__ = ()

    def pending(self, claim: Claim) -> list[PlannedChunk]:
        """The slice's chunks that have no take yet, in order."""
        with self._lock:
            self._held(claim)
            times = self.utterances.failures(claim.job_id, since=self._begun_at(claim.job_id))
            places = [(chunk, (chunk.chapter, chunk.index)) for chunk in self._pending(claim)]
            return [
                replace(chunk, failures=times.get(place, 0), suspect=place in times)
                for chunk, place in places
            ]

    def find(self, keys: Iterable[TakeKey]) -> dict[TakeKey, Take]:
        """The finished takes among `keys`."""
        with self._lock:
            found = {key: self._kept[key] for key in sorted(set(keys)) if key in self._kept}
            self._used_at.update(dict.fromkeys(found, self.clock()))
            return found

    def lease(self, claim: Claim, keys: Iterable[TakeKey]) -> set[TakeKey]:
        """Reserve the right to speak these words."""
        with self._lock:
            self._held(claim)
            mine = (claim.step_id, claim.fence)
            free = {k for k in keys if k not in self._kept and self._lessee(k) in {None, mine}}
            self._leases.update(dict.fromkeys(free, mine))
            return free

    def keep(self, claim: Claim, take: Take, *, spoken_now: bool, request_id: str = "") -> bool:
        """Record the take, and that it answers the slice's chunks of that key."""
        with self._lock:
            leased = self._leases.get(take.key) == (claim.step_id, claim.fence)
            if not (spoken_now and leased and take.key not in self._kept):
                self._held(claim)
            late = take.key in self._kept
            if not spoken_now and not late:
                return False
            kept = self._record(take)
            if spoken_now:
                outcome = Outcome.LATE if late else Outcome.KEPT
                self.utterances.end(claim, take.key, outcome, request_id=request_id)
            self._answer(claim, kept, spoken_now=spoken_now and not late)
            self._held(claim)
            return True

    def _record(self, take: Take) -> Take:
        self._put_by.pop(take.key, None)
        self._used_at.setdefault(take.key, self.clock())
        return self._kept.setdefault(take.key, replace(take, kept_at=self.clock()))

    def _answer(self, claim: Claim, kept: Take, *, spoken_now: bool) -> None:
        for chunk in self._slice(claim):
            if chunk.planned.key == kept.key and chunk.pending:
                chunk.spoken, chunk.spoken_now, chunk.samples = True, spoken_now, kept.samples
                chunk.doubts, spoken_now = kept.doubts, False

    def put_by(self, claim: Claim, take: Take) -> None:
        """Note the best take so far of words that are said again."""
        with self._lock:
            self._held(claim)
            mine = self._leases.get(take.key) == (claim.step_id, claim.fence)
            if mine and take.key not in self._kept:
                self._put_by[take.key] = replace(take, doubts=None)
                self._used_at[take.key] = self.clock()

    def put_by_before(self, claim: Claim, keys: Iterable[TakeKey]) -> dict[TakeKey, PutBy]:
        """What earlier claims put by of these words."""
        with self._lock:
            since = self._begun_at(claim.job_id)
            return {
                key: PutBy(
                    take=self._put_by[key],
                    times=self.utterances.not_kept(claim, key, since=since),
                )
                for key in keys
                if key in self._put_by
            }

    def keep_put_by(self, claim: Claim, take: Take) -> None:
        """Record what was put by, and that it answers the slice's chunks."""
        with self._lock:
            self._held(claim)
            self._answer(claim, self._record(take), spoken_now=False)

    def bury(self, claim: Claim, key: TakeKey, *, fault: Fault, reason: str) -> bool:
        """The slice's chunks of that key are dead; False when they may not be to blame."""
        with self._lock:
            self._held(claim)
            begun_at = self._begun_at(claim.job_id)
            if not is_poison(fault, self.utterances.evidence(claim.job_id, key, since=begun_at)):
                return False
            for chunk in self._slice(claim):
                if chunk.planned.key == key and chunk.pending:
                    chunk.dead = (fault, reason)
            return True

    def of_chapter(self, claim: Claim) -> list[ChapterTake]:
        """The takes of the claim's chapter in chunk order."""
        with self._lock:
            self._held(claim)
            return [
                ChapterTake(
                    index=chunk.planned.index,
                    boundary=chunk.planned.boundary,
                    key=chunk.planned.key,
                    take=self._kept.get(chunk.planned.key),
                    text=chunk.planned.text,
                    voice=chunk.planned.voice,
                    doubts=chunk.doubts,
                    spoken_now=chunk.spoken_now,
                )
                for chunk in self._chapters[claim.job_id][claim.chapter].chunks
                if chunk.spoken
            ]

    def judged(self, claim: Claim, found: Mapping[TakeKey, tuple[Doubt, ...]]) -> None:
        """Write down what is doubted of takes of the claim's chapter."""
        with self._lock:
            self._held(claim)
            for key, doubts in found.items():
                if key in self._kept and self._kept[key].doubts is None:
                    self._kept[key] = replace(self._kept[key], doubts=doubts)
            for chunk in self._chapters[claim.job_id][claim.chapter].chunks:
                if chunk.spoken and chunk.planned.key in found:
                    chunk.doubts = found[chunk.planned.key]

    def of_job(self, claim: Claim) -> list[RenderedChapterRow]:
        """The rendered chapters in order."""
        with self._lock:
            self._held(claim)
            return [
                RenderedChapterRow(
                    number=chapter.number,
                    title=chapter.title,
                    record=chapter.record,
                    keys=tuple(chunk.planned.key for chunk in chapter.chunks if chunk.spoken),
                    dead=frozenset(c.planned.index for c in chapter.chunks if c.dead),
                    doubts={c.planned.index: c.doubts for c in chapter.chunks if c.doubts},
                )
                for chapter in self._chapters[claim.job_id]
                if chapter.record
            ]
