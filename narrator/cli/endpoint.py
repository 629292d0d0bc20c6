"""The Speak endpoint that the settings name: whether it can be used, and whether it bills."""

from urllib.parse import urlsplit

from narrator.domain.errors import SettingsError
from narrator.settings import Settings

_DEEPGRAM = "deepgram.com"


def need_key(settings: Settings) -> None:
    """Raise SettingsError where an endpoint is named and no key for it is set."""
    if not settings.embedded.trial and not settings.speech.api_key:
        raise SettingsError(
            "NARRATOR_SPEAK_URL is set, but DEEPGRAM_API_KEY is not",
            remedy="set DEEPGRAM_API_KEY (our own speak-server takes any)",
        )


def bills(settings: Settings) -> bool:
    """Whether what is spoken there is paid for.

    It is at Deepgram, whatever its takes are called: another region's host is a `custom` speaker.
    """
    host = urlsplit(settings.speech.url).hostname or ""
    is_deepgrams = host == _DEEPGRAM or host.endswith(f".{_DEEPGRAM}")
    is_named_so = settings.speech.speaker == "deepgram"
    return not settings.embedded.trial and (is_deepgrams or is_named_so)


def limits_pace(settings: Settings) -> float:
    """How much faster than real time the endpoint's limits run."""
    if settings.embedded.trial:
        return settings.embedded.time_scale
    return settings.speech.time_scale
