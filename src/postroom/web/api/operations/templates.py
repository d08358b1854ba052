"""What the API does with templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from postroom.contacts.cells import is_storable
from postroom.contacts.errors import Refused
from postroom.contacts.templates import Content
from postroom.drops.room import Room
from postroom.sending import previewing
from postroom.sending import templates as keeping
from postroom.sending.content import Rendered, Unsendable
from postroom.sending.previewing import Checked
from postroom.store import accounts, templates
from postroom.store.templates import ListedTemplate, Template
from postroom.web.api.operations.pages import Page, Paging
from postroom.web.auth.caller import Caller

__all__ = ["Checked", "ListedTemplate", "Rendered", "Template", "Unsendable"]

_READ, _WRITE = "templates:read", "templates:write"


def list_templates(room: Room, caller: Caller, paging: Paging) -> Page[ListedTemplate]:
    """Return the caller's templates by id, without what they say."""
    caller.require(_READ)
    with room.database.reading() as connection:
        found = templates.list_templates(
            connection, caller.account_id, after=paging.after, limit=paging.limit
        )
        total = templates.count_templates(connection, caller.account_id) if paging.with_total else None
    return Page(found, total)


def read_template(room: Room, caller: Caller, template_id: int) -> Template:
    """Return a template; raise Missing when the caller has none of that id."""
    caller.require(_READ)
    with room.database.reading() as connection:
        return templates.template_by_id(connection, caller.account_id, template_id)


def create_template(room: Room, caller: Caller, name: str, content: Content) -> Template:
    """Keep a new template.

    Raises:
        Refused: no message can be made of it, or it cannot be called so.
        Conflict: another has that name.
    """
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        return keeping.create(connection, caller.account_id, name, content, now=room.clock())


def update_template(
    room: Room, caller: Caller, template_id: int, *, name: str | None, changes: Mapping[str, Any]
) -> Template:
    """Change a template's name and these attributes of its content; raise what `create_template` does."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        before = templates.template_by_id(connection, caller.account_id, template_id)
        content = replace(before.content, **changes) if changes else None
        return keeping.update(
            connection, caller.account_id, template_id, name=name, content=content, now=room.clock()
        )


def delete_template(room: Room, caller: Caller, template_id: int) -> None:
    """Delete a template; raise Missing when it is not there, Conflict when it is needed."""
    caller.require(_WRITE)
    with room.database.transaction() as connection:
        templates.delete_template(connection, caller.account_id, template_id)


def check_template(room: Room, caller: Caller, template_id: int) -> Checked:
    """Return what there is to know of a template; raise Missing when it is not there."""
    caller.require(_READ)
    with room.database.reading() as connection:
        content = templates.template_by_id(connection, caller.account_id, template_id).content
        settings = accounts.account_by_id(connection, caller.account_id).settings
    return previewing.check_content(content, settings)


def preview_template(
    room: Room,
    caller: Caller,
    template_id: int,
    *,
    contact_id: int | None,
    language: str | None,
    items: Mapping[str, Sequence[Mapping[str, str]]],
) -> Rendered | Unsendable:
    """Return the message that a contact would get; raise Missing when one of both is not there.

    Who looks at a contact so must be allowed to read contacts, too.
    """
    caller.require(_READ)
    if contact_id is not None:
        caller.require("contacts:read")
    for rows in items.values():
        for row in rows:
            if not all(map(is_storable, row.values())):
                raise Refused("An item has half a character in it (a lone surrogate).", code="BAD_VALUE")
    with room.database.reading() as connection:
        content = templates.template_by_id(connection, caller.account_id, template_id).content
        return previewing.preview(
            connection, caller.account_id, content, contact_id=contact_id, language=language, items=items
        )
