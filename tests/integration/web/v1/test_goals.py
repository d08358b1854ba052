"""Goals over /v1: made, read, deleted, and orders told by a shop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from postroom.contacts.events import EventSource, EventType
from postroom.drops.room import Room
from postroom.sending.goals.visitors import Visitors
from tests.conftest import Person
from tests.integration.drops.clock import Clock
from tests.integration.sending.written import Writer
from tests.integration.web.site import Site, make_client
from tests.integration.web.v1.program import Program, problem

ORDER: dict[str, Any] = {
    "transaction_id": "A-17",
    "amount": "49.90",
    "currency": "EUR",
    "quantity": "2",
    "products": ["rose"],
}


@pytest.fixture
def writer(web_room: Room, alice: Person) -> Writer:
    return Writer(web_room.database, alice)


@pytest.fixture
def orders(shop_program: Program) -> int:
    """The goal of orders."""
    return int(shop_program.post("/goals", {"name": "Orders", "kind": "TRANSACTION"}).json()["id"])


def test_a_goal_is_made_read_and_deleted(shop_program: Program, web_room: Room, alice: Person) -> None:
    page = "https://shop.example.com/thanks*"

    made = shop_program.post("/goals", {"name": "Thanks", "kind": "WEBVISIT", "patterns": [page]})

    assert made.status_code == 201
    path = made.headers["location"].removeprefix("/v1")
    assert shop_program.get(path).json() == made.json()
    assert made.json() | {"id": 0, "created_at": None} == {
        "id": 0,
        "name": "Thanks",
        "kind": "WEBVISIT",
        "patterns": [page],
        "site": Visitors(web_room.sealer).site(alice.account.account_id),
        "created_at": None,
    }
    assert shop_program.get("/goals?total=true").json()["total"] == 1
    assert shop_program.delete(path).status_code == 204
    assert problem(shop_program.get(path)) == (404, "NO_GOAL")


@pytest.mark.parametrize(
    ("new", "status", "code"),
    [
        ({"name": "Orders", "kind": "TRANSACTION"}, 409, "GOAL_EXISTS"),
        ({"name": " ", "kind": "TRANSACTION"}, 422, "BAD_NAME"),
        ({"name": "A", "kind": "WEBVISIT"}, 422, "NO_PATTERN"),
        ({"name": "A", "kind": "WEBVISIT", "patterns": ["*"]}, 422, "BAD_PATTERN"),
        ({"name": "A", "kind": "LUNCH"}, 422, "INVALID"),
    ],
)
def test_what_cannot_be_a_goal_is_refused(
    shop_program: Program, orders: int, new: dict[str, Any], status: int, code: str
) -> None:
    assert orders
    assert problem(shop_program.post("/goals", new)) == (status, code)


def test_an_order_is_told_once_and_put_down_to_the_last_click(
    shop_program: Program, orders: int, writer: Writer, clock: Clock, web_room: Room
) -> None:
    bob = writer.contact(email="bob@example.com")
    campaign = writer.campaign(links=("https://shop.example.com/",))
    message = writer.message(campaign, bob, sent_at=clock() - timedelta(hours=1))
    with web_room.database.transaction() as connection:
        connection.execute(
            "insert into clicked_links (account_id, message_id, link_id, campaign_id, contact_id,"
            " first_event, clicked_at, event_id) values (%s, %s, 1, %s, %s, gen_random_uuid(), %s,"
            " gen_random_uuid())",
            [writer.account_id, message, campaign, bob, clock() - timedelta(days=29)],
        )

    for _ in range(2):
        told = shop_program.post(f"/goals/{orders}/transactions", {**ORDER, "contact_id": bob})
        assert (told.status_code, told.json()) == (200, {"recorded": True})

    (event,) = writer.events(EventType.GOAL_TRANSACTION)
    assert (event.contact_id, event.campaign_id, event.message_id) == (bob, campaign, message)
    assert (event.source, event.at) == (EventSource.API, clock())
    assert {**event.attributes, "clickEventId": ""} == {
        "goalId": orders,
        "goalName": "Orders",
        "url": "",
        "source": "API",
        "transactionId": "A-17",
        "amount": "49.90",
        "currency": "EUR",
        "quantity": "2",
        "products": ["rose"],
        "clickEventId": "",
    }


def test_the_buyer_is_a_contact_an_address_or_a_visitor(
    shop_program: Program, orders: int, writer: Writer, web_room: Room, clock: Clock
) -> None:
    bob = writer.contact(email="bob@example.com")
    message = writer.message(writer.campaign(), bob, sent_at=clock())
    visitor = Visitors(web_room.sealer).visitor(writer.account_id, message)

    buyers: list[dict[str, Any]] = [{"contact_id": bob}, {"email": "Bob@example.com"}, {"visitor": visitor}]
    for number, buyer in enumerate(buyers):
        order = {**ORDER, "transaction_id": str(number), **buyer}
        assert shop_program.post(f"/goals/{orders}/transactions", order).json() == {"recorded": True}

    events = writer.events(EventType.GOAL_TRANSACTION)
    assert [(each.contact_id, each.campaign_id) for each in events] == [(bob, None)] * 3


def test_an_order_of_nobody_we_know_is_not_recorded_and_the_shop_hears_so(
    shop_program: Program, orders: int, writer: Writer, charlie: Person, web_room: Room, clock: Clock
) -> None:
    charlies = Writer(web_room.database, charlie)
    dora = charlies.contact(email="dora@example.com")
    message = charlies.message(charlies.campaign(), dora, "dora@example.com", sent_at=clock())
    visitor = Visitors(web_room.sealer).visitor(charlies.account_id, message)

    for buyer in (
        {"contact_id": 999_999},
        {"email": "nobody@example.com"},
        {"email": "not an address"},
        {"visitor": "forged"},
        {"visitor": visitor},
        {"email": "dora@example.com"},
    ):
        told = shop_program.post(f"/goals/{orders}/transactions", {**ORDER, **buyer})
        assert (told.status_code, told.json()) == (200, {"recorded": False})

    assert writer.events() == charlies.events() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount": "much"}, "BAD_AMOUNT"),
        ({"currency": "eur"}, "BAD_CURRENCY"),
        ({"url": "javascript:alert(1)"}, "BAD_URL"),
        ({"contact_id": 1, "email": "bob@example.com"}, "BAD_BUYER"),
        ({"at": "2020-01-01T00:00:00Z"}, "BAD_TIME"),
        ({"at": "2040-01-01T00:00:00Z"}, "BAD_TIME"),
        ({"transaction_id": "x" * 101}, "INVALID"),
        ({"amount": 5}, "INVALID"),
    ],
)
def test_an_order_that_cannot_be_is_refused(
    shop_program: Program, orders: int, changes: dict[str, Any], code: str
) -> None:
    told = shop_program.post(f"/goals/{orders}/transactions", {**ORDER, "contact_id": 1, **changes})

    assert problem(told) == (422, code)


def test_a_goal_of_visits_takes_no_orders(shop_program: Program) -> None:
    page = {"name": "Thanks", "kind": "WEBVISIT", "patterns": ["shop.example.com"]}
    visits = shop_program.post("/goals", page).json()["id"]

    told = shop_program.post(f"/goals/{visits}/transactions", {**ORDER, "contact_id": 1})

    assert problem(told) == (422, "WRONG_KIND")


def test_charlie_sees_and_reaches_no_goal_of_alices(stranger_program: Program, orders: int) -> None:
    assert stranger_program.get("/goals").json()["items"] == []
    for answer in (
        stranger_program.get(f"/goals/{orders}"),
        stranger_program.delete(f"/goals/{orders}"),
        stranger_program.post(f"/goals/{orders}/transactions", {**ORDER, "contact_id": 1}),
    ):
        assert problem(answer) == (404, "NO_GOAL")


def test_scopes(site: Site, web_room: Room, alice: Person, orders: int) -> None:
    reader = Program(site, make_client(web_room, alice, name="reader", scopes=["goals:read"]))
    other = Program(site, make_client(web_room, alice, name="other", scopes=["lists:write"]))

    assert reader.get(f"/goals/{orders}").status_code == 200
    for answer in (
        other.get("/goals"),
        reader.post("/goals", {"name": "A", "kind": "TRANSACTION"}),
        reader.delete(f"/goals/{orders}"),
        reader.post(f"/goals/{orders}/transactions", {**ORDER, "contact_id": 1}),
    ):
        assert problem(answer) == (403, "INSUFFICIENT_SCOPE")
