"""A real book, whole: what an independent extractor finds is what is read."""

import io
import posixpath
import zipfile

from lxml import etree

from narrator.domain.documents import Document, PassageKind, SkipReason
from narrator.domain.plan import spoken
from narrator.text.plan import make_plan

TITLES = [
    "A Scandal in Bohemia",
    "The Redheaded League",
    "A Case of Identity",
    "The Boscombe Valley Mystery",
    "The Five Orange Pips",
    "The Man with the Twisted Lip",
    "The Adventure of the Blue Carbuncle",
    "The Adventure of the Speckled Band",
    "The Adventure of the Engineer’s Thumb",
    "The Adventure of the Noble Bachelor",
    "The Adventure of the Beryl Coronet",
    "The Adventure of the Copper Beeches",
]
LAYOUT = {"whitespace", "invisible", "passage-break"}  # changes of no word
OPF = "{http://www.idpf.org/2007/opf}"


def spine_text(data: bytes) -> str:
    """Every text node of the spine, by lxml alone."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        container = etree.fromstring(archive.read("META-INF/container.xml"))
        path = str(next(container.iter("{*}rootfile")).attrib["full-path"])
        package = etree.fromstring(archive.read(path))
        hrefs = {str(i.attrib["id"]): str(i.attrib["href"]) for i in package.iter(f"{OPF}item")}
        files = [
            posixpath.join(posixpath.dirname(path), hrefs[str(ref.attrib["idref"])])
            for ref in package.iter(f"{OPF}itemref")
        ]
        trees = [etree.fromstring(archive.read(file)) for file in files]
        return "".join(str(text) for tree in trees for text in tree.itertext())


def story(sherlock: Document, number: int) -> tuple[int, int]:
    passages = sherlock.chapters[number - 1].passages
    return passages[0].spans[0].start, passages[-1].spans[-1].end


def words(text: str) -> str:
    return "".join(text.replace("\u2060", "").split())


def test_the_source_is_every_text_node_of_the_spine(sherlock, sherlock_bytes):
    assert sherlock.source == spine_text(sherlock_bytes)


def test_the_twelve_stories_are_the_body_chapters(sherlock):
    assert [chapter.title for chapter in sherlock.chapters] == TITLES
    assert [chapter.number for chapter in sherlock.chapters] == list(range(1, 13))


def test_the_parts_of_the_first_story_are_headings_in_it(sherlock):
    headings = [
        passage.spans[0].of(sherlock.source)
        for passage in sherlock.chapters[0].passages
        if passage.kind is PassageKind.HEADING
    ]
    assert headings == ["A Scandal in Bohemia", "I", "II", "III"]


def test_nothing_but_whitespace_is_skipped_inside_a_story(sherlock):
    for number in range(1, 13):
        start, end = story(sherlock, number)
        inside = {s.reason for s in sherlock.skips if start <= s.span.start < end}
        assert inside <= {SkipReason.WHITESPACE}


def test_what_is_skipped_is_titles_front_and_back_matter(sherlock):
    assert {skip.reason for skip in sherlock.skips} == {
        SkipReason.WHITESPACE,
        SkipReason.METADATA,
        SkipReason.FRONT_MATTER,
        SkipReason.BACK_MATTER,
    }
    front = "".join(
        s.span.of(sherlock.source) for s in sherlock.skips if s.reason is SkipReason.FRONT_MATTER
    )
    assert "This ebook is the product of many hours" in front
    assert "To Sherlock Holmes she is always" not in front


def test_the_cover_is_the_picture_inside_the_drawing(sherlock):
    assert sherlock.cover is not None
    assert sherlock.cover.media_type == "image/jpeg"
    assert sherlock.cover.data.startswith(b"\xff\xd8\xff")
    assert sherlock.cover.data.endswith(b"\xff\xd9")


def test_the_metadata_is_the_package_s(sherlock):
    assert sherlock.metadata.title == "The Adventures of Sherlock Holmes"
    assert sherlock.metadata.creators == ("Arthur Conan Doyle",)
    assert sherlock.metadata.language == "en-GB"
    assert sherlock.metadata.publisher == "Standard Ebooks"


def test_every_word_of_the_stories_is_planned_in_order(sherlock):
    plan = make_plan(sherlock)
    for planned in plan.chapters:
        start, end = story(sherlock, planned.number)
        heard = "".join(
            spoken(sherlock.source, chunk.spans, [e for e in chunk.edits if e.rule in LAYOUT])
            for chunk in planned.chunks
        )
        assert words(heard) == words(sherlock.source[start:end])


def test_no_chunk_of_the_book_is_cut_inside_a_word(sherlock):
    for planned in make_plan(sherlock).chapters:
        for chunk in planned.chunks:
            assert chunk.text == chunk.text.strip()
            assert not sherlock.source[chunk.spans[-1].end].isalnum()


def test_a_scene_changes_where_the_book_draws_a_line(sherlock):
    breaks = sum(p.scene_break_after for c in sherlock.chapters for p in c.passages)
    assert breaks == 8
