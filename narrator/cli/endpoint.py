"""The Speak endpoint that the settings name: whether it can be used, and whether it bills."""

from narrator.domain.errors import SettingsError
from narrator.services.estimate import is_paid
from narrator.settings import Settings


def need_key(settings: Settings) -> None:
    """Raise SettingsError where an endpoint is named and no key for it is set."""
    if not settings.embedded.trial and not settings.speech.api_key:
        raise SettingsError(
            "NARRATOR_SPEAK_URL is set, but DEEPGRAM_API_KEY is not",
            remedy="set DEEPGRAM_API_KEY (our own speak-server takes any)",
        )


def bills(settings: Settings) -> bool:
    """Whether what is spoken there is paid for."""
    is_trial = settings.embedded.trial
    return not is_trial and is_paid(settings.speech.url, settings.speech.speaker)


def limits_pace(settings: Settings) -> float:
    """How much faster than real time the endpoint's limits run."""
    if settings.embedded.trial:
        return settings.embedded.time_scale
    return settings.speech.time_scale
