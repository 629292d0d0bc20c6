"""What `/openapi.json` says beyond what signatures show: problems, and the two bodies of a job."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from narrator.api import problems
from narrator.api.schemas import Problem
from narrator.api.submitted import SubmittedOptions, SubmittedText

DESCRIPTION = """
Turns long documents into audiobooks.

Submit a document (`POST /v1/jobs`), watch it (`GET /v1/jobs/{job_id}`), fetch what it made (the
`href` of each artifact). A job goes on whatever dies meanwhile; a failed one says why, and what to
do. Every answer that is not a success is `application/problem+json` (RFC 9457) with a stable
`code`. Every answer carries `X-Request-Id`, the caller's own where one was sent.
"""

_REFS = "#/components/schemas/{model}"
_Schema = dict[str, Any]


def refusals(*statuses: HTTPStatus) -> dict[int | str, _Schema]:
    """The problems with which a route may answer, for its `responses`."""
    return {
        int(status): {
            "description": status.phrase,
            "content": {problems.MEDIA_TYPE: {"schema": {"$ref": _REFS.format(model="Problem")}}},
        }
        for status in statuses
    }


def job_body() -> _Schema:
    """The request body of a submission, multipart or JSON, for `openapi_extra`."""
    form = SubmittedOptions.model_json_schema(ref_template=_REFS)
    form.pop("$defs", None)
    form["properties"] = {
        "document": {
            "type": "string",
            "format": "binary",
            "description": "EPUB, PDF, DOCX, HTML, Markdown, JSON or text: its content tells.",
        }
    } | form["properties"]
    form["properties"]["lexicon"] = {
        "type": "string",
        "format": "binary",
        "description": "How words of this document are said: JSON entries, W3C PLS 1.0, or lines of"
        " `written,said`. Its entries count more than those of `/v1/lexicons/global`.",
    }
    form["required"] = ["document"]
    text = SubmittedText.model_json_schema(ref_template=_REFS)
    text.pop("$defs", None)
    return {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": form},
                "application/json": {
                    "schema": text,
                    "example": {"title": "A greeting", "text": "Good morning.", "format": "mp3"},
                },
            },
        }
    }


class DescribedApp(FastAPI):
    """FastAPI, whose document also holds the schema of problems."""

    def openapi(self) -> _Schema:
        """The OpenAPI document, made once."""
        if self.openapi_schema is None:
            schema = get_openapi(
                title=self.title,
                version=self.version,
                summary=self.summary,
                description=self.description,
                routes=self.routes,
                tags=self.openapi_tags,
            )
            problem = Problem.model_json_schema(ref_template=_REFS)
            schema["components"]["schemas"] |= problem.pop("$defs") | {"Problem": problem}
            self.openapi_schema = schema
        return self.openapi_schema
