"""/rest/contacts: contacts found, created in batches, updated and deleted (spec 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.web.api.operations import contacts as operations
from postroom.web.api.operations.contacts import ContactFilter, ContactRecord
from postroom.web.api.rest import fields as takes
from postroom.web.api.rest.contact_properties import (
    FIELDS,
    OPTOUTS,
    PROPERTIES,
    READ,
    WRITABLE,
    reason_of,
    written,
)
from postroom.web.api.rest.fields import Field
from postroom.web.api.rest.imports import FILE_FIELDS, IMPORT_ANSWER, import_contacts
from postroom.web.api.rest.output import Count, Listing
from postroom.web.api.rest.parameters import Parameters, refused
from postroom.web.api.rest.parsing import Values
from postroom.web.api.rest.resources import (
    COUNT_SCHEMA,
    Action,
    Asked,
    Resource,
    listing_schema,
    paging_of,
)

_USUAL: Final = (
    "id",
    *(name for name in FIELDS if not name.startswith("field") and not name.endswith("Id")),
    *OPTOUTS,
)
_MADE: Final = ("id", "email", "phone", "mobile")
_SORTABLE: Final = {"id": "contact_id", "dateCreated": "created_at", "dateUpdated": "updated_at"}
_TEXT_FILTERS: Final = ("email", "mobile", "phone", "reference")

_ANY: Final = "true"
_NONE: Final = "false"


def _filter(given: Parameters) -> ContactFilter:
    """Return what a call filters by; a filter that is there and empty is refused, not left out."""
    texts = {name: given.needed_text(name) if given.has(name) else None for name in _TEXT_FILTERS}
    return ContactFilter(
        ids=given.ids("id"),
        **texts,
        list_id=given.one_id("listId") if given.has("listId") else None,
        optouts={
            medium: _optout(given.text(name), medium, name)
            for name, medium in OPTOUTS.items()
            if given.has(name)
        },
        updated_since=given.moment("dateUpdated"),
    )


def _needed_filter(given: Parameters) -> ContactFilter:
    if not any(given.has(name) for name in _FILTERS):
        raise refused("id", "or another filter is needed", code="MISSING_FILTER")
    return _filter(given)


def _optout(word: str | None, medium: Medium, name: str) -> bool | OptOutReason:
    if word == _ANY:
        return True
    if word == _NONE:
        return False
    return reason_of(word, medium, name) or False


def _listing(found: Sequence[ContactRecord], properties: Sequence[str], total: int | None = None) -> Listing:
    read = [(name, READ[name]) for name in properties]
    return Listing([{name: value(each) for name, value in read} for each in found], properties, total)


def _read(asked: Asked) -> Listing:
    given = asked.parameters
    properties = given.properties(PROPERTIES, _USUAL)
    page = operations.read_contacts(asked.room, asked.caller, _filter(given), paging_of(given, _SORTABLE))
    return _listing(page.items, properties, page.total)


def _create(asked: Asked) -> Listing:
    rows = [written(values, where) for values, where in _given(asked.parameters)]
    return _listing(operations.create_contacts(asked.room, asked.caller, rows), _MADE)


def _given(parameters: Parameters) -> list[tuple[Values, str]]:
    """Return the contacts of `contacts`, or the one whose properties stand beside the action."""
    values = {name: value for name, value in parameters.values().items() if name != "action"}
    if "contacts" in values or not values:
        return [(each, f"contacts[{n}]") for n, each in enumerate(parameters.objects("contacts"))]
    return [(values, "contact")]


def _update(asked: Asked) -> Count:
    found, changes = _needed_filter(asked.parameters), asked.parameters.meta_data()
    values = written(dict(changes.values()), "metaData")
    return Count(operations.update_contacts(asked.room, asked.caller, found, values))


def _delete(asked: Asked) -> Count:
    return Count(operations.delete_contacts(asked.room, asked.caller, _needed_filter(asked.parameters)))


def _optout_filter(medium: Medium, name: str) -> Field:
    words = [*(word for word in PROPERTIES[name]["enum"] if word), "null", _ANY, _NONE]
    return takes.choice(f"Whether and why {medium} must not be used; null and false: it may.", words)


_FILTERS: Final[Mapping[str, Field]] = {
    "id": takes.ids("Contacts with these ids."),
    "email": takes.text("Contacts with this e-mail address."),
    "mobile": takes.text("Contacts with this mobile."),
    "phone": takes.text("Contacts with this fixed phone."),
    "reference": takes.text("Contacts with this reference."),
    "listId": takes.one_id("Contacts on this list."),
    **{name: _optout_filter(medium, name) for name, medium in OPTOUTS.items()},
    "dateUpdated": takes.moment("Contacts changed at this moment or later."),
}

_ONE: Final[Mapping[str, Field]] = {
    name: Field("Of the one contact to create.", {"type": "string"}, schema)
    for name, schema in WRITABLE["properties"].items()
}

CONTACTS: Final = Resource(
    "contacts",
    {
        "read": Action(
            "Read contacts, all or those that every filter finds.",
            _read,
            listing_schema(PROPERTIES),
            {**_FILTERS, "properties": takes.properties(PROPERTIES, _USUAL), **takes.paging(_SORTABLE)},
            safe=True,
        ),
        "create": Action(
            "Create contacts by the rules of files: who is known is updated, who is not valid refuses all.",
            _create,
            listing_schema({name: PROPERTIES[name] for name in _MADE}, _MADE),
            {"contacts": takes.objects("Contacts.", WRITABLE), **_ONE},
        ),
        "update": Action(
            "Change the contacts that the filters find.",
            _update,
            COUNT_SCHEMA,
            {
                **_FILTERS,
                "metaData": takes.meta_data(
                    {name: Field("", {}, schema) for name, schema in WRITABLE["properties"].items()}
                ),
            },
        ),
        "delete": Action(
            "Delete the contacts that the filters find; opt-outs of their addresses stay.",
            _delete,
            COUNT_SCHEMA,
            _FILTERS,
        ),
        "import": Action(
            "Take contacts from a file; they follow.", import_contacts, IMPORT_ANSWER, FILE_FIELDS
        ),
    },
)
