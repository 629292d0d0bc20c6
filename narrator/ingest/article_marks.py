"""What the makers of web pages call the parts around an article: names, roles, classes, labels.

The vocabulary is that of common publishing systems (WordPress, MediaWiki, Ghost, Sphinx, AMP) and
of the extractors of article text; where one of these words means something else on a page, the
weight of the text in it tells (`article.py`).
"""

import re

from narrator.domain.choices import Role
from narrator.domain.documents import SkipReason
from narrator.ingest.elements import HEADINGS
from narrator.ingest.xhtml import Element, local_name

_NAMES_LISTED = (
    "nav dialog menu amp-ad amp-auto-ads amp-consent amp-embed amp-sidebar amp-social-share"
    " amp-sticky-ad amp-user-notification"
)
_NAMES = frozenset(_NAMES_LISTED.split())
_ROLES_LISTED = (
    "alertdialog banner contentinfo dialog menu menubar navigation search tablist toolbar"
)
_ROLES = frozenset(_ROLES_LISTED.split())
_WORDS_LISTED = (
    "ad ads adsense adslot advert advertisement advertising affiliate banner breadcrumb"
    " breadcrumbs catlinks colophon commentlist comments consent cookie cookies disqus donate"
    " dropdown editsection footer gdpr hatnote jp-relatedposts lightbox login masthead mbox"
    " menu menubar metadata modal nav navbar navbox navigation navigator newsletter noprint"
    " outbrain pager pagination paginator paywall permalink popup portlet postprofile"
    " printfooter promo promotion readmore recirc recommendation recommendations recommended"
    " reflink related relatedposts respond rss share sharebar sharedaddy sharing sidebar"
    " sidebars signature signin signup sitenav sitesub skip social sociallinks sponsor"
    " sponsored submenu subscribe subscription taboola tagcloud taglist tags toolbar trending"
    " viewport-ad widget widgets"
)
_WORDS = frozenset(_WORDS_LISTED.split())
_PHRASES = re.compile(
    r"(?:^|-)(?:about-(?:the-)?author|action-(?:bar|buttons)|author-(?:bio|box|card|info|profile)|call-to-action|comment-"
    r"(?:form|list|reply|respond)|edit-(?:link|page|this-page)|feed-links?|follow-us|jump-to|"
    r"just-in|continue-reading|online-list|more-(?:from|in|link|on|posts|stories)|most-(?:popular|read|viewed)|next-(?:up|article|post)"
    r"|page-tools|post-(?:actions|controls|buttons|profile|tags)|prev-next|previous-next|print-recipe"
    r"|read-(?:more|next)|see-also|site-(?:footer|header|info)|stay-connected|top-bar|user-(?:info|"
    r"panel)|you-(?:may|might)-(?:also-)?like|jump-link|back-to-top|scroll-top)(?:-|$)"
)
_FILLERS_LISTED = (
    "a area bar block bottom box c container content div global header holder inner js jp l"
    " left list main modal module outer page panel posts primary region right row secondary"
    " section site tags the top widget wp wrap wrapper"
)
_FILLERS = frozenset(_FILLERS_LISTED.split())
_LAYOUT_LISTED = (
    "article articles aside author blocks body bottom btn button buttons card cards column"
    " content cta desktop disclaimer email embed entry feed field form grid group heading icon"
    " icons image inline item items label large link links list lists message messages mobile navi"
    " notice now overlay page post premium privacy screen single slot small sticky stories story"
    " text theme thread title view wide window"
)
_NUMBER = re.compile(r"\d{0,3}")
_LAYOUT = _FILLERS | frozenset(_LAYOUT_LISTED.split())
"""What names of boilerplate are made of besides: parts of a page, sizes, places."""

