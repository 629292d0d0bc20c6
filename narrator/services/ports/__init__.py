"""What the verbs need from the outside, a sentence a method.

Each port has an adapter at the edge and a twin in memory (`tests/fakes`), and both pass one
contract suite (`tests/contract`). Every method that takes a `Claim` commits under its fence and
raises `LeaseLost` when somebody else owns the step by now. Any method may raise `StoreUnavailable`.
"""

from narrator.services.ports.chores import Chores, References, Retention, Sweep
from narrator.services.ports.gate import Ear, Gate, Paces
from narrator.services.ports.lexicons import KeptLexicon, Lexicons
from narrator.services.ports.outside import (
    SURPLUS_SAMPLES,
    Commission,
    Doorbell,
    Fetched,
    Fetcher,
    Heard,
    Label,
    Messenger,
    Objects,
    Reader,
    RenderedChapter,
    RenderedFile,
    Scratch,
    StoredObject,
    Studio,
    TakeAudio,
)
from narrator.services.ports.rows import (
    ChapterTake,
    Jobs,
    PlannedChunk,
    PlannedJob,
    PutBy,
    RenderedChapterRow,
    RenderedRecord,
    Slice,
    Steps,
    Takes,
)
from narrator.services.ports.slots import Ledger, Slots
from narrator.services.ports.speech import (
    Connected,
    Cut,
    Feed,
    Hold,
    Refused,
    Report,
    Speaker,
    Spoken,
    Unsent,
    Utterance,
)

__all__ = [
    "SURPLUS_SAMPLES",
    "ChapterTake",
    "Chores",
    "Commission",
    "Connected",
    "Cut",
    "Doorbell",
    "Ear",
    "Feed",
    "Fetched",
    "Fetcher",
    "Gate",
    "Heard",
    "Hold",
    "Jobs",
    "KeptLexicon",
    "Label",
    "Ledger",
    "Lexicons",
    "Messenger",
    "Objects",
    "Paces",
    "PlannedChunk",
    "PlannedJob",
    "PutBy",
    "Reader",
    "References",
    "Refused",
    "RenderedChapter",
    "RenderedChapterRow",
    "RenderedFile",
    "RenderedRecord",
    "Report",
    "Retention",
    "Scratch",
    "Slice",
    "Slots",
    "Speaker",
    "Spoken",
    "Steps",
    "StoredObject",
    "Studio",
    "Sweep",
    "TakeAudio",
    "Takes",
    "Unsent",
    "Utterance",
]
