"""Bytes → Document, purely: `read.read` chooses a reader by content; each format is a module.

`archive`, `package`, `contents`, `outline`, `cover` and `epub` read EPUBs; `xhtml`, `elements` and
`walk` their pages, and `html`; `markdown` and `plaintext` the rest. All of them write a `flow`,
which `sections` cuts into body chapters.
"""
