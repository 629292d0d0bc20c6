"""Structured JSON: what it says is what is read, in its order and voices, or it is refused."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

import narrator
from narrator.domain.choices import Reading, Role, Treatment
from narrator.domain.documents import Document, PassageKind, SkipReason
from narrator.domain.errors import DocumentRefused
from narrator.ingest.read import read

ORION, LUNA = "aura-2-orion-en", "aura-luna-en"
SCHEMA = json.loads(
    (Path(narrator.__file__).parents[1] / "docs/document.schema.json").read_text("utf-8")
)
BOOK: dict[str, Any] = {
    "narrator": 1,
    "title": "A Book",
    "creators": ["Ann One", "Bob Two"],
    "language": "en-GB",
    "series": "Books",
    "series_position": "2",
    "chapters": [
        {
            "title": "One",
            "voice": ORION,
            "passages": [
                {"text": "It was late."},
                {"kind": "quotation", "voice": LUNA, "text": "So late."},
                {"scene_break": True},
                {"runs": [{"text": "“Go,” ", "voice": LUNA}, {"text": "he said."}]},
            ],
        },
        {"passages": [{"kind": "heading", "text": "Two"}, {"kind": "verse", "text": "a b\nc d"}]},
    ],
}


def of(value: object, reading: Reading | None = None) -> Document:
    return read(json.dumps(value).encode(), "book.json", reading or Reading())


def told(document: Document) -> list[list[tuple[str, str, str]]]:
    """Kind, voice and text of each passage, by chapter."""
    return [
        [
            (each.kind, each.voice, "".join(span.of(document.source) for span in each.spans))
            for each in chapter.passages
        ]
        for chapter in document.chapters
    ]


def changed(path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The book with another value at a path."""
    book: Any = copy.deepcopy(BOOK)
    place = book
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return dict(book)


def allowed_by_schema(value: object) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(value)


def accepted(value: object) -> bool:
    try:
        of(value)
    except DocumentRefused as error:
        return "no text to read out" in error.reason
    return True


def test_passages_come_in_order_each_with_its_voice():
    assert told(of(BOOK)) == [
        [
            ("heading", ORION, "One"),
            ("paragraph", ORION, "It was late."),
            ("quotation", LUNA, "So late."),
            ("paragraph", LUNA, "“Go,”"),
            ("paragraph", ORION, "he said."),
        ],
        [("heading", "", "Two"), ("verse", "", "a b\nc d")],
    ]


def test_the_source_is_the_texts_two_line_feeds_apart():
    expected = "One\n\nIt was late.\n\nSo late.\n\n“Go,” he said.\n\nTwo\n\na b\nc d"
    assert of(BOOK).source == expected


def test_the_metadata_is_kept_for_tags():
    metadata = of(BOOK).metadata
    assert (metadata.title, metadata.creators) == ("A Book", ("Ann One", "Bob Two"))
    assert (metadata.language, metadata.series, metadata.series_position) == ("en-GB", "Books", "2")


def test_chapters_are_called_by_their_title_or_their_first_heading():
    assert [chapter.title for chapter in of(BOOK).chapters] == ["One", "Two"]


def test_a_title_that_the_first_heading_repeats_is_read_once():
    book = changed(("chapters", 1, "title"), " Two ")
    assert told(of(book)) == told(of(BOOK))


def test_a_scene_break_follows_the_passage_before_it():
    breaks = [each.scene_break_after for each in of(BOOK).chapters[0].passages]
    assert breaks == [False, False, True, False, False]


def test_a_line_feed_ends_a_line_of_verse():
    document = of(BOOK)
    assert [
        document.source[:at].split("\n")[-2] for at in document.chapters[1].passages[1].breaks
    ] == ["a b"]


def test_runs_of_one_voice_are_one_passage():
    runs = [{"text": "One "}, {"text": "two."}]
    book = changed(("chapters", 0, "passages"), [{"runs": runs}])
    assert told(of(book))[0][1] == ("paragraph", ORION, "One two.")


def test_verse_is_left_out_on_request():
    reading = Reading.choose({Role.VERSE: Treatment.SKIP})
    document = of(BOOK, reading)
    assert [
        skip.span.of(document.source) for skip in document.skips if skip.reason is SkipReason.VERSE
    ] == ["a b\nc d"]


def test_a_chapter_with_nothing_to_say_has_no_number():
    book = changed(("chapters", 0), {"passages": [{"text": " \n "}]})
    assert [chapter.number for chapter in of(book).chapters] == [1]


def test_it_is_told_from_its_content():
    assert read(json.dumps(BOOK).encode(), "book.txt").format == "json"


REFUSED = [
    (("narrator",), 2, "narrator is not 1"),
    (("narrator",), True, "narrator is not 1"),
    (("extra",), 1, "the document has a key"),
    (("title",), 7, "title is not a string"),
    (("creators",), "Ann", "creators is not an array"),
    (("creators", 1), None, r"creators\[1\] is not a string"),
    (("chapters",), {}, "chapters is not an array"),
    (("chapters", 1), [], r"chapters\[1\] is not an object"),
    (("chapters", 1, "author"), "x", r"chapters\[1\] has a key"),
    (("chapters", 0, "voice"), "alto", r"chapters\[0\]\.voice is no Deepgram"),
    (("chapters", 0, "voice"), "aura-luna-es", r"chapters\[0\]\.voice is no Deepgram"),
    (("chapters", 0, "voice"), None, r"chapters\[0\]\.voice is not a string"),
    (("chapters", 0, "passages", 1, "kind"), "aside", r"passages\[1\]\.kind is none of"),
    (("chapters", 0, "passages", 1, "kind"), [], r"passages\[1\]\.kind is not a string"),
    (("chapters", 0, "passages", 1, "runs"), [], r"passages\[1\] has not one of"),
    (("chapters", 0, "passages", 0), {}, r"passages\[0\] has not one of"),
    (("chapters", 0, "passages", 2, "scene_break"), False, r"passages\[2\] has a scene_break"),
    (("chapters", 0, "passages", 2, "voice"), LUNA, r"passages\[2\] has a scene_break"),
    (("chapters", 0, "passages", 3, "runs", 1), {}, r"runs\[1\] has no text"),
    (("chapters", 0, "passages", 3, "runs", 0, "voice"), "x", r"runs\[0\]\.voice is no"),
]


