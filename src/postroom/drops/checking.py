"""Trying a file out: everything that a deposit would do, really done, and then rolled back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from postroom.contacts.batches import Action, Counts, FileRefused, Mode, Outcome, RowIssue
from postroom.contacts.reasons import Reason
from postroom.drops.addressing import lock_addressees
from postroom.drops.applying import apply_deposit
from postroom.drops.reading import Deposit, Opened, keys_for, open_deposit
from postroom.drops.room import Room
from postroom.store.accounts import Account
from postroom.store.database import Connection

_NO_DROP = 0
"""Drops count from 1, so this batch is nobody's."""

_NOBODY = "check"
"""Stands for the login in what is rolled back."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A file as it would be deposited: its name, what its folder does, the mode markers beside it.

    With a `mode` the markers do not count.
    """

    name: str
    markers: Sequence[str] = ()
    action: Action = Action.IMPORT
    login: str | None = None
    """Who would leave it: a login's references say for which accounts it may be."""
    mode: Mode | None = None


class _TriedError(Exception):
    """Carries the outcome out of the transaction, which it thereby rolls back."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome
        super().__init__("tried; nothing is kept")


def check_file(
    room: Room,
    account: Account,
    open_file: Callable[[], BinaryIO],
    trial: Trial,
    *,
    on_issue: Callable[[RowIssue], None],
) -> Outcome:
    """Tell what a deposit of this file would do now; nothing of the account changes.

    Refused rows and warnings go to `on_issue` in file order; a refused file is an Outcome with a `failure`.
    The list's id in the outcome means nothing when the list would be new. It is the real merge, so the
    account's own imports wait meanwhile.
    """
    refused_rows = 0
    notes: tuple[str, ...] = ()

    def count(issue: RowIssue) -> None:
        nonlocal refused_rows
        refused_rows += issue.refused
        on_issue(issue)

    try:
        found = _opened(room, account, open_file, trial)
        notes = found.notes
        return _tried(room, found, count)
    except FileRefused as refused:
        lines = refused_rows if refused.reason is Reason.NO_VALID_ROW else 0
        return Outcome(counts=Counts(lines=lines, refused=lines), notes=list(notes), failure=refused)


def _opened(room: Room, account: Account, open_file: Callable[[], BinaryIO], trial: Trial) -> Opened:
    with room.database.transaction() as connection:
        keys = keys_for(room, connection, account.account_id, trial.name)
        addressees = lock_addressees(connection, trial.login, account.account_id) if trial.login else ()
    deposit = Deposit(
        account.account_id,
        _NO_DROP,
        trial.action,
        trial.name,
        trial.login or _NOBODY,
        trial.markers,
        keys,
        addressees=addressees,
        asked_mode=trial.mode,
    )
    return open_deposit(room.readers, open_file, deposit, account.settings, room.limits)


def _tried(room: Room, found: Opened, on_issue: Callable[[RowIssue], None]) -> Outcome:
    try:
        with closing(found), room.database.transaction() as connection:
            _try(room, connection, found, on_issue)
    except _TriedError as tried:
        return tried.outcome


def _try(room: Room, connection: Connection, found: Opened, on_issue: Callable[[RowIssue], None]) -> NoReturn:
    if found.addressing is not None:
        lock_addressees(connection, found.deposit.login, found.deposit.account_id)
    outcome = apply_deposit(
        connection,
        found,
        room.limits,
        lambda _account_id: _NO_DROP,
        now=room.clock(),
        on_issue=on_issue,
        progress=_without_progress,
    )
    raise _TriedError(outcome)


def _without_progress(counts: Counts) -> None:
    del counts
