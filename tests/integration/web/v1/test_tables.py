"""Relational tables over /v1: defined, filled, read."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender
from tests.integration.web.site import Site, make_client
from tests.integration.web.v1.program import Program, problem

JANE, BOB = "jane@domain.com", "bob@domain.com"
ORDERS = {
    "name": "orders",
    "fields": [
        {"name": "oid", "type": "number", "unique": True},
        {"name": "total", "type": "float"},
        {"name": "note", "type": "string", "length": 20},
        {"name": "day", "type": "date"},
    ],
    "foreign_keys": [{}],
    "active": True,
}


@pytest.fixture
def keyed(web_room: Room, make_person: MakePerson) -> Person:
    """Return an account that goes by e-mail, with Jane and Bob."""
    person = make_person("keyed", criterion="email")
    Sender(web_room, person).drop("people.csv", f"Email\n{JANE}\n{BOB}\n")
    return person


@pytest.fixture
def program(site: Site, web_room: Room, keyed: Person) -> Program:
    """Return the account's program."""
    return Program(site, make_client(web_room, keyed))


def make(program: Program, new: dict[str, Any]) -> int:
    answer = program.post("/tables", new)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def ids(program: Program) -> dict[str, int]:
    return {each["email"]: each["id"] for each in program.get("/contacts").json()["items"]}


def row(email: str | None, **values: Any) -> dict[str, Any]:
    return {"values": values} | ({"contact": {"email": email}} if email else {})


