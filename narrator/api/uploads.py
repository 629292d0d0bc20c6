"""Reading a submitted document: a multipart file, a JSON text or URL, never more than is allowed.

Bytes are counted as they arrive, so that a body that is too long is refused before it is in, and a
file lies on disk from its first mebibyte on. Nothing is read before the caller is known.
"""

import io
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.types import Message

from narrator.api.context import GivenPrice, GivenSettings, Price
from narrator.api.problems import Refusal
from narrator.api.submitted import SubmittedOptions, SubmittedText
from narrator.domain.cap import capped_chars
from narrator.domain.chapters import parse_chapters
from narrator.domain.choices import TextChoices, parse_casting, parse_reading, parse_without
from narrator.domain.errors import DocumentRefused
from narrator.domain.jobs import JobOptions
from narrator.domain.lexicon import Lexicon, lexicon_of
from narrator.domain.outbound import named_by
from narrator.domain.voices import Voice
from narrator.domain.webhooks import receiver_of
from narrator.ingest.pronunciations import MOST_BYTES as LEXICON_BYTES
from narrator.ingest.pronunciations import read_lexicon
from narrator.services.kit import Services
from narrator.services.scratch import Temporary, room

JSON_BYTES = 4 << 20
"""A JSON body is parsed in memory, whole: longer texts come as a file."""

FIELD_BYTES = 8 << 10
OVERHEAD_BYTES = LEXICON_BYTES + (64 << 10)  # what a form may hold besides its document
NAME_CHARS = 200
FIELDS = 200  # of a form; choices may come one by one
BLOCK_BYTES = 1 << 20

