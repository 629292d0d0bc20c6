"""Who is let in."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.api.auth import OPEN_CALLER, Gate, gate_of, is_loopback
from narrator.api.problems import Refusal
from narrator.domain.errors import SettingsError
from narrator.settings import ApiSettings, load


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


KEYED = Gate(keys={digest("first"): "ann", digest("second"): "bob"}, open=False)
OPEN = Gate(keys={}, open=True)


def settings(**given: str) -> ApiSettings:
    return load({f"NARRATOR_{name}": value for name, value in given.items()}).api


@pytest.mark.parametrize(("key", "name"), [("first", "ann"), ("second", "bob")])
def test_a_known_key_names_its_holder(key: str, name: str) -> None:
    assert KEYED.caller_of_key(key) == name


@given(st.text().filter(lambda key: key not in {"first", "second"}))
def test_no_other_key_is_let_in(key: str) -> None:
    with pytest.raises(Refusal) as refused:
        KEYED.caller_of_key(key)
    assert refused.value.status_code == 401


def test_the_digest_of_a_key_is_not_a_key() -> None:
    with pytest.raises(Refusal):
        KEYED.caller_of_key(digest("first"))


def test_without_a_key_the_challenge_names_the_scheme_and_no_error() -> None:
    """RFC 6750 section 3.1: an error code is for credentials that were sent."""
    with pytest.raises(Refusal) as refused:
        KEYED.caller_without_key("127.0.0.1", "127.0.0.1:8080", None)
    assert refused.value.headers == {"WWW-Authenticate": 'Bearer realm="narrator"'}


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080", "127.0.0.1"])
def test_an_open_gate_serves_this_machine(host: str) -> None:
    assert OPEN.caller_without_key("127.0.0.1", host, None) == OPEN_CALLER


def test_an_open_gate_serves_a_unix_socket() -> None:
    assert OPEN.caller_without_key(None, "localhost", None) == OPEN_CALLER


@pytest.mark.parametrize(
    ("peer", "host", "origin"),
    [
        pytest.param("192.0.2.7", "127.0.0.1:8080", None, id="another machine"),
        pytest.param("127.0.0.1", "evil.example", None, id="a rebound name"),
        pytest.param("127.0.0.1", "", None, id="no host at all"),
        pytest.param("127.0.0.1", "[::1", None, id="a malformed host"),
        pytest.param("127.0.0.1", "127.0.0.1", "https://evil.example", id="another site's page"),
        pytest.param("127.0.0.1", "127.0.0.1", "null", id="a page without an origin"),
    ],
)
def test_an_open_gate_refuses(peer: str, host: str, origin: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        OPEN.caller_without_key(peer, host, origin)
    assert refused.value.status_code == 403


def test_a_page_of_this_machine_is_served_by_an_open_gate() -> None:
    assert OPEN.caller_without_key("::1", "localhost:8080", "http://localhost:8080") == OPEN_CALLER


def test_no_app_stands_open_unasked() -> None:
    """A fleet's API without keys does not start."""
    with pytest.raises(SettingsError, match="no keys"):
        gate_of(settings(DATABASE_URL="postgresql+psycopg://db/narrator"))


def test_an_embedded_app_on_loopback_without_keys_is_open() -> None:
    assert gate_of(settings()).open


def test_keys_close_an_embedded_app() -> None:
    assert not gate_of(settings(API_KEYS=f"ann:{digest('first')}")).open


def test_a_gate_does_not_show_its_keys() -> None:
    assert digest("first") not in repr(KEYED)


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("x", False)],  # noqa: S104  # an address to refuse
)
def test_loopback_is_told_from_the_world(host: str, is_ours: bool) -> None:  # noqa: FBT001  # a fact
    assert is_loopback(host) is is_ours
