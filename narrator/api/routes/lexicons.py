"""The lexicon that counts for every document: reading it, and replacing it by another version."""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Header, Query, Response

from narrator.api.context import GivenServices
from narrator.api.openapi import refusals
from narrator.api.problems import Refusal
from narrator.api.submitted import LexiconTaken, LexiconView
from narrator.domain.lexicon import lexicon_of
from narrator.services.lexicon import checked
from narrator.services.ports import KeptLexicon

router = APIRouter(tags=["lexicons"])
log = structlog.get_logger(__name__)


@router.get(
    "/v1/lexicons/global",
    summary="Show the lexicon of all documents",
    responses=refusals(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
def show_lexicon(
    response: Response,
    services: GivenServices,
    version: Annotated[
        int | None, Query(ge=1, le=2**31 - 1, description="That one instead of the newest.")
    ] = None,
) -> LexiconView:
    """Its entries and its version, which is the `ETag` as well."""
    if version is None:
        return _shown(response, services.lexicons.current(None))
    return _shown(response, services.lexicons.version(None, version))


@router.put(
    "/v1/lexicons/global",
    summary="Replace the lexicon of all documents",
    responses=refusals(
        HTTPStatus.BAD_REQUEST, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
)
def replace_lexicon(
    response: Response,
    services: GivenServices,
    taken: LexiconTaken,
    if_match: Annotated[
        str | None,
        Header(description="The `ETag` of the version that this one follows.", examples=['"3"']),
    ] = None,
) -> LexiconView:
    """Make these entries the newest version; jobs that were submitted before keep theirs.

    With `If-Match` it answers 412 where another version is the newest by now: read it, and decide
    anew. Without it, the newest is replaced whatever it is.
    """
    lexicon = checked(lexicon_of(taken.plain()))
    newest = services.lexicons.current(None)
    if if_match is not None and if_match.strip() not in {"*", _etag(newest)}:
        raise _outrun()
    kept = services.lexicons.keep(None, lexicon, after=newest.version)
    if kept is None:
        raise _outrun()
    log.info("lexicon_kept", version=kept.version, entries=len(kept.lexicon.entries))
    return _shown(response, kept)


def _shown(response: Response, kept: KeptLexicon) -> LexiconView:
    response.headers["ETag"] = _etag(kept)
    return LexiconView.of(kept)


def _etag(kept: KeptLexicon) -> str:
    return f'"{kept.version}"'


def _outrun() -> Refusal:
    return Refusal(
        HTTPStatus.PRECONDITION_FAILED,
        "another version of the lexicon was kept meanwhile",
        remedy="read it again, make the change there, and send its ETag as If-Match",
    )
