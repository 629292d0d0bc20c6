"""Where on a web page its article is, and what near it is headed as something else."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from narrator.ingest.article_marks import is_comments_label, is_label, text_within
from narrator.ingest.article_prose import NOTHING, Weights
from narrator.ingest.elements import HEADINGS
from narrator.ingest.xhtml import Element, local_name

_MOST_OF_IT = 0.85
_MAIN_SHARE, _ARTICLE_SHARE = 0.5, 0.6
_STRAY_SHARE = 0.25
_STRAY_CHARS, _STRAY_PARAGRAPH_CHARS = 200, 80
"""Prose that stands outside of the article is read from so many characters on."""

_LEAST_LINKS = 4
_FARM_SHARE = 0.8
_LABEL_CHARS = 70
_FAR_SIBLINGS, _MOST_LABELS = 60, 500
"""No label heads more than so many elements, and no page has more labels: the work stays linear."""

_LABELLERS = {*HEADINGS, "p", "div", "strong", "b", "span", "dt"}
_LISTS = frozenset({"ul", "ol", "div", "section", "table", "dl"})


@dataclass(frozen=True, slots=True)
class Region:
    """The element in which the article is; `declared` if the page itself says so."""

    element: Element
    declared: bool


def find_region(body: Element, weights: Weights) -> Region | None:
    """Where the article is; none where there is no prose."""
    whole = weights[body].prose
    if not whole:
        return None
    mains = [each for each in body.iter() if _is_main(each)]
    best = max(mains, key=lambda each: weights[each].prose, default=None)
    if best is not None and weights[best].prose >= _MAIN_SHARE * whole:
        return Region(best, declared=True)
    lead = _leading(body, weights)
    if lead is not None:
        return Region(lead, declared=True)
    return Region(_smallest(body, weights, _MOST_OF_IT * whole), declared=False)


def around(body: Element, region: Region, weights: Weights) -> Iterator[Element]:
    """The elements beside the article that are not prose of some length themselves."""
    for outer in (region.element, *region.element.iterancestors()):
        if outer is body:
            break
        for sibling in (*outer.itersiblings(preceding=True), *outer.itersiblings()):
            if local_name(sibling) and not _is_stray_prose(sibling, region, weights):
                yield sibling
    lead = _leading(region.element, weights)
    if lead is not None:
        for other in _articles(region.element, weights):
            if other is not lead and weights[other].prose < _STRAY_SHARE * weights[lead].prose:
                yield other


def title_of(body: Element, region: Element) -> Element | None:
    """The first-level heading that is the article's, where it stands outside of the region."""
    inside = set(region.iter())
    named = _page_title(body)
    headings = [each for each in body.iter() if local_name(each) in {"h1", "h2"}]
    said = {each: text_within(each) for each in headings}
    for each in headings:
        if each in inside and (local_name(each) == "h1" or (said[each] and said[each] in named)):
            return None
    titles = [each for each in headings if local_name(each) == "h1" and not _leads_home(each)]
    fitting = [each for each in titles if said[each] and said[each] in named]
    return max(fitting or titles[:1], key=lambda each: len(said[each]), default=None)


def headed(region: Region, weights: Weights, cut: Container[Element]) -> Iterator[Element]:
    """Stretches under a label such as "Related stories", and lists of links at either end."""
    labels = (each for each in region.element.iter() if _is_label(each, weights, cut))
    for label in islice(labels, _MOST_LABELS):
        yield from _under_label(label, weights)
    yield from _link_farms(region.element, weights, cut)
    yield from _before_title(region.element, weights)


def _is_main(element: Element) -> bool:
    return local_name(element) == "main" or element.get("role") == "main"


def _leads_home(heading: Element) -> bool:
    """Whether it is the site's name: a link to the site's first page."""
    links = (each.get("href") for each in heading.iter() if local_name(each) == "a")
    return any(link in {"/", "./", "index.html", "#"} for link in links)


def _page_title(body: Element) -> str:
    root = body.getroottree().getroot()
    return next((text_within(each) for each in root.iter() if local_name(each) == "title"), "")


def _articles(within: Element, weights: Weights) -> list[Element]:
    """The outermost articles with prose."""
    found: list[Element] = []
    stack = list(reversed(within))
    while stack:
        element = stack.pop()
        if local_name(element) == "article" and weights[element].chars:
            found.append(element)
        elif local_name(element):
            stack.extend(reversed(element))
    return found


def _leading(within: Element, weights: Weights) -> Element | None:
    """The article beside which others are teasers: it has most prose, and none is made like it."""
    articles = _articles(within, weights)
    lead = max(articles, key=lambda each: weights[each].prose, default=None)
    if lead is None or weights[lead].prose < _ARTICLE_SHARE * weights[within].prose:
        return None
    alike = [each for each in articles if each.getparent() is lead.getparent()]
    kinds = [sorted((each.get("class") or "").split()) for each in alike]
    return lead if kinds.count(sorted((lead.get("class") or "").split())) == 1 else None


