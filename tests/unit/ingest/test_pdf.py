"""What a PDF becomes: chapters, paragraphs, and skips with their reasons."""

import functools

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase.pdfmetrics import stringWidth

from narrator.domain.choices import Reading, Role, Treatment
from narrator.domain.documents import Document, PassageKind, SkipReason, unaccounted
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from tests.unit.ingest.pdf_books import (
    HEIGHT,
    MARGIN,
    PITCH,
    Placed,
    Typesetter,
    pdf,
    with_heads,
)

WORDS = """It is a truth universally acknowledged that a single man in possession of a good
fortune must be in want of a wife however little known the feelings or views of such a man may
be""".split()  # noqa: SIM905  it is a sentence


def prose(start: int, count: int) -> str:
    """A sentence of so many words."""
    words = [WORDS[(start + index) % len(WORDS)] for index in range(count)]
    return " ".join(words).capitalize() + "."


def passages(document: Document) -> list[str]:
    """The text of each passage, on one line."""
    return [
        " ".join("".join(span.of(document.source) for span in passage.spans).split())
        for chapter in document.chapters
        for passage in chapter.passages
    ]


def skipped(document: Document, reason: SkipReason) -> list[str]:
    """What is skipped for a reason."""
    return [
        skip.span.of(document.source).strip() for skip in document.skips if skip.reason is reason
    ]


PARAGRAPHS = [[prose(7 * chapter + 3 * n, 25 + 9 * n) for n in range(14)] for chapter in range(3)]
TITLES = ["Chapter 1", "Chapter 2", "Chapter 3"]
FRONT = "To my mother, without whom none of this would have been written at all."


@functools.cache
def book() -> bytes:
    """Three chapters of several pages, an outline, heads, roman and arabic page numbers."""
    setter = Typesetter()
    setter.paragraph(FRONT)
    outline = []
    for title, paragraphs in zip(TITLES, PARAGRAPHS, strict=True):
        setter.heading(title)
        outline.append((title, 0, len(setter.pages) - 1))
        for paragraph in paragraphs:
            setter.paragraph(paragraph)
    head = lambda page: "PRIDE AND PREJUDICE" if page % 2 else "Jane Austen"  # noqa: E731
    pages = with_heads(setter.pages, head, lambda page: str(page) if page else "i")
    return pdf(pages, outline=outline, title="Pride and Prejudice", author="Jane Austen")


def test_chapters_are_those_of_the_outline():
    assert [chapter.title for chapter in read(book(), "b.pdf").chapters] == TITLES


def test_paragraphs_are_whole_across_lines_and_pages():
    expected = [
        text
        for title, paragraphs in zip(TITLES, PARAGRAPHS, strict=True)
        for text in (title, *paragraphs)
    ]
    assert passages(read(book(), "b.pdf")) == expected


def test_what_comes_before_the_first_chapter_is_front_matter():
    text = "".join(skipped(read(book(), "b.pdf"), SkipReason.FRONT_MATTER))
    assert " ".join(text.split()) == FRONT


def test_running_heads_and_page_numbers_are_skips():
    document = read(book(), "b.pdf")
    pages = document.source.count("\f")
    found = skipped(document, SkipReason.RUNNING_HEAD)
    assert pages > 6
    assert sum(text in {"PRIDE AND PREJUDICE", "Jane Austen"} for text in found) == pages
    assert [text for text in found if text.isdecimal()] == [str(n) for n in range(1, pages)]


def test_every_character_of_the_source_is_accounted_for():
    document = read(book(), "b.pdf")
    spans = [s for c in document.chapters for p in c.passages for s in p.spans]
    assert unaccounted(len(document.source), iter(spans + [s.span for s in document.skips])) == []


def test_the_same_bytes_give_the_same_source():
    assert read(book(), "b.pdf").sha256 == read(book(), "b.pdf").sha256


def test_title_and_author_are_those_of_the_file():
    metadata = read(book(), "b.pdf").metadata
    assert (metadata.title, metadata.creators) == ("Pride and Prejudice", ("Jane Austen",))


def test_a_title_that_a_program_made_up_is_none():
    data = pdf([[Placed("It rained.", MARGIN, 500)]], title="Microsoft Word - x.doc", author="user")
    metadata = read(data, "rain.pdf").metadata
    assert (metadata.title, metadata.creators) == ("rain", ())


