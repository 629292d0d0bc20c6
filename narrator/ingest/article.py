"""A saved web page: which of its elements are not the article.

The page's source stays every text node in document order; this says which elements of the tree are
left out, and why. It errs on the side of reading too much: what is not called navigation, an advert
or the like, or stands away from the article without being prose, is read. A page that is a book
(or has no prose) is left whole.

Why not a library: readability and trafilatura each make a new text of a page. They lose headings,
first paragraphs and second articles, and cannot say of a character where it stood
(docs/figures.md has both measured beside this on the same pages).
"""

import re
from collections import Counter
from collections.abc import Callable, Container, Iterator
from itertools import islice

from narrator.domain.choices import Reading, Role
from narrator.domain.documents import SkipReason
from narrator.ingest.article_marks import (
    is_byline,
    is_skip_link,
    is_small_control,
    is_unseen,
    leads_on,
    mark_of,
    other_reason,
    text_within,
)
from narrator.ingest.article_metadata import page_metadata
from narrator.ingest.article_prose import Weights, weigh
from narrator.ingest.article_region import Region, around, find_region, headed, title_of
from narrator.ingest.xhtml import Element, local_name

_BOOK_MAKERS = re.compile(r"ebookmaker|calibre|sigil|standard ebooks|epub|gutenberg", re.IGNORECASE)
_BOOK_MARKS = re.compile(r"\bpg-(?:boilerplate|header|footer|start)|\bcalibre\d*\b|pginternal")
_GUTENBERG = re.compile(r"\*\*\* ?(?:START|END) OF TH(?:E|IS) PROJECT GUTENBERG", re.IGNORECASE)
_EPUB_TYPES = ("{http://www.idpf.org/2007/ops}type", "epub:type")

_ENOUGH_PROSE_CHARS = 600
"""With so much prose beside what is called boilerplate, the page's words for it are believed."""

_LEAST_SHARE = 0.3
_LEAST_CHARS = 1_500
"""An article is at least such a share of a page's prose, or so long."""

_MOST_ELEMENTS = 50_000
"""A page with more is a book, or no page that a browser would have saved."""

_QUOTING = frozenset({"blockquote", "figure", "table"})
_ARTICLES = frozenset({"article", "section", "main"})
_LONG_FOOTER_CHARS = 400
_LONGEST_POINTER_CHARS = 300
_FEW_CHARS = 100

LeftOut = dict[Element, SkipReason]


def left_out(root: Element, reading: Reading) -> LeftOut:
    """The elements that are no part of the article, and why; nothing if the page is none."""
    if is_book(root):
        return {}
    body = next((each for each in root.iter() if local_name(each) == "body"), root)
    plain = weigh(body)
    named = _named_otherwise(body, plain, reading)
    if reading.reads(Role.BOILERPLATE):
        return named
    author = "".join(page_metadata(root).creators)
    marked = _believed(body, plain, author) | named
    weights = weigh(body, marked)
    region = find_region(body, weights)
    if region is None:
        return named
    cut = _with_surroundings(body, region, weights, marked)
    left = weigh(body, cut)[body].prose
    if left < min(_LEAST_CHARS, _LEAST_SHARE * plain[body].prose):
        return named
    return cut


def is_book(root: Element) -> bool:
    """Whether the page is a book, of which nothing stands around it."""
    if next(islice(root.iter(), _MOST_ELEMENTS, None), None) is not None:
        return True
    return any(_is_of_a_book(each, local_name(each)) for each in root.iter())


def _is_of_a_book(element: Element, name: str) -> bool:
    if not name:
        return False
    if name == "meta":
        maker = (element.get("name") or "").lower() == "generator"
        return maker and bool(_BOOK_MAKERS.search(element.get("content") or ""))
    marks = f"{element.get('class') or ''} {element.get('id') or ''}"
    return (
        any(element.get(each) for each in _EPUB_TYPES)
        or bool(_BOOK_MARKS.search(marks))
        or bool(_GUTENBERG.search(f"{element.text or ''}{element.tail or ''}"))
    )


def _named_otherwise(body: Element, plain: Weights, reading: Reading) -> LeftOut:
    """What a class calls contents, references or a caption, where such is not read."""
    found: LeftOut = {}
    for element in body.iter():
        other = other_reason(element) if local_name(element) else None
        if other is None or reading.reads(other[0]):
            continue
        if other[0] is not Role.CONTENTS or plain[element].link_dense:
            found[element] = other[1]
    return found


# ------------------------------------------------------------------------------ by its name


