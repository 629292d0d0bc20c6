"""EPUBs: what their pages say, their metadata and covers, and the ones that are refused."""

import base64

import pytest

from narrator.domain.documents import Document, PassageKind, SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.limits import MOST_ENTRIES, MOST_MEMBER_BYTES
from narrator.ingest.read import read

JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n another"
FONT = """<encryption xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>
<enc:EncryptionMethod Algorithm="{how}"/><enc:CipherData>
<enc:CipherReference URI="{what}"/></enc:CipherData></enc:EncryptedData></encryption>"""
OBFUSCATED = "http://www.idpf.org/2008/embedding"
LOCKED = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"


def said(document: Document) -> list[tuple[PassageKind, str]]:
    return [
        (passage.kind, "".join(span.of(document.source) for span in passage.spans))
        for chapter in document.chapters
        for passage in chapter.passages
    ]


def skips(document: Document) -> dict[str, str]:
    found: dict[str, str] = {}
    for skip in document.skips:
        if skip.reason not in {SkipReason.WHITESPACE, SkipReason.METADATA}:
            found[skip.reason] = found.get(skip.reason, "") + skip.span.of(document.source)
    return found


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        ("<p>One <b>wo</b>rd.</p>", PassageKind.PARAGRAPH, "One word."),
        ("<div>Bare text.</div>", PassageKind.PARAGRAPH, "Bare text."),
        ("Barest text.", PassageKind.PARAGRAPH, "Barest text."),
        ("<h3>Title</h3>", PassageKind.HEADING, "Title"),
        ("<ul><li><p>Item.</p></li></ul>", PassageKind.LIST_ITEM, "Item."),
        ("<blockquote><p>Quoth.</p></blockquote>", PassageKind.QUOTATION, "Quoth."),
        ('<p epub:type="z3998:verse">Line</p>', PassageKind.VERSE, "Line"),
        ('<div class="poem"><p>Line</p></div>', PassageKind.VERSE, "Line"),
        ("<hgroup><h2>Title</h2></hgroup>", PassageKind.HEADING, "Title"),
        ("<p>a&nbsp;b&mdash;c&hellip; &amp; &#100;</p>", PassageKind.PARAGRAPH, "a\xa0b—c… & d"),
        (
            "<p>A & B, &unknown; AT&T</p>",
            PassageKind.PARAGRAPH,
            "A & B, &unknown; AT&T",
        ),
        ("<p>kept<!-- not --><?nor this?> too</p>", PassageKind.PARAGRAPH, "kept too"),
        ("<table><tr><td>Laid out.</td></tr></table>", PassageKind.PARAGRAPH, "Laid out."),
        ("<figure><p>A pulled quote.</p></figure>", PassageKind.PARAGRAPH, "A pulled quote."),
    ],
)
def test_what_a_page_says(epub, body, kind, text):
    assert said(read(epub({"a.xhtml": body}), "b.epub")) == [(kind, text)]


@pytest.mark.parametrize(
    ("body", "reason", "text"),
    [
        ('<a epub:type="noteref" href="#n">1</a>', SkipReason.NOTE_REFERENCE, "1"),
        ('<sup><a href="n.xhtml#n">12</a></sup>', SkipReason.NOTE_REFERENCE, "12"),
        ('<a href="#n">[3]</a>', SkipReason.NOTE_REFERENCE, "[3]"),
        ('<span role="doc-pagebreak">7</span>', SkipReason.PAGE_BREAK, "7"),
        ("<script>run()</script>", SkipReason.HIDDEN, "run()"),
        ('<span hidden="hidden">unseen</span>', SkipReason.HIDDEN, "unseen"),
        ('<span style="display: none">unseen</span>', SkipReason.HIDDEN, "unseen"),
        ("<ruby>漢<rt>kan</rt></ruby>", SkipReason.HIDDEN, "kan"),
        ("<svg><title>A line</title></svg>", SkipReason.FIGURE, "A line"),
    ],
)
def test_what_is_left_out_of_a_sentence(epub, body, reason, text):
    document = read(epub({"a.xhtml": f"<p>Before{body} after.</p>"}), "b.epub")
    assert skips(document) == {reason: text}
    assert len(said(document)) == 1


