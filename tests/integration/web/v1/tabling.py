"""Making tables and filling them over /v1, in a few words."""

from __future__ import annotations

from typing import Any

from tests.integration.web.v1.program import Program

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
