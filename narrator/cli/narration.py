"""One book through one fleet: submit or go on, watch, deliver, verify."""

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from narrator.bootstrap import bootstrap, configure_logging, migrate
from narrator.cli.delivery import place_of, superseded
from narrator.cli.judge import judgement
from narrator.cli.request import Outcome, Request
from narrator.cli.views import View
from narrator.domain.artifacts import MANIFEST_NAME
from narrator.domain.errors import AccountFault, JobFault, Missing, OptionRefused, TakeBusy
from narrator.domain.ids import ObjectKey
from narrator.domain.jobs import FINAL_STATES, FOR_OPERATOR, Job, JobState
from narrator.domain.ledger import Sums
from narrator.domain.manifest_json import from_json
from narrator.domain.voices import SAMPLE_RATE
from narrator.services.allowance import pauses, try_account
from narrator.services.kit import Services
from narrator.services.lexicon import bound, effective
from narrator.services.submit import refuse_other_plan, same_job_id, submit
from narrator.settings import Settings

_LOOKING = 0.05  # the part of a core that looking at progress may take
_LONGEST_SECONDS = 1.0  # but a child that died is not left lying longer than this
_OPEN = tuple(state for state in JobState if state not in FINAL_STATES)
_MANY = 1_000
_MOST_DEAD = 20
_REQUEST = " (request "
_SILENT = {TakeBusy.code, AccountFault.code}  # the one passes, the other ends the command
_GO_ON = "run the same command again: it goes on where it was"


class Crew(Protocol):
    """What a narration needs of its fleet (`narrator.embedded.fleet.Fleet` is one)."""

    def wait_for_broker(self) -> None:
        """Wait until the broker can be rung."""

    def start_workers(self) -> None:
        """Start the workers, unless they were."""

    def tend(self) -> None:
        """Start again what has died; raises ToolFailed when that happens too often."""

    def dismiss_workers(self) -> None:
        """Let the workers end."""


def prepare(settings: Settings) -> Services:
    """The services of a home, its database up to date."""
    # The workers keep logs; this process has a person before it, and says only what is wrong.
    configure_logging(replace(settings.log, level="ERROR"))
    migrate(settings)
    return bootstrap(settings)


