"""Rows of relational tables over /v1: saved, read, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.web.v1.program import Program, problem
from tests.integration.web.v1.tabling import BOB, JANE, ORDERS, ids, make, row, saved, values


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


def test_rows_are_saved_once_under_one_key(program: Program) -> None:
    table = make(program, ORDERS)
    asked = {"rows": [row(JANE, oid=1)]}
    headers = {"Idempotency-Key": "order-1"}

    first = program.post(f"/tables/{table}/rows", asked, headers=headers)
    again = program.post(f"/tables/{table}/rows", asked, headers=headers)

    assert first.json() == again.json() == {"inserted": 1, "updated": 0}
    assert again.headers["idempotency-replayed"] == "true"


def test_an_account_that_goes_by_more_than_the_email_names_contacts_by_ids(
    shop_program: Program, contact_ids: list[int]
) -> None:
    table = make(shop_program, ORDERS)

    by_email = shop_program.post(f"/tables/{table}/rows", {"rows": [row("bob@example.com", oid=1)]})
    saved(shop_program, table, {"values": {"oid": 1}, "contact": {"id": contact_ids[0]}})

    assert problem(by_email) == (422, "NAME_BY_ID")
    assert values(shop_program, table) == [{"oid": 1}]
