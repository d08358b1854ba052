"""`customfieldcreate` and `customfielddelete`: fields of an account's own making (command batches 2.2)."""

from __future__ import annotations

from postroom.contacts.commands import Run
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands import asking
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.telling import CommandRefused
from postroom.ingest.commands.work import Work


def create_field(work: Work, realm: Realm, run: Run) -> None:
    """Make a field; a name that the account has fails, and so does every repetition of the command."""
    name, kind = asking.required(run.command, "fieldname"), asking.required(run.command, "fieldtype")
    if not (kind.isascii() and kind.isdigit() and len(kind) <= 3):
        raise CommandRefused(Verdict.BAD_FIELD_TYPE, kind)
    description = run.command.argument("description") or ""
    realm.settle()  # what waits may be for the place that a new field empties
    for row in range(len(run)):
        verdict = realm.custom.create(name, int(kind), description)
        if verdict is not None:
            work.telling.fail(row, verdict, kind if verdict is Verdict.BAD_FIELD_TYPE else name)


def delete_field(work: Work, realm: Realm, run: Run) -> None:
    """Delete a field; one that is not there fails."""
    name = asking.required(run.command, "fieldname")
    realm.settle()
    for row in range(len(run)):
        verdict = realm.custom.delete(name)
        if verdict is not None:
            work.telling.fail(row, verdict, name)
