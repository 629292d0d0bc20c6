"""The same book as PDFs of other producers, each of which draws letters, lines and notes its way.

Typst and WeasyPrint are loaded if they are installed (`pip install typst weasyprint`), Chromium if
it is on the path; none of them is needed for anything else here.
"""

import html
import importlib
import importlib.util
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TITLE = "Pride and Prejudice"
_SECONDS = 600

_CSS = """
@page { size: 148mm 210mm; margin: 20mm 16mm;
  @top-center { content: "TITLE"; font-size: 9pt; font-style: italic }
  @bottom-center { content: counter(page); font-size: 9pt } }
body { font: 11pt/1.25 SERIF; hyphens: auto; text-align: justify; columns: COLUMNS; column-gap: 8mm;
  orphans: 1; widows: 1 }
h1 { font-size: 17pt; column-span: all; BREAK; text-align: left }
p { margin: 0; text-indent: 1.2em } h1 + p { text-indent: 0 }
.note { float: footnote; font-size: 8pt; text-indent: 0 }
"""
_TYPST = """
#set document(title: "TITLE")
#set page(width: 148mm, height: 210mm, margin: (x: 16mm, y: 20mm), columns: COLUMNS,
  header: context align(center, emph(text(9pt)[TITLE])), numbering: "1")
#set text(lang: "en", size: 11pt, hyphenate: true)
#set par(justify: true, first-line-indent: 1.2em, spacing: 0.65em)
#show heading: set text(17pt)
#set columns(gutter: 8mm)
#for item in json("book.json") {
  if item.heading { if COLUMNS == 1 { pagebreak(weak: true) } ; heading(item.text) }
  else if item.note != "" { par[#item.text#footnote(item.note)] }
  else { par(item.text) }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A heading or a paragraph, with a footnote or none."""

    text: str
    heading: bool = False
    note: str = ""


def producers() -> dict[str, Callable[[Sequence[Piece], int], bytes]]:
    """Those that are here, by name; each makes a PDF of pieces, in so many columns."""
    found: dict[str, Callable[[Sequence[Piece], int], bytes]] = {}
    if importlib.util.find_spec("typst"):
        found["typst"] = _by_typst
    if importlib.util.find_spec("weasyprint"):
        found["weasyprint"] = _by_weasyprint
    if shutil.which("chromium"):
        found["chromium"] = _by_chromium
    return found


def _by_typst(pieces: Sequence[Piece], columns: int) -> bytes:
    items = [{"text": p.text, "heading": p.heading, "note": p.note} for p in pieces]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "book.json").write_text(json.dumps(items), encoding="utf-8")
        source = _TYPST.replace("COLUMNS", str(columns)).replace("TITLE", _TITLE)
        Path(folder, "book.typ").write_text(source, encoding="utf-8")
        made: bytes = importlib.import_module("typst").compile(str(Path(folder, "book.typ")))
    return made


def _by_weasyprint(pieces: Sequence[Piece], columns: int) -> bytes:
    page = _page(pieces, columns, notes=True)
    made: bytes = importlib.import_module("weasyprint").HTML(string=page).write_pdf()
    return made


def _by_chromium(pieces: Sequence[Piece], columns: int) -> bytes:
    """Chromium has no footnotes; their references are printed as they would be on the web."""
    with tempfile.TemporaryDirectory() as folder:
        page, made = Path(folder, "book.html"), Path(folder, "book.pdf")
        page.write_text(_page(pieces, columns, notes=False), encoding="utf-8")
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu",
                   f"--user-data-dir={folder}/profile", "--no-pdf-header-footer",
                   f"--print-to-pdf={made}", page.as_uri()]  # fmt: skip
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
        return made.read_bytes()


def _page(pieces: Sequence[Piece], columns: int, *, notes: bool) -> str:
    breaks = "break-before: page" if columns == 1 else ""
    css = _CSS.replace("COLUMNS", str(columns)).replace("BREAK", breaks).replace("TITLE", _TITLE)
    body = "".join(_element(piece, notes=notes) for piece in pieces)
    css = css.replace("SERIF", "'DejaVu Serif', serif")
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{_TITLE}</title>'
        f"<style>{css}</style></head><body>{body}</body></html>"
    )


def _element(piece: Piece, *, notes: bool) -> str:
    text = html.escape(piece.text)
    if piece.heading:
        return f"<h1>{text}</h1>"
    note = f'<span class="note">{html.escape(piece.note)}</span>' if notes and piece.note else ""
    return f"<p>{text}{note}</p>"
