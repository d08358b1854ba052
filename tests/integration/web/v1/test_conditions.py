"""Entity tags: nothing is sent twice, and nothing is changed that its caller has not seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.web.v1.program import Program, problem


def tag_of(program: Program, list_id: int) -> str:
    return str(program.get(f"/lists/{list_id}").headers["etag"])


def test_who_has_it_already_is_told_so(shop_program: Program) -> None:
    list_id = shop_program.make_list()
    etag = tag_of(shop_program, list_id)

    for tags in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        answer = shop_program.get(f"/lists/{list_id}", headers={"If-None-Match": tags})

        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == etag
        assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize("tags", ['"other"', "", "etag", 'W/""'])
def test_who_has_something_else_gets_it(shop_program: Program, tags: str) -> None:
    list_id = shop_program.make_list()

    answer = shop_program.get(f"/lists/{list_id}", headers={"If-None-Match": tags})

    assert (answer.status_code, answer.json()["name"]) == (200, "Spring")


def test_a_change_gives_another_tag(shop_program: Program, contact_ids: list[int]) -> None:
    made = shop_program.post("/lists", {"name": "Spring"})
    list_id = made.json()["id"]
    tags = [made.headers["etag"]]

    tags.append(shop_program.patch(f"/lists/{list_id}", {"name": "Summer"}).headers["etag"])
    shop_program.post(f"/lists/{list_id}/contacts", {"contact_ids": contact_ids})
    tags.append(tag_of(shop_program, list_id))

    assert len(set(tags)) == 3
    assert tag_of(shop_program, list_id) == tags[-1]


def test_the_tag_of_what_was_made_is_the_one_that_reading_gives(shop_program: Program) -> None:
    made = shop_program.post("/lists", {"name": "Spring"})

    assert tag_of(shop_program, made.json()["id"]) == made.headers["etag"]


@pytest.mark.parametrize(
    ("method", "body", "status"), [("PATCH", {"name": "Summer"}, 200), ("DELETE", None, 204)]
)
def test_what_was_seen_may_be_changed(shop_program: Program, method: str, body: Any, status: int) -> None:
    list_id = shop_program.make_list()
    etag = tag_of(shop_program, list_id)

    answer = shop_program.call(method, f"/lists/{list_id}", json=body, headers={"If-Match": etag})

    assert answer.status_code == status


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"name": "Summer"}), ("DELETE", None)])
def test_what_has_changed_since_is_left_alone(shop_program: Program, method: str, body: Any) -> None:
    list_id = shop_program.make_list()
    seen = tag_of(shop_program, list_id)
    shop_program.patch(f"/lists/{list_id}", {"name": "Easter"})

    answer = shop_program.call(method, f"/lists/{list_id}", json=body, headers={"If-Match": seen})

    assert problem(answer) == (412, "CHANGED")
    assert shop_program.names() == ["Easter"]


def test_a_weak_tag_is_no_leave_to_change(shop_program: Program) -> None:
    list_id = shop_program.make_list()
    headers = {"If-Match": f"W/{tag_of(shop_program, list_id)}"}

    assert problem(shop_program.delete(f"/lists/{list_id}", headers=headers)) == (412, "CHANGED")


def test_whatever_state_it_is_in_may_be_changed_with_a_star(shop_program: Program) -> None:
    list_id = shop_program.make_list()

    assert shop_program.delete(f"/lists/{list_id}", headers={"If-Match": "*"}).status_code == 204
    assert problem(shop_program.delete(f"/lists/{list_id}", headers={"If-Match": "*"})) == (404, "NO_LIST")


def test_a_change_that_is_answered_again_is_not_compared_again(shop_program: Program) -> None:
    list_id = shop_program.make_list()
    headers = {"If-Match": tag_of(shop_program, list_id), "Idempotency-Key": "rename"}

    answers = [shop_program.patch(f"/lists/{list_id}", {"name": "Summer"}, headers=headers) for _ in range(2)]

    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].content == answers[1].content


def test_charlie_learns_nothing_from_tags(shop_program: Program, stranger_program: Program) -> None:
    list_id = shop_program.make_list()
    etag = tag_of(shop_program, list_id)

    asked = stranger_program.get(f"/lists/{list_id}", headers={"If-None-Match": etag})
    changed = stranger_program.patch(f"/lists/{list_id}", {"name": "Mine"}, headers={"If-Match": etag})

    assert problem(asked) == problem(changed) == (404, "NO_LIST")
