"""Answers of /v1: JSON with its entity tag, and 304 for who has it already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Header
from fastapi.responses import Response
from pydantic import BaseModel

from postroom.web.api.v1 import etags
from postroom.web.api.v1.models import Optional

_REVALIDATED: Final = {"Cache-Control": "private, no-cache"}
"""For its caller to keep, and to ask about before it is used again."""

IfNoneMatch = Annotated[
    Optional[str],
    Header(
        alias="If-None-Match",
        max_length=1000,
        description="The `ETag` of what you have: when it is still so, the answer is 304 and empty.",
    ),
]


def shown(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a model as JSON."""
    return _json(_body(model), status, headers or {})


def resource(model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return the model of a single resource as JSON, with its tag."""
    body = _body(model)
    return _json(body, status, {"ETag": etags.etag_of(body), **_REVALIDATED, **(headers or {})})


def resource_unless(model: BaseModel, if_none_match: str | None) -> Response:
    """Return the model of a single resource, or 304 when its tag is among those of If-None-Match."""
    answer = resource(model)
    etag = answer.headers["ETag"]
    if if_none_match is not None and etags.names(if_none_match, etag, weakly=True):
        return Response(status_code=304, headers={"ETag": etag, **_REVALIDATED})
    return answer


def nothing() -> Response:
    """Return an answer that says that it is done, and no more."""
    return Response(status_code=204)


def tag(model: BaseModel) -> str:
    """Return the tag of a single resource."""
    return etags.etag_of(_body(model))


def _body(model: BaseModel) -> bytes:
    return model.model_dump_json().encode()


def _json(body: bytes, status: int, headers: Mapping[str, str]) -> Response:
    return Response(body, status, headers, media_type="application/json")
