"""Two small books, valid by EPUBCheck: an EPUB 3 and an EPUB 2, of many elements."""

import io
import zipfile

_CONTAINER = """<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles><rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles></container>"""

_RICH = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en">
<head><title>Rain</title></head><body>
<section epub:type="chapter"><h1>Rain, <small>or <em>not</em></small></h1>
<p id="p1">It <em>rained. And</em> it rained<a epub:type="noteref" href="#n1">1</a>, he said. Was it
so?<br/>It was. <ruby>雨<rt>ame</rt></ruby>.</p>
<blockquote class="verse"><p>Drop,<br/>drop;
<span><strong>and</strong></span> drop.</p></blockquote>
<ul><li>One. Two.</li><li><p>Three <a href="2.xhtml">there. Four</a>.</p></li></ul>
<table><tr><td>Not read.</td></tr></table><!-- comment -->
<aside epub:type="footnote" id="n1"><p>A note.</p></aside></section>
</body></html>"""
_PLAIN = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Sun</title></head>
<body><h1>Sun</h1><p>Then the sun came out. It stayed.</p></body></html>"""
_NAV = """<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
<head><title>Contents</title></head><body><nav epub:type="toc"><ol>
<li><a href="text/1.xhtml">Rain</a></li>
<li><a href="text/2.xhtml">Sun</a></li></ol></nav></body></html>"""
_PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf" unique-identifier="uid" version="3.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="uid">urn:x:1</dc:identifier>
<dc:title>Weather</dc:title><dc:language>en</dc:language>
<meta property="dcterms:modified">2020-01-01T00:00:00Z</meta></metadata><manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="c1" href="text/1.xhtml" media-type="application/xhtml+xml"/>
<item id="c2" href="text/2.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="c1"/><itemref idref="c2"/></spine></package>"""

_OLD_PAGE = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">
<html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head>
<body><h1>{title}</h1><p>It was&nbsp;late. &mdash; Nobody came.</p></body></html>"""
_OLD_RICH = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><head profile="http://example.org/p">
<meta http-equiv="Content-Type" content="application/xhtml+xml; charset=utf-8"/>
<meta name="x" content="y" scheme="z"/><title>Rich</title></head>
<body><p>A <tt>telegram</tt> from the <acronym title="x">GPO</acronym>, in <big>big</big>
<small>letters</small>. <a id="here" rel="next" rev="prev" charset="utf-8"
 href="1.xhtml">Here.</a></p>
<table border="1" cellpadding="2" cellspacing="3" frame="box" rules="all" summary="Rain"
 width="90%"><col align="left" width="30"/><thead valign="top"><tr align="center"><th abbr="d"
 axis="x" scope="col">Day</th><th>Rain</th></tr></thead><tbody><tr><td align="char" char="."
 charoff="1" valign="middle" scope="row">1.5</td><td abbr="r">2</td></tr></tbody></table>
<pre xml:space="preserve">As  it   is.</pre>
<p><object data="1.xhtml" type="application/xhtml+xml" width="10" height="10">Else.</object></p>
</body></html>"""
_OLD_COVER = """<?xml version="1.0" encoding="utf-8"?>
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"><head><title>Cover</title></head>
<body><div><svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="100%" height="100%"
 viewBox="0 0 10 10"><rect width="10" height="10"/></svg></div></body></html>"""
_OLD_PACKAGE = """<package xmlns="http://www.idpf.org/2007/opf"
unique-identifier="uid" version="2.0">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"
xmlns:opf="http://www.idpf.org/2007/opf">
<dc:identifier id="uid" opf:scheme="URI">urn:x:2</dc:identifier>
<dc:title>Late</dc:title>
<dc:creator opf:role="aut"
opf:file-as="Writer, A.">A. Writer</dc:creator>
<dc:language>en</dc:language>
<dc:date opf:event="publication">1900</dc:date>
<dc:date opf:event="modification">1901</dc:date>
<dc:rights></dc:rights></metadata>
<manifest><item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>
<item id="c1" href="1.xhtml" media-type="application/xhtml+xml"/>
<item id="c2" href="2.xhtml" media-type="application/xhtml+xml"/>
<item id="c3" href="3.xhtml" media-type="application/xhtml+xml"/>
<item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine toc="ncx"><itemref idref="cover" linear="no"/>
<itemref idref="c3"/><itemref idref="c1"/><itemref idref="c2"/></spine></package>"""
_NCX = """<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1"><head>
<meta name="dtb:uid" content="urn:x:2"/></head>
<docTitle><text>Late</text></docTitle><navMap>
<navPoint id="a" playOrder="1"><navLabel><text>One</text></navLabel>
<content src="1.xhtml"/></navPoint>
<navPoint id="b" playOrder="2"><navLabel><text>Two</text></navLabel>
<content src="2.xhtml"/></navPoint>
</navMap></ncx>"""


def _book(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", _CONTAINER)
        for name, text in files.items():
            archive.writestr(f"book/{name}", text)
    return buffer.getvalue()


NEW = _book(
    {
        "package.opf": _PACKAGE,
        "nav.xhtml": _NAV,
        "text/1.xhtml": _RICH,
        "text/2.xhtml": _PLAIN,
    }
)
OLD = _book(
    {
        "package.opf": _OLD_PACKAGE,
        "toc.ncx": _NCX,
        "1.xhtml": _OLD_PAGE.format(title="One"),
        "2.xhtml": _OLD_PAGE.format(title="Two"),
        "3.xhtml": _OLD_RICH,
        "cover.xhtml": _OLD_COVER,
    }
)
