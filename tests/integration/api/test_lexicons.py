"""Lexicons over HTTP: the installation's, and those that come with a document."""

import json

import httpx

from narrator.services.stored import fetch_lexicon
from tests.integration.api.installations import Installation

PATH = "/v1/lexicons/global"
BOOK = ("emma.txt", b"Emma was clever.")


def entries(**said: str) -> list[dict[str, str]]:
    return [{"written": word, "said": words} for word, words in said.items()]


def put(installation: Installation, etag: str | None = None, **said: str) -> httpx.Response:
    headers = {"If-Match": etag} if etag else {}
    return installation.caller.put(PATH, json={"entries": entries(**said)}, headers=headers)


def words_of(installation: Installation, **body: object) -> str:
    """What a plan of this body says."""
    answer = installation.caller.post("/v1/plans?full=true", **body)
    assert answer.status_code == 200, answer.text
    text: str = answer.json()["plan"]["chapters"][0]["chunks"][0]["text"]
    return text


def test_each_replacement_is_a_version_and_old_ones_stay(installation: Installation) -> None:
    assert installation.caller.get(PATH).json() == {"version": 0, "entries": []}
    assert put(installation, Emma="Emmer").json()["version"] == 1
    assert put(installation, Emma="Em").headers["ETag"] == '"2"'
    assert installation.caller.get(PATH).json()["entries"][0]["said"] == "Em"
    old = installation.caller.get(PATH, params={"version": 1}).json()
    assert old["entries"][0]["said"] == "Emmer"
    assert installation.caller.get(PATH, params={"version": 3}).status_code == 404


def test_what_was_changed_meanwhile_is_not_replaced(twins: Installation) -> None:
    put(twins, Emma="Emmer")
    late = put(twins, '"0"', Emma="Em")
    assert (late.status_code, late.json()["code"]) == (412, "outrun")
    assert put(twins, '"1"', Emma="Em").status_code == 200


def test_an_entry_that_cannot_be_carried_out_is_refused(twins: Installation) -> None:
    broken = [{"written": "(", "said": "", "kind": "regex"}]
    answer = twins.caller.put(PATH, json={"entries": broken})
    assert (answer.status_code, answer.json()["code"]) == (422, "option-refused")


def test_a_document_is_said_as_the_installation_s_lexicon_has_it(twins: Installation) -> None:
    put(twins, Emma="Emmer")
    assert words_of(twins, files={"document": BOOK}) == "Emmer was clever."


def test_a_lexicon_comes_as_a_file_or_as_entries_and_counts_more(twins: Installation) -> None:
    put(twins, Emma="Emmer")
    table = ("words.csv", b"written,said\nEmma,Em\n")
    assert words_of(twins, files={"document": BOOK, "lexicon": table}) == "Em was clever."
    body = {"text": "Emma was clever.", "lexicon": entries(Emma="Em")}
    assert words_of(twins, json=body) == "Em was clever."


def test_a_job_is_bound_to_the_lexicon_of_its_moment(installation: Installation) -> None:
    put(installation, Emma="Emmer")
    given = json.dumps(entries(clever="cle-ver")).encode()
    files = {"document": BOOK, "lexicon": ("words.json", given)}
    shown = installation.caller.post("/v1/jobs", files=files).json()
    put(installation, Emma="Em")
    job = installation.services.jobs.get(shown["id"])
    kept = fetch_lexicon(installation.services, job)
    assert shown["options"]["lexicon"] == kept.sha256
    assert [entry.said for entry in kept.entries] == ["cle-ver", "Emmer"]


def test_a_lexicon_that_is_none_is_refused_before_anything_is_kept(twins: Installation) -> None:
    files = {"document": BOOK, "lexicon": ("words.csv", b"one,two,three\n")}
    assert twins.caller.post("/v1/jobs", files=files).status_code == 422
    assert twins.services.jobs.recent(limit=1) == []


def test_a_voice_that_takes_no_ipa_is_a_warning(twins: Installation) -> None:
    ipa = [{"written": "Emma", "said": "ema", "kind": "ipa"}]
    body = {"text": "Emma was clever.", "lexicon": ipa, "voice": "aura-asteria-en"}
    shown = twins.caller.post("/v1/plans", json=body).json()
    assert [warning["code"] for warning in shown["warnings"]] == ["no-ipa"]
