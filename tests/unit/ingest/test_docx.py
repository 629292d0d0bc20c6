"""DOCX: what Word shows is read, what it hides or works out is told apart, and nothing is lost."""

import io
import zipfile

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from narrator.domain.choices import Reading, Role, Treatment
from narrator.domain.documents import Chapter, SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read
from tests.unit.ingest.docx_files import (
    NAMES,
    STRICT,
    W,
    complex_field,
    made,
    of,
    para,
    run,
    said,
    skipped,
    titles,
    zipped,
)

RUBY = f"<w:r><w:ruby><w:rt>{run('a')}</w:rt><w:rubyBase>{run('b')}</w:rubyBase></w:ruby></w:r>"
PAGES = f"<w:fldSimple w:instr=' NUMPAGES '>{run('not this')}</w:fldSimple>"
PROMPT = (
    "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr>"
    f"<w:sdtContent>{run('not this')}</w:sdtContent></w:sdt>"
)
INSTRUCTION = complex_field(f"</w:instrText></w:r>{run('not this')}<w:r><w:instrText>", "")
TEXT = para("It was a dark and stormy night.")


@pytest.mark.parametrize("style", ["H1", "Chapter", "Outlined", "German", "Heading1"])
def test_headings_begin_chapters_however_their_style_says_so(style):
    document = of(para("One", style), TEXT, para("Two", style), TEXT)
    assert titles(document) == ["One", "Two"]


def test_a_paragraph_may_give_its_own_outline_level():
    level = '<w:outlineLvl w:val="0"/>'
    document = of(para("One", "", level), TEXT, para("Two", "", level), TEXT)
    assert titles(document) == ["One", "Two"]


def test_a_heading_may_be_taken_out_of_the_outline():
    assert said(of(para("Hi", "H1", '<w:outlineLvl w:val="9"/>'))) == [("paragraph", "Hi")]


def test_without_styles_the_wording_tells_chapters():
    document = of(para("Chapter One"), TEXT, para("Chapter Two"), TEXT)
    assert titles(document) == ["Chapter One", "Chapter Two"]


@pytest.mark.parametrize(
    ("style", "kind"),
    [
        ("Quote", "quotation"),
        ("Poem", "verse"),
        ("Bullet", "list-item"),
        ("Epigraph", "paragraph"),
        ("Looped", "paragraph"),
        ("Unknown", "paragraph"),
    ],
)
def test_styles_tell_kinds(style, kind):
    assert said(of(para("Hi.", style))) == [(kind, "Hi.")]


@pytest.mark.parametrize(
    ("style", "reason"),
    [
        ("Caption", SkipReason.CAPTION),
        ("Code", SkipReason.CODE),
        ("TOC1", SkipReason.CONTENTS),
        ("Index1", SkipReason.INDEX),
        ("Bib", SkipReason.BIBLIOGRAPHY),
        ("Secret", SkipReason.HIDDEN),
    ],
)
def test_styles_tell_what_is_not_read(style, reason):
    document = of(TEXT, para("Not this.", style), TEXT)
    assert skipped(document, reason) == ["Not this."]


def test_what_is_not_read_by_default_is_read_on_request():
    reading = Reading.choose({Role.CAPTIONS: Treatment.READ})
    assert said(of(para("See.", "Caption"), reading=reading)) == [("paragraph", "See.")]


def test_a_direct_list_mark_makes_an_item():
    mark = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr>'
    assert said(of(para("Hi.", "", mark))) == [("list-item", "Hi.")]


