"""Where others may send us: which URLs and addresses the service itself may connect to."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote, urlsplit

from narrator.domain.errors import OptionRefused

LONGEST_URL_CHARS = 2_000
LONGEST_NAME_CHARS = 200
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # RFC 4291: all that anybody was given so far
_BASE_PORTS = {"http": 80, "https": 443}
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff/\\]")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The parts of a URL that a connection needs."""

    scheme: str
    host: str
    port: int
    target: str  # path and query, as a request line has them

    @property
    def authority(self) -> str:
        """Host and port as a `Host` header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _BASE_PORTS[self.scheme] else f"{host}:{self.port}"


def endpoint_of(url: str, *, whose: str, example: str) -> Endpoint:
    """The endpoint that a URL names; raises OptionRefused, which never repeats the URL.

    `whose` URL it is, and an `example` of one, are for the error. A user or password in it is
    refused: whoever reads the job would read them.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refused(whose, example, "it is no URL") from None
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > LONGEST_URL_CHARS:
        why = f"it is longer than {LONGEST_URL_CHARS:,} characters, or not plain ASCII"
        raise _refused(whose, example, why)
    if parts.scheme not in _BASE_PORTS or not parts.hostname:
        raise _refused(whose, example, "it is not http:// or https:// with a host")
    if parts.username is not None or parts.password is not None:
        raise _refused(whose, example, "it holds a user or a password")
    path = parts.path or "/"
    return Endpoint(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _BASE_PORTS[parts.scheme],
        target=f"{path}?{parts.query}" if parts.query else path,
    )


def document_endpoint(url: str) -> Endpoint:
    """The endpoint of a document's URL; raises OptionRefused, which never repeats the URL."""
    return endpoint_of(url, whose="the document", example="https://example.org/essay.html")


def named_by(url: str) -> str:
    """What to call the document at a URL: the last part of its path, or else its host.

    Raises OptionRefused.
    """
    endpoint = document_endpoint(url)
    path = endpoint.target.partition("?")[0]
    last = unquote(path.rstrip("/").rpartition("/")[2], errors="replace")
    return _UNPRINTABLE.sub("", last).strip(". ")[-LONGEST_NAME_CHARS:] or endpoint.host


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


def _refused(whose: str, example: str, why: str) -> OptionRefused:
    return OptionRefused(
        f"{whose}'s URL cannot be used: {why}",
        remedy=f"give an http or https URL, such as {example}",
    )
