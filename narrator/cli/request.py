"""What the user asked for, and what came of it."""

import os
from dataclasses import dataclass
from pathlib import Path

from narrator.cli.book import document_name
from narrator.domain.artifacts import AudioFormat
from narrator.domain.errors import OptionRefused
from narrator.domain.jobs import JobOptions
from narrator.domain.ledger import Sums
from narrator.domain.lexicon import NO_LEXICON, Lexicon
from narrator.services.estimate import cost_dollars

MANIFEST_SUFFIX = ".manifest.json"
_ALL = ", ".join(f".{each}" for each in AudioFormat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A book to narrate. `name` is the document's name for people, and its title of last resort.

    `lexicon` is the book's own; what is kept for all books counts besides.
    """

    book: Path
    name: str
    out: Path
    options: JobOptions
    lexicon: Lexicon = NO_LEXICON

    @property
    def manifest(self) -> Path:
        """Where the proof goes: beside the audiobook, one for each format of a book."""
        return self.out.with_name(f"{self.out.name}{MANIFEST_SUFFIX}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What `narrator verify` says, in a line and in a JSON object."""

    ok: bool
    line: str
    details: dict[str, object]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A finished audiobook.

    `chars` (of spoken text) were to be spoken, `chars_from_takes` of them were answered by earlier
    recordings; `voices` has them by the voice that speaks them; `takes_spoilt` recordings were
    spoilt when they were read back, and spoken again; `takes_doubtful` are doubted by the quality
    gate, although each is the best of several. `recordings` lie in the manifest's order,
    `companions` are what goes along with them.
    `sums` is what the ledger has of the job, `sums_before` what it had before this run.
    `price_per_1000_chars` is in US dollars. `bills`: who speaks is paid for it.
    """

    job_id: str
    recordings: tuple[Path, ...]
    companions: tuple[Path, ...]
    manifest: Path
    audio_seconds: float
    chapters: int
    chars: int
    chars_from_takes: int
    voices: dict[str, int]
    takes_spoilt: int
    takes_doubtful: int
    sums_before: Sums
    sums: Sums
    price_per_1000_chars: float
    bills: bool
    elapsed_seconds: float
    verdict: Judgement

    @property
    def chars_sent_now(self) -> int:
        """Characters that this run sent: what it is billed for."""
        return self.sums.sent - self.sums_before.sent

    @property
    def chars_resent_now(self) -> int:
        """Those of them that had been sent before, by this run or by one that died."""
        return self.sums.resent - self.sums_before.resent

    @property
    def chars_before(self) -> int:
        """Characters that earlier runs of this job had spoken."""
        kept_now = self.sums.kept - self.sums_before.kept
        return max(0, self.chars - self.chars_from_takes - kept_now)

    @property
    def dollars(self) -> float:
        """What speaking every character once costs at the provider."""
        return self._cost(self.chars)

    @property
    def dollars_sent(self) -> float:
        """What the provider charges for what this run sent, if it is paid at all."""
        return self._cost(self.chars_sent_now)

    @property
    def dollars_billed(self) -> float:
        """What this run owes the provider."""
        return self.dollars_sent if self.bills else 0.0

    @property
    def dollars_saved(self) -> float:
        """What earlier takes answered would have cost."""
        return self._cost(self.chars_from_takes)

    def _cost(self, chars: int) -> float:
        return cost_dollars(chars, price_per_1000_chars=self.price_per_1000_chars)


def outcome_path(book: str, out: Path | None, chosen: str | None) -> tuple[Path, AudioFormat]:
    """Where the audiobook goes, and its format.

    Raises OptionRefused where name and format disagree, or nothing can be written there.
    """
    if out is None:
        format_ = AudioFormat(chosen or AudioFormat.M4B)
        stem = Path(document_name(book)).stem
        return _writable(Path(f"{stem}.{format_}"), book), format_
    return _writable(out, book), _format(out, chosen)


def _format(out: Path, chosen: str | None) -> AudioFormat:
    extension = out.suffix.lower().removeprefix(".")
    if chosen is None:
        if extension not in set(AudioFormat):
            raise OptionRefused(
                f"{out.name} does not say which format it is to be",
                remedy=f"let it end in one of {_ALL}, or choose a --format",
            )
        return AudioFormat(extension)
    if extension not in {"", chosen}:
        raise OptionRefused(
            f"{out.name} ends in .{extension}, but --format says {chosen}",
            remedy=f"let it end in .{chosen}, or leave --format out",
        )
    return AudioFormat(chosen)


def _writable(path: Path, book: str) -> Path:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise OptionRefused(f"there is no folder {folder}", remedy="make it, or choose another -o")
    if not os.access(folder, os.W_OK) or path.is_dir():
        raise OptionRefused(f"{path} cannot be written", remedy="choose another place with -o")
    if book != "-" and path.exists() and Path(book).exists() and path.samefile(book):
        raise OptionRefused(f"{path} is the document itself", remedy="choose another name with -o")
    return path