def test_without_an_outline_headings_begin_chapters():
    setter = Typesetter()
    for title, paragraphs in zip(TITLES, PARAGRAPHS, strict=True):
        setter.heading(title)
        for paragraph in paragraphs:
            setter.paragraph(paragraph)
    assert [chapter.title for chapter in read(pdf(setter.pages), "b.pdf").chapters] == TITLES


def test_entries_below_parts_are_chapters_and_entries_below_chapters_are_not():
    setter = Typesetter()
    titles = ["Part One", "The Rain", "Morning", "The Sun", "Part Two", "The Snow"]
    for number, title in enumerate(titles):
        setter.heading(title)
        setter.paragraph(prose(number, 40))
    levels = [0, 1, 2, 1, 0, 1]
    outline = [
        (title, level, n) for n, (title, level) in enumerate(zip(titles, levels, strict=True))
    ]
    chapters = read(pdf(setter.pages, outline=outline), "b.pdf").chapters
    expected = ["Part One", "The Rain", "The Sun", "Part Two", "The Snow"]
    assert [chapter.title for chapter in chapters] == expected


def test_an_outline_names_headings_that_look_like_text():
    lines = ["The Rain", "It rained all day.", "The Sun", "It shone all night."]
    pages = [[Placed(text, MARGIN, 500 - 40 * n)] for n, text in enumerate(lines)]
    data = pdf(
        [pages[0] + pages[1], pages[2] + pages[3]], outline=[("The Rain", 0, 0), ("The Sun", 0, 1)]
    )
    document = read(data, "b.pdf")
    kinds = [passage.kind for chapter in document.chapters for passage in chapter.passages]
    assert kinds == [PassageKind.HEADING, PassageKind.PARAGRAPH] * 2


# ------------------------------------------------------------------------------ an article


NOTE = "1 See the letters of that year, which nobody has read but me."


@functools.cache
def article() -> bytes:
    """Two columns below a title across both, words broken at line ends, a footnote."""
    setter = Typesetter(columns=2, lines_a_column=26, top=HEIGHT - 150)
    for number in range(12):
        setter.paragraph(prose(number, 20) + " Of under|standing and well-known acknow|ledgement.")
    first, *rest = setter.pages
    title = Placed("On the Universal Acknowledgement of Truth", MARGIN, HEIGHT - 90, 15.0)
    authors = Placed("Jane Austen and Thomas Egerton of Whitehall", MARGIN, HEIGHT - 115, 11.0)
    end = next(placed for placed in first if placed.text.endswith("ment."))
    mark = Placed("1", end.x + stringWidth(end.text, end.font, end.size), end.y + 4, 6.5)
    lines = [Placed(text, MARGIN, 70 - 9 * n, 8.0) for n, text in enumerate((NOTE,))]
    return pdf([[title, authors, *first, mark, *lines], *rest])


def test_columns_are_read_one_after_the_other():
    text = " ".join(passages(read(article(), "a.pdf")))
    sentences = [prose(number, 20) for number in range(12)]
    places = [text.find(sentence) for sentence in sentences]
    assert -1 not in places
    assert places == sorted(places)


def test_a_title_across_columns_comes_first():
    assert passages(read(article(), "a.pdf"))[0] == "On the Universal Acknowledgement of Truth"


def test_words_broken_at_line_ends_are_whole_and_their_hyphens_skips():
    document = read(article(), "a.pdf")
    words = " ".join(passages(document)).split()
    assert {"understanding", "acknowledgement.", "well-known"} <= set(words)
    assert not [word for word in words if word.endswith("-")]
    assert skipped(document, SkipReason.LINE_HYPHEN)


def test_footnotes_and_what_refers_to_them_are_skips():
    document = read(article(), "a.pdf")
    assert NOTE in skipped(document, SkipReason.FOOTNOTE)
    assert "1" in skipped(document, SkipReason.NOTE_REFERENCE)
    assert "letters" not in " ".join(passages(document))


def test_footnotes_are_read_at_the_end_of_their_chapter_if_so_chosen():
    reading = Reading.choose({Role.FOOTNOTES: Treatment.END})
    assert passages(read(article(), "a.pdf", reading))[-1] == NOTE


def test_footnotes_are_read_after_the_paragraph_that_refers_to_them_if_so_chosen():
    reading = Reading.choose({Role.FOOTNOTES: Treatment.INLINE})
    found = passages(read(article(), "a.pdf", reading))
    assert 0 < found.index(NOTE) < len(found) - 2


# ------------------------------------------------------------------------------ other pages


