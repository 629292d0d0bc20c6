"""The twin of what mends spoilt takes and chapters."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import count, groupby

from narrator.domain.faults import Fault
from narrator.domain.ids import JobId, TakeKey
from narrator.domain.ledger import Outcome
from narrator.domain.spoilt import MOST_SPOILT, chapter_spoilt, takes_spoilt
from narrator.domain.spread import cut
from narrator.domain.steps import Claim, StepKind, StepMove, StepState
from narrator.domain.takes import Take
from narrator.services.plan import SLICE_CHARS
from tests.fakes.rows import ChunkRow
from tests.fakes.tables import MemoryTables


class MemoryMending(MemoryTables):
    """`respeak` and `rerender` of the port `Steps`."""

    __slots__ = ()

    def respeak(self, claim: Claim, spoilt: Mapping[TakeKey, Take | None]) -> int:
        """Let words be spoken again whose takes are spoilt; returns how many takes are."""
        with self._lock:
            step = self._held(claim)
            keys = sorted(key for key, seen in spoilt.items() if not self._is_another(key, seen))
            if not keys:
                step.move(StepMove.RETURN)
                return 0
            self._refuse_endless(claim.job_id, keys)
            for key in keys:
                self._kept.pop(key, None)
            opened = self._open_again(claim.job_id, set(keys))
            for position, chunks in opened.items():
                self._unrender(claim.job_id, position)
                self.utterances.spoil(claim.job_id, position, {row.planned.key for row in chunks})
                self._slice_again(claim.job_id, position, chunks)
            self.spoilt_by_job[claim.job_id] += len(keys)
            return len(keys)

    def _is_another(self, key: TakeKey, seen: Take | None) -> bool:
        kept = self._kept.get(key)
        return kept is not None and (seen is None or kept.kept_at != seen.kept_at)

    def _refuse_endless(self, job_id: JobId, keys: Collection[TakeKey]) -> None:
        spoilt = Counter(
            row.sending.key
            for row in self.utterances.rows.values()
            if row.job_id == job_id
            and row.sent_at >= self._begun_at(job_id)
            and (row.outcome, row.code) == (Outcome.LOST, Fault.TAKE_CORRUPT)
        )
        if each_time := [key for key in keys if spoilt[key] >= MOST_SPOILT - 1]:
            raise takes_spoilt(each_time)

    def _open_again(self, job_id: JobId, keys: set[TakeKey]) -> dict[int, list[ChunkRow]]:
        opened: dict[int, list[ChunkRow]] = {}
        for position, chapter in enumerate(self._chapters[job_id]):
            spoken = [row for row in chapter.chunks if row.spoken and row.planned.key in keys]
            if spoken and chapter.record is None:
                opened[position] = spoken
            for row in opened.get(position, ()):
                row.spoken, row.spoken_now, row.samples, row.doubts = False, False, 0, None
        return opened

    def _unrender(self, job_id: JobId, position: int) -> None:
        for step in self._steps(job_id, StepKind.RENDER):
            if step.chapter == position:
                del self.steps_by_id[step.id]

    def _slice_again(self, job_id: JobId, position: int, chunks: Sequence[ChunkRow]) -> None:
        """Slices of the chapter's chunks that are in no open one."""
        sliced = {
            index
            for step in self._of(job_id, StepMove.CANCEL)
            if step.kind is StepKind.SLICE and step.chapter == position
            for index in step.chunks
        }
        alone = [row.planned for row in chunks if row.planned.index not in sliced]
        slices = self._steps(job_id, StepKind.SLICE)
        seq = max((step.seq + len(step.chunks) for step in slices), default=0)
        alone.sort(key=lambda chunk: chunk.voice)
        for _, own in groupby(alone, key=lambda chunk: chunk.voice):
            for part in cut([(c.index, len(c.text)) for c in own], SLICE_CHARS):
                self._add(job_id, StepKind.SLICE, seq, position, part.chunks)
                seq += len(part.chunks)

    def rerender(self, claim: Claim, positions: Sequence[int]) -> None:
        """Let chapters be rendered again whose recordings are spoilt."""
        with self._lock:
            self._held(claim)
            renders = self._steps(claim.job_id, StepKind.RENDER)
            since = self._begun_at(claim.job_id)
            done = Counter(
                step.chapter
                for step in renders
                if step.state is StepState.DONE and step.started_at >= since
            )
            for position in sorted(positions):
                if done[position] >= MOST_SPOILT:
                    raise chapter_spoilt(position)
            del self.steps_by_id[claim.step_id]
            chapters = self._chapters[claim.job_id]
            first = max(len(chapters), *(step.seq + 1 for step in renders))
            for seq, position in zip(count(first), sorted(positions), strict=False):
                chapters[position].record = None
                self._add(claim.job_id, StepKind.RENDER, seq, position)
