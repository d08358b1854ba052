"""The client's calls about campaigns and segments: what is asked, and what answers become."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from postroom.client import Campaign, CampaignCounts, Client, NotFound
from tests.unit.client.server import Server, client_of, good

CAMPAIGN: dict[str, Any] = {
    "id": 5,
    "name": "Spring",
    "kind": "ONE_SHOT",
    "channel": "EMAIL",
    "list_id": 7,
    "template_id": 2,
    "segment_id": None,
    "seed_list_id": None,
    "format": None,
    "subject": None,
    "notify_email": None,
    "partner": None,
    "is_test": False,
    "state": "draft",
    "remark": None,
    "created_at": "2026-03-04T12:00:00Z",
    "created_by": "client:abc",
    "scheduled_at": None,
    "launched_at": None,
    "finished_at": None,
    "counts": None,
}
COUNTS: dict[str, Any] = {
    "targeted": 10,
    "sent": 8,
    "waiting": 0,
    "waiting_for": None,
    "in_doubt": 0,
    "not_sent": {"NOT_SUBSCRIBED": 2},
    "refused": 0,
    "delivered": 7,
    "hard_bounced": 1,
    "soft_bounced": 0,
    "opened": 4,
    "opened_by_machines": 3,
    "clicked": 2,
    "clicked_by_machines": 1,
    "unsubscribed": 1,
    "complained": 0,
    "ready": 0,
    "downloaded": 0,
}
SEGMENT: dict[str, Any] = {
    "id": 3,
    "name": "Parisians",
    "filter": "city = Paris",
    "created_at": "2026-03-04T12:00:00Z",
    "updated_at": "2026-03-05T12:00:00Z",
}
PROBLEM = {"title": "Not Found", "status": 404, "detail": "There is no campaign 9.", "code": "NO_CAMPAIGN"}


def page(items: list[Any], cursor: str | None = None) -> dict[str, Any]:
    return {"items": items, "next": cursor, "total": None}


def test_a_campaign_is_typed_with_its_counts() -> None:
    said = CAMPAIGN | {
        "state": "running",
        "scheduled_at": "2026-03-05T09:00:00Z",
        "launched_at": "2026-03-05T09:00:01Z",
        "counts": COUNTS,
    }

    found = client_of(Server([good(said, ETag='"abc"')])).campaigns.get(5)

    assert (found.id, found.name, found.state, found.etag) == (5, "Spring", "running", '"abc"')
    assert found.scheduled_at == datetime(2026, 3, 5, 9, tzinfo=UTC)
    assert found.launched_at == datetime(2026, 3, 5, 9, 0, 1, tzinfo=UTC)
    assert found.finished_at is None
    assert found.counts == CampaignCounts(**COUNTS)


def test_who_got_it_is_read_page_by_page() -> None:
    sent = {
        "id": "3-12",
        "contact_id": 7,
        "address": "bob@example.org",
        "state": "sent",
        "reason": None,
        "due_at": None,
        "sent_at": "2026-03-05T09:00:01Z",
        "provider": "relay:25",
        "answer": "250 OK",
    }
    left_out = {**dict.fromkeys(sent), "contact_id": 8, "state": "no_message", "reason": "NOT_SUBSCRIBED"}
    server = Server([good(page([sent], "more")), good(page([left_out]))])

    first, second = client_of(server).campaigns.messages(5, reason="NOT_SUBSCRIBED")

    assert (first.id, first.sent_at) == ("3-12", datetime(2026, 3, 5, 9, 0, 1, tzinfo=UTC))
    assert (second.id, second.reason, second.sent_at) == (None, "NOT_SUBSCRIBED", None)
    assert server.asked[0].url.path == "/v1/campaigns/5/messages"
    assert dict(server.asked[1].url.params) == {"reason": "NOT_SUBSCRIBED", "cursor": "more"}


def test_what_a_newer_server_says_besides_is_left_out() -> None:
    said = CAMPAIGN | {"colour": "red", "counts": COUNTS | {"forwarded": 3}}

    found = client_of(Server([good(said)])).campaigns.get(5)

    assert found.counts == CampaignCounts(**COUNTS)


def test_a_campaign_is_made_with_what_is_given_and_nothing_else() -> None:
    server = Server([good(CAMPAIGN, 201)])
    client = client_of(server)

    client.campaigns.create("Spring", 7, 2)
    client.campaigns.create("Spring", 7, 2, segment_id=3, format=99, subject="Now", key="one")

    assert server.asked[0].url.path == "/v1/campaigns"
    assert server.bodies() == [
        {"name": "Spring", "list_id": 7, "template_id": 2},
        {
            "name": "Spring",
            "list_id": 7,
            "template_id": 2,
            "segment_id": 3,
            "format": 99,
            "subject": "Now",
        },
    ]
    assert server.headers("idempotency-key")[1] == "one"
    assert server.headers("idempotency-key")[0] not in {None, "one"}


@pytest.mark.parametrize(
    ("at", "body"),
    [
        (None, {}),
        ("2026-12-01T09:00", {"at": "2026-12-01T09:00"}),
        (datetime(2026, 12, 1, 9, tzinfo=UTC), {"at": "2026-12-01T09:00:00+00:00"}),
        (
            datetime(2026, 12, 1, 9, tzinfo=timezone(timedelta(hours=9))),
            {"at": "2026-12-01T09:00:00+09:00"},
        ),
    ],
)
def test_a_launch_is_at_once_or_at_a_time(at: datetime | str | None, body: dict[str, str]) -> None:
    server = Server([good(CAMPAIGN | {"state": "scheduled"})])

    launched = client_of(server).campaigns.launch(5, at=at)

    assert launched.state == "scheduled"
    assert server.asked[0].url.path == "/v1/campaigns/5/launch"
    assert server.bodies() == [body]


_ACTS: list[tuple[str, Callable[[Client], Campaign]]] = [
    ("pause", lambda client: client.campaigns.pause(5)),
    ("resume", lambda client: client.campaigns.resume(5)),
    ("cancel", lambda client: client.campaigns.cancel(5)),
]


@pytest.mark.parametrize(("name", "act"), _ACTS, ids=[name for name, _act in _ACTS])
def test_a_campaign_is_paused_resumed_and_cancelled(name: str, act: Callable[[Client], Campaign]) -> None:
    server = Server([good(CAMPAIGN)])

    assert act(client_of(server)).id == 5

    (asked,) = server.asked
    assert (asked.method, asked.url.path, asked.content) == ("POST", f"/v1/campaigns/5/{name}", b"")
    assert server.headers("idempotency-key") != [None]


def test_a_test_names_contacts_and_addresses() -> None:
    server = Server([good(CAMPAIGN | {"is_test": True}, 201)])

    sent = client_of(server).campaigns.test(5, contact_ids=[1], addresses=("jane@domain.com",))

    assert sent.is_test
    assert server.asked[0].url.path == "/v1/campaigns/5/test"
    assert server.bodies() == [{"contact_ids": [1], "addresses": ["jane@domain.com"]}]


def test_campaigns_are_read_to_their_end() -> None:
    server = Server([good(page([CAMPAIGN, CAMPAIGN], "more")), good(page([CAMPAIGN]))])
    client = client_of(server)

    assert len(list(client.campaigns.all(state="draft"))) == 3
    assert len(list(client.campaigns.all(tests=True))) == 1

    assert [dict(request.url.params) for request in server.asked] == [
        {"state": "draft"},
        {"state": "draft", "cursor": "more"},
        {"tests": "true"},
    ]


def test_one_that_is_not_there_is_not_found() -> None:
    with pytest.raises(NotFound, match="no campaign 9"):
        client_of(Server([good(PROBLEM, 404)])).campaigns.get(9)


def test_segments_are_saved_read_counted_and_deleted() -> None:
    server = Server(
        [
            good(SEGMENT, 201),
            good(SEGMENT, ETag='"s"'),
            good({"count": 12}),
            good({"count": 4}),
            good(page([SEGMENT])),
            good(status=204),
        ]
    )
    segments = client_of(server).segments

    made = segments.create("Parisians", "city = Paris")
    read = segments.get(3)
    counts = (segments.count(3), segments.count(3, list_id=7))
    (listed,) = segments.all()
    segments.delete(3, etag=read.etag)

    assert (made.name, made.filter, made.etag) == ("Parisians", "city = Paris", None)
    assert (read.etag, listed.updated_at) == ('"s"', datetime(2026, 3, 5, 12, tzinfo=UTC))
    assert counts == (12, 4)
    assert [(request.method, request.url.path) for request in server.asked] == [
        ("POST", "/v1/segments"),
        ("GET", "/v1/segments/3"),
        ("GET", "/v1/segments/3/count"),
        ("GET", "/v1/segments/3/count"),
        ("GET", "/v1/segments"),
        ("DELETE", "/v1/segments/3"),
    ]
    assert dict(server.asked[3].url.params) == {"list_id": "7"}
    assert server.headers("if-match")[-1] == '"s"'
