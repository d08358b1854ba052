"""Files of contacts over /v1: taken at once, read afterwards, once under a key."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from postroom.drops.processing import process_account
from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.site import make_client
from tests.integration.web.v1.program import Program, problem

PEOPLE = b"Email;Nom\nann@example.com;Durand\nbob@example.com;Martin\nnobody;Petit\nnowhere;Grand\n"
KEY = {"Idempotency-Key": "people-of-monday"}


def start(program: Program, content: bytes = PEOPLE, filename: str = "people.csv", **form: str) -> Any:
    answer = program.post("/imports", data=form, files={"file": (filename, content)})
    assert answer.status_code == 202, answer.text
    return answer.json()


def process(room: Room, person: Person) -> None:
    process_account(room, person.account.account_id)


def test_an_import_is_there_at_once_and_its_contacts_follow(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    answer = shop_program.post("/imports", files={"file": ("people.csv", PEOPLE)}, data={"name": "Spring"})
    started = answer.json()

    assert answer.status_code == 202
    assert answer.headers["location"] == f"/v1/imports/{started['id']}"
    assert (started["status"], started["filename"], started["lines"]) == ("in", "people.csv", 0)
    assert shop_program.get(f"/lists/{started['list_id']}").json()["name"] == "Spring"

    process(web_room, alice)

    done = shop_program.get(f"/imports/{started['id']}").json()
    assert (done["status"], done["lines"], done["created"], done["invalid"]) == ("ok", 4, 2, 2)
    assert done["failure"] is None
    assert shop_program.get(f"/lists/{started['list_id']}").json()["stats"]["subscribers"] == 2


def test_a_list_is_called_like_its_file(shop_program: Program) -> None:
    started = start(shop_program, filename="été.csv")

    assert shop_program.get(f"/lists/{started['list_id']}").json()["name"] == "été"


def test_a_file_without_header_has_the_fixed_order(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    start(shop_program, b"Mr;Bob;Martin;bob@example.com\n", has_header="false")
    process(web_room, alice)

    (bob,) = shop_program.get("/contacts").json()["items"]
    assert (bob["first_name"], bob["last_name"], bob["email"]) == ("Bob", "Martin", "bob@example.com")


def test_refused_rows_are_read_page_by_page_and_as_a_file(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    started = start(shop_program)
    process(web_room, alice)
    path = f"/imports/{started['id']}"

    first = shop_program.get(f"{path}/refused", params={"limit": 1}).json()
    second = shop_program.get(f"{path}/refused", params={"limit": 1, "cursor": first["next"]}).json()
    report = shop_program.get(f"{path}/report")
    linked = httpx.get(shop_program.get(path).json()["errors_url"], trust_env=False)

    assert first["header"] == ["Email", "Nom"]
    assert (first["total"], second["next"]) == (2, None)
    assert [page["items"][0]["cells"][0] for page in (first, second)] == ["nobody", "nowhere"]
    assert first["items"][0]["line"] == 4
    assert first["items"][0]["code"] == "INVALID_EMAIL"
    assert report.headers["content-type"].startswith("text/csv")
    assert report.content == linked.content
    assert b"nobody;Petit" in report.content


def test_a_file_that_was_refused_says_why(shop_program: Program, web_room: Room, alice: Person) -> None:
    started = start(shop_program, b"Nom;Pr\xe9nom\nDurand;Ann\n")
    process(web_room, alice)

    done = shop_program.get(f"/imports/{started['id']}").json()

    assert (done["status"], done["created"]) == ("ko", 0)
    assert done["failure"]["code"] == "MISSING_COLUMN"


def test_the_same_key_twice_imports_once(shop_program: Program, web_room: Room, alice: Person) -> None:
    files = {"file": ("people.csv", PEOPLE)}

    answers = [shop_program.post("/imports", files=files, headers=KEY) for _ in range(2)]
    other = shop_program.post("/imports", files={"file": ("people.csv", PEOPLE + b"x")}, headers=KEY)

    assert [each.status_code for each in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert problem(other) == (422, "KEY_REUSED")
    assert shop_program.names() == ["people"]
    assert list(web_room.blobs.staging.iterdir()) == []


@pytest.mark.parametrize(
    ("filename", "content", "form"),
    [
        ("people.csv", b"", {}),
        ("people.zip", b"PK\x03\x04cut off", {}),
        ("people.csv", PEOPLE, {"name": ""}),
        ("people.csv", PEOPLE, {"name": "x" * 256}),
        ("people.csv", PEOPLE, {"has_header": "perhaps"}),
        ("people.csv", PEOPLE, {"colour": "green"}),
    ],
)
def test_what_is_wrong_is_refused_at_once_and_nothing_is_made(
    shop_program: Program, web_room: Room, filename: str, content: bytes, form: dict[str, str]
) -> None:
    answer = shop_program.post("/imports", files={"file": (filename, content)}, data=form)

    assert problem(answer)[0] == 422
    assert shop_program.names() == []
    assert shop_program.get("/drops").json()["items"] == []
    assert list(web_room.blobs.staging.iterdir()) == []


def test_a_form_without_its_file_or_none_at_all_is_refused(shop_program: Program) -> None:
    without = shop_program.post("/imports", files={"contactFile": ("people.csv", PEOPLE)})
    twice = shop_program.post(
        "/imports", files=[("name", (None, "a")), ("name", (None, "b")), ("file", ("people.csv", PEOPLE))]
    )

    assert problem(without) == (422, "NO_FILE")
    assert problem(twice) == (422, "INVALID")
    assert problem(shop_program.post("/imports", {"name": "x"})) == (415, "UNSUPPORTED")


def test_charlie_sees_no_import_of_alices(
    shop_program: Program, stranger_program: Program, web_room: Room, alice: Person
) -> None:
    started = start(shop_program)
    process(web_room, alice)

    for path in ("", "/refused", "/report"):
        answer = stranger_program.get(f"/imports/{started['id']}{path}")
        assert answer.status_code == 404
        assert b"nobody" not in answer.content


def test_who_may_not_change_lists_imports_none(shop_program: Program, web_room: Room, alice: Person) -> None:
    reader = Program(shop_program.site, make_client(web_room, alice, name="reader", scopes=["lists:read"]))

    assert problem(reader.post("/imports", files={"file": ("people.csv", PEOPLE)})) == (
        403,
        "INSUFFICIENT_SCOPE",
    )
    assert shop_program.names() == []
