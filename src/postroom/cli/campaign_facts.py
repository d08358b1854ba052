"""What is shown of a campaign, to programs and to people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from postroom.contacts.campaigns import CampaignState
from postroom.contacts.channels import Channel
from postroom.store.campaign_counts import Counts, Reached
from postroom.store.campaigns import Campaign, Names

_FORMATS: Final[Mapping[int | None, str]] = {
    None: "as each subscription says, else text and HTML",
    1: "text",
    2: "HTML",
    99: "text and HTML",
}
_NO_COUNT: Final = ("not_sent", "refused", "waiting", "waiting_for", "in_doubt", "ready", "downloaded")
"""Counts that are not shown where they are nothing."""

_PATIENCE: Final = timedelta(minutes=10)


_USED: Final = ("list", "template", "segment", "seed_list")
"""What a campaign is for and made of: each has a name, and an id under `…_id`."""


def plain_campaign(campaign: Campaign, names: Names) -> dict[str, Any]:
    """Return a campaign for programs; of what may be asked for, what was, but `format` and names always."""
    return {
        "id": campaign.campaign_id,
        "name": campaign.name,
        "kind": campaign.kind.value,
        "channel": campaign.channel.value,
        "state": campaign.state.value,
        "remark": campaign.remark,
        "list_id": campaign.list_id,
        "template_id": campaign.template_id,
        "format": None,
        **campaign.options.as_json(),
        **asdict(names),
        "is_test": campaign.is_test,
        "created_at": campaign.created_at,
        "created_by": campaign.created_by,
        "scheduled_at": campaign.scheduled_at,
        "launched_at": campaign.launched_at,
        "finished_at": campaign.finished_at,
    }


def campaign_facts(campaign: Campaign, names: Names) -> dict[str, Any]:
    """Return a campaign for people."""
    plain = plain_campaign(campaign, names)
    ids = {each: plain.pop(f"{each}_id", None) for each in _USED}
    used = {each: _named(plain[each], id_) for each, id_ in ids.items()}
    by_mail = campaign.channel is Channel.EMAIL
    return {**plain, **used, "format": _FORMATS[campaign.options.format] if by_mail else None}


def campaign_row(campaign: Campaign, names: Names, reached: Reached) -> dict[str, Any]:
    """Return a campaign of several for programs, with how far it has come."""
    return {**plain_campaign(campaign, names), **asdict(reached)}


def count_facts(counts: Counts, details: Mapping[str, Mapping[str, int]]) -> dict[str, object]:
    """Return what became of a campaign for people; `details` are what was told beside each reason."""
    plain = asdict(counts)
    facts = {name.replace("_", " "): value for name, value in plain.items() if name not in _NO_COUNT or value}
    reasons = [
        f"{reason} {people}{_in_brackets(details.get(reason, ()))}"
        for reason, people in counts.not_sent.items()
    ]
    return {**facts, "not sent": reasons or None}


def _named(name: str | None, id_: int | None) -> str | None:
    if id_ is None:
        return None
    return f"{name} ({id_})" if name is not None else f"{id_}, which is gone"


def _in_brackets(details: Iterable[str]) -> str:
    said = "; ".join(details)
    return f" ({said})" if said else ""


def stuck(campaign: Campaign, counts: Counts, now: datetime) -> str | None:
    """Say that nothing of a running campaign goes out, once that is no matter of minutes; else None."""
    since = campaign.launched_at
    going = campaign.state is not CampaignState.RUNNING or counts.sent or not counts.waiting
    if going or since is None or now - since < _PATIENCE:
        return None
    minutes = int((now - since).total_seconds() // 60)
    return (
        f"Nothing of it has gone out for {minutes} minutes: is a relay or provider for "
        f"{campaign.channel.value} set, does it answer, and does `postroom serve` run?"
    )