def test_a_list_mark_may_be_taken_away():
    mark = '<w:numPr><w:numId w:val="0"/></w:numPr>'
    assert said(of(para("Hi.", "Bullet", mark))) == [("paragraph", "Hi.")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (f"<w:ins>{run('in')}</w:ins>{run(' here')}", "in here"),
        (f"<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>{run('here')}", "here"),
        (f"<w:moveFrom>{run('gone')}</w:moveFrom><w:moveTo>{run('here')}</w:moveTo>", "here"),
        (f"<w:smartTag>{run('tagged')}</w:smartTag>", "tagged"),
        (f"<w:sdt><w:sdtContent>{run('held')}</w:sdtContent></w:sdt>", "held"),
        (f"<w:hyperlink>{run('linked')}</w:hyperlink>", "linked"),
        ("<m:oMath><m:r><m:t>x</m:t></m:r></m:oMath>", "x"),
        ("<w:r><w:softHyphen/><w:noBreakHyphen/><w:tab/><w:t>b</w:t></w:r>", "\xad\u2011\tb"),
        ('<w:r><w:sym w:font="Symbol" w:char="03A3"/></w:r>', "Σ"),
        ('<w:r><w:t>a</w:t><w:sym w:font="Wingdings" w:char="DA"/></w:r>', "a\uf0da"),
        (RUBY, "b"),
        (complex_field("HYPERLINK x", run("shown")), "shown"),
        (f"<w:fldSimple w:instr='DATE'>{run('today')}</w:fldSimple>", "today"),
        (run("here", '<w:vanish w:val="0"/>'), "here"),
    ],
)  # fmt: skip
def test_text_is_read_through_whatever_is_around_it(content, text):
    assert said(of(para(content))) == [("paragraph", text)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (run("not this", "<w:vanish/>"), SkipReason.HIDDEN),
        (run("not this", '<w:rStyle w:val="Secret"/>'), SkipReason.HIDDEN),
        (complex_field("PAGE", run("not this")), SkipReason.PAGE_BREAK),
        (PAGES, SkipReason.PAGE_BREAK),
        (PROMPT, SkipReason.HIDDEN),
        (INSTRUCTION, SkipReason.HIDDEN),
    ],
)  # fmt: skip
def test_what_a_line_holds_besides_its_text_is_named(content, reason):
    document = of(para(run("Read. ") + content))
    assert (said(document), skipped(document, reason)) == ([("paragraph", "Read.")], ["not this"])


def test_a_break_ends_a_line():
    document = of(para(f"{run('a')}<w:r><w:br/></w:r>{run('b')}"))
    assert document.chapters[0].passages[0].breaks == (1,)


def test_a_dropped_capital_belongs_to_its_word():
    document = of(para("T", "", '<w:framePr w:dropCap="drop"/>'), para("he end."))
    assert said(document) == [("paragraph", "The end.")]


def test_paragraphs_are_one_whose_mark_is_deleted():
    document = of(para("One ", "", "<w:rPr><w:del/></w:rPr>"), para("two."))
    assert said(document) == [("paragraph", "One two.")]


def test_a_line_across_the_page_is_a_change_of_scene():
    rule = para("<w:r/>", "", '<w:pBdr><w:bottom w:val="single"/></w:pBdr>')
    assert of(TEXT, rule, TEXT).chapters[0].passages[0].scene_break_after


FOOTNOTES = (
    f'<w:footnote w:type="separator" w:id="0">{TEXT}</w:footnote>'
    f'<w:footnote w:id="1">{para("A note.")}</w:footnote>'
)
CITING = para(f"{run('Text')}<w:r><w:footnoteReference w:id='1'/></w:r>{run('.')}")


def test_notes_and_their_references_are_named():
    document = of(CITING, footnotes=FOOTNOTES)
    assert said(document) == [("paragraph", "Text.")]
    assert skipped(document, SkipReason.FOOTNOTE) == ["A note."]
    assert skipped(document, SkipReason.NOTE_REFERENCE) == ["1"]


@pytest.mark.parametrize("kind", ["footnote", "endnote"])
def test_notes_are_read_where_they_are_referred_to_on_request(kind):
    reading = Reading.choose({Role.FOOTNOTES: Treatment.INLINE})
    notes = {f"{kind}s": FOOTNOTES.replace("footnote", kind)}
    document = of(CITING.replace("footnote", kind), TEXT, reading=reading, **notes)
    assert [text for _, text in said(document)][:2] == ["Text.", "A note."]


def test_an_authors_own_note_mark_is_a_reference():
    mark = "<w:r><w:footnoteReference w:customMarkFollows='1' w:id='1'/><w:t>*</w:t></w:r>"
    document = of(para(run("Text") + mark), footnotes=FOOTNOTES)
    assert skipped(document, SkipReason.NOTE_REFERENCE) == ["*"]


