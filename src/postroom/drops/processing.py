"""Processing a drop: claim, read, apply and settle, wholly or not at all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

from postroom.contacts.batches import (
    Action,
    ColumnMap,
    Counts,
    FileRefused,
    Header,
    Known,
    Mode,
    Outcome,
    ReportForm,
)
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import tree
from postroom.drops.addressing import Addressee, lock_addressees
from postroom.drops.applying import apply_deposit
from postroom.drops.batching import process_batch
from postroom.drops.claiming import ClaimLostError, claim_next, hold
from postroom.drops.criteria import make_change
from postroom.drops.issues import IssueSpool
from postroom.drops.progress import Telling
from postroom.drops.reading import Deposit, keys_for, open_deposit
from postroom.drops.room import Room
from postroom.drops.settling import Report, discard, settle, settle_shares, write_reports, write_summary
from postroom.drops.summarising import known_note
from postroom.drops.trees import BATCH
from postroom.store import drops, files
from postroom.store.accounts import account_by_id
from postroom.store.criteria import CriterionChange
from postroom.store.database import Connection
from postroom.store.drops import Drop

_LOG = logging.getLogger("postroom.drops")


@dataclass(slots=True)
class _Attempt:
    """One try at a claimed drop, and what is known of its file so far."""

    drop: Drop
    settings: AccountSettings
    issues: IssueSpool
    telling: Telling
    known: Known | None
    columns: ColumnMap | None = None
    encoding: str = "cp1252"
    notes: list[str] = field(default_factory=list)
    made: list[Report] = field(default_factory=list)
    shares: dict[int, Drop] = field(default_factory=dict)
    """The drops that a deposit for several accounts makes in others than its own, by account."""
    settled: bool = False
    """From here on the transaction may be committed, whatever this process hears of it."""


def process_account(room: Room, account_id: int) -> Drop | None:
    """Do what is next in an account's line; return the drop that was processed, if it was one.

    A change of criterion in its turn is made instead of a drop; a command batch goes a way of its own. The
    file's effects, its move to `ok` and its reports are one transaction. A refused file's move to `ko` is
    another one, after its effects were rolled back.
    """
    drop = claim_next(room, account_id)
    if isinstance(drop, CriterionChange):
        make_change(room, drop)
        return None
    if drop is None:
        return None
    room.between_steps("claimed")
    if drop.action == BATCH:
        return process_batch(room, drop)
    with room.database.transaction() as connection:
        settings = account_by_id(connection, account_id).settings
        known = drops.first_applied(connection, drop)
    with IssueSpool(room.blobs.staging) as issues, Telling(room, drop) as telling:
        attempt = _Attempt(drop, settings, issues, telling, known)
        try:
            _apply_or_refuse(room, attempt)
        except ClaimLostError:
            _LOG.warning("drop %s was taken over by another worker", drop.public_id)
            return None
        finally:
            _discard(room, attempt)
    return drop


def _apply_or_refuse(room: Room, attempt: _Attempt) -> None:
    try:
        _apply(room, attempt)
    except FileRefused as refused:
        _discard(room, attempt)
        _refuse(room, attempt, refused)


def _apply(room: Room, attempt: _Attempt) -> None:
    drop = attempt.drop
    with room.database.transaction() as connection:
        addressees = lock_addressees(connection, drop.login, drop.account_id)
        hold(connection, drop)
        # Read again under the account's lock: the criterion may have changed since the claim.
        attempt.settings = account_by_id(connection, drop.account_id).settings
        outcome = _effects(room, connection, attempt, addressees)
        outcome.examples = attempt.issues.examples()
        room.between_steps("merged")
        attempt.made = write_reports(
            room, drop, attempt.settings, attempt.issues, attempt.columns, attempt.encoding, None
        )
        room.between_steps("reported")
        _settle(room, connection, attempt, outcome)
    room.between_steps("committed")
    _LOG.info("drop %s applied: %s", drop.public_id, outcome.counts)


def _effects(
    room: Room, connection: Connection, attempt: _Attempt, addressees: Sequence[Addressee]
) -> Outcome:
    drop = attempt.drop
    markers = [file.name for file in files.files_in(connection, drop.account_id, tree.MARKER_DIRECTORY)]
    keys = keys_for(room, connection, drop.account_id, drop.name)
    deposit = Deposit(
        drop.account_id,
        drop.drop_id,
        Action(drop.action),
        drop.name,
        drop.login,
        markers,
        keys,
        released=drop.released_at is not None,
        addressees=addressees,
        header=Header(drop.header),
        asked_mode=Mode(drop.mode) if drop.mode else None,
        list_id=drop.list_id,
    )
    found = open_deposit(
        room.readers, lambda: room.blobs.open(drop.blob_key), deposit, attempt.settings, room.limits
    )
    attempt.columns, attempt.encoding, attempt.notes = found.columns, found.encoding, list(found.notes)
    attempt.telling.begin(expected=found.lines)

    def progress(counts: Counts) -> None:
        attempt.telling.note(counts)
        room.between_steps("merged a frame")

    def record(account_id: int) -> int:
        if account_id == drop.account_id:
            return drop.drop_id
        attempt.shares[account_id] = drops.create_sent_drop(connection, drop, account_id)
        return attempt.shares[account_id].drop_id

    with closing(found):
        return apply_deposit(
            connection,
            found,
            room.limits,
            record,
            now=room.clock(),
            on_issue=attempt.issues.add,
            progress=progress,
        )


def _refuse(room: Room, attempt: _Attempt, refused: FileRefused) -> None:
    count = len(attempt.issues.of(refused=True)) if refused.reason is Reason.NO_VALID_ROW else 0
    outcome = Outcome(
        counts=Counts(lines=count, refused=count),
        notes=attempt.notes,
        failure=refused,
        read_lines=max(count, attempt.telling.lines),
    )
    outcome.examples = attempt.issues.examples() if count else []
    # Only when every row was refused does the file of refused rows tell the whole story.
    columns = attempt.columns if refused.reason is Reason.NO_VALID_ROW else None
    attempt.made = write_reports(
        room, attempt.drop, attempt.settings, attempt.issues, columns, attempt.encoding, refused
    )
    with room.database.transaction() as connection:
        hold(connection, attempt.drop)
        _settle(room, connection, attempt, outcome)
    _LOG.info("drop %s refused: %s", attempt.drop.public_id, refused)


def _settle(room: Room, connection: Connection, attempt: _Attempt, outcome: Outcome) -> None:
    now = room.clock()
    outcome.known = attempt.known
    outcome.notes.extend(known_note(outcome, attempt.settings))
    attempt.made += write_summary(room, attempt.drop, attempt.settings, outcome, attempt.made, now)
    settle_shares(room, connection, outcome, attempt.shares, now=now)
    outcome.form = ReportForm(attempt.encoding, attempt.settings.separator)
    settle(room, connection, attempt.drop, outcome, attempt.made, now=now)
    attempt.settled = True


def _discard(room: Room, attempt: _Attempt) -> None:
    """Remove reports that certainly did not come to pass; in doubt their bytes stay, seen by nobody."""
    if not attempt.settled:
        discard(room, attempt.made)
    attempt.made = []
