"""The calls of the lists document (seed 004), answered as it says."""

from __future__ import annotations

import json

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.rest.contacts import add_contacts
from tests.integration.web.rest.program import Program


def test_lists_are_read_by_a_get_with_a_body_as_documented(program: Program) -> None:
    one, other, _ = program.new_list("A"), program.new_list("B"), program.new_list("C")

    status, body = program.raw(
        "GET /rest/lists HTTP/1.1\n"
        "Authorization: Bearer TOKEN\n"
        "Host: contacts.messengeo.net\n"
        "Content-Type: application/x-www-form-urlencoded\n"
        f"\nid={one},{other}"
    )

    assert status == 200
    assert json.loads(body) == {
        "list": [
            {"id": one, "name": "A", "description": None},
            {"id": other, "name": "B", "description": None},
        ],
        "size": 2,
        "total": None,
    }


def test_a_list_is_created_as_documented(program: Program) -> None:
    status, body = program.raw(
        "POST /rest/lists HTTP/1.1\n"
        "Authorization: Bearer TOKEN\n"
        "Host: contacts.messengeo.net\n"
        "User-Agent: curl/7.88.1\n"
        "Accept: */*\n"
        "Content-Type: application/x-www-form-urlencoded\n"
        "\nname=Ma liste de diffusion"
    )

    answer = json.loads(body)
    (made,) = answer["list"]
    assert status == 200
    assert made["id"].isdigit()
    assert answer == {
        "list": [{"id": made["id"], "name": "Ma liste de diffusion"}],
        "size": 1,
        "total": None,
    }
    assert program.names(id=made["id"]) == {made["id"]: "Ma liste de diffusion"}


def test_lists_are_updated_as_documented(program: Program) -> None:
    list_id = program.new_list()

    status, body = program.raw(
        "PUT /rest/lists HTTP/1.1\n"
        "Authorization: Bearer TOKEN\n"
        "Host: contacts.messengeo.net\n"
        "Content-Type: application/x-www-form-urlencoded\n"
        f"\nid={list_id}&metaData="
        '{"name":"New name of the list","description":"New description of the list"}'
    )

    assert (status, json.loads(body)) == (200, {"count": 1})
    assert program.get("lists", id=list_id)["list"] == [
        {"id": list_id, "name": "New name of the list", "description": "New description of the list"}
    ]


def test_lists_are_deleted_by_a_delete_with_a_body_as_documented(program: Program) -> None:
    one, other, third = program.new_list("A"), program.new_list("B"), program.new_list("C")

    status, body = program.raw(
        "DELETE /rest/lists HTTP/1.1\n"
        "Authorization: Bearer TOKEN\n"
        "Host: contacts.messengeo.net\n"
        "Content-Type: application/x-www-form-urlencoded\n"
        f"\nid={one},{other}"
    )

    assert (status, json.loads(body)) == (200, {"count": 2})
    assert program.names() == {third: "C"}


def test_lists_are_merged_as_documented(program: Program, web_room: Room, alice: Person) -> None:
    one, other = program.new_list("A"), program.new_list("B")
    ann, bea, cid = add_contacts(web_room, alice, 3)
    member(program, one, [ann, bea])
    member(program, other, [bea, cid])

    status, body = program.raw(
        "POST /rest/lists?action=merge HTTP/1.1\n"
        "Authorization: Bearer TOKEN\n"
        "Host: contacts.messengeo.net\n"
        "Content-Type: application/x-www-form-urlencoded\n"
        f"\nlistIds={one},{other}&name=Ma liste fusionnée"
    )

    answer = json.loads(body)
    (made,) = answer["list"]
    assert status == 200
    assert answer == {"size": 1, "total": None, "list": [{"id": made["id"], "name": "Ma liste fusionnée"}]}
    assert subscribers(program) == {one: "2", other: "2", made["id"]: "3"}


def test_a_merger_with_wrong_ids_makes_nothing_and_names_them(program: Program, charlies: Program) -> None:
    one, theirs = program.new_list("A"), [charlies.new_list("C"), charlies.new_list("D")][1]

    error = program.refused(
        417, "POST", "lists?action=merge", data={"listIds": f"{one},{theirs},4711", "name": "M"}
    )

    assert error["details"] == {"ids": [int(theirs), 4711]}
    assert program.names() == {one: "A"}


@pytest.mark.parametrize("ids", ["{0}", "{0},{0}"])
def test_a_merger_needs_two_lists(program: Program, ids: str) -> None:
    one = program.new_list("A")

    program.refused(417, "POST", "lists?action=merge", data={"listIds": ids.format(one), "name": "M"})

    assert program.names() == {one: "A"}


def test_contacts_are_added_and_removed_as_documented(
    program: Program, web_room: Room, alice: Person
) -> None:
    list_id = program.new_list()
    three = ",".join(map(str, add_contacts(web_room, alice, 3)))
    request = (
        "POST /rest/lists?action={action} HTTP/1.1\n"
        "Authorization: Bearer TOKEN\n"
        "Host: contacts.messengeo.net\n"
        "Content-Type: application/x-www-form-urlencoded\n"
        f'\nid={list_id}&metaData={{"contactIds":"{three}" }}'
    )

    added = program.raw(request.replace("{action}", "contactadd"))
    reached = subscribers(program)
    removed = program.raw(request.replace("{action}", "contactremove"))

    assert [(status, json.loads(body)) for status, body in (added, removed)] == [(200, {"count": 3})] * 2
    assert reached == {list_id: "3"}
    assert subscribers(program) == {list_id: "0"}


