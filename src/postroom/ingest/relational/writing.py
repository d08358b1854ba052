"""Rows that programs save and delete: as files do, but what only warns of a file refuses a call.

The caller holds the account's lock, and commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from postroom.contacts.commands import BatchHeader, Command, Finding, Kind, Run, Tally
from postroom.contacts.criteria import Criterion
from postroom.contacts.errors import Refused
from postroom.contacts.tables import Table
from postroom.contacts.verdicts import Verdict, verdict_text
from postroom.contacts.written_rows import Plain, SavedRows, WrittenRow
from postroom.ingest.relational.applying import Manner, RelationalApplier
from postroom.ingest.relational.plans import CONTACT_ID
from postroom.store.accounts import Account
from postroom.store.database import Connection

_TOLD: Final = 20
"""So many rows that are refused are told of one call."""

_ERASE: Final = "\x00"
"""No text has it, so that programs can store the word null."""

_CALLS: Final = Manner(by_id=True, erase=_ERASE)


def save_rows(
    connection: Connection, account: Account, table: Table, rows: Sequence[WrittenRow], *, now: datetime
) -> SavedRows:
    """Save rows of one table, in their order.

    Raises:
        Refused: some cannot be saved, and none was; the details say which rows, by their places, and why.
    """
    contact = _contact_columns(account, rows)
    columns = list(dict.fromkeys(name for row in rows for name in row.values))
    texts = [
        [*(_text(row.contact[name]) for name in contact), *(_said(row, name) for name in columns)]
        for row in rows
    ]
    fields = (*contact, *(f"{table.name}.{name}" for name in columns))
    tally, findings = _run(
        connection, account, table, Command(Kind.RELATIONAL_IMPORT, (), fields), texts, now
    )
    _refuse(findings)
    return SavedRows(tally.rows_inserted, tally.rows_updated)


def delete_rows(
    connection: Connection, account: Account, table: Table, keys: Sequence[Plain], *, now: datetime
) -> int:
    """Delete the rows of these keys, whoever owns them; return how many went, those that they owned too.

    Raises:
        Refused: a key cannot be one, or the table is not active; nothing was deleted.
    """
    fields = (f"{table.name}.{table.unique.name}",) if table.unique else ()
    command = Command(Kind.RELATIONAL_DELETE, (), fields)
    tally, findings = _run(connection, account, table, command, [[_text(key)] for key in keys], now)
    _refuse([each for each in findings if each.verdict is not Verdict.NO_SUCH_ROW])
    return tally.rows_deleted


def _run(
    connection: Connection,
    account: Account,
    table: Table,
    command: Command,
    texts: Sequence[Sequence[str]],
    now: datetime,
) -> tuple[Tally, list[Finding]]:
    tally, findings = Tally(), list[Finding]()
    header = BatchHeader(realm="", password="", relational=True, table=table.name)
    applier = RelationalApplier(
        connection,
        account.account_id,
        account.settings,
        header,
        now=now,
        on_finding=findings.append,
        tally=tally,
        manner=_CALLS,
    )
    places = range(len(texts))
    applier.run(Run(command, places, places, [0] * len(texts), texts))
    return tally, findings


def _contact_columns(account: Account, rows: Sequence[WrittenRow]) -> list[str]:
    names = {tuple(sorted(row.contact)) for row in rows}
    if len(names) > 1:
        raise Refused("Name the contacts of all rows of a call in the same way.", code="MIXED_CONTACTS")
    columns = list(names.pop()) if names else []
    settings = account.settings
    by_email = settings.criterion is Criterion.EMAIL or settings.matches_any
    if columns and columns != [CONTACT_ID] and settings.criterion is not Criterion.REFERENCE and not by_email:
        said = "This account's contacts are not told apart by e-mail: name them by their ids."
        raise Refused(said, code="NAME_BY_ID")
    return columns


def _said(row: WrittenRow, name: str) -> str:
    if name not in row.values:
        return ""
    value = row.values[name]
    return _ERASE if value is None else _text(value)


def _text(value: Plain) -> str:
    # Python's shortest text of a float is what JSON had.
    return value if isinstance(value, str) else repr(value)


def _refuse(findings: Sequence[Finding]) -> None:
    if not findings:
        return
    first = findings[0]
    told = [
        {"row": each.number, "code": each.verdict.value, "value": each.value} for each in findings[:_TOLD]
    ]
    raise Refused(
        f"{verdict_text(first.verdict, 'en', first.value)}.", code=first.verdict.value, details={"rows": told}
    )
