"""What each folder does with the rows of a deposit: import, opt out or in, delete."""

from __future__ import annotations

from datetime import datetime

from postroom.contacts.batches import Action, ListTarget, Outcome
from postroom.contacts.guard import NO_GUARD, Guard
from postroom.contacts.media import Consent, Medium
from postroom.dialects.folders import tree
from postroom.drops.reading import Opened
from postroom.drops.room import Limits
from postroom.ingest.applying import ImportBatch, apply_import
from postroom.ingest.consents import ConsentBatch, apply_consents
from postroom.ingest.deleting import DeleteBatch, apply_deletes
from postroom.ingest.feedback import IssueSink, Progress
from postroom.store.database import Connection


def apply_deposit(
    connection: Connection,
    opened: Opened,
    limits: Limits,
    *,
    now: datetime,
    on_issue: IssueSink,
    progress: Progress,
) -> Outcome:
    """Do what the deposit's folder is for; commits nothing itself.

    Raises FileRefused when the file as a whole is of no use: nothing must be committed then.
    """
    deposit = opened.deposit
    if deposit.action.consent is not None:
        consents = _consents(opened, *deposit.action.consent, limits.lot_rows)
        outcome = apply_consents(connection, consents, now=now, on_issue=on_issue, progress=progress)
    elif deposit.action is Action.DELETE:
        deletes = DeleteBatch(deposit.account_id, opened.settings, opened.frames, _guard(opened))
        outcome = apply_deletes(connection, deletes, on_issue=on_issue, progress=progress)
    else:
        batch = import_batch(opened, limits)
        outcome = apply_import(connection, batch, now=now, on_issue=on_issue, progress=progress)
    outcome.notes.extend(opened.notes)
    return outcome


def _guard(opened: Opened) -> Guard:
    return NO_GUARD if opened.deposit.released else Guard(opened.settings.guard_percent)


def _consents(opened: Opened, consent: Consent, medium: Medium, lot_rows: int) -> ConsentBatch:
    deposit = opened.deposit
    return ConsentBatch(
        account_id=deposit.account_id,
        drop_id=deposit.drop_id,
        by_whom=deposit.login,
        settings=opened.settings,
        medium=medium,
        consent=consent,
        frames=opened.frames,
        lot_rows=lot_rows,
    )


def import_batch(opened: Opened, limits: Limits) -> ImportBatch:
    """Return what an import of the deposit asks."""
    deposit = opened.deposit
    mode = tree.mode_of(deposit.markers)
    return ImportBatch(
        account_id=deposit.account_id,
        batch_id=deposit.drop_id,
        settings=opened.settings,
        columns=opened.columns,
        lines=opened.lines,
        frames=opened.frames,
        target=ListTarget(mode, tree.list_names(deposit.name, opened.settings)),
        guard=_guard(opened),
        digests_from_lines=limits.digests_from_lines,
    )
