"""Contacts that a program makes, changes and deletes: by the law, the keys and the merge of files.

Two things differ. What only warns of a file's row refuses a program's call, and nothing of it is done. And no
journal is kept, as calls are not undone; but whomever they touch has been changed now, so that undoing an
earlier import leaves them alone.

The caller holds the account's lock, and commits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import polars as pl

from postroom.contacts.criteria import KEY_FIELDS
from postroom.contacts.errors import Refused
from postroom.contacts.fields import CONTACT_FIELDS, MEANS
from postroom.contacts.media import ADDRESS_FIELD, Medium
from postroom.contacts.optouts import OptOutReason, after_optout
from postroom.contacts.reasons import Reason, reason_text
from postroom.contacts.records import WrittenContact
from postroom.contacts.rows import Issue, NormalisedRow, Value, changed_row, collapse, written_row
from postroom.contacts.settings import AccountSettings
from postroom.ingest import counting
from postroom.ingest.consents import change_consents
from postroom.ingest.identifying import identify_again
from postroom.ingest.identity import identify_anew, meet
from postroom.ingest.literals import array, write_rows
from postroom.store import deleting, identifiers, merge
from postroom.store.accounts import Account
from postroom.store.database import Connection
from postroom.store.merge import ChangeNote, Merging
from postroom.store.optouts import Act

_TOLD: Final = 20
"""So many contacts that are refused are told of one call."""

_NO_LIST: Final = 0
_NO_JOURNAL: Final = ChangeNote(journal_id=0, entry=0, last_known=0)
"""Nothing is noted: no contact has an id up to 0."""

Wishes = dict[Medium, dict[str, OptOutReason | None]]
"""What is to become of addresses, by medium: a reason opts out, None opts in."""


@dataclass(frozen=True, slots=True)
class Writing:
    """Whose contacts are written, by whom (the id of a client), and when."""

    account: Account
    by_whom: str
    now: datetime


def create_contacts(
    connection: Connection, writing: Writing, contacts: Sequence[WrittenContact]
) -> list[int]:
    """Bring contacts in as one file of them would, onto no list; return the id of each, in their order.

    Opt-outs are applied and opt-ins are not: nobody is subscribed again by being created.

    Raises:
        Refused: some are not valid, or could be several, or have no address for an opt-out; its details say
            which, by their places, and why.
    """
    account = writing.account
    rows = _judged(contacts, account.settings)
    met = _met(connection, account, rows)
    amounts = _amounts(rows, met, account.settings)
    keys = {number: row.dedup_key for number, row in zip(met, rows, strict=True)}
    made = _make(connection, account.account_id, amounts, keys)
    found = [made.get(number, number) for number in met]
    known = {number: values for number, values in amounts.items() if number > 0}
    moved = [number for number, values in known.items() if _may_reach(account.settings, values)]
    with counting.recounting(connection, account.account_id, moved):
        _update(connection, account.account_id, known, erasing=_erasing(account.settings))
    merge.touch_contacts(connection, account.account_id, list(known))
    if account.settings.matches_any:
        _identify_again(connection, account, found)
    _change_optouts(connection, writing, _wished(connection, account, found, contacts))
    return found


def update_contacts(
    connection: Connection, writing: Writing, contact_ids: Sequence[int], changes: WrittenContact
) -> None:
    """Give contacts new values, where empty ones erase, and opt their addresses out or in.

    Raises:
        Refused: a value is not valid; or a contact would have no address left, or no reference where that
            identifies, or be the same as another, or has no address for an opt-out.
    """
    account = writing.account
    row = changed_row(changes.values, account.settings)
    if row.refusal:
        reason, value = row.refusal
        raise Refused(f"{reason_text(reason, 'en', value)}.", code=reason.value, details={"value": value})
    if row.values:
        identifies = identify_anew(connection, account, contact_ids, row.values)
        changed = dict.fromkeys(contact_ids, row.values)
        reached = contact_ids if set(MEANS) & set(row.values) else ()
        with counting.recounting(connection, account.account_id, reached):
            _update(connection, account.account_id, changed, erasing=frozenset(row.values))
        if identifies and account.settings.matches_any:
            _identify_again(connection, account, contact_ids)
    _change_optouts(connection, writing, _wished_of_all(connection, account, contact_ids, changes.optouts))


def delete_contacts(connection: Connection, account_id: int, contact_ids: Sequence[int]) -> None:
    """Delete contacts with all that goes with them; opt-outs of their addresses stay."""
    ids = array(pl.Series(sorted(contact_ids), dtype=pl.Int64))
    with counting.recounting(connection, account_id, contact_ids):
        identifiers.delete_contacts(connection, account_id, ids)
        deleting.delete_belongings(connection, account_id, ids)


def _judged(contacts: Sequence[WrittenContact], settings: AccountSettings) -> list[NormalisedRow]:
    rows = [written_row(each.values, settings) for each in contacts]
    _refuse({place: row.refusal for place, row in enumerate(rows) if row.refusal})
    return rows


def _met(connection: Connection, account: Account, rows: Sequence[NormalisedRow]) -> list[int]:
    """Return whom each row means, as `meet` does; raise Refused when one could mean several."""
    met, ambiguous = meet(connection, account, rows)
    _refuse(ambiguous)
    return [number for number in met if number is not None]


def _refuse(issues: Mapping[int, Issue]) -> None:
    """Raise Refused when there are issues, by the places of their contacts."""
    if not issues:
        return
    place, (reason, value) = next(iter(issues.items()))
    others = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
    told = [
        {"index": index, "reason": why.value, "value": what, "message": reason_text(why, "en", what)}
        for index, (why, what) in list(issues.items())[:_TOLD]
    ]
    raise Refused(
        f"contacts[{place}]: {reason_text(reason, 'en', value)}{others}.",
        code=reason.value,
        details={"contacts": told},
    )


def _amounts(
    rows: Sequence[NormalisedRow], met: Sequence[int], settings: AccountSettings
) -> dict[int, dict[str, Value]]:
    """Return what the rows about each contact amount to, those that are to be made in their order."""
    about: dict[int, list[NormalisedRow]] = {}
    for number, row in zip(met, rows, strict=True):
        about.setdefault(number, []).append(row)
    return {number: collapse(each, _erasing(settings)) for number, each in about.items()}


def _erasing(settings: AccountSettings) -> frozenset[str]:
    return frozenset(CONTACT_FIELDS if settings.empty_cells == "erase" else ())


def _make(
    connection: Connection,
    account_id: int,
    amounts: Mapping[int, Mapping[str, Value]],
    keys: Mapping[int, UUID | None],
) -> dict[int, int]:
    """Make the contacts that have negative numbers; return the id of each."""
    numbers = [number for number in amounts if number < 0]
    if not numbers:
        return {}
    first = merge.take_contact_ids(connection, account_id, len(numbers))
    ids = {number: first + place for place, number in enumerate(numbers)}
    fields = _fields({name for number in numbers for name in amounts[number]})
    contacts = pl.DataFrame(
        [
            pl.Series("account_id", [account_id] * len(numbers), dtype=pl.Int64),
            pl.Series("contact_id", list(ids.values()), dtype=pl.Int64),
            pl.Series(
                "dedup_key", [key.hex if (key := keys[number]) else None for number in numbers], pl.String
            ),
            pl.Series("digest", [None] * len(numbers), dtype=pl.Int64),
            *_columns([amounts[number] for number in numbers], fields),
        ]
    )
    with merge.copy_new(connection, Merging(account_id, _NO_LIST, fields)) as copy:
        write_rows(contacts, copy.write)
    return ids


def _update(
    connection: Connection,
    account_id: int,
    values: Mapping[int, Mapping[str, Value]],
    *,
    erasing: frozenset[str],
) -> None:
    """Give contacts the values that differ; those in `erasing` even when they are empty."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for contact, given in values.items():
        alike.setdefault(_fields(given), []).append(contact)
    for fields, contacts in alike.items():
        columns = [
            pl.Series(range(len(contacts)), dtype=pl.Int32),
            pl.Series(contacts, dtype=pl.Int64),
            pl.Series([None] * len(contacts), dtype=pl.Int64),
            *_columns([values[contact] for contact in contacts], fields),
        ]
        merging = Merging(account_id, _NO_LIST, fields, erasing & set(fields))
        merge.update_rows(connection, merging, [array(column) for column in columns], _NO_JOURNAL)


