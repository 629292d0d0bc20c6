"""A few small documents of each format, in which as much as possible of the format occurs."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.unit.ingest.conftest import make_epub
from tests.unit.ingest.docx_files import made, para, run
from tests.unit.ingest.pdf_books import Placed, Typesetter, pdf, with_heads
from tests.unit.ingest.test_docx import FOOTNOTES, PAGES, PICTURE, PROMPT, RUBY

ARTICLES = Path(__file__).parent / "articles"
_BODY = """<h1 id="c{n}">Chapter {n}</h1>
<p>Rain<a epub:type="noteref" href="#n{n}">1</a>, &mdash; and <em>rained</em>.<br/>A&nbsp;!</p>
<blockquote><p>“So,” <ruby>he<rt>him</rt></ruby> said.</p></blockquote><hr/>
<ul><li>One</li><li>Two</li></ul><div class="poem"><p>Roses<br/>are red</p></div>
<table><caption>T</caption><tr><td>1</td><td>2</td></tr></table><pre>code</pre>
<figure><img src="a.png" alt="A map"/><figcaption>Map</figcaption></figure><svg><text>s</text></svg>
<span epub:type="pagebreak" id="p{n}">12</span><aside epub:type="footnote" id="n{n}">A note.</aside>
"""
_MARKDOWN = """---
title: A Book
---
# Chapter 1

It *rained*[^1], and __rained__ `code` <b>x</b> &amp; [a link](http://a.org "t") ![alt](x.png).

> “So,”
> > he said.

- one
  1. two

| a | b |
|---|--:|
| 1 | 2 |

```python
code
```

* * *

Heading 2
=========

[^1]: A note.

Line  \nbroken <!-- comment --> https://b.org ~~gone~~
"""
_TEXT = """A BOOK

CONTENTS

 Chapter I. Rain
 Chapter II. Sun

*** START OF THE PROJECT GUTENBERG EBOOK A BOOK ***

CHAPTER I. RAIN

It rained,[1] and it _rained_. [Illustration: rain]
The line goes on.

    Roses are red
    and so on

* * *

[1] A note.

CHAPTER II

Mr. Holmes said: “No!” [Pg 12] It was 1,900.5 at 3 p.m.

*** END OF THE PROJECT GUTENBERG EBOOK A BOOK ***
"""
_JSON = {
    "narrator": 1,
    "title": "A Book",
    "creators": ["Ann One"],
    "language": "en",
    "chapters": [
        {
            "title": "One",
            "voice": "aura-2-orion-en",
            "passages": [
                {"text": "It rained. “So,” he said."},
                {"kind": "verse", "voice": "aura-2-luna-en", "text": "Roses\nare red"},
                {"runs": [{"text": "“Go,” "}, {"text": "he said.", "voice": "aura-2-orion-en"}]},
                {"scene_break": True},
            ],
        },
        {"passages": [{"kind": "heading", "text": "Two"}, {"text": "x \ud800 \0 y"}]},
    ],
}


def epubs() -> list[bytes]:
    """Of version 3 and of version 2."""
    pages = {f"{n}.xhtml": _BODY.format(n=n) for n in (1, 2)}
    entries = "".join(f'<li><a href="{n}.xhtml#c{n}">Chapter {n}</a></li>' for n in (1, 2))
    points = "".join(
        f'<navPoint><navLabel><text>{n}</text></navLabel><content src="{n}.xhtml"/></navPoint>'
        for n in (1, 2)
    )
    landmark = '<li><a epub:type="bodymatter" href="1.xhtml">B</a></li>'
    return [make_epub(pages, contents=entries, landmarks=landmark), make_epub(pages, ncx=points)]


def docxs() -> list[bytes]:
    """With styles, notes, fields, tables, text boxes and pictures."""
    table = f"<w:tbl><w:tr><w:tc>{para('1')}</w:tc><w:tc>{para('2')}</w:tc></w:tr></w:tbl>"
    note = "<w:r><w:footnoteReference w:id='1'/></w:r>"
    return [
        made(
            para("A Book", "Title"), para("Rain", "H1"), para(run("It rained.") + note + RUBY),
            para("So", "Quote"), para("Roses", "Poem"), table, para(PAGES), para(PICTURE), PROMPT,
            para("Sun", "H1"), para("one", "Bullet"), para(run("x", "<w:vanish/>") + run("y")),
            para("code", "Code"), para("Map", "Caption"), footnotes=FOOTNOTES,
        )
    ]  # fmt: skip


def pdfs() -> list[bytes]:
    """In one column and in two, with heads and feet and an outline; nothing in it is deflated."""
    found = []
    for columns in (1, 2):
        book = Typesetter(columns=columns, lines_a_column=12)
        for chapter in ("Rain", "Sun"):
            book.heading(chapter)
            for _ in range(3):
                book.paragraph("It rained all of the long|est after|noon, and he said: no. " * 4)
        book.pages[0] += [Placed("1 A note.", 50, 60, 8), Placed("1", 200, 500, 6)]
        pages = with_heads(book.pages, lambda _: "A Book", str)
        outline = [("Rain", 0, 0), ("Sun", 0, 1)]
        found.append(pdf(pages, outline=outline, title="A Book", pageCompression=0))
    return found


def pages() -> list[bytes]:
    """A plain page, and articles as they are published."""
    plain = "<html><head><title>T</title></head><body>" + _BODY.format(n=1) * 2 + "</body></html>"
    return [plain.encode(), *(path.read_bytes() for path in sorted(ARTICLES.rglob("*.html"))[:3])]


SEEDS: Mapping[str, tuple[str, Callable[[], list[bytes]]]] = {
    "epub": ("book.epub", epubs),
    "docx": ("book.docx", docxs),
    "pdf": ("book.pdf", pdfs),
    "html": ("book.html", pages),
    "markdown": ("book.md", lambda: [_MARKDOWN.encode()]),
    "text": ("book.txt", lambda: [_TEXT.encode(), _TEXT.encode("utf-16")]),
    "json": ("book.json", lambda: [json.dumps(_JSON, indent=1).encode()]),
}
"""By reader: the name that a document is handed in under, and what makes the documents."""
