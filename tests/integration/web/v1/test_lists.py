from __future__ import annotations

from typing import Any

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.site import make_client
from tests.integration.web.v1.program import Program, problem

NOBODYS = 999_999


def test_a_list_is_made_and_read(shop_program: Program) -> None:
    made = shop_program.post("/lists", {"name": "Spring", "description": "Who asked in March"})

    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/lists/{made.json()['id']}"
    assert shop_program.site.calls.get(made.headers["location"]).status_code == 401
    assert shop_program.get(f"/lists/{made.json()['id']}").json() == made.json()
    assert made.json() == {
        "id": made.json()["id"],
        "name": "Spring",
        "description": "Who asked in March",
        "created_at": "2026-03-04T12:00:00Z",
        "updated_at": "2026-03-04T12:00:00Z",
        "last_drop_id": None,
        "stats": {"subscribers": 0, "sms": 0, "email": 0, "voice": 0, "voicemail": 0},
    }


def test_lists_are_read_page_by_page(shop_program: Program) -> None:
    made = [shop_program.make_list(f"List {number}") for number in range(5)]

    pages = []
    cursor: str | None = ""
    while cursor is not None:
        page = shop_program.get(
            "/lists", params={"limit": 2, **({"cursor": cursor} if cursor else {})}
        ).json()
        pages.append([each["id"] for each in page["items"]])
        cursor = page["next"]

    assert pages == [made[:2], made[2:4], made[4:]]


def test_the_last_page_says_so_even_when_it_is_full(shop_program: Program) -> None:
    shop_program.make_list()
    shop_program.make_list()

    page = shop_program.get("/lists", params={"limit": 2}).json()

    assert (len(page["items"]), page["next"]) == (2, None)


def test_totals_and_stats_come_when_they_are_asked_for(shop_program: Program) -> None:
    shop_program.make_list()
    shop_program.make_list()

    plain = shop_program.get("/lists", params={"limit": 1}).json()
    full = shop_program.get("/lists", params={"limit": 1, "total": "true", "stats": "true"}).json()

    assert (plain["total"], plain["items"][0]["stats"]) == (None, None)
    assert (full["total"], full["items"][0]["stats"]["subscribers"]) == (2, 0)


@pytest.mark.parametrize("cursor", ["", "x", "AAAAAAAAAAAAAAAAAAAAAA", "é", "\x00", "%00", "a" * 101])
def test_a_cursor_that_is_none_is_refused(shop_program: Program, cursor: str) -> None:
    status, code = problem(shop_program.get("/lists", params={"cursor": cursor}))

    assert status == 422
    assert code in {"BAD_CURSOR", "INVALID"}


def test_a_cursor_of_others_is_refused(shop_program: Program, stranger_program: Program) -> None:
    shop_program.make_list()
    shop_program.make_list()
    cursor = shop_program.get("/lists", params={"limit": 1}).json()["next"]

    answer = stranger_program.get("/lists", params={"cursor": cursor})

    assert problem(answer) == (422, "BAD_CURSOR")


def test_a_list_is_changed_in_what_is_named(shop_program: Program) -> None:
    made = shop_program.post("/lists", {"name": "Spring", "description": "March"}).json()

    renamed = shop_program.patch(f"/lists/{made['id']}", {"name": "Summer"}).json()
    cleared = shop_program.patch(f"/lists/{made['id']}", {"description": None}).json()

    assert (renamed["name"], renamed["description"]) == ("Summer", "March")
    assert (cleared["name"], cleared["description"]) == ("Summer", None)
    assert shop_program.patch(f"/lists/{made['id']}", {}).json() == cleared


def test_a_deleted_list_is_gone(shop_program: Program) -> None:
    list_id = shop_program.make_list()

    assert shop_program.delete(f"/lists/{list_id}").status_code == 204

    assert problem(shop_program.get(f"/lists/{list_id}")) == (404, "NO_LIST")
    assert problem(shop_program.delete(f"/lists/{list_id}")) == (404, "NO_LIST")


def test_contacts_come_on_a_list_and_off_it(shop_program: Program, contact_ids: list[int]) -> None:
    list_id = shop_program.make_list()
    path = f"/lists/{list_id}/contacts"

    added = shop_program.post(path, {"contact_ids": contact_ids})
    again = shop_program.post(path, {"contact_ids": [*contact_ids, NOBODYS]})
    removed = shop_program.delete(path, json={"contact_ids": contact_ids[:2]})
    one = shop_program.delete(f"{path}/{contact_ids[2]}")
    once_more = shop_program.delete(f"{path}/{contact_ids[2]}")

    assert [added.json(), again.json(), removed.json()] == [{"count": 3}, {"count": 0}, {"count": 2}]
    assert one.status_code == 204
    assert problem(once_more) == (404, "NOT_ON_LIST")
    assert shop_program.get(f"/lists/{list_id}").json()["stats"]["subscribers"] == 0


