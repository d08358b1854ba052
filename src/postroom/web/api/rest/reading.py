"""A request, read: its parameters from the address and from the body, whatever the verb, and its file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from anyio import to_thread
from fastapi.requests import Request

from postroom.web.api.rest.parameters import Parameters
from postroom.web.api.rest.parsing import Values, checked, from_form, from_json, from_pairs, together
from postroom.web.api.uploads import Upload, read_upload_form
from postroom.web.errors import TooLarge, Unsupported

FORM: Final = "application/x-www-form-urlencoded"
MULTIPART: Final = "multipart/form-data"
JSON: Final = "application/json"

_TEXT_BYTES: Final = 1024 * 1024
"""What all parameters of a body may have together; a file is bounded apart."""
_LONG_BYTES: Final = 16 * 1024
"""A longer body is parsed in a thread: 200 contacts in brackets take 30 ms, and others are to be served."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a request says; what is uploaded is there for as long as the request is served."""

    parameters: Parameters
    upload: Upload | None = None


@asynccontextmanager
async def read_call(request: Request, in_path: Mapping[str, str]) -> AsyncIterator[Call]:
    """Read the parameters and the file of a request; some stand `in_path`.

    Raises:
        Malformed: the body is not what its content type says, or contradicts the address.
        TooLarge: parameters of more than a megabyte.
        Unsupported: a body of a type that is neither a form nor JSON.
    """
    query = together(checked(dict(in_path)), from_form(request.scope["query_string"]))
    if not _has_body(request):
        yield Call(Parameters(query))
        return
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Unsupported("A body must not be compressed.")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == MULTIPART:
        async with read_upload_form(request, request.app.state.room) as form:
            yield Call(Parameters(together(query, checked(from_pairs(form.texts)))), form.upload)
        return
    body = await _bounded_body(request)
    if len(body) > _LONG_BYTES:
        values = await to_thread.run_sync(_of_body, body, kind)
    else:
        values = _of_body(body, kind)
    yield Call(Parameters(together(query, values)))


def _has_body(request: Request) -> bool:
    headers = request.headers
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


async def _bounded_body(request: Request) -> bytes:
    pieces, size = [], 0
    async for piece in request.stream():
        pieces.append(piece)
        size += len(piece)
        if size > _TEXT_BYTES:
            raise TooLarge(f"The body is larger than {_TEXT_BYTES} bytes.")
    return b"".join(pieces)


def _of_body(body: bytes, kind: str) -> Values:
    """Parse a body; JSON without its content type, or under that of forms, is known by its brace."""
    if not body.strip():
        return {}
    if kind in {JSON, "text/json"} or kind.endswith("+json"):
        return from_json(body)
    if kind in {FORM, "", "text/plain"}:
        return from_json(body) if body.lstrip()[:1] == b"{" else from_form(body)
    raise Unsupported(f"A body may be a form ({FORM}, {MULTIPART}) or JSON ({JSON}), not {kind[:80]}.")
