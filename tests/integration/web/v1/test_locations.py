"""Locations over /v1: made, tried out, read, deleted; who may, and what nobody may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from postroom.client import Client
from postroom.drops.room import Room
from postroom.outflow.remote.sftp import new_key_pair
from tests.conftest import Person
from tests.integration.web.site import Credentials, Site, make_client
from tests.integration.web.v1.program import Program, problem

FTPS = {"name": "shop", "url": "ftps://alice@files.example.com/in", "password": "a-password"}
HOSTED = {"name": "here", "url": "hosted"}


def made(program: Program, body: dict[str, Any]) -> dict[str, Any]:
    answer = program.post("/locations", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_location_is_made_read_and_deleted(shop_program: Program) -> None:
    location = made(shop_program, FTPS)

    assert (location["protocol"], location["host"], location["port"]) == ("ftps", "files.example.com", 21)
    assert shop_program.get("/locations/shop").json() == location
    assert [each["name"] for each in shop_program.get("/locations").json()["items"]] == ["shop"]
    assert shop_program.call("DELETE", "/locations/shop").status_code == 204
    assert problem(shop_program.get("/locations/shop")) == (404, "NO_LOCATION")


def test_no_answer_has_a_secret(shop_program: Program) -> None:
    _private, host_key = new_key_pair("host")
    sftp = made(shop_program, {"name": "sftp", "url": "sftp://bob@files.example.com", "host_key": host_key})
    made(shop_program, FTPS)

    told = json.dumps(shop_program.get("/locations").json())
    assert "a-password" not in told
    assert "PRIVATE" not in told
    assert sftp["public_key"].startswith("ssh-ed25519 ")
    assert sftp["fingerprint"].startswith("SHA256:")


def test_a_location_that_works_says_so(shop_program: Program) -> None:
    made(shop_program, HOSTED)

    answer = shop_program.call("POST", "/locations/here/test")
    assert answer.json() == {"works": True, "code": None, "text": None}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "169.254.169.254", "[::1]"])
def test_nobody_looks_around_among_our_neighbours(shop_program: Program, web_room: Room, host: str) -> None:
    pinned = shop_program.post("/locations", {"name": "sftp", "url": f"sftp://bob@{host}"})
    made(shop_program, FTPS)
    with web_room.database.transaction() as connection:
        connection.execute("update locations set host = %s", [host.strip("[]")])  # as it was made long ago

    assert problem(pinned) == (403, "FORBIDDEN_ADDRESS")
    trial = shop_program.call("POST", "/locations/shop/test").json()
    assert (trial["works"], trial["code"]) == (False, "FORBIDDEN_ADDRESS")


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "ftp://alice@files.example.com/in"},
        {"url": "ftps://alice:secret@files.example.com/in"},
        {"url": "nonsense"},
        {"name": "a b"},
        {"password": None},
        {"authority": "nonsense"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(shop_program: Program, changes: dict[str, Any]) -> None:
    body = {name: value for name, value in {**FTPS, **changes}.items() if value is not None}

    assert problem(shop_program.post("/locations", body)) == (422, "BAD_LOCATION")
    assert shop_program.get("/locations").json()["items"] == []


def test_a_location_is_changed_where_flows_go_there(shop_program: Program) -> None:
    made(shop_program, FTPS)
    shop_program.call("PUT", "/flows/EMAIL_SENT", json={"location": "shop"})

    answer = shop_program.call("PATCH", "/locations/shop", json={"url": "ftps://alice@files.example.com/new"})

    assert (answer.status_code, answer.json()["folder"]) == (200, "new")
    assert shop_program.get("/locations/shop").json() == answer.json()


def test_a_change_is_of_what_was_read(shop_program: Program) -> None:
    made(shop_program, FTPS)
    read = {"If-Match": shop_program.get("/locations/shop").headers["ETag"]}
    first, second = (
        shop_program.call("PATCH", "/locations/shop", json={"url": "hosted"}, headers=read) for _ in range(2)
    )

    assert first.status_code == 200
    assert problem(second) == (412, "CHANGED")


def test_a_change_with_the_same_key_is_made_once(shop_program: Program) -> None:
    made(shop_program, FTPS)
    first, again = (
        shop_program.call(
            "PATCH", "/locations/shop", json={"url": "hosted"}, headers={"Idempotency-Key": "once"}
        )
        for _ in range(2)
    )

    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_what_is_wrong_with_a_server_is_told(shop_program: Program) -> None:
    answer = shop_program.post("/locations", {"name": "shop", "url": "sftp://bob@nowhere.invalid"})

    assert problem(answer) == (502, "REMOTE_AWAY")
    assert answer.json()["detail"] == "nowhere.invalid has no address: is it spelled right?"
    assert answer.headers["Retry-After"] == "5"


def test_one_in_use_and_one_of_that_name_are_conflicts(shop_program: Program) -> None:
    made(shop_program, HOSTED)
    shop_program.call("PUT", "/flows/EMAIL_SENT", json={"location": "here"})

    assert problem(shop_program.post("/locations", HOSTED)) == (409, "LOCATION_EXISTS")
    assert problem(shop_program.call("DELETE", "/locations/here")) == (409, "LOCATION_IN_USE")


def test_the_same_key_twice_makes_one(shop_program: Program) -> None:
    first, again = (
        shop_program.call("POST", "/locations", json=HOSTED, headers={"Idempotency-Key": "once"})
        for _ in range(2)
    )

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


def test_charlie_has_none_of_alices(
    site: Site, web_room: Room, charlie: Person, shop_program: Program
) -> None:
    made(shop_program, HOSTED)
    theirs = Program(site, make_client(web_room, charlie, name="theirs"))

    assert theirs.get("/locations").json()["items"] == []
    assert problem(theirs.get("/locations/here")) == (404, "NO_LOCATION")
    assert problem(theirs.call("POST", "/locations/here/test")) == (404, "NO_LOCATION")
    assert problem(theirs.call("PATCH", "/locations/here", json={"password": "x"})) == (404, "NO_LOCATION")
    assert problem(theirs.call("DELETE", "/locations/here")) == (404, "NO_LOCATION")


def test_who_may_only_read_makes_none(site: Site, web_room: Room, alice: Person) -> None:
    reader = Program(site, make_client(web_room, alice, name="r", scopes=["flows:read"]))

    assert reader.get("/locations").status_code == 200
    assert problem(reader.post("/locations", HOSTED)) == (403, "INSUFFICIENT_SCOPE")
    assert problem(reader.call("PATCH", "/locations/here", json={})) == (403, "INSUFFICIENT_SCOPE")
    assert problem(reader.call("DELETE", "/locations/here")) == (403, "INSUFFICIENT_SCOPE")


def test_the_client_does_all_of_it(site: Site, shop: Credentials) -> None:
    with Client(f"http://127.0.0.1:{site.server.port}", shop.client_id, shop.secret) as client:
        made_ = client.locations.create("here", "hosted")
        assert client.locations.all() == [made_]
        assert client.locations.get("here") == made_
        assert client.locations.test("here").works
        assert client.locations.update("here", url="hosted") == made_
        client.locations.delete("here")
        assert client.locations.all() == []