def saved(program: Program, table_id: int, *rows: dict[str, Any]) -> Any:
    answer = program.post(f"/tables/{table_id}/rows", {"rows": list(rows)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def values(program: Program, table_id: int, **query: Any) -> list[dict[str, Any]]:
    page = program.get(f"/tables/{table_id}/rows", params=query).json()
    return [each["values"] for each in page["items"]]


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


def test_rows_are_saved_and_read(program: Program) -> None:
    table = make(program, ORDERS)

    first = saved(
        program,
        table,
        row(JANE, oid=1, total=12.5, note="null", day="2019-03-27"),
        row(BOB, oid="2", total="1.10", day="1/1/2011"),
    )
    again = saved(program, table, row(JANE, OID=1, total=None, note="", day="2019-03-28"))
    same = saved(program, table, row(JANE, oid=1))

    assert (first, again) == ({"inserted": 2, "updated": 0}, {"inserted": 0, "updated": 1})
    assert same == {"inserted": 0, "updated": 0}
    page = program.get(f"/tables/{table}/rows", params={"total": "true"}).json()
    assert page["total"] == 2
    assert page["items"][0] == {
        "contact_id": ids(program)[JANE],
        "values": {"oid": 1, "note": "null", "day": "2019-03-28"},
        "created_at": "2026-03-04T12:00:00Z",
        "updated_at": "2026-03-04T12:00:00Z",
    }
    assert page["items"][1]["values"] == {"oid": 2, "total": 1.1, "day": "2011-01-01"}


def test_contacts_are_named_by_their_ids_too(program: Program) -> None:
    table = make(program, ORDERS)
    bob = ids(program)[BOB]

    saved(
        program,
        table,
        {"values": {"oid": 1}, "contact": {"id": bob}},
        row(None, oid=1) | {"contact": {"id": bob}},
    )
    unknown = program.post(
        f"/tables/{table}/rows", {"rows": [{"values": {"oid": 2}, "contact": {"id": 999_999}}]}
    )

    assert values(program, table, contact_id=bob) == [{"oid": 1}]
    assert values(program, table, contact_id=ids(program)[JANE]) == []
    assert problem(unknown) == (422, "NO_SUCH_CONTACT")


def test_rows_are_read_page_by_page_and_by_key(program: Program) -> None:
    table = make(program, {**ORDERS, "fields": [{"name": "k", "type": "string", "unique": True}]})
    keys = ["a", "ü" * 255, "b/c d", "Z", "é"]
    saved(program, table, *(row(JANE, k=key) for key in keys))

    found, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = program.get(f"/tables/{table}/rows", params=query).json()
        found += [each["values"]["k"] for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert found == sorted(keys)
    assert values(program, table, key="b/c d") == [{"k": "b/c d"}]
    assert problem(program.get(f"/tables/{table}/rows", params={"cursor": "x"})) == (422, "BAD_CURSOR")


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([row(JANE, oid=1, total="much")], "BAD_VALUE"),
        ([row(JANE, oid=1, day="27/03/2019")], "BAD_DATE"),
        ([row(JANE, oid=1, note="x" * 21)], "VALUE_TOO_LONG"),
        ([row(JANE, oid=1, colour="red")], "UNKNOWN_FIELD"),
        ([row(JANE, total=1)], "MISSING_UNIQUE"),
        ([row(JANE, oid=None)], "MISSING_UNIQUE"),
        ([row(JANE, oid=1.5)], "BAD_VALUE"),
        ([row(JANE, oid=10**30)], "BAD_VALUE"),
        ([row("nobody@domain.com", oid=1)], "NO_SUCH_CONTACT"),
        ([row("jane", oid=1)], "INVALID_EMAIL"),
        ([row(None, oid=1)], "MIXED_CONTACTS"),
        ([row(JANE, oid=1), {"values": {"oid": 2}, "contact": {"id": 1}}], "MIXED_CONTACTS"),
        ([row(BOB, oid=7)], "FOREIGN_ROW"),
        ([row(JANE, oid=True)], "INVALID"),
        ([], "INVALID"),
    ],
)
def test_one_row_that_is_wrong_refuses_all(program: Program, rows: list[dict[str, Any]], code: str) -> None:
    table = make(program, ORDERS)
    saved(program, table, row(JANE, oid=7))

    answer = program.post(f"/tables/{table}/rows", {"rows": [*([row(JANE, oid=3)] if rows else []), *rows]})

    assert problem(answer) == (422, code)
    assert values(program, table) == [{"oid": 7}]


@pytest.mark.parametrize(
    "said", ['{"values": {"oid": "\\ud800"}}', '{"values": {"\\ud800": 1}}', '{"values": {"oid": NaN}}']
)
def test_what_is_no_text_and_no_number_is_refused(program: Program, said: str) -> None:
    table = make(program, ORDERS)
    kind = {"Content-Type": "application/json"}

    answer = program.call("POST", f"/tables/{table}/rows", content=f'{{"rows": [{said}]}}', headers=kind)

    assert answer.status_code in {400, 422}


@pytest.mark.parametrize(
    ("row_", "code"), [({"oid": 1}, "MISSING_FIELD"), ({"total": 1}, "MISSING_FIELD"), ({}, "MISSING_FIELD")]
)
def test_a_row_needs_its_key_and_its_contact(program: Program, row_: dict[str, Any], code: str) -> None:
    table = make(program, ORDERS)

    assert problem(program.post(f"/tables/{table}/rows", {"rows": [{"values": row_}]})) == (422, code)


def test_a_refusal_says_which_rows_and_why(program: Program) -> None:
    table = make(program, ORDERS)

    answer = program.post(
        f"/tables/{table}/rows", {"rows": [row(JANE, oid=1), row(BOB, oid=2, total="much", day="soon")]}
    )

    assert answer.json()["details"] == {
        "rows": [
            {"row": 1, "code": "BAD_VALUE", "value": "total=much"},
            {"row": 1, "code": "BAD_DATE", "value": "day=soon"},
        ]
    }


def test_a_closed_table_takes_no_rows(program: Program) -> None:
    table = make(program, {**ORDERS, "active": False})

    assert problem(program.post(f"/tables/{table}/rows", {"rows": [row(JANE, oid=1)]})) == (
        422,
        "TABLE_NOT_ACTIVE",
    )


def test_rows_are_deleted_with_what_they_own(program: Program) -> None:
    orders = make(program, ORDERS)
    items = make(
        program,
        {
            "name": "items",
            "fields": [{"name": "iid", "type": "string", "unique": True}],
            "foreign_keys": [{"table_id": orders, "column": "order"}],
            "active": True,
        },
    )
    saved(program, orders, row(JANE, oid=1), row(BOB, oid=2))
    saved(program, items, row(None, iid="a", order=1), row(None, iid="b", order=2))

    gone = program.delete(f"/tables/{orders}/rows", json={"keys": [1, "01", 9]})
    wrong = program.delete(f"/tables/{orders}/rows", json={"keys": ["one"]})

    assert gone.json() == {"count": 2}
    assert problem(wrong) == (422, "BAD_VALUE")
    assert values(program, items) == [{"iid": "b", "order": 2}]
    assert program.post(f"/tables/{orders}/clear").json() == {"count": 2}
    assert (values(program, orders), values(program, items)) == ([], [])


def test_a_deleted_contact_takes_its_rows(program: Program) -> None:
    table = make(program, ORDERS)
    saved(program, table, row(JANE, oid=1), row(BOB, oid=2))

    program.delete(f"/contacts/{ids(program)[JANE]}")

    assert values(program, table) == [{"oid": 2}]


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


def test_rows_are_saved_once_under_one_key(program: Program) -> None:
    table = make(program, ORDERS)
    asked = {"rows": [row(JANE, oid=1)]}
    headers = {"Idempotency-Key": "order-1"}

    first = program.post(f"/tables/{table}/rows", asked, headers=headers)
    again = program.post(f"/tables/{table}/rows", asked, headers=headers)

    assert first.json() == again.json() == {"inserted": 1, "updated": 0}
    assert again.headers["idempotency-replayed"] == "true"


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


def test_an_account_that_goes_by_more_than_the_email_names_contacts_by_ids(
    shop_program: Program, contact_ids: list[int]
) -> None:
    table = make(shop_program, ORDERS)

    by_email = shop_program.post(f"/tables/{table}/rows", {"rows": [row("bob@example.com", oid=1)]})
    saved(shop_program, table, {"values": {"oid": 1}, "contact": {"id": contact_ids[0]}})

    assert problem(by_email) == (422, "NAME_BY_ID")
    assert values(shop_program, table) == [{"oid": 1}]


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
