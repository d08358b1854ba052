"""Files of people for partners: which there are, whom they are made of, and who fetched them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from postroom.contacts.campaigns import SuppressionKind
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing
from postroom.contacts.events import EventSource
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.partners import Candidate
from postroom.store.database import Connection
from postroom.store.events import take_numbers
from postroom.store.files import File
from postroom.store.levels import scope_of_list
from postroom.store.statements import statements

_SQL = statements("partner_files")

DIRECTORY: Final = "partners"
"""Where these files stand among the files of their account; which login sees which is said here."""

_PAGE: Final = 5000
_MEANS: Final = ("email", "mobile", "phone")


@dataclass(frozen=True, slots=True)
class PartnerFile:
    """A file of people; `size` in bytes, `people` in it, `left_out` of the target.

    `login` is the only one that sees it, None for every login of the account. `file_id` is None once it is
    not kept any more. `first_seq` and `last_seq` are the events that told of its people.
    """

    account_id: int
    partner_file_id: int
    batch_id: UUID
    campaign_id: int
    channel: Channel
    name: str
    login: str | None
    file_id: int | None
    size: int
    people: int
    left_out: int
    first_seq: int
    last_seq: int
    ready_at: datetime
    downloads: int
    downloaded_at: datetime | None
    downloaded_by: str | None
    removed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a campaign is for: the contacts of a list, or all; of these, whom `condition` (on c) lets in."""

    list_id: int | None
    condition: sql.Composable | None = None
    parameters: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewPartnerFile:
    """What is to be noted of a file that was just written."""

    batch_id: UUID
    campaign_id: int
    channel: Channel
    name: str
    login: str | None
    file_id: int
    size: int
    people: int
    left_out: int
    first_seq: int
    last_seq: int


def add_partner_file(connection: Connection, account_id: int, new: NewPartnerFile, *, now: datetime) -> int:
    """Note a file; return its id."""
    parameters = {name: getattr(new, name) for name in NewPartnerFile.__slots__}
    row = connection.execute(
        _SQL["add_partner_file"],
        {**parameters, "account_id": account_id, "channel": new.channel.value, "ready_at": now},
    ).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return int(row["partner_file_id"])


def partner_files_page(
    connection: Connection,
    account_id: int,
    *,
    campaign_id: int | None = None,
    before: int | None = None,
    limit: int,
) -> list[PartnerFile]:
    """Return files of an account, newest first, those with ids below `before`."""
    parameters = {"account_id": account_id, "campaign_id": campaign_id, "before": before, "limit": limit}
    return [_partner_file(row) for row in connection.execute(_SQL["partner_files_page"], parameters)]