def test_what_is_counted_is_what_was_really_added(
    program: Program, charlies: Program, web_room: Room, alice: Person, charlie: Person
) -> None:
    list_id = program.new_list()
    ann, bea = add_contacts(web_room, alice, 2)
    *_, theirs = add_contacts(web_room, charlie, 5)

    assert member(program, list_id, [ann]) == {"count": 1}
    assert member(program, list_id, [ann, bea, theirs, 4711]) == {"count": 1}
    assert member(program, list_id, [theirs, 4711], action="contactremove") == {"count": 0}


def test_the_example_of_the_resource_has_its_properties_and_types(program: Program) -> None:
    list_id = program.new_list("Ma liste de contacts")
    asked = "id,name,dateUpdated,dateCreated,stats"

    (item,) = program.get("lists", id=list_id, properties=asked)["list"]

    assert item == {
        "id": list_id,
        "name": "Ma liste de contacts",
        "dateUpdated": "2026-03-04 12:00:00",
        "dateCreated": "2026-03-04 12:00:00",
        "stats": {"subscribers": "0", "sms": "0", "email": "0", "voice": "0", "voicemail": "0"},
    }


def test_default_properties_can_be_asked_for_together_with_others(program: Program) -> None:
    program.new_list(description="Newsletter")

    (item,) = program.get("lists", properties="DEFAULT,dateCreated")["list"]

    assert list(item) == ["id", "name", "description", "dateCreated"]


def test_a_description_can_be_emptied(program: Program) -> None:
    list_id = program.new_list(description="Newsletter")

    program.put("lists", id=list_id, metaData='{"description": null}')

    assert program.get("lists", id=list_id)["list"][0]["description"] is None


@pytest.mark.parametrize("verb", ["PUT", "DELETE"])
@pytest.mark.parametrize("filter_", [{}, {"id": ""}, {"id": ","}, {"idd": "{0}"}])
def test_without_a_filter_nothing_is_changed(program: Program, verb: str, filter_: dict[str, str]) -> None:
    list_id = program.new_list("A")
    form = {name: text.format(list_id) for name, text in filter_.items()}
    if verb == "PUT":
        form["metaData"] = '{"name": "B"}'

    program.refused(417, verb, "lists", data=form)

    assert program.names() == {list_id: "A"}


def test_charlie_neither_sees_nor_changes_lists_of_alice(program: Program, charlies: Program) -> None:
    charlies.new_list("One of Charlie's")
    hers = [program.new_list(name) for name in "ABC"][-1]
    meta_data = {"metaData": '{"name": "Mine"}'}

    assert charlies.get("lists", id=hers)["list"] == []
    assert charlies.put("lists", id=hers, **meta_data) == {"count": 0}
    assert charlies.delete("lists", id=hers) == {"count": 0}
    for action in ("contactadd", "contactremove"):
        charlies.refused(
            404, "POST", f"lists?action={action}", data={"id": hers, "metaData": '{"contactIds": "1"}'}
        )
    assert sorted(program.names().values()) == ["A", "B", "C"]


def test_pages_have_a_size_and_a_total_when_asked_for(program: Program) -> None:
    for name in "ABCDE":
        program.new_list(name)

    page = program.get("lists", limit=2, offset=1, sort="id DESC", total=1)
    count = program.get("lists", limit=0, total="true")

    assert [each["name"] for each in page["list"]] == ["D", "C"]
    assert (page["size"], page["total"]) == (2, 5)
    assert count == {"list": [], "size": 0, "total": 5}


def member(
    program: Program, list_id: str, contact_ids: list[int], action: str = "contactadd"
) -> dict[str, int]:
    meta_data = json.dumps({"contactIds": contact_ids})
    answer: dict[str, int] = program.post(f"lists?action={action}", id=list_id, metaData=meta_data)
    return answer


def subscribers(program: Program) -> dict[str, str]:
    """Return how many contacts are on each list."""
    lists = program.get("lists", properties="id,stats")["list"]
    return {each["id"]: each["stats"]["subscribers"] for each in lists}


@pytest.mark.parametrize(
    "meta_data",
    [
        '{"name": ""}',
        '{"name": null}',
        '{"name": ["A"]}',
        '{"id": "7"}',
        '{"name": "B", "stats": {}}',
        "{}",
        "B",
        "",
    ],
)
def test_values_that_a_list_cannot_have_are_refused(program: Program, meta_data: str) -> None:
    list_id = program.new_list("A")

    program.refused(417, "PUT", "lists", data={"id": list_id, "metaData": meta_data})

    assert program.names() == {list_id: "A"}


@pytest.mark.parametrize("name", [None, "", "  ", "x" * 300])
def test_a_list_needs_a_name_that_a_list_can_have(program: Program, name: str | None) -> None:
    program.refused(417, "POST", "lists", json={"name": name})

    assert program.names() == {}
