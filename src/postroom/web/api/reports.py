"""Reports to fetch: the errors of an import by a signed link or a token."""

from __future__ import annotations

import re
from typing import Final

from fastapi import APIRouter
from fastapi.requests import Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from postroom.contacts.errors import Denied, Missing
from postroom.drops.room import Room
from postroom.web.api.files import file_answer
from postroom.web.api.links import is_signed
from postroom.web.api.operations import imports
from postroom.web.api.rest.describing import error_responses
from postroom.web.auth.caller import caller

router = APIRouter()

_NAMED: Final = re.compile(r"(?:([1-9][0-9]{0,8})-)?([1-9][0-9]{0,17})", re.ASCII)
_TEXT: Final = {"schema": {"type": "string"}}


async def errors(request: Request) -> Response:
    """Where the property `importErrors` leads to.

    A call with a token is answered as the token allows. Without one the signature of the link is enough, for
    as long as the report is kept.
    """
    room: Room = request.app.state.room
    import_id, signature = request.path_params["import_id"], request.query_params.get("signature")
    numbers = _NAMED.fullmatch(import_id)
    asked = await _account_asked(request, import_id, signature)
    if numbers is None or int(numbers[1] or asked) != asked:
        raise Missing("There is no such report, or it is not kept any more.", code="NO_REPORT")
    file = await run_in_threadpool(imports.errors_file, room, asked, int(numbers[2]))
    content = await run_in_threadpool(room.blobs.open, file.blob_key)
    return file_answer(content, file.name, file.size, file.sha256)


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


# Its parameters are text, whatever it is, and told here: FastAPI would tell of errors with 422.
router.add_api_route(
    "/rest/imports/{import_id}/errors.csv",
    errors,
    operation_id="rest_import_errors",
    response_class=Response,
    responses={
        200: {
            "description": "The refused rows, or why the whole file was refused",
            "content": {"text/csv": _TEXT, "text/plain": _TEXT},
        },
        **error_responses(),
    },
    openapi_extra={
        "security": [{}, {"token": []}],
        "parameters": [
            {"name": "import_id", "in": "path", "required": True, **_TEXT},
            {"name": "signature", "in": "query", **_TEXT},
        ],
    },
    summary="What is wrong with an import",
    tags=["rest"],
)