def count_partner_files(connection: Connection, account_id: int, *, campaign_id: int | None = None) -> int:
    """Return how many files there are or were."""
    parameters = {"account_id": account_id, "campaign_id": campaign_id}
    row = connection.execute(_SQL["count_partner_files"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["files"])


def partner_file_by_id(connection: Connection, account_id: int, partner_file_id: int) -> PartnerFile:
    """Return a file; raise Missing when the account has none of that id."""
    parameters = {"account_id": account_id, "partner_file_id": partner_file_id}
    row = connection.execute(_SQL["partner_file_by_id"], parameters).fetchone()
    if row is None:
        raise Missing(f"There is no partner's file {partner_file_id}.", code="NO_PARTNER_FILE")
    return _partner_file(row)


def content_of(connection: Connection, account_id: int, partner_file_id: int) -> File:
    """Return where the bytes are; raise Missing when they are not kept any more."""
    parameters = {"account_id": account_id, "partner_file_id": partner_file_id}
    row = connection.execute(_SQL["content_of"], parameters).fetchone()
    if row is None:
        raise Missing("That file is not kept any more.", code="NOT_KEPT")
    return File(**row)


def any_for_login(connection: Connection, account_id: int, login: str) -> bool:
    """Tell whether a login sees any file."""
    row = connection.execute(_SQL["any_for_login"], {"account_id": account_id, "login": login}).fetchone()
    return bool(row and row["found"])


def files_for_login(
    connection: Connection, account_id: int, login: str, *, name: str | None = None
) -> list[File]:
    """Return the files that a login sees, by name; with `name` only that one."""
    parameters = {"account_id": account_id, "login": login, "name": name}
    return [File(**row) for row in connection.execute(_SQL["files_for_login"], parameters)]


def record_download(
    connection: Connection,
    account_id: int,
    file_id: int,
    *,
    by_whom: str,
    source: EventSource,
    salt: str,
    now: datetime,
) -> int:
    """Record that a file was fetched wholly, an event for each person in it; return how many.

    The last thing that a transaction does (see `take_numbers`). `salt` is random: ids of events come of it.
    """
    parameters: dict[str, Any] = {"account_id": account_id, "file_id": file_id, "now": now}
    row = connection.execute(_SQL["count_download"], {**parameters, "downloaded_by": by_whom}).fetchone()
    if row is None or not row["people"]:
        return 0
    file = _partner_file(row)
    numbers = take_numbers(connection, account_id, file.people, now=now)
    told = connection.execute(
        _SQL["tell_of_download"],
        {
            "account_id": account_id,
            "first": numbers.first,
            "recorded_at": numbers.recorded_at,
            "at": now,
            "salt": salt,
            "source": source.value,
            "first_seq": file.first_seq,
            "last_seq": file.last_seq,
            "attributes": Jsonb({"fileName": file.name, "downloadedBy": by_whom[:100]}),
        },
    )
    return told.rowcount


def forget_partner_files(
    connection: Connection, account_id: int, *, before: datetime, now: datetime, limit: int
) -> list[str]:
    """Forget at most `limit` files that were ready before a moment; return the keys of their blobs."""
    parameters = {"account_id": account_id, "before": before, "limit": limit}
    old = [row["file_id"] for row in connection.execute(_SQL["expired_partner_files"], parameters)]
    if not old:
        return []
    gone = {"account_id": account_id, "file_ids": old, "now": now}
    return [row["blob_key"] for row in connection.execute(_SQL["forget_partner_files"], gone)]


def people_of(
    connection: Connection, account_id: int, target: Target, fields: Sequence[str], *, now: datetime
) -> Iterator[Candidate]:
    """Yield the people of a target by id, with `fields` (columns of contacts) and what is against each."""
    wanted = sorted({*fields, *_MEANS})
    query = sql.SQL(_SQL["people_of_target"]).format(
        columns=sql.SQL(", ").join(sql.Identifier("c", field) for field in wanted),
        source=sql.SQL("contacts c" if target.list_id is None else _SQL["on_a_list"]),
        condition=target.condition or sql.SQL("true"),
    )
    parameters: dict[str, Any] = {
        **(target.parameters or {}),
        "account_id": account_id,
        "list_id": target.list_id,
        "scope": None if target.list_id is None else scope_of_list(connection, account_id, target.list_id),
        "now": now,
        "after": 0,
        "limit": _PAGE,
    }
    while True:
        rows = connection.execute(query, parameters, prepare=False).fetchall()
        for row in rows:
            yield _candidate(row, wanted)
        if len(rows) < _PAGE:
            return
        parameters["after"] = rows[-1]["contact_id"]


def _candidate(row: Mapping[str, Any], fields: Sequence[str]) -> Candidate:
    values = {field: None if row[field] is None else str(row[field]) for field in fields}
    optouts = {each: OptOutReason(row[f"optout_{each}"]) for each in _MEANS if row[f"optout_{each}"]}
    suppressions = {
        each: SuppressionKind(row[f"suppression_{each}"]) for each in _MEANS if row[f"suppression_{each}"]
    }
    return Candidate(row["contact_id"], values, optouts, row["has_left"], suppressions)


def _partner_file(row: Mapping[str, Any]) -> PartnerFile:
    return PartnerFile(**{**row, "channel": Channel(row["channel"])})
