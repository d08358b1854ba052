"""What can go wrong with a call of /v1, as the OpenAPI document tells it (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from postroom.web.errors import PROBLEM_JSON

Responses = dict[int | str, dict[str, Any]]


class Problem(BaseModel):
    """What went wrong. `code` is stable, for programs; `detail` is for people."""

    model_config = ConfigDict(extra="forbid")

    title: str
    status: int
    detail: str
    code: str = Field(description="Stable, in capitals.", examples=["NO_LIST"])
    details: Any = Field(default=None, description="What a program may act on; absent for most problems.")


SCHEMAS: Final = {"Problem": Problem.model_json_schema()}
"""What the responses refer to."""

_RETRY_AFTER: Final = {
    "Retry-After": {"description": "Seconds to wait for", "required": True, "schema": {"type": "integer"}}
}
_ETAG: Final = {
    "ETag": {"description": "Which state this is", "required": True, "schema": {"type": "string"}}
}

_MEANS: Final[dict[int, tuple[str, str, str]]] = {
    400: ("The request cannot be read", "MALFORMED", "body.0: JSON decode error"),
    401: ("No valid token", "INVALID_TOKEN", "The token has expired or is not valid; ask for a new one."),
    403: ("The client was not given this scope", "INSUFFICIENT_SCOPE", "This client has not the scope …"),
    404: ("There is no such thing, or it is not yours", "NO_LIST", "There is no list 12."),
    408: ("The body came too slowly", "TOO_SLOW", "The body of the request came too slowly."),
    409: ("Not now: something else is going on", "ACCOUNT_BUSY", "Another change of the account runs."),
    412: ("It has changed since you read it", "CHANGED", "It has changed since you read it …"),
    413: ("Larger than allowed", "TOO_LARGE", "The request is larger than 1048576 bytes."),
    415: ("No such type of bodies here", "UNSUPPORTED", "Send JSON, as application/json."),
    422: ("Something is wrong with the input", "INVALID", "body.name: Field required"),
    429: ("Too many calls", "TOO_MANY", "Too many requests; wait a little."),
    502: ("A server that you named does not do its part", "REMOTE_AWAY", "files.example.com has no …"),
    503: ("Something that we need is down", "UNAVAILABLE", "This cannot be done right now …"),
}
_COMES_AGAIN: Final = frozenset({409, 429, 502, 503})

ALWAYS: Final = (401, 403, 422, 429, 503)
"""What any call that needs a token may be answered with."""

BODY: Final = (400, 408, 413, 415)
"""What any call with a body may be answered with, beside that."""

WRITE: Final = (*BODY, 409)
CHANGE: Final = (404, 409, 412)


def problems(*statuses: int) -> Responses:
    """Return the responses of an operation: the problems of every call, and these."""
    return {status: _problem(status) for status in sorted({*ALWAYS, *statuses})}


def tagged(status: int, description: str, **more: Any) -> Responses:
    """Return the response that shows a single resource."""
    return {status: {"description": description, "headers": {**_ETAG, **more}}}


def file_content(description: str) -> Responses:
    """Return the response that is a file."""
    text = {"schema": {"type": "string"}}
    kinds = ("text/csv", "text/plain", "application/octet-stream")
    return {200: {"description": description, "content": dict.fromkeys(kinds, text)}}


NOT_MODIFIED: Final[Responses] = {304: {"description": "You have it already", "headers": _ETAG}}
LOCATION: Final = {"description": "Where it is", "required": True, "schema": {"type": "string"}}


def _problem(status: int) -> dict[str, Any]:
    description, code, detail = _MEANS[status]
    example = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    response: dict[str, Any] = {"description": description, "content": {PROBLEM_JSON: content}}
    if status in _COMES_AGAIN:
        response["headers"] = _RETRY_AFTER
    if status == 401:
        response["headers"] = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    return response
