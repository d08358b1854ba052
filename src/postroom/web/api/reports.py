"""Reports to fetch: the errors of an import by a signed link or a token."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final
from urllib.parse import quote

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from postroom.contacts.errors import Denied, Missing
from postroom.drops.room import Room
from postroom.store.files import File
from postroom.web.api.links import is_signed
from postroom.web.api.operations import imports
from postroom.web.api.rest.describing import error_responses
from postroom.web.auth.caller import caller

router = APIRouter()

_NAMED: Final = re.compile(r"(?:([1-9][0-9]{0,8})-)?([1-9][0-9]{0,17})", re.ASCII)
_PIECE_BYTES: Final = 256 * 1024
_KINDS: Final = {".csv": "text/csv", ".txt": "text/plain"}
_TEXT: Final = {"schema": {"type": "string"}}


@router.get(
    "/rest/imports/{import_id}/errors.csv",
    operation_id="rest_import_errors",
    response_class=Response,
    responses={
        200: {
            "description": "The refused rows, or why the whole file was refused",
            "content": {"text/csv": _TEXT, "text/plain": _TEXT},
        },
        **error_responses(),
    },
    openapi_extra={"security": [{}, {"token": []}]},
    summary="What is wrong with an import",
    tags=["rest"],
)
async def errors(request: Request, import_id: str, signature: str | None = None) -> Response:
    """Where the property `importErrors` leads to.

    A call with a token is answered as the token allows. Without one the signature of the link is enough, for
    as long as the report is kept.
    """
    room: Room = request.app.state.room
    numbers = _NAMED.fullmatch(import_id)
    asked = await _account_asked(request, import_id, signature)
    if numbers is None or int(numbers[1] or asked) != asked:
        raise Missing("There is no such report, or it is not kept any more.", code="NO_REPORT")
    file = await run_in_threadpool(imports.errors_file, room, asked, int(numbers[2]))
    return file_answer(file, await run_in_threadpool(room.blobs.open, file.blob_key))


def file_answer(file: File, content: BinaryIO) -> Response:
    """Return an answer that sends a file piece by piece, to be saved under its name."""
    kind = next((kind for ending, kind in _KINDS.items() if file.name.endswith(ending)), None)
    headers = {
        "Content-Length": str(file.size),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
        "ETag": f'"{file.sha256}"',
    }
    return StreamingResponse(_pieces(content), media_type=kind or "application/octet-stream", headers=headers)


async def _account_asked(request: Request, import_id: str, signature: str | None) -> int:
    """Return whose reports the call may see."""
    authorization = request.headers.get("authorization")
    if authorization is not None or signature is None:
        known = await caller(request, authorization)
        imports.require_reader(known)
        return known.account_id
    room: Room = request.app.state.room
    if not is_signed(room.sealer, import_id, signature):
        raise Denied("This link is not one of ours; read the import again.", code="INVALID_LINK")
    return int(import_id.partition("-")[0])


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while piece := content.read(_PIECE_BYTES):
            yield piece