@pytest.mark.parametrize(
    ("body", "reason", "text"),
    [
        ('<aside epub:type="footnote"><p>A note.</p></aside>', SkipReason.FOOTNOTE, "A note."),
        ("<pre><code>x = 1</code></pre>", SkipReason.CODE, "x = 1"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", SkipReason.TABLE, "ab"),
        ('<figure><img src="x"/><p>Fig.</p></figure>', SkipReason.FIGURE, "Fig."),
        ("<p>* * *</p>", SkipReason.SCENE_BREAK, "* * *"),
        ('<div class="pg-boilerplate">Licensed.</div>', SkipReason.LICENCE, "Licensed."),
        ("<nav><p>Links.</p></nav>", SkipReason.CONTENTS, "Links."),
    ],
)
def test_what_is_left_out_between_paragraphs(epub, body, reason, text):
    document = read(epub({"a.xhtml": f"<p>Before.</p>{body}<p>After.</p>"}), "b.epub")
    assert skips(document) == {reason: text}
    assert [words for _, words in said(document)] == ["Before.", "After."]


@pytest.mark.parametrize("line", ["<hr/>", "<p>* * *</p>", "<p>⁂</p>", "<p>—</p>"])
def test_a_line_that_only_ornaments_changes_the_scene(epub, line):
    document = read(epub({"a.xhtml": f"<p>Before.</p>{line}<p>After.</p>"}), "b.epub")
    assert [p.scene_break_after for p in document.chapters[0].passages] == [True, False]


def test_the_end_of_a_line_is_remembered(epub):
    document = read(epub({"a.xhtml": "<p>one<br/>two<br/></p>"}), "b.epub")
    (passage,) = document.chapters[0].passages
    assert [document.source[at:][:3] for at in passage.breaks] == ["two"]


def test_a_page_that_is_not_well_formed_keeps_its_text(epub):
    body = "<p>one<p>two<br>three</i><div>four"
    document = read(epub({"a.xhtml": body}), "b.epub")
    assert "".join(words for _, words in said(document)) == "onetwothreefour"


def test_entities_that_a_page_declares_are_put_in(epub):
    page = '<!DOCTYPE html [<!ENTITY who "Zo&#235;">]><html><body><p>&who;</p></body></html>'
    data = epub({"a.xhtml": ""}, files={"OPS/a.xhtml": page.encode()})
    assert said(read(data, "b.epub")) == [(PassageKind.PARAGRAPH, "Zoë")]


def test_metadata_comes_from_the_package(epub):
    metadata = read(epub({"a.xhtml": "<p>Text.</p>"}), "b.epub").metadata
    assert (metadata.title, metadata.creators) == ("A Book", ("Ann One", "Bob Two"))
    assert (metadata.language, metadata.identifier) == ("en-GB", "urn:isbn:1")
    assert (metadata.publisher, metadata.date) == ("House", "2001-02-03")
    assert metadata.description == "About."


# ------------------------------------------------------------------------------ covers

COVER = '<item id="cover" href="{href}" media-type="{kind}" {more}/>'
SVG = "image/svg+xml"


def covered(epub, item: str, files: dict[str, bytes], meta: str = ""):
    data = epub({"a.xhtml": "<p>Text.</p>"}, items=item, files=files, meta=meta)
    return read(data, "b.epub").cover


def test_the_cover_of_an_epub_3(epub):
    item = COVER.format(href="c.jpg", kind="image/jpeg", more='properties="cover-image"')
    cover = covered(epub, item, {"OPS/c.jpg": JPEG})
    assert (cover.media_type, cover.data) == ("image/jpeg", JPEG)


def test_the_cover_of_an_epub_2(epub):
    item = COVER.format(href="c.png", kind="image/png", more="")
    cover = covered(epub, item, {"OPS/c.png": PNG}, '<meta name="cover" content="cover"/>')
    assert (cover.media_type, cover.data) == ("image/png", PNG)


def test_the_cover_in_a_drawing_is_its_largest_picture(epub):
    embedded = base64.b64encode(JPEG + b"large" * 9).decode()
    drawing = f"""<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink">
        <image x:href="small.png"/><image href="data:image/jpeg;base64,{embedded}"/></svg>"""
    item = COVER.format(href="c.svg", kind=SVG, more='properties="cover-image"')
    cover = covered(epub, item, {"OPS/c.svg": drawing.encode(), "OPS/small.png": PNG})
    assert cover.data == JPEG + b"large" * 9


@pytest.mark.parametrize("data", [b"<svg><rect/></svg>", b"GIF89a", b""])
def test_a_cover_that_cannot_be_shown_is_no_reason_to_refuse(epub, data):
    item = COVER.format(href="c.svg", kind=SVG, more='properties="cover-image"')
    assert covered(epub, item, {"OPS/c.svg": data}) is None


def test_a_cover_that_is_not_there_is_no_reason_to_refuse(epub):
    item = COVER.format(href="c.jpg", kind="image/jpeg", more='properties="cover-image"')
    assert covered(epub, item, {}) is None


# ------------------------------------------------------------------------------ refusals


def refusal(data: bytes) -> str:
    with pytest.raises(DocumentRefused) as caught:
        read(data, "b.epub")
    assert caught.value.remedy
    return caught.value.reason


def test_a_locked_book_is_refused(epub):
    locked = FONT.format(how=LOCKED, what="OPS/a.xhtml").encode()
    data = epub({"a.xhtml": "<p>Text.</p>"}, files={"META-INF/encryption.xml": locked})
    assert "DRM" in refusal(data)


@pytest.mark.parametrize(("how", "what"), [(OBFUSCATED, "OPS/f.bin"), (LOCKED, "OPS/font.otf")])
def test_a_book_with_obfuscated_fonts_is_read(epub, how, what):
    fonts = FONT.format(how=how, what=what).encode()
    data = epub({"a.xhtml": "<p>Text.</p>"}, files={"META-INF/encryption.xml": fonts})
    assert len(read(data, "b.epub").chapters) == 1


def test_a_book_of_pictures_is_refused(epub):
    assert "no text" in refusal(epub({"a.xhtml": '<img src="scan.jpg" alt=""/>'}))


def test_a_truncated_archive_is_refused(epub):
    assert "broken" in refusal(epub({"a.xhtml": "<p>Text.</p>"})[:-40])


def test_a_damaged_member_is_refused(epub):
    data = bytearray(epub({"a.xhtml": "<p>" + "Text. " * 500 + "</p>"}))
    at = data.index(b"OPS/a.xhtml") + 20
    data[at : at + 8] = b"\xff" * 8
    assert "broken" in refusal(bytes(data))


def test_a_spine_that_names_an_absent_file_is_refused(zipped):
    item = '<item id="x" href="x.xhtml" media-type="application/xhtml+xml"/>'
    package = f'<package><manifest>{item}</manifest><spine><itemref idref="x"/></spine></package>'
    missing = zipped(
        {
            "META-INF/container.xml": b'<container><rootfile full-path="p.opf"/></container>',
            "p.opf": package.encode(),
        }
    )
    assert "x.xhtml" in refusal(missing)


def test_a_member_that_inflates_without_end_is_refused(epub):
    bomb = {"OPS/a.xhtml": b"<html><body><p>" + b" " * (MOST_MEMBER_BYTES + 1)}
    assert "above 32 MB" in refusal(epub({"a.xhtml": ""}, files=bomb))


def test_an_archive_of_too_many_files_is_refused(epub):
    many = {f"f{number}": b"" for number in range(MOST_ENTRIES)}
    assert "files" in refusal(epub({"a.xhtml": "<p>Text.</p>"}, files=many))


def test_entities_are_never_multiplied(epub):
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(9))
    page = f"<!DOCTYPE html [{lol}]><html><body><p>Laugh: &l8;</p></body></html>"
    data = epub({"a.xhtml": ""}, files={"OPS/a.xhtml": page.encode()})
    assert "lollol" not in read(data, "b.epub").source


def test_no_file_outside_is_read(epub):
    page = (
        '<!DOCTYPE html [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
        "<html><body><p>Hello &secret;</p></body></html>"
    )
    data = epub({"a.xhtml": ""}, files={"OPS/a.xhtml": page.encode()})
    assert said(read(data, "b.epub"))[0][1] == "Hello &secret;"


@pytest.mark.parametrize("count", [201, 5_000])
def test_elements_nested_beyond_reason_are_refused(epub, count):
    body = "<div>" * count + "deep" + "</div>" * count
    assert "deep" in refusal(epub({"a.xhtml": body}))
