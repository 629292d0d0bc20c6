"""Webhooks: which URLs and addresses may be told, and what they are told."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from narrator.domain.errors import OptionRefused
from narrator.domain.jobs import Job, JobState

LONGEST_URL_CHARS = 2_000
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291: all that anybody was given so far
_BASE_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """That a job ended: `id` is the same however often it is told, `at` when the job ended so.

    `job` is the job as it stands now: it may have been retried since.
    """

    id: str
    url: str
    state: JobState
    at: float
    job: Job


@dataclass(frozen=True, slots=True)
class Receiver:
    """Where a webhook goes: the parts of its URL that a connection needs."""

    scheme: str
    host: str
    port: int
    target: str  # path and query, as a request line has them


def receiver_of(url: str) -> Receiver:
    """The receiver that a URL names; raises OptionRefused, which never repeats the URL.

    A user or password in it is refused: whoever reads the job would read them.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused("it is no URL") from None
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST_URL_CHARS:
        raise _refused(f"it is longer than {LONGEST_URL_CHARS:,} characters, or not plain ASCII")
    if parts.scheme not in _BASE_PORTS or not parts.hostname:
        raise _refused("it is not http:// or https:// with a host")
    if parts.username is not None or parts.password is not None:
        raise _refused("it holds a user or a password")
    path = parts.path or "/"
    return Receiver(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _BASE_PORTS[parts.scheme],
        target=f"{path}?{parts.query}" if parts.query else path,
    )


def is_public(address: str) -> bool:
    """Whether anybody on the internet has this address: not private, loopback or link-local.

    An address that carries another one within it is as public as that one.
    """
    found = _inner(ip_address(address.partition("%")[0]))
    if isinstance(found, IPv6Address) and found not in _GLOBAL_UNICAST:
        return False  # site-local, or translated into an IPv4 address by a network's own rules
    return found.is_global and not found.is_multicast


def _inner(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _refused(why: str) -> OptionRefused:
    return OptionRefused(
        f"the webhook's URL cannot be used: {why}",
        remedy="give an http or https URL, such as https://example.org/narrator",
    )
