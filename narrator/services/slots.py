"""The slots that this process has in hand: who gets one, and when they go back.

A speech task takes a hold (`SlotKeeper.take`), feeds its speech session, and gives it back
(`SlotKeeper.give`). The session stays open meanwhile, idle, for the next task; it is closed, and
the slot released, when it idles for too long, when another voice needs it, or when this process
holds more than its fair share. `SlotKeeper.beat` renews what is in hand and learns all that. It
never waits for the provider: whatever does (polite closes, a probe) has threads of its own.
"""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock

import structlog

from narrator.domain.errors import NarratorError, StoreUnavailable
from narrator.domain.failpoints import FailPoint
from narrator.domain.slots import Sent, Standing
from narrator.domain.steps import Claim, Queue
from narrator.domain.voices import Voice
from narrator.services.dispatch import dispatch
from narrator.services.holds import HeldSlot, Use, larger
from narrator.services.kit import Services
from narrator.services.reporter import Reporter

log = structlog.get_logger(__name__)

ROOM_CHARS = 450
"""A slot whose window has room for a usual chunk: rather that one than a slot that must wait."""

DRY_SECONDS = 1.0
"""A voice that had nothing more to claim is not asked for again so soon, by whoever is at work."""

CLOSING_THREADS = 8


class SlotKeeper:
    """Keeps the slots of one process, `capacity` at most; safe to share among threads.

    `owner` names the process; an idle hold goes back after `idle_seconds`. Once `going` is false no
    slot is taken any more. `threads` do what waits for the provider.
    """

    def __init__(
        self,
        services: Services,
        owner: str,
        *,
        capacity: int,
        idle_seconds: float = 30.0,
        going: Callable[[], bool] = lambda: True,
        threads: Executor | None = None,
    ) -> None:
        self.owner = owner
        self._services = services
        self._capacity = capacity
        self._idle_seconds = idle_seconds
        self._going = going
        self._lock = Lock()
        self._beginning = Lock()
        self._holds: list[HeldSlot] = []
        self._acquiring = 0
        self._standing: Standing | None = None
        self._standing_at = 0.0
        self._dry_at: dict[Voice, float] = {}
        self._reporter = Reporter(services)
        self._closed = False
        self._threads = threads or ThreadPoolExecutor(CLOSING_THREADS, "narrator-slots")

    # ------------------------------------------------------------------------------- for a task

    def take(self) -> tuple[HeldSlot, Claim] | None:
        """A slot and the first slice to speak through it; None where one of them is not to be had.

        Open sessions come first, those whose window has most room before the others.
        """
        if self._closed or not self._going():
            return None
        dry: set[Voice] = set()
        try:
            self._begin()
            taken = self._reuse(dry, roomy=True) or self._fresh() or self._reuse(dry, roomy=False)
        except StoreUnavailable as error:
            log.warning("slots.unavailable", reason=error.reason)
            return None
        if taken is None:
            self._make_room(dry)
        return taken

    def claim(self, voice: Voice, *, first: bool) -> Claim | None:
        """The next slice of a voice, leased to this process. Raises StoreUnavailable.

        `first`: for a seat that has no work; what its claim left over for others is rung for. Any
        other seat leaves what waits to those that could begin with it at once, while there are any.
        """
        standing, now = self._standing, self._services.clock()
        if not first and standing and self._others_could(standing, voice):
            return None
        if not first and now - self._dry_at.get(voice, -DRY_SECONDS) < DRY_SECONDS:
            return None
        claim = self._services.steps.claim_slice(
            voice,
            speaker=self._services.speaker_name,
            owner=self.owner,
            lease_seconds=self._services.rhythm.lease_seconds,
            seats=standing.seats if standing else 0,
            first=first,
        )
        if claim is None:
            self._dry_at[voice] = now
        elif first:
            dispatch(self._services)
        return claim

    def _others_could(self, standing: Standing, voice: Voice) -> bool:
        """Whether a slot is free still, or an open session of the voice idles here."""
        with self._lock:
            taken = len(self._holds) + self._acquiring - len(standing.held)
            return standing.free > max(0, taken) or any(
                hold.use is Use.IDLE and hold.wanted and hold.slot.voice == voice
                for hold in self._holds
            )

    def give(self, hold: HeldSlot) -> None:
        """A task is done with its hold."""
        with self._lock:
            keep = hold.wanted and not self._closed
            hold.use = Use.IDLE if keep else Use.RESTING
            hold.idle_since = self._services.clock()
        if not keep:
            self._put_away(hold)

    def connected(self, seconds: float) -> None:
        """A speech session was opened; the governor is told when that may be news."""
        self._reporter.opened(seconds)

    def refused(self, hold: HeldSlot, error: NarratorError, seconds: float) -> None:
        """A speech session was refused: the governor decides when, and who, tries again."""
        hold.refused = True
        self._reporter.refused(error, seconds, hold.slot)

    # ------------------------------------------------------------------------- for the heartbeat

    def beat(self) -> None:
        """Renew what is in hand and act upon how things stand. Raises StoreUnavailable."""
        if not self._capacity or self._closed:
            return
        with self._lock:
            held = [hold for hold in self._holds if not hold.lost]
        asked_at = self._services.clock()
        standing = self._services.slots.renew(
            self.owner,
            [hold.slot for hold in held],
            capacity=self._capacity if self._going() else 0,
        )
        with self._lock:
            self._standing, self._standing_at = standing, asked_at
            self._renewed(held, standing, asked_at)
            self._mark_surplus(standing)
            away = self._to_put_away(standing)
        if standing.account.failures or standing.account.fault:
            self._reporter.doubt()
        for hold in away:
            self._put_away(hold)
        if standing.probe is not None:
            with suppress(RuntimeError):  # the threads are shut down: this process is ending
                self._threads.submit(self._reporter.probe, standing.probe)
        self._ring(standing)

    def close(self) -> None:
        """Close every session that is not in use, give its slot back, and leave; idempotent.

        Waits for the closes, which are bounded. What is in use is put away when it is given back.
        """
        with self._lock:
            if self._closed:
                return
            self._closed = True
            idle = [hold for hold in self._holds if hold.use is Use.IDLE]
            for hold in idle:
                hold.use = Use.RESTING
        for hold in idle:
            self._threads.submit(self._release, hold)
        self._threads.shutdown(wait=True)
        if self._capacity:
            try:
                self._services.slots.leave(self.owner)
            except StoreUnavailable as error:
                log.warning("slots.left_unsaid", reason=error.reason)

    # ----------------------------------------------------------------------------------- taking

    def _begin(self) -> None:
        """Before the first slot is taken: say what room there is here, learn how things stand."""
        if self._standing is None:
            with self._beginning:
                if self._standing is None:
                    self.beat()

    def _reuse(self, dry: set[Voice], *, roomy: bool) -> tuple[HeldSlot, Claim] | None:
        """An idle hold whose voice has a slice; voices that have none are added to `dry`."""
        while hold := self._grab(dry, roomy=roomy):
            if taken := self._with_claim(hold):
                return taken
            dry.add(hold.slot.voice)
        return None

    def _grab(self, dry: set[Voice], *, roomy: bool) -> HeldSlot | None:
        """The idle hold with most room, now busy; half its lease at least lies ahead."""
        now, terms = self._services.clock(), self._services.terms
        with self._lock:
            found = [
                (hold.sent_since(now - terms.window_seconds), number)
                for number, hold in enumerate(self._holds)
                if hold.use is Use.IDLE
                and hold.wanted
                and hold.slot.voice not in dry
                and hold.good_until - now > terms.hold_seconds / 2
            ]
            chars, number = min(found, default=(0, -1))
            if number < 0 or (roomy and chars + ROOM_CHARS > terms.window_chars):
                return None
            self._holds[number].use = Use.BUSY
            return self._holds[number]

    def _fresh(self) -> tuple[HeldSlot, Claim] | None:
        """A slot that the governor grants, for the voice most in need."""
        with self._lock:
            if len(self._holds) + self._acquiring >= self._capacity:
                return None
            self._acquiring += 1
        hold: HeldSlot | None = None
        now = self._services.clock()
        try:
            if slot := self._services.slots.acquire(self.owner):
                self._reporter.doubt()  # it may be the circuit's one trial
                hold = HeldSlot(slot, good_until=now + self._services.terms.hold_seconds)
                told_at = self._services.clock()  # what was sent is not longer ago than that
                hold.sent.extend((told_at - sent.seconds_ago, sent.chars) for sent in slot.sent)
        finally:
            with self._lock:
                self._acquiring -= 1
                self._holds += [hold] if hold else []
        return self._with_claim(hold) if hold else None

    def _with_claim(self, hold: HeldSlot) -> tuple[HeldSlot, Claim] | None:
        """The hold, busy, with a slice of its voice; without one it is idle as it was."""
        claim: Claim | None = None
        try:
            self._services.reach(FailPoint.SLOT_TAKEN)
            claim = self.claim(hold.slot.voice, first=True)
        finally:
            with self._lock:
                hold.spoken = hold.spoken or claim is not None
                hold.use = Use.BUSY if claim else Use.IDLE
                hold.idle_since = hold.idle_since or self._services.clock()
        return (hold, claim) if claim else None

    def _make_room(self, dry: set[Voice]) -> None:
        """Where no slot is to be had and an idle one is of a voice that nobody needs: give it up.

        Only on what was seen while it idled: another ring for the same slice is no reason.
        """
        with self._lock:
            standing = self._standing
            if not standing or not standing.queued:
                return
            if standing.free and len(self._holds) < self._capacity:
                return
            idle = [
                hold
                for hold in self._holds
                if hold.use is Use.IDLE
                and hold.slot.voice in dry
                and hold.idle_since < self._standing_at
            ]
            if not idle:
                return
            oldest = min(idle, key=lambda hold: hold.idle_since)
            oldest.use = Use.RESTING
        self._put_away(oldest)

    # ---------------------------------------------------------------------------------- beating

    def _renewed(self, held: list[HeldSlot], standing: Standing, asked_at: float) -> None:
        """Those that are still ours are good from before we asked; the others are lost.

        A slot that ran out and was granted to this process anew is ours under the later fence only.
        """
        fences = {hold.slot.number: hold.slot.fence for hold in sorted(held, key=_fence)}
        for hold in held:
            ours = hold.slot.number in standing.held
            if ours and hold.slot.fence == fences[hold.slot.number]:
                hold.good_until = asked_at + self._services.terms.hold_seconds
            elif hold in self._holds:
                hold.lost, hold.good_until = True, min(hold.good_until, asked_at)
                log.warning("slot.lost", slot=hold.slot.number, fence=hold.slot.fence)

    def _mark_surplus(self, standing: Standing) -> None:
        """Choose what goes back: what is on its way already, then what idles, then what is busy."""
        order = {Use.RESTING: 0, Use.IDLE: 2, Use.BUSY: 3}
        voices = {hold.slot.voice for hold in self._holds}
        for voice in voices:
            mine = [hold for hold in self._holds if hold.slot.voice == voice and not hold.lost]
            mine.sort(key=lambda hold: 1 if hold.surplus else order[hold.use])
            count = standing.give_back.get(voice, 0)
            for place, hold in enumerate(mine):
                hold.surplus = place < count

    def _to_put_away(self, standing: Standing) -> list[HeldSlot]:
        """The idle holds that are unwanted, or have idled for too long; they are resting now.

        All of them while the account is paused: nobody has a use for them, and a try needs room.
        """
        now = self._services.clock()
        idle_seconds = 0.0 if standing.account.fault else self._idle_seconds
        away = [
            hold
            for hold in self._holds
            if hold.use is Use.IDLE and not (hold.wanted and now - hold.idle_since < idle_seconds)
        ]
        for hold in away:
            hold.use = Use.RESTING
        return away

    def _ring(self, standing: Standing) -> None:
        """Ring for slices that wait although this process could speak them."""
        if not self._going():
            return
        with self._lock:
            idle = sum(hold.use is Use.IDLE and hold.wanted for hold in self._holds)
            room = self._capacity - len(self._holds)
        times = min(standing.queued, min(standing.free, room) + idle)
        if times > 0:
            self._services.doorbell.ring(Queue.SPEECH, times)

    # -------------------------------------------------------------------------------- giving back

    def _put_away(self, hold: HeldSlot) -> None:
        """Rest and release in a thread that may wait; once they have ended, in the caller's own."""
        try:
            self._threads.submit(self._release, hold)
        except RuntimeError:  # the pool is shut down: this process is ending
            self._release(hold)

    def _release(self, hold: HeldSlot) -> None:
        """Close the session, then give the slot back with what was sent through it.

        Where the session may be open still the slot is kept from everybody: its lease runs out.
        """
        try:
            sent = self._rested(hold)
            if not hold.lost:
                self._services.slots.release(hold.slot, sent)
        except NarratorError as error:
            log.warning("slot.unreleased", slot=hold.slot.number, reason=error.reason)
        except Exception:
            log.exception("slot.defect", slot=hold.slot.number)
        finally:
            with self._lock:
                self._holds.remove(hold)
                standing = self._standing
        if standing and standing.queued and self._going():
            self._services.doorbell.ring(Queue.SPEECH, 1)

    def _rested(self, hold: HeldSlot) -> tuple[Sent, ...]:
        """Close the session; what was sent by all that the speaker and this process know.

        Raises SpeechInterrupted where the speaker did not come round to it.
        """
        if not hold.spoken:  # the speaker knows nothing of a slot that nobody spoke through
            return hold.history(self._services.clock())
        told = self._services.speaker.rest(hold.slot)
        return larger(told, hold.history(self._services.clock()))


def _fence(hold: HeldSlot) -> int:
    return hold.slot.fence
