"""Twins of the messenger and of the scratch folder."""

from dataclasses import dataclass, field

from narrator.domain.errors import Undelivered
from narrator.domain.webhooks import receiver_of


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
class FakeScratch:
    """There is never anything in it; `cleared` is what was asked for."""

    cleared: list[float] = field(default_factory=list)

    def clear(self, *, unused_seconds: float) -> int:
        self.cleared.append(unused_seconds)
        return 0
