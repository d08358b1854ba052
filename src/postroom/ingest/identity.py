"""Whom the contacts are that a program writes: those it means, and those that new values make of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import polars as pl

from postroom.contacts.criteria import KEY_FIELDS
from postroom.contacts.errors import Refused
from postroom.contacts.fields import MEANS
from postroom.contacts.reasons import Reason, reason_text
from postroom.contacts.rows import Issue, NormalisedRow, Value, identity, standing_refusal
from postroom.contacts.settings import AccountSettings
from postroom.ingest.identifying import owners
from postroom.ingest.literals import array
from postroom.ingest.meeting import Acquaintances, RowReader, identifying_values
from postroom.store import identifiers, merge, rekeying
from postroom.store.accounts import Account
from postroom.store.database import Connection

Texts = dict[str, str | None]


def meet(
    connection: Connection, account: Account, rows: Sequence[NormalisedRow]
) -> tuple[list[int | None], dict[int, Issue]]:
    """Return whom each row means: an id, or a negative number for a contact that is to be made.

    New contacts are numbered -1, -2, …, in the order in which rows make them. A row that could mean several
    means None; why, is said by its place.
    """
    if account.settings.matches_any:
        return _meet_any(connection, account, rows)
    keys = {row.dedup_key for row in rows if row.dedup_key}
    known = merge.contacts_by_key(connection, account.account_id, keys)
    made = 0
    found: list[int | None] = []
    for row in rows:
        contact = known.get(row.dedup_key) if row.dedup_key else None
        if contact is None:
            made += 1
            contact = -made
            if row.dedup_key:
                known[row.dedup_key] = contact
        found.append(contact)
    return found, {}


def _meet_any(
    connection: Connection, account: Account, rows: Sequence[NormalisedRow]
) -> tuple[list[int | None], dict[int, Issue]]:
    criterion = account.settings.criterion
    hexes = [[each.hex if each else None for each in row.identifiers] for row in rows]
    wanted = sorted({each for by in hexes for each in by if each})
    known = Acquaintances(owners(connection, account.account_id, pl.Series(wanted, dtype=pl.String)))
    values = identifying_values(connection, account.account_id, criterion, known.contacts())
    reader = RowReader(known, values, criterion, erasing=account.settings.empty_cells == "erase")
    found = [
        reader.meet(place, by, _texts(row.values, KEY_FIELDS[criterion]))
        for place, (row, by) in enumerate(zip(rows, hexes, strict=True))
    ]
    return found, {place: (Reason.AMBIGUOUS_MATCH, fields) for place, fields in reader.ambiguous.items()}


def identify_anew(
    connection: Connection, account: Account, contact_ids: Sequence[int], values: Mapping[str, Value]
) -> bool:
    """Give contacts the keys that new values make for them; tell whether the values identify anybody.

    The values themselves are not written, nor are identifiers where any is enough.

    Raises:
        Refused: a contact would have no address left, or no reference where that identifies, or would be the
            same as another.
    """
    settings = account.settings
    fields = tuple(dict.fromkeys((*MEANS, *KEY_FIELDS[settings.criterion])))
    changes = _texts(values, fields)
    if not changes:
        return False
    held = _held(connection, account.account_id, fields, contact_ids)
    becomes = {contact: texts | changes for contact, texts in held.items()}
    for contact, texts in becomes.items():
        if refusal := standing_refusal(texts, settings):
            raise refused_change(contact, refusal)
    marks = {contact: _marks(texts, settings) for contact, texts in becomes.items()}
    gained = {contact: marks[contact] - _marks(texts, settings) for contact, texts in held.items()}
    _refuse_same(connection, account, gained)
    if not settings.matches_any:
        _set_keys(connection, account.account_id, marks)
    return True


def refused_change(contact_id: int, issue: Issue) -> Refused:
    """Return what refuses a change of a contact that there is."""
    reason, value = issue
    return Refused(
        f"Contact {contact_id}: {reason_text(reason, 'en', value)}.",
        code=reason.value,
        details={"id": contact_id, "reason": reason.value, "value": value},
    )


def _held(
    connection: Connection, account_id: int, fields: Sequence[str], contact_ids: Sequence[int]
) -> dict[int, Texts]:
    ids = array(pl.Series(sorted(contact_ids), dtype=pl.Int64))
    rows = identifiers.identifying_fields(connection, account_id, fields, ids)
    return {row["contact_id"]: {name: row[name] for name in fields} for row in rows}


def _marks(texts: Mapping[str, str | None], settings: AccountSettings) -> set[UUID]:
    """Return what tells a contact with these values from all others: its key, or its identifiers."""
    key, found = identity(texts, settings)
    return {each for each in (key, *found) if each}


def _refuse_same(connection: Connection, account: Account, gained: Mapping[int, set[UUID]]) -> None:
    """Raise Refused when a contact gains what another has, or gains too."""
    every = {mark for marks in gained.values() for mark in marks}
    holders = dict(_holders(connection, account, every))
    for contact, marks in gained.items():
        for mark in marks:
            other = holders.setdefault(mark, contact)
            if other != contact:
                by = account.settings.identification
                raise Refused(
                    f"Contact {contact} would be the same as contact {other}, by {by}.",
                    code="SAME_CONTACT",
                    details={"id": contact, "other": other},
                )


def _holders(connection: Connection, account: Account, marks: set[UUID]) -> Iterable[tuple[UUID, int]]:
    if not account.settings.matches_any:
        return merge.contacts_by_key(connection, account.account_id, marks).items()
    wanted = pl.Series([mark.hex for mark in marks], dtype=pl.String)
    found = owners(connection, account.account_id, wanted)
    return [(UUID(hex=identifier), contact) for identifier, contact in found.iter_rows()]


def _set_keys(connection: Connection, account_id: int, marks: Mapping[int, set[UUID]]) -> None:
    keys = [next((mark.hex for mark in each), None) for each in marks.values()]
    rekeying.set_keys(
        connection,
        account_id,
        array(pl.Series(list(marks), dtype=pl.Int64)),
        array(pl.Series(keys, dtype=pl.String)),
    )


def _texts(values: Mapping[str, Value], fields: Sequence[str]) -> Texts:
    """Return those of some fields that there are; the fields that identify are all texts."""
    return {
        name: None if (value := values[name]) is None else str(value) for name in fields if name in values
    }
