"""The same key twice does it once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from postroom.drops.expiring import expire
from postroom.drops.room import Room
from postroom.store.accounts import lock_account
from postroom.store.idempotency import KEPT
from tests.conftest import Person
from tests.integration.drops.clock import Clock
from tests.integration.web.site import Credentials, Site, make_client, served
from tests.integration.web.v1.program import Program, problem

KEY = {"Idempotency-Key": "spring-2026"}
SPRING = {"name": "Spring"}


def test_the_same_key_twice_makes_one_list_and_gives_one_answer(shop_program: Program) -> None:
    first = shop_program.post("/lists", SPRING, headers=KEY)
    second = shop_program.post("/lists", SPRING, headers=KEY)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    for header in ("content-type", "etag", "location"):
        assert second.headers[header] == first.headers[header]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert shop_program.names() == ["Spring"]


def test_without_a_key_or_with_another_one_it_is_another_list(shop_program: Program) -> None:
    shop_program.post("/lists", SPRING, headers=KEY)
    shop_program.post("/lists", SPRING)
    shop_program.post("/lists", SPRING, headers={"Idempotency-Key": "another"})

    assert shop_program.names() == ["Spring"] * 3


def test_how_the_json_is_written_does_not_matter(shop_program: Program) -> None:
    headers = {**KEY, "Content-Type": "application/json"}
    first = shop_program.call(
        "POST", "/lists", content=b'{"name":"Spring","description":"x"}', headers=headers
    )
    second = shop_program.call(
        "POST", "/lists", content=b'{ "description": "x",\n "name": "Spr\\u0069ng" }', headers=headers
    )

    assert second.content == first.content
    assert shop_program.names() == ["Spring"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/lists", {"name": "Summer"}),
        ("POST", "/lists", {"name": "Spring", "description": None}),
        ("PATCH", "/lists/1", SPRING),
        ("DELETE", "/lists/1", None),
    ],
)
def test_another_request_under_the_same_key_is_refused(
    shop_program: Program, method: str, path: str, body: Any
) -> None:
    shop_program.post("/lists", SPRING, headers=KEY)

    answer = shop_program.call(method, path, json=body, headers=KEY)

    assert problem(answer) == (422, "KEY_REUSED")
    assert shop_program.names() == ["Spring"]


def test_keys_of_two_clients_are_two_keys(
    shop_program: Program, stranger_program: Program, web_room: Room, alice: Person
) -> None:
    warehouse = Program(shop_program.site, make_client(web_room, alice, name="warehouse"))
    shop_program.post("/lists", SPRING, headers=KEY)

    assert "idempotency-replayed" not in warehouse.post("/lists", SPRING, headers=KEY).headers
    assert stranger_program.post("/lists", {"name": "His"}, headers=KEY).status_code == 201
    assert shop_program.names() == ["Spring", "Spring"]
    assert stranger_program.names() == ["His"]


def test_a_deletion_is_answered_the_same_twice(shop_program: Program) -> None:
    list_id = shop_program.make_list()

    answers = [shop_program.delete(f"/lists/{list_id}", headers=KEY) for _ in range(2)]

    assert [each.status_code for each in answers] == [204, 204]
    assert [each.content for each in answers] == [b"", b""]


def test_a_refusal_is_an_answer_too(shop_program: Program) -> None:
    missing = shop_program.delete("/lists/1", headers=KEY)
    shop_program.make_list()
    again = shop_program.delete("/lists/1", headers=KEY)

    assert problem(missing) == problem(again) == (404, "NO_LIST")
    assert again.headers["idempotency-replayed"] == "true"
    assert shop_program.names() == ["Spring"]


def test_input_that_is_wrong_uses_up_no_key(shop_program: Program) -> None:
    assert problem(shop_program.post("/lists", {}, headers=KEY)) == (422, "INVALID")

    assert shop_program.post("/lists", SPRING, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "with space", "in\tside", "é"])
def test_a_key_that_is_none_is_refused(shop_program: Program, key: str) -> None:
    answer = shop_program.post("/lists", SPRING, headers={"Idempotency-Key": key.encode()})

    assert problem(answer) == (422, "INVALID")
    assert shop_program.names() == []


def test_a_bug_leaves_the_key_free(web_room: Room, shop: Credentials) -> None:
    broken = threading.Event()
    broken.set()

    def step(name: str) -> None:
        if name == "acted" and broken.is_set():
            raise ZeroDivisionError

    with served(replace(web_room, between_steps=step)) as site:
        program = Program(site, shop)
        failed = program.post("/lists", SPRING, headers=KEY)
        broken.clear()
        mended = program.post("/lists", SPRING, headers=KEY)

        assert (failed.status_code, mended.status_code) == (500, 201)
        assert "idempotency-replayed" not in mended.headers
        assert program.names() == ["Spring"]


def test_an_account_that_is_busy_leaves_the_key_free(
    shop_program: Program, web_room: Room, alice: Person
) -> None:
    list_id = shop_program.make_list()
    with web_room.database.transaction() as connection:
        lock_account(connection, alice.account.account_id)
        busy = shop_program.delete(f"/lists/{list_id}", headers=KEY)

    assert problem(busy) == (409, "ACCOUNT_BUSY")
    assert shop_program.delete(f"/lists/{list_id}", headers=KEY).status_code == 204


def test_of_two_at_once_the_second_is_told_to_wait(web_room: Room, shop: Credentials) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def step(name: str) -> None:
        if name == "acted":
            inside.set()
            go_on.wait(10)

    with served(replace(web_room, between_steps=step)) as site, ThreadPoolExecutor(1) as pool:
        program = Program(site, shop)
        first = pool.submit(program.post, "/lists", SPRING, headers=KEY)
        assert inside.wait(10)
        second = program.post("/lists", SPRING, headers=KEY)
        go_on.set()

        assert problem(second) == (409, "KEY_IN_USE")
        assert int(second.headers["retry-after"]) > 0
        assert first.result().status_code == 201
        assert program.post("/lists", SPRING, headers=KEY).content == first.result().content
        assert program.names() == ["Spring"]


def test_twenty_at_once_make_one_list(shop_program: Program) -> None:
    def post(_number: int) -> int:
        return shop_program.post("/lists", SPRING, headers=KEY).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(post, range(20)))

    assert 201 in statuses
    assert set(statuses) <= {201, 409}
    assert shop_program.names() == ["Spring"]


def test_after_a_day_a_key_is_new(site: Site, shop: Credentials, web_room: Room, clock: Clock) -> None:
    Program(site, shop).post("/lists", SPRING, headers=KEY)

    clock.pass_by((KEPT + timedelta(seconds=1)).total_seconds())
    expire(web_room)
    program = Program(site, shop)  # whose token is as new

    assert "idempotency-replayed" not in program.post("/lists", SPRING, headers=KEY).headers
    assert program.names() == ["Spring", "Spring"]
