"""Contacts that came by a file, read by programs."""

from __future__ import annotations

import json

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.rest.contacts import add_contacts
from tests.integration.web.rest.program import Program


@pytest.mark.parametrize("place", ["params", "data", "json"])
def test_contacts_of_a_file_are_found(program: Program, web_room: Room, alice: Person, place: str) -> None:
    one, other, _ = add_contacts(web_room, alice, 3)

    parameters = {"id": f"{one},{other}", "properties": "id,listIds"}
    answer = program.call("GET", "contacts", **{place: parameters})

    assert answer.json() == {
        "list": [{"id": str(one), "listIds": []}, {"id": str(other), "listIds": []}],
        "size": 2,
        "total": None,
    }


def test_a_get_with_a_body_is_read_as_curl_sends_it(program: Program, web_room: Room, alice: Person) -> None:
    add_contacts(web_room, alice, 3)

    status, body = program.raw(
        "GET /rest/contacts HTTP/1.1\n"
        "Host: contacts.messengeo.net\n"
        "User-Agent: curl/7.88.1\n"
        "Accept: */*\n"
        "Authorization: Bearer TOKEN\n"
        "Content-Type: application/x-www-form-urlencoded\n"
        "\nemail=ALICE2@example.org"
    )

    assert status == 200
    assert [each["email"] for each in json.loads(body)["list"]] == ["alice2@example.org"]


def test_charlie_finds_none_of_them(
    program: Program, charlies: Program, web_room: Room, alice: Person
) -> None:
    one, *_ = add_contacts(web_room, alice, 3)

    assert program.get("contacts", limit=0, total=1)["total"] == 3
    assert charlies.get("contacts", total=1) == {"list": [], "size": 0, "total": 0}
    assert charlies.get("contacts", id=one)["list"] == []
