"""Where a process may die between two stores: each place has a name, so that it can be rehearsed.

A point lies after what its name says and before what comes next. `Services.reach` passes it;
unless a rehearsal armed it (`narrator/failpoints.py`), nothing happens there.
"""

from enum import StrEnum


class FailPoint(StrEnum):
    """A place between two stores. docs/reliability.md says what follows from a death at each."""

    SOURCE_STORED = "source-stored"  # its job is no row yet
    JOB_INSERTED = "job-inserted"  # nobody is told
    CLAIMED = "claimed"  # nothing is done
    PLAN_STORED = "plan-stored"  # chapters, chunks and slices are no rows yet
    PLAN_COMMITTED = "plan-committed"  # nobody is told
    SLOT_TAKEN = "slot-taken"  # no slice is claimed for it
    CONNECTED = "connected"  # nothing is sent, as far as this thread knows
    UTTERANCE_BEGUN = "utterance-begun"  # it is in the ledger and not sent
    UTTERANCE_SPOKEN = "utterance-spoken"  # its take is not stored
    TAKE_STORED = "take-stored"  # its row is as it was
    TAKE_KEPT = "take-kept"  # its slice is not finished
    SLICE_FINISHED = "slice-finished"  # nobody is told
    CHAPTER_STORED = "chapter-stored"  # its timeline is not
    TIMELINE_STORED = "timeline-stored"  # the chapter's row knows of neither
    RENDER_FINISHED = "render-finished"  # nobody is told
    CHAPTERS_JOINED = "chapters-joined"  # the recording is not verified
    RECORDING_STORED = "recording-stored"  # its manifest is not
    MANIFEST_STORED = "manifest-stored"  # the job has not succeeded
    PUBLISH_COMMITTED = "publish-committed"  # nobody is told
    WEBHOOK_SENT = "webhook-sent"  # its row does not know
    OBJECTS_REMOVED = "objects-removed"  # the deleted job's row is there
    TAKES_DROPPED = "takes-dropped"  # they are no rows any more, and still objects
