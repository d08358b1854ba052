"""Opting out whose mail came back for good, in one go for many messages, each with an act of its own."""

from __future__ import annotations

from collections.abc import Mapping

from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.ingest import counting
from postroom.ingest.consents import ConsentMerger, address_lot
from postroom.store.accounts import lock_account
from postroom.store.database import Connection
from postroom.store.optouts import Act


def opt_out_returned(
    connection: Connection,
    account_id: int,
    medium: Medium,
    acts: Mapping[str, Act],
    reason: OptOutReason,
) -> int:
    """Opt normalised addresses out, each by its act; return how many that changed. Commits nothing itself.

    The counters are kept by one look at the contacts, however many addresses there are.
    """
    if not acts:
        return 0
    lock_account(connection, account_id)
    changed = 0
    with counting.recounting_addresses(connection, account_id, medium, list(acts)):
        for address, act in acts.items():
            merger = ConsentMerger(connection, act)
            merger.opt_out(address_lot([address]), reason)
            changed += merger.finish().opted_out
    return changed