def _smallest(body: Element, weights: Weights, least: float) -> Element:
    """The innermost element with so much prose."""
    element = body
    while True:
        inner = [each for each in element if weights[each].prose >= least]
        if not inner or local_name(inner[0]) in {"p", "blockquote", "td", "tr", "tbody"}:
            return element
        element = inner[0]


def _is_stray_prose(element: Element, region: Region, weights: Weights) -> bool:
    weight = weights[element]
    if weight.link_dense:
        return False
    if region.declared:
        return weight.prose >= max(_STRAY_SHARE * weights[region.element].prose, _STRAY_CHARS)
    least = _STRAY_PARAGRAPH_CHARS if local_name(element) == "p" else _STRAY_CHARS
    return weight.prose >= least or (local_name(element) in HEADINGS and not weight.linked)


# ------------------------------------------------------------------------------ by what heads it


def _is_label(element: Element, weights: Weights, cut: Container[Element]) -> bool:
    if local_name(element) not in _LABELLERS or element in cut:
        return False
    if not 0 < weights.get(element, NOTHING).chars <= _LABEL_CHARS:
        return False
    text = text_within(element)
    return is_label(text) or is_comments_label(text)


def _under_label(element: Element, weights: Weights) -> Iterator[Element]:
    comments = is_comments_label(text_within(element))
    label = _widest(element, weights)
    rest = _section_after(label, weights)
    if comments and not any(map(_can_be_answered, rest)):
        return
    chars, linked, prose = (
        sum(getattr(weights.get(each, NOTHING), field) for each in rest)
        for field in ("chars", "linked", "prose")
    )
    if comments or 2 * linked > chars or (not prose and not rest):
        yield from (label, *rest)


def _widest(element: Element, weights: Weights) -> Element:
    """The outermost element that has no other text than this one."""
    while True:
        outer = element.getparent()
        if outer is None or outer not in weights or weights[outer].chars > weights[element].chars:
            return element
        element = outer


def _section_after(label: Element, weights: Weights) -> list[Element]:
    """What follows it, up to the next heading of its rank, a ruler, or a paragraph of prose."""
    ranks = [HEADINGS[name] for each in label.iter() if (name := local_name(each)) in HEADINGS]
    rank = min(ranks, default=7)
    found: list[Element] = []
    for sibling in islice(label.itersiblings(), _FAR_SIBLINGS):
        name = local_name(sibling)
        if not name:
            continue
        if name == "hr" or HEADINGS.get(name, 9) <= min(rank, 6):
            break
        weight = weights.get(sibling, NOTHING)
        if not ranks and (name == "p" or name in HEADINGS) and not weight.link_dense:
            break
        found.append(sibling)
    return found


def _can_be_answered(element: Element) -> bool:
    answers = {"form", "textarea", "button"}
    return any(
        local_name(inner) in answers or (inner.text or "").strip().lower() == "reply"
        for inner in element.iter()
    )


def _before_title(region: Element, weights: Weights) -> Iterator[Element]:
    """Short links above the title: the section that the article is filed under."""
    title = next((each for each in region.iter() if local_name(each) == "h1"), None)
    if title is None:
        return
    above = set(title.iterancestors())
    for element in takewhile(lambda each: each is not title, region.iter()):
        weight = weights.get(element, NOTHING)
        if element not in above and 0 < weight.linked == weight.chars <= _LABEL_CHARS:
            yield element


def _link_farms(region: Element, weights: Weights, cut: Container[Element]) -> Iterator[Element]:
    """Lists of links away from the page, before the first prose of the region or after its last."""
    blocks = [each for each in region.iter() if local_name(each) and each not in cut]
    prose = [index for index, each in enumerate(blocks) if weights[each].prose]
    leaves = [i for i in prose if not any(weights[child].prose for child in blocks[i])]
    if not leaves:
        return
    for index, element in enumerate(blocks):
        if leaves[0] <= index <= leaves[-1] or local_name(element) not in _LISTS:
            continue
        if _is_link_farm(element, weights):
            yield element


def _is_link_farm(element: Element, weights: Weights) -> bool:
    weight = weights[element]
    if not weight.chars or weight.prose or weight.linked < _FARM_SHARE * weight.chars:
        return False
    links = [each.get("href") or "" for each in element.iter() if local_name(each) == "a"]
    away = sum(bool(href) and not href.startswith("#") for href in links)
    return away >= _LEAST_LINKS and not any(local_name(each) == "h1" for each in element.iter())
