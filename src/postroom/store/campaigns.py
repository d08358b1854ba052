"""Campaigns: what they are and where they are in their lives. Their messages are made in `launching`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from psycopg.types.json import Json

from postroom.contacts.campaigns import CampaignKind, CampaignState
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Conflict, Missing
from postroom.contacts.templates import Content
from postroom.store.database import Connection
from postroom.store.statements import statements

_SQL = statements("campaigns")

_LARGEST_ID = 2**63 - 1
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Options:
    """What else is asked of a campaign; `format` is None for that of each membership.

    `target_rss` is taken note of and changes nothing: there are no contacts by RSS. `partner` is what
    `contacts.partners.partner_order` reads, for channels of partners.
    """

    segment_id: int | None = None
    seed_list_id: int | None = None
    format: int | None = None
    subject: str | None = None
    notify_email: str | None = None
    target_rss: bool = False
    partner: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what is not as usual, in plain values."""
        usual = Options()
        return {
            name: value for name in self.__slots__ if (value := getattr(self, name)) != getattr(usual, name)
        }


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign; `content` is that of the template until the launch, and a copy from then on.

    `remark` says why it was not launched, where it could not be.
    """

    account_id: int
    campaign_id: int
    name: str
    kind: CampaignKind
    channel: Channel
    list_id: int | None
    template_id: int | None
    content: Content
    options: Options
    is_test: bool
    state: CampaignState
    created_at: datetime
    created_by: str
    scheduled_at: datetime | None
    launched_at: datetime | None
    finished_at: datetime | None
    remark: str | None


@dataclass(frozen=True, slots=True)
class NewCampaign:
    """A campaign to be written down; one that is `running` from the start takes messages at once."""

    name: str
    kind: CampaignKind
    list_id: int | None
    template_id: int | None
    content: Content
    options: Options
    created_by: str
    is_test: bool = False
    running: bool = False


class Linked(Protocol):
    """A link of a content, by its number."""

    @property
    def link_id(self) -> int:
        """Return its number, from 1."""

    @property
    def url(self) -> str:
        """Return where it leads, as the template has it."""

    @property
    def name(self) -> str:
        """Return what reports call it."""

    @property
    def categories(self) -> Sequence[str]:
        """Return what reports sort it under."""


def create_campaign(connection: Connection, account_id: int, new: NewCampaign, *, now: datetime) -> Campaign:
    """Write a campaign down, whether or not another has that name."""
    state = CampaignState.RUNNING if new.running else CampaignState.DRAFT
    parameters = {
        **_new(account_id, new, now),
        "kind": new.kind.value,
        "is_test": new.is_test,
        "state": state.value,
        "launched_at": now if new.running else None,
    }
    row = connection.execute(_SQL["create_campaign"], parameters).fetchone()
    assert row is not None  # an insert with RETURNING always answers
    return _campaign(row)


def sticky_campaign(
    connection: Connection, account_id: int, new: NewCampaign, *, now: datetime
) -> tuple[Campaign, bool]:
    """Return the campaign that `send` feeds under list, name, template, subject; tell if new.

    From now on it has the content given: a template that was mended is mended for all messages to come.
    It is locked until the transaction ends.
    """
    row = connection.execute(_SQL["sticky_campaign"], _new(account_id, new, now)).fetchone()
    assert row is not None  # an upsert that updates always returns
    made = bool(row.pop("made"))
    return _campaign(row), made


def campaign_by_id(connection: Connection, account_id: int, campaign_id: int) -> Campaign:
    """Return a campaign; raise Missing when the account has none of that id."""
    return _one(connection, "campaign_by_id", account_id, campaign_id)


def lock_campaign(connection: Connection, account_id: int, campaign_id: int) -> Campaign:
    """Return a campaign, locked until the transaction ends; raise Missing when it is not there."""
    return _one(connection, "lock_campaign", account_id, campaign_id)


def campaign_named(connection: Connection, account_id: int, name_or_id: str) -> Campaign:
    """Return the campaign of that id or the newest of that name; raise Missing when there is none."""
    if name_or_id.isascii() and name_or_id.isdigit():
        return campaign_by_id(connection, account_id, int(name_or_id))
    parameters = {"account_id": account_id, "name": name_or_id}
    row = connection.execute(_SQL["newest_campaign_named"], parameters).fetchone()
    if row is None:
        raise Missing(f"There is no campaign '{name_or_id}' in this account.", code="NO_CAMPAIGN")
    return _campaign(row)


@dataclass(frozen=True, slots=True)
class Which:
    """Which campaigns of an account: with ids below `before`, of a state; or tests, in place of others."""

    before: int | None = None
    state: CampaignState | None = None
    is_test: bool = False
    limit: int = 100


def campaigns_of_account(connection: Connection, account_id: int, which: Which) -> list[Campaign]:
    """Return campaigns, the newest first."""
    parameters = {
        "account_id": account_id,
        "before": None if which.before is None else min(which.before, _LARGEST_ID),
        "state": which.state.value if which.state else None,
        "is_test": which.is_test,
        "limit": which.limit,
    }
    return [_campaign(row) for row in connection.execute(_SQL["campaigns_of_account"], parameters)]


@dataclass(frozen=True, slots=True)
class Names:
    """What a campaign is made of and for is called now; None for what is gone, or was not asked for."""

    list: str | None = None
    template: str | None = None
    segment: str | None = None
    seed_list: str | None = None


def names_used(connection: Connection, several: Sequence[Campaign]) -> dict[int, Names]:
    """Return, by id, the names that go with some campaigns of one account."""
    if not several:
        return {}
    ids = [each.campaign_id for each in several]
    rows = connection.execute(_SQL["names_used"], {"account_id": several[0].account_id, "campaign_ids": ids})
    return {row.pop("campaign_id"): Names(**row) for row in rows}


def require_unused(
    connection: Connection,
    account_id: int,
    what: str,
    *,
    template_id: int | None = None,
    segment_id: int | None = None,
) -> None:
    """Raise Conflict when campaigns still to be launched use a template or segment, called `what`."""
    parameters = {"account_id": account_id, "template_id": template_id, "segment_id": segment_id}
    rows = connection.execute(_SQL["waiting_users"], parameters).fetchall()
    if rows:
        named = ", ".join(f"'{row['name']}' ({row['campaign_id']})" for row in rows[:_MOST_NAMED])
        more = f" and {len(rows) - _MOST_NAMED} others" if len(rows) > _MOST_NAMED else ""
        said = f"{what} is still used by campaigns that are not launched: {named}{more}. Cancel them before."
        raise Conflict(said, code="IN_USE", details={"campaigns": [row["campaign_id"] for row in rows]})


def count_campaigns(connection: Connection, account_id: int, which: Which) -> int:
    """Return how many campaigns of a state there are, or tests of it."""
    parameters = {
        "account_id": account_id,
        "state": which.state.value if which.state else None,
        "is_test": which.is_test,
    }
    row = connection.execute(_SQL["count_campaigns"], parameters).fetchone()
    assert row is not None  # an aggregate always answers
    return int(row["campaigns"])


def update_campaign(connection: Connection, campaign: Campaign, **changes: Any) -> Campaign:
    """Change a campaign that is locked: its state, content, moments or remark; return it as it is now."""
    changed = replace(campaign, **changes)
    connection.execute(
        _SQL["update_campaign"],
        {
            "account_id": changed.account_id,
            "campaign_id": changed.campaign_id,
            "state": changed.state.value,
            "content": Json(changed.content.as_json()),
            "channel": changed.content.channel.value,
            "scheduled_at": changed.scheduled_at,
            "launched_at": changed.launched_at,
            "finished_at": changed.finished_at,
            "remark": changed.remark,
        },
    )
    return replace(changed, channel=changed.content.channel)


def set_links(connection: Connection, campaign: Campaign, links: Sequence[Linked]) -> None:
    """Write down the tracked links of a campaign's content, in place of those of the same numbers."""
    connection.execute(
        _SQL["set_links"],
        {
            "account_id": campaign.account_id,
            "campaign_id": campaign.campaign_id,
            "link_ids": [each.link_id for each in links],
            "urls": [each.url for each in links],
            "names": [each.name for each in links],
            "categories": [json.dumps(list(each.categories)) for each in links],
        },
    )


