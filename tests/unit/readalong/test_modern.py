"""XHTML 1.1 in the words of HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from narrator.readalong.marking import XHTML, characters
from narrator.readalong.modern import modernised, properties


def modern(inner: str) -> str:
    """What a body's content becomes."""
    root = etree.fromstring(f'<body xmlns="{XHTML}">{inner}</body>')
    modernised(root)
    text = etree.tostring(root, encoding="unicode")
    return text.removeprefix(f'<body xmlns="{XHTML}">').removesuffix("</body>")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<tt>a</tt>", '<span style="font-family: monospace">a</span>'),
        ("<big>a</big>", '<span style="font-size: larger">a</span>'),
        ("<center>a</center>", '<div style="text-align: center">a</div>'),
        ("<strike>a</strike>", "<s>a</s>"),
        ('<acronym title="b">a</acronym>', '<abbr title="b">a</abbr>'),
        (
            '<font size="+1" color="#f00">a</font>',
            '<span style="font-size: large; color: #f00">a</span>',
        ),
        ('<p align="center">a</p>', '<p style="text-align: center">a</p>'),
        ('<img align="left" width="9" alt=""/>', '<img width="9" alt="" style="float: left"/>'),
        (
            '<td width="50%" valign="top">a</td>',
            '<td style="width: 50%; vertical-align: top">a</td>',
        ),
        ('<td height="20" nowrap="nowrap"/>', '<td style="height: 20px; white-space: nowrap"/>'),
        ('<table summary="s" rules="all" cellpadding="2"/>', "<table/>"),
        ('<br clear="all"/>', '<br style="clear: both"/>'),
        ('<th abbr="n" scope="col"/><td scope="row"/>', '<th scope="col"/><td/>'),
        ("<table><col/> <tr/></table>", "<table><colgroup><col/></colgroup> <tr/></table>"),
    ],
)
def test_what_html_no_longer_has_becomes_what_looks_like_it(old: str, new: str) -> None:
    assert modern(old) == new


def test_what_an_element_says_of_its_own_style_comes_last() -> None:
    assert modern('<p align="center" style="color: red;">a</p>') == (
        '<p style="text-align: center; color: red">a</p>'
    )


def test_no_value_ends_its_style() -> None:
    assert modern('<p align="left; color: red">a</p>') == "<p>a</p>"


def test_a_named_place_keeps_its_name() -> None:
    assert modern('<a name="n"/><a name="m" id="m">b</a>') == '<a id="n"/><a id="m">b</a>'


def test_a_place_of_two_names_keeps_both() -> None:
    assert modern('<a name="n" id="m">b</a>') == '<a id="m"><span id="n"/>b</a>'


def test_a_name_that_another_element_has_is_left_to_it() -> None:
    assert modern('<p id="n">a</p><a name="n">b</a>') == '<p id="n">a</p><a>b</a>'


def test_what_a_file_says_of_its_encoding_is_taken_out() -> None:
    assert modern('a<meta http-equiv="Content-Type" content="text/html"/>b') == "ab"


def test_what_html_has_stays_as_it_is() -> None:
    kept = '<p class="c">a <em>b</em><a href="x">c</a></p><ol type="a" start="2"><li>d</li></ol>'
    assert modern(kept) == kept


@pytest.mark.parametrize(
    ("inner", "found"),
    [
        ("<p>a</p>", set()),
        ('<svg xmlns="http://www.w3.org/2000/svg"/>', {"svg"}),
        ('<math xmlns="http://www.w3.org/1998/Math/MathML"/>', {"mathml"}),
        ('<script type="text/javascript"/>', {"scripted"}),
        ('<p onclick="x()">a</p><form/>', {"scripted"}),
    ],
)
def test_a_package_is_told_what_is_in_a_document(inner: str, found: set[str]) -> None:
    root = etree.fromstring(f'<body xmlns="{XHTML}">{inner}</body>')
    assert properties(root) == found


OLD = st.recursive(
    st.text("ab .", max_size=5),
    lambda inner: st.builds(
        lambda name, said, parts: f"<{name}{said}>{''.join(parts)}</{name}>",
        st.sampled_from(["p", "tt", "center", "font", "a", "table", "col"]),
        st.sampled_from(["", ' name="n"', ' id="i" name="n"', ' align="left"', ' width="2"']),
        st.lists(inner | st.just('<meta http-equiv="x"/>'), max_size=4),
    ),
    max_leaves=9,
)


@given(inner=OLD)
def test_not_a_character_changes(inner: str) -> None:
    root = etree.fromstring(f'<body xmlns="{XHTML}">{inner}</body>')
    before = characters(root)
    modernised(root)
    assert characters(root) == before
