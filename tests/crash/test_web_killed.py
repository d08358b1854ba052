"""A web process is killed while it does what was asked under a key; whoever asks again gets it done once."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from postroom.drops.room import Room
from tests.conftest import Person
from tests.crash.webs import Web, token
from tests.integration.web.site import make_client

KEY = {"Idempotency-Key": "spring-2026"}

pytestmark = pytest.mark.crash


@pytest.mark.parametrize(("step", "done"), [("acted", False), ("answer kept", False), ("committed", True)])
def test_a_list_asked_for_again_after_a_kill_is_made_once(
    room: Room, database_url: str, tmp_path: Path, alice: Person, *, step: str, done: bool
) -> None:
    web = Web(database_url, tmp_path / "blobs")
    shop = make_client(room, alice)
    with web.served(step) as (calls, process):
        headers = {**token(calls, shop), **KEY}
        with pytest.raises(httpx.TransportError):
            calls.post("/v1/lists", json={"name": "Spring"}, headers=headers)
        assert process.wait(10) == -9

    with web.served() as (calls, _):
        again = calls.post("/v1/lists", json={"name": "Spring"}, headers=headers)
        names = [each["name"] for each in calls.get("/v1/lists", headers=headers).json()["items"]]

    assert again.status_code == 201
    assert ("idempotency-replayed" in again.headers) == done
    assert names == ["Spring"]


@pytest.mark.parametrize(
    ("step", "done"),
    [
        ("stored", False),
        ("recorded", False),
        ("landed", False),
        ("acted", False),
        ("answer kept", False),
        ("committed", True),
    ],
)
def test_a_file_sent_again_after_a_kill_is_imported_once(
    room: Room, database_url: str, tmp_path: Path, alice: Person, *, step: str, done: bool
) -> None:
    web = Web(database_url, tmp_path / "blobs")
    shop = make_client(room, alice)
    files = {"file": ("people.csv", b"Email\nbob@example.com\n")}
    with web.served(step) as (calls, process):
        headers = {**token(calls, shop), **KEY}
        with pytest.raises(httpx.TransportError):
            calls.post("/v1/imports", files=files, headers=headers)
        assert process.wait(10) == -9

    with web.served() as (calls, _):
        again = calls.post("/v1/imports", files=files, headers=headers)
        drops = calls.get("/v1/drops", headers=headers).json()["items"]
        names = [each["name"] for each in calls.get("/v1/lists", headers=headers).json()["items"]]

    assert again.status_code == 202
    assert ("idempotency-replayed" in again.headers) == done
    assert [each["id"] for each in drops] == [again.json()["id"]]
    assert names == ["people"]
