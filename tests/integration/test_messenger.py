"""Webhooks over real sockets: what arrives, what does not count as taken, who is never asked."""

import hashlib
import hmac
from collections.abc import Callable

import pytest

from narrator.domain.errors import Undelivered
from narrator.messenger import EVENT_HEADER, SIGNATURE_HEADER, HttpMessenger
from narrator.services.ports import Messenger
from tests.fakes.messenger import FakeMessenger
from tests.servers.receiver import Receiver, receiving

pytestmark = pytest.mark.integration

BODY = '{"event":"job.succeeded","title":"Émile"}'.encode()


def send(messenger: Messenger, receiver: Receiver) -> None:
    messenger.send(receiver.url, BODY, message_id="1-0")


def test_a_message_arrives_as_it_was_given_and_named() -> None:
    with receiving(Receiver()) as receiver:
        send(HttpMessenger(private=True), receiver)
    ((path, headers, body),) = receiver.requests
    assert (path, body) == ("/told?by=narrator", BODY)
    assert headers[EVENT_HEADER] == "1-0"
    assert headers["Content-Type"] == "application/json"
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert SIGNATURE_HEADER not in headers


def test_a_message_is_signed_over_its_body_and_the_time() -> None:
    with receiving(Receiver()) as receiver:
        send(HttpMessenger(secret="hush", private=True, now=lambda: 1_700_000_000.9), receiver)
    ((_, headers, _),) = receiver.requests
    expected = hmac.new(b"hush", b"1700000000." + BODY, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE_HEADER] == f"t=1700000000,v1={expected}"


def test_a_name_is_looked_up_and_told_as_the_host() -> None:
    with receiving(Receiver()) as receiver:
        url = f"http://localhost:{receiver.port}/"
        HttpMessenger(private=True).send(url, BODY, message_id="1-0")
    ((_, headers, _),) = receiver.requests
    assert headers["Host"] == f"localhost:{receiver.port}"


@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 500, 503])
def test_any_answer_but_a_success_is_undelivered_and_no_redirect_is_followed(status: int) -> None:
    with receiving(Receiver(status=status)) as receiver:
        with pytest.raises(Undelivered, match=str(status)) as refusal:
            send(HttpMessenger(private=True), receiver)
        assert "told" not in refusal.value.reason
    assert [path for path, _, _ in receiver.requests] == ["/told?by=narrator"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_of_one_s_own_network_is_not_connected_to(host: str) -> None:
    with receiving(Receiver()) as receiver:
        url = f"http://{host}:{receiver.port}/"
        with pytest.raises(Undelivered, match="not public"):
            HttpMessenger().send(url, BODY, message_id="1-0")
    assert receiver.requests == []


def test_a_receiver_that_never_answers_is_given_up() -> None:
    messenger = HttpMessenger(private=True, seconds=0.5)
    with (
        receiving(Receiver(silent=True)) as receiver,
        pytest.raises(Undelivered, match="did not answer within"),
    ):
        send(messenger, receiver)


def test_a_receiver_that_is_not_there_is_undelivered() -> None:
    with receiving(Receiver()) as receiver:
        pass
    with pytest.raises(Undelivered, match="cannot be told"):
        send(HttpMessenger(private=True), receiver)


def test_a_name_that_nobody_has_is_undelivered() -> None:
    with pytest.raises(Undelivered, match="cannot be told"):
        HttpMessenger().send("https://narrator.invalid/", BODY, message_id="1-0")


TWINS: dict[str, Callable[[int, str], Messenger]] = {
    "http": lambda _, __: HttpMessenger(private=True),
    "memory": lambda status, host: FakeMessenger(statuses={host: status}),
}


@pytest.mark.parametrize("kind", TWINS)
@pytest.mark.parametrize("status", [200, 204, 302, 404, 503])
def test_the_twin_takes_what_is_taken_and_refuses_what_is_refused(kind: str, status: int) -> None:
    taken = True
    with receiving(Receiver(status=status)) as receiver:
        try:
            send(TWINS[kind](status, "127.0.0.1"), receiver)
        except Undelivered:
            taken = False
    assert taken == (status < 300)


def test_a_secret_is_not_shown() -> None:
    assert "hush" not in repr(HttpMessenger(secret="hush"))
