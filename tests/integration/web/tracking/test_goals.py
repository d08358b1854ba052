"""Goals of a site: from the click in a mail to a visit and an order on the site, over real HTTP."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from postroom.contacts.channels import Channel
from postroom.contacts.events import EventSource, EventType
from postroom.contacts.goals import GoalKind
from postroom.drops.room import Room
from postroom.sending.goals.landing import with_visitor
from postroom.sending.goals.visitors import Visitors
from postroom.sending.tokens import Tokens
from postroom.web.tracking.goal_script import SCRIPT
from postroom.web.tracking.goals import MOST_BYTES
from tests.integration.drops.clock import Clock
from tests.integration.sending.written import Writer
from tests.integration.web.site import Site
from tests.integration.web.tracking.browser import HEADERS
from tests.integration.web.tracking.shopping import ORDER, SHOP, THANKS, VISIT, Shopper, goal_of


@pytest.fixture
def bob(site: Site, writer: Writer, tokens: Tokens, clock: Clock) -> Shopper:
    return Shopper(site, writer, tokens, clock)


def test_a_landing_page_of_a_site_with_goals_learns_by_which_message_its_visitor_comes(bob: Shopper) -> None:
    goal_of(bob.writer)

    parts = urlsplit(bob.follow())

    assert (parts.netloc, parts.fragment) == ("shop.example.com", "top")
    query = parse_qs(parts.query)
    assert query["a"] == ["b"]
    assert query["pr_v"] == [bob.said["visitor"]]
    assert "bob" not in parts.query


def test_other_pages_learn_nothing(bob: Shopper) -> None:
    assert bob.follow() == f"{SHOP}/?a=b#top"


def test_sites_without_goals_learn_nothing(bob: Shopper) -> None:
    goal_of(bob.writer)

    assert bob.follow(2) == "https://elsewhere.example/"


def test_a_visit_is_put_down_to_the_last_click(bob: Shopper, clock: Clock) -> None:
    goal = goal_of(bob.writer)
    bob.follow()
    click = bob.writer.events(EventType.CLICKED)[0]
    clock.pass_by(3600)

    answer = bob.tell(referrer=f"{SHOP}/cart")

    assert (answer.status_code, answer.content) == (204, b"")
    (event,) = bob.events()
    assert (event.contact_id, event.campaign_id, event.message_id) == (bob.contact, bob.campaign, bob.message)
    assert (event.channel, event.source, event.at) == (Channel.EMAIL, EventSource.TRACKER, clock())
    assert event.attributes == {
        "goalId": goal.goal_id,
        "goalName": "Thanks",
        "url": THANKS,
        "referrer": f"{SHOP}/cart",
        "source": "COOKIE",
        "clickEventId": str(click.event_id),
        "deviceType": "MOBILE",
        "userAgent": HEADERS["User-Agent"],
        "ipAddress": "127.0.0.1",
    }


def test_a_visit_long_after_the_click_is_put_down_to_no_campaign(bob: Shopper, clock: Clock) -> None:
    goal_of(bob.writer)
    bob.follow()
    clock.pass_by(30 * 86_400 + 1)

    bob.tell()

    (event,) = bob.events()
    assert (event.contact_id, event.campaign_id, event.message_id) == (bob.contact, None, None)
    assert "clickEventId" not in event.attributes


def test_a_page_without_script_has_a_picture(bob: Shopper) -> None:
    goal_of(bob.writer)
    query = {"s": bob.said["site"], "v": bob.said["visitor"], "u": THANKS}

    answer = bob.site.calls.get("/t/g.gif", params=query, headers={**HEADERS, "Referer": f"{SHOP}/"})

    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert [event.attributes["url"] for event in bob.events()] == [THANKS]


def test_the_same_page_opened_again_at_once_is_one_visit(bob: Shopper, clock: Clock) -> None:
    goal_of(bob.writer)

    for _ in range(3):
        bob.tell()
    assert len(bob.events()) == 1
    clock.pass_by(61)
    bob.tell()

    assert len(bob.events()) == 2


def test_each_goal_that_has_the_page_is_reached_and_no_other(bob: Shopper) -> None:
    goal_of(bob.writer, name="Thanks")
    goal_of(bob.writer, GoalKind.WEBVISIT, "*.example.com", name="Anything")
    goal_of(bob.writer, GoalKind.WEBVISIT, f"{SHOP}/cart", name="Cart")
    goal_of(bob.writer, GoalKind.TRANSACTION, name="Orders")

    bob.tell()

    assert [each.attributes["goalName"] for each in bob.events()] == ["Thanks", "Anything"]
    assert bob.events(ORDER) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": None},
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://shop.example.com"},
        {"url": "https://evil.example/thanks", "origin": "https://evil.example"},
        {"url": f"{SHOP}/other"},
        {"url": None},
        {"url": f"{THANKS}\n"},
        {"url": THANKS + "x" * 4000},
        {"visitor": ""},
        {"visitor": "1-1.AAAAAAAAAAAAAAAAAAAAAA"},
        {"visitor": ["x"]},
        {"site": "1.AAAAAAAAAAAAAAAAAAAAAA"},
        {"site": "x" * 4000},
        {"transaction": {"id": "1", "amount": 5}},
        {"transaction": "all"},
    ],
)
def test_what_is_not_right_is_answered_alike_and_recorded_nowhere(
    bob: Shopper, changes: dict[str, Any]
) -> None:
    goal_of(bob.writer)

    answer = bob.tell(**changes)

    assert (answer.status_code, answer.content) == (204, b"")
    assert bob.events() + bob.events(ORDER) == []


def test_nobody_learns_whether_a_visitor_is_known(bob: Shopper) -> None:
    goal_of(bob.writer)
    known = bob.tell()
    gone = bob.tell(visitor=bob.visitors.visitor(bob.writer.account_id, 999_999))
    forged = bob.tell(visitor="1-1.AAAAAAAAAAAAAAAAAAAAAA")

    headers = [
        {name: value for name, value in each.headers.items() if name in {"cache-control", "content-length"}}
        for each in (known, gone, forged)
    ]
    assert headers[0] == headers[1] == headers[2]
    assert {known.status_code, gone.status_code, forged.status_code} == {204}
    assert not any("set-cookie" in each.headers for each in (known, gone, forged))


def test_charlies_site_takes_no_visitor_of_alices(bob: Shopper, charlies: Writer) -> None:
    goal_of(bob.writer)
    goal_of(charlies)

    bob.tell(site=bob.visitors.site(charlies.account_id))
    bob.tell(visitor=bob.visitors.visitor(charlies.account_id, bob.message))

    assert bob.events() == []
    assert charlies.events(VISIT) == []


def test_a_test_message_leaves_no_trace(site: Site, writer: Writer, tokens: Tokens, clock: Clock) -> None:
    bob = Shopper(site, writer, tokens, clock, is_test=True)
    goal_of(writer)
    bob.follow()

    bob.tell()

    assert writer.events() == []


def test_machines_reach_no_goal(bob: Shopper) -> None:
    goal_of(bob.writer)

    bob.site.calls.post(
        "/t/g", content=json.dumps(bob.said), headers={"Origin": SHOP, "User-Agent": "Googlebot/2.1"}
    )

    assert bob.events() == []


def test_an_order_is_told_once_with_all_that_was_bought(bob: Shopper, clock: Clock) -> None:
    goal = goal_of(bob.writer, GoalKind.TRANSACTION)
    bob.follow()
    clock.pass_by(60)
    order = {"id": "A-17", "amount": 49.9, "currency": "EUR", "quantity": 2, "products": ["rose", "pot"]}

    for _ in range(2):
        bob.tell(transaction=order)
    bob.tell(transaction={**order, "amount": 1})

    (event,) = bob.events(ORDER)
    assert event.campaign_id == bob.campaign
    bought = {name: event.attributes[name] for name in ("transactionId", "amount", "currency", "quantity")}
    assert bought == {"transactionId": "A-17", "amount": "49.9", "currency": "EUR", "quantity": "2"}
    assert event.attributes["products"] == ["rose", "pot"]
    assert (event.attributes["goalId"], event.attributes["url"]) == (goal.goal_id, THANKS)


def test_an_order_may_name_its_goal(bob: Shopper) -> None:
    first, second = (goal_of(bob.writer, GoalKind.TRANSACTION, name=name) for name in ("First", "Second"))

    bob.tell(transaction={"id": "1", "amount": "5"}, goal=second.goal_id)
    bob.tell(transaction={"id": "2", "amount": "5"})
    bob.tell(transaction={"id": "3", "amount": "5"}, goal="all")

    told = [(each.attributes["goalId"], each.attributes["transactionId"]) for each in bob.events(ORDER)]
    assert told == [(second.goal_id, "1"), (first.goal_id, "2"), (second.goal_id, "2")]


def test_a_browser_that_makes_orders_up_is_soon_not_heard(bob: Shopper, clock: Clock) -> None:
    goal_of(bob.writer, GoalKind.TRANSACTION)

    for number in range(8):
        bob.tell(transaction={"id": str(number), "amount": "5"})
    assert len(bob.events(ORDER)) == 5
    clock.pass_by(60)
    bob.tell(transaction={"id": "8", "amount": "5"})

    assert len(bob.events(ORDER)) == 6


@pytest.mark.parametrize(
    "order",
    [
        {"amount": 5},
        {"id": "1"},
        {"id": "1", "amount": "much"},
        {"id": "1", "amount": True},
        {"id": "1", "amount": 10**400},
        {"id": "1", "amount": float("inf")},
        {"id": "x" * 101, "amount": 5},
        {"id": "1", "amount": 5, "products": "all"},
        {"id": "1", "amount": 5, "products": [{}]},
        {"id": "1", "amount": 5, "products": ["x"] * 101},
        {"id": "1", "amount": 5, "currency": "euros"},
        [],
    ],
)
def test_what_is_no_order_is_not_told(bob: Shopper, order: Any) -> None:
    goal_of(bob.writer, GoalKind.TRANSACTION)

    assert bob.tell(transaction=order).status_code == 204

    assert bob.events(ORDER) == []


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_no_body_upsets_us(site: Site, body: bytes) -> None:
    assert site.calls.post("/t/g", content=body, headers={"Origin": SHOP}).status_code == 204


def test_bodies_have_a_bound(bob: Shopper) -> None:
    goal_of(bob.writer)
    said = json.dumps({**bob.said, "more": "x" * MOST_BYTES})

    assert bob.site.calls.post("/t/g", content=said, headers={**HEADERS, "Origin": SHOP}).status_code == 204
    deep = "[" * 30_000
    assert bob.site.calls.post("/t/g", content=deep, headers={**HEADERS, "Origin": SHOP}).status_code == 204

    assert bob.events() == []


def test_the_script_is_the_same_for_everybody(site: Site) -> None:
    answer = site.calls.get("/t/g.js")

    assert answer.text == SCRIPT
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in answer.headers


def test_a_token_goes_before_the_fragment_and_beside_what_is_there() -> None:
    assert with_visitor("https://a.example/", "T") == "https://a.example/?pr_v=T"
    assert with_visitor("https://a.example/?", "T") == "https://a.example/?pr_v=T"
    assert with_visitor("https://a.example/?x=1#y?z", "T") == "https://a.example/?x=1&pr_v=T#y?z"


def test_tokens_are_of_no_other_use(web_room: Room, tokens: Tokens) -> None:
    visitors = Visitors(web_room.sealer)
    of_message = urlsplit(tokens.pixel(1, 2)).path.rpartition("/")[2]

    assert visitors.read_visitor(of_message) is None
    assert visitors.read_site(visitors.visitor(1, 2)) is None
    assert visitors.read_site(visitors.site(1)) == 1
    assert visitors.read_site(visitors.site(1) + "A") is None
    assert visitors.read_visitor("9999999999-1." + "A" * 22) is None


@pytest.mark.parametrize(
    ("referer", "count"),
    [
        (None, 1),
        (f"{SHOP}/anywhere", 1),
        ("https://evil.example/", 0),
        ("https://shop.example.com.evil.example/", 0),
        ("nonsense", 0),
    ],
)
def test_a_picture_is_taken_from_pages_of_its_site_alone(
    bob: Shopper, referer: str | None, count: int
) -> None:
    goal_of(bob.writer)
    query = {"s": bob.said["site"], "v": bob.said["visitor"], "u": THANKS}
    headers = {**HEADERS, **({"Referer": referer} if referer else {})}

    assert bob.site.calls.get("/t/g.gif", params=query, headers=headers).status_code == 200

    assert len(bob.events()) == count


def test_a_picture_without_a_page_takes_the_one_it_is_on(bob: Shopper) -> None:
    goal_of(bob.writer)
    query = {"s": bob.said["site"], "v": bob.said["visitor"]}

    bob.site.calls.get("/t/g.gif", params=query, headers={**HEADERS, "Referer": THANKS})

    assert [event.attributes["url"] for event in bob.events()] == [THANKS]
