"""What the children of a home are told: the caller's own environment, completed.

Pure: a mapping in, a mapping out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from narrator.embedded.leftovers import SCRATCH
from narrator.settings import EmbeddedSettings

# Whoever watches the workers sees one die at once: nobody need wait long for what it held. The
# kernel closes a dead worker's sockets, so the provider learns of it at once, too.
BRISK = {
    "NARRATOR_LEASE_SECONDS": "10",
    "NARRATOR_HEARTBEAT_SECONDS": "2",
    "NARRATOR_QUEUED_SECONDS": "10",
    "NARRATOR_SLOT_SECONDS": "10",
    "NARRATOR_SLOT_GRACE_SECONDS": "5",
    "NARRATOR_DRAIN_SECONDS": "25",  # a silent socket is given up after 15 s
}

_PACE = ("NARRATOR_LEASE_SECONDS", "NARRATOR_HEARTBEAT_SECONDS", "NARRATOR_SLOT_SECONDS")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The environment this command was given: settings of ours, and everything else.

    `given` may hold secrets, hence no representation of either is ever shown.
    """

    given: Mapping[str, str]
    inherited: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Caller({len(self.given)} settings)"


def child_environment(
    caller: Caller, *, home: Path, broker_url: str, trial: EmbeddedSettings | None, speak_url: str
) -> dict[str, str]:
    """The children's environment. What the caller set stands; `trial` None: the caller's speaker.

    The speaker is named after the engine, so that a trial voice never passes for a paid one, and
    the client's limits run as fast as the server's.
    """
    ours = {**_brisk(caller.given), "NARRATOR_SCRATCH": str(home / SCRATCH)}
    settings = {**ours, **caller.given, "NARRATOR_HOME": str(home)}
    settings["NARRATOR_BROKER_URL"] = broker_url
    if trial:
        settings["NARRATOR_SPEAK_URL"] = speak_url
        settings["NARRATOR_SPEAKER"] = trial_speaker(trial)
        settings["NARRATOR_SPEAK_TIME_SCALE"] = f"{trial.time_scale:g}"
        settings["DEEPGRAM_API_KEY"] = "trial"  # any credential will do there; none would not
    return {**caller.inherited, **settings}


def trial_speaker(trial: EmbeddedSettings) -> str:
    """The name under which a trial's takes, and its sockets, are kept."""
    return f"offline-{trial.voice_engine}"


def _brisk(given: Mapping[str, str]) -> dict[str, str]:
    """Leases and heartbeats belong together: a caller that sets one sets its own pace."""
    paced = any(name in given for name in _PACE)
    return {name: value for name, value in BRISK.items() if not (paced and name in _PACE)}
