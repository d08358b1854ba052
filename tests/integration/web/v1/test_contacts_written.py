from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.drops.room import Room
from postroom.web.api.v1.contact_models import Values
from tests.conftest import Person
from tests.integration.web.site import make_client
from tests.integration.web.v1.program import Program, problem

NOBODYS = 999_999
BOB = {
    "email": "bob@example.com",
    "first_name": "Bob",
    "mobile": "06 12 34 56 78",
    "birth_date": "1980-02-29",
}


def store(program: Program, *contacts: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    answer = program.post("/contacts", {"contacts": list(contacts)}, **more)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def emails(program: Program, **query: Any) -> list[str]:
    return [each["email"] for each in program.get("/contacts", params=query).json()["items"]]


def test_every_field_of_a_contact_can_be_written() -> None:
    assert set(Values.model_fields) == set(DOCUMENTED_FIELDS)


def test_a_contact_is_stored_and_read(shop_program: Program) -> None:
    (stored,) = store(shop_program, BOB)

    assert stored == {
        "id": stored["id"],
        "created_at": stored["created_at"],
        "updated_at": stored["updated_at"],
        **dict.fromkeys(DOCUMENTED_FIELDS),
        "custom": {},
        **BOB,
        "mobile": "+33612345678",
        "list_ids": [],
        "optouts": {"email": None, "sms": None, "voice": None, "voicemail": None},
    }
    assert shop_program.get(f"/contacts/{stored['id']}").json() == stored


def test_who_is_known_already_is_updated(shop_program: Program) -> None:
    first, second = store(shop_program, BOB)[0], store(shop_program, {**BOB, "city": "Rennes"})[0]

    assert second["id"] == first["id"]
    assert (second["first_name"], second["city"]) == ("Bob", "Rennes")


def test_one_that_is_not_valid_refuses_all(shop_program: Program) -> None:
    answer = shop_program.post("/contacts", {"contacts": [BOB, {"email": "nobody"}]})

    assert problem(answer)[0] == 422
    assert "nobody" in answer.json()["detail"]
    assert emails(shop_program) == []


def test_the_same_key_twice_stores_once(shop_program: Program) -> None:
    headers = {"Idempotency-Key": "bob"}

    answers = [shop_program.post("/contacts", {"contacts": [BOB]}, headers=headers) for _ in range(2)]

    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"


def test_a_contact_is_changed_in_what_is_named(shop_program: Program) -> None:
    (bob,) = store(shop_program, BOB)

    changed = shop_program.patch(f"/contacts/{bob['id']}", {"city": "Rennes", "first_name": None}).json()

    assert (changed["city"], changed["first_name"], changed["email"]) == ("Rennes", None, "bob@example.com")
    assert shop_program.get(f"/contacts/{bob['id']}").json() == changed
    assert shop_program.patch(f"/contacts/{bob['id']}", {}).json() == changed


def test_opt_outs_are_set_and_lifted(shop_program: Program) -> None:
    (bob,) = store(shop_program, BOB | {"optouts": {"sms": "contact"}})

    also = shop_program.patch(f"/contacts/{bob['id']}", {"optouts": {"email": "account"}}).json()
    lifted = shop_program.patch(f"/contacts/{bob['id']}", {"optouts": {"sms": None}}).json()
    (again,) = store(shop_program, BOB)

    nobody: dict[str, None] = {"voice": None, "voicemail": None}
    assert also["optouts"] == {"email": "account", "sms": "contact", **nobody}
    assert lifted["optouts"] == {"email": "account", "sms": None, **nobody}
    assert again["optouts"] == lifted["optouts"]
    assert emails(shop_program, email_optout="true") == ["bob@example.com"]
    assert emails(shop_program, email_optout="spam") == []


def test_what_has_changed_since_is_left_alone(shop_program: Program) -> None:
    (bob,) = store(shop_program, BOB)
    seen = shop_program.get(f"/contacts/{bob['id']}").headers["etag"]
    shop_program.patch(f"/contacts/{bob['id']}", {"city": "Rennes"})
    headers = {"If-Match": seen}

    changed = shop_program.patch(f"/contacts/{bob['id']}", {"city": "Brest"}, headers=headers)
    deleted = shop_program.delete(f"/contacts/{bob['id']}", headers=headers)

    assert problem(changed) == problem(deleted) == (412, "CHANGED")
    assert shop_program.get(f"/contacts/{bob['id']}").json()["city"] == "Rennes"


def test_a_deleted_contact_is_gone_from_its_lists(shop_program: Program) -> None:
    (bob,) = store(shop_program, BOB)
    list_id = shop_program.make_list()
    shop_program.post(f"/lists/{list_id}/contacts", {"contact_ids": [bob["id"]]})

    assert shop_program.delete(f"/contacts/{bob['id']}").status_code == 204

    assert problem(shop_program.get(f"/contacts/{bob['id']}")) == (404, "NO_CONTACT")
    assert shop_program.get(f"/lists/{list_id}").json()["stats"]["subscribers"] == 0


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"city": "Brest"}), ("DELETE", None)])
def test_charlie_finds_no_contact_of_alices(
    shop_program: Program, stranger_program: Program, method: str, body: Any
) -> None:
    (bob,) = store(shop_program, BOB)

    hers = stranger_program.call(method, f"/contacts/{bob['id']}", json=body)
    nobodys = stranger_program.call(method, f"/contacts/{NOBODYS}", json=body)

    assert problem(hers) == problem(nobodys) == (404, "NO_CONTACT")
    assert emails(stranger_program) == []
    assert emails(stranger_program, email="bob@example.com") == []
    assert shop_program.get(f"/contacts/{bob['id']}").json() == bob


@pytest.mark.parametrize(
    "sent",
    [
        {"email": 7},
        {"email": "bob@example.com", "shoe_size": "43"},
        {"email": "bob@example.com", "birth_date": "1980-02-30"},
        {"email": "bob@example.com", "birth_date": "29/02/1980"},
        {"email": "bob@example.com", "city": "x" * 4001},
        {"email": "bob@example.com", "optouts": {"fax": "contact"}},
        {"email": "bob@example.com", "optouts": {"sms": "whim"}},
        {"email": "bob@example.com", "optouts": None},
        {},
        None,
    ],
)
def test_what_is_wrong_is_refused_and_stores_nothing(shop_program: Program, sent: Any) -> None:
    answer = shop_program.post("/contacts", {"contacts": [{"email": "dora@example.com"}, sent]})

    assert problem(answer)[0] == 422
    assert emails(shop_program) == []


def test_a_reader_of_contacts_stores_none(shop_program: Program, web_room: Room, alice: Person) -> None:
    reader = Program(shop_program.site, make_client(web_room, alice, name="reader", scopes=["contacts:read"]))

    assert problem(reader.post("/contacts", {"contacts": [BOB]})) == (403, "INSUFFICIENT_SCOPE")
    assert problem(reader.get("/lists")) == (403, "INSUFFICIENT_SCOPE")
    assert emails(reader) == []
