"""Bytes → Document, purely: `read.read` chooses a reader by content; each format is a module.

`archive`, `package`, `contents`, `outline`, `cover` and `epub` read EPUBs; `xhtml`, `elements` and
`walk` their pages, and `html`; `docx` sets a Word document as such a page (`docx_package` finds its
parts, `docx_tree` and `docx_line` set them); `pdf` lays out the words of a PDF
(`pdf_pages` has them from PDFium; `pdf_furniture`, `pdf_layout` and `pdf_paragraphs` tell what they
make; `pdf_chapters` and `pdf_flow` put it together); `structured` reads JSON of our own; `markdown`
(`casting`: its voices) and `plaintext` the rest. All of them write a `flow`, which `sections` cuts
into body chapters, except that a structured document says itself what its chapters are.
"""
