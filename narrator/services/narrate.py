"""Narrating: a slice's chunks become takes, found or spoken."""

import hashlib
from collections.abc import Callable, Generator, Iterator
from itertools import count

import structlog

from narrator.domain.errors import (
    NarratorError,
    Passing,
    SpeechRefused,
    SpeechUnavailable,
    StoreUnavailable,
    TakeBusy,
)
from narrator.domain.ids import TakeKey
from narrator.domain.retry import MAX_ATTEMPTS, delay_seconds
from narrator.domain.steps import Claim
from narrator.domain.takes import Take, take_object
from narrator.domain.voices import BYTES_PER_SAMPLE, Voice
from narrator.services.kit import Services
from narrator.services.ports import Cut, Spoken, Unsent, Utterance

log = structlog.get_logger(__name__)


def narrate(services: Services, claim: Claim, *, going: Callable[[], bool]) -> Iterator[TakeKey]:
    """Do a `slice` step, yielding each take's key once it is kept.

    A slice that takes answer wholly opens no speech session. Raises TakeBusy when another slice
    speaks some of the same words, or the error of the first utterance that was cut; what is kept by
    then stays kept. Asked to stop, it hands the rest back uncounted.
    """
    texts = {chunk.key: chunk.text for chunk in services.takes.pending(claim)}
    yield from _found(services, claim, texts)
    ours = services.takes.lease(claim, texts)
    busy = texts.keys() - ours
    unsent = yield from _spoken(
        services, claim, {key: text for key, text in texts.items() if key in ours}, going
    )
    if unsent:
        services.steps.hand_back(claim, counted=False)
        return
    if busy:
        raise TakeBusy(f"{len(busy)} chunks are being spoken for another slice")
    services.steps.finish_slice(claim)


def _found(services: Services, claim: Claim, texts: dict[TakeKey, str]) -> Iterator[TakeKey]:
    """Answer chunks by takes that exist, removing them from `texts`."""
    for key, take in services.takes.find(texts).items():
        services.takes.keep(claim, take, spoken_now=False)
        del texts[key]
        yield key


def _spoken(
    services: Services, claim: Claim, texts: dict[TakeKey, str], going: Callable[[], bool]
) -> Generator[TakeKey, None, int]:
    """Speak `texts`, keeping each take as it comes; returns how many were not sent."""
    if not texts:
        return 0
    voice = _voice(services, claim)
    utterances = [Utterance(key=key, text=text) for key, text in texts.items()]
    unsent = 0
    cuts: list[Cut] = []
    for report in services.speaker.speak(utterances, voice, going=going):
        match report:
            case Spoken():
                _keep(services, claim, report, texts[report.key], going)
                yield report.key
            case Unsent():
                unsent += 1
            case Cut():
                log.warning("utterance.cut", code=report.error.code, sent=report.sent)
                cuts.append(report)
    if cuts:
        raise _fault(cuts)
    return unsent


def _voice(services: Services, claim: Claim) -> Voice:
    """The job's voice; refuses to speak as somebody else than the job was submitted for."""
    job = services.jobs.get(claim.job_id)
    if job.speaker != services.speaker_name:
        raise SpeechRefused(
            f"the job is for speaker {job.speaker!r}, and this worker speaks as"
            f" {services.speaker_name!r}",
            remedy="start the workers with the job's endpoint and NARRATOR_SPEAKER, then retry it;"
            " or submit the document again",
        )
    return job.options.voice


def _fault(cuts: list[Cut]) -> NarratorError:
    """What to make of utterances that were cut; of several, the first tells why."""
    first = cuts[0].error
    if isinstance(first, Passing) and not any(cut.sent for cut in cuts):
        return SpeechUnavailable(first.reason, remedy=first.remedy)
    return first


def _keep(
    services: Services, claim: Claim, report: Spoken, text: str, going: Callable[[], bool]
) -> None:
    """Store the audio under its content, then record it: repeating either is harmless.

    It is paid for, so a store that is away is waited for, as long as the next thing could not be
    stored either; meanwhile nothing more is sent on this socket.
    """
    sha256 = hashlib.sha256(report.pcm).hexdigest()
    take = Take(
        key=report.key,
        object_key=take_object(report.key, sha256),
        sha256=sha256,
        samples=len(report.pcm) // BYTES_PER_SAMPLE,
        chars=len(text),
        model_version=report.model_version,
    )
    packed = services.studio.pack(report.pcm)
    for attempts in count(1):
        try:
            services.objects.put_bytes(take.object_key, packed, media_type="audio/flac")
            services.takes.keep(claim, take, spoken_now=True)
        except StoreUnavailable as error:
            if attempts >= MAX_ATTEMPTS or not going():
                raise
            log.warning("take.waiting", reason=error.reason, attempts=attempts)
            services.wait(delay_seconds(attempts, services.dice()))
        else:
            return
