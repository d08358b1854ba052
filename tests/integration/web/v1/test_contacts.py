from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.custom_fields import FieldType
from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.drops.room import Room
from postroom.ingest.custom_fields import CustomFields
from postroom.web.api.v1.contact_models import Contact
from tests.conftest import Person
from tests.integration.drops.sender import Sender
from tests.integration.web.v1.program import Program, problem

NOBODYS = 999_999
BOB_HEADER = "Email;Prénom;Mobile;Date de naissance"


def emails(program: Program, **query: Any) -> list[str]:
    return sorted(each["email"] for each in program.get("/contacts", params=query).json()["items"])


def test_every_field_of_a_contact_is_answered() -> None:
    assert set(DOCUMENTED_FIELDS) <= set(Contact.model_fields)


def test_a_contact_is_read(shop_program: Program, web_room: Room, alice: Person) -> None:
    sender = Sender(web_room, alice)
    sender.drop("bob.csv", "Email;Prénom;Mobile;Date de naissance\nbob@example.com;Bob;0612345678;29/02/1980")
    sender.drop("0612345678.csv", "Mobile\n0612345678\n", directory="contacts/optoutSMS/in")

    (found,) = shop_program.get("/contacts").json()["items"]

    assert found == {
        "id": found["id"],
        "created_at": found["created_at"],
        "updated_at": found["updated_at"],
        **dict.fromkeys(DOCUMENTED_FIELDS),
        "custom": {},
        "email": "bob@example.com",
        "first_name": "Bob",
        "mobile": "+33612345678",
        "birth_date": "1980-02-29",
        "list_ids": [shop_program.get("/lists").json()["items"][0]["id"]],
        "optouts": {"email": None, "sms": "account", "voice": None, "voicemail": None},
    }
    assert shop_program.get(f"/contacts/{found['id']}").json() == found


def test_custom_fields_are_answered_by_name(
    shop_program: Program, web_room: Room, alice: Person, charlie: Person
) -> None:
    Sender(web_room, alice).drop("bob.csv", "Email\nbob@example.com")
    with web_room.database.transaction() as connection:
        for person, names in ((alice, ("Shoe size", "age", "gone")), (charlie, ("secret",))):
            fields = CustomFields(connection, person.account.account_id)
            assert [fields.create(name, FieldType.TEXT, "") for name in names] == [None] * len(names)
        connection.execute("update contacts set extra01 = '42', extra03 = 'old'")
        CustomFields(connection, alice.account.account_id).delete("gone")

    (found,) = shop_program.get("/contacts").json()["items"]

    assert found["custom"] == {"Shoe size": "42", "age": None}
    assert not [name for name in found if name.startswith("extra")]


def test_contacts_are_found_by_what_is_given(shop_program: Program, contact_ids: list[int]) -> None:
    list_id = shop_program.make_list()
    shop_program.post(f"/lists/{list_id}/contacts", {"contact_ids": contact_ids[1:2]})  # Dora

    assert emails(shop_program) == ["bob@example.com", "dora@example.com", "emil@example.com"]
    assert emails(shop_program, email="BOB@example.com") == ["bob@example.com"]
    assert emails(shop_program, list_id=list_id) == ["dora@example.com"]
    assert emails(shop_program, list_id=list_id, email="bob@example.com") == []
    assert emails(shop_program, mobile="0612345678") == emails(shop_program, reference="D7") == []
    assert len(emails(shop_program, updated_since="2026-03-04T13:00:00+01:00", sms_optout="false")) == 3
    assert emails(shop_program, updated_since="2099-01-01T00:00:00Z") == []
    assert emails(shop_program, email_optout="true") == emails(shop_program, email_optout="spam") == []


def test_contacts_are_read_page_by_page_under_their_filter(
    shop_program: Program, contact_ids: list[int]
) -> None:
    query = {"limit": 2, "sms_optout": "false", "total": "true"}

    first = shop_program.get("/contacts", params=query).json()
    second = shop_program.get("/contacts", params={**query, "cursor": first["next"]}).json()
    elsewhere = shop_program.get("/contacts", params={"limit": 2, "cursor": first["next"]})

    assert [each["id"] for each in [*first["items"], *second["items"]]] == sorted(contact_ids)
    assert (first["total"], second["total"], second["next"]) == (3, 3, None)
    assert problem(elsewhere) == (422, "BAD_CURSOR")


def test_who_has_it_already_is_told_so(shop_program: Program, contact_ids: list[int]) -> None:
    path = f"/contacts/{contact_ids[0]}"
    etag = shop_program.get(path).headers["etag"]

    assert shop_program.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_charlie_finds_no_contact_of_alices(
    stranger_program: Program, shop_program: Program, contact_ids: list[int]
) -> None:
    list_id = shop_program.get("/lists").json()["items"][0]["id"]

    hers = stranger_program.get(f"/contacts/{contact_ids[0]}")
    nobodys = stranger_program.get(f"/contacts/{NOBODYS}")

    assert problem(hers) == problem(nobodys) == (404, "NO_CONTACT")
    assert emails(stranger_program) == []
    assert emails(stranger_program, email="bob@example.com") == []
    assert emails(stranger_program, list_id=list_id) == []


@pytest.mark.parametrize(
    "query",
    [
        {"updated_since": "yesterday"},
        {"updated_since": "2026-03-04T12:00:00"},
        {"list_id": "0"},
        {"sms_optout": "perhaps"},
        {"emial": "bob@example.com"},
        {"email": "x" * 4001},
    ],
)
def test_a_filter_that_is_none_is_refused(shop_program: Program, query: dict[str, str]) -> None:
    assert problem(shop_program.get("/contacts", params=query))[0] == 422