@pytest.mark.parametrize(("path", "value", "what"), REFUSED)
def test_what_is_not_as_it_should_be_is_refused_by_its_place(path, value, what):
    with pytest.raises(DocumentRefused, match=what) as caught:
        of(changed(path, value))
    assert caught.value.remedy


@pytest.mark.parametrize(("path", "value"), [case[:2] for case in REFUSED])
def test_the_schema_refuses_it_too(path, value):
    assert not allowed_by_schema(changed(path, value))


def test_the_schema_allows_what_is_read():
    assert allowed_by_schema(BOOK)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b'{"narrator": 1, "chapters": [}', "no JSON: line 1, column 30"),
        (b'{"narrator": 1, "narrator": 1, "chapters": []}', "same key twice"),
        (b'{"narrator": NaN, "chapters": []}', "number"),
        (b'{"narrator": ' + b"9" * 5000 + b', "chapters": []}', "number"),
        (b"[" * 100_000 + b"]" * 100_000, "too deep"),
        (b'{"chapters": []}', "narrator is missing"),
        (b'{"narrator": 1, "chapters": []}', "no text"),
        (b"[]", "the document is not an object"),
    ],
)
def test_json_that_is_none_of_ours_is_refused(data, what):
    with pytest.raises(DocumentRefused, match=what):
        read(data, "book.json")


def test_a_refusal_never_quotes_the_document():
    with pytest.raises(DocumentRefused) as caught:
        of(changed(("chapters", 0, "secret"), "secret"))
    assert "secret" not in f"{caught.value.reason} {caught.value.remedy}"


def test_surrogates_and_nuls_are_kept_in_the_source_and_not_in_labels():
    book = changed(("chapters", 0, "title"), "\ud800One\0")
    document = of(book)
    assert document.source.startswith("\ud800One\0")
    assert document.chapters[0].title == "One"


def test_thousands_of_chapters_are_read():
    chapters = [{"title": "T", "passages": [{"text": "x"}]}] * 5_000
    assert len(of({"narrator": 1, "chapters": chapters}).chapters) == 5_000


def test_a_passage_of_ten_million_characters_is_read():
    book = {"narrator": 1, "chapters": [{"passages": [{"text": "word " * 2_000_000}]}]}
    assert len(of(book).chapters[0].passages[0].spans[0]) == 9_999_999


# ------------------------------------------------------------------------------ for any document

voices = st.sampled_from(["", ORION, LUNA])
letters = st.text(alphabet="ab é\n😀\ud800\0.", max_size=12).map(lambda text: f"w{text}w")
runs = st.lists(st.tuples(letters, voices), min_size=1, max_size=4)
passages = st.tuples(st.sampled_from(PassageKind), voices, runs)
chapters = st.lists(st.tuples(letters, st.lists(passages, max_size=4)), min_size=1, max_size=3)


def with_voice(value: dict[str, Any], voice: str) -> dict[str, Any]:
    return {**value, "voice": voice} if voice else value


def written(book: list[tuple[str, list[Any]]]) -> dict[str, Any]:
    """The structured document that says it."""
    return {
        "narrator": 1,
        "chapters": [
            {
                "title": title,
                "passages": [
                    with_voice(
                        {
                            "kind": kind,
                            "runs": [with_voice({"text": text}, own) for text, own in stretches],
                        },
                        voice,
                    )
                    for kind, voice, stretches in passages
                ],
            }
            for title, passages in book
        ],
    }


def expected(book: list[tuple[str, list[Any]]]) -> list[tuple[str, str, str]]:
    """Kind, voice and characters, neighbours of one passage and voice joined."""
    found: list[tuple[str, str, str]] = []
    for title, passages in book:
        found.append(("heading", "", title))
        for kind, voice, stretches in passages:
            last = None
            for text, own in stretches:
                if (own or voice) == last:
                    found[-1] = (*found[-1][:2], found[-1][2] + text)
                else:
                    found.append((kind, own or voice, text))
                last = own or voice
    return found


@given(chapters)
def test_any_structured_document_reads_back_as_it_was_written(book):
    if all(not passages or passages[0][0] is not PassageKind.HEADING for _, passages in book):
        read_back = [passage for chapter in told(of(written(book))) for passage in chapter]
        assert read_back == expected(book)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
paths = st.sampled_from([path for path, _, _ in REFUSED])


@given(paths, values | st.sampled_from([1, 1.0, True, ORION, "verse", BOOK["chapters"]]))
def test_the_schema_and_the_reader_agree_on_any_value_in_any_place(path, value):
    book = changed(path, value)
    assert accepted(book) == allowed_by_schema(book)
