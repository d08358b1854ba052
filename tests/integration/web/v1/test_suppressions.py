"""Quarantine and blacklist over /v1: who is there, put there, taken off; who may."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.events import EventSource, EventType
from postroom.contacts.media import Medium
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.ingest.consents import change_consent
from postroom.sending.returns import bounced, classify
from postroom.store.events import record_events
from postroom.store.optouts import Act, optouts_of
from postroom.store.suppressions import bounces_of
from tests.conftest import Person
from tests.integration.sending.returns.posting import posted
from tests.integration.sending.returns.telling import told
from tests.integration.web.site import Site, make_client
from tests.integration.web.v1.program import Program, problem

PATH = "/suppressions"
BOB = "bob@gmail.com"


def add(shop_program: Program, address: str = BOB, **more: Any) -> dict[str, Any]:
    answer = shop_program.post(PATH, {"address": address, **more})
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


def bounce(room: Room, person: Person, address: str = BOB) -> None:
    now = room.clock()
    message = posted(room.database, person, address)
    with room.database.transaction() as connection:
        events = bounced(connection, message, classify("550", "5.1.1", "No such user"), now=now)
        record_events(connection, message.account_id, events, now=now)


def opted_out(room: Room, person: Person, address: str = BOB) -> list[OptOutReason]:
    with room.database.transaction() as connection:
        found = optouts_of(connection, person.account.account_id, {Medium.EMAIL: address})
    return [each.reason for each in found]


def opt_out(room: Room, person: Person, reason: OptOutReason | None) -> None:
    act = Act(person.account.account_id, "EMAIL", "file", "alice", room.clock())
    with room.database.transaction() as connection:
        change_consent(connection, act, BOB, reason, lifts_complaints=True)


def test_an_address_is_put_on_the_blacklist_and_taken_off_again(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    answer = shop_program.post(PATH, {"address": " Bob@GMAIL.com"})
    read = shop_program.get(answer.headers["location"].removeprefix("/v1"))
    removed = shop_program.delete(f"{PATH}/{BOB}")

    assert answer.status_code == 201
    assert read.json() == answer.json()
    assert read.json() == {
        "address": BOB,
        "kind": "BLACKLIST",
        "reason": "MANUAL",
        "bounces": 0,
        "since_at": "2026-03-04T12:00:00Z",
        "until_at": None,
        "contact_id": None,
        "campaign_id": None,
    }
    assert removed.status_code == 204
    assert problem(shop_program.get(f"{PATH}/{BOB}")) == (404, "NOT_SUPPRESSED")
    assert problem(shop_program.delete(f"{PATH}/{BOB}")) == (404, "NOT_SUPPRESSED")
    events = told(web_room.database, alice, EventType.SUPPRESSION)
    assert [(each.source, each.attributes["action"], each.attributes["reason"]) for each in events] == [
        (EventSource.API, "ADDED", "MANUAL"),
        (EventSource.API, "REMOVED", "MANUAL"),
    ]
    assert opted_out(web_room, alice) == []


def test_a_quarantine_has_an_end_and_a_stronger_list_stays(shop_program: Program) -> None:
    end = "2026-04-04T12:00:00Z"

    first = add(shop_program, kind="QUARANTINE_TEMPORARY", until_at=end)
    second = add(shop_program, kind="BLACKLIST")
    third = add(shop_program, kind="QUARANTINE_TEMPORARY", until_at=end)

    assert (first["kind"], first["until_at"]) == ("QUARANTINE_TEMPORARY", end)
    assert second["kind"] == third["kind"] == "BLACKLIST"


def test_an_address_that_is_on_the_list_already_stays_as_it_is(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    bounce(web_room, alice)

    again = add(shop_program, kind="QUARANTINE_LONG_TERM")

    assert (again["reason"], again["bounces"]) == ("HARDBOUNCE", 1)
    assert len(told(web_room.database, alice, EventType.SUPPRESSION)) == 1


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ({"address": "nobody"}, "BAD_VALUE"),
        ({"address": "a\0@example.com"}, "BAD_VALUE"),
        ({"address": BOB, "kind": "QUARANTINE_TEMPORARY"}, "BAD_VALUE"),
        ({"address": BOB, "until_at": "2026-04-04T12:00:00Z"}, "BAD_VALUE"),
        (
            {"address": BOB, "kind": "QUARANTINE_TEMPORARY", "until_at": "2020-04-04T12:00:00Z"},
            "BAD_VALUE",
        ),
        (
            {"address": BOB, "kind": "QUARANTINE_TEMPORARY", "until_at": "2026-04-04T12:00:00"},
            "INVALID",
        ),
        ({"address": BOB, "kind": "NAUGHTY"}, "INVALID"),
        ({"address": BOB, "reason": "COMPLAINT"}, "INVALID"),
    ],
)
def test_what_cannot_be_is_refused(shop_program: Program, new: dict[str, Any], code: str) -> None:
    assert problem(shop_program.post(PATH, new)) == (422, code)
    assert shop_program.get(PATH).json()["items"] == []


def test_addresses_are_read_page_by_page_and_by_list(shop_program: Program) -> None:
    for name in "dbac":
        add(shop_program, f"{name}@example.com", kind="QUARANTINE_LONG_TERM" if name == "b" else "BLACKLIST")

    page = shop_program.get(f"{PATH}?limit=2&total=true").json()
    rest = shop_program.get(f"{PATH}?limit=2&cursor={page['next']}").json()
    black = shop_program.get(f"{PATH}?kind=BLACKLIST&total=true").json()

    assert [each["address"][0] for each in page["items"] + rest["items"]] == list("abcd")
    assert (page["total"], rest["next"], black["total"]) == (4, None, 3)
    assert [each["address"][0] for each in black["items"]] == list("acd")
    assert problem(shop_program.get(f"{PATH}?kind=BLACKLIST&cursor={page['next']}")) == (422, "BAD_CURSOR")


def test_taking_a_bounced_address_off_lifts_the_opt_out_that_the_bounce_made(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    bounce(web_room, alice)

    before = shop_program.get(f"{PATH}/{BOB}").json()
    shop_program.delete(f"{PATH}/{BOB}")

    assert (before["reason"], before["bounces"], before["contact_id"]) == ("HARDBOUNCE", 1, 7)
    assert opted_out(web_room, alice) == []
    with web_room.database.transaction() as connection:
        counted = bounces_of(connection, alice.account.account_id, BOB, Channel.EMAIL)
    assert (counted.hard, counted.soft) == (0, 0)


@pytest.mark.parametrize("said", [OptOutReason.ACCOUNT, OptOutReason.CONTACT])
def test_what_was_said_before_a_bounce_stands_again_after_it(
    shop_program: Program, web_room: Room, alice: Person, said: OptOutReason
) -> None:
    opt_out(web_room, alice, said)
    bounce(web_room, alice)
    between = opted_out(web_room, alice)

    shop_program.delete(f"{PATH}/{BOB}")

    assert between == [OptOutReason.HARD_BOUNCE]
    assert opted_out(web_room, alice) == [said]


def test_an_opt_out_of_before_an_opt_in_does_not_stand_again(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    opt_out(web_room, alice, OptOutReason.CONTACT)
    opt_out(web_room, alice, None)
    bounce(web_room, alice)

    shop_program.delete(f"{PATH}/{BOB}")

    assert opted_out(web_room, alice) == []


def test_of_charlies_addresses_nothing_is_seen_or_changed(
    shop_program: Program, web_room: Room, site: Site, alice: Person, charlie: Person
) -> None:
    bounce(web_room, alice)
    his = Program(site, make_client(web_room, charlie))

    assert his.get(PATH).json()["items"] == []
    assert problem(his.get(f"{PATH}/{BOB}")) == (404, "NOT_SUPPRESSED")
    assert problem(his.delete(f"{PATH}/{BOB}?complaints=true")) == (404, "NOT_SUPPRESSED")
    add(his)
    his.delete(f"{PATH}/{BOB}")

    assert shop_program.get(f"{PATH}/{BOB}").json()["reason"] == "HARDBOUNCE"
    assert opted_out(web_room, alice) == [OptOutReason.HARD_BOUNCE]


def test_who_may_only_read_changes_nothing(web_room: Room, site: Site, alice: Person) -> None:
    reader = Program(site, make_client(web_room, alice, name="reader", scopes=["suppressions:read"]))
    other = Program(site, make_client(web_room, alice, name="other", scopes=["contacts:write"]))

    assert reader.get(PATH).status_code == 200
    assert reader.post(PATH, {"address": BOB}).status_code == 403
    assert reader.delete(f"{PATH}/{BOB}").status_code == 403
    assert other.get(PATH).status_code == 403


def test_who_was_blacklisted_by_hand_after_a_bounce_is_wholly_free_again(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    bounce(web_room, alice)
    add(shop_program)

    shop_program.delete(f"{PATH}/{BOB}")

    assert opted_out(web_room, alice) == []


def test_who_is_taken_off_a_list_keeps_the_opt_out_of_a_complaint_that_nobody_speaks_of(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    opt_out(web_room, alice, OptOutReason.SPAM)
    add(shop_program)

    shop_program.delete(f"{PATH}/{BOB}")
    first = opted_out(web_room, alice)
    add(shop_program)
    shop_program.delete(f"{PATH}/{BOB}?complaints=true")

    assert first == [OptOutReason.SPAM]
    assert opted_out(web_room, alice) == []
