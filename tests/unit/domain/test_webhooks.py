"""Which URLs and addresses may be told."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.errors import OptionRefused
from narrator.domain.outbound import LONGEST_URL_CHARS, Endpoint, is_public
from narrator.domain.webhooks import receiver_of


@pytest.mark.parametrize(
    ("url", "receiver"),
    [
        ("https://example.org", Endpoint("https", "example.org", 443, "/")),
        ("http://example.org/a?b=c", Endpoint("http", "example.org", 80, "/a?b=c")),
        ("https://example.org:8443/a%20b#x", Endpoint("https", "example.org", 8443, "/a%20b")),
        ("https://[2001:db8::1]/a", Endpoint("https", "2001:db8::1", 443, "/a")),
    ],
)
def test_a_receiver_is_what_its_url_names(url: str, receiver: Endpoint) -> None:
    assert receiver_of(url) == receiver


REFUSED = [
    "",
    "example.org",
    "ftp://example.org/",
    "file:///etc/passwd",
    "https://",
    "https:///a",
    "https://ada:secret@example.org/",
    "https://example.org:port/",
    "https://example.org:99999/",
    "https://[::1/",
    "https://exämple.org/",
    "https://example.org/a b",
    "https://example.org/\r\nHost: inner",
    f"https://example.org/{'a' * LONGEST_URL_CHARS}",
]


@pytest.mark.parametrize("url", REFUSED, ids=repr)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(OptionRefused):
        receiver_of(url)


@given(st.text())
def test_any_text_is_a_receiver_or_refused_without_being_repeated(text: str) -> None:
    reason = ""
    try:
        receiver_of(text)
    except OptionRefused as refusal:
        reason = refusal.reason
    assert len(text) < 8 or text not in reason


INNER = [
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "2002:7f00:1::",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "::ffff:0:10.0.0.1",
    "::10.0.0.1",
    "fec0::1",
]


@pytest.mark.parametrize("address", INNER)
def test_an_address_within_a_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"]
)
def test_an_address_that_anybody_may_have_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_in_another_is_as_public_as_by_itself(address: IPv4Address) -> None:
    public = is_public(str(address))
    assert is_public(f"::ffff:{address}") == public
    assert is_public(f"64:ff9b::{address}") == public