def due_campaigns(connection: Connection, moment: datetime) -> list[tuple[int, int, datetime]]:
    """Return account, id and time of all campaigns that were to be launched before `moment`."""
    rows = connection.execute(_SQL["due_campaigns"], {"moment": moment})
    return [(row["account_id"], row["campaign_id"], row["scheduled_at"]) for row in rows]


def quiet_campaigns(connection: Connection) -> list[tuple[int, int]]:
    """Return account and id of the running campaigns of all accounts of which no message is open."""
    rows = connection.execute(_SQL["quiet_campaigns"])
    return [(row["account_id"], row["campaign_id"]) for row in rows]


def cancelled_with_waiting(connection: Connection) -> list[tuple[int, int]]:
    """Return account and id of all cancelled campaigns of which messages wait all the same."""
    rows = connection.execute(_SQL["cancelled_with_waiting"])
    return [(row["account_id"], row["campaign_id"]) for row in rows]


def has_open_messages(connection: Connection, account_id: int, campaign_id: int) -> bool:
    """Tell whether some message of a campaign waits, is being handed over, or is in doubt."""
    parameters = {"account_id": account_id, "campaign_id": campaign_id}
    row = connection.execute(_SQL["has_open"], parameters).fetchone()
    return bool(row and row["found"])


def _one(connection: Connection, statement: str, account_id: int, campaign_id: int) -> Campaign:
    parameters = {"account_id": account_id, "campaign_id": min(campaign_id, _LARGEST_ID)}
    row = connection.execute(_SQL[statement], parameters).fetchone()
    if row is None:
        raise Missing(f"There is no campaign {campaign_id} in this account.", code="NO_CAMPAIGN")
    return _campaign(row)


def _new(account_id: int, new: NewCampaign, now: datetime) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "name": new.name,
        "channel": new.content.channel.value,
        "list_id": new.list_id,
        "template_id": new.template_id,
        "content": Json(new.content.as_json()),
        "options": Json(new.options.as_json()),
        "created_by": new.created_by,
        "now": now,
    }


def _campaign(row: Mapping[str, Any]) -> Campaign:
    typed = {
        "kind": CampaignKind(row["kind"]),
        "channel": Channel(row["channel"]),
        "state": CampaignState(row["state"]),
        "content": Content.from_json(row["content"]),
        "options": Options(**row["options"]),
    }
    return Campaign(**{**row, **typed})
