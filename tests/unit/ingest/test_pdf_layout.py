"""Reading order and paragraphs, from words in places that are known."""

from itertools import islice, product

from hypothesis import given, settings
from hypothesis import strategies as st

from narrator.ingest.pdf import document_of
from narrator.ingest.pdf_furniture import furniture
from narrator.ingest.pdf_hyphens import Hyphens
from narrator.ingest.pdf_layout import Row, lay_out, rows_of
from narrator.ingest.pdf_pages import Word
from tests.unit.ingest.pdf_books import Placed, Typesetter, as_words, letters_wide, with_heads


def prose(lengths: list[int]) -> list[str]:
    """Sentences of so many words, no two of which are the same."""
    words = map("".join, product("bcdfg", "aeou", "lmnpr", "aeou", "stvwz"))
    return [" ".join(islice(words, length)).capitalize() + "." for length in lengths]


def read_back(paragraphs: list[str], columns: int) -> str:
    """What is read of paragraphs that were set in columns, below running heads."""
    setter = Typesetter(columns=columns, lines_a_column=8, measure=letters_wide)
    for paragraph in paragraphs:
        setter.paragraph(paragraph)
    head = lambda page: f"Left {page}" if page % 2 else f"{page} Right"  # noqa: E731
    pages = with_heads(setter.pages, head, str)
    document = document_of(as_words(pages))
    return " ".join(
        "".join(span.of(document.source) for span in passage.spans).strip()
        for chapter in document.chapters
        for passage in chapter.passages
    )


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 48), min_size=34, max_size=40), st.sampled_from([1, 2]))
def test_all_words_are_read_in_order_and_no_running_head(lengths, columns):
    paragraphs = prose(lengths)
    assert read_back(paragraphs, columns).split() == " ".join(paragraphs).split()


def rows(texts: list[list[str]]) -> list[list[Row]]:
    """Pages of rows, from the first line down."""
    setter = Typesetter(measure=letters_wide)
    setter.pages = []
    for page in texts:
        setter.page()
        for text in page:
            setter.paragraph(text)
    return [rows_of(page.words) for page in as_words(setter.pages).pages]


def test_headings_that_only_count_on_are_no_running_heads():
    pages = rows([[f"Chapter {n}", *["rain", "sun", "snow"][n:]] for n in range(3)])
    assert [page.top for page in furniture(pages)] == [0, 0, 0]


def test_numbers_that_grow_with_the_pages_are_furniture():
    pages = rows([[f"{n} On the {name}", name] for n, name in enumerate(("sea", "sky", "land"))])
    assert [page.top for page in furniture(pages)] == [1, 1, 1]


def test_a_hyphen_is_the_typesetters_unless_the_word_has_it_elsewhere():
    hyphens = Hyphens({"well-known": 1, "acknowledgement": 2, "moon": 1, "light": 1})
    assert not hyphens.joins("well-", "known")
    assert hyphens.joins("acknow-", "ledgement")
    assert hyphens.joins("under-", "standing")
    assert not hyphens.joins("moon-", "light")
    assert not hyphens.joins("four-and-", "twenty")
    assert not hyphens.joins("Anglo-", "Saxon")
    assert hyphens.joins("under\u00ad", "standing")


def justified(gap: float) -> list[Word]:
    """Three lines of three words, as far apart in each."""
    lines = "gathering her work", "together she was", "hastening away when"
    words = []
    for number, line in enumerate(lines):
        left, row = 50.0, 100.0 + 13 * number
        for text in line.split():
            right = left + 5 * len(text)
            words.append(Word(text, left, right, row - 5, row + 5, row))
            left = right + gap + number
    return words


def test_justified_lines_of_few_words_are_no_table():
    assert not any(line.tabular for line in lay_out(rows_of(justified(30)), 0))


def test_type_too_small_to_measure_is_read_all_the_same():
    pages = [[Placed(f"tiny word {n}", 50.0, 700.0 - n / 20, 0.05) for n in range(3)]]
    assert document_of(as_words(pages)).source.split()[:2] == ["tiny", "word"]
