"""Narrating: a slice's chunks become takes, found or spoken."""

import hashlib
from collections.abc import Callable, Generator, Iterator

import structlog

from narrator.domain.errors import NarratorError, TakeBusy
from narrator.domain.ids import TakeKey
from narrator.domain.steps import Claim
from narrator.domain.takes import Take, take_object
from narrator.domain.voices import BYTES_PER_SAMPLE
from narrator.services.kit import Services
from narrator.services.ports import Spoken, Unsent, Utterance

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
    voice = services.jobs.get(claim.job_id).options.voice
    utterances = [Utterance(key=key, text=text) for key, text in texts.items()]
    unsent = 0
    cut: NarratorError | None = None
    for report in services.speaker.speak(utterances, voice, going=going):
        match report:
            case Spoken():
                _keep(services, claim, report, texts[report.key])
                yield report.key
            case Unsent():
                unsent += 1
            case _:
                log.warning("utterance.cut", code=report.error.code, sent=report.sent)
                cut = cut or report.error
    if cut:
        raise cut
    return unsent


def _keep(services: Services, claim: Claim, report: Spoken, text: str) -> None:
    """Store the audio under its content, then record it: repeating either is harmless."""
    sha256 = hashlib.sha256(report.pcm).hexdigest()
    object_key = take_object(report.key, sha256)
    packed = services.studio.pack(report.pcm)
    services.objects.put_bytes(object_key, packed, media_type="audio/flac")
    take = Take(
        key=report.key,
        object_key=object_key,
        sha256=sha256,
        samples=len(report.pcm) // BYTES_PER_SAMPLE,
        chars=len(text),
        model_version=report.model_version,
    )
    services.takes.keep(claim, take, spoken_now=True)
