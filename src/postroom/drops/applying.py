"""What each folder does with the rows of a deposit: import, opt out or in, delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from postroom.contacts.batches import Action, ColumnMap, ListTarget, Outcome
from postroom.contacts.guard import NO_GUARD, Guard
from postroom.contacts.media import Consent, Medium
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import tree
from postroom.drops.reading import Deposit, Opened
from postroom.drops.room import Limits
from postroom.ingest.appliers import Applier, apply_frames
from postroom.ingest.applying import ImportApplier, ImportBatch
from postroom.ingest.background import Background
from postroom.ingest.consents import ConsentApplier, ConsentBatch
from postroom.ingest.deleting import DeleteApplier, DeleteBatch
from postroom.ingest.feedback import IssueSink, Progress
from postroom.store.database import Connection


@dataclass(frozen=True, slots=True)
class Share:
    """What of a deposit is for one account, which records it as the drop `drop_id`.

    `lines` is about how many rows to expect; `sharers` counts the accounts that may have one.
    """

    account_id: int
    drop_id: int
    settings: AccountSettings
    columns: ColumnMap
    lines: int
    sharers: int = 1


@dataclass(frozen=True, slots=True)
class Appliers:
    """Makes what applies the parts of one deposit, in its transaction."""

    connection: Connection
    deposit: Deposit
    limits: Limits
    background: Background
    now: datetime

    def of(self, share: Share, on_issue: IssueSink) -> Applier:
        """Make what does for one account what the deposit's folder is for.

        Raises FileRefused when the account cannot do that at all.
        """
        action = self.deposit.action
        if action.consent is not None:
            batch = self._consents(share, *action.consent)
            return ConsentApplier(self.connection, batch, now=self.now, on_issue=on_issue)
        if action is Action.DELETE:
            deletes = DeleteBatch(share.account_id, share.settings, self._guard(share))
            return DeleteApplier(self.connection, deletes, on_issue=on_issue)
        return ImportApplier(
            self.connection, self._import(share), self.background, now=self.now, on_issue=on_issue
        )

    def _guard(self, share: Share) -> Guard:
        return NO_GUARD if self.deposit.released else Guard(share.settings.guard_percent)

    def _consents(self, share: Share, consent: Consent, medium: Medium) -> ConsentBatch:
        return ConsentBatch(
            account_id=share.account_id,
            drop_id=share.drop_id,
            by_whom=self.deposit.login,
            settings=share.settings,
            medium=medium,
            consent=consent,
            lot_rows=self.limits.lot_rows,
            sharers=share.sharers,
        )

    def _import(self, share: Share) -> ImportBatch:
        mode = tree.mode_of(self.deposit.markers)
        return ImportBatch(
            account_id=share.account_id,
            batch_id=share.drop_id,
            settings=share.settings,
            columns=share.columns,
            lines=share.lines,
            target=ListTarget(mode, tree.list_names(self.deposit.name, share.settings)),
            guard=self._guard(share),
            digests_from_lines=self.limits.digests_from_lines,
            sharers=share.sharers,
        )


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
    share = Share(deposit.account_id, deposit.drop_id, opened.settings, opened.columns, opened.lines)
    with Background() as background:
        applier = Appliers(connection, deposit, limits, background, now).of(share, on_issue)
        outcome = apply_frames(applier, opened.frames, progress)
    outcome.notes.extend(opened.notes)
    return outcome
