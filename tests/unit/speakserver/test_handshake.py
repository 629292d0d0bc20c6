"""Who may open a socket, and with what options."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.speakserver.handshake import (
    REFUSALS,
    Asked,
    Encoding,
    Options,
    Refusal,
    answered_subprotocol,
    judge,
)

KEYS = frozenset({"0123abcd", "head.body.signature"})


def asked(query="", authorization="Token 0123abcd", subprotocols=(), path="/v1/speak"):
    return Asked(path=path, query=query, authorization=authorization, subprotocols=subprotocols)


def refusal(query="", **request):
    verdict = judge(asked(query, **request), KEYS)
    assert isinstance(verdict, Refusal)
    return verdict


@pytest.mark.parametrize(
    ("authorization", "subprotocols"),
    [
        ("Token 0123abcd", ()),
        ("token 0123abcd", ()),
        ("Bearer head.body.signature", ()),
        ("bearer head.body.signature", ()),
        (None, ("token", "0123abcd")),
        (None, ("bearer", "head.body.signature")),
        (None, ("token", "0123abcd", "x-deepgram-session-id", "an-id")),
    ],
)
def test_each_form_of_authentication_opens_a_socket(authorization, subprotocols):
    request = asked(authorization=authorization, subprotocols=subprotocols)
    assert isinstance(judge(request, KEYS), Options)


@pytest.mark.parametrize(
    ("authorization", "subprotocols"),
    [
        (None, ()),
        ("", ()),
        ("Token", ()),
        ("Token ", ()),
        ("Token wrong", ()),
        ("Basic 0123abcd", ()),
        ("0123abcd", ()),
        ("Bearer 0123abcd", ()),
        ("Token head.body.signature", ()),
        (None, ("token",)),
        (None, ("token", "wrong")),
        (None, ("0123abcd", "token")),
        ("Token wrong", ("token", "0123abcd")),
    ],
)
def test_anything_else_is_401(authorization, subprotocols):
    refused = refusal(authorization=authorization, subprotocols=subprotocols)
    assert (refused.status, refused.code) == (401, "INVALID_AUTH")


@pytest.mark.parametrize("authorization", ["Token whatever", "Bearer whatever", "token é"])
def test_without_configured_keys_any_credential_is_good(authorization):
    assert isinstance(judge(asked(authorization=authorization), frozenset()), Options)


@pytest.mark.parametrize("authorization", [None, "Token ", "Basic whatever"])
def test_without_configured_keys_there_must_still_be_one(authorization):
    assert judge(asked(authorization=authorization), frozenset()) == REFUSALS[401]


def test_the_answered_subprotocol_is_the_scheme_as_offered_and_never_the_key():
    assert answered_subprotocol(["token", "0123abcd"]) == "token"
    assert answered_subprotocol(["Bearer", "a.b.c", "x-deepgram-session-id"]) == "Bearer"
    assert answered_subprotocol(["chat"]) is None
    assert answered_subprotocol([]) is None


def test_an_empty_query_means_the_documented_defaults():
    assert judge(asked(), KEYS) == Options(
        model="aura-asteria-en", encoding=Encoding.LINEAR16, sample_rate=24_000, speed=1.0
    )


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (
            "encoding=linear16&mip_opt_out=true&model=aura-2-thalia-en&sample_rate=48000&speed=0.9",
            Options(model="aura-2-thalia-en", sample_rate=48_000, speed=0.9),
        ),
        ("encoding=mulaw", Options(encoding=Encoding.MULAW, sample_rate=8_000)),
        (
            "encoding=alaw&sample_rate=16000",
            Options(encoding=Encoding.ALAW, sample_rate=16_000),
        ),
        ("container=none", Options()),
        ("tag=one&tag=two&nobody_knows=this", Options()),
        ("model=aura-2-celeste-es&speed=1.5", Options(model="aura-2-celeste-es", speed=1.5)),
    ],
)
def test_a_good_query_is_understood(query, expected):
    assert judge(asked(query), KEYS) == expected


@pytest.mark.parametrize(
    "model",
    ["aura-asteria-en"]
    + [f"aura-2-thalia-{language}" for language in ("en", "es", "de", "nl", "fr", "it", "ja")],
)
def test_models_of_both_generations_are_known(model):
    assert judge(asked(f"model={model}"), KEYS) == Options(model=model)


@pytest.mark.parametrize(
    "model", ["", "thalia", "aura-2-thalia", "aura-2-thalia-xx", "aura-asteria-es", "flux-a-en"]
)
def test_an_unknown_model_is_refused_in_the_documented_words(model):
    refused = refusal(f"model={model}")
    assert (refused.status, refused.code) == (400, "Bad Request")
    assert refused.message == "Bad Request: No such model/version combination found."


@pytest.mark.parametrize(
    ("query", "code", "word"),
    [
        ("encoding=mp3", "UNSUPPORTED_AUDIO_FORMAT", "`encoding=mp3`"),
        ("encoding=", "UNSUPPORTED_AUDIO_FORMAT", "`encoding`"),
        ("container=wav", "UNSUPPORTED_AUDIO_FORMAT", "`container=wav`"),
        ("bit_rate=48000", "UNSUPPORTED_AUDIO_FORMAT", "`bit_rate` is not applicable"),
        ("sample_rate=44100", "UNSUPPORTED_AUDIO_FORMAT", "`sample_rate` must be one of"),
        ("encoding=mulaw&sample_rate=24000", "UNSUPPORTED_AUDIO_FORMAT", "`encoding=mulaw`"),
        ("sample_rate=fast", "INVALID_QUERY_PARAMETER", "`sample_rate`"),
        ("mip_opt_out=yes", "INVALID_QUERY_PARAMETER", "`mip_opt_out`"),
        ("tag=" + "x" * 129, "INVALID_QUERY_PARAMETER", "`tag`"),
        ("model=aura-2-thalia-en&speed=0.69", "INVALID_QUERY_PARAMETER", "between 0.7 and 1.5"),
        ("model=aura-2-thalia-en&speed=1.51", "INVALID_QUERY_PARAMETER", "between 0.7 and 1.5"),
        ("model=aura-2-thalia-en&speed=nan", "INVALID_QUERY_PARAMETER", "between 0.7 and 1.5"),
        ("model=aura-2-thalia-en&speed=slow", "INVALID_QUERY_PARAMETER", "`speed`"),
        ("model=aura-2-julius-de&speed=1.1", "INVALID_QUERY_PARAMETER", "English and Spanish"),
        ("model=aura-asteria-en&speed=1.1", "INVALID_QUERY_PARAMETER", "English and Spanish"),
    ],
)
def test_a_bad_query_is_refused_by_name(query, code, word):
    refused = refusal(query)
    assert (refused.status, refused.code) == (400, code)
    assert word in refused.message


def test_authentication_is_judged_before_the_query():
    assert refusal("model=nobody", authorization="Token wrong").status == 401


def test_another_path_is_404():
    assert refusal(path="/v2/speak").status == 404


@given(value=st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_no_value_can_break_the_header_that_carries_its_refusal(value):
    for refused in (refusal(f"encoding=no{quote(value)}"), refusal(f"container=no{quote(value)}")):
        assert refused.message.isascii()
        assert refused.message.isprintable()


@pytest.mark.parametrize("status", [401, 402, 403, 429, 503])
def test_a_refusal_names_its_request_in_json(status):
    body = json.loads(REFUSALS[status].body("an-id"))
    assert body["request_id"] == "an-id"
    assert body["err_msg"] == REFUSALS[status].message


def test_only_503_spells_its_code_otherwise():
    assert "error_code" in json.loads(REFUSALS[503].body("an-id"))
    assert "err_code" in json.loads(REFUSALS[429].body("an-id"))
