"""What else an opt-in lifts: the list that an address came on by a complaint or a hard bounce."""

from __future__ import annotations

import polars as pl

from postroom.contacts.channels import Channel
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.suppressions import SuppressionReason
from postroom.ingest.literals import array
from postroom.store.database import Connection
from postroom.store.optouts import Act
from postroom.store.suppressions import end_suppressions


def reinstate(connection: Connection, act: Act, lifted: pl.DataFrame) -> None:
    """End what keeps addresses (address, reason) off for the reason for which they were opted out until now.

    Whoever tends the lists tells of it: no event may be recorded in the middle of a transaction.
    """
    if act.scope != Medium.EMAIL.value:
        return
    blamed = lifted.filter(pl.col("reason") >= OptOutReason.HARD_BOUNCE.value)
    if blamed.is_empty():
        return
    reason = SuppressionReason.IMPORT if act.source == "file" else SuppressionReason.MANUAL
    end_suppressions(
        connection,
        act.account_id,
        Channel.EMAIL,
        reason,
        addresses=array(blamed["address"].sort()),
        now=act.acted_at,
    )
