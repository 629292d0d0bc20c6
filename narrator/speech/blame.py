"""Whose fault the end of a speech session is, among the utterances that were outstanding.

Answers come first in, first out: what the provider made of a text is that text's. But a close, an
Error and a silence name no text, and a provider that reads ahead refuses the second while it still
speaks the first. With one outstanding there is no question. With more nobody is blamed: all of
them are suspects, to be sent again, each alone.
"""

from narrator.domain.errors import NarratorError, SpeechInterrupted
from narrator.domain.faults import Fault
from narrator.domain.poison import UNCLEAR, VERDICTS


def blamed(error: NarratorError, outstanding: int) -> list[NarratorError]:
    """What each of so many outstanding utterances is cut for, the oldest first."""
    if outstanding > 1 and error.fault in VERDICTS:
        return [error, *[_beside()] * (outstanding - 1)]
    if outstanding > 1 and error.fault in UNCLEAR:
        return [_one_of(error, outstanding)] * outstanding
    return [error] * outstanding


def _beside() -> NarratorError:
    words = "it was sent after an utterance whose answer ended the session"
    return SpeechInterrupted(words, fault=Fault.BESIDE)


def _one_of(error: NarratorError, outstanding: int) -> NarratorError:
    words = f"{error.reason}; {outstanding} utterances were outstanding, each is sent again alone"
    return SpeechInterrupted(words, fault=Fault.ONE_OF_SEVERAL)
