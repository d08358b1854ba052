"""Relational commands: handed on to what keeps relational tables (specs, command batches 4)."""

from __future__ import annotations

from postroom.contacts.commands import Run
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.work import Work
from postroom.ingest.relational.applying import RelationalApplier


def relate(work: Work, realm: Realm, run: Run) -> None:
    """Save, delete or import the rows of a run; contacts must all be in by then."""
    if realm.has_waiting:
        work.background.settle()
        realm.settle()
    applier = work.relational.get(realm.account_id)
    if applier is None:
        applier = RelationalApplier(
            work.connection,
            realm.account_id,
            realm.settings,
            work.batch.header,
            now=work.now,
            on_finding=work.telling.relay,
            tally=work.tally,
            background=work.background,
        )
        applier.begin()
        work.relational[realm.account_id] = applier
    applier.run(run)
