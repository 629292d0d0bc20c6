"""What a manifest proves by itself: each character once, each sample once, nothing out of place."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import count

from narrator.domain.documents import SkipReason, Span, unaccounted
from narrator.domain.levels import is_silent
from narrator.domain.manifest import Manifest, ManifestChapter, ManifestChunk, Recording
from narrator.domain.plan import Boundary, Chunk
from narrator.domain.timeline import ENVELOPE_HOP, stretches
from narrator.domain.voices import SAMPLE_RATE


def spans_of(manifest: Manifest) -> Iterator[Span]:
    """Every span that a chunk or a skip accounts for."""
    for chapter in manifest.chapters:
        for each in chapter.chunks:
            yield from each.chunk.spans
    for skip in manifest.skips:
        yield skip.span


def gaps_in(manifest: Manifest) -> list[Span]:
    """Stretches of the source that nothing accounts for, or that two things do."""
    return unaccounted(manifest.source_chars, spans_of(manifest))


def spoken_chars(manifest: Manifest) -> int:
    """Source characters that chunks speak."""
    chunks = (each.chunk for chapter in manifest.chapters for each in chapter.chunks)
    return sum(len(span) for chunk in chunks for span in chunk.spans)


def skipped_chars(manifest: Manifest) -> dict[SkipReason, int]:
    """Source characters left out, by reason."""
    counted: Counter[SkipReason] = Counter()
    for skip in manifest.skips:
        counted[skip.reason] += len(skip.span)
    return dict(counted)


def text_faults(manifest: Manifest) -> Iterator[str]:
    """What is wrong between the source and the spoken text."""
    for gap in gaps_in(manifest):
        yield f"characters {gap.start} to {gap.end} of the source are not accounted for once"
    for span in spans_of(manifest):
        if not 0 <= span.start <= span.end <= manifest.source_chars:
            yield f"characters {span.start} to {span.end} are outside the source"
    for chapter in manifest.chapters:
        for each in chapter.chunks:
            if not _edits_fit(each.chunk):
                yield f"{place(chapter, each)} has edits that do not give its text"


def _edits_fit(chunk: Chunk) -> bool:
    """Whether the edits are in the order of the spans, apart, inside them, and give the length."""
    waiting = deque(chunk.edits)
    chars = 0
    for span in chunk.spans:
        position = span.start
        while waiting and position <= waiting[0].span.start <= waiting[0].span.end <= span.end:
            edit = waiting.popleft()
            chars += len(edit.after) - len(edit.span)
            position = edit.span.end
        chars += len(span)
    return not waiting and chars == chunk.chars


def time_faults(manifest: Manifest) -> Iterator[str]:
    """What is wrong between chunks, chapters and the recording's samples."""
    position = 0
    for chapter in manifest.chapters:
        if chapter.start_samples != position:
            yield f"chapter {chapter.number} does not begin where the one before it ends"
        position = chapter.start_samples + chapter.samples
        yield from _chapter_faults(chapter)
    yield from _order_faults(manifest)
    yield from _recording_faults(manifest)


def _recording_faults(manifest: Manifest) -> Iterator[str]:
    """Recordings that are not made of chapters that follow one another, or do not hold them all."""
    if manifest.recording.sha256 != manifest.files[0].sha256:
        yield "the recording is not the first of the recordings"
    for each in manifest.files:
        held = manifest.chapters_in(each)
        numbers = tuple(chapter.number for chapter in held)
        if each.chapters not in ((), numbers):
            yield f"{each.name} is said to hold chapters that there are not"
        elif each.start_samples + each.samples != _end(held):
            yield "the chapters do not fill the recording"
        elif each.chapters and each.start_samples != held[0].start_samples:
            yield f"{each.name} does not begin where its first chapter does"
    yield from _incomplete_formats(manifest)


def _end(held: Sequence[ManifestChapter]) -> int:
    return held[-1].start_samples + held[-1].samples if held else 0