def test_a_list_is_made_of_several(shop_program: Program, contact_ids: list[int]) -> None:
    one, two = shop_program.make_list("One"), shop_program.make_list("Two")
    shop_program.post(f"/lists/{one}/contacts", {"contact_ids": contact_ids[:2]})
    shop_program.post(f"/lists/{two}/contacts", {"contact_ids": contact_ids[1:]})

    merged = shop_program.post("/lists/merge", {"list_ids": [one, two], "name": "Both"})

    assert merged.status_code == 201
    assert (merged.json()["name"], merged.json()["stats"]["subscribers"]) == ("Both", 3)
    assert shop_program.names()[-3:] == ["One", "Two", "Both"]


def test_a_merge_with_a_list_that_is_not_there_makes_nothing(shop_program: Program) -> None:
    one = shop_program.make_list("One")

    answer = shop_program.post("/lists/merge", {"list_ids": [one, NOBODYS], "name": "Both"})

    assert problem(answer)[0] in {404, 422}
    assert str(NOBODYS) in answer.json()["detail"]
    assert shop_program.names() == ["One"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("POST", "/contacts", {"contact_ids": [1]}),
        ("DELETE", "/contacts", {"contact_ids": [1]}),
        ("DELETE", "/contacts/1", None),
    ],
)
def test_charlie_finds_no_list_of_alices(
    shop_program: Program, stranger_program: Program, method: str, path: str, body: Any
) -> None:
    list_id = shop_program.make_list()
    before = shop_program.get(f"/lists/{list_id}").json()

    hers = stranger_program.call(method, f"/lists/{list_id}{path}", json=body)
    nobodys = stranger_program.call(method, f"/lists/{NOBODYS}{path}", json=body)

    assert problem(hers) == problem(nobodys) == (404, "NO_LIST")
    assert hers.text.replace(str(list_id), "?") == nobodys.text.replace(str(NOBODYS), "?")
    assert shop_program.get(f"/lists/{list_id}").json() == before
    assert stranger_program.names() == []


def test_charlie_merges_nothing_of_alices(shop_program: Program, stranger_program: Program) -> None:
    hers, his = shop_program.make_list(), stranger_program.make_list("His")

    answer = stranger_program.post("/lists/merge", {"list_ids": [hers, his + NOBODYS], "name": "Both"})

    assert problem(answer)[0] in {404, 422}
    assert stranger_program.names() == ["His"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/lists", {}),
        ("POST", "/lists", {"name": ""}),
        ("POST", "/lists", {"name": "x" * 256}),
        ("POST", "/lists", {"name": 7}),
        ("POST", "/lists", {"name": None}),
        ("POST", "/lists", {"name": " \x00 "}),
        ("POST", "/lists", {"name": "Spring", "colour": "green"}),
        ("POST", "/lists", ["Spring"]),
        ("POST", "/lists/merge", {"list_ids": [1], "name": "Both"}),
        ("POST", "/lists/merge", {"list_ids": ["1", "2"], "name": "Both"}),
        ("PATCH", "/lists/1", {"name": None}),
        ("POST", "/lists/1/contacts", {"contact_ids": []}),
        ("POST", "/lists/1/contacts", {"contact_ids": [True]}),
        ("POST", "/lists/1/contacts", {"contact_ids": [2**63]}),
        ("POST", "/lists/1/contacts", {"contact_ids": [1] * 1001}),
        ("GET", "/lists/0", None),
        ("GET", "/lists/9223372036854775808", None),
        ("GET", "/lists/one", None),
        ("GET", "/lists?limit=0", None),
        ("GET", "/lists?limit=501", None),
        ("GET", "/lists?limitt=5", None),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(
    shop_program: Program, method: str, path: str, body: Any
) -> None:
    answer = shop_program.call(method, path, json=body)

    assert problem(answer)[0] == 422
    assert shop_program.names() == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_bodies_are_json(shop_program: Program, kind: str) -> None:
    answer = shop_program.call("POST", "/lists", content=b'{"name": "x"}', headers={"Content-Type": kind})

    assert problem(answer) == (415, "UNSUPPORTED")


def test_a_reader_changes_nothing(shop_program: Program, web_room: Room, alice: Person) -> None:
    list_id = shop_program.make_list()
    reader = Program(shop_program.site, make_client(web_room, alice, name="reader", scopes=["lists:read"]))

    refused = [
        reader.post("/lists", {"name": "More"}),
        reader.patch(f"/lists/{list_id}", {"name": "Other"}),
        reader.delete(f"/lists/{list_id}"),
    ]

    assert [problem(each) for each in refused] == [(403, "INSUFFICIENT_SCOPE")] * 3
    assert reader.names() == ["Spring"]
