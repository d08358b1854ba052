"""What each folder does with the rows of a deposit: import, opt out or in, delete."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from postroom.contacts.batches import Action, ListTarget, Outcome, Part
from postroom.contacts.guard import NO_GUARD, Guard
from postroom.contacts.media import Consent, Medium
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders import tree
from postroom.drops.addressing import Addressee, Addressing
from postroom.drops.reading import Deposit, Opened
from postroom.drops.room import Limits
from postroom.ingest.appliers import Applier, apply_frames
from postroom.ingest.applying import ImportApplier, ImportBatch
from postroom.ingest.background import Background
from postroom.ingest.consents import ConsentApplier, ConsentBatch
from postroom.ingest.deleting import DeleteApplier, DeleteBatch
from postroom.ingest.deleting_any import AnyDeleteApplier
from postroom.ingest.dispatching import Dispatcher, Route
from postroom.ingest.feedback import IssueSink, Progress
from postroom.store.database import Connection


@dataclass(frozen=True, slots=True)
class Share:
    """What of a deposit is for one account, which records it as the drop `drop_id`.

    `fields` are those that the file has for it, `lines` is about how many rows to expect; `sharers` counts
    the accounts that may have one.
    """

    account_id: int
    drop_id: int
    settings: AccountSettings
    fields: Collection[str]
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
            return ConsentApplier(self.connection, batch, self.background, now=self.now, on_issue=on_issue)
        if action is Action.DELETE:
            deletes = DeleteBatch(share.account_id, share.settings, self._guard(share))
            applier = AnyDeleteApplier if share.settings.matches_any else DeleteApplier
            return applier(self.connection, deletes, on_issue=on_issue)
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
            lines=share.lines,
            lot_rows=self.limits.lot_rows,
            sharers=share.sharers,
        )

    def _import(self, share: Share) -> ImportBatch:
        names = tree.list_names(self.deposit.name, share.settings)
        return ImportBatch(
            account_id=share.account_id,
            batch_id=share.drop_id,
            settings=share.settings,
            fields=share.fields,
            lines=share.lines,
            target=ListTarget(self.deposit.mode, names, self.deposit.list_id),
            guard=self._guard(share),
            digests_from_lines=self.limits.digests_from_lines,
            sharers=share.sharers,
        )


Record = Callable[[int], int]
"""Returns the id of the drop as which an account, by its id, records its share of a deposit."""


def apply_deposit(
    connection: Connection,
    opened: Opened,
    limits: Limits,
    record: Record,
    *,
    now: datetime,
    on_issue: IssueSink,
    progress: Progress,
) -> Outcome:
    """Do what the deposit's folder is for; commits nothing itself.

    Raises FileRefused when the file as a whole is of no use: nothing must be committed then.
    """
    deposit = opened.deposit
    with Background() as background:
        appliers = Appliers(connection, deposit, limits, background, now)
        if opened.addressing is not None:
            outcome = _apply_shares(appliers, opened, opened.addressing, record, on_issue, progress)
        else:
            share = Share(
                deposit.account_id,
                deposit.drop_id,
                opened.settings,
                tuple(opened.columns.positions),
                opened.lines,
            )
            outcome = apply_frames(appliers.of(share, on_issue), opened.frames, progress)
    outcome.notes.extend(opened.notes)
    return outcome


def _apply_shares(
    appliers: Appliers,
    opened: Opened,
    addressing: Addressing,
    record: Record,
    on_issue: IssueSink,
    progress: Progress,
) -> Outcome:
    addressees = {each.account.account_id: each for each in addressing.addressees}
    recorded: dict[int, int] = {}

    def begin(route: Route, lines: int, sink: IssueSink) -> Applier:
        of = route.account_id
        recorded[of] = record(of)
        settings = addressees[of].account.settings
        share = Share(of, recorded[of], settings, tuple(route.columns), lines, sharers=len(addressees))
        return appliers.of(share, sink)

    dispatcher = Dispatcher(
        addressing.routes, begin, appliers.background, lines=opened.lines, on_issue=on_issue
    )
    dispatcher.apply(opened.frames, progress, lot_rows=appliers.limits.dispatch_rows)
    imports = opened.deposit.action is Action.IMPORT
    if imports:
        dispatcher.counts.refuse_without_rows()
    ended = dispatcher.finish()
    parts = [
        _part(addressees[route.account_id], recorded.get(route.account_id), outcome)
        for route, outcome in ended
    ]
    mode = opened.deposit.mode if imports else None
    return Outcome(counts=dispatcher.counts, mode=mode, parts=parts)


def _part(addressee: Addressee, drop_id: int | None, outcome: Outcome) -> Part:
    return Part(
        account_id=addressee.account.account_id,
        account=addressee.account.name,
        references=tuple(each.reference for each in addressee.references),
        drop_id=drop_id,
        outcome=outcome,
    )