def column(texts: list[str], x: float = MARGIN, y: float = 500.0) -> list[Placed]:
    """Lines below each other."""
    return [Placed(text, x, y - PITCH * n) for n, text in enumerate(texts)]


LEVEL = ["It rained on the hills all", "day long, and on the sea."]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_page_that_is_shown_turned_reads_as_it_is_drawn(rotation):
    data = pdf([column(LEVEL, y=350)], rotation=rotation)
    assert passages(read(data, "r.pdf")) == [" ".join(LEVEL)]


def test_lines_under_each_other_with_room_at_their_ends_are_verse():
    lines = ["The curfew tolls", "The lowing herd", "The plowman homeward"]
    data = pdf([[*column([prose(0, 12)], y=560), *column(lines)]])
    kinds = {p.kind for p in read(data, "v.pdf").chapters[0].passages}
    assert PassageKind.VERSE in kinds


def test_a_row_of_asterisks_is_a_change_of_scene():
    data = pdf([[*column([LEVEL[0] + " day."]), Placed("* * *", 190, 460), *column(LEVEL, y=420)]])
    document = read(data, "s.pdf")
    assert document.chapters[0].passages[0].scene_break_after
    assert skipped(document, SkipReason.SCENE_BREAK) == ["* * *"]


def test_bullets_and_numbers_begin_list_items():
    items = ["• bread and butter", "• milk", "1. Rise early.", "2. Walk far."]
    passages_found = read(pdf([column(items)]), "l.pdf").chapters[0].passages
    assert [p.kind for p in passages_found] == [PassageKind.LIST_ITEM] * 4


TABLE = [
    Placed(f"{name}{row}", x, 400 - PITCH * row)
    for row in range(5)
    for name, x in (("name", MARGIN), ("count", 160.0), ("price", 270.0))
]


def test_a_table_is_a_skip():
    document = read(pdf([[*column([prose(0, 12)]), *TABLE]]), "t.pdf")
    assert "count3" in " ".join(skipped(document, SkipReason.TABLE))
    assert "count3" not in " ".join(passages(document))


def test_a_table_is_announced_if_so_chosen():
    reading = Reading.choose({Role.TABLES: Treatment.ANNOUNCE})
    document = read(pdf([[*column([prose(0, 12)]), *TABLE]]), "t.pdf", reading)
    said = [i.text for c in document.chapters for p in c.passages for i in p.insertions]
    assert said == ["Table."]


def test_a_printed_table_of_contents_is_a_skip():
    lines = [f"{title} . . . . . . . . {n + 3}" for n, title in enumerate(("Rain", "Sun", "Snow"))]
    pages = [[Placed("Contents", MARGIN, 540, 16.0), *column(lines)]]
    setter = Typesetter()
    setter.heading("Rain")
    setter.paragraph(prose(0, 200))
    document = read(pdf([*pages, *setter.pages]), "c.pdf")
    assert passages(document)[0] == "Rain"
    assert "Contents" in " ".join(skipped(document, SkipReason.CONTENTS))


def test_lettering_up_the_margin_is_no_text():
    setter = Typesetter()
    setter.paragraph(prose(0, 60))
    document = read(pdf(setter.pages, stamp="arXiv:1234.5678"), "s.pdf")
    assert skipped(document, SkipReason.FIGURE) == ["arXiv:1234.5678"]
    assert passages(document) == [prose(0, 60)]


# ------------------------------------------------------------------------------ refusals


def refusal(data: bytes) -> DocumentRefused:
    with pytest.raises(DocumentRefused) as caught:
        read(data, "thing.pdf")
    assert "thing.pdf" in caught.value.reason
    assert caught.value.remedy
    return caught.value


def test_a_pdf_that_wants_a_password_is_refused_as_encrypted():
    data = pdf([column(LEVEL)], encrypt=StandardEncryption("open sesame"))
    assert "password" in refusal(data).reason


def test_a_pdf_that_only_its_owner_may_change_is_read():
    data = pdf([column(LEVEL)], encrypt=StandardEncryption("", ownerPassword="mine"))
    assert passages(read(data, "o.pdf")) == [" ".join(LEVEL)]


def test_pages_without_letters_are_refused_with_a_word_about_ocr():
    assert "OCR" in refusal(pdf([[]])).remedy


@pytest.mark.parametrize("end", [9, 200, 700])
def test_a_pdf_cut_short_is_refused_as_broken(end):
    assert "broken" in refusal(pdf([column(LEVEL)])[:end]).reason