def test_headers_and_comments_are_listed_and_not_read():
    document = of(TEXT, header=para("Page 1"), comments=f"<w:comment>{para('Why?')}</w:comment>")
    assert skipped(document, SkipReason.RUNNING_HEAD) == ["Page 1"]
    assert skipped(document, SkipReason.HIDDEN) == ["Why?"]


TOC = para(complex_field("TOC \\o", run("One 1")).replace(
    '<w:r><w:fldChar w:fldCharType="end"/></w:r>', ""
))  # fmt: skip


def test_a_table_of_contents_may_go_over_paragraphs():
    end = para('<w:r><w:fldChar w:fldCharType="end"/></w:r>')
    document = of(TOC, para("Two 2"), end, TEXT)
    assert skipped(document, SkipReason.CONTENTS) == ["One 1\nTwo 2"]


def test_a_table_of_contents_that_never_ends_does_so_at_the_next_heading():
    assert titles(of(TOC, para("Two 2"), para("One", "H1"), TEXT)) == ["One"]


def test_a_generated_table_of_contents_is_one():
    gallery = '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
    control = f"<w:sdt><w:sdtPr>{gallery}</w:sdtPr><w:sdtContent>{TEXT}</w:sdtContent></w:sdt>"
    assert len(skipped(of(control, TEXT), SkipReason.CONTENTS)) == 1


def rows(*cells: str) -> str:
    row = "".join(f"<w:tc>{para(cell)}</w:tc>" for cell in cells)
    return f"<w:tbl><w:tr>{row}</w:tr><w:tr>{row}</w:tr></w:tbl>"


def test_a_table_is_named():
    assert "".join(skipped(of(TEXT, rows("a", "b")), SkipReason.TABLE)).split() == list("abab")


def test_a_document_of_tables_alone_is_refused_by_what_it_holds():
    with pytest.raises(DocumentRefused, match="besides: tables") as caught:
        of(rows("a", "b"))
    assert "tables=read" in caught.value.remedy


def test_a_table_is_read_on_request():
    reading = Reading.choose({Role.TABLES: Treatment.READ})
    assert [text for _, text in said(of(rows("a", "b"), reading=reading))] != []


def test_a_text_box_is_read_once_after_the_paragraph_that_it_hangs_on():
    box = f"<w:txbxContent>{para('In the box.')}</w:txbxContent>"
    both = f"<mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
    both += f"<mc:Fallback><w:pict><v:shape>{box}</v:shape></w:pict></mc:Fallback>"
    document = of(para(f"{run('Be')}<w:r>{both}</mc:AlternateContent></w:r>{run('fore.')}"))
    assert [text for _, text in said(document)] == ["Before.", "In the box."]


PICTURE = "<w:r><w:drawing><wp:inline><wp:docPr descr='A cat'/></wp:inline></w:drawing></w:r>"


def test_a_picture_is_told_on_request():
    reading = Reading.choose({Role.FIGURES: Treatment.READ})
    document = of(TEXT, para(PICTURE), reading=reading)
    insertions = [each for passage in document.chapters[0].passages for each in passage.insertions]
    assert "A cat" in insertions[0].text


def test_a_title_is_read_with_the_first_chapter_and_its_page_is_not():
    page = [para("The Book", "Title"), para("by Ann"), para("© 2020")]
    document = of(*page, para("One", "H1"), TEXT, para("Two", "H1"), TEXT)
    assert titles(document) == ["One", "Two"]
    assert said(document)[0] == ("heading", "The Book")
    assert len(skipped(document, SkipReason.FRONT_MATTER)) == 2


def test_several_titles_begin_chapters():
    document = of(para("One", "Title"), TEXT, para("Two", "Title"), TEXT)
    assert titles(document) == ["One", "Two"]


def test_without_properties_the_title_and_the_language_are_found():
    metadata = of(para("The Book", "Title"), TEXT).metadata
    assert (metadata.title, metadata.language) == ("The Book", "en-GB")


def test_the_main_part_may_have_any_name():
    assert said(read(made(TEXT, main="x/text2.xml"), "x")) == said(of(TEXT))


def test_the_strict_form_is_read_too():
    files = zipfile.ZipFile(io.BytesIO(made(para("One", "H1"), TEXT)))
    strict = {
        info.filename: files.read(info).decode().replace(W, STRICT) for info in files.filelist
    }
    assert said(read(zipped(strict), "x")) == said(of(para("One", "H1"), TEXT))


