"""A person's decision: what an import did is taken back, as far as nothing has come of it since."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from postroom.contacts.batches import Action
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import reports, tree
from postroom.drops.room import Room
from postroom.drops.settling import Report, discard, write_blob
from postroom.ingest.undoing import Undone, kept_contacts, undo_import
from postroom.store import drops, files, journal
from postroom.store.accounts import LockAccount, account_by_id, lock_account
from postroom.store.database import Connection
from postroom.store.drops import Drop
from postroom.store.journal import JournalKey

_LOG = logging.getLogger("postroom.drops")


class _TriedError(Exception):
    """Carries what an undo would come to out of the transaction, which it thereby rolls back."""

    def __init__(self, result: dict[str, Any]) -> None:
        self.result = result
        super().__init__("tried; nothing is kept")


@dataclass(slots=True)
class _Attempt:
    """One try at an undo, and the reports that it made so far."""

    room: Room
    by_whom: str
    now: datetime
    dry_run: bool
    made: list[Report] = field(default_factory=list)
    settled: bool = False
    """From here on the transaction may be committed, whatever this process hears of it."""

    def settle(self, result: dict[str, Any]) -> None:
        """Let the transaction be committed, or rolled back when it was only tried."""
        if self.dry_run:
            raise _TriedError(result)
        self.settled = True


def undo(
    room: Room,
    account_id: int,
    drop_id: int,
    *,
    by_whom: str,
    dry_run: bool = False,
    lock: LockAccount = lock_account,
) -> dict[str, Any]:
    """Take an import back; return what came of it, as the drop's outcome has it under `undo`.

    Waits for what the account is importing just now, as `lock` has it. What could not be undone is listed in
    a report beside the file. It is all one transaction; with `dry_run` it is rolled back.

    Raises Refused when the drop is no import, Conflict when it was not applied or is undone already, Missing
    when there is no such drop or its journal is not kept any more.
    """
    attempt = _Attempt(room, by_whom, room.clock(), dry_run)
    try:
        with room.database.transaction() as connection:
            lock(connection, account_id)
            result = _undo(connection, attempt, account_id, drop_id)
            attempt.settle(result)
    except _TriedError as tried:
        return tried.result
    finally:
        if not attempt.settled:
            discard(room, attempt.made)
    room.between_steps("committed")
    _LOG.info("drop %s-%s undone by %s: %s", account_id, drop_id, by_whom, result)
    return result


def _undo(connection: Connection, attempt: _Attempt, account_id: int, drop_id: int) -> dict[str, Any]:
    drop = _applied_import(connection, account_id, drop_id)
    found = journal.journal_of_drop(connection, JournalKey(account_id, account_id, drop_id))
    if found is None and not _has_own_part(drop):
        raise Refused(
            f"Drop {drop.public_id} did nothing to its own account; undo what it did to others by the drops "
            f"that `postroom drop show {drop.public_id}` names.",
            code="NO_IMPORT",
        )
    if found is None:
        raise Missing(
            f"The journal of drop {drop.public_id} is not kept any more (POSTROOM_JOURNAL_DAYS).",
            code="NO_JOURNAL",
        )
    settings = account_by_id(connection, account_id).settings
    undone = undo_import(connection, found, settings, now=attempt.now)
    attempt.room.between_steps("taken back")
    result = {**_counts(undone), "report": _report(connection, attempt, drop, settings, undone)}
    drops.undo_drop(connection, account_id, drop_id, undo=result, by_whom=attempt.by_whom, now=attempt.now)
    attempt.room.between_steps("undone")
    return result


def _has_own_part(drop: Drop) -> bool:
    parts = (drop.outcome or {}).get("accounts") or []
    return not parts or any(part["drop"] == drop.public_id and not part["failure"] for part in parts)


def _applied_import(connection: Connection, account_id: int, drop_id: int) -> Drop:
    drop = drops.drop_by_id(connection, account_id, drop_id)
    if drop is None:
        raise Missing(f"There is no drop {account_id}-{drop_id}.", code="NO_DROP")
    if drop.action != Action.IMPORT:
        raise Refused(
            f"Drop {drop.public_id} is no import ({drop.action}); only imports can be undone.",
            code="NO_IMPORT",
        )
    if drop.state != "applied":
        raise Conflict(
            f"Drop {drop.public_id} is {drop.state}; only applied drops can be undone.", code="NOT_APPLIED"
        )
    if drop.undone_at is not None:
        raise Conflict(f"Drop {drop.public_id} is undone already, by {drop.undone_by}.", code="UNDONE")
    return drop


def _counts(undone: Undone) -> dict[str, Any]:
    return {
        "contacts_removed": undone.contacts_removed,
        "contacts_restored": undone.contacts_restored,
        "removed_from_list": undone.removed_from_list,
        "restored_to_list": undone.restored_to_list,
        "list_removed": undone.list_removed,
        "kept": undone.kept_by_code(),
    }


def _report(
    connection: Connection, attempt: _Attempt, drop: Drop, settings: AccountSettings, undone: Undone
) -> str | None:
    """Put the list of what could not be undone beside the file; return its name, None when all was."""
    if attempt.dry_run or not undone.kept_by_code():
        return None
    chunks = reports.undo_csv(kept_contacts(connection, drop.account_id, undone), settings)
    content = write_blob(attempt.room, chunks)
    name = tree.undo_name(tree.on_name(drop.prefix or 0, drop.name))
    attempt.made.append((name, content))
    files.lock_tree(connection, drop.account_id)
    files.put_file(
        connection,
        account_id=drop.account_id,
        directory=tree.directory_of(Action.IMPORT, "ok"),
        name=name,
        content=content,
        modified_at=attempt.now,
        drop_id=drop.drop_id,
    )
    return name
