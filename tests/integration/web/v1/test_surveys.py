"""Surveys over /v1: made, given another form, read, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.site import Site, make_client
from tests.integration.web.v1.program import Program, problem

AGAIN: dict[str, Any] = {
    "name": "again",
    "kind": "single",
    "required": True,
    "label": {"en": "Again?"},
    "choices": [{"value": "YES", "label": {"": "Yes"}}],
}
MARK: dict[str, Any] = {"name": "mark", "kind": "scale", "lowest": 0, "highest": 10, "label": {"": "Mark"}}
OPINION: dict[str, Any] = {"name": "opinion", "title": {"": "Opinion"}, "questions": [AGAIN, MARK]}


def put(program: Program, said: dict[str, Any] = OPINION) -> int:
    answer = program.post("/surveys", said)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["id"])


def test_a_survey_is_made_and_read(shop_program: Program, site: Site) -> None:
    survey_id = put(shop_program)

    found = shop_program.get(f"/surveys/{survey_id}").json()

    assert found["title"] == {"": "Opinion"}
    assert found["questions"] == [
        {**AGAIN, "lowest": None, "highest": None, "deleted": False},
        {**MARK, "required": False, "choices": [], "deleted": False},
    ]
    assert "Opinion" in site.calls.get(found["path"]).text
    assert shop_program.get("/surveys?total=true").json()["total"] == 1


def test_putting_it_again_gives_it_another_form(shop_program: Program) -> None:
    survey_id = put(shop_program)

    again = put(shop_program, {**OPINION, "title": {"": "Yours"}, "questions": [MARK]})

    found = shop_program.get(f"/surveys/{again}").json()
    assert (again, found["title"]) == (survey_id, {"": "Yours"})
    assert [(each["name"], each["deleted"]) for each in found["questions"]] == [
        ("again", True),
        ("mark", False),
    ]


def test_a_survey_that_is_deleted_has_no_page(shop_program: Program, site: Site) -> None:
    survey_id = put(shop_program)
    path = shop_program.get(f"/surveys/{survey_id}").json()["path"]

    assert shop_program.delete(f"/surveys/{survey_id}").status_code == 204

    assert problem(shop_program.get(f"/surveys/{survey_id}")) == (404, "NO_SURVEY")
    assert site.calls.get(path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": "two words"}, "BAD_SURVEY"),
        ({"title": {"de": "Meinung"}}, "BAD_SURVEY"),
        ({"questions": []}, "INVALID"),
        ({"questions": [AGAIN, AGAIN]}, "BAD_SURVEY"),
        ({"questions": [{**MARK, "kind": "essay"}]}, "INVALID"),
        ({"questions": [{**MARK, "kind": "text", "name": "again"}]}, "BAD_SURVEY"),
        ({"colour": "red"}, "INVALID"),
    ],
)
def test_what_cannot_be_a_survey_is_refused(
    shop_program: Program, changes: dict[str, Any], code: str
) -> None:
    put(shop_program)

    assert problem(shop_program.post("/surveys", {**OPINION, **changes})) == (422, code)


def test_charlie_sees_and_changes_no_survey_of_alices(
    shop_program: Program, stranger_program: Program
) -> None:
    hers = put(shop_program)

    assert stranger_program.get("/surveys").json()["items"] == []
    assert problem(stranger_program.get(f"/surveys/{hers}")) == (404, "NO_SURVEY")
    assert problem(stranger_program.delete(f"/surveys/{hers}")) == (404, "NO_SURVEY")
    put(stranger_program, {**OPINION, "title": {"": "Mine"}})
    assert shop_program.get(f"/surveys/{hers}").json()["title"] == {"": "Opinion"}


def test_scopes(site: Site, web_room: Room, alice: Person, shop_program: Program) -> None:
    survey_id = put(shop_program)
    reader = Program(site, make_client(web_room, alice, name="reader", scopes=["surveys:read"]))
    other = Program(site, make_client(web_room, alice, name="other", scopes=["goals:write"]))

    assert reader.get(f"/surveys/{survey_id}").status_code == 200
    for answer in (
        other.get("/surveys"),
        reader.post("/surveys", OPINION),
        reader.delete(f"/surveys/{survey_id}"),
    ):
        assert problem(answer) == (403, "INSUFFICIENT_SCOPE")
