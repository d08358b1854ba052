"""`drop_subscriptions`: lists emptied before the first command (specs, command batches 7.18 and 7.19)."""

from __future__ import annotations

from postroom.contacts.verdicts import Verdict
from postroom.ingest.commands.work import Work
from postroom.store import commanding, lists

_MOST_DIGITS = 18


def drop_subscriptions(work: Work) -> None:
    """Empty the lists that the header names; ids that are none of the realm's are told. Opt-outs stay."""
    batch = work.batch
    realm = work.realm(batch.account_id, batch.settings)
    for text in dict.fromkeys(batch.header.drop_subscriptions):
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
        if not lists.standing_lists(work.connection, realm.account_id, [number]):
            work.telling.tell_of_header(Verdict.FOREIGN_LIST, f"drop_subscriptions={text}")
            continue
        work.tally.dropped += commanding.empty_list(work.connection, realm.account_id, number)
        realm.touched(number)
