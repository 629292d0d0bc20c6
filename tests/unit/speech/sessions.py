"""A speech session to play with, and short ways to say what came of it."""

import json

from narrator.domain.ids import TakeKey
from narrator.domain.pacing import Pacing, PacingLimits
from narrator.services.ports import Cut, Utterance
from narrator.speech.rules import BYTES_PER_SECOND, SessionRules
from narrator.speech.session import SpeechSession

SECOND = b"\x01\x02" * (BYTES_PER_SECOND // 2)


def utterance(name, chars=20):
    return Utterance(key=TakeKey(name), text=name.ljust(chars, "."))


def opened(*utterances, rules=None, limits=None, at=0.0):
    pacing = Pacing(limits or PacingLimits())
    session = SpeechSession(rules or SessionRules(), pacing, opened_at=at, request_id="r-1")
    for each in utterances:
        session.offer(each)
    return session


def send(session, now):
    """Everything that may be sent now, with its caller's permission."""
    frames = []
    while keys := session.choose(now):
        frames += session.permit(keys, now)
    return frames


def flushed(number):
    return json.dumps({"type": "Flushed", "sequence_id": number})


def texts(frames):
    """The texts of the Speak frames, each of which must be followed by its Flush."""
    messages = [json.loads(frame) for frame in frames]
    assert [m["type"] for m in messages] == ["Speak", "Flush"] * (len(messages) // 2)
    return [m["text"] for m in messages[::2]]


def outcomes(session):
    return [
        (report.key, type(report).__name__, report.sent if isinstance(report, Cut) else None)
        for report in session.reports()
    ]