def _may_reach(settings: AccountSettings, values: Collection[str]) -> bool:
    """Tell whether a row's values may change by which addresses the contact that it met is reached."""
    same = () if settings.matches_any else KEY_FIELDS[settings.criterion]
    return not set(MEANS).isdisjoint(set(values) - set(same))


def _fields(names: Collection[str]) -> tuple[str, ...]:
    return tuple(name for name in CONTACT_FIELDS if name in names)


def _columns(rows: Sequence[Mapping[str, Value]], fields: Sequence[str]) -> list[pl.Series]:
    return [
        pl.Series(name, [row.get(name) for row in rows], dtype=pl.Date if name == "birth_date" else pl.String)
        for name in fields
    ]


def _identify_again(connection: Connection, account: Account, contact_ids: Sequence[int]) -> None:
    ids = pl.Series(sorted(set(contact_ids)), dtype=pl.Int64)
    identify_again(connection, account.account_id, account.settings.criterion, ids)


def _wished(
    connection: Connection, account: Account, found: Sequence[int], contacts: Sequence[WrittenContact]
) -> Wishes:
    """Return which addresses created contacts opt out, each for the strongest of the reasons given."""
    if not any(each.optouts for each in contacts):
        return {}
    addresses = _addresses(connection, account, found)
    wishes: Wishes = {}
    without: dict[int, Issue] = {}
    for place, (contact, written) in enumerate(zip(found, contacts, strict=True)):
        for medium, reason in written.optouts.items():
            if reason is None:
                continue
            address = addresses[contact][ADDRESS_FIELD[medium]]
            if address is None:
                without[place] = (Reason.MISSING_MEDIUM_VALUE, medium.value)
            else:
                wished = wishes.setdefault(medium, {})
                wished[address] = after_optout(wished.get(address), reason)
    _refuse(without)
    return wishes


