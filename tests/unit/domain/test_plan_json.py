"""Plans and documents as JSON: exact, canonical, and refused when they are something else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain import document_json, plan_json
from narrator.domain.documents import (
    Chapter,
    Cover,
    Document,
    Metadata,
    Passage,
    PassageKind,
    Pronunciation,
    Skip,
    SkipReason,
    Span,
)
from narrator.domain.errors import ToolFailed
from narrator.domain.plan import Boundary, Chunk, Edit, Plan, PlannedChapter

TEXT = st.text() | st.text(alphabet="a\ud800\udfff\x00“\n")
SPAN = st.builds(Span, st.integers(0, 10**7), st.integers(0, 10**7))
SKIP = st.builds(Skip, span=SPAN, reason=st.sampled_from(SkipReason))
METADATA = st.builds(
    Metadata,
    title=TEXT,
    creators=st.lists(TEXT, max_size=2).map(tuple),
    language=TEXT,
    identifier=TEXT,
    publisher=TEXT,
    date=TEXT,
    description=TEXT,
)
CHUNK = st.builds(
    Chunk,
    index=st.integers(0),
    spans=st.lists(SPAN, max_size=3).map(tuple),
    edits=st.lists(st.builds(Edit, span=SPAN, after=TEXT, rule=TEXT), max_size=3).map(tuple),
    text=TEXT,
    boundary=st.sampled_from(Boundary),
)
PLANS = st.builds(
    Plan,
    format=TEXT,
    source_sha256=TEXT,
    source_chars=st.integers(0),
    metadata=METADATA,
    chapters=st.lists(
        st.builds(
            PlannedChapter,
            number=st.integers(1),
            title=TEXT,
            chunks=st.lists(CHUNK, max_size=3).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    skips=st.lists(SKIP, max_size=3).map(tuple),
)
PASSAGE = st.builds(
    Passage,
    kind=st.sampled_from(PassageKind),
    spans=st.lists(SPAN, max_size=3).map(tuple),
    breaks=st.lists(st.integers(0), max_size=2).map(tuple),
    scene_break_after=st.booleans(),
)
DOCUMENTS = st.builds(
    Document,
    format=TEXT,
    source=TEXT,
    metadata=METADATA,
    chapters=st.lists(
        st.builds(
            Chapter,
            number=st.integers(1),
            title=TEXT,
            passages=st.lists(PASSAGE, max_size=3).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
    skips=st.lists(SKIP, max_size=3).map(tuple),
    cover=st.none() | st.builds(Cover, media_type=TEXT, data=st.binary()),
    pronunciations=st.lists(
        st.builds(Pronunciation, written=TEXT, said=TEXT, ipa=st.booleans()), max_size=2
    ).map(tuple),
)
NOT_WHAT_IS_MEANT = [b"", b"{", b"[]", b"null", b"{}", b'{"version":1}', b"\xff"]


@given(PLANS)
def test_a_plan_comes_back_as_it_was(plan):
    assert plan_json.from_json(plan_json.to_json(plan)) == plan


@given(PLANS)
def test_a_plan_has_one_form(plan):
    data = plan_json.to_json(plan)
    assert plan_json.canonical(json.loads(data.decode("utf-8", "surrogatepass"))) == data
    assert plan_json.to_json(plan_json.from_json(data)) == data


@given(PLANS, PLANS)
def test_plans_have_one_hash_when_they_are_equal(one, other):
    assert (plan_json.plan_hash(one) == plan_json.plan_hash(other)) == (one == other)


@given(DOCUMENTS)
def test_a_document_comes_back_as_it_was(document):
    assert document_json.from_json(document_json.to_json(document)) == document


@pytest.mark.parametrize("data", NOT_WHAT_IS_MEANT)
@pytest.mark.parametrize("form", [plan_json, document_json], ids=["plan", "document"])
def test_anything_else_is_refused(form, data):
    with pytest.raises(ToolFailed):
        form.from_json(data)


def test_another_version_is_refused():
    with pytest.raises(ToolFailed, match="version 99"):
        plan_json.from_json(b'{"version":99}')


def later(plan: Plan) -> bytes:
    """The plan as a release after this one might write it: a reason and a field more."""
    value = json.loads(plan_json.to_json(plan))
    value["skips"] = [[0, 1, "stage-direction"], [1, 2, "code"]]
    value["metadata"]["narrators"] = ["Ann One"]
    value["chapters"][0]["chunks"][0]["mood"] = "grave"
    return plan_json.canonical(value)


CHUNKS = (Chunk(index=0, spans=(), edits=(), text="a", boundary=Boundary.CHAPTER),)
PLAN = Plan(
    format="text",
    source_sha256="a" * 64,
    source_chars=2,
    metadata=Metadata(title="A"),
    chapters=(PlannedChapter(number=1, title="A", chunks=CHUNKS),),
    skips=(),
)


def test_what_a_later_release_adds_to_a_plan_is_no_reason_to_refuse_it():
    """Its reasons are kept as they are named; of its fields those that are known are."""
    read = plan_json.from_json(later(PLAN))
    unknown, known = (skip.reason for skip in read.skips)
    assert (unknown, known) == ("stage-direction", SkipReason.CODE)
    assert known is SkipReason.CODE
    assert (read.metadata, read.chapters) == (PLAN.metadata, PLAN.chapters)


def test_a_reason_of_a_later_release_is_written_as_it_was_read():
    read = plan_json.from_json(later(PLAN))
    assert plan_json.from_json(plan_json.to_json(read)).skips == read.skips
    assert SkipReason.named("stage-direction") not in set(SkipReason)


@pytest.mark.parametrize("name", ["", "Code", "a b", "a-", "<b>", 7, None])
def test_a_reason_that_is_no_name_is_refused(name):
    value = json.loads(plan_json.to_json(PLAN)) | {"skips": [[0, 2, name]]}
    with pytest.raises(ToolFailed):
        plan_json.from_json(plan_json.canonical(value))
