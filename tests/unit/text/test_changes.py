"""Changes on changes: one list for them all, which says the same and can be undone."""

from hypothesis import given
from hypothesis import strategies as st

from narrator.text.changes import Change, apply, compose, disjoint, say, sound

TEXTS = st.text(alphabet="ab ", max_size=12)


def lists_for(text: str):
    """Lists of changes (sorted, disjoint) of that text."""
    offsets = st.integers(0, len(text))
    changes = st.builds(
        lambda one, other, after, rule: Change(min(one, other), max(one, other), after, rule),
        offsets,
        offsets,
        st.text(alphabet="xy", max_size=3),
        st.sampled_from(["r", "s"]),
    )
    return st.lists(changes, max_size=6).map(disjoint)


@st.composite
def passes(draw):
    """A text and the changes that pass after pass makes in what those before it left."""
    text = said = draw(TEXTS)
    found = []
    for _ in range(draw(st.integers(1, 4))):
        found.append(draw(lists_for(said)))
        said = apply(said, found[-1])
    return text, found


def composed(text: str, found: list[list[Change]]) -> list[Change]:
    made: list[Change] = []
    said = text
    for each in found:
        made, said = compose(made, each, said), apply(said, each)
    return made


@given(passes())
def test_saying_the_composed_changes_is_applying_pass_after_pass(drawn):
    text, found = drawn
    said = text
    for each in found:
        said = apply(said, each)
    assert apply(text, composed(text, found)) == said


@given(passes())
def test_composed_changes_are_in_order_and_disjoint_and_within_the_text(drawn):
    text, found = drawn
    assert sound(composed(text, found), len(text))


@given(passes())
def test_undoing_the_composed_changes_gives_the_text(drawn):
    text, found = drawn
    made = composed(text, found)
    undone, shift = [], 0
    for change in made:
        start = change.start + shift
        end = start + len(change.after)
        undone.append(Change(start, end, text[change.start : change.end], "undone"))
        shift += len(change.after) - (change.end - change.start)
    assert apply(apply(text, made), undone) == text


@given(passes())
def test_composed_changes_name_the_rules_that_made_them(drawn):
    text, found = drawn
    names = {change.rule for each in found for change in each}
    assert {name for change in composed(text, found) for name in change.rule.split("+")} <= names


@given(TEXTS.flatmap(lambda text: st.tuples(st.just(text), lists_for(text))))
def test_all_of_a_text_is_said_as_its_changes_say(drawn):
    text, found = drawn
    assert say(text, found, 0, len(text), first=True) == apply(text, found)


def test_changes_that_do_not_touch_stay_two():
    before, after = [Change(0, 1, "x", "r")], [Change(2, 3, "y", "s")]
    assert compose(before, after, "xbc") == [*before, *after]


def test_a_change_inside_of_what_a_change_says_is_one_with_it():
    before, after = [Change(1, 2, "xyz", "r")], [Change(2, 3, "", "s")]
    assert compose(before, after, "axyzc") == [Change(1, 2, "xz", "r+s")]


def test_a_change_over_several_takes_them_in_and_what_lies_between():
    before = [Change(0, 1, "", "r"), Change(2, 2, "x", "s")]
    assert compose(before, [Change(0, 2, "z", "t")], "bxc") == [
        Change(0, 1, "", "r"),
        Change(1, 2, "z", "s+t"),
    ]


def test_an_insertion_goes_before_what_was_left_out_after_a_word():
    before, after = [Change(4, 5, "", "r")], [Change(4, 4, ".", "s")]
    assert compose(before, after, "Rain") == [Change(4, 4, ".", "s"), Change(4, 5, "", "r")]
