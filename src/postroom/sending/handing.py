"""Handing a claimed batch over, some messages at a time, and writing down what became of each.

Which messages may leave next is committed together with what became of those before. So when a process dies,
no more than some are in doubt, and all others of its claim are known not to have left. And when a campaign is
paused or cancelled, no more than these still go out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from postroom.contacts.channels import Channel
from postroom.contacts.errors import Unavailable
from postroom.sending.carrying import Carrier, Fate, Handover, Letter
from postroom.sending.claiming import Batch, beating
from postroom.sending.composing import Composed, Composer, Unsent
from postroom.sending.mailroom import Mailroom
from postroom.sending.recording import PATIENCE, Ended, Outcome, record
from postroom.store import outgoing

_LOG = logging.getLogger("postroom.sending")
_T = TypeVar("_T")

REST: Final = timedelta(seconds=30)
"""For how long messages wait at least that nobody was there to take."""

_RECORDING: Final = (1.0, 3.0, 10.0, 30.0)
"""Seconds between attempts to write down what was handed over, when the database is away."""


def hand_over(
    mailroom: Mailroom, account_id: int, channel: Channel, carrier: Carrier, batch: Batch
) -> datetime | None:
    """Hand a batch over and record it; return until when to rest, where nobody was there to take it."""
    with beating(mailroom, account_id, batch.claim):
        try:
            composed, unsent = _compose(mailroom, account_id, channel, batch)
        except Exception:
            # Nothing has left: they can wait without a doubt.
            _give_back(mailroom, account_id, batch, [each.message_id for each in batch.messages], "not made")
            raise
        mailroom.between_steps("composed")
        return _hand_over(mailroom, account_id, channel, carrier, batch, composed, Ended(unsent=unsent))


def _hand_over(  # it is the second half of a whole
    mailroom: Mailroom,
    account_id: int,
    channel: Channel,
    carrier: Carrier,
    batch: Batch,
    composed: Sequence[Composed],
    ended: Ended,
) -> datetime | None:
    step = mailroom.at_once
    for start in range(0, len(composed), step):
        some, rest = composed[start : start + step], composed[start + step :]
        next_ones = [each.due for each in some]
        leaving = _persistently(record, mailroom, account_id, channel, batch.claim, ended, next_ones)
        if leaving is None:
            _LOG.warning("messages of account %s were taken over: we were thought to be dead", account_id)
            return None
        mailroom.between_steps("handing over")
        told = _carry(carrier, [each for each in some if each.due.message_id in leaving])
        mailroom.between_steps("handed over")
        untried = [each for each in told if _is_untried(each, mailroom.clock())]
        ended = Ended([each for each in told if each not in untried])
        if untried:
            left = [each.composed.due.message_id for each in untried] + [each.due.message_id for each in rest]
            pause = _pause(mailroom, untried)
            _persistently(
                _give_back, mailroom, account_id, batch, left, untried[0].handover.answer, due_at=pause
            )
            _persistently(record, mailroom, account_id, channel, batch.claim, ended)
            return pause
    _persistently(record, mailroom, account_id, channel, batch.claim, ended)
    return None


def _compose(
    mailroom: Mailroom, account_id: int, channel: Channel, batch: Batch
) -> tuple[list[Composed], list[Unsent]]:
    composer = Composer(mailroom, account_id, channel, batch.messages)
    made = [composer.compose(message) for message in batch.messages]
    composed = [each for each in made if isinstance(each, Composed)]
    return composed, [each for each in made if isinstance(each, Unsent)]


def _carry(carrier: Carrier, composed: Sequence[Composed]) -> list[Outcome]:
    """Hand letters over; what a carrier does not tell of may have left."""
    by_id = {each.letter.message_id: each for each in composed}
    told: dict[int, Outcome] = {}

    def tell(letter: Letter, handover: Handover) -> None:
        told[letter.message_id] = Outcome(by_id[letter.message_id], handover)

    try:
        carrier.carry([each.letter for each in composed], tell)
    except Exception:  # noqa: BLE001  # what it has told of so far must be written down
        _LOG.exception("a carrier failed by a bug; what it did not tell of is in doubt")
    silent = Handover(Fate.IN_DOUBT, answer="nobody told what became of it")
    return [told.get(message_id, Outcome(each, silent)) for message_id, each in by_id.items()]


def _is_untried(outcome: Outcome, now: datetime) -> bool:
    """Tell whether no relay or provider was there at all, and there is still time to wait for one."""
    handover = outcome.handover
    if handover.fate is not Fate.LATER or handover.provider:
        return False
    return now < (outcome.composed.due.tried_at or now) + PATIENCE


def _pause(mailroom: Mailroom, untried: Sequence[Outcome]) -> datetime:
    waits = [each.handover.wait for each in untried if each.handover.wait is not None]
    return mailroom.clock() + max([*waits, REST])


def _give_back(
    mailroom: Mailroom,
    account_id: int,
    batch: Batch,
    message_ids: Sequence[int],
    answer: str,
    *,
    due_at: datetime | None = None,
) -> None:
    with mailroom.database.transaction() as connection:
        at = due_at or mailroom.clock() + REST
        outgoing.give_back(connection, account_id, batch.claim, message_ids, due_at=at, answer=answer)
        if due_at is None:
            outgoing.end_claim(connection, account_id, batch.claim)


def _persistently(write: Callable[..., _T], *arguments: object, **named: object) -> _T:
    """Write down what has happened outside, for as long as a short absence of the database lasts."""
    for pause in _RECORDING:
        try:
            return write(*arguments, **named)
        except Unavailable:
            _LOG.warning("the database is away; what was handed over is written down in %s s", pause)
            time.sleep(pause)
    return write(*arguments, **named)
