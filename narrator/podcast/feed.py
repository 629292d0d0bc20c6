"""A finished recording as a podcast: RSS 2.0 with the `itunes` and `podcast` namespaces.

A file of the recording is an episode. Where there are several they are heard in order, which
`itunes:type` serial says. The same recording always has the same feed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from lxml import etree

from narrator.ingest.xhtml import Element

ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
PODCAST = "https://podcastindex.org/namespace/1.0"
ATOM = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/rss+xml"
CHAPTERS_TYPE = "application/json+chapters"

_NAMES: dict[str | None, str] = {"itunes": ITUNES, "podcast": PODCAST, "atom": ATOM}
_CATEGORY = "Arts", "Books"
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENCLOSED = {"audio/mp4": "audio/x-m4a"}
"""What Apple calls it; other players know both names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A file of the recording. `guid` never changes.

    `chapters_url` and `transcripts` (URL, media type) may be empty.
    """

    title: str
    guid: str
    url: str
    bytes: int
    media_type: str
    seconds: float
    chapters_url: str = ""
    transcripts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Show:
    """The book. `published_at` is in seconds since the epoch; `language` a BCP 47 tag.

    `url` is the feed's own, `link` a page about it; `image_url` may be empty.
    """

    title: str
    author: str
    description: str
    language: str
    url: str
    link: str
    image_url: str
    published_at: float
    episodes: tuple[Episode, ...]


def feed(show: Show) -> bytes:
    """The feed as RSS."""
    rss = etree.Element("rss", {"version": "2.0"}, nsmap=_NAMES)  # type: ignore[arg-type]  # stubs
    channel = etree.SubElement(rss, "channel")
    _add(channel, "title", show.title)
    _add(channel, "link", show.link)
    _add(channel, "description", show.description or show.title)
    _add(channel, "language", show.language or "en")
    _add(channel, "generator", "Narrator")
    self_link = {"href": show.url, "rel": "self", "type": MEDIA_TYPE}
    etree.SubElement(channel, f"{{{ATOM}}}link", self_link)
    _itunes(channel, "author", show.author)
    _itunes(channel, "type", "serial")
    _itunes(channel, "explicit", "false")
    outer = etree.SubElement(channel, f"{{{ITUNES}}}category", {"text": _CATEGORY[0]})
    etree.SubElement(outer, f"{{{ITUNES}}}category", {"text": _CATEGORY[1]})
    if show.image_url:
        etree.SubElement(channel, f"{{{ITUNES}}}image", {"href": show.image_url})
    for number, episode in enumerate(show.episodes, start=1):
        _item(channel, show, episode, number)
    data: bytes = etree.tostring(rss, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return data


def _item(channel: Element, show: Show, episode: Episode, number: int) -> None:
    item = etree.SubElement(channel, "item")
    _add(item, "title", episode.title)
    _add(item, "guid", episode.guid).set("isPermaLink", "false")
    _add(item, "pubDate", _date(show, number))
    kind = _ENCLOSED.get(episode.media_type, episode.media_type)
    enclosure = {"url": episode.url, "length": str(episode.bytes), "type": kind}
    etree.SubElement(item, "enclosure", enclosure)
    _itunes(item, "duration", str(round(episode.seconds)))
    _itunes(item, "episode", str(number))
    _itunes(item, "episodeType", "full")
    _itunes(item, "explicit", "false")
    if episode.chapters_url:
        place = {"url": episode.chapters_url, "type": CHAPTERS_TYPE}
        etree.SubElement(item, f"{{{PODCAST}}}chapters", place)
    for url, media_type in episode.transcripts:
        etree.SubElement(
            item, f"{{{PODCAST}}}transcript", {"url": url, "type": media_type, "rel": "captions"}
        )


def _date(show: Show, number: int) -> str:
    """An earlier episode is a minute older, for players that sort by nothing but dates.

    None is of the future: some players hide those.
    """
    older = timedelta(minutes=len(show.episodes) - number)
    moment = datetime.fromtimestamp(show.published_at, UTC) - older
    return format_datetime(moment.replace(microsecond=0))


def _itunes(parent: Element, name: str, text: str) -> None:
    if text:
        _add(parent, f"{{{ITUNES}}}{name}", text)


def _add(parent: Element, name: str, text: str) -> Element:
    child = etree.SubElement(parent, name)
    child.text = _UNFIT.sub("\ufffd", text)
    return child
