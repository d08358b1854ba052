"""Forms with a file, which the two calls take that are no JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from anyio import to_thread
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, ValidationError

from postroom.contacts.errors import Refused
from postroom.drops.room import Room
from postroom.web.api.uploads import Upload, read_upload_form
from postroom.web.api.v1.writing import Writing
from postroom.web.errors import Unsupported

_Fields = TypeVar("_Fields", bound="FormFields")


class FormFields(BaseModel):
    """The fields of a form beside its file."""

    model_config = ConfigDict(extra="forbid")


class _Asked(BaseModel):
    """What must be the same under the same key."""

    fields: str
    filename: str
    sha256: str


async def answer_form(
    writing: Writing, kind: type[_Fields], act: Callable[[Room, Upload, _Fields], Response]
) -> Response:
    """Read a form, whose file goes to disk as it comes, and answer as `act` does with it.

    Raises:
        Refused: a field is wrong, or the file is missing.
        Malformed, TooLarge, Unsupported: as the form is.
    """
    async with _form(writing, kind) as (upload, fields):
        asked = _Asked(
            fields=fields.model_dump_json(exclude_unset=True),
            filename=upload.filename,
            sha256=upload.staged.sha256,
        )
        return await to_thread.run_sync(
            lambda: writing.answer(lambda room: act(room, upload, fields), asked=asked)
        )


@asynccontextmanager
async def _form(writing: Writing, kind: type[_Fields]) -> AsyncIterator[tuple[Upload, _Fields]]:
    request = writing.call.request
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Unsupported("Send a form with a file, with Content-Type: multipart/form-data.")
    async with read_upload_form(request, writing.call.room) as form:
        fields = _fields(kind, form.texts)
        if form.upload is None or form.upload.field != "file":
            raise Refused("The file is missing: it is the part named 'file'.", code="NO_FILE")
        yield form.upload, fields


def _fields(kind: type[_Fields], texts: list[tuple[str, str]]) -> _Fields:
    twice = [name for name, times in Counter(name for name, _ in texts).items() if times > 1]
    if twice:
        raise Refused(f"A field stands twice in the form: {twice[0][:80]}.", code="INVALID")
    try:
        return kind.model_validate(dict(texts))
    except ValidationError as wrong:
        found = [{**each, "loc": ("body", *each["loc"])} for each in wrong.errors()]
        raise RequestValidationError(found) from wrong


def described_form(kind: type[FormFields]) -> dict[str, Any]:
    """Return what OpenAPI says of a form with these fields and a file.

    What the fields refer to stands in the document by some model that is answered.
    """
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    schema["properties"] = {
        "file": {"type": "string", "contentMediaType": "application/octet-stream"},
        **schema["properties"],
    }
    schema["required"] = ["file", *schema.get("required", ())]
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}