class Narration:
    """What `narrator narrate` does with a fleet whose servers are starting.

    `price_per_1000_chars` is in US dollars; `bills`: who speaks is paid. `look_seconds` is how
    often progress is looked at.
    """

    def __init__(
        self,
        crew: Crew,
        services: Services,
        request: Request,
        view: View,
        *,
        price_per_1000_chars: float,
        bills: bool,
        look_seconds: float = 0.2,
    ) -> None:
        self._started_at = time.monotonic()
        self._crew = crew
        self._services = services
        self._lexicon = effective(services.lexicons, request.lexicon)
        self._options = bound(request.options, self._lexicon)
        self._request = request
        self._view = view
        self._price = price_per_1000_chars
        self._bills = bills
        self._look_seconds = look_seconds
        self._told = ""
        self._job_id = same_job_id(
            request.book,
            name=request.name,
            options=self._options,
            speaker=services.speaker_name,
            studio=services.studio.fingerprint,
        )

    def run(self) -> Outcome:
        """The finished audiobook at its place.

        Raises JobFault with the job's own reason and remedy when it fails, AccountFault when the
        provider refuses the account: the job then waits for the same command.
        """
        before = self._services.ledger.sums(self._job_id)
        if self._state() is JobState.SUCCEEDED:
            job = self._services.jobs.get(self._job_id)
            refuse_other_plan(job, self._request.options.plan_hash)
        else:
            self._begin()
            self._watch()
            self._crew.dismiss_workers()
        return self._outcome(before, self._deliver())

    def _state(self) -> JobState | None:
        try:
            return self._services.jobs.get(self._job_id).state
        except Missing:
            return None

    def _begin(self) -> None:
        """Submit the book, or take it up where it was left; then start the workers.

        Nobody works yet (the home's lock proves it), so what an earlier run held is free at once,
        and an account that was refused is tried at once: its key may be another one by now.
        """
        self._set_others_aside()
        self._services.steps.release_all()
        self._services.slots.release_all()
        self._crew.wait_for_broker()
        submit(
            self._services,
            self._request.book,
            name=self._request.name,
            options=self._options,
            job_id=self._job_id,
            lexicon=self._lexicon,
        )
        if self._state() in {JobState.FAILED, JobState.CANCELLED}:
            self._services.jobs.retry(self._job_id)
        else:
            self._services.jobs.resume(self._job_id)  # whoever gives this command wants it to go on
        self._try_account()
        self._crew.start_workers()

    def _try_account(self) -> None:
        try:
            try_account(self._services, self._request.options.voice)
        except AccountFault as error:
            raise _refused(error.reason, error.remedy) from error

    def _set_others_aside(self) -> None:
        """Cancel what other commands left unfinished: only this book was asked for.

        Their takes are kept and the same command takes them up again. Another speaker's job must
        not be spoken by this one, nor an abandoned one be paid for.
        """
        for state in _OPEN:
            for job in self._services.jobs.recent(limit=_MANY, state=state):
                if job.id != self._job_id:
                    self._services.jobs.cancel(job.id)

    def _watch(self) -> None:
        pause = threading.Event()
        while True:
            looked_at = time.monotonic()
            self._crew.tend()
            job = self._services.jobs.get(self._job_id)
            self._view.show(self._services.jobs.progress(self._job_id))
            self._tell_trouble()
            if job.state in FINAL_STATES:
                self._tell_dead()
                return _raise_unless_succeeded(job)
            self._mind_pause(job)
            took_seconds = time.monotonic() - looked_at
            pause.wait(min(max(self._look_seconds, took_seconds / _LOOKING), _LONGEST_SECONDS))

    def _mind_pause(self, job: Job) -> None:
        """Nobody need wait here for what its user has to mend; who paused it may resume it."""
        fault = pauses(self._services, [job]).get(job.id)
        if fault and job.paused_for == FOR_OPERATOR:
            self._tell(fault.reason, f"{fault.reason}; {fault.remedy}")
        elif fault:
            raise _refused(fault.reason, fault.remedy)

    def _tell_trouble(self) -> None:
        """Say why a step is to be done again, once for each reason."""
        trouble = self._services.jobs.trouble(self._job_id)
        if trouble is None or trouble.code in _SILENT:
            return
        told = trouble.reason.split(_REQUEST)[0]  # each request has an id of its own
        self._tell(told, f"{trouble.reason}; it is tried again (`narrator doctor` may tell more)")

    def _tell(self, told: str, words: str) -> None:
        """Say it, unless this is what was told last."""
        if told != self._told:
            self._told = told
            self._view.note(words)

    def _tell_dead(self) -> None:
        """Name what could not be spoken, whether the job fails for it or leaves it out."""
        for dead in self._services.jobs.dead(self._job_id, limit=_MOST_DEAD):
            self._view.note(f"not spoken: {dead}")

    def _deliver(self) -> dict[str, Path]:
        """Where each artifact lies now, by its name."""
        job = self._services.jobs.get(self._job_id)
        places = {
            artifact.name: place_of(artifact.name, self._request, title=job.title)
            for artifact in job.artifacts
        }
        left = superseded(self._request, places.values(), title=job.title)
        for artifact in job.artifacts:
            self._bring(artifact.object_key, places[artifact.name])
        for path in left:
            self._view.note(f"{path} is an earlier command's, and stays; the proof is without it")
        return places

    def _bring(self, key: ObjectKey, path: Path) -> None:
        """Copy an artifact; a half of it is never seen under its name."""
        with beside(path) as folder:
            half = folder / path.name
            self._services.objects.get_file(key, half)
            half.replace(path)

    def _outcome(self, before: Sums, places: dict[str, Path]) -> Outcome:
        manifest = from_json(places.pop(MANIFEST_NAME).read_bytes())
        recordings = tuple(places.pop(each.name) for each in manifest.files)
        progress = self._services.jobs.progress(self._job_id)
        self._view.note("verifying")
        return Outcome(
            job_id=self._job_id,
            recordings=recordings,
            companions=tuple(places.values()),
            manifest=self._request.manifest,
            audio_seconds=manifest.samples / SAMPLE_RATE,
            chapters=len(manifest.chapters),
            chars=progress.chars_spoken,
            chars_from_takes=progress.chars_from_takes,
            voices=self._services.jobs.voices(self._job_id),
            takes_spoilt=progress.takes_spoilt,
            takes_doubtful=progress.takes_doubtful,
            sums_before=before,
            sums=self._services.ledger.sums(self._job_id),
            price_per_1000_chars=self._price,
            bills=self._bills,
            verdict=judgement(
                self._services,
                manifest,
                recordings=recordings,
                document=self._request.book,
                name=self._request.name,
            ),
            elapsed_seconds=time.monotonic() - self._started_at,
        )


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A folder of ours beside this path, gone at the end.

    It is named after the path, so that what a killed command left is removed by the next one.
    """
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    folder = path.absolute().parent / f".narrator-{name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)  # fails where somebody else has put something in its place
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _refused(reason: str, remedy: str) -> AccountFault:
    return AccountFault(reason, remedy="; then ".join(filter(None, (remedy, _GO_ON))))


def _raise_unless_succeeded(job: Job) -> None:
    if job.state is JobState.SUCCEEDED:
        return
    if job.failure:
        # A chapter that the book has not is wrong usage, though it takes a worker to find out.
        kind = OptionRefused if job.failure.code == OptionRefused.code else JobFault
        raise kind(job.failure.reason, remedy=job.failure.remedy)
    raise JobFault(f"the job was {job.state}", remedy="run the same command again to go on")