# ------------------------------------------------------------------------------ as others write it


def by_python_docx() -> docx.document.Document:
    document = docx.Document()
    document.core_properties.title = "A Report"
    document.core_properties.author = "Ann One; Bob Two"
    for number in "12":
        document.add_heading(f"Part {number}", 1)
        document.add_paragraph("It begins. ").add_run("Boldly.").bold = True
        document.add_paragraph("An item", "List Bullet")
        document.add_paragraph("A saying", "Intense Quote")
    document.sections[0].header.paragraphs[0].text = "Running"
    return document


def saved(document: docx.document.Document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_what_python_docx_writes_is_read():
    document = read(saved(by_python_docx()), "report.docx")
    chapter = [
        ("paragraph", "It begins. Boldly."),
        ("list-item", "An item"),
        ("quotation", "A saying"),
    ]
    expected = [("heading", "Part 1"), *chapter, ("heading", "Part 2"), *chapter]
    assert said(document) == expected
    assert document.metadata.creators == ("Ann One", "Bob Two")


def test_the_source_holds_what_another_reader_finds():
    written = by_python_docx()
    found = "\n".join(each.text for each in written.paragraphs)
    assert read(saved(written), "x").source.startswith(found)


# ------------------------------------------------------------------------------ hostile


def deep(name: str, count: int) -> str:
    return f"<w:{name}>" * count + TEXT + f"</w:{name}>" * count


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (made(), "no text"),
        (made(para("<w:r/>")), "no text"),
        (made(TEXT, '<w:altChunk r:id="x" xmlns:r="r"/>'), "takes in others"),
        (made(deep("customXml", 100)), "deep"),
        (made(para(deep("ins", 100))), "deep"),
        (made(deep("ins", 10_000)), "deep|no text"),
        (zipped({"word/document.xml": ""}), "nothing that can be read"),
        (zipped({"[Content_Types].xml": "wordprocessingml.document.main"}), "no text part"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), r"\.doc"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1...", "old Office"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(data, what):
    with pytest.raises(DocumentRefused, match=what) as caught:
        read(data, "book.docx")
    assert caught.value.remedy


def test_entities_are_not_expanded():
    bomb = (
        '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c SYSTEM "file:///etc/hosts">]>'
    )
    body = f"<w:document {NAMES}><w:body>{para('Hi &b; &c;')}</w:body></w:document>"
    assert said(read(zipped({"word/document.xml": bomb + body}), "x")) == [
        ("paragraph", "Hi &b; &c;")
    ]


def test_a_paragraph_of_many_runs_is_read():
    many = run("word ") * 30_000
    assert len(said(of(para(many)))[0][1]) == 150_000 - 1


def test_a_paragraph_of_many_notes_is_read():
    cite = "<w:r><w:t>x</w:t><w:footnoteReference w:id='1'/></w:r>"
    assert said(of(para(cite * 10_000), footnotes=FOOTNOTES)) == [("paragraph", "x" * 10_000)]


PARTS = [
    run("word "), "<w:r><w:br/></w:r>", "<w:r><w:tab/></w:r>", run("x", "<w:vanish/>"), PICTURE,
    "<w:p>", "</w:p>", "<w:tbl>", "</w:tbl>", "<w:tr>", "</w:tr>", "<w:tc>", "</w:tc>",
    '<w:pPr><w:pStyle w:val="H1"/></w:pPr>', '<w:pPr><w:pStyle w:val="Title"/></w:pPr>',
    '<w:pPr><w:framePr w:dropCap="drop"/></w:pPr>', "<w:r><w:instrText>TOC</w:instrText></w:r>",
    *(f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")),
    "<w:r><w:footnoteReference w:id='1'/></w:r>", "<w:txbxContent>", "</w:txbxContent>",
    "<w:sdt><w:sdtContent>", "</w:sdtContent></w:sdt>", "&", "<w:del>", "</w:del>",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=30))
def test_any_markup_is_read_whole_or_refused(parts):
    try:
        document = of("".join(parts), TEXT, footnotes=FOOTNOTES)
    except DocumentRefused:
        return
    assert all(isinstance(chapter, Chapter) for chapter in document.chapters)
