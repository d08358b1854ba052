from __future__ import annotations

import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.integration.web.site import Credentials, Site, bearer, make_client


@pytest.mark.parametrize(
    ("kind", "rest", "v1"),
    [
        ("refused", 417, 422),
        ("missing", 404, 404),
        ("denied", 403, 403),
        ("conflict", 409, 409),
        ("unavailable", 503, 503),
        ("remote", 502, 502),
        ("malformed", 400, 400),
        ("stale", 412, 412),
        ("unsupported", 415, 415),
        ("large", 413, 413),
    ],
)
def test_each_kind_of_error_has_its_status(site: Site, kind: str, rest: int, v1: int) -> None:
    assert site.calls.get(f"/rest/raise/{kind}").status_code == rest
    assert site.calls.get(f"/v1/raise/{kind}").status_code == v1


def test_the_older_spelling_repeats_the_status_in_the_body(site: Site) -> None:
    answer = site.calls.get("/rest/raise/refused")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "status": 417,
        "message": "The name is empty.",
        "details": {"field": "name"},
        "code": "NO_NAME",
    }


def test_the_newer_spelling_answers_problems(site: Site) -> None:
    answer = site.calls.get("/v1/raise/refused")

    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.pop("title").startswith("Unprocessable")
    assert problem == {
        "status": 422,
        "detail": "The name is empty.",
        "details": {"field": "name"},
        "code": "NO_NAME",
    }


@pytest.mark.parametrize("kind", ["conflict", "unavailable", "remote"])
def test_what_may_work_later_says_when(site: Site, kind: str) -> None:
    assert site.calls.get(f"/rest/raise/{kind}").headers["retry-after"] == "5"


def test_a_server_that_the_caller_named_is_told_of(site: Site) -> None:
    answer = site.calls.get("/v1/raise/remote")

    assert answer.json()["detail"] == "files.example.com:22 refuses connections: is it the right port?"


def test_a_neighbour_that_is_down_is_named_in_the_log_alone(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    answer = site.calls.get("/rest/raise/unavailable")

    assert "db.internal" not in answer.text
    assert "db.internal" in caplog.text


@pytest.mark.parametrize("path", ["/rest/bug", "/v1/bug"])
def test_a_bug_tells_nothing_but_where_to_look(
    site: Site, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = site.calls.get(path, headers={"X-Request-ID": "look-here"})

    assert answer.status_code == 500
    assert answer.json()["code"] == "INTERNAL"
    assert "look-here" in answer.text
    assert "swordfish" not in answer.text
    assert "ZeroDivisionError" not in answer.text
    assert "ZeroDivisionError: the password is swordfish" in caplog.text
    assert answer.headers["x-request-id"] == "look-here"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("path", "status"), [("/rest", 417), ("/v1", 422)])
def test_a_parameter_of_the_wrong_type_is_named(site: Site, path: str, status: int) -> None:
    answer = site.calls.get(f"{path}/number", params={"n": "many"})

    assert answer.status_code == status
    assert answer.json()["code"] == "INVALID"
    assert answer.json()["details"] == [
        {
            "where": "query.n",
            "message": "Input should be a valid integer, unable to parse string as an integer",
        }
    ]


@pytest.mark.parametrize("path", ["/rest", "/v1"])
def test_broken_json_is_malformed(site: Site, path: str) -> None:
    answer = site.calls.post(f"{path}/json", content=b'{"a": ', headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "MALFORMED")


@pytest.mark.parametrize("path", ["/rest/nothing", "/rest", "/v1/nothing"])
def test_what_is_not_there_is_answered_in_the_spelling_of_its_path(site: Site, path: str) -> None:
    answer = site.calls.get(path)

    assert answer.status_code == 404
    assert answer.json()["status"] == 404
    assert ("message" in answer.json()) == path.startswith("/rest")


def test_a_client_without_the_scope_is_denied(site: Site, web_room: Room, alice: Person) -> None:
    reader = make_client(web_room, alice, scopes=["contacts:write"])

    answer = site.calls.get("/v1/lists", headers=bearer(site.token(reader)))

    assert (answer.status_code, answer.json()["code"]) == (403, "INSUFFICIENT_SCOPE")


@pytest.mark.parametrize("scope", ["basic", "lists:read", "lists:write"])
def test_writing_includes_reading_and_basic_everything(
    site: Site, web_room: Room, alice: Person, scope: str
) -> None:
    client = make_client(web_room, alice, scopes=[scope])

    assert site.calls.get("/v1/lists", headers=bearer(site.token(client))).status_code == 200


def test_the_database_that_is_gone_is_a_503_for_who_has_a_token(
    site: Site, web_room: Room, shop: Credentials
) -> None:
    token = site.token(shop)
    web_room.database.close()

    answer = site.whoami(token)

    assert answer.status_code == 503


def test_of_many_mistakes_some_are_told_and_long_names_in_part(site: Site) -> None:
    many = site.calls.post("/v1/json", json={f"{number}-{'x' * 1000}": "no number" for number in range(100)})

    assert many.status_code == 422
    assert len(many.json()["details"]) == 20
    assert len(many.content) < 20_000
