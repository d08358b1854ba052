"""Applying a command batch: each run of equal commands as one, in the order of the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from postroom.contacts.commands import Finding, Kind, Run, Step, Tally
from postroom.contacts.criteria import Criterion
from postroom.ingest.background import Background, Foreground
from postroom.ingest.commands.dropping import drop_subscriptions
from postroom.ingest.commands.fields import create_field, delete_field
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.regrouping import regrouped
from postroom.ingest.commands.relations import relate
from postroom.ingest.commands.removing import delete
from postroom.ingest.commands.renaming import change
from postroom.ingest.commands.requesting import launch, send
from postroom.ingest.commands.subscribing import save, subscribe
from postroom.ingest.commands.telling import CommandRefused, FindingSink, Telling
from postroom.ingest.commands.unsubscribing import unsubscribe
from postroom.ingest.commands.work import CommandBatch, Work
from postroom.store import levels, lists
from postroom.store.database import Connection

_STEPS: Mapping[Kind, Callable[[Work, Realm, Run], None]] = {
    Kind.DELETE: delete,
    Kind.CHANGE: change,
    Kind.SEND: send,
    Kind.LAUNCH: launch,
    Kind.FIELD_CREATE: create_field,
    Kind.FIELD_DELETE: delete_field,
    Kind.RELATIONAL_SAVE: relate,
    Kind.RELATIONAL_DELETE: relate,
    Kind.RELATIONAL_IMPORT: relate,
    Kind.SUB: subscribe,
    Kind.SMART_SUB: subscribe,
    Kind.RELATIONAL_SUB: subscribe,
    Kind.SAVE: save,
    Kind.UNSUB: unsubscribe,
    Kind.SMART_UNSUB: unsubscribe,
}

_IN_BACKGROUND = frozenset({Kind.RELATIONAL_SAVE, Kind.RELATIONAL_DELETE, Kind.RELATIONAL_IMPORT})
"""Which kinds settle the background themselves, as late as they can."""


class CommandApplier:
    """Does what a batch asks; commits nothing itself.

    Failures and warnings go to `on_finding`, those of the reader among them. The caller holds the locks of
    all accounts that the batch may touch: its own, the children's, those that universal opt-outs reach.
    """

    def __init__(
        self,
        connection: Connection,
        batch: CommandBatch,
        *,
        now: datetime,
        on_finding: FindingSink,
        background: Background | Foreground | None = None,
    ) -> None:
        """Look at what there is; `now` is the moment of all that is done.

        The caller ends `background` before the transaction: by it PostgreSQL takes rows while more are read.
        """
        self._tally = Tally()
        self._telling = Telling(on_finding, self._tally)
        self._work = Work(
            connection,
            batch,
            now,
            self._telling,
            self._tally,
            background or Foreground(),
            may_have_universal=levels.any_universal(connection),
        )

    def begin(self) -> None:
        """Do what comes before the first command: drop subscriptions.

        Tables are cleared when a command first names them, which is before the first write as well.
        """
        drop_subscriptions(self._work)

    def gathered(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Yield steps to be run, those that alternate gathered where that comes to the same.

        Only where contacts are known by their addresses: elsewhere a record may mean somebody whose address
        another one has.
        """
        batch = self._work.batch
        every = [batch.settings, *(child.settings for child in batch.children.values())]
        by_address = all(each.criterion is Criterion.EMAIL for each in every)
        return regrouped(steps) if by_address else iter(steps)

    def run(self, step: Step) -> None:
        """Do the next step of the file."""
        if isinstance(step, Finding):
            self._telling.pass_on(step)
            return
        if not len(step):
            return
        self._telling.begin(step)
        try:
            self._do(step)
        except CommandRefused as refused:
            self._telling.fail_commands(refused.verdict, refused.value)
        self._telling.end()

    @property
    def requested(self) -> list[int]:
        """Return the accounts for which messages or campaigns were asked, by id."""
        return sorted(self._work.requested)

    def finish(self) -> Tally:
        """Have everything in and counted; nothing may be run afterwards."""
        work, tally = self._work, self._tally
        work.background.settle()
        for realm in work.realms.values():
            realm.close()
            ends = realm.tally.ends()
            tally.created += ends.created
            tally.updated += ends.updated
            tally.unchanged += ends.unchanged
            tally.subscribed += realm.count_subscribed()
            tally.unsubscribed += realm.count_unsubscribed()
            for list_id in realm.touched_lists():
                self._note(realm, list_id)
        return tally

    def _do(self, run: Run) -> None:
        if run.command.kind not in _IN_BACKGROUND:
            self._work.background.settle()
        _STEPS[run.command.kind](self._work, self._work.realm_of(run.command), run)

    def _note(self, realm: Realm, list_id: int) -> None:
        """Note that a list was changed, and by which deposit where that is its account's."""
        work = self._work
        if work.is_own(realm):
            drop_id = work.batch.drop_id
            lists.note_filled(work.connection, realm.account_id, list_id, drop_id=drop_id, now=work.now)
        else:
            lists.touch_list(work.connection, realm.account_id, list_id, now=work.now)
