"""Calls about campaigns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from postroom.client.calling import Call, Line
from postroom.client.records import known, moment


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignCounts:
    """What became of a campaign; each message counts once."""

    targeted: int
    sent: int
    waiting: int
    waiting_for: str | None
    in_doubt: int
    not_sent: Mapping[str, int]
    refused: int
    delivered: int
    hard_bounced: int
    soft_bounced: int
    opened: int
    opened_by_machines: int
    clicked: int
    clicked_by_machines: int
    unsubscribed: int
    complained: int
    ready: int
    downloaded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign; `counts` are there when it was read by itself."""

    id: int
    name: str
    kind: str
    channel: str
    list_id: int | None
    template_id: int | None
    segment_id: int | None
    seed_list_id: int | None
    format: int | None
    subject: str | None
    notify_email: str | None
    partner: Mapping[str, Any] | None
    is_test: bool
    state: str
    remark: str | None
    created_at: datetime
    created_by: str
    scheduled_at: datetime | None
    launched_at: datetime | None
    finished_at: datetime | None
    counts: CampaignCounts | None
    etag: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignMessage:
    """Somebody a campaign was for; `id` is None where no message was made, and `reason` says why."""

    id: str | None
    contact_id: int
    address: str | None
    state: str
    reason: str | None
    due_at: datetime | None
    sent_at: datetime | None
    provider: str | None
    answer: str | None


class Campaigns:
    """The campaigns of the account."""

    def __init__(self, line: Line) -> None:
        """Call over `line`."""
        self._line = line

    def all(self, *, state: str | None = None, tests: bool = False) -> Iterator[Campaign]:
        """Yield campaigns, the newest first, read page by page: all, those of a state, or tests instead."""
        asked = {"state": state, "tests": "true" if tests else None}
        for said in self._line.items("/v1/campaigns", asked):
            yield _campaign(said)

    def get(self, campaign_id: int) -> Campaign:
        """Return a campaign with its counts; raise NotFound when there is none."""
        return self._one(Call(method="GET", path=f"/v1/campaigns/{campaign_id}"))

    def messages(
        self,
        campaign_id: int,
        *,
        state: str | None = None,
        reason: str | None = None,
        address: str | None = None,
    ) -> Iterator[CampaignMessage]:
        """Yield whom a campaign was for and what became of each message, read page by page."""
        asked = {"state": state, "reason": reason, "address": address}
        for said in self._line.items(f"/v1/campaigns/{campaign_id}/messages", asked):
            moments = {name: moment(said[name]) if said[name] else None for name in ("due_at", "sent_at")}
            yield CampaignMessage(**{**known(CampaignMessage, said), **moments})

    def create(
        self, name: str, list_id: int, template_id: int, *, key: str | None = None, **options: Any
    ) -> Campaign:
        """Make a draft: a template for the people on a list.

        `options` are `segment_id`, `seed_list_id`, `format` (1, 2, 99), `subject`, `notify_email`, `partner`.
        """
        body = {"name": name, "list_id": list_id, "template_id": template_id, **options}
        return self._one(Call(method="POST", path="/v1/campaigns", body=body, key=key))

    def launch(
        self, campaign_id: int, *, at: datetime | str | None = None, key: str | None = None
    ) -> Campaign:
        """Launch a draft at once, or at a time: a text without an offset is in the account's time zone."""
        when = at.isoformat() if isinstance(at, datetime) else at
        return self._act(campaign_id, "launch", {} if when is None else {"at": when}, key)

    def pause(self, campaign_id: int, *, key: str | None = None) -> Campaign:
        """Let nothing more of it go out."""
        return self._act(campaign_id, "pause", None, key)

    def resume(self, campaign_id: int, *, key: str | None = None) -> Campaign:
        """Let a paused one go on."""
        return self._act(campaign_id, "resume", None, key)

    def cancel(self, campaign_id: int, *, key: str | None = None) -> Campaign:
        """End it."""
        return self._act(campaign_id, "cancel", None, key)

    def test(
        self,
        campaign_id: int,
        *,
        contact_ids: Sequence[int] = (),
        addresses: Sequence[str] = (),
        key: str | None = None,
    ) -> Campaign:
        """Send it to some contacts of the account; return the test, a campaign of its own."""
        body = {"contact_ids": list(contact_ids), "addresses": list(addresses)}
        return self._act(campaign_id, "test", body, key)

    def _act(self, campaign_id: int, act: str, body: dict[str, Any] | None, key: str | None) -> Campaign:
        path = f"/v1/campaigns/{campaign_id}/{act}"
        return self._one(Call(method="POST", path=path, body=body, key=key))

    def _one(self, call: Call) -> Campaign:
        answer = self._line.answer(call)
        return _campaign(answer.json(), answer.headers.get("ETag"))


def _campaign(said: Mapping[str, Any], etag: str | None = None) -> Campaign:
    told = ("created_at", "scheduled_at", "launched_at", "finished_at")
    moments = {name: moment(said[name]) if said[name] else None for name in told}
    counts = CampaignCounts(**known(CampaignCounts, said["counts"])) if said["counts"] else None
    return Campaign(**{**known(Campaign, said), **moments, "counts": counts, "etag": etag})
