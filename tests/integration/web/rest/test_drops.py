"""/rest/drops: what the folders can do."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.drops.processing import process_account
from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.rest.program import Program

PEOPLE = b"Email\nann@example.org\nno address\nbob@example.org\n"


@pytest.fixture
def process(web_room: Room, alice: Person) -> Any:
    """Return what processes the oldest file of Alice's account."""
    return lambda: process_account(web_room, alice.account.account_id)


def leave(program: Program, content: bytes, name: str = "people.csv", **form: str) -> dict[str, Any]:
    """Leave a file and return its drop."""
    answer = program.call("POST", "drops", data=form, files={"contactFile": (name, content)})
    found: dict[str, Any] = program.done(answer)["list"][0]
    return found


def test_a_file_is_left_and_becomes_what_its_folder_is_for(program: Program, process: Any) -> None:
    left = leave(program, PEOPLE, folder="import", mode="add")
    process()
    leave(program, b"Email\nann@example.org\n", "out.csv", folder="optoutEMAIL")
    process()

    imported, opted_out = program.get("drops")["list"]
    assert left["state"] == "ready"
    assert (imported["folder"], imported["state"], imported["mode"]) == ("import", "applied", "add")
    assert (imported["counts"]["created"], imported["counts"]["refused"]) == ("2", "1")
    assert (opted_out["folder"], opted_out["counts"]["optedOut"]) == ("optoutEMAIL", "1")
    assert program.names() == {imported["listId"]: "people"}
    (ann,) = program.get("contacts", email="ann@example.org", properties="emailOptout")["list"]
    assert ann == {"emailOptout": "user"}


def test_drops_are_found_by_their_filters(program: Program, process: Any) -> None:
    first = leave(program, PEOPLE, folder="import")
    process()
    second = leave(program, PEOPLE, "other.csv", folder="import")

    def found(**filters: str) -> list[str]:
        return [each["id"] for each in program.get("drops", properties="id", **filters)["list"]]

    assert found(state="applied") == [first["id"]]
    assert found(name="other.csv") == [second["id"]]
    assert found(folder="delete") == []
    assert found(id=f"{first['id']},{second['id']}", sort="id DESC") == [second["id"], first["id"]]


def test_the_file_and_its_reports_are_downloaded(program: Program, process: Any) -> None:
    drop = leave(program, PEOPLE, folder="import")
    process()

    files = program.get("drops", action="files", id=drop["id"])["list"]
    sent = program.call("GET", "drops", params={"action": "download", "id": drop["id"], "file": "file"})
    errors = program.call("GET", "drops", params={"action": "download", "id": drop["id"], "file": "errors"})

    assert {each["kind"] for each in files} >= {"file", "errors"}
    assert sent.content == PEOPLE
    assert "no address" in errors.text
    assert ".errors.csv" in errors.headers["content-disposition"]


def test_an_import_is_taken_back(program: Program, process: Any) -> None:
    drop = leave(program, PEOPLE, folder="import")
    process()

    tried = program.post("drops?action=undo", id=drop["id"], dryRun="1")
    before = program.get("contacts", limit=0, total=1)["total"]
    done = program.post("drops?action=undo", id=drop["id"])

    assert tried == done
    assert done["list"][0]["contactsRemoved"] == "2"
    assert (before, program.get("contacts", limit=0, total=1)["total"]) == (2, 0)


@pytest.mark.parametrize("action", ["retry", "release"])
def test_what_waits_for_nobody_is_neither_retried_nor_released(
    program: Program, process: Any, action: str
) -> None:
    drop = leave(program, PEOPLE, folder="import")
    process()

    program.refused(409, "POST", f"drops?action={action}", data={"id": drop["id"]})


def test_drops_of_alice_are_not_there_for_charlie(program: Program, charlies: Program, process: Any) -> None:
    leave(charlies, PEOPLE, folder="import")
    *_, hers = [leave(program, PEOPLE, folder="import") for _ in range(3)]
    process()

    assert charlies.get("drops", id=hers["id"])["list"] == []
    for action in ("retry", "release", "undo"):
        charlies.refused(404, "POST", f"drops?action={action}", data={"id": hers["id"]})
    charlies.refused(404, "GET", "drops", params={"action": "files", "id": hers["id"]})
    charlies.refused(404, "GET", "drops", params={"action": "download", "id": hers["id"], "file": "file"})


def test_a_folder_a_mode_and_a_file_must_be_known(program: Program) -> None:
    file = {"contactFile": ("people.csv", PEOPLE)}
    requests: list[dict[str, Any]] = [
        {"data": {"folder": "import"}},
        {"data": {"folder": "imports"}, "files": file},
        {"data": {"folder": "import", "mode": "merge"}, "files": file},
        {"files": file},
    ]
    for request in requests:
        program.refused(417, "POST", "drops", **request)

    assert program.get("drops")["list"] == []
