"""Narrating: one thread feeds one speech session with the slices of its voice.

A `Narration` is the `Feed` of `Speaker.speak`. It has several slices in work at a time, so that a
session can choose from the chunks of two, and settles each as soon as its last chunk is reported.
What goes wrong with one slice is settled with it; the others go on.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import count

import structlog

from narrator.domain.errors import NarratorError, StoreUnavailable, TakeBusy
from narrator.domain.failpoints import FailPoint
from narrator.domain.faults import Fault
from narrator.domain.ids import TakeKey
from narrator.domain.ledger import Outcome
from narrator.domain.poison import CHUNK_ATTEMPTS, OWN_FAULTS
from narrator.domain.steps import Claim, Queue
from narrator.services.dispatch import dispatch
from narrator.services.entries import Entries
from narrator.services.hands import Hands
from narrator.services.holds import HeldSlot
from narrator.services.intake import Intake
from narrator.services.kit import Services
from narrator.services.parts import Part
from narrator.services.patience import Patience
from narrator.services.ports import (
    Connected,
    Cut,
    Refused,
    Report,
    Spoken,
    Unsent,
    Utterance,
)
from narrator.services.settle import named, refuse_dear, refuse_poison, settle
from narrator.services.slots import SlotKeeper

log = structlog.get_logger(__name__)

TASK_SECONDS = 600.0
"""After so long a task claims nothing more; its session stays open for the next one."""

SILENT_SLICES = 4
"""So many slices with nothing to say are settled at a time while a session waits for more."""


class Narration:
    """One task's stay at a slot: claims, speaks and settles slices of its voice.

    Ends when there is nothing more to claim, after `TASK_SECONDS`, or when `going` is false or the
    slot is wanted elsewhere: then what is under way is completed and the rest given back.
    """

    def __init__(
        self,
        services: Services,
        keeper: SlotKeeper,
        hands: Hands,
        hold: HeldSlot,
        *,
        going: Callable[[], bool],
    ) -> None:
        self._services = services
        self._keeper = keeper
        self._hands = hands
        self._hold = hold
        self._patience = Patience(services, going)
        self._process_going = self._patience.going
        self._until = services.clock() + TASK_SECONDS
        self._parts: list[Part] = []
        self._part_of: dict[TakeKey, Part] = {}
        self._ready: list[Utterance] = []
        self._entries = Entries(services, hold, self._patience)
        self._intake = Intake(
            services,
            self._entries,
            self._patience,
            voice=hold.slot.voice,
            waiting=self._wait_on,
        )
        self._refusal: NarratorError | None = None
        self._stopped = False

    def run(self, claim: Claim) -> None:
        """Do a slice, and whatever others can be claimed beside it and after it."""
        try:
            self._admit(claim)
            while self._ready or self._claim_more():
                self._speak()
        finally:
            for part in self._parts:  # none, unless a defect was in the way: their leases run out
                self._hands.let_go(part.claim)
        self._entries.end_rows(patiently=True)
        if self._services.clock() >= self._until and self.going():
            self._services.doorbell.ring(Queue.SPEECH, 1)

    # -------------------------------------------------------------------------------- as a feed

    def more(self) -> Sequence[Utterance]:
        """The next slice's utterances; none while there is nothing to claim."""
        self._claim_more(tries=SILENT_SLICES)
        ready, self._ready = self._ready, []
        return ready

    def permit(self, keys: Sequence[TakeKey]) -> Collection[TakeKey]:
        """Those that are written down as sent, each under the fence of its claim."""
        if not self.going():
            return ()
        asked: dict[Part, list[TakeKey]] = {}
        for key in keys:
            if part := self._part_of.get(key):
                asked.setdefault(part, []).append(key)
        self._entries.end_rows()
        try:
            begun = [mine for part, mine in asked.items() if self._entries.begin(part, mine)]
        except StoreUnavailable as error:
            log.warning("narration.unavailable", reason=error.reason)
            self._stopped = True
            return ()
        return [key for mine in begun for key in mine]

    def going(self) -> bool:
        """Once false, it stays so."""
        self._stopped = self._stopped or not (self._hold.wanted and self._process_going())
        return not self._stopped

    # --------------------------------------------------------------------------------- claiming

    def _claim_more(self, *, tries: int | None = None) -> bool:
        """Claim until there is something to say; False when nothing more is to be had.

        `tries` bounds the slices that say nothing (takes answer them, or others are at it).
        """
        for _ in count() if tries is None else range(tries):
            if self._ready or not self.going() or self._services.clock() >= self._until:
                break
            try:
                claim = self._keeper.claim(self._hold.slot.voice, first=not self._parts)
            except StoreUnavailable as error:
                log.warning("narration.unavailable", reason=error.reason)
                return False
            if claim is None:
                return False
            self._admit(claim)
        return bool(self._ready)

    def _admit(self, claim: Claim) -> None:
        """Take a slice into work; what cannot be begun, or has nothing to say, is settled."""
        part = Part(claim)
        self._parts.append(part)
        self._hands.take(claim)
        with named(claim):
            log.info("step.claimed", attempts=claim.attempts)
            try:
                self._services.reach(FailPoint.CLAIMED)
                refuse_poison(claim)
                refuse_dear(claim)
                self._open(part)
            except Exception as error:  # noqa: BLE001 — a defect must settle its step too
                part.error = error
                part.chunks.clear()
        self._part_of.update(dict.fromkeys(part.chunks, part))
        self._go_on(part)

    def _open(self, part: Part) -> None:
        """Answer what takes answer, and lease the rest."""
        takes, claim = self._services.takes, part.claim
        chunks = {chunk.key: chunk for chunk in takes.pending(claim)}
        for key in self._answered(part, chunks):
            del chunks[key]
        ours = takes.lease(claim, chunks) - self._part_of.keys()  # a lost slice may still say them
        part.busy = chunks.keys() - ours
        part.begin(chunk for key, chunk in chunks.items() if key in ours)
        if part.chunks:
            self._intake.begin(part)

    def _answered(self, part: Part, keys: Collection[TakeKey]) -> list[TakeKey]:
        """Answer chunks by takes that exist; returns their keys."""
        answered: list[TakeKey] = []
        for take in self._services.takes.find(keys).values():
            if self._services.takes.keep(part.claim, take, spoken_now=False):
                answered.append(take.key)
                part.progressed = True
        return answered

    # --------------------------------------------------------------------------------- speaking

    def _speak(self) -> None:
        """Speak until nothing more comes; whatever happens, no slice stays unsettled.

        But one of which a suspect is to be said next: it is said at once, by another call.
        """
        broken: Exception | None = None
        heard = False
        try:
            for report in self._services.speaker.speak(self._hold, self):
                self._hear(report)
                heard = True
                del report  # a megabyte of samples, while the next one is waited for
        except Exception as error:  # noqa: BLE001 — a defect must settle its steps too
            broken = error
        if self._ready and heard and not (broken or self._refusal) and self.going():
            return
        self._ready.clear()
        for part in list(self._parts):
            for key in list(part.chunks):
                self._forget(part, key)
                self._entries.ended(part, key, Outcome.CUT, code=Fault.DEFECT)
            part.error, part.unsent = part.error or broken, True
            self._settle(part)

    def _hear(self, report: Report) -> None:
        match report:
            case Connected():
                self._keeper.connected(report.seconds)
                self._services.reach(FailPoint.CONNECTED)
            case Refused():
                self._refusal = report.error
                self._keeper.refused(self._hold, report.error, report.seconds)
            case _:
                part = self._part_of[report.key]
                with named(part.claim):
                    is_over = self._deal_with(part, report)
                if is_over:
                    self._forget(part, report.key)
                else:
                    part.again(report.key)
                self._go_on(part)

    def _go_on(self, part: Part) -> None:
        """Say what of the slice may be said next; settle it when there is nothing left."""
        if part.chunks:
            self._ready += part.offer()
        else:
            self._settle(part)

    def _deal_with(self, part: Part, report: Spoken | Cut | Unsent) -> bool:
        """What a report comes to; False where its words are to be said again at once."""
        match report:
            case Spoken():
                return self._take_in(part, report)
            case Cut():
                log.warning("utterance.cut", code=report.error.code, sent=report.sent)
                outcome = Outcome.CUT if report.sent else Outcome.UNSENT
                code = report.error.fault
                self._entries.ended(part, report.key, outcome, report.request_id, code)
                if not self._buried(part, report):
                    part.error = part.error or report.error
            case Unsent():
                part.unsent = True
                self._entries.ended(part, report.key, Outcome.UNSENT)
        self._intake.forget(report.key)
        return True

    def _buried(self, part: Part, report: Cut) -> bool:
        """Whether the chunk is dead: it failed for its own sake, and had failed before."""
        chunk, error = part.chunks[report.key], report.error
        own = report.sent and error.fault in OWN_FAULTS
        if not own or chunk.failures + 1 < CHUNK_ATTEMPTS:
            return False
        try:
            dead = self._services.takes.bury(
                part.claim, chunk.key, fault=error.fault, reason=error.reason
            )
        except Exception as late:  # noqa: BLE001 — the other slices go on
            part.error = part.error or late
            return False
        if dead:
            log.error("chunk.dead", chapter=chunk.chapter, chunk=chunk.index, code=error.fault)
            part.progressed = True
        return dead

    def _take_in(self, part: Part, report: Spoken) -> bool:
        """Keep what was spoken, unless its claim is lost; an error is its slice's own.

        False where it is doubted, and is to be said again.
        """
        try:
            is_kept = self._intake.take_in(part, report)
        except Exception as error:  # noqa: BLE001 — the other slices go on
            part.error = part.error or error
            code = error.fault if isinstance(error, NarratorError) else Fault.DEFECT
            self._entries.ended(part, report.key, Outcome.LATE, report.request_id, code)
            return True
        self._hands.progressed(part.claim)
        if is_kept:
            part.begun.discard(report.key)
            part.progressed = True
        return is_kept

    def _wait_on(self) -> None:
        """Who waits for a store does not hang: the leases are kept."""
        for each in self._parts:
            self._hands.progressed(each.claim)

    def _forget(self, part: Part, key: TakeKey) -> None:
        gone = set(part.chunks)
        part.reported(key)
        for each in gone - part.chunks.keys():
            del self._part_of[each]

    # --------------------------------------------------------------------------------- settling

    def _settle(self, part: Part) -> None:
        """Every chunk of the slice is reported: the step's next state follows."""
        self._parts.remove(part)
        claim = part.claim
        with named(claim):
            try:
                self._entries.end_rows()
                self._intake.settle()
                self._finish(part)
            except Exception as error:  # noqa: BLE001 — a defect must settle its step too
                settle(self._services, claim, error, progressed=part.progressed)
            finally:
                self._hands.let_go(claim)
        dispatch(self._services)

    def _finish(self, part: Part) -> None:
        error = part.error or (self._refusal if part.unsent else None)
        if error:
            raise error
        if part.unsent:
            self._stopped = True  # what is claimed next would come back at once, again and again
            self._services.steps.hand_back(part.claim, counted=False)
            return
        if part.busy:
            part.busy.difference_update(self._answered(part, part.busy))
        if part.busy:
            raise TakeBusy(f"{len(part.busy)} chunks are being spoken for another slice")
        self._services.steps.finish_slice(part.claim)
        self._services.reach(FailPoint.SLICE_FINISHED)
        log.info("step.settled")
