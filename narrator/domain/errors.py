"""Every error Narrator raises on purpose.

::

    NarratorError
    ├── JobFault               the job itself cannot succeed; a retry changes nothing
    │   ├── DocumentRefused    unreadable, encrypted, empty, too large
    │   ├── OptionRefused      an option that does not exist or does not fit the document
    │   ├── SpeechRefused      the provider refuses what this job asks for (HTTP 400, 1003, 1009)
    │   ├── VerificationFailed the finished recording does not prove every character
    │   ├── StoredSpoilt       something stored is gone or not what was stored, for good
    │   └── WorkerLost         too many workers died of the same step
    ├── AccountFault           the provider refuses whoever asks (HTTP 401, 402, 403, 404, …)
    ├── Passing                expected to pass by itself; the step is repeated later
    │   ├── SpeechInterrupted  a speech session ended or stalled with something under way
    │   ├── SpeechThrottled    the provider counts too many sockets (HTTP 429); nothing was sent
    │   ├── SpeechUnavailable  no speech session could be had; nothing was sent
    │   ├── StoreUnavailable   database, broker or object store did not answer
    │   ├── TakeBusy           another slice is speaking the same words at this moment
    │   ├── TakeCorrupt        stored audio is not what was stored
    │   ├── ToolFailed         an encoder or the sandbox died
    │   └── Undelivered        a webhook's receiver did not take it
    ├── LeaseLost              somebody else owns the step now: stop quietly, write nothing
    ├── Missing                something named does not exist
    ├── InvalidTransition      a move that the state machine does not have
    └── SettingsError          a setting is absent or malformed

`reason` says what is wrong and names the thing; `remedy` says what to do about it. Neither ever
holds document text or a secret. `fault` names the line of the table in `retry.py` that applies;
each class has one of its own, for those who raise it without.
"""

from typing import ClassVar

from narrator.domain.faults import Fault


class NarratorError(Exception):
    """Base of the tree; `code` is stable and public."""

    code = "error"
    usual: ClassVar[Fault] = Fault.DEFECT

    def __init__(self, reason: str, *, remedy: str = "", fault: Fault | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
        self.fault = fault or self.usual

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process borders; keyword-only arguments need help to do so."""
        return (_rebuild, (type(self), self.reason, self.remedy, self.fault))


def _rebuild(kind: type[NarratorError], reason: str, remedy: str, fault: Fault) -> NarratorError:
    return kind(reason, remedy=remedy, fault=fault)


class JobFault(NarratorError):
    """The job itself cannot succeed; what is finished is kept."""

    code = "job-fault"
    usual = Fault.DOCUMENT


class DocumentRefused(JobFault):
    """The document cannot be read."""

    code = "document-refused"


class OptionRefused(JobFault):
    """An option does not exist or does not fit the document."""

    code = "option-refused"


class SpeechRefused(JobFault):
    """The provider refuses what this job asks for."""

    code = "speech-refused"
    usual = Fault.UNSPEAKABLE


class VerificationFailed(JobFault):
    """The finished recording does not account for every character."""

    code = "verification-failed"


class StoredSpoilt(JobFault):
    """Something stored is gone, or not what was stored, and making it anew does not help."""

    code = "stored-spoilt"
    usual = Fault.STORED_SPOILT


class WorkerLost(JobFault):
    """Too many workers died while they did the same step."""

    code = "worker-lost"
    usual = Fault.WORKER_LOST


class AccountFault(NarratorError):
    """The provider refuses whoever asks: credentials, credits, permissions, the endpoint."""

    code = "account-fault"
    usual = Fault.HANDSHAKE_401


class Passing(NarratorError):
    """A fault that is expected to pass by itself."""

    code = "passing"


class SpeechInterrupted(Passing):
    """A speech session ended or stalled before an utterance was complete."""

    code = "speech-interrupted"
    usual = Fault.CLOSE_OTHER


class SpeechThrottled(Passing):
    """The provider counts as many sockets as it allows (HTTP 429): nothing was sent or paid."""

    code = "speech-throttled"
    usual = Fault.HANDSHAKE_429


class SpeechUnavailable(Passing):
    """No speech session could be had (503, no connection): nothing was sent or paid."""

    code = "speech-unavailable"
    usual = Fault.NO_CONNECTION


class StoreUnavailable(Passing):
    """Database, broker or object store did not answer."""

    code = "store-unavailable"
    usual = Fault.STORE_AWAY


class TakeBusy(Passing):
    """Another slice holds the lease on the same words."""

    code = "take-busy"
    usual = Fault.TAKE_BUSY


class TakeCorrupt(Passing):
    """Stored audio does not match its recorded digest or length."""

    code = "take-corrupt"
    usual = Fault.TAKE_CORRUPT


class ToolFailed(Passing):
    """A helper process (encoder, sandbox) died or answered nonsense."""

    code = "tool-failed"
    usual = Fault.TOOL_FAILED


class Undelivered(Passing):
    """Whoever wants to hear of a job's end could not be told."""

    code = "undelivered"
    usual = Fault.UNDELIVERED


class LeaseLost(NarratorError):
    """The fence has moved on: the caller no longer owns the step."""

    code = "lease-lost"
    usual = Fault.LEASE_LOST


class Missing(NarratorError):
    """Something named does not exist."""

    code = "missing"
    usual = Fault.MISSING


class InvalidTransition(NarratorError):
    """The state machine has no such move."""

    code = "invalid-transition"


class SettingsError(NarratorError):
    """A setting is absent or malformed."""

    code = "settings"
    usual = Fault.SETTINGS
