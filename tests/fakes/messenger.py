"""Twins of the messenger, of the fetcher and of the scratch folder."""

from dataclasses import dataclass, field
from pathlib import Path

from narrator.domain.errors import DocumentRefused, Undelivered
from narrator.domain.outbound import document_endpoint
from narrator.domain.webhooks import receiver_of
from narrator.services.ports import Fetched


@dataclass
class FakeMessenger:
    """Keeps what it was sent: URL, body and id. Hosts answer 200, unless `statuses` says else."""

    statuses: dict[str, int] = field(default_factory=dict)
    sent: list[tuple[str, bytes, str]] = field(default_factory=list)

    def send(self, url: str, body: bytes, *, message_id: str) -> None:
        host = receiver_of(url).host
        self.sent.append((url, body, message_id))
        if (status := self.statuses.get(host, 200)) // 100 != 2:
            raise Undelivered(f"the webhook's receiver {host} answered HTTP {status}")


@dataclass
class FakeFetcher:
    """Has the `pages`, by URL; `asked` is what was asked for."""

    pages: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def fetch(self, url: str, path: Path) -> Fetched:
        host = document_endpoint(url).host
        self.asked.append(url)
        if url not in self.pages:
            raise DocumentRefused(f"the document's host {host} answered HTTP 404")
        path.write_bytes(self.pages[url])
        return Fetched(media_type="text/html", size_bytes=len(self.pages[url]))


@dataclass
class FakeScratch:
    """There is never anything in it; `cleared` is what was asked for."""

    cleared: list[float] = field(default_factory=list)

    def clear(self, *, unused_seconds: float) -> int:
        self.cleared.append(unused_seconds)
        return 0
