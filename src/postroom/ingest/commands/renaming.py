"""`change`: contacts that get another address; an extension of ours (specs, command batches 2.2)."""

from __future__ import annotations

from uuid import UUID

import polars as pl

from postroom.contacts.addresses import email
from postroom.contacts.cells import clean
from postroom.contacts.commands import Run
from postroom.contacts.criteria import Criterion, dedup_key
from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands.naming import candidates, holders_of
from postroom.ingest.commands.realms import Realm
from postroom.ingest.commands.telling import CommandRefused
from postroom.ingest.commands.work import Work
from postroom.ingest.tallying import CHANGED
from postroom.store import commanding


def change(work: Work, realm: Realm, run: Run) -> None:
    """Give contacts their new addresses, one after another: each may take what another has left."""
    olds, news = _values(run, "email"), _values(run, "email_new")
    for row, (old, new) in enumerate(zip(olds, news, strict=True)):
        if not old or not new:
            work.telling.fail(row, Verdict.MISSING_EMAIL)
            continue
        address, becomes = email(old), email(new)
        if address is None or becomes is None:
            work.telling.fail(row, Verdict.INVALID_EMAIL, old if address is None else new)
            continue
        verdict = _change(work, realm, address, becomes)
        if verdict:
            work.telling.fail(row, verdict, becomes if verdict is Verdict.ADDRESS_TAKEN else address)


def _values(run: Run, name: str) -> list[str | None]:
    """Return the value of a field of each record, or that of the argument of this name."""
    fields = [field.lower() for field in run.command.fields]
    if name in fields:
        place = fields.index(name)
        return [clean(values[place].removeprefix("*")) for values in run.rows]
    argument = run.command.argument(name)
    if argument is None:
        raise CommandRefused(Verdict.MISSING_FIELD, name)
    return [clean(argument.removeprefix("*"))] * len(run)


def _change(work: Work, realm: Realm, address: str, becomes: str) -> Verdict | None:
    found = _holders(work, realm, address)
    if len(found) != 1:
        return Verdict.SEVERAL_CONTACTS if found else Verdict.NO_SUCH_CONTACT
    if address == becomes:
        return None
    by_address = realm.settings.criterion is Criterion.EMAIL
    if by_address and _holders(work, realm, becomes):
        return Verdict.ADDRESS_TAKEN
    key = dedup_key(Criterion.EMAIL, {"email": becomes}) if by_address else None
    commanding.rename_contact(work.connection, realm.account_id, found[0], email=becomes, dedup_key=key)
    realm.changed(found)
    realm.tally.add(pl.Series(found, dtype=pl.Int64), CHANGED)
    return None


def _holders(work: Work, realm: Realm, address: str) -> list[int]:
    realm.settle()
    if realm.settings.criterion is not Criterion.EMAIL:
        return holders_of(work.connection, realm, pl.Series([address]))["contact_id"].to_list()
    key = dedup_key(Criterion.EMAIL, {"email": address})
    frame = pl.DataFrame({"row": [0], "dedup_key": [_hex(key)], "email": [address]})
    return candidates(work.connection, realm, frame).pairs["contact_id"].to_list()


def _hex(key: UUID | None) -> str | None:
    return key.hex if key else None
