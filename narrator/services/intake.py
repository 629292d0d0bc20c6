"""What was spoken, on its way to be kept: judged, and said again where it is doubted."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from narrator.domain.errors import LeaseLost, Missing, SettingsError, TakeCorrupt
from narrator.domain.failpoints import FailPoint
from narrator.domain.gate import ATTEMPTS, Verdict, best, is_own_pace, is_settled
from narrator.domain.ids import TakeKey
from narrator.domain.takes import Take, take_object
from narrator.domain.voices import BYTES_PER_SAMPLE, Voice
from narrator.services.entries import Entries
from narrator.services.judging import Judging
from narrator.services.kit import Services
from narrator.services.parts import Part
from narrator.services.patience import Patience
from narrator.services.ports import PutBy, Spoken
from narrator.services.settle import log_error
from narrator.services.stored import samples_of_take

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A take of a chunk and the verdict on it; None where nothing is judged."""

    report: Spoken
    verdict: Verdict | None


class Intake:
    """Takes in what one slot's session speaks. `waiting` is called while a store is waited for."""

    def __init__(
        self,
        services: Services,
        entries: Entries,
        patience: Patience,
        *,
        voice: Voice,
        waiting: Callable[[], object],
    ) -> None:
        self._services = services
        self._entries = entries
        self._patience = patience
        self._voice = voice
        self._waiting = waiting
        self._judging = Judging(services)
        self._attempts: dict[TakeKey, list[Attempt]] = {}

    def begin(self, part: Part) -> None:
        """A slice is in work: look up how its voice speaks, and whether it is listened to.

        Goes on with what was put by of it. Raises what a store raises, and LeaseLost.
        """
        if self._services.gate is not None:
            self._judging.look_up(self._voice)
            part.listened = self._is_listened(part)
        put_by = self._services.takes.put_by_before(part.claim, part.chunks)
        for found in put_by.values():
            self._go_on(part, found)

    def take_in(self, part: Part, report: Spoken) -> bool:
        """Keep it, or the best of several; False where it is to be said again.

        Raises what keeping raises.
        """
        self._services.reach(FailPoint.UTTERANCE_SPOKEN)
        attempts = [*self._attempts.pop(report.key, []), self._attempt(part, report)]
        if self._is_repeated(part, attempts):
            self._attempts[report.key] = attempts
            return False
        self._keep(part, report, _best(attempts))
        self._learn(part, attempts)
        return True

    def forget(self, key: TakeKey) -> None:
        """Something else became of its words: who says them next goes on with what is put by."""
        self._attempts.pop(key, None)

    def settle(self) -> None:
        """Write down what was learned of the voice; never raises."""
        self._judging.store(self._voice)

    # ---------------------------------------------------------------------------- going on

    def _go_on(self, part: Part, found: PutBy) -> None:
        """Begin with what was put by; it is kept if there is no reason to say the words again."""
        take = found.take
        try:
            pcm = samples_of_take(self._services, take)
        except TakeCorrupt as error:  # as if the words had never been said
            log.warning("take.lost", reason=error.reason)
            return
        report = Spoken(key=take.key, pcm=pcm, model_version=take.model_version, request_id="")
        attempt = self._attempt(part, report)
        doubts = None if attempt.verdict is None else attempt.verdict.doubts
        if doubts and found.times < ATTEMPTS:
            self._attempts[take.key] = [attempt]
            return
        self._services.takes.keep_put_by(part.claim, replace(take, doubts=doubts))
        part.answered(take.key)
        part.progressed = True

    # ----------------------------------------------------------------------------- judging

    def _is_listened(self, part: Part) -> bool:
        try:
            return self._services.jobs.get(part.claim.job_id).options.production.listen
        except Missing:
            return False

    def _attempt(self, part: Part, report: Spoken) -> Attempt:
        """The take and the verdict on it; a gate that breaks stops nothing."""
        if self._services.gate is None:
            return Attempt(report, None)
        text = part.chunks[report.key].text
        try:
            return Attempt(report, self._verdict(part, report.pcm, text))
        except Exception as error:  # noqa: BLE001 — the take is paid for, whatever cannot judge it
            log_error(error)
            return Attempt(report, None)

    def _verdict(self, part: Part, pcm: bytes, text: str) -> Verdict:
        try:
            return self._judging.verdict(pcm, text, self._voice, listened=part.listened)
        except SettingsError as error:  # a worker that cannot listen judges by the rest
            log.warning("gate.deaf", reason=error.reason)
            part.listened = False
            return self._judging.verdict(pcm, text, self._voice)

    def _is_repeated(self, part: Part, attempts: list[Attempt]) -> bool:
        """Whether the last take is doubted, and its words are to be said again."""
        last = attempts[-1]
        if last.verdict is None or not last.verdict.doubts:
            return False
        key, request_id = last.report.key, last.report.request_id
        self._tell("take.doubted", part, key, last.verdict)
        if is_settled(_verdicts(attempts)) or key not in part.begun:
            return False
        try:
            self._put_by(part, attempts)
            return self._entries.repeat(part, key, request_id=request_id, code=last.verdict.code)
        except LeaseLost:  # it is paid for: it is kept for whoever asks for the same words
            return False

    def _learn(self, part: Part, attempts: list[Attempt]) -> None:
        verdicts = _verdicts(attempts)
        if verdicts and is_own_pace(verdicts):
            self._judging.learn(part.chunks[attempts[-1].report.key].text, verdicts[-1])

    @staticmethod
    def _tell(event: str, part: Part, key: TakeKey, verdict: Verdict) -> None:
        chunk = part.chunks[key]
        sound = verdict.sound
        log.warning(
            event,
            chapter=chunk.chapter,
            chunk=chunk.index,
            doubts=list(verdict.doubts),
            chars=len(chunk.text),
            seconds=round(sound.sounding_seconds, 2),
        )

    # ----------------------------------------------------------------------------- keeping

    def _keep(self, part: Part, report: Spoken, chosen: Attempt) -> None:
        """Store the audio under its content, then record it: repeating either is harmless.

        It is paid for, so a store that is away is waited for, as long as the next thing could not
        be stored either; meanwhile nothing more is sent on this socket.
        """
        if chosen.verdict is not None and chosen.verdict.doubts:
            self._tell("take.doubtful", part, report.key, chosen.verdict)
        keep = self._services.takes.keep
        self._store(
            part,
            chosen,
            lambda take: keep(part.claim, take, spoken_now=True, request_id=report.request_id),
        )
        self._services.reach(FailPoint.TAKE_KEPT)

    def _put_by(self, part: Part, attempts: list[Attempt]) -> None:
        """Store the best so far: it is paid for, whatever becomes of the next one."""
        if _best(attempts) is attempts[-1]:  # else the best is there already
            put_by = self._services.takes.put_by
            self._store(part, attempts[-1], lambda take: put_by(part.claim, take))

    def _store(self, part: Part, chosen: Attempt, record: Callable[[Take], object]) -> None:
        services, take = self._services, self._take(part, chosen)
        packed = services.studio.pack(chosen.report.pcm)

        def store() -> None:
            self._waiting()
            services.objects.put_bytes(take.object_key, packed, media_type="audio/flac")
            services.reach(FailPoint.TAKE_STORED)
            record(take)

        self._patience.do(store, event="take.waiting")

    @staticmethod
    def _take(part: Part, chosen: Attempt) -> Take:
        report = chosen.report
        sha256 = hashlib.sha256(report.pcm).hexdigest()
        return Take(
            key=report.key,
            object_key=take_object(report.key, sha256),
            sha256=sha256,
            samples=len(report.pcm) // BYTES_PER_SAMPLE,
            chars=len(part.chunks[report.key].text),
            model_version=report.model_version,
            doubts=None if chosen.verdict is None else chosen.verdict.doubts,
        )


def _best(attempts: list[Attempt]) -> Attempt:
    """The best of them; the last where not all were judged."""
    verdicts = _verdicts(attempts)
    return attempts[best(verdicts) if len(verdicts) == len(attempts) else -1]


def _verdicts(attempts: list[Attempt]) -> list[Verdict]:
    return [each.verdict for each in attempts if each.verdict is not None]