_FILES = frozenset({"document", "lexicon"})
_LISTS = frozenset({"read", "without", "cast", "also", "pauses", "read_along"})
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A document as it was sent: an open file at its start, or a URL; its name, its options.

    `lexicon` reads the one that came with it; it raises OptionRefused, and takes its time.
    """

    file: BinaryIO | None = None
    url: str = ""
    name: str
    options: JobOptions
    lexicon: Callable[[], Lexicon] = Lexicon

    @contextmanager
    def on_disk(self, services: Services) -> Iterator[Path]:
        """The document as a file of ours, for as long as that is needed."""
        with (
            room(services.scratch),
            tempfile.NamedTemporaryFile(dir=services.scratch, prefix=Temporary.UPLOAD) as kept,
        ):
            if self.file is None:
                services.fetcher.fetch(self.url, Path(kept.name))
            else:
                shutil.copyfileobj(self.file, kept, BLOCK_BYTES)
                kept.flush()
            yield Path(kept.name)


async def _submission(
    request: Request, settings: GivenSettings, price: GivenPrice
) -> AsyncIterator[Submission]:
    match request.headers.get("content-type", "").partition(";")[0].strip().lower():
        case "multipart/form-data":
            allowed = settings.document_bytes
            body = _limited(request, allowed, overhead_bytes=OVERHEAD_BYTES)
            async with body.form(max_files=2, max_fields=FIELDS, max_part_size=FIELD_BYTES) as form:
                yield _of_form(form, allowed, price)
        case "application/json":
            allowed = min(settings.document_bytes, JSON_BYTES)
            yield _of_json(await _limited(request, allowed).body(), price)
        case _:
            raise Refusal(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "a job is submitted as multipart/form-data or as application/json",
                remedy="send the file as the field `document`, or JSON with `text` or `url`",
                headers={"Accept-Post": "multipart/form-data, application/json"},
            )


GivenSubmission = Annotated[Submission, Depends(_submission)]


def _limited(request: Request, allowed_bytes: int, *, overhead_bytes: int = 0) -> Request:
    """The same request, whose body raises Refusal (413) once it is longer than allowed.

    Where the caller declares its length, nothing is read of a body that is too long.
    """
    most_bytes = allowed_bytes + overhead_bytes
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > most_bytes:
        raise _too_large(allowed_bytes)
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > most_bytes:
            raise _too_large(allowed_bytes)
        return message

    return Request(request.scope, receive)


def _of_form(form: FormData, allowed_bytes: int, price: Price) -> Submission:
    if any(len(form.getlist(name)) > 1 for name in _FILES):
        raise Refusal(
            HTTPStatus.BAD_REQUEST,
            "a form holds one document, and at most one lexicon",
            remedy="send a request for each document",
        )
    document = form.get("document")
    if not isinstance(document, UploadFile):
        raise RequestValidationError([_fault("document", "a file is required")])
    if (document.size or 0) > allowed_bytes:
        raise _too_large(allowed_bytes)
    if not document.size:
        raise DocumentRefused("the document is empty", remedy="send a file that has bytes in it")
    try:
        submitted = SubmittedOptions.model_validate(_fields(form))
    except ValidationError as error:
        raise _invalid(error) from None
    return Submission(
        file=document.file,
        name=_file_name(document.filename),
        options=_options(submitted, price),
        lexicon=_lexicon_of(form.get("lexicon")),
    )


def _lexicon_of(given: UploadFile | str | None) -> Callable[[], Lexicon]:
    """Reading the lexicon of a form, a file or a field; there may be none."""
    match given:
        case UploadFile():
            return lambda: (
                read_lexicon(given.file.read(LEXICON_BYTES + 1)) if given.size else Lexicon()
            )
        case str() if given.strip():
            return lambda: read_lexicon(given.encode("utf-8", "replace"))
        case _:
            return Lexicon


def _fields(form: FormData) -> dict[str, object]:
    """The options of a form; only what is a list may come more than once and count so."""
    fields: dict[str, object] = {n: value for n, value in form.multi_items() if n not in _FILES}
    if fields.get("max_cost") == "":
        del fields["max_cost"]  # what a page's empty field sends
    return fields | {name: form.getlist(name) for name in _LISTS & fields.keys()}


def _of_json(body: bytes, price: Price) -> Submission:
    try:
        submitted = SubmittedText.model_validate_json(body)
    except ValidationError as error:
        raise _invalid(error) from None  # its text would repeat the document
    title = _printable(submitted.title)
    if submitted.text is None:
        url = (submitted.url or "").strip()
        name = named_by(url)
        file, name = None, title or name
    else:
        url, file = "", io.BytesIO(submitted.text.encode())
        name = f"{title or 'Untitled'}.txt"
    return Submission(
        file=file,
        url=url,
        name=name,
        options=_options(submitted, price),
        lexicon=lambda: lexicon_of([entry.plain() for entry in submitted.lexicon]),
    )


def _options(submitted: SubmittedOptions, price: Price) -> JobOptions:
    return JobOptions(
        voice=Voice(name=submitted.voice, speed=submitted.speed),
        format=submitted.format,
        chapters=parse_chapters(submitted.chapters),
        on_dead=submitted.on_dead,
        webhook_url=_webhook_url(submitted.webhook_url.strip()),
        production=submitted.production(),
        text=TextChoices(
            reading=parse_reading(submitted.read),
            without=parse_without(submitted.without),
            casting=parse_casting(submitted.cast),
        ),
        plan_hash=submitted.plan_hash,
        max_chars=capped_chars(submitted.max_cost, price_per_1000_chars=price.asked),
    )


def _webhook_url(url: str) -> str:
    """The URL itself; raises OptionRefused for one that could never be told."""
    if url:
        receiver_of(url)
    return url


def _file_name(given: str | None) -> str:
    """The last part of the name the caller gave, whatever slashes their system uses."""
    name = (given or "").replace("\\", "/").rpartition("/")[2]
    return _printable(name)[-NAME_CHARS:] or "document"


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("", text).strip()


def _invalid(error: ValidationError) -> RequestValidationError:
    return RequestValidationError(error.errors(include_input=False, include_url=False))


def _fault(field: str, reason: str) -> dict[str, object]:
    return {"type": "missing", "loc": ("body", field), "msg": reason}


def _too_large(allowed_bytes: int) -> Refusal:
    return Refusal(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"a document sent this way may have at most {allowed_bytes:,} bytes",
        remedy="send a longer text as a multipart file; an operator sets the limit for files with"
        " NARRATOR_MAX_DOCUMENT_BYTES",
        headers={"Connection": "close"},  # the rest of the body will not be read
    )
