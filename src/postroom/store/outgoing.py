"""Messages on their way out: claiming what is due, and writing down what became of it.

Whoever takes messages holds their rows locked until the commit, and passes those by that another holds; so
several processes share the work and none hands over what another does. After the commit `claim` says whose
they are; a claim shows signs of life in a row of its own, so that the messages need not be touched for it.

Arrays of ids come through a subselect: a table without statistics would otherwise be read as a whole for each
batch, as the planner takes it for small (a third of a second with 300,000 messages).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import sql

from postroom.contacts.campaigns import MessageState, NotSentReason, SuppressionKind, not_sent_for
from postroom.contacts.channels import Channel
from postroom.contacts.optouts import OptOutReason
from postroom.store.database import Connection
from postroom.store.levels import scopes_of_lists
from postroom.store.statements import statements

_SQL = statements("outgoing")


@dataclass(frozen=True, slots=True)
class Due:
    """A message whose row is locked; `attempts` are those before this one, `paced` that it has its place."""

    message_id: int
    campaign_id: int
    contact_id: int
    address: str
    format: int | None
    own: Mapping[str, Any] | None
    due_at: datetime
    attempts: int
    tried_at: datetime | None
    paced: bool
    list_id: int | None
    is_test: bool

    @property
    def domain(self) -> str:
        """Return the domain of the address, "" of a number."""
        return self.address.rpartition("@")[2].lower() if "@" in self.address else ""


@dataclass(frozen=True, slots=True)
class End:
    """What became of a claimed message; `attempts` is the token of its claim, this one counted.

    `due_at` is when one that waits is tried again.
    """

    message_id: int
    attempts: int
    state: MessageState
    due_at: datetime | None = None
    sent_at: datetime | None = None
    provider: str | None = None
    provider_id: str | None = None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class CampaignContent:
    """The content of a campaign, as text that differs when it does."""

    campaign_id: int
    name: str
    content: str


def take_due(
    connection: Connection, account_id: int, channel: Channel, *, limit: int, now: datetime
) -> list[Due]:
    """Lock up to `limit` messages of running campaigns that are due, and return them.

    Those that others hold locked are passed by.
    """
    parameters = {"account_id": account_id, "channel": channel.value, "limit": limit, "now": now}
    return [Due(**row) for row in connection.execute(_SQL["take_due"], parameters)]


def claim(
    connection: Connection,
    account_id: int,
    channel: Channel,
    claim: UUID,
    message_ids: Sequence[int],
    *,
    now: datetime,
) -> None:
    """Claim messages whose rows the caller has locked; theirs is one attempt more from now on."""
    parameters = {"account_id": account_id, "channel": channel.value, "claim": claim, "now": now}
    connection.execute(_SQL["begin_claim"], parameters)
    connection.execute(_SQL["claim_messages"], {**parameters, "message_ids": list(message_ids)})


def beat(connection: Connection, account_id: int, claim: UUID, *, now: datetime) -> None:
    """Show that whoever has a claim lives."""
    connection.execute(_SQL["beat_claim"], {"account_id": account_id, "claim": claim, "now": now})


def end_claim(connection: Connection, account_id: int, claim: UUID) -> None:
    """Forget a claim under which nothing is handed over any more."""
    connection.execute(_SQL["end_claim"], {"account_id": account_id, "claim": claim})


def hand_over(
    connection: Connection, account_id: int, claim: UUID, following: Sequence[Due], *, now: datetime
) -> set[int] | None:
    """Note which of these messages of a claim may leave from the commit on, and return them.

    Those whose campaign was paused or cancelled meanwhile may not: they wait. Return None when the claim was
    taken for that of a dead process: its messages are somebody else's by now.
    """
    ids = [each.message_id for each in following]
    parameters = {"account_id": account_id, "claim": claim, "now": now}
    campaign_ids = sorted({each.campaign_id for each in following})
    asked = {**parameters, "message_ids": ids, "campaign_ids": campaign_ids}
    stopped = {row["message_id"] for row in connection.execute(_SQL["release_stopped"], asked)}
    going = [each for each in ids if each not in stopped]
    noted = connection.execute(_SQL["hand_over"], {**parameters, "message_ids": going}).fetchone()
    return set(going) if noted is not None else None


def bury_dead_claims(connection: Connection, account_id: int, *, silent_since: datetime) -> list[int]:
    """Put into doubt what claims without a sign of life were handing over, and release what else they had.

    Return the messages in doubt.
    """
    doubted: list[int] = []
    parameters = {"account_id": account_id, "moment": silent_since}
    for row in connection.execute(_SQL["dead_claims"], parameters).fetchall():
        named = {"account_id": account_id, "claim": row["claim"]}
        answer = "whoever was handing it over died"
        handed = {**named, "message_ids": row["handing"], "answer": answer}
        doubted += [each["message_id"] for each in connection.execute(_SQL["doubt_handed"], handed)]
        connection.execute(_SQL["release_claimed"], named)
        end_claim(connection, account_id, row["claim"])
    return doubted


def kept_out(
    connection: Connection, account_id: int, channel: Channel, messages: Collection[Due], *, now: datetime
) -> dict[int, NotSentReason]:
    """Return which messages must not go, and why: opted out by now, in quarantine, on the blacklist."""
    list_ids = {each.list_id for each in messages if each.list_id is not None}
    scopes = scopes_of_lists(connection, account_id, list_ids)
    rows = connection.execute(
        _SQL["kept_out"],
        {
            "account_id": account_id,
            "channel": channel.value,
            "medium": channel.medium.value,
            "message_ids": [each.message_id for each in messages],
            "addresses": [each.address for each in messages],
            "scopes": [None if each.list_id is None else scopes[each.list_id] for each in messages],
            "now": now,
        },
    )
    reasons = {row["message_id"]: _reason(row) for row in rows}
    return {message_id: reason for message_id, reason in reasons.items() if reason is not None}


def fail_waiting(connection: Connection, account_id: int, message_ids: Sequence[int], *, answer: str) -> None:
    """End messages that nobody has claimed, and whose rows the caller has locked."""
    parameters = {"account_id": account_id, "message_ids": list(message_ids), "answer": answer}
    connection.execute(_SQL["fail_waiting"], parameters)


def put_off(connection: Connection, account_id: int, places: Mapping[int, datetime]) -> None:
    """Give messages whose rows the caller has locked their places in the pace of their domains."""
    parameters = {"account_id": account_id, "message_ids": list(places), "due": list(places.values())}
    connection.execute(_SQL["put_off"], parameters)


def record_ends(connection: Connection, account_id: int, ends: Sequence[End]) -> set[int]:
    """Write down what became of claimed messages; return those for which that was true.

    One that was thought to be in doubt is so no more; one that was claimed anew or settled is left alone.
    """
    rows = connection.execute(
        _SQL["record_ends"],
        {
            "account_id": account_id,
            "message_ids": [each.message_id for each in ends],
            "attempts": [each.attempts for each in ends],
            "states": [each.state.value for each in ends],
            "due": [each.due_at for each in ends],
            "sent": [each.sent_at for each in ends],
            "providers": [each.provider for each in ends],
            "provider_ids": [each.provider_id for each in ends],
            "answers": [each.answer for each in ends],
        },
    )
    return {row["message_id"] for row in rows}


def give_back(
    connection: Connection,
    account_id: int,
    claim: UUID,
    message_ids: Sequence[int],
    *,
    due_at: datetime,
    answer: str,
) -> None:
    """Let messages that nobody could be given wait, without counting an attempt."""
    connection.execute(
        _SQL["give_back"],
        {
            "account_id": account_id,
            "claim": claim,
            "message_ids": list(message_ids),
            "due_at": due_at,
            "answer": answer,
        },
    )


def next_due(connection: Connection, account_id: int) -> dict[Channel, datetime]:
    """Return when the next message of a running campaign is due, for each channel that has one waiting."""
    rows = connection.execute(_SQL["next_due"], {"account_id": account_id})
    return {Channel(row["channel"]): row["due_at"] for row in rows}


def campaign_contents(
    connection: Connection, account_id: int, campaign_ids: Collection[int]
) -> list[CampaignContent]:
    """Return what messages of these campaigns are made of."""
    parameters = {"account_id": account_id, "campaign_ids": sorted(campaign_ids)}
    return [CampaignContent(**row) for row in connection.execute(_SQL["campaign_contents"], parameters)]


def contact_fields(
    connection: Connection, account_id: int, contact_ids: Collection[int], columns: Sequence[str]
) -> dict[int, dict[str, Any]]:
    """Return these columns of contacts, by their ids; who is gone by now is not among them."""
    named = [sql.Identifier(column) for column in dict.fromkeys(("contact_id", *columns))]
    query = sql.SQL(_SQL["contacts_for_messages"]).format(columns=sql.SQL(", ").join(named))
    parameters = {"account_id": account_id, "contact_ids": sorted(contact_ids)}
    return {row["contact_id"]: row for row in connection.execute(query, parameters)}


_OPTED_OUT: Final[Mapping[OptOutReason, NotSentReason]] = {
    OptOutReason.SPAM: NotSentReason.BLACKLISTED,
    OptOutReason.HARD_BOUNCE: NotSentReason.QUARANTINE_LONG_TERM,
}


def _reason(row: Mapping[str, Any]) -> NotSentReason | None:
    if row["suppression"] is not None:
        return not_sent_for(SuppressionKind(row["suppression"]))
    if row["optout"] is not None:
        return _OPTED_OUT.get(OptOutReason(row["optout"]), NotSentReason.NOT_SUBSCRIBED)
    return NotSentReason.NOT_SUBSCRIBED if row["universal"] else None
