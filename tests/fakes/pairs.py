"""A twin of the speaker that has two utterances outstanding at a time, as a socket has."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from narrator.domain.errors import JobFault, NarratorError
from narrator.services.ports import Cut, Feed, Hold, Refused, Report, Spoken, Unsent, Utterance
from narrator.speech.blame import blamed
from tests.fakes.speaker import READY, FakeSpeaker, pcm_of


@dataclass
class PairSpeaker(FakeSpeaker):
    """Speaks two at a time, but alone what is to be; `together` is what was sent at once.

    One of the `poison` texts ends the session before anything is answered: the worst case.
    """

    together: list[tuple[str, ...]] = field(default_factory=list)

    def speak(self, hold: Hold, feed: Feed) -> Iterator[Report]:
        waiting: list[Utterance] = []
        while self._goes_on(hold, feed):
            if len(waiting) < READY and (more := list(feed.more())):
                waiting += more
                continue
            if not waiting:
                return
            if hold.slot.number not in self.open:
                yield (opened := self._open(hold.slot))
                if isinstance(opened, Refused):
                    break
            reports = list(self._said(_first(waiting), hold, feed))
            yield from reports
            if any(isinstance(each, Cut) and isinstance(each.error, JobFault) for each in reports):
                break
        yield from (Unsent(key=each.key) for each in waiting)

    def _said(self, asked: list[Utterance], hold: Hold, feed: Feed) -> Iterator[Report]:
        permitted = feed.permit([each.key for each in asked])
        yield from (Unsent(key=each.key) for each in asked if each.key not in permitted)
        sent = [each for each in asked if each.key in permitted]
        self.said += (texts := [each.text for each in sent])
        if texts:
            self.together.append(tuple(texts))
        if error := self._ends(texts):
            self.open.discard(hold.slot.number)
            for each, told in zip(sent, blamed(error, len(sent)), strict=True):
                yield Cut(key=each.key, error=told, sent=True, request_id="request-1")
            return
        for each in sent:
            pcm = pcm_of(each.text)
            yield Spoken(key=each.key, pcm=pcm, model_version="fake-1", request_id="request-1")

    def _ends(self, texts: Collection[str]) -> NarratorError | None:
        return next((self.poison[text] for text in texts if text in self.poison), None)


def _first(waiting: list[Utterance]) -> list[Utterance]:
    """Take what is sent next: two, or one that must be alone."""
    count = 1 if any(each.alone for each in waiting[:2]) else 2
    first = waiting[:count]
    del waiting[:count]
    return first
