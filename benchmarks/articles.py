"""How much of an article is read, and how much of what stands around it, page by page.

For each page of `tests/unit/ingest/articles`: precision (of the words read, the share that belongs
to the article) and recall (of the article's words, the share that is read), as multisets of words.
Beside Narrator's reader, on the same pages in the same run, readability-lxml and trafilatura, if
they are there: `pip install readability-lxml trafilatura lxml_html_clean`. The pages in `held_out`
were written after the reader was finished, and it has not been changed for them.
"""

import importlib
import importlib.metadata
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import html

from narrator.domain.documents import Passage
from narrator.ingest.read import read

PAGES = Path(__file__).parent.parent / "tests" / "unit" / "ingest" / "articles"
WORD = re.compile(r"\w+")
_BLOCK = re.compile(r"</?(?:p|h\d|li|div|br|td|tr|blockquote)\b")

Reader = Callable[[bytes], str]


def narrator(data: bytes) -> str:
    """What Narrator reads out: the words of each passage, breaks between them."""
    document = read(data, "page.html")
    passages = [passage for chapter in document.chapters for passage in chapter.passages]
    return " ".join(_said(passage, document.source) for passage in passages)


def _said(passage: Passage, source: str) -> str:
    offsets = (at for span in passage.spans for at in range(span.start, span.end))
    return "".join(f"{' ' * (at in passage.breaks)}{source[at]}" for at in offsets)


def readability(data: bytes) -> str:
    """The short title and the summary's text, as readability-lxml gives them."""
    module: Any = importlib.import_module("readability")
    page = module.Document(data.decode())
    summary = _BLOCK.sub(lambda match: f" {match[0]}", page.summary())
    return f"{page.short_title()} {html.fromstring(summary).text_content()}"


def trafilatura(data: bytes) -> str:
    """The title and the text, as trafilatura gives them when told to favour recall."""
    module: Any = importlib.import_module("trafilatura")
    text = module.extract(data.decode(), include_comments=False, favor_recall=True) or ""
    title = module.extract_metadata(data.decode()).title or ""
    return text if title and title in text else f"{title} {text}"


READERS: dict[str, Reader] = {
    "narrator": narrator,
    "readability-lxml": readability,
    "trafilatura": trafilatura,
}


def there() -> dict[str, Reader]:
    """The readers that are installed."""
    found = {}
    for name, reader in READERS.items():
        try:
            print(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            print(f"{name} is not installed")
        else:
            found[name] = reader
    return found


def score(text: str, expected: str) -> tuple[float, float]:
    """Precision and recall of a text's words."""
    got, wanted = Counter(WORD.findall(text)), Counter(WORD.findall(expected))
    common = (got & wanted).total()
    return common / max(1, got.total()), common / wanted.total()


def compare(title: str, pages: list[Path], readers: dict[str, Reader]) -> None:
    """Print a line a page, then the means and the time taken."""
    print(f"\n{title:<16}" + "".join(f"{name:>26}" for name in readers))
    scores: dict[str, list[tuple[float, float]]] = {name: [] for name in readers}
    seconds = dict.fromkeys(readers, 0.0)
    for page in pages:
        expected = page.with_suffix(".txt").read_text(encoding="utf-8")
        for name, reader in readers.items():
            began = time.perf_counter()
            scores[name].append(score(reader(page.read_bytes()), expected))
            seconds[name] += time.perf_counter() - began
        print(f"{page.stem:<16}" + "".join(_cell(*scores[name][-1]) for name in readers))
    means = {
        name: [statistics.mean(side) for side in zip(*scores[name], strict=True)]
        for name in readers
    }
    print(f"{'mean':<16}" + "".join(_cell(*means[name]) for name in readers))
    print(
        f"{'ms a page':<16}" + "".join(f"{1000 * s / len(pages):>26.0f}" for s in seconds.values())
    )


def _cell(precision: float, recall: float) -> str:
    return f"{f'P {precision:.3f}  R {recall:.3f}':>26}"


if __name__ == "__main__":
    readers = there()
    compare("pages", sorted(PAGES.glob("*.html")), readers)
    compare("held out", sorted((PAGES / "held_out").glob("*.html")), readers)
