"""What is read of a document and how it is worded."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.choices import (
    TREATMENTS,
    Casting,
    Reading,
    Role,
    TextChoices,
    TextPass,
    Treatment,
    choices_from_json,
    choices_to_json,
    parse_casting,
    parse_reading,
    parse_without,
)
from narrator.domain.documents import PassageKind
from narrator.domain.errors import OptionRefused

LUNA, ORION = "aura-2-luna-en", "aura-2-orion-en"


def test_every_role_has_a_default_treatment() -> None:
    assert all(Reading().of(role) is TREATMENTS[role][0] for role in Role)


def test_a_chosen_treatment_replaces_the_default() -> None:
    reading = parse_reading(["footnotes=inline", "verse=skip"])

    assert reading.of(Role.FOOTNOTES) is Treatment.INLINE
    assert not reading.reads(Role.VERSE)


def test_choosing_the_default_is_no_choice() -> None:
    assert parse_reading(["footnotes=skip"]) == Reading()


@pytest.mark.parametrize("choice", ["footnote=skip", "footnotes=announce", "tables", "=", "code=x"])
def test_a_choice_that_cannot_be_is_refused_with_what_can(choice: str) -> None:
    with pytest.raises(OptionRefused) as refused:
        parse_reading([choice])

    assert "footnotes" in refused.value.remedy or "skip" in refused.value.remedy


def test_passes_are_named_in_any_order() -> None:
    assert parse_without(["romans", "Dashes"]) == (TextPass.DASHES, TextPass.ROMANS)


def test_an_unknown_pass_is_refused() -> None:
    with pytest.raises(OptionRefused):
        parse_without(["grammar"])


def test_a_passages_own_voice_counts_before_its_kinds_and_its_chapters() -> None:
    casting = parse_casting([f"heading={ORION}", f"3={LUNA}"])

    assert casting.voice("own", PassageKind.HEADING, 3) == "own"
    assert casting.voice("", PassageKind.HEADING, 3) == ORION
    assert casting.voice("", PassageKind.PARAGRAPH, 3) == LUNA
    assert casting.voice("", PassageKind.PARAGRAPH, 2) == ""


@pytest.mark.parametrize("choice", ["heading=thalia", f"title={LUNA}", f"0={LUNA}", "3"])
def test_a_casting_that_cannot_be_is_refused(choice: str) -> None:
    with pytest.raises(OptionRefused):
        parse_casting([choice])


def test_defaults_are_kept_as_nothing() -> None:
    assert choices_to_json(TextChoices()) == {}


roles = {role: st.sampled_from(each) for role, each in TREATMENTS.items()}
readings = st.fixed_dictionaries({}, optional=roles).map(Reading.choose)
castings = st.builds(
    Casting,
    kinds=st.just(((PassageKind.HEADING, ORION),)) | st.just(()),
    chapters=st.just(((2, LUNA), (5, ORION))) | st.just(()),
)
choices = st.builds(
    TextChoices,
    reading=readings,
    without=st.sets(st.sampled_from(TextPass)).map(parse_without),
    casting=castings,
)


@given(choices)
def test_choices_survive_being_kept(chosen: TextChoices) -> None:
    assert choices_from_json(json.loads(json.dumps(choices_to_json(chosen)))) == chosen