_ASIDE_SCREEN = re.compile(
    r"(?:^|-)(?:sr-only|visually-hidden|visuallyhidden|screen-reader-(?:text|only)|show-for-sr|"
    r"print-only|assistive-text|u-hidden|is-hidden)(?:-|$)"
)
_CONTENTS = re.compile(r"(?:^|-)(?:toc|table-of-contents|page-toc)(?:-|$)|^contents$")
_REFERENCES = re.compile(r"(?:^|-)(?:reflist|references|footnotes?|footnote-list)(?:-|$)")
_CAPTION = re.compile(r"(?:^|-)(?:wp-caption-text|thumbcaption|image-caption|photo-caption)(?:-|$)")
_INFOBOX = re.compile(r"(?:^|-)infobox(?:-|$)")
_BYLINE = re.compile(
    r"(?:^|-)(?:authors?|byline|date|dateline|datetime|entry-meta|meta|post-meta|posted-on|pubdate|"
    r"published|read-?time|reading-time|time-to-read|timestamp|updated)(?:-|$)"
)
_DATE_CLASS = re.compile(r"(?:date|dateline)")
_PLACED = re.compile(r"\W*(?:[^\W\d_]++[ .'’-]{1,2}+){0,3}+[^\W\d_]++,")
_WEEKDAY = re.compile(
    r"\b(?:\w+day|\w+tag|mittwoch|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes"
    r"|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo|mon|tue|wed|thu|fri|sat|sun|published|posted)\b",
    re.IGNORECASE,
)
_SMALL = re.compile(r"(?:^|-)(?:btn|buttons?|ratings?|share|votes?)(?:-|$)")
_LONGEST_BYLINE_CHARS, _LONGEST_SMALL_CHARS = 200, 60
_NAMING_CHARS = 120
_NEVER_BY_CLASS_LISTED = "html body main article h1 h2 h3 h4 h5 h6 head title"
_NEVER_BY_CLASS = frozenset(_NEVER_BY_CLASS_LISTED.split())
_NAMED_BY_ID_LISTED = "div aside ul ol form header footer table nav"
_NAMED_BY_ID = frozenset(_NAMED_BY_ID_LISTED.split())
_SORTED_UNDER = ("category-", "tag-", "type-", "format-", "has-", "is-", "no-", "with-")
"""Beginnings of class names that say what an article is about or how it is laid out."""

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

_LABEL = re.compile(
    r"(?:advertisements?|sponsored(?: content)?|share(?: this)?(?: \w+)?|follow us(?: on .*)?|"
    r"(?:see also|external links|further links)|related(?: \w+){0,2}|recommended(?: for you)?|"
    r"read (?:more|next|also)|more (?:from|in|on|stories|articles|posts|like this)\b.{0,40}|"
    r"most (?:read|popular|viewed)|popular(?: \w+)?|trending(?: now)?|latest(?: \w+)?|"
    r"(?:you (?:may|might) (?:also )?(?:like|enjoy)|what to read next|keep reading|up next)|"
    r"subscribe(?: .{0,40})?|sign up .{0,60}|newsletter|in this (?:article|section)|"
    r"mehr zum thema|lesen sie auch|anzeige|teilen|à lire aussi|sur le même sujet|partager|"
    r"publicité|"
    r"te puede interesar|lee también|publicidad|compartir)\s*[:.…]?",
    re.IGNORECASE,
)
_COMMENTS = re.compile(
    r"(?:\d[\d,.]* )?(?:comments?|responses?|replies|thoughts on .*)(?: \(\d+\))?|"
    r"(?:leave|post|add) a (?:comment|reply)|join the (?:conversation|discussion)|kommentare|"
    r"commentaires|comentarios",
    re.IGNORECASE,
)
_LEADS_ON = re.compile(
    r"(?:read (?:more|also|next)|related|see also|more|watch|don't miss|lesen sie auch|"
    r"à lire aussi|"
    r"lee también)\s*(?:[:|–—]|$)",
    re.IGNORECASE,
)
_SKIP_LINK = re.compile(r"\s*(?:skip|jump|zum|aller|saltar|ir)\b.{0,40}", re.IGNORECASE)
_LONGEST_LABEL_CHARS = 70


def mark_of(element: Element, *, whole: bool = False) -> str:
    """The word by which the element says that it is no part of an article; empty for none.

    `whole`: a class counts only if all else in it is of the page's layout (`post-comments`), for it
    may also say what text is about (`social-history`). Of an id that always holds, more strictly.
    """
    name = local_name(element)
    if name in _NAMES:
        return name
    role = (element.get("role") or "").strip().lower()
    if role in _ROLES:
        return f"role {role}"
    if name in _NEVER_BY_CLASS:
        return ""
    by_class = (_wholly(each, _LAYOUT) if whole else _word_of(each) for each in _classes(element))
    by_id = (_wholly(each, _FILLERS) for each in _id(element, name))
    return next(filter(None, (*by_class, *by_id)), "")


