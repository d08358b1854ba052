"""Templates of an account. What a campaign sends is a copy of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.templates import Content, template_name
from postroom.store import campaigns
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("templates")

MOST_TEMPLATES: Final = 2000
"""How many templates an account has at the most."""


@dataclass(frozen=True, slots=True)
class Template:
    """What messages are made of, under a name that no other template of the account has."""

    template_id: int
    name: str
    content: Content
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ListedTemplate:
    """A template without what it says; "" among the languages is the variant for everybody else."""

    template_id: int
    name: str
    channel: Channel
    languages: list[str]
    created_at: datetime
    updated_at: datetime


def template_by_id(connection: Connection, account_id: int, template_id: int) -> Template:
    """Return a template; raise Missing when the account has none of that id."""
    parameters = {"account_id": account_id, "template_id": template_id}
    row = connection.execute(_SQL["template_by_id"], parameters).fetchone()
    if row is None:
        raise _no_template(template_id)
    return _template(row)


def template_named(connection: Connection, account_id: int, name: str) -> Template:
    """Return the template of that very name; raise Missing when there is none."""
    row = connection.execute(_SQL["template_named"], {"account_id": account_id, "name": name}).fetchone()
    if row is None:
        raise Missing(f"There is no template '{name}' in this account.", code="NO_TEMPLATE")
    return _template(row)


def list_templates(
    connection: Connection, account_id: int, *, after: int | None = None, limit: int = MOST_TEMPLATES
) -> list[ListedTemplate]:
    """Return templates by id, those beyond `after`."""
    parameters = {"account_id": account_id, "after": after, "limit": limit}
    rows = connection.execute(_SQL["list_templates"], parameters)
    return [ListedTemplate(**{**row, "channel": Channel(row["channel"])}) for row in rows]


def count_templates(connection: Connection, account_id: int) -> int:
    """Return how many templates an account has."""
    row = connection.execute(_SQL["count_of_templates"], {"account_id": account_id}).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["templates"])


def create_template(
    connection: Connection, account_id: int, name: str, content: Content, *, now: datetime
) -> Template:
    """Keep a new template.

    Raises:
        Refused: it cannot be called so, or there are too many.
        Conflict: another has that name.
    """
    called = template_name(name)
    if count_templates(connection, account_id) >= MOST_TEMPLATES:
        raise Refused(f"An account has {MOST_TEMPLATES} templates at the most.", code="TOO_MANY_TEMPLATES")
    parameters = {
        "account_id": account_id,
        "name": called,
        "content": Jsonb(content.as_json()),
        "now": now,
    }
    row = connection.execute(_SQL["create_template"], parameters).fetchone()
    if row is None:
        raise _taken(called)
    return _template(row)


def update_template(
    connection: Connection,
    account_id: int,
    template_id: int,
    *,
    name: str | None = None,
    content: Content | None = None,
    now: datetime,
) -> Template:
    """Give a template another name, another content or both.

    Raises:
        Refused: it cannot be called so.
        Missing: there is no such template.
        Conflict: another has that name.
    """
    called = None if name is None else template_name(name)
    parameters = {
        "account_id": account_id,
        "template_id": template_id,
        "name": called,
        "content": None if content is None else Jsonb(content.as_json()),
        "now": now,
    }
    try:
        with connection.transaction():
            row = connection.execute(_SQL["update_template"], parameters).fetchone()
    except psycopg.errors.UniqueViolation:
        raise _taken(called or "") from None
    if row is None:
        raise _no_template(template_id)
    return _template(row)


def delete_template(connection: Connection, account_id: int, template_id: int) -> None:
    """Delete a template; campaigns that were launched with it go on.

    Raises:
        Missing: there is none.
        Conflict: a campaign that is still to be launched uses it.
    """
    name = template_by_id(connection, account_id, template_id).name
    campaigns.require_unused(connection, account_id, f"Template '{name}'", template_id=template_id)
    connection.execute(_SQL["delete_template"], {"account_id": account_id, "template_id": template_id})


def _no_template(template_id: int) -> Missing:
    return Missing(f"There is no template {template_id}.", code="NO_TEMPLATE", details={"ids": [template_id]})


def _taken(name: str) -> Conflict:
    return Conflict(f"There is a template '{name}' already.", code="NAME_TAKEN")


def _template(row: dict[str, Any]) -> Template:
    return Template(**{**row, "content": Content.from_json(row["content"])})
