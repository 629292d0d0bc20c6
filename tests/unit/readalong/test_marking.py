"""Spans around stretches of a tree's characters."""

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from narrator.ingest.xhtml import Element
from narrator.readalong.marking import XHTML, Fragment, characters, mark


def tree(inner: str) -> Element:
    """A body."""
    return etree.fromstring(f'<body xmlns="{XHTML}">{inner}</body>')


def marked(inner: str, *stretches: tuple[int, int]) -> str:
    """The body's content with those stretches named."""
    root = tree(inner)
    mark(root, stretches, first=0, prefix="s")
    text = etree.tostring(root, encoding="unicode")
    return text.removeprefix(f'<body xmlns="{XHTML}">').removesuffix("</body>")


def test_a_sentence_gets_a_span():
    assert marked("<p>One. Two.</p>", (0, 4), (5, 9)) == (
        '<p><span id="s1">One.</span> <span id="s2">Two.</span></p>'
    )


def test_what_is_emphasised_in_a_sentence_is_in_its_span():
    assert marked("<p>He <em>did</em> it.</p>", (0, 10)) == (
        '<p><span id="s1">He <em>did</em> it.</span></p>'
    )


def test_a_sentence_that_ends_amid_emphasis_is_two_fragments():
    assert marked("<p>A <em>b. C</em> d.</p>", (0, 4), (5, 9)) == (
        '<p><span id="s1">A </span><em><span id="s2">b.</span> <span id="s3">C</span></em>'
        '<span id="s4"> d.</span></p>'
    )


def test_a_picture_in_a_sentence_stays_in_it():
    assert marked('<p>A <img alt=""/>b.</p>', (0, 4)) == (
        '<p><span id="s1">A <img alt=""/>b.</span></p>'
    )


def test_no_span_is_put_around_a_paragraph():
    assert marked("<div><p>A.</p><p>B.</p></div>", (0, 4)) == (
        '<div><p><span id="s1">A.</span></p><p><span id="s2">B.</span></p></div>'
    )


def test_a_word_with_its_reading_is_marked_whole():
    assert marked("<p><ruby>a<rt>b</rt></ruby></p>", (0, 2)) == (
        '<p><span id="s1"><ruby>a<rt>b</rt></ruby></span></p>'
    )


def test_a_part_of_a_word_with_its_reading_is_not_marked():
    assert marked("<p><ruby>a<rt>b</rt></ruby></p>", (0, 1)) == "<p><ruby>a<rt>b</rt></ruby></p>"


def test_what_stands_directly_in_a_list_is_not_marked():
    assert marked("<ul> x <li>c</li></ul>", (0, 4)) == '<ul> x <li><span id="s1">c</span></li></ul>'


def test_comments_count_for_nothing_and_stay():
    assert marked("<p>A<!-- x -->b.</p>", (0, 3)) == ('<p><span id="s1">A<!-- x -->b.</span></p>')


def test_a_comment_alone_is_not_marked():
    root = tree("<p>A<em><!-- x --></em> b.</p><div><p>C<ul><li><!-- y --></li></ul></p></div>")
    fragments = mark(root, [(0, 99)], first=0, prefix="s")
    named = {each.get("id") for each in root.iter() if each.get("id")}
    assert {each.name for each in fragments} == named


def test_comments_do_not_make_a_fragment_longer():
    fragments = mark(tree("<p>A <!-- long -->b.</p>"), [(0, 4)], first=0, prefix="s")
    assert [each.chars for each in fragments] == [3]


def test_blanks_alone_are_not_marked():
    assert marked("<p>A.</p> <p>B.</p>", (2, 3)) == "<p>A.</p> <p>B.</p>"


def test_fragments_say_how_much_of_a_stretch_they_are():
    fragments = mark(tree("<p>A <em>bc. D</em></p>"), [(0, 5)], first=0, prefix="s")
    assert fragments == [Fragment(0, 0, 2, 1, "s1"), Fragment(0, 2, 5, 3, "s2")]


INLINE = st.recursive(
    st.text("ab .", min_size=1, max_size=6),
    lambda inner: st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>",
        st.sampled_from(["em", "a", "ruby", "span"]),
        st.lists(inner | st.sampled_from(["<br/>", "<!--c-->", "<img/>"]), max_size=3),
    ),
    max_leaves=8,
)
PAGES = st.lists(
    st.builds(
        lambda name, parts: f"<{name}>{''.join(parts)}</{name}>",
        st.sampled_from(["p", "div", "ul", "td"]),
        st.lists(INLINE, max_size=4),
    ),
    max_size=4,
).map("".join)


@example(page="<ul>a<em><!--c--></em></ul>", cuts={0, 2})
@given(page=PAGES, cuts=st.sets(st.integers(0, 60), max_size=10))
def test_not_a_character_changes(page: str, cuts: set[int]):
    root = tree(page)
    before, elements = characters(root), _shape(root)
    bounds = sorted(cuts)
    stretches = list(zip(bounds[::2], bounds[1::2], strict=False))
    fragments = mark(root, stretches, first=0, prefix="s")
    assert characters(root) == before
    assert _shape(root) == elements
    by_id = {each.get("id"): each for each in root.iter() if each.get("id")}
    for fragment in fragments:
        assert characters(by_id[fragment.name]) == before[fragment.start : fragment.end]


def _shape(root: Element) -> list[str]:
    """The elements in order, but for our spans."""
    return [str(each.tag) for each in root.iter() if not each.get("id")]
