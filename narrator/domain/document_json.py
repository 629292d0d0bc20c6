"""A document as JSON: what passes from the sandboxed reader to the one who asked."""

import base64
from typing import Any

from narrator.domain.documents import (
    Chapter,
    Cover,
    Document,
    Insertion,
    Passage,
    PassageKind,
    Pronunciation,
    Span,
)
from narrator.domain.plan_json import (
    canonical,
    load,
    malformed,
    metadata_from_json,
    metadata_to_json,
    skip_from_json,
    skip_to_json,
    span_to_json,
)

DOCUMENT_VERSION = 3


def to_json(document: Document) -> bytes:
    """The document in one canonical form; a cover's bytes are in base64."""
    return canonical(
        {
            "version": DOCUMENT_VERSION,
            "format": document.format,
            "source": document.source,
            "metadata": metadata_to_json(document.metadata),
            "chapters": [_chapter_to_json(chapter) for chapter in document.chapters],
            "skips": [skip_to_json(skip) for skip in document.skips],
            "cover": _cover_to_json(document.cover),
            "pronunciations": [
                [each.written, each.said, each.ipa] for each in document.pronunciations
            ],
        }
    )


def from_json(data: bytes) -> Document:
    """The document that `to_json` wrote; raises ToolFailed for anything else."""
    value = load(data, what="document", version=DOCUMENT_VERSION)
    try:
        return Document(
            format=value["format"],
            source=value["source"],
            metadata=metadata_from_json(value["metadata"]),
            chapters=tuple(_chapter_from_json(chapter) for chapter in value["chapters"]),
            skips=tuple(skip_from_json(skip) for skip in value["skips"]),
            cover=_cover_from_json(value["cover"]),
            pronunciations=tuple(
                Pronunciation(written=written, said=said, ipa=ipa)
                for written, said, ipa in value["pronunciations"]
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise malformed("document") from error


def _chapter_to_json(chapter: Chapter) -> dict[str, Any]:
    return {
        "number": chapter.number,
        "title": chapter.title,
        "passages": [_passage_to_json(passage) for passage in chapter.passages],
    }


def _chapter_from_json(value: dict[str, Any]) -> Chapter:
    return Chapter(
        number=value["number"],
        title=value["title"],
        passages=tuple(_passage_from_json(passage) for passage in value["passages"]),
    )


def _passage_to_json(passage: Passage) -> list[Any]:
    return [
        passage.kind.value,
        [span_to_json(span) for span in passage.spans],
        list(passage.breaks),
        passage.scene_break_after,
        passage.voice,
        [[each.at, each.text, each.rule] for each in passage.insertions],
    ]


def _passage_from_json(value: list[Any]) -> Passage:
    kind, spans, breaks, scene_break_after, voice, insertions = value
    return Passage(
        kind=PassageKind(kind),
        spans=tuple(Span(start, end) for start, end in spans),
        breaks=tuple(breaks),
        scene_break_after=scene_break_after,
        voice=voice,
        insertions=tuple(Insertion(at=at, text=text, rule=rule) for at, text, rule in insertions),
    )


def _cover_to_json(cover: Cover | None) -> list[str] | None:
    if cover is None:
        return None
    return [cover.media_type, base64.b64encode(cover.data).decode("ascii")]


def _cover_from_json(value: list[str] | None) -> Cover | None:
    if value is None:
        return None
    media_type, data = value
    return Cover(media_type=media_type, data=base64.b64decode(data, validate=True))
