"""Campaigns and segments over /v1: made, launched, counted, ended; who may."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.channels import Channel
from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.sending.marketing import Clock, Marketer
from tests.integration.web.site import Site, make_client
from tests.integration.web.v1.program import Program, problem

JANE, BOB = "jane@domain.com", "bob@domain.com"


@pytest.fixture
def marketer(web_room: Room, keyed: Person) -> Marketer:
    """Return the account of the program, which has a list of two people and a template."""
    return Marketer(web_room, keyed, Clock(web_room.clock()))


@pytest.fixture
def sale(marketer: Marketer) -> dict[str, Any]:
    """Return what a campaign is asked for."""
    contacts = [marketer.writer.contact(email=each, reference=each, city="Paris") for each in (JANE, BOB)]
    return {
        "name": "Sale",
        "list_id": marketer.writer.list_of("News", *contacts),
        "template_id": marketer.template(),
    }


def make(program: Program, asked: dict[str, Any]) -> int:
    answer = program.post("/campaigns", asked)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_a_campaign_is_made_as_a_draft(program: Program, sale: dict[str, Any]) -> None:
    made = program.post(
        "/campaigns", {**sale, "format": 99, "subject": "Now!", "notify_email": "Boss@Domain.com"}
    )

    assert made.status_code == 201
    said = made.json()
    assert made.headers["location"] == f"/v1/campaigns/{said['id']}"
    assert (said["state"], said["kind"], said["channel"]) == ("draft", "ONE_SHOT", "EMAIL")
    assert (said["format"], said["subject"], said["notify_email"]) == (99, "Now!", "boss@domain.com")
    assert said["created_by"].startswith("client:")
    assert said["counts"] is None
    read = program.get(f"/campaigns/{said['id']}").json()
    assert {**read, "counts": None} == said
    assert read["counts"]["targeted"] == 0


def test_a_campaign_is_launched_counted_and_ended(
    program: Program, marketer: Marketer, sale: dict[str, Any]
) -> None:
    campaign_id = make(program, sale)
    path = f"/campaigns/{campaign_id}"

    launched = program.post(f"{path}/launch", {})
    assert (launched.status_code, launched.json()["state"]) == (200, "scheduled")
    assert marketer.expand(campaign_id)
    assert program.post(f"{path}/pause").json()["state"] == "paused"
    assert problem(program.post(f"{path}/pause")) == (409, "CAMPAIGN_STATE")
    assert program.post(f"{path}/resume").json()["state"] == "running"
    assert program.post(f"{path}/cancel").json()["state"] == "cancelled"

    counts = program.get(path).json()["counts"]
    assert (counts["targeted"], counts["sent"], counts["not_sent"]) == (2, 0, {"CAMPAIGN_CANCELLED": 2})


def test_who_got_it_is_read_page_by_page(program: Program, marketer: Marketer, sale: dict[str, Any]) -> None:
    marketer.optout("EMAIL", BOB)
    campaign_id = make(program, sale)
    path = f"/campaigns/{campaign_id}"
    program.post(f"{path}/launch", {})
    assert marketer.expand(campaign_id)
    marketer.hand_over(campaign_id)

    first = program.get(f"{path}/messages", params={"limit": 1, "total": True}).json()
    second = program.get(f"{path}/messages", params={"limit": 1, "cursor": first["next"]}).json()

    (message_id,) = marketer.messages(campaign_id, "message_id")
    (jane,), (bob,) = first["items"], second["items"]
    assert (jane["id"], jane["address"], jane["state"]) == (
        f"{marketer.account_id}-{message_id}",
        JANE,
        "sent",
    )
    assert jane["sent_at"] is not None
    assert (bob["id"], bob["address"], bob["state"], bob["reason"]) == (
        None,
        BOB,
        "no_message",
        "NOT_SUBSCRIBED",
    )
    assert (first["total"], second["total"], second["next"]) == (2, None, None)


def test_some_of_them_are_asked_for_by_state_reason_and_address(
    program: Program, marketer: Marketer, sale: dict[str, Any]
) -> None:
    campaign_id = make(program, sale)
    path = f"/campaigns/{campaign_id}"
    program.post(f"{path}/launch", {})
    assert marketer.expand(campaign_id)
    program.post(f"{path}/cancel")

    def asked(**params: str) -> list[str]:
        found = program.get(f"{path}/messages", params=params).json()
        return sorted(each["address"] for each in found["items"])

    assert asked(state="cancelled") == [BOB, JANE]
    assert asked(state="waiting") == []
    assert asked(reason="CAMPAIGN_CANCELLED", address="Bob@Domain.com") == [BOB]
    refused = program.get(f"{path}/messages", params={"address": "nobody"})
    assert problem(refused) == (422, "BAD_ADDRESS")
    other = program.get(f"{path}/messages", params={"limit": 1}).json()["next"]
    strange = program.get(f"{path}/messages", params={"cursor": other, "state": "cancelled"})
    assert problem(strange)[1] == "BAD_CURSOR"


def test_a_launch_needs_no_body(program: Program, sale: dict[str, Any]) -> None:
    launched = program.post(f"/campaigns/{make(program, sale)}/launch")

    assert (launched.status_code, launched.json()["state"]) == (200, "scheduled")


def test_a_time_is_the_accounts_unless_it_says_otherwise(program: Program, sale: dict[str, Any]) -> None:
    path = f"/campaigns/{make(program, sale)}"

    local = program.post(f"{path}/launch", {"at": "2999-07-01T09:00"})
    other = program.post(f"{path}/launch", {"at": "2999-07-01T09:00Z"})

    assert local.json()["scheduled_at"] == "2999-07-01T07:00:00Z"
    assert other.json()["scheduled_at"] == "2999-07-01T09:00:00Z"
    for at in ("soon", "1999-01-01", "9999-12-31T23:59-14:00"):
        assert problem(program.post(f"{path}/launch", {"at": at})) == (422, "BAD_TIME")


def test_a_launch_under_a_key_is_made_once(
    program: Program, marketer: Marketer, sale: dict[str, Any]
) -> None:
    campaign_id = make(program, sale)
    key = {"Idempotency-Key": "one"}

    first = program.post(f"/campaigns/{campaign_id}/launch", {}, headers=key)
    again = program.post(f"/campaigns/{campaign_id}/launch", {}, headers=key)

    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert marketer.states(campaign_id) == ["scheduled"]


def test_campaigns_are_read_page_by_page_the_newest_first(program: Program, sale: dict[str, Any]) -> None:
    made = [make(program, sale | {"name": f"Sale {n}"}) for n in range(3)]
    program.post(f"/campaigns/{made[0]}/cancel")

    first = program.get("/campaigns", params={"limit": 2, "total": "true"}).json()
    last = program.get("/campaigns", params={"limit": 2, "cursor": first["next"]}).json()
    drafts = program.get("/campaigns", params={"state": "draft"}).json()

    assert ([each["id"] for each in first["items"]], first["total"]) == (made[:0:-1], 3)
    assert ([each["id"] for each in last["items"]], last["next"]) == (made[:1], None)
    assert [each["id"] for each in drafts["items"]] == made[:0:-1]


def test_a_test_goes_to_those_who_are_named_and_is_listed_apart(
    program: Program, marketer: Marketer, sale: dict[str, Any]
) -> None:
    campaign_id = make(program, sale)

    sent = program.post(f"/campaigns/{campaign_id}/test", {"addresses": [JANE]})

    assert (sent.status_code, sent.json()["is_test"]) == (201, True)
    assert marketer.messages(sent.json()["id"]) == [JANE]
    assert [each["id"] for each in program.get("/campaigns").json()["items"]] == [campaign_id]
    tests = program.get("/campaigns", params={"tests": "true"}).json()["items"]
    assert [each["id"] for each in tests] == [sent.json()["id"]]
    assert problem(program.post(f"/campaigns/{campaign_id}/test", {})) == (422, "BAD_TESTERS")
    nobody = program.post(f"/campaigns/{campaign_id}/test", {"contact_ids": [999_999]})
    assert problem(nobody) == (404, "NO_CONTACT")


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"list_id": 999_999}, (404, "NO_LIST")),
        ({"template_id": 999_999}, (404, "NO_TEMPLATE")),
        ({"segment_id": 999_999}, (404, "NO_SEGMENT")),
        ({"seed_list_id": 999_999}, (404, "NO_LIST")),
        ({"format": 3}, (422, "INVALID")),
        ({"notify_email": "boss"}, (422, "BAD_ADDRESS")),
        ({"name": " "}, (422, "BAD_NAME")),
        ({"strange": 1}, (422, "INVALID")),
    ],
)
def test_a_campaign_that_cannot_be_is_refused(
    program: Program, sale: dict[str, Any], more: dict[str, Any], answer: tuple[int, str]
) -> None:
    assert problem(program.post("/campaigns", {**sale, **more})) == answer


def test_a_partners_campaign_says_what_the_file_has(
    program: Program, marketer: Marketer, sale: dict[str, Any]
) -> None:
    social = marketer.template("Audience", channel=Channel.SOCIAL)
    audience = {"id": "23", "network": "FACEBOOK", "operation": "REMOVE"}

    bare = program.post("/campaigns", {**sale, "template_id": social})
    made = program.post(
        "/campaigns",
        {
            **sale,
            "template_id": social,
            "partner": {"audience": audience, "columns": ["city"], "spreadsheet_safe": True},
        },
    )

    assert problem(bare) == (422, "BAD_AUDIENCE")
    assert made.json()["partner"] == {
        "audience": {**audience, "name": ""},
        "columns": ["city"],
        "spreadsheet_safe": True,
    }


def test_segments_are_saved_changed_counted_and_deleted(program: Program, sale: dict[str, Any]) -> None:
    made = program.post("/segments", {"name": "Parisians", "filter": "city = paris"})
    path = f"/segments/{made.json()['id']}"

    assert (made.status_code, made.headers["location"]) == (201, f"/v1{path}")
    assert program.get(path).json() == made.json()
    assert program.get(f"{path}/count").json() == {"count": 2}
    counted = program.get(f"{path}/count", params={"list_id": sale["list_id"]})
    assert counted.json() == {"count": 2}
    assert problem(program.get(f"{path}/count", params={"list_id": 999_999})) == (404, "NO_LIST")
    changed = program.patch(path, {"filter": "city = Lyon"})
    assert (changed.json()["filter"], changed.json()["name"]) == ("city = Lyon", "Parisians")
    assert program.get(f"{path}/count").json() == {"count": 0}
    listed = program.get("/segments", params={"total": "true"}).json()
    assert ([each["name"] for each in listed["items"]], listed["total"]) == (["Parisians"], 1)
    etag = program.get(path).headers["ETag"]
    program.patch(path, {"name": "Others"})
    assert problem(program.delete(path, headers={"If-Match": etag})) == (412, "CHANGED")
    assert program.delete(path).status_code == 204
    assert problem(program.get(path)) == (404, "NO_SEGMENT")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("city", (422, "BAD_FILTER")),
        ("town = Paris", (422, "UNKNOWN_FIELD")),
        ("", (422, "INVALID")),
        ("city = '\\ud800'", (422, "INVALID")),
    ],
)
def test_a_filter_that_is_none_is_refused(program: Program, text: str, answer: tuple[int, str]) -> None:
    body = f'{{"name": "x", "filter": "{text}"}}'.replace("'", '\\"')
    sent = program.call("POST", "/segments", content=body, headers={"Content-Type": "application/json"})
    assert problem(sent) == answer


def test_who_may_only_read_campaigns_does_not_change_them(
    site: Site, web_room: Room, keyed: Person, program: Program, sale: dict[str, Any]
) -> None:
    reader = Program(site, make_client(web_room, keyed, name="r", scopes=["campaigns:read"]))
    other = Program(site, make_client(web_room, keyed, name="o", scopes=["contacts:write"]))
    campaign_id = make(program, sale)

    assert reader.get(f"/campaigns/{campaign_id}").status_code == 200
    assert reader.get("/segments").status_code == 200
    for path, body in (
        ("/campaigns", sale),
        ("/segments", {"name": "x", "filter": "city = Paris"}),
        (f"/campaigns/{campaign_id}/launch", {}),
        (f"/campaigns/{campaign_id}/cancel", None),
        (f"/campaigns/{campaign_id}/test", {"addresses": [JANE]}),
    ):
        assert problem(reader.post(path, body)) == (403, "INSUFFICIENT_SCOPE")
    assert problem(other.get("/campaigns")) == (403, "INSUFFICIENT_SCOPE")
    assert problem(other.get("/segments")) == (403, "INSUFFICIENT_SCOPE")


def test_charlie_can_neither_see_nor_touch_what_is_alices(
    site: Site,
    web_room: Room,
    charlie: Person,
    program: Program,
    marketer: Marketer,
    sale: dict[str, Any],
) -> None:
    campaign_id = make(program, sale)
    segment = program.post("/segments", {"name": "x", "filter": "city = Paris"}).json()["id"]
    path = f"/campaigns/{campaign_id}"
    charlies = Program(site, make_client(web_room, charlie, name="his"))

    assert problem(charlies.get(path)) == (404, "NO_CAMPAIGN")
    assert problem(charlies.get(f"{path}/messages")) == (404, "NO_CAMPAIGN")
    assert charlies.get("/campaigns").json()["items"] == []
    for act, body in (
        ("launch", {}),
        ("pause", None),
        ("resume", None),
        ("cancel", None),
        ("test", {"addresses": [JANE]}),
    ):
        assert problem(charlies.post(f"{path}/{act}", body)) == (404, "NO_CAMPAIGN")
    assert problem(charlies.post("/campaigns", sale)) == (404, "NO_LIST")
    for call in (charlies.get, charlies.delete):
        assert problem(call(f"/segments/{segment}")) == (404, "NO_SEGMENT")
    assert problem(charlies.patch(f"/segments/{segment}", {"name": "y"})) == (404, "NO_SEGMENT")
    assert marketer.campaign(campaign_id).state.value == "draft"
