"""Imports: files that become lists or contacts, how far they are, and which rows were refused (seed 004)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Final

from postroom.web.api.operations import imports as operations
from postroom.web.api.operations import lists
from postroom.web.api.operations.imports import Import, ImportState
from postroom.web.api.operations.pages import Paging
from postroom.web.api.rest import fields as takes
from postroom.web.api.rest.fields import Field, Schema
from postroom.web.api.rest.output import Item, Listing, Shown, moment_text
from postroom.web.api.rest.parameters import MOST_ITEMS, USUAL_ITEMS, refused
from postroom.web.api.rest.resources import Action, Asked, Resource, listing_schema
from postroom.web.api.uploads import Upload

FILE: Final = "contactFile"
_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_NUMBER: Final[Schema] = {"type": "string", "pattern": "^[0-9]+$"}
_NUMBER_OR_NULL: Final[Schema] = {"type": ["string", "null"], "pattern": "^[0-9]+$"}
_STATUS: Final[Schema] = {"type": ["string", "null"], "enum": ["in", "on", "ok", "ko", None]}

LIST_PROPERTIES: Final[Mapping[str, Schema]] = {
    "importErrors": {**_TEXT_OR_NULL, "description": "A link to the refused rows; it works by itself."},
    "importLines": _NUMBER_OR_NULL,
    "importInvalid": _NUMBER_OR_NULL,
    "importStatus": {**_STATUS, "description": "Waiting, being imported, done, or not to be imported."},
}
"""What a list says of the file that filled it last; null of a list that none has filled."""


def of_list(state: ImportState | None, name: str, base_url: str) -> Shown:
    """Return one of LIST_PROPERTIES."""
    if state is None:
        return None
    if name == "importErrors":
        return state.errors and base_url + state.errors
    if name == "importStatus":
        return state.status
    return str(state.lines if name == "importLines" else state.invalid)


def import_list(asked: Asked) -> Listing:
    """Make a list of a file; its contacts follow."""
    given = asked.parameters
    done = operations.start_import(
        asked.room,
        asked.caller,
        needed_file(asked),
        name=given.needed_text("name"),
        description=given.text("description"),
        has_header=given.flag("ignoreFirstLine"),
    )
    found = lists.read_lists(
        asked.room,
        asked.caller,
        ids=[done.list_id] if done.list_id is not None else [],
        paging=Paging(),
        with_stats=False,
    )
    return Listing([{"id": str(each.list_id), "name": each.name} for each in found.items], ("id", "name"))


def import_contacts(asked: Asked) -> Listing:
    """Take contacts from a file without making a list of them."""
    done = operations.start_import(
        asked.room,
        asked.caller,
        needed_file(asked),
        has_header=asked.parameters.flag("ignoreFirstLine"),
        with_list=False,
    )
    return Listing([_item(asked, done, _USUAL)], _USUAL)


def needed_file(asked: Asked) -> Upload:
    """Return the file of a call, or refuse the call."""
    if asked.call.upload is None:
        raise refused(FILE, "is needed, as a file in a form (multipart/form-data)", code="MISSING_PARAMETER")
    return asked.call.upload


FILE_FIELDS: Final[Mapping[str, Field]] = {
    FILE: takes.file("A csv, xls or xlsx file, packed or not."),
    "ignoreFirstLine": takes.flag(
        "Whether the first line has the names of columns. Without it the line itself tells."
    ),
}


_READ: Final[Mapping[str, Callable[[Import], Shown]]] = {
    "id": lambda each: str(each.import_id),
    "fileName": lambda each: each.name,
    "listId": lambda each: None if each.list_id is None else str(each.list_id),
    "importStatus": lambda each: each.status,
    "importLines": lambda each: str(each.lines),
    "importInvalid": lambda each: str(each.invalid),
    "importErrors": lambda each: each.errors,
    "created": lambda each: str(each.created),
    "updated": lambda each: str(each.updated),
    "unchanged": lambda each: str(each.unchanged),
    "duplicates": lambda each: str(each.duplicates),
    "warnings": lambda each: str(each.warnings),
    "addedToList": lambda each: str(each.added_to_list),
    "failure": lambda each: None if each.failure is None else asdict(each.failure),
    "notes": lambda each: list(each.notes),
    "dateCreated": lambda each: moment_text(each.deposited_at),
    "dateStarted": lambda each: moment_text(each.started_at) if each.started_at else None,
    "dateEnded": lambda each: moment_text(each.ended_at) if each.ended_at else None,
    "dateUndone": lambda each: moment_text(each.undone_at) if each.undone_at else None,
}
FAILURE_PARTS: Final = ("code", "value", "text")
FAILURE_SCHEMA: Final[Schema] = {
    "type": ["object", "null"],
    "properties": dict.fromkeys(FAILURE_PARTS, _TEXT),
    "required": list(FAILURE_PARTS),
    "description": "Why the whole file was refused.",
}
_PROPERTIES: Final[Mapping[str, Schema]] = {
    **dict.fromkeys(_READ, _TEXT_OR_NULL),
    **LIST_PROPERTIES,
    "failure": FAILURE_SCHEMA,
    "notes": {"type": "array", "items": _TEXT},
}
_USUAL: Final = tuple(_READ)


def _item(asked: Asked, found: Import, properties: Sequence[str]) -> Item:
    item = {name: _READ[name](found) for name in properties}
    if found.errors and "importErrors" in item:
        item["importErrors"] = asked.base_url + found.errors
    return item


def _read(asked: Asked) -> Listing:
    given = asked.parameters
    properties = given.properties(_PROPERTIES, _USUAL)
    found = operations.read_import(asked.room, asked.caller, given.one_id("id"))
    return Listing([_item(asked, found, properties)], properties, columns={"failure": FAILURE_PARTS})


def _read_refused(asked: Asked) -> Listing:
    given = asked.parameters
    paging = Paging(limit=given.number("limit", USUAL_ITEMS, MOST_ITEMS), offset=given.number("offset", 0))
    page = operations.read_refused_rows(asked.room, asked.caller, given.one_id("id"), paging)
    items: list[Item] = [
        {"line": str(row.line), "code": row.code, "reason": row.reason, "row": list(row.cells)}
        for row in page.items
    ]
    total = page.total if given.flag("total") else None
    return Listing(items, tuple(_ROW), total, columns={"row": page.header})


_ROW: Final[Mapping[str, Schema]] = {
    "line": {**_NUMBER, "description": "The line of the file."},
    "code": _TEXT,
    "reason": _TEXT,
    "row": {"type": "array", "items": _TEXT, "description": "The cells as they were sent."},
}
_ID: Final = takes.one_id("The import.")
_PAGING: Final = takes.paging(("id",))

IMPORT_ANSWER: Final = listing_schema(_PROPERTIES)
IMPORTS: Final = Resource(
    "imports",
    {
        "read": Action(
            "Tell how far an import is and what came of it.",
            _read,
            IMPORT_ANSWER,
            {"id": _ID, "properties": takes.properties(_PROPERTIES, _USUAL)},
            safe=True,
        ),
        "refused": Action(
            "Read the rows that were refused, with their reasons.",
            _read_refused,
            listing_schema(_ROW, tuple(_ROW)),
            {"id": _ID, **{name: _PAGING[name] for name in ("limit", "offset", "total")}},
            safe=True,
        ),
    },
    one_by_one=True,
)