def _believed(body: Element, plain: Weights, author: str) -> LeftOut:
    """The outermost elements that are called boilerplate, where the page's prose bears it out."""
    whole = plain[body].prose
    doubted: set[str] = set()
    while True:
        found = dict(
            _outermost(body, lambda element: _mark(element, plain, whole, author), doubted)
        )
        prose = Counter[str]()
        for element, mark in found.items():
            prose[mark] += plain[element].prose
        wrong = {mark for mark, chars in prose.items() if _is_the_page(chars, whole)}
        if not wrong:
            return dict.fromkeys(found, SkipReason.BOILERPLATE)
        doubted |= wrong


def _outermost(
    body: Element, mark: Callable[[Element], str], doubted: set[str]
) -> Iterator[tuple[Element, str]]:
    stack = list(reversed(body))
    while stack:
        element = stack.pop()
        if not local_name(element):
            continue
        found = mark(element)
        if found and found not in doubted:
            yield element, found
        else:
            stack.extend(reversed(element))


def _is_the_page(chars: int, whole: int) -> bool:
    return 2 * chars > whole and whole - chars < _ENOUGH_PROSE_CHARS


def _mark(element: Element, plain: Weights, whole: int, author: str) -> str:
    """What is believed of a single element: a wrapper of the whole page is not a sidebar."""
    weight = plain[element]
    in_sentences = bool(weight.prose) and not weight.link_dense
    mark = mark_of(element, whole=in_sentences) or _mark_by_text(element, plain, author)
    if not mark or (weight.prose and _holds_main(element)):
        return ""
    if mark == "sidebar" and not weight.link_dense and _in_article(element):
        return ""  # a box beside the text, and about it
    most = _is_the_page(weight.prose, whole) or (
        2 * weight.prose > whole and not mark.startswith("comment")
    )
    return "" if most else mark


def _mark_by_text(element: Element, plain: Weights, author: str) -> str:
    weight, name = plain[element], local_name(element)
    if is_skip_link(element) or is_unseen(element) or is_small_control(element, weight.chars):
        return "control"
    if name == "form" or _points_away(element, plain):
        return name
    if is_byline(element, weight.chars, author):
        return "" if _within(element, _QUOTING) else "byline"
    if name == "footer":
        return _footer(element, plain)
    slight = name in {"header", "aside"} and (weight.link_dense or weight.chars < _FEW_CHARS)
    return name if slight and not _has_title(element) and not _is_note(element) else ""


def _points_away(element: Element, plain: Weights) -> bool:
    weight = plain[element]
    if local_name(element) not in {"p", "div", "li"}:
        return False
    short = weight.link_dense and weight.chars <= _LONGEST_POINTER_CHARS
    return short and leads_on(text_within(element))


def _footer(element: Element, plain: Weights) -> str:
    if _within(element, _QUOTING):
        return ""
    weight = plain[element]
    long = weight.prose >= _LONG_FOOTER_CHARS and not weight.link_dense
    return "" if long and _within(element, _ARTICLES) else "footer"


def _has_title(element: Element) -> bool:
    return any(local_name(inner) in {"h1", "h2"} for inner in element.iter())


def _is_note(element: Element) -> bool:
    return "note" in (element.get("role") or "")


def _holds_main(element: Element) -> bool:
    return any(
        local_name(inner) == "main"
        or inner.get("role") == "main"
        or inner.get("itemprop") == "articleBody"
        for inner in element.iter()
    )


def _in_article(element: Element) -> bool:
    return any(
        local_name(outer) == "article" or outer.get("itemprop") == "articleBody"
        for outer in element.iterancestors()
    )


def _within(element: Element, names: Container[str]) -> bool:
    return any(local_name(outer) in names for outer in element.iterancestors())


# ------------------------------------------------------------------------------ by where it stands


def _with_surroundings(body: Element, region: Region, weights: Weights, marked: LeftOut) -> LeftOut:
    """What is marked, what stands around the region, and what is headed as something else."""
    kept = title_of(body, region.element)
    cut = dict(marked)
    for element in (*around(body, region, weights), *headed(region, weights, cut)):
        cut.setdefault(element, SkipReason.BOILERPLATE)
    return _spared(cut, kept)


def _spared(cut: LeftOut, kept: Element | None) -> LeftOut:
    """The same, but for the title: of what holds it, all other parts are cut."""
    if kept is None:
        return cut
    path = {kept, *kept.iterancestors()}
    spared: LeftOut = {}
    for element, reason in cut.items():
        stack = [element]
        while stack:
            each = stack.pop()
            if each not in path:
                spared[each] = reason
            elif each is not kept:
                stack.extend(child for child in each if local_name(child))
    return spared
