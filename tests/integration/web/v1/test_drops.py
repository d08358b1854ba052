"""What the folders can do, over /v1."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.drops.processing import process_account
from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.drops.batching import realm_of
from tests.integration.drops.sender import Sender
from tests.integration.web.site import make_client
from tests.integration.web.v1.program import Program, problem

DELETE = "contacts/delete/in"
PEOPLE = b"Email;Mobile\nann@example.com;0612345678\nbob@example.com;\nnobody;\n"


def leave(program: Program, content: bytes = PEOPLE, filename: str = "people.csv", **form: str) -> Any:
    answer = program.post("/drops", data=form, files={"file": (filename, content)})
    assert answer.status_code == 202, answer.text
    return answer.json()


def process(room: Room, person: Person) -> None:
    process_account(room, person.account.account_id)


def test_a_file_is_left_for_an_action_as_in_its_folder(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    left = leave(shop_program, action="import", mode="add")
    process(web_room, alice)
    leave(shop_program, b"Mobile\n0612345678\n", "stop.csv", action="optoutSMS")
    process(web_room, alice)

    done = shop_program.get(f"/drops/{left['id']}").json()
    assert (left["state"], left["mode"], left["counts"]) == ("ready", "add", None)
    assert left["sent_by"].startswith("client:")
    assert (done["state"], done["counts"]["created"], done["counts"]["refused"]) == ("applied", 2, 1)
    assert len(shop_program.get("/contacts", params={"sms_optout": "account"}).json()["items"]) == 1


def test_drops_are_read_page_by_page_the_oldest_or_the_newest_first(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        Sender(web_room, alice).leave(name, PEOPLE)

    def names(**query: Any) -> list[str]:
        page = shop_program.get("/drops", params={"limit": 2, **query}).json()
        rest = shop_program.get("/drops", params={"limit": 2, **query, "cursor": page["next"]}).json()
        return [each["filename"] for each in page["items"] + rest["items"]]

    assert names() == ["a.csv", "b.csv", "c.csv"]
    assert names(newest_first="true") == ["c.csv", "b.csv", "a.csv"]
    assert names(state="ready", action="import") == ["a.csv", "b.csv", "c.csv"]
    assert shop_program.get("/drops", params={"filename": "b.csv", "total": "true"}).json()["total"] == 1
    assert shop_program.get("/drops", params={"state": "applied"}).json()["items"] == []


def test_what_was_sent_and_its_reports_are_downloaded(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    left = leave(shop_program, action="import")
    process(web_room, alice)
    path = f"/drops/{left['id']}/files"

    kinds = [each["kind"] for each in shop_program.get(path).json()["items"]]

    assert {"file", "errors"} <= set(kinds)
    assert shop_program.get(f"{path}/file").content == PEOPLE
    assert b"nobody" in shop_program.get(f"{path}/errors").content
    assert problem(shop_program.get(f"{path}/undo")) == (404, "NO_REPORT")


def test_an_import_is_taken_back_after_a_dry_run(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    left = leave(shop_program, action="import")
    process(web_room, alice)
    path = f"/drops/{left['id']}/undo"

    tried = shop_program.post(path, params={"dry_run": "true"}, headers={"Idempotency-Key": "try"})
    assert (tried.status_code, tried.json()["contacts_removed"]) == (200, 2)
    assert len(shop_program.get("/contacts").json()["items"]) == 2

    done = [shop_program.post(path, headers={"Idempotency-Key": "undo"}) for _ in range(2)]
    assert [each.json()["contacts_removed"] for each in done] == [2, 2]
    assert shop_program.get("/contacts").json()["items"] == []
    assert problem(shop_program.post(path)) == (409, "UNDONE")


def test_a_drop_that_the_guard_refused_is_released_once_under_a_key(
    shop_program: Program, web_room: Room, make_person: Any
) -> None:
    bob = make_person("bob", guard_percent="50")
    sender = Sender(web_room, bob)
    program = Program(shop_program.site, make_client(web_room, bob))
    sender.drop("people.csv", PEOPLE)
    sender.drop("gone.csv", b"Email;Mobile\nann@example.com;0612345678\nbob@example.com;\n", directory=DELETE)
    (refused,) = program.get("/drops", params={"state": "refused"}).json()["items"]

    answers = [
        program.post(f"/drops/{refused['id']}/release", headers={"Idempotency-Key": "go"}) for _ in range(2)
    ]

    assert refused["failure"]["code"] == "TOO_MANY_DELETED"
    assert [each.json()["state"] for each in answers] == ["claimed", "claimed"]
    process(web_room, bob)
    assert program.get("/contacts").json()["items"] == []


@pytest.mark.parametrize("call", ["retry", "release", "undo"])
def test_a_second_chance_that_does_not_fit_is_refused(
    shop_program: Program, web_room: Room, alice: Person, call: str
) -> None:
    left = leave(shop_program, action="import")

    answer = shop_program.post(f"/drops/{left['id']}/{call}")

    assert problem(answer)[0] == 409
    assert shop_program.get(f"/drops/{left['id']}").json() == left


@pytest.mark.parametrize(
    "form",
    [{}, {"action": "dance"}, {"action": "import", "mode": "sometimes"}, {"action": "delete", "mode": "add"}],
)
def test_what_is_wrong_is_refused_and_nothing_is_left(shop_program: Program, form: dict[str, str]) -> None:
    answer = shop_program.post("/drops", data=form, files={"file": ("people.csv", PEOPLE)})

    assert problem(answer)[0] == 422
    assert shop_program.get("/drops").json()["items"] == []


def test_charlie_sees_no_drop_of_alices(
    shop_program: Program, stranger_program: Program, web_room: Room, alice: Person
) -> None:
    left = leave(shop_program, action="import")
    process(web_room, alice)
    before = shop_program.get(f"/drops/{left['id']}").json()

    for method, path in (
        ("GET", ""),
        ("GET", "/files"),
        ("GET", "/files/file"),
        ("POST", "/retry"),
        ("POST", "/release"),
        ("POST", "/undo"),
    ):
        assert problem(stranger_program.call(method, f"/drops/{left['id']}{path}")) == (404, "NO_DROP")
    assert stranger_program.get("/drops").json()["items"] == []
    assert shop_program.get(f"/drops/{left['id']}").json() == before


def test_command_batches_are_among_the_drops_and_fetched_without_their_password(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    realm = realm_of(web_room, alice)
    drop = realm.run("cmd=save&data=email^a@example.com")
    Sender(web_room, alice).leave("a.csv", PEOPLE)

    (found,) = shop_program.get("/drops", params={"action": "batch"}).json()["items"]

    assert (found["id"], found["action"], found["state"]) == (drop.drop_id, "batch", "applied")
    assert found["counts"]["created"] == 1
    content = shop_program.get(f"/drops/{drop.drop_id}/files/file").text
    assert content.splitlines()[:2] == ["realm=alice", "password=***"]
    refused = shop_program.post(
        "/drops", data={"action": "batch"}, files={"file": ("a.dat", b"realm=alice\n")}
    )
    assert refused.status_code == 422
