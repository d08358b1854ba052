"""Relational tables over /v1: made, changed, read, deleted; who may."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.site import Site, make_client
from tests.integration.web.v1.program import Program, problem
from tests.integration.web.v1.tabling import JANE, ORDERS, ids, make, row, saved


def test_a_table_is_made_in_one_call(program: Program) -> None:
    made = program.post("/tables", {**ORDERS, "description": "What they bought", "may_clear": True})

    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/tables/{made.json()['id']}"
    assert program.get(f"/tables/{made.json()['id']}").json() == made.json()
    assert made.json() | {"id": 0} == {
        "id": 0,
        "name": "orders",
        "kind": "regular",
        "description": "What they bought",
        "state": "active",
        "may_clear": True,
        "fields": [
            {"name": "oid", "type": "number", "length": None, "unique": True, "active": True},
            {"name": "total", "type": "float", "length": None, "unique": False, "active": True},
            {"name": "note", "type": "string", "length": 20, "unique": False, "active": True},
            {"name": "day", "type": "date", "length": None, "unique": False, "active": True},
        ],
        "foreign_keys": [{"table_id": None, "column": None, "owning": True}],
        "created_at": "2026-03-04T12:00:00Z",
        "updated_at": "2026-03-04T12:00:00Z",
    }


def test_a_table_is_made_step_by_step(program: Program) -> None:
    orders = make(program, ORDERS)
    items = make(program, {"name": "items"})
    path = f"/tables/{items}"

    early = program.patch(path, {"active": True})
    fields = program.post(f"{path}/fields", {"fields": [{"name": "iid", "type": "string", "unique": True}]})
    keys = program.post(f"{path}/foreign-keys", {"table_id": orders, "column": "order"})
    opened = program.patch(path, {"active": True, "description": "Of orders"})
    closed = program.patch(path, {"active": False})

    assert problem(early) == (422, "NO_UNIQUE_FIELD")
    assert fields.json()["fields"][0]["length"] == 255
    assert keys.json()["foreign_keys"] == [{"table_id": orders, "column": "order", "owning": True}]
    assert (opened.json()["state"], opened.json()["description"]) == ("active", "Of orders")
    assert closed.json()["state"] == "inactive"


def test_a_table_that_cannot_be_is_not_made_in_part(program: Program) -> None:
    answer = program.post("/tables", {**ORDERS, "fields": [{"name": "oid", "type": "number"}]})

    assert problem(answer) == (422, "NO_UNIQUE_FIELD")
    assert program.get("/tables").json()["items"] == []


@pytest.mark.parametrize(
    ("new", "status", "code"),
    [
        ({"name": "two words"}, 422, "BAD_NAME"),
        ({"name": "ORDERS"}, 409, "TABLE_EXISTS"),
        ({"name": "a", "kind": "round"}, 422, "INVALID"),
        ({"name": "a", "fields": [{"name": "email", "type": "string"}]}, 422, "BAD_NAME"),
        ({"name": "a", "fields": [{"name": "n", "type": "number", "length": 3}]}, 422, "BAD_LENGTH"),
        ({"name": "a", "fields": [{"name": "n", "type": "date"}] * 2}, 422, "FIELD_EXISTS"),
        ({"name": "a", "foreign_keys": [{"table_id": 999_999}]}, 404, "NO_TABLE"),
        ({"name": "a", "foreign_keys": [{}, {}]}, 422, "BAD_FOREIGN_KEY"),
        ({"name": "a", "description": "<b>"}, 422, "BAD_DESCRIPTION"),
    ],
)
def test_what_cannot_be_is_refused(program: Program, new: dict[str, Any], status: int, code: str) -> None:
    make(program, ORDERS)

    assert problem(program.post("/tables", new)) == (status, code)


def test_tables_are_read_page_by_page(program: Program) -> None:
    made = [make(program, {"name": f"table{number}"}) for number in range(3)]

    first = program.get("/tables", params={"limit": 2, "total": "true"}).json()
    last = program.get("/tables", params={"limit": 2, "cursor": first["next"]}).json()

    assert [each["id"] for each in (*first["items"], *last["items"])] == made
    assert (first["total"], last["next"]) == (3, None)


def test_a_table_is_deleted(program: Program) -> None:
    table = make(program, ORDERS)
    saved(program, table, row(JANE, oid=1))

    assert program.delete(f"/tables/{table}").status_code == 204
    assert problem(program.get(f"/tables/{table}")) == (404, "NO_TABLE")
    assert problem(program.get(f"/tables/{table}/rows")) == (404, "NO_TABLE")


def test_a_field_is_switched_off(program: Program) -> None:
    table = make(program, ORDERS)

    off = program.patch(f"/tables/{table}/fields/NOTE", {"active": False})

    assert [each["name"] for each in off.json()["fields"] if not each["active"]] == ["note"]
    assert problem(program.patch(f"/tables/{table}/fields/none", {"active": True})) == (404, "NO_FIELD")
    assert problem(program.post(f"/tables/{table}/rows", {"rows": [row(JANE, oid=1, note="x")]})) == (
        422,
        "UNKNOWN_FIELD",
    )


def test_a_table_that_has_changed_is_not_changed_blindly(program: Program) -> None:
    table = make(program, ORDERS)
    read = program.get(f"/tables/{table}")
    etag = read.headers["etag"]

    unchanged = program.get(f"/tables/{table}", headers={"If-None-Match": etag})
    program.patch(f"/tables/{table}", {"description": "Changed"}, headers={"If-Match": etag})
    stale = program.delete(f"/tables/{table}", headers={"If-Match": etag})

    assert unchanged.status_code == 304
    assert problem(stale) == (412, "CHANGED")


def test_who_may_only_read_tables_does_not_write_them(site: Site, web_room: Room, keyed: Person) -> None:
    writer = Program(site, make_client(web_room, keyed, name="w", scopes=["tables:write"]))
    reader = Program(site, make_client(web_room, keyed, name="r", scopes=["tables:read"]))
    other = Program(site, make_client(web_room, keyed, name="o", scopes=["contacts:write"]))
    table = make(writer, ORDERS)

    assert reader.get(f"/tables/{table}").status_code == 200
    assert problem(reader.post("/tables", ORDERS)) == (403, "INSUFFICIENT_SCOPE")
    assert problem(reader.post(f"/tables/{table}/rows", {"rows": [row(JANE, oid=1)]}))[0] == 403
    assert problem(other.get("/tables")) == (403, "INSUFFICIENT_SCOPE")


def test_charlie_cannot_point_to_alices_table_nor_own_her_contacts_rows(
    program: Program, shop_program: Program, contact_ids: list[int]
) -> None:
    hers = make(program, ORDERS)
    own = make(shop_program, ORDERS)
    jane = ids(program)[JANE] + 1000

    pointing = shop_program.post("/tables", {"name": "items", "foreign_keys": [{"table_id": hers}]})
    owning = shop_program.post(
        f"/tables/{own}/rows", {"rows": [{"values": {"oid": 1}, "contact": {"id": jane}}]}
    )

    assert problem(pointing) == (404, "NO_TABLE")
    assert problem(owning) == (422, "NO_SUCH_CONTACT")
