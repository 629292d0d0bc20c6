"""DOCX files made for tests, part by part."""

import io
import zipfile
from collections.abc import Mapping

from narrator.domain.choices import Reading
from narrator.domain.documents import Document, SkipReason
from narrator.ingest.read import read

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
NAMES = (
    f'xmlns:w="{W}" xmlns:m="{OFFICE}/math" xmlns:v="urn:schemas-microsoft-com:vml"'
    ' xmlns:o="urn:schemas-microsoft-com:office:office"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
)
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
STYLES = """
<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault></w:docDefaults>
<w:style w:styleId="H1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="Chapter"><w:name w:val="Mine"/><w:basedOn w:val="H1"/></w:style>
<w:style w:styleId="Outlined"><w:name w:val="X"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:styleId="German"><w:name w:val="Überschrift 1"/></w:style>
<w:style w:styleId="Looped"><w:name w:val="Y"/><w:basedOn w:val="Looped"/></w:style>
<w:style w:styleId="Title"><w:name w:val="Title"/></w:style>
<w:style w:styleId="Subtitle"><w:name w:val="Subtitle"/></w:style>
<w:style w:styleId="Quote"><w:name w:val="Quote"/></w:style>
<w:style w:styleId="Poem"><w:name w:val="Long Poem"/></w:style>
<w:style w:styleId="Caption"><w:name w:val="caption"/></w:style>
<w:style w:styleId="Code"><w:name w:val="Source Code"/></w:style>
<w:style w:styleId="Epigraph"><w:name w:val="Epigraph"/></w:style>
<w:style w:styleId="TOC1"><w:name w:val="toc 1"/></w:style>
<w:style w:styleId="Index1"><w:name w:val="index 1"/></w:style>
<w:style w:styleId="Bib"><w:name w:val="Bibliography"/></w:style>
<w:style w:styleId="Bullet"><w:name w:val="Z"/>
 <w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:styleId="Secret"><w:name w:val="S"/><w:rPr><w:vanish/></w:rPr></w:style>
"""


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def para(content: str, style: str = "", properties: str = "") -> str:
    """A paragraph of that text, or of runs."""
    content = content if content.startswith("<") else run(content)
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{styled}{properties}</w:pPr>{content}</w:p>"


def complex_field(instruction: str, result: str) -> str:
    """Marks around an instruction and its result."""
    begin, separate, end = (
        f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end")
    )
    return f"{begin}<w:r><w:instrText>{instruction}</w:instrText></w:r>{separate}{result}{end}"


def related(kinds: Mapping[str, str]) -> str:
    each = "".join(
        f'<Relationship Id="{kind}{target}" Target="{target}"'
        f' Type="{OFFICE}/relationships/{kind}"/>'
        for target, kind in kinds.items()
    )
    return f'<Relationships xmlns="{RELATIONSHIPS}">{each}</Relationships>'


def zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def made(*paragraphs: str, main: str = "word/document.xml", **parts: str) -> bytes:
    """A DOCX of those paragraphs; `parts` are other parts by kind, each the inside of its root."""
    kinds = {f"{kind}.xml": kind for kind in ("styles", *parts)}
    held = {
        f"word/{kind}.xml": f"<w:{kind} {NAMES}>{inside}</w:{kind}>"
        for kind, inside in {"styles": STYLES, **parts}.items()
    }
    folder, _, file = main.rpartition("/")
    body = "".join(paragraphs)
    return zipped(
        {
            "[Content_Types].xml": "<x>wordprocessingml.document.main</x>",
            "_rels/.rels": related(
                {main: "officeDocument", "docProps/core.xml": "core-properties"}
            ),
            main: f"<w:document {NAMES}><w:body>{body}</w:body></w:document>",
            f"{folder}/_rels/{file}.rels": related(kinds),
            **held,
        }
    )


def of(*paragraphs: str, reading: Reading | None = None, **parts: str) -> Document:
    return read(made(*paragraphs, **parts), "book.docx", reading or Reading())


def said(document: Document) -> list[tuple[str, str]]:
    """Kind and text of each passage."""
    return [
        (each.kind, "".join(span.of(document.source) for span in each.spans))
        for chapter in document.chapters
        for each in chapter.passages
    ]


def skipped(document: Document, reason: SkipReason) -> list[str]:
    found = (skip.span.of(document.source) for skip in document.skips if skip.reason is reason)
    return [text.strip() for text in found]


def titles(document: Document) -> list[str]:
    return [chapter.title for chapter in document.chapters]
