"""Templates over /v1: made, changed, read, previewed, checked, deleted; who may."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.site import Site, make_client
from tests.integration.web.v1.program import Program, problem
from tests.integration.web.v1.tabling import JANE, ids

SPRING: dict[str, Any] = {
    "name": "Spring",
    "variants": {
        "": {"subject": "Bonjour {{ email }}", "html": "<p>{{ email }} {{ city | default: 'ici' }}</p>"},
        "en": {"subject": "Hello", "html": '<a href="https://shop.example/">Shop</a>', "text": "Shop!"},
    },
    "sender": "Alice <alice@shop.example>",
}


def make(program: Program, **changes: Any) -> int:
    answer = program.post("/templates", {**SPRING, **changes})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_a_template_is_made_and_read(program: Program) -> None:
    made = program.post("/templates", {**SPRING, "defaults": {"city": "Lyon"}})

    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/templates/{made.json()['id']}"
    assert program.get(f"/templates/{made.json()['id']}").json() == made.json()
    assert made.json() | {"id": 0} == {
        "id": 0,
        "name": "Spring",
        "channel": "EMAIL",
        "variants": {
            "": {**SPRING["variants"][""], "text": ""},
            "en": SPRING["variants"]["en"],
        },
        "sender": "Alice <alice@shop.example>",
        "reply_to": "",
        "tracking": True,
        "marketing": True,
        "defaults": {"city": "Lyon"},
        "created_at": "2026-03-04T12:00:00Z",
        "updated_at": "2026-03-04T12:00:00Z",
    }


@pytest.mark.parametrize(
    ("new", "status", "code"),
    [
        ({"name": " "}, 422, "BAD_NAME"),
        ({"name": "Taken"}, 409, "NAME_TAKEN"),
        ({"variants": {}}, 422, "BAD_TEMPLATE"),
        ({"variants": {"": {"subject": "x"}}}, 422, "BAD_TEMPLATE"),
        ({"variants": {"": {"subject": "{{", "html": "<p>x</p>"}}}, 422, "BAD_TEMPLATE"),
        ({"variants": {"french": {"subject": "x", "html": "<p>x</p>"}}}, 422, "INVALID"),
        ({"variants": {"": {"subject": "x", "html": "<p>\x00</p>"}}}, 422, "BAD_VALUE"),
        ({"sender": "nobody"}, 422, "BAD_SENDER"),
        ({"sender": "a@b.example\r\nBcc: c@d.example"}, 422, "BAD_SENDER"),
        ({"channel": "FAX"}, 422, "INVALID"),
        ({"channel": "SMS", "variants": {"": {"text": "x"}}}, 422, "BAD_SENDER"),
        ({"more": 1}, 422, "INVALID"),
    ],
)
def test_what_cannot_be_is_refused(program: Program, new: dict[str, Any], status: int, code: str) -> None:
    make(program, name="Taken")

    assert problem(program.post("/templates", {**SPRING, **new})) == (status, code)
    assert len(program.get("/templates").json()["items"]) == 1


def test_what_is_wrong_is_told_with_its_line(program: Program) -> None:
    html = "<p>\n{{ email | nothing }}</p>"
    answer = program.post("/templates", {**SPRING, "variants": {"": {"subject": "x", "html": html}}})

    assert answer.json()["detail"] == "HTML, line 2: unknown filter 'nothing'"
    assert answer.json()["details"] == {"line": 2}


def test_templates_are_listed_page_by_page_without_what_they_say(program: Program) -> None:
    made = [make(program, name=f"Number {number}") for number in range(3)]

    first = program.get("/templates", params={"limit": 2, "total": "true"}).json()
    last = program.get("/templates", params={"limit": 2, "cursor": first["next"]}).json()

    assert [each["id"] for each in (*first["items"], *last["items"])] == made
    assert (first["total"], last["next"]) == (3, None)
    assert first["items"][0]["languages"] == ["", "en"]
    assert "variants" not in first["items"][0]


def test_a_template_is_changed_in_part(program: Program) -> None:
    template = make(program)

    changed = program.patch(f"/templates/{template}", {"name": "Summer", "tracking": False})
    replaced = program.patch(f"/templates/{template}", {"variants": {"fr": {"subject": "x", "text": "y"}}})

    assert (changed.json()["name"], changed.json()["tracking"]) == ("Summer", False)
    assert changed.json()["variants"].keys() == SPRING["variants"].keys()
    assert replaced.json()["variants"] == {"fr": {"subject": "x", "html": "", "text": "y"}}
    assert problem(program.patch(f"/templates/{template}", {"variants": {}})) == (422, "BAD_TEMPLATE")
    assert problem(program.patch("/templates/999999", {"name": "x"})) == (404, "NO_TEMPLATE")


def test_a_template_that_has_changed_is_not_changed_blindly(program: Program) -> None:
    template = make(program)
    etag = program.get(f"/templates/{template}").headers["etag"]

    unchanged = program.get(f"/templates/{template}", headers={"If-None-Match": etag})
    program.patch(f"/templates/{template}", {"name": "Summer"}, headers={"If-Match": etag})
    stale = program.delete(f"/templates/{template}", headers={"If-Match": etag})

    assert unchanged.status_code == 304
    assert problem(stale) == (412, "CHANGED")


def test_the_same_call_twice_makes_one_template(program: Program) -> None:
    key = {"Idempotency-Key": "spring-1"}

    first = program.post("/templates", SPRING, headers=key)
    again = program.post("/templates", SPRING, headers=key)

    assert first.json() == again.json()
    assert len(program.get("/templates").json()["items"]) == 1


def test_a_preview_is_the_message_of_a_contact(program: Program) -> None:
    template = make(program)
    jane = ids(program)[JANE]

    found = program.post(f"/templates/{template}/preview", {"contact_id": jane}).json()
    english = program.post(f"/templates/{template}/preview", {"contact_id": jane, "language": "en"}).json()

    assert (found["language"], found["subject"], found["reason"]) == ("", f"Bonjour {JANE}", None)
    assert f"<p>{JANE} ici</p>" in found["html"]
    assert "https://preview.invalid/optout" in found["text"]
    assert (english["language"], english["text"].startswith("Shop!")) == ("en", True)
    assert 'href="https://shop.example/"' in english["html"]


def test_a_preview_has_the_rows_that_a_message_brings(program: Program) -> None:
    text = "{% article duties %}{{ duty }};{% endarticle %}"
    template = make(program, channel="SMS", sender="SHOP", variants={"": {"text": text}})

    items = {"duties": [{"duty": "Dishes"}, {"duty": "Floor"}]}
    found = program.post(f"/templates/{template}/preview", {"items": items}).json()

    assert found["text"] == "Dishes;Floor;\nStop SMS : répondez STOP"


def test_a_preview_says_why_there_is_no_message(program: Program) -> None:
    template = make(program)

    found = program.post(f"/templates/{template}/preview", {}).json()
    nobody = program.post(f"/templates/{template}/preview", {"contact_id": 999_999})

    assert (found["reason"], found["detail"]) == ("PERSONALIZATION_MISSING", "email has no value")
    assert found["html"] is None
    assert problem(nobody) == (404, "NO_CONTACT")


def test_a_check_says_what_there_is_and_what_is_odd(program: Program) -> None:
    template = make(program, sender="")

    assert program.post(f"/templates/{template}/check").json() == {
        "languages": ["", "en"],
        "links": [
            {"id": 1, "url": "https://shop.example/", "name": "Shop", "categories": [], "dynamic": False}
        ],
        "fields": ["city", "email"],
        "warnings": ["it has no sender", "it has no opt-out link, so one is added at its end"],
    }


def test_a_template_is_deleted(program: Program) -> None:
    template = make(program)

    assert program.delete(f"/templates/{template}").status_code == 204
    for answer in (
        program.get(f"/templates/{template}"),
        program.delete(f"/templates/{template}"),
        program.post(f"/templates/{template}/check"),
        program.post(f"/templates/{template}/preview", {}),
    ):
        assert problem(answer) == (404, "NO_TEMPLATE")


def test_who_may_only_read_templates_does_not_write_them(site: Site, web_room: Room, keyed: Person) -> None:
    writer = Program(
        site, make_client(web_room, keyed, name="w", scopes=["templates:write", "contacts:read"])
    )
    reader = Program(site, make_client(web_room, keyed, name="r", scopes=["templates:read"]))
    other = Program(site, make_client(web_room, keyed, name="o", scopes=["contacts:write"]))
    template = make(writer)
    jane = ids(writer)[JANE]

    assert reader.get(f"/templates/{template}").status_code == 200
    assert reader.post(f"/templates/{template}/preview", {}).status_code == 200
    assert problem(reader.post("/templates", SPRING)) == (403, "INSUFFICIENT_SCOPE")
    assert problem(reader.delete(f"/templates/{template}")) == (403, "INSUFFICIENT_SCOPE")
    assert problem(other.get("/templates")) == (403, "INSUFFICIENT_SCOPE")
    whose = {"contact_id": jane}
    assert writer.post(f"/templates/{template}/preview", whose).status_code == 200
    assert problem(reader.post(f"/templates/{template}/preview", whose)) == (403, "INSUFFICIENT_SCOPE")


def test_charlie_neither_sees_nor_changes_alices_templates_nor_previews_her_contacts(
    program: Program, shop_program: Program, stranger_program: Program
) -> None:
    hers = make(program)
    jane = ids(program)[JANE]
    own = make(stranger_program)

    for answer in (
        stranger_program.get(f"/templates/{hers}"),
        stranger_program.patch(f"/templates/{hers}", {"name": "Mine"}),
        stranger_program.delete(f"/templates/{hers}"),
        stranger_program.post(f"/templates/{hers}/check"),
        stranger_program.post(f"/templates/{hers}/preview", {}),
    ):
        assert problem(answer) == (404, "NO_TEMPLATE")
    foreign = stranger_program.post(f"/templates/{own}/preview", {"contact_id": jane + 1000})
    assert problem(foreign) == (404, "NO_CONTACT")
    assert [each["id"] for each in stranger_program.get("/templates").json()["items"]] == [own]
    assert program.get(f"/templates/{hers}").json()["name"] == "Spring"
