"""What is refused at the door, and how."""

from collections.abc import Iterator

import pytest

from narrator.api.uploads import JSON_BYTES, OVERHEAD_BYTES
from tests.integration.api.installations import DOCUMENT_BYTES, Installation
from tests.unit.api.calls import in_blocks

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
HEAD = b'--b\r\nContent-Disposition: form-data; name="document"; filename="a.txt"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"


def test_a_document_of_the_largest_size_is_accepted(twins: Installation) -> None:
    answer = twins.caller.post("/v1/jobs", files={"document": ("a.txt", b"a" * DOCUMENT_BYTES)})
    assert answer.status_code == 202


@pytest.mark.parametrize("over", [1, OVERHEAD_BYTES + 1, 10 * DOCUMENT_BYTES])
def test_a_document_that_is_larger_is_refused(twins: Installation, over: int) -> None:
    answer = twins.caller.post(
        "/v1/jobs", files={"document": ("a.txt", b"a" * (DOCUMENT_BYTES + over))}
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert f"{DOCUMENT_BYTES:,} bytes" in answer.json()["detail"]


def test_a_body_of_undeclared_length_is_refused_while_it_comes_in(
    twins: Installation,
) -> None:
    """No more is read of an endless body than the limit, and a block."""
    block = b"a" * 10_000
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        yield HEAD
        while True:
            read += len(block)
            yield block

    answer = twins.caller.post("/v1/jobs", headers=FORM, content=in_blocks(endless()))
    assert answer.status_code == 413
    assert read <= DOCUMENT_BYTES + OVERHEAD_BYTES + len(block)


def test_nothing_is_read_of_a_body_that_declares_itself_too_long(
    twins: Installation,
) -> None:
    read = []

    def body() -> Iterator[bytes]:
        read.append(HEAD)
        yield HEAD

    answer = twins.caller.post(
        "/v1/jobs", headers=FORM | {"Content-Length": "999999999"}, content=in_blocks(body())
    )
    assert (answer.status_code, read) == (413, [])


def test_nothing_is_read_of_a_stranger_s_body(twins: Installation) -> None:
    read = []

    def body() -> Iterator[bytes]:
        read.append(HEAD)
        yield HEAD

    answer = twins.caller.post(
        "/v1/jobs", headers=FORM | {"Authorization": "Bearer wrong"}, content=in_blocks(body())
    )
    assert (answer.status_code, read) == (401, [])


def test_a_text_too_long_for_json_is_sent_to_multipart(twins: Installation) -> None:
    answer = twins.caller.post("/v1/jobs", json={"text": "a" * JSON_BYTES})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")
    assert "multipart" in answer.json()["remedy"]


def test_an_empty_document_is_refused(twins: Installation) -> None:
    answer = twins.caller.post("/v1/jobs", files={"document": ("a.txt", b"")})
    assert (answer.status_code, answer.json()["code"]) == (422, "document-refused")


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"voice": "aura-9-nobody-xx"}, "option-refused", "aura-9-nobody-xx"),
        ({"speed": "9"}, "option-refused", "speed"),
        ({"speed": "nan"}, "invalid", "speed"),
        ({"speed": "fast"}, "invalid", "speed"),
        ({"format": "aiff"}, "invalid", "format"),
        ({"chapters": "one"}, "option-refused", "chapters"),
        ({"chapters": "5-3"}, "option-refused", "chapters"),
        ({"voce": "aura-2-thalia-en"}, "invalid", "voce"),
    ],
)
def test_an_option_that_does_not_fit_is_named(
    twins: Installation, fields: dict[str, str], code: str, named: str
) -> None:
    answer = twins.caller.post("/v1/jobs", files={"document": ("a.txt", b"a")}, data=fields)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert named in answer.json()["detail"]
    assert answer.json()["remedy"]


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"text": ""}',
        '{"text": 5}',
        '{"text": "a", "title": "%s"}' % ("x" * 201),
        '{"text": "a", "document": "b"}',
        '{"text": "\\ud800"}',
        '{"text": "a"',
        "[]",
        '"a"',
        "null",
        "",
    ],
)
def test_json_that_is_no_submission_is_refused(twins: Installation, body: str) -> None:
    answer = twins.caller.post("/v1/jobs", headers=JSON, content=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_what_was_sent_is_not_sent_back(twins: Installation) -> None:
    answer = twins.caller.post("/v1/jobs", json={"text": "private words", "speed": "fast"})
    assert answer.status_code == 422
    assert "private" not in answer.text


def test_a_form_without_a_file_is_refused(twins: Installation) -> None:
    answer = twins.caller.post(
        "/v1/jobs", headers=FORM, content=HEAD.replace(b'; filename="a.txt"', b"") + b"a" + TAIL
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "document")


def test_a_form_of_two_files_is_refused(twins: Installation) -> None:
    files = [("document", ("a.txt", b"a")), ("document", ("b.txt", b"b"))]
    assert twins.caller.post("/v1/jobs", files=files).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"--c\r\n", HEAD.replace(b"name=", b"nome=") + TAIL])
def test_a_form_that_is_no_form_is_refused(twins: Installation, body: bytes) -> None:
    answer = twins.caller.post("/v1/jobs", headers=FORM, content=body)
    assert answer.status_code in {400, 422}
    assert answer.json()["remedy"]


@pytest.mark.parametrize("media_type", ["", "text/plain", "application/epub+zip", "nonsense"])
def test_another_media_type_is_refused_by_name(twins: Installation, media_type: str) -> None:
    answer = twins.caller.post("/v1/jobs", headers={"Content-Type": media_type}, content=b"PK")
    assert (answer.status_code, answer.json()["code"]) == (415, "media-type")
    assert "multipart/form-data" in answer.headers["accept-post"]
