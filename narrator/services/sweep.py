"""Sweeping: takes that nobody uses any more, objects that no row refers to, old temporary files.

Rows go before objects, and an object only while no row refers to it and it is older than a grace:
whoever stores one writes the row that refers to it within moments, or is dead.
"""

from collections.abc import Iterator, Sequence
from functools import cache, partial

import structlog

from narrator.domain.artifacts import JOBS, SOURCES, TAKES, is_chapter_audio, is_lexicon
from narrator.domain.errors import Missing
from narrator.domain.failpoints import FailPoint
from narrator.domain.ids import ObjectKey
from narrator.services.hands import PROGRESS_SECONDS
from narrator.services.kit import Services
from narrator.services.plan import COVER_NAMES
from narrator.services.ports import References, StoredObject, Sweep
from narrator.services.timelines import record_from_json

PAGE_OBJECTS = 500
MOST_PAGES = 200
"""A turn looks at so many pages of objects at the most; the next one goes on from there."""

FOLDERS = (JOBS, SOURCES, TAKES)  # in the order of their keys, so that one key tells how far it is

SCRATCH_SECONDS = max(PROGRESS_SECONDS.values())
"""A step that did nothing for so long is somebody else's, so what it left behind is nobody's."""

log = structlog.get_logger(__name__)


def sweep(services: Services) -> None:
    """Take the turns that are due. Harmless to repeat, to lose, and to do in two places at once."""
    clear_scratch(services)
    _sweep_takes(services)
    _sweep_objects(services)


def clear_scratch(services: Services) -> None:
    """Remove this machine's temporary files that nobody can use any more."""
    if cleared := services.leftovers.clear(unused_seconds=SCRATCH_SECONDS):
        log.info("sweep.removed", sweep="scratch", removed=cleared)


def _sweep_takes(services: Services) -> None:
    keeping, retention = services.keeping, services.retention
    if retention.turn(Sweep.TAKES, every_seconds=keeping.sweep_seconds) is None:
        return
    for _ in range(MOST_PAGES):
        keys = retention.drop_takes(unused_seconds=keeping.take_seconds, limit=PAGE_OBJECTS)
        services.reach(FailPoint.TAKES_DROPPED)
        removed = _remove(services, keys, older_than_seconds=0.0)
        _tell(services, Sweep.TAKES, ObjectKey(""), removed)
        if len(keys) < PAGE_OBJECTS:
            return


def _sweep_objects(services: Services) -> None:
    every_seconds = services.keeping.sweep_seconds
    after = services.retention.turn(Sweep.OBJECTS, every_seconds=every_seconds)
    if after is None:
        return
    _sweep_uploads(services)
    pages = 0
    for folder in FOLDERS:
        while pages < MOST_PAGES:
            pages += 1
            found = services.objects.beneath(folder, after=after, limit=PAGE_OBJECTS)
            after = found[-1].key if found else after
            _tell(services, Sweep.OBJECTS, after, _remove_orphans(services, found))
            if len(found) < PAGE_OBJECTS:
                break
    if pages < MOST_PAGES:
        services.retention.stopped(Sweep.OBJECTS, ObjectKey(""), removed=0)


def _sweep_uploads(services: Services) -> None:
    """Drop what was being stored when its writer died, and nobody went on with."""
    grace_seconds = services.keeping.orphan_seconds
    dropped = sum(
        services.objects.abandon(folder, older_than_seconds=grace_seconds) for folder in FOLDERS
    )
    if dropped:
        log.info("sweep.abandoned", uploads=dropped)


def _remove_orphans(services: Services, found: Sequence[StoredObject]) -> int:
    grace_seconds = services.keeping.orphan_seconds
    old = [each.key for each in found if each.age_seconds >= grace_seconds]
    return _remove(services, old, older_than_seconds=grace_seconds) if old else 0


def _remove(services: Services, keys: Sequence[ObjectKey], *, older_than_seconds: float) -> int:
    """Remove those that nothing refers to, and that were not written again meanwhile."""
    known = services.retention.references(keys)
    orphans = _untold(services, [key for key in keys if not is_wanted(key, known)])
    return sum(_removed(services, key, older_than_seconds) for key in orphans)


def is_wanted(key: ObjectKey, known: References) -> bool:
    """Whether a row refers to the object, or it belongs by its name to a job that is there."""
    if key in known.kept:
        return True
    folder, _, rest = key.partition("/")
    job_id, _, name = rest.partition("/")
    is_part = name in COVER_NAMES.values() or is_lexicon(name)
    return folder == JOBS and job_id in known.living and is_part


def _untold(services: Services, keys: Sequence[ObjectKey]) -> Iterator[ObjectKey]:
    """Without files of other formats that a chapter's timeline names, to which its row refers."""
    told = cache(partial(_told_beside, services))
    for key in keys:
        beside = _beside(key)
        if beside is None or key not in told(beside):
            yield key


def _beside(key: ObjectKey) -> str | None:
    """What the names of everything begin with that is of the same chapter as this file, if any."""
    folder, _, name = key.rpartition("/")
    if not is_chapter_audio(f"chapters/{name}") or not folder.endswith("/chapters"):
        return None
    return f"{folder}/{name.partition('-')[0]}-"


def _told_beside(services: Services, beside: str) -> frozenset[ObjectKey]:
    """The files that a chapter's timelines name to which a row refers."""
    folder = ObjectKey(beside.rpartition("/")[0])
    found = services.objects.beneath(folder, after=beside, limit=PAGE_OBJECTS)
    own = [each.key for each in found if each.key.startswith(beside)]
    kept = services.retention.references([key for key in own if key.endswith(".json")]).kept
    return frozenset[ObjectKey]().union(*(_told_of(services, timeline) for timeline in kept))


def _told_of(services: Services, timeline: ObjectKey) -> frozenset[ObjectKey]:
    """The files that a timeline names; none where it is gone or spoilt."""
    try:
        record = record_from_json(services.objects.get_bytes(timeline))
    except (Missing, ValueError, TypeError):
        return frozenset()
    return frozenset(file.key for file in record.files)


def _removed(services: Services, key: ObjectKey, older_than_seconds: float) -> bool:
    def remove() -> bool:
        return services.objects.delete(key, older_than_seconds=older_than_seconds)

    if key.startswith(f"{SOURCES}/"):  # a job that is submitted at this moment may want it
        return services.retention.free_source(key, remove)
    return remove()


def _tell(services: Services, which: Sweep, after: ObjectKey, removed: int) -> None:
    services.retention.stopped(which, after, removed=removed)
    if removed:
        log.info("sweep.removed", sweep=which, removed=removed)
