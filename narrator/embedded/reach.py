"""Whether a configured broker answers."""

from kombu.connection import Connection
from kombu.exceptions import OperationalError

from narrator.domain.errors import SettingsError


def reach_broker(url: str, *, seconds: float) -> None:
    """Raise SettingsError unless a broker answers at `url`, which is not repeated (passwords)."""
    try:
        with Connection(url, connect_timeout=seconds) as connection:  # type: ignore[no-untyped-call]
            connection.ensure_connection(max_retries=1, timeout=seconds)
    except (OperationalError, OSError, ValueError, KeyError) as exc:
        raise SettingsError(
            f"the broker of NARRATOR_BROKER_URL does not answer ({type(exc).__name__})",
            remedy="start it, or correct NARRATOR_BROKER_URL",
        ) from exc
