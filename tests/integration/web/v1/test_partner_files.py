"""Files for partners over /v1: which there are, fetching them, and when that counts."""

from __future__ import annotations

import socket
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from postroom.contacts.events import EventSource, EventType, RecordedEvent
from postroom.drops.room import Room
from postroom.sending.partners.expiring import expire_partner_files
from tests.conftest import Person
from tests.integration.gateway.ftp.served import wait_until
from tests.integration.sending.partnering import Marketer, mailroom_of
from tests.integration.sending.written import NOON
from tests.integration.web.site import Site, make_client
from tests.integration.web.v1.program import Program, problem

LARGE = 30_000_000


@pytest.fixture
def marketer(web_room: Room, alice: Person) -> Marketer:
    return Marketer(web_room, alice)


def downloads(marketer: Marketer) -> list[RecordedEvent]:
    return marketer.writer.events(EventType.BATCH_DOWNLOADED)


def test_files_are_read_newest_first_page_by_page(marketer: Marketer, shop_program: Program) -> None:
    marketer.resident("bob")
    ids = [marketer.launch(name=name).partner_file_id for name in ("First", "Second", "Third")]

    page = shop_program.get("/partner-files?limit=2&total=true").json()
    rest = shop_program.get(f"/partner-files?limit=2&cursor={page['next']}").json()

    assert [each["id"] for each in page["items"] + rest["items"]] == ids[::-1]
    assert (page["total"], rest["next"]) == (3, None)
    campaign_id = page["items"][0]["campaign_id"]
    assert len(shop_program.get(f"/partner-files?campaign_id={campaign_id}").json()["items"]) == 1


def test_a_file_tells_what_it_is(marketer: Marketer, shop_program: Program) -> None:
    marketer.resident("bob")
    file = marketer.file(marketer.launch(login="printer"))

    answer = shop_program.get(f"/partner-files/{file.partner_file_id}")

    assert answer.json() == {
        "id": file.partner_file_id,
        "batch_id": str(file.batch_id),
        "campaign_id": file.campaign_id,
        "channel": "PRINT",
        "name": file.name,
        "login": "printer",
        "size": file.size,
        "people": 1,
        "left_out": 0,
        "ready_at": "2026-11-01T12:00:00Z",
        "downloads": 0,
        "downloaded_at": None,
        "downloaded_by": None,
        "removed_at": None,
    }
    etag = {"If-None-Match": answer.headers["etag"]}
    assert shop_program.get(f"/partner-files/{file.partner_file_id}", headers=etag).status_code == 304


def test_fetching_it_is_told_of_everybody_in_it(marketer: Marketer, shop_program: Program) -> None:
    bob, eve = marketer.resident("bob"), marketer.resident("eve")
    written = marketer.launch()

    answer = shop_program.get(f"/partner-files/{written.partner_file_id}/content")

    assert answer.content.decode() == marketer.content(written)
    assert answer.headers["content-type"].startswith("text/csv")
    assert marketer.file(written).name in answer.headers["content-disposition"]
    wait_until(lambda: len(downloads(marketer)) == 2)
    assert [each.contact_id for each in downloads(marketer)] == [bob, eve]
    assert {each.source for each in downloads(marketer)} == {EventSource.API}
    by_whom = marketer.file(written).downloaded_by
    assert by_whom is not None
    assert by_whom.startswith("client:")
    assert downloads(marketer)[0].attributes["downloadedBy"] == by_whom


def test_a_client_that_goes_away_in_the_middle_has_not_fetched_it(
    marketer: Marketer, shop_program: Program, site: Site
) -> None:
    marketer.resident("bob")
    written = marketer.launch()
    key = marketer.room.blobs.put_bytes(b"x" * LARGE)
    with marketer.room.database.transaction() as connection:
        connection.execute(
            "update files set blob_key = %s, size = %s where directory = 'partners'", [key, LARGE]
        )
    token = shop_program.get("/partner-files").request.headers["authorization"]
    address = urlsplit(str(site.calls.base_url))
    path = f"/v1/partner-files/{written.partner_file_id}/content"

    with socket.create_connection((address.hostname, address.port), timeout=10) as half:
        half.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n\r\n".encode())
        assert half.recv(1000).startswith(b"HTTP/1.1 200")

    # Whoever fetches it after that is the first.
    shop_program.get(path.removeprefix("/v1"))
    wait_until(lambda: len(downloads(marketer)) == 1)
    assert marketer.file(written).downloads == 1


def test_what_is_not_kept_any_more_is_missing(marketer: Marketer, shop_program: Program) -> None:
    marketer.resident("bob")
    written = marketer.launch()
    later = mailroom_of(marketer.room, clock=lambda: NOON + timedelta(days=40))
    expire_partner_files(later, days=14)

    answer = shop_program.get(f"/partner-files/{written.partner_file_id}/content")

    assert problem(answer) == (404, "NOT_KEPT")
    assert shop_program.get(f"/partner-files/{written.partner_file_id}").json()["removed_at"]


def test_charlie_finds_and_fetches_nothing_of_alices(marketer: Marketer, stranger_program: Program) -> None:
    marketer.resident("bob")
    written = marketer.launch()

    assert stranger_program.get("/partner-files?total=true").json()["items"] == []
    for path in (
        f"/partner-files/{written.partner_file_id}",
        f"/partner-files/{written.partner_file_id}/content",
    ):
        assert problem(stranger_program.get(path)) == (404, "NO_PARTNER_FILE")
    assert downloads(marketer) == []


def test_a_program_needs_the_scope(marketer: Marketer, web_room: Room, site: Site) -> None:
    marketer.resident("bob")
    written = marketer.launch()
    without = Program(site, make_client(web_room, marketer.person, name="lists", scopes=["lists:write"]))
    within = Program(site, make_client(web_room, marketer.person, name="printer", scopes=["partners:read"]))

    for path in ("/partner-files", f"/partner-files/{written.partner_file_id}/content"):
        assert problem(without.get(path)) == (403, "INSUFFICIENT_SCOPE")
        assert within.get(path).status_code == 200
