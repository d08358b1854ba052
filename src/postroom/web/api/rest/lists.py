"""/rest/lists: every call of seed 004 about lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Final

from postroom.web.api.operations import imports
from postroom.web.api.operations import lists as operations
from postroom.web.api.operations.lists import ContactList, Stats
from postroom.web.api.rest import fields as takes
from postroom.web.api.rest.fields import Field, Schema
from postroom.web.api.rest.imports import FILE_FIELDS, LIST_PROPERTIES, import_list, of_list
from postroom.web.api.rest.output import Count, Listing, Shown, moment_text
from postroom.web.api.rest.parameters import Parameters
from postroom.web.api.rest.resources import (
    COUNT_SCHEMA,
    Action,
    Asked,
    Resource,
    listing_schema,
    paging_of,
)

_STATS: Final = tuple(field.name for field in fields(Stats))
_USUAL: Final = ("id", "name", "description")
_MADE: Final = ("id", "name")
_SORTABLE: Final = {
    "id": "list_id",
    "name": "name",
    "dateCreated": "created_at",
    "dateUpdated": "updated_at",
}
_TEXT: Final[Schema] = {"type": "string"}
_TEXT_OR_NULL: Final[Schema] = {"type": ["string", "null"]}
_MOMENT: Final[Schema] = {
    "type": "string",
    "description": "UTC",
    "examples": ["2013-01-02 14:00:00"],
}
_PROPERTIES: Final[Mapping[str, Schema]] = {
    "id": _TEXT,
    "name": _TEXT,
    "description": _TEXT_OR_NULL,
    "stats": {
        "type": "object",
        "properties": {name: {"type": "string", "pattern": "^[0-9]+$"} for name in _STATS},
        "required": list(_STATS),
        "description": "How many contacts are on the list, and how many of them each medium can reach.",
    },
    **LIST_PROPERTIES,
    "dateUpdated": _MOMENT,
    "dateCreated": _MOMENT,
}
_READ: Final[Mapping[str, Callable[[ContactList], Shown]]] = {
    "id": lambda each: str(each.list_id),
    "name": lambda each: each.name,
    "description": lambda each: each.description,
    "stats": lambda each: _stats(each.stats),
    "dateUpdated": lambda each: moment_text(each.updated_at),
    "dateCreated": lambda each: moment_text(each.created_at),
}


def _stats(stats: Stats | None) -> Shown:
    return {name: str(getattr(stats, name)) for name in _STATS} if stats else None


def _listing(found: Sequence[ContactList], properties: Sequence[str], total: int | None = None) -> Listing:
    items = [{name: _READ[name](each) for name in properties if name in _READ} for each in found]
    return Listing(items, properties, total, columns={"stats": _STATS})


def _with_imports(asked: Asked, found: Sequence[ContactList], listing: Listing) -> Listing:
    """Add what is asked for of the files that filled these lists."""
    states = imports.states_of(asked.room, asked.caller, found)
    items = [
        {
            name: item[name] if name in item else of_list(states.get(each.list_id), name, asked.base_url)
            for name in listing.properties
        }
        for each, item in zip(found, listing.items, strict=True)
    ]
    return replace(listing, items=items)


def _read(asked: Asked) -> Listing:
    given = asked.parameters
    properties = given.properties(_PROPERTIES, _USUAL)
    page = operations.read_lists(
        asked.room,
        asked.caller,
        ids=given.ids("id"),
        paging=paging_of(given, _SORTABLE),
        with_stats="stats" in properties,
    )
    listing = _listing(page.items, properties, page.total)
    if LIST_PROPERTIES.keys().isdisjoint(properties):
        return listing
    return _with_imports(asked, page.items, listing)


def _create(asked: Asked) -> Listing:
    given = asked.parameters
    made = operations.create_list(asked.room, asked.caller, given.text("name"), given.text("description"))
    return _listing([made], _MADE)


def _update(asked: Asked) -> Count:
    ids, changes = asked.parameters.needed_ids("id"), asked.parameters.meta_data()
    return Count(operations.update_lists(asked.room, asked.caller, ids, changes.values()))


def _delete(asked: Asked) -> Count:
    return Count(operations.delete_lists(asked.room, asked.caller, asked.parameters.needed_ids("id")))


def _merge(asked: Asked) -> Listing:
    given = asked.parameters
    made = operations.merge_lists(asked.room, asked.caller, given.needed_ids("listIds"), given.text("name"))
    return _listing([made], _MADE)


def _contact_ids(given: Parameters) -> list[int]:
    members = given.meta_data()
    members.check_known({"contactIds"}, "metaData")
    return members.needed_ids("contactIds")


def _add(asked: Asked) -> Count:
    list_id, contact_ids = asked.parameters.one_id("id"), _contact_ids(asked.parameters)
    return Count(operations.add_contacts(asked.room, asked.caller, list_id, contact_ids))


def _remove(asked: Asked) -> Count:
    list_id, contact_ids = asked.parameters.one_id("id"), _contact_ids(asked.parameters)
    return Count(operations.remove_contacts(asked.room, asked.caller, list_id, contact_ids))


_NAME: Final = takes.text("The name of the list; several may have the same.")
_DESCRIPTION: Final = takes.text("What the list is for.", nullable=True)
_MEMBERS: Final[Mapping[str, Field]] = {
    "id": takes.one_id("The list."),
    "metaData": takes.meta_data({"contactIds": takes.ids("The contacts.")}, needed=["contactIds"]),
}
_ANSWER_MADE: Final = listing_schema({name: _PROPERTIES[name] for name in _MADE}, _MADE)

LISTS: Final = Resource(
    "lists",
    {
        "read": Action(
            "Read lists, all or those with these ids.",
            _read,
            listing_schema(_PROPERTIES),
            {
                "id": takes.ids("Lists to read; those that are not there are left out."),
                "properties": takes.properties(_PROPERTIES, _USUAL),
                **takes.paging(_SORTABLE),
            },
            safe=True,
        ),
        "create": Action(
            "Create a list.", _create, _ANSWER_MADE, {"name": _NAME, "description": _DESCRIPTION}
        ),
        "update": Action(
            "Give lists another name or description.",
            _update,
            COUNT_SCHEMA,
            {
                "id": takes.ids("Lists to change."),
                "metaData": takes.meta_data({"name": _NAME, "description": _DESCRIPTION}),
            },
        ),
        "delete": Action(
            "Delete lists; their contacts stay.", _delete, COUNT_SCHEMA, {"id": takes.ids("Lists to delete.")}
        ),
        "merge": Action(
            "Make a list of all contacts of some lists, which stay as they are.",
            _merge,
            _ANSWER_MADE,
            {"listIds": takes.ids("Two lists or more."), "name": _NAME},
        ),
        "import": Action(
            "Make a list of a file; its contacts follow.",
            import_list,
            _ANSWER_MADE,
            {"name": _NAME, "description": _DESCRIPTION, **FILE_FIELDS},
        ),
        "contactadd": Action("Add contacts to a list.", _add, COUNT_SCHEMA, _MEMBERS),
        "contactremove": Action("Take contacts off a list.", _remove, COUNT_SCHEMA, _MEMBERS),
    },
)
