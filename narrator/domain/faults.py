"""Everything that can go wrong, by name. What is done about each is the table in `retry.py`."""

from enum import StrEnum


class Fault(StrEnum):
    """A fault of the provider's handshake, of its socket, of an answer, or of our own side."""

    # Handshakes: HTTP answers other than 101 (Deepgram Speak v1, "Authentication and handshake").
    HANDSHAKE_400 = "handshake-400"
    HANDSHAKE_401 = "handshake-401"
    HANDSHAKE_402 = "handshake-402"
    HANDSHAKE_403 = "handshake-403"
    HANDSHAKE_403_MODEL = "handshake-403-model"
    HANDSHAKE_408 = "handshake-408"  # and 425: too late, too early
    HANDSHAKE_429 = "handshake-429"
    HANDSHAKE_4XX = "handshake-4xx"  # any other: the address is no Speak endpoint's
    HANDSHAKE_5XX = "handshake-5xx"
    HANDSHAKE_OTHER = "handshake-other"  # 1xx to 3xx: nor is this
    NO_CONNECTION = "no-connection"
    OPEN_TIMEOUT = "open-timeout"

    # Closes (RFC 6455 section 7.4.1; Deepgram Speak v1, "Close frames").
    CLOSE_1000 = "close-1000"  # a normal close that nobody asked for
    CLOSE_1001 = "close-1001"  # the endpoint goes away
    CLOSE_1003 = "close-1003"  # MESSAGE-0000
    CLOSE_1006 = "close-1006"  # without a close frame
    CLOSE_1008_DATA_0000 = "close-1008-data-0000"
    CLOSE_1008_DATA_0001 = "close-1008-data-0001"
    CLOSE_1009 = "close-1009"  # BIG-0000, BIG-0001
    CLOSE_1011 = "close-1011"  # NET-0000 to NET-0002
    CLOSE_1011_NET_0003 = "close-1011-net-0003"  # 60 minutes
    CLOSE_OTHER = "close-other"

    # Messages and answers within an open session.
    WARNING_EXCESSIVE_FLUSH = "warning-excessive-flush"
    WARNING_OTHER = "warning-other"
    ERROR_MESSAGE = "error-message"
    SILENCE = "silence"
    TRICKLE = "trickle"  # an answer that goes on for ever
    NO_AUDIO = "no-audio"
    HALF_SAMPLE = "half-sample"
    TOO_LITTLE_AUDIO = "too-little-audio"
    TOO_MUCH_AUDIO = "too-much-audio"
    UNASKED_ANSWER = "unasked-answer"  # a Flushed that no flush asked for
    LOST_ANSWER = "lost-answer"  # a leap in the sequence of Flushed
    BESIDE = "beside"  # sent after an utterance that was in doubt, and cut with it
    ONE_OF_SEVERAL = "one-of-several"  # for one of those outstanding, and nobody knows for which

    # Our own side.
    UNSPEAKABLE = "unspeakable"  # nothing to say in it, or too long for any window
    SLOT_ENDED = "slot-ended"  # its lease could not be renewed in time
    GIVEN_UP = "given-up"  # the caller, or the process, stopped
    STORE_AWAY = "store-away"
    TAKE_BUSY = "take-busy"
    TAKE_CORRUPT = "take-corrupt"
    STORED_SPOILT = "stored-spoilt"  # and cannot be made anew, or is spoilt each time
    TOOL_FAILED = "tool-failed"
    UNDELIVERED = "undelivered"  # a webhook
    LEASE_LOST = "lease-lost"
    WORKER_LOST = "worker-lost"
    DOCUMENT = "document"  # the document, an option, or the proof of the recording
    MISSING = "missing"
    SETTINGS = "settings"
    DEFECT = "defect"  # an error that nobody foresaw