def _wished_of_all(
    connection: Connection,
    account: Account,
    contact_ids: Sequence[int],
    optouts: Mapping[Medium, OptOutReason | None],
) -> Wishes:
    """Return what is to become of the addresses of contacts for each of which the same is asked."""
    if not optouts:
        return {}
    wishes: Wishes = {medium: {} for medium in optouts}
    for contact, addresses in _addresses(connection, account, contact_ids).items():
        for medium, reason in optouts.items():
            address = addresses[ADDRESS_FIELD[medium]]
            if address is not None:
                wishes[medium][address] = reason
            elif reason is not None:
                raise Refused(
                    f"Contact {contact} has no {ADDRESS_FIELD[medium]} that could be opted out of {medium}.",
                    code=Reason.MISSING_MEDIUM_VALUE.value,
                    details={"id": contact},
                )
    return wishes


def _addresses(
    connection: Connection, account: Account, contact_ids: Sequence[int]
) -> dict[int, dict[str, str | None]]:
    ids = array(pl.Series(sorted(set(contact_ids)), dtype=pl.Int64))
    rows = identifiers.identifying_fields(connection, account.account_id, MEANS, ids)
    return {row["contact_id"]: row for row in rows}


def _change_optouts(connection: Connection, writing: Writing, wishes: Wishes) -> None:
    account = writing.account
    for medium, reasons in wishes.items():
        act = Act(account.account_id, medium.value, "call", writing.by_whom, writing.now)
        change_consents(connection, act, reasons, lifts_complaints=account.settings.optin_lifts_complaints)