def other_reason(element: Element) -> tuple[Role, SkipReason] | None:
    """What else its class says that the element is, and the role that text so skipped has."""
    if local_name(element) in _NEVER_BY_CLASS:
        return None
    for each in (*_classes(element), *_id(element, local_name(element))):
        if _CONTENTS.search(each):
            return Role.CONTENTS, SkipReason.CONTENTS
        if _REFERENCES.search(each) and local_name(element) in {"ol", "ul", "div", "dl"}:
            return Role.FOOTNOTES, SkipReason.FOOTNOTE
        if _CAPTION.search(each):
            return Role.CAPTIONS, SkipReason.CAPTION
        if _INFOBOX.search(each) and local_name(element) != "table":
            return Role.TABLES, SkipReason.TABLE
    return None


def is_unseen(element: Element) -> bool:
    """Whether only programs that read screens aloud are shown the element."""
    by_class = any(_ASIDE_SCREEN.search(each) for each in _classes(element))
    return by_class and local_name(element) not in _NEVER_BY_CLASS


def is_byline(element: Element, chars: int, author: str) -> bool:
    """Whether the element, so long, says who wrote the article and when.

    A bare name counts only where it is that of the `author` whom the page names in its head.
    """
    if local_name(element) in _NEVER_BY_CLASS or not 0 < chars <= _LONGEST_BYLINE_CHARS:
        return False
    classes = _classes(element)
    only_date = bool(classes) and all(map(_DATE_CLASS.fullmatch, classes))
    if only_date and _heads_letter(text_within(element)):
        return False
    named = any(_BYLINE.search(each) for each in classes)
    named = named or "author" in {element.get("rel"), element.get("itemprop")}
    if not named and (not author or chars > _NAMING_CHARS):
        return False
    if any(local_name(each) in HEADINGS for each in element.iter()):
        return False
    text = text_within(element)
    dated = any(each.isdigit() for each in text)
    if named:
        return dated or _holds_link(element) or (bool(author) and author in text)
    return dated and author in text and _holds_link(element)


def _heads_letter(text: str) -> bool:
    """Whether it says where something was written before it says when: *Geneva, May 3d*."""
    place = _PLACED.match(text)
    return place is not None and not _WEEKDAY.search(place[0])


def is_small_control(element: Element, chars: int) -> bool:
    """Whether the element is a button or a counter, however it is made."""
    if local_name(element) in _NEVER_BY_CLASS or not 0 < chars <= _LONGEST_SMALL_CHARS:
        return False
    return any(_SMALL.search(each) for each in _classes(element))


def is_skip_link(element: Element) -> bool:
    """Whether the element is a link to the page's own main part: "Skip to content"."""
    link = local_name(element) == "a" and (element.get("href") or "").startswith("#")
    return link and bool(_SKIP_LINK.fullmatch(text_within(element)))


def is_label(text: str) -> bool:
    """Whether the text heads something beside the article: "Related stories"."""
    return len(text) <= _LONGEST_LABEL_CHARS and bool(_LABEL.fullmatch(text))


def is_comments_label(text: str) -> bool:
    """Whether the text heads readers' comments."""
    return len(text) <= _LONGEST_LABEL_CHARS and bool(_COMMENTS.fullmatch(text))


def leads_on(text: str) -> bool:
    """Whether the text begins like a pointer to another article: "Read more: …"."""
    return bool(_LEADS_ON.match(text))


def text_within(element: Element) -> str:
    """The element's text, each run of whitespace one space."""
    return " ".join("".join(str(text) for text in element.itertext()).split())


def _holds_link(element: Element) -> bool:
    return any(local_name(each) == "a" for each in element.iter())


def _word_of(name: str) -> str:
    found = _PHRASES.search(name)
    if found:
        return found[0].strip("-")
    return next((word for word in name.split("-") if word in _WORDS), "")


def _wholly(name: str, besides: frozenset[str]) -> str:
    """The first such word of a name that has no others, but for numbers and those `besides`."""
    rest = _PHRASES.sub("-", name).split("-")
    known = (each in _WORDS | besides or _NUMBER.fullmatch(each) for each in rest)
    return _word_of(name) if all(known) else ""


def _id(element: Element, name: str) -> list[str]:
    usable = name in _NAMED_BY_ID and "section" not in (element.get("class") or "").split()
    return [_normal(element.get("id") or "")] if usable and element.get("id") else []


def _classes(element: Element) -> list[str]:
    names = (element.get("class") or "").split()
    return [_normal(each) for each in names if not each.startswith(_SORTED_UNDER)]


def _normal(name: str) -> str:
    """`relatedPosts_list` → `related-posts-list`."""
    return re.sub(r"[^0-9A-Za-z]+", "-", _CAMEL.sub("-", name)).strip("-").lower()