def _incomplete_formats(manifest: Manifest) -> Iterator[str]:
    """Of each format, file after file makes the whole."""
    every = [chapter.number for chapter in manifest.chapters]
    for kind in dict.fromkeys(each.format for each in manifest.files):
        files = (each for each in manifest.files if each.format == kind)
        heard = [chapter.number for each in files for chapter in manifest.chapters_in(each)]
        if heard != every:
            yield f"the chapters do not fill the recordings in {kind}"


def _chapter_faults(chapter: ManifestChapter) -> Iterator[str]:
    end = chapter.start_samples
    for each in chapter.chunks:
        placement = each.placement
        if placement.start_samples < end:
            yield f"{place(chapter, each)} begins before what comes before it has ended"
        if len(placement.envelope) != -(-placement.samples // ENVELOPE_HOP):
            yield f"{place(chapter, each)} has an envelope of another length"
        elif is_silent(placement.envelope):
            yield f"{place(chapter, each)} holds nothing audible"
        end = placement.end_samples
    if end > chapter.start_samples + chapter.samples:
        yield f"chapter {chapter.number} ends before its last chunk does"


def _order_faults(manifest: Manifest) -> Iterator[str]:
    """Chunks that are not where the plan has them, or not there though nobody says so."""
    stated = sum(skip.reason is SkipReason.UNSPOKEN for skip in manifest.skips)
    listed = sum(len(chapter.unspoken) for chapter in manifest.chapters)
    if listed > stated:
        yield "chunks are listed as unspoken, and no skip says what is left out"
    for chapter in manifest.chapters:
        if stated and not listed:
            yield from _unlisted_faults(chapter, stated)
            stated -= _left_out(chapter)
        else:
            yield from _listed_faults(chapter)


def _listed_faults(chapter: ManifestChapter) -> Iterator[str]:
    """The plan's last chunk of a chapter tells by its boundary that it is the last."""
    left_out = set(chapter.unspoken)
    indices = (index for index in count() if index not in left_out)
    for each, index in zip(chapter.chunks, indices, strict=False):
        if each.chunk.index != index:
            yield f"{place(chapter, each)} is not in its order"
    last = chapter.chunks[-1].chunk if chapter.chunks else None
    if last and last.boundary is not Boundary.CHAPTER and last.index + 1 not in left_out:
        yield f"chapter {chapter.number} lacks what follows its last chunk"


def _unlisted_faults(chapter: ManifestChapter, stated: int) -> Iterator[str]:
    """Of a manifest of a release that stated what is unspoken, but did not list its chunks.

    `stated` counts the stretches stated so that are not of a chapter before this.
    """
    after = -1
    for heard, each in enumerate(chapter.chunks):
        if not after < each.chunk.index <= heard + stated:
            yield f"{place(chapter, each)} is not in its order"
        after = each.chunk.index


def _left_out(chapter: ManifestChapter) -> int:
    """How many chunks are missing before the last that was heard."""
    return chapter.chunks[-1].chunk.index + 1 - len(chapter.chunks) if chapter.chunks else 0


def place(chapter: ManifestChapter, each: ManifestChunk) -> str:
    """Where a chunk is, for people: never what it says."""
    return (
        f"chapter {chapter.number}, chunk {each.chunk.index} ({at(each.placement.start_samples)})"
    )


def at(samples: int) -> str:
    """A moment of the recording, for people."""
    seconds = samples // SAMPLE_RATE
    return f"at {seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def stretches_of(
    chapters: Sequence[ManifestChapter], recording: Recording
) -> list[tuple[int, int]]:
    """What to listen to in a recording, as `timeline.stretches` has it.

    Given the chapters of the recording, of a manifest without `time_faults`; first samples are
    those of the file.
    """
    placements = (each.placement for chapter in chapters for each in chapter.chunks)
    own = (placement.moved(-recording.start_samples) for placement in placements)
    return stretches(own, recording.samples)
