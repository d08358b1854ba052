"""What becomes of an error on its way to a client of the API: one table, two spellings.

/rest answers as the programs written for it expect: {"status", "message", "details", "code"}, with 417
for input that is wrong. /v1, and whatever else is JSON, answers problems after RFC 9457, with 422.

    PostroomError
    ├── Refused          417 (/rest), 422 (/v1)
    │   ├── Malformed    400: the request cannot be read at all
    │   ├── Unacceptable 406: the client takes no format that we write
    │   ├── TooLarge     413
    │   ├── Unsupported  415: a content type that nothing here reads
    │   └── Stale        412: what was to be changed has changed since it was read
    ├── Missing          404
    ├── Denied           403
    │   └── Unauthorized 401, with WWW-Authenticate
    ├── Conflict         409, with Retry-After
    │   └── TooMany      429, with Retry-After
    └── Unavailable      503, with Retry-After
        └── RemoteTrouble 502, with Retry-After and its words: the caller named that server
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.requests import Request
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from postroom.contacts.errors import (
    Conflict,
    Denied,
    Missing,
    PostroomError,
    Refused,
    RemoteTrouble,
    Unavailable,
)
from postroom.web import request_ids

_LOG = logging.getLogger("postroom.web")

PROBLEM_JSON: Final = "application/problem+json"
_TOLD: Final = 20
"""So many mistakes of one request are told: a caller could fill each answer with a megabyte of them."""
_LONGEST: Final = 200
"""Characters of a place, which is made of names that the caller chose."""
RETRY_SECONDS: Final = 5
"""What Retry-After says of a conflict or a neighbour that is down."""


class Malformed(Refused):
    """The request cannot be read."""


class Unacceptable(Refused):
    """There is no answer in a format that the header Accept allows."""


class TooLarge(Refused):
    """The request is larger than allowed."""

    def __init__(self, message: str | None = None, *, code: str = "TOO_LARGE") -> None:
        """Say what is too large."""
        super().__init__(message, code=code)


class Unsupported(Refused):
    """This content type is not understood here."""


class Stale(Refused):
    """It has changed since it was read; read it again."""


class Unauthorized(Denied):
    """A valid token is needed: Authorization: Bearer, with a token from POST /token."""

    def __init__(
        self, message: str | None = None, *, code: str = "INVALID_TOKEN", given: bool = True
    ) -> None:
        """Say what is wrong; `given` tells whether there was a token at all (RFC 6750, 3.1)."""
        super().__init__(message, code=code)
        self.challenge = 'Bearer realm="postroom"' + (', error="invalid_token"' if given else "")


class TooMany(Conflict):
    """Too many requests; wait a little."""

    def __init__(self, message: str | None = None, *, code: str = "TOO_MANY", retry_seconds: int) -> None:
        """Say for how long to wait."""
        super().__init__(message, code=code)
        self.retry_seconds = retry_seconds


# The first that fits counts.
_STATUS: Final[tuple[tuple[type[PostroomError], int], ...]] = (
    (Malformed, 400),
    (Unauthorized, 401),
    (Unacceptable, 406),
    (Stale, 412),
    (TooLarge, 413),
    (Unsupported, 415),
    (TooMany, 429),
    (Refused, 422),
    (Missing, 404),
    (Denied, 403),
    (Conflict, 409),
    (RemoteTrouble, 502),
    (Unavailable, 503),
)
_REST_STATUS: Final = {422: 417}


def is_rest(path: str) -> bool:
    """Tell whether a path speaks the older spelling."""
    return path == "/rest" or path.startswith("/rest/")


def answer(request: Request, error: PostroomError) -> Response:
    """Return the answer that tells a client of this error."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    # Of what failed behind us, a stranger need not know where it is and what it said.
    message = error.message if status != 503 else "This cannot be done right now; try again in a moment."
    if status == 503:
        _LOG.warning("answered 503: %s", error.message)
    return spelled(request, status, message, error.code, details=error.details, headers=_headers(error))


def spelled(
    request: Request,
    status: int,
    message: str,
    code: str,
    *,
    details: object = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an error in the spelling of the path that was asked."""
    if is_rest(request.url.path):
        status = _REST_STATUS.get(status, status)
        body: dict[str, object] = {"status": status, "message": message, "details": details, "code": code}
        return JSONResponse(body, status_code=status, headers=headers)
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": message, "code": code}
    if details is not None:
        body["details"] = details
    return JSONResponse(body, status_code=status, headers=headers, media_type=PROBLEM_JSON)


def apology(request: Request) -> Response:
    """Return the answer to a request that met a bug of ours: it tells nothing but where to look."""
    said = f"Something went wrong here, and was logged as request {request_ids.current.get()}."
    return spelled(request, 500, said, "INTERNAL")


def translate_errors(app: FastAPI) -> None:
    """Let `app` answer with this table whatever its routes raise, bugs excepted."""

    @app.exception_handler(PostroomError)
    async def ours(request: Request, error: PostroomError) -> Response:
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    async def of_input(request: Request, error: RequestValidationError) -> Response:
        found = error.errors()[:_TOLD]
        wrong = [{"where": _where(each["loc"]), "message": each["msg"]} for each in found]
        said = "; ".join(f"{each['where']}: {each['message']}" for each in wrong)
        if any(each["type"] == "json_invalid" for each in found):
            return spelled(request, 400, said, "MALFORMED", details=wrong)
        return spelled(request, 422, said, "INVALID", details=wrong)

    @app.exception_handler(HTTPException)
    async def of_the_framework(request: Request, error: HTTPException) -> Response:
        code = HTTPStatus(error.status_code).name
        return spelled(request, error.status_code, error.detail, code, headers=error.headers)


def _where(place: Iterable[object]) -> str:
    return ".".join(map(str, place))[:_LONGEST]


def _headers(error: PostroomError) -> dict[str, str]:
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": error.challenge}
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.retry_seconds)}
    if isinstance(error, Conflict | Unavailable):
        return {"Retry-After": str(RETRY_SECONDS)}
    return {}
