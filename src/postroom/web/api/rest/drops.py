"""/rest/drops: what the folders can do with files, by calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Final

from fastapi.responses import Response

from postroom.contacts.batches import Action as Folder
from postroom.contacts.batches import Counts, Mode
from postroom.store.drops import STATES
from postroom.web.api.files import file_answer
from postroom.web.api.operations import drops as operations
from postroom.web.api.operations.drops import DropRecord, ReportFile
from postroom.web.api.rest import fields as takes
from postroom.web.api.rest.fields import Field, Schema
from postroom.web.api.rest.imports import FAILURE_PARTS, FAILURE_SCHEMA, FILE, needed_file
from postroom.web.api.rest.output import Listing, Shown, camel, moment_text
from postroom.web.api.rest.resources import Action, Asked, Resource, listing_schema, paging_of

_SORTABLE: Final = {"id": "drop_id"}
_COUNTS: Final = {camel(field.name): field.name for field in fields(Counts)}
_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_NUMBER: Final[Schema] = {"type": "string", "pattern": "^[0-9]+$"}

_READ: Final[Mapping[str, Callable[[DropRecord], Shown]]] = {
    "id": lambda drop: str(drop.drop_id),
    "folder": lambda drop: str(drop.action),
    "name": lambda drop: drop.name,
    "state": lambda drop: drop.state,
    "size": lambda drop: str(drop.size),
    "sentBy": lambda drop: drop.sent_by,
    "listId": lambda drop: None if drop.list_id is None else str(drop.list_id),
    "mode": lambda drop: drop.mode and drop.mode.value,
    "counts": lambda drop: None if drop.counts is None else _numbers(drop.counts),
    "failure": lambda drop: None if drop.failure is None else asdict(drop.failure),
    "notes": lambda drop: list(drop.notes),
    "dateCreated": lambda drop: moment_text(drop.deposited_at),
    "dateStarted": lambda drop: moment_text(drop.claimed_at) if drop.claimed_at else None,
    "dateEnded": lambda drop: moment_text(drop.settled_at) if drop.settled_at else None,
    "dateUndone": lambda drop: moment_text(drop.undone_at) if drop.undone_at else None,
}
_PROPERTIES: Final[Mapping[str, Schema]] = {
    **dict.fromkeys(_READ, _TEXT_OR_NULL),
    "state": {"type": "string", "enum": list(STATES)},
    "size": {**_NUMBER, "description": "Bytes."},
    "counts": {
        "type": ["object", "null"],
        "properties": dict.fromkeys(_COUNTS, _NUMBER),
        "description": "How the rows ended, once they have.",
    },
    "failure": FAILURE_SCHEMA,
    "notes": {"type": "array", "items": _TEXT},
}
_USUAL: Final = tuple(_READ)
_FILE: Final[Mapping[str, Schema]] = {"name": _TEXT, "kind": _TEXT, "size": _NUMBER, "dateCreated": _TEXT}
_UNDONE: Final = {
    camel(name): name
    for name in (
        "contacts_removed",
        "contacts_restored",
        "removed_from_list",
        "restored_to_list",
        "list_removed",
    )
}


def _numbers(counts: Mapping[str, int]) -> Mapping[str, str]:
    return {name: str(counts.get(ours, 0)) for name, ours in _COUNTS.items()}


def _listing(found: Sequence[DropRecord], properties: Sequence[str], total: int | None = None) -> Listing:
    items = [{name: _READ[name](drop) for name in properties} for drop in found]
    return Listing(items, properties, total, columns={"counts": tuple(_COUNTS), "failure": FAILURE_PARTS})


def _read(asked: Asked) -> Listing:
    given = asked.parameters
    properties = given.properties(_PROPERTIES, _USUAL)
    page = operations.read_drops(
        asked.room,
        asked.caller,
        ids=given.ids("id"),
        state=given.text("state"),
        action=given.text("folder"),
        name=given.text("name"),
        paging=paging_of(given, _SORTABLE),
    )
    return _listing(page.items, properties, page.total)


def _upload(asked: Asked) -> Listing:
    given = asked.parameters
    done = operations.upload_drop(
        asked.room,
        asked.caller,
        needed_file(asked),
        action=given.needed_text("folder"),
        mode=given.text("mode"),
    )
    return _listing([done], _USUAL)


def _files(asked: Asked) -> Listing:
    found = operations.read_files(asked.room, asked.caller, asked.parameters.one_id("id"))
    return Listing([_file(each) for each in found], tuple(_FILE))


def _file(about: ReportFile) -> Mapping[str, Shown]:
    return {
        "name": about.name,
        "kind": about.kind,
        "size": str(about.size),
        "dateCreated": moment_text(about.made_at),
    }


def _download(asked: Asked) -> Response:
    given = asked.parameters
    found = operations.open_file(asked.room, asked.caller, given.one_id("id"), given.needed_text("file"))
    return file_answer(found.content, found.about.name, found.about.size, found.about.sha256)


def _retry(asked: Asked) -> Listing:
    drop_id = asked.parameters.one_id("id")
    return _listing([operations.retry_drop(asked.room, asked.caller, drop_id)], _USUAL)


def _release(asked: Asked) -> Listing:
    drop_id = asked.parameters.one_id("id")
    return _listing([operations.release_drop(asked.room, asked.caller, drop_id)], _USUAL)


def _undo(asked: Asked) -> Listing:
    given = asked.parameters
    undone = operations.undo_drop(
        asked.room, asked.caller, given.one_id("id"), dry_run=bool(given.flag("dryRun"))
    )
    return Listing([{name: str(int(undone[ours])) for name, ours in _UNDONE.items()}], tuple(_UNDONE))


_ONE: Final[Mapping[str, Field]] = {"id": takes.one_id("The drop.")}
_FOLDERS: Final = [folder.value for folder in Folder]
_DROPS_ANSWER: Final = listing_schema(_PROPERTIES)

DROPS: Final = Resource(
    "drops",
    {
        "read": Action(
            "Read drops: files that were left for the account, and what became of them.",
            _read,
            _DROPS_ANSWER,
            {
                "id": takes.ids("Drops to read."),
                "folder": takes.choice("Drops that were left there.", _FOLDERS),
                "state": takes.choice("Drops in this state.", STATES),
                "name": takes.text("Drops of this name."),
                "properties": takes.properties(_PROPERTIES, _USUAL),
                **takes.paging(_SORTABLE),
            },
            safe=True,
        ),
        "create": Action(
            "Leave a file, as in a folder.",
            _upload,
            _DROPS_ANSWER,
            {
                FILE: takes.file("The file."),
                "folder": takes.choice("Where to leave it.", _FOLDERS),
                "mode": takes.choice("What an import does, instead of the marker.", list(Mode)),
            },
        ),
        "files": Action(
            "List the file of a drop and the reports about it.",
            _files,
            listing_schema(_FILE, tuple(_FILE)),
            _ONE,
            safe=True,
        ),
        "download": Action(
            "Download a file of a drop, by its kind or its name.",
            _download,
            {},
            {**_ONE, "file": takes.text("Its kind, such as errors, or its name.")},
            safe=True,
        ),
        "retry": Action("Put a drop back in line that Postroom gave up.", _retry, _DROPS_ANSWER, _ONE),
        "release": Action("Apply a drop that the guard refused.", _release, _DROPS_ANSWER, _ONE),
        "undo": Action(
            "Take an import back.",
            _undo,
            listing_schema(dict.fromkeys(_UNDONE, _NUMBER), tuple(_UNDONE)),
            {**_ONE, "dryRun": takes.flag("Only tell what that would come to.")},
        ),
    },
)
