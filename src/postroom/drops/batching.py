"""Processing a command batch: read, log in, run its commands, settle; wholly or not at all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime

from postroom.contacts.batches import Counts, FileRefused
from postroom.contacts.commands import BatchHeader, BatchRefused, Finding, Tally
from postroom.contacts.reasons import Reason
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches.tree import to_avoid
from postroom.drops.batch_reading import BatchReading, open_reading, redacted_copy
from postroom.drops.batch_settling import Ended, settle_batch
from postroom.drops.claiming import ClaimLostError, hold
from postroom.drops.progress import Telling
from postroom.drops.remarks import Remarks
from postroom.drops.room import Room
from postroom.drops.settling import discard
from postroom.drops.tidying import delete_bytes
from postroom.ingest.background import Background
from postroom.ingest.commands.applying import CommandApplier
from postroom.ingest.commands.work import CommandBatch
from postroom.ingest.outgoing import enqueue_requests
from postroom.store import realms
from postroom.store.accounts import account_by_id, lock_account
from postroom.store.database import Connection
from postroom.store.drops import Drop
from postroom.store.files import Content

_LOG = logging.getLogger("postroom.drops")


@dataclass(slots=True)
class _Attempt:
    """One try at a claimed batch. `header` is there once its login has proved right."""

    drop: Drop
    started_at: datetime
    telling: Telling
    remarks: Remarks = field(default_factory=Remarks)
    header: BatchHeader | None = None
    copy: Content | None = None
    vanished: list[str] = field(default_factory=list)
    settled: bool = False
    """From here on the transaction may be committed, whatever this process hears of it."""


def process_batch(room: Room, drop: Drop) -> Drop | None:
    """Process a claimed batch; return it, or None when another worker has taken it over.

    What its commands do, the end of the drop and the mails about it are one transaction. A refused batch ends
    in another one, after whatever it did was rolled back.
    """
    with Telling(room, drop) as telling:
        attempt = _Attempt(drop, room.clock(), telling)
        try:
            _run_or_refuse(room, attempt)
        except ClaimLostError:
            _LOG.warning("drop %s was taken over by another worker", drop.public_id)
            return None
        finally:
            _discard(room, attempt)
    delete_bytes(room, attempt.vanished)
    return drop


def _run_or_refuse(room: Room, attempt: _Attempt) -> None:
    try:
        with closing(open_reading(room, attempt.drop)) as reading:
            _run(room, attempt, reading)
    except BatchRefused as refused:
        if refused.header is not None and attempt.header is None and _fits(room, attempt, refused.header):
            attempt.header = refused.header
        _refuse(room, attempt, refused.finding)
    except FileRefused as refused:
        # Readers of batches say no other reason themselves; one that does talks nonsense.
        exhausted = refused.reason is Reason.TOO_COMPLEX
        _refuse(room, attempt, Finding(0, Verdict.TOO_COMPLEX if exhausted else Verdict.UNREADABLE))


def _run(room: Room, attempt: _Attempt, reading: BatchReading) -> None:
    drop, header = attempt.drop, reading.header
    _log_in(room, attempt, header)
    _begin_remarks(attempt, reading)
    attempt.telling.begin(expected=reading.lines)
    with room.database.transaction() as connection, Background() as background:
        batch = _locked(room, connection, drop, header)
        applier = CommandApplier(
            connection, batch, now=room.clock(), on_finding=attempt.remarks.add, background=background
        )
        applier.begin()
        room.between_steps("begun")
        counts = Counts()
        for step in applier.gathered(reading.steps()):
            applier.run(step)
            counts.lines += 1 if isinstance(step, Finding) else len(step)
            attempt.telling.note(counts)
            room.between_steps("merged a frame")
        tally = applier.finish()
        for account_id in applier.requested:
            enqueue_requests(connection, room.queue, account_id)
        room.between_steps("merged")
        _settle(room, connection, attempt, tally, None)
    room.between_steps("committed")
    _LOG.info("drop %s applied: %s", drop.public_id, tally)


def _log_in(room: Room, attempt: _Attempt, header: BatchHeader) -> None:
    """Raise BatchRefused, without a header to answer to, when the login is not one of this account."""
    if not _fits(room, attempt, header):
        raise BatchRefused(Finding(1, Verdict.LOGIN_FAILED))
    attempt.header = header
    room.between_steps("logged in")


def _fits(room: Room, attempt: _Attempt, header: BatchHeader) -> bool:
    """Tell whether a header logs in to the account whose tree it was left in; count it when not."""
    drop = attempt.drop
    with room.database.transaction() as connection:
        account_id = realms.counted_login(
            connection, header, room.lockout, by_login=drop.login, now=room.clock()
        )
    if account_id != drop.account_id:
        # Neither the realm nor anything else of the header: it may be a password on the wrong line.
        _LOG.warning("drop %s of login %r failed to log in to its realm", drop.public_id, drop.login)
    return account_id == drop.account_id


def _begin_remarks(attempt: _Attempt, reading: BatchReading) -> None:
    if reading.header.verbose:
        attempt.remarks.be_verbose()
    marks = ", ".join(f"'{mark}'" for mark in to_avoid(attempt.drop.name))
    if marks:
        attempt.remarks.add(Finding(0, Verdict.NAME_TO_AVOID, marks, failed=False))
    for note in reading.notes:
        attempt.remarks.add(note)


def _locked(room: Room, connection: Connection, drop: Drop, header: BatchHeader) -> CommandBatch:
    """Lock every account that a batch may touch, by rising id: two that meet cannot wait for each other."""
    children = realms.children(connection, drop.account_id)
    universal: Sequence[int] = ()
    if room.universal_optouts:
        # Any command may ask for them, and what follows the header has not been read yet.
        universal = realms.accounts_with_realms(connection)
    for account_id in sorted({drop.account_id, *children.values(), *universal}):
        lock_account(connection, account_id)
    hold(connection, drop)
    return CommandBatch(
        account_id=drop.account_id,
        drop_id=drop.drop_id,
        by_whom=drop.login,
        # Read under the locks: a criterion may have changed just before.
        settings=account_by_id(connection, drop.account_id).settings,
        header=header,
        children={name: account_by_id(connection, account_id) for name, account_id in children.items()},
        universal=universal,
    )


def _refuse(room: Room, attempt: _Attempt, finding: Finding) -> None:
    _discard(room, attempt)
    with room.database.transaction() as connection:
        hold(connection, attempt.drop)
        _settle(room, connection, attempt, Tally(), finding)
    room.between_steps("committed")
    _LOG.info("drop %s refused: %s", attempt.drop.public_id, finding.verdict)


def _settle(
    room: Room, connection: Connection, attempt: _Attempt, tally: Tally, refused: Finding | None
) -> None:
    attempt.copy = redacted_copy(room, attempt.drop)
    room.between_steps("reported")
    ended = Ended(attempt.started_at, tally, attempt.remarks, attempt.header, refused)
    attempt.vanished = settle_batch(room, connection, attempt.drop, ended, attempt.copy)
    attempt.settled = True


def _discard(room: Room, attempt: _Attempt) -> None:
    """Remove a copy that certainly did not come to pass; in doubt its bytes stay, seen by nobody."""
    if attempt.copy is not None and not attempt.settled:
        discard(room, [("", attempt.copy)])
        attempt.copy = None
        attempt.vanished = []
