"""The published client against a real server: tokens, retries, keys, and what Charlie gets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from postroom.client import (
    Changed,
    Client,
    Forbidden,
    ForeignKey,
    Import,
    Invalid,
    NotFound,
    Retrying,
    SavedRows,
    TableField,
    Unauthorized,
)
from postroom.drops.room import Room
from postroom.store import clients
from postroom.store.accounts import lock_account
from tests.conftest import MakePerson, Person
from tests.integration.web.site import Credentials, Site, make_client, served, working


@pytest.fixture
def site(room: Room) -> Iterator[Site]:
    with served(room) as site:
        yield site


def client_of(site: Site, credentials: Credentials, retrying: Retrying | None = None) -> Client:
    address = f"http://127.0.0.1:{site.server.port}"
    return Client(address, credentials.client_id, credentials.secret, retrying=retrying)


@pytest.fixture
def shop(site: Site, room: Room, alice: Person) -> Iterator[Client]:
    """Return Alice's client."""
    with client_of(site, make_client(room, alice)) as client:
        yield client


def test_a_season_of_lists_and_contacts(shop: Client) -> None:
    spring = shop.lists.create("Spring", "Who asked in March")
    bob, dora = shop.contacts.store(
        [
            {"email": "bob@example.com", "mobile": "06 12 34 56 78", "birth_date": date(1980, 2, 29)},
            {"email": "dora@example.com", "optouts": {"email": "contact"}},
        ]
    )

    assert shop.lists.add(spring.id, [bob.id, dora.id]) == 2
    assert (bob.mobile, bob.birth_date, dora.optouts.email) == ("+33612345678", date(1980, 2, 29), "contact")
    assert [each.id for each in shop.contacts.find(list_id=spring.id, opted_out={"email": True})] == [dora.id]

    stats = shop.lists.get(spring.id).stats
    assert stats is not None
    assert (stats.subscribers, stats.email, stats.sms) == (2, 1, 1)
    both = shop.lists.merge([spring.id, shop.lists.create("Easter").id], "Both")
    assert [each.name for each in shop.lists.all()] == ["Spring", "Easter", "Both"]

    assert shop.lists.remove(both.id, [bob.id]) == 1
    shop.contacts.delete(bob.id)
    shop.lists.delete(both.id)
    with pytest.raises(NotFound):
        shop.contacts.get(bob.id)


def test_listings_longer_than_a_page_are_read_to_their_end(shop: Client) -> None:
    for start in range(0, 1200, 400):
        shop.contacts.store([{"email": f"{number}@example.com"} for number in range(start, start + 400)])

    assert len({contact.email for contact in shop.contacts.find()}) == 1200


def test_what_was_read_is_changed_only_while_it_is_so(shop: Client) -> None:
    seen = shop.lists.create("Spring")
    shop.lists.update(seen.id, name="Easter")

    with pytest.raises(Changed):
        shop.lists.update(seen.id, name="Summer", etag=seen.etag)

    again = shop.lists.get(seen.id)
    assert shop.lists.update(seen.id, description="March", etag=again.etag).name == "Easter"


def test_a_key_of_ones_own_makes_one_list_however_often_a_program_starts(
    site: Site, room: Room, alice: Person
) -> None:
    credentials = make_client(room, alice)
    made = []
    for _ in range(2):
        with client_of(site, credentials) as client:
            made.append(client.lists.create("Spring", key="import-of-monday").id)

    assert made[0] == made[1]


def test_a_busy_account_is_waited_for(site: Site, room: Room, alice: Person) -> None:
    waits: list[float] = []
    with room.database.transaction() as connection:
        lock_account(connection, alice.account.account_id)

        def sleep(seconds: float) -> None:
            waits.append(seconds)
            connection.rollback()  # the other one has done its work

        with client_of(site, make_client(room, alice), retrying=Retrying(sleep=sleep)) as client:
            stored = client.contacts.store([{"email": "bob@example.com"}])

    assert (len(stored), len(waits)) == (1, 1)


def test_a_client_without_the_scope_or_the_right_secret_is_told(
    site: Site, room: Room, alice: Person
) -> None:
    reader = make_client(room, alice, scopes=["lists:read"])
    with client_of(site, reader) as client, pytest.raises(Forbidden):
        client.lists.create("Spring")
    with client_of(site, Credentials(reader.client_id, "wrong")) as client, pytest.raises(Unauthorized):
        list(client.lists.all())


def test_a_client_that_was_removed_is_told(site: Site, room: Room, alice: Person) -> None:
    with client_of(site, make_client(room, alice, name="shop")) as client:
        with room.database.transaction() as connection:
            clients.remove_client(connection, "shop")

        with pytest.raises(Unauthorized):
            list(client.lists.all())


def test_a_contact_that_is_not_valid_is_named(shop: Client) -> None:
    with pytest.raises(Invalid, match="nobody"):
        shop.contacts.store([{"email": "bob@example.com"}, {"email": "nobody"}])

    assert list(shop.contacts.find()) == []


def test_a_file_is_imported_with_progress_and_taken_back(
    shop: Client, room: Room, database_url: str, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "Email;Nom\n" + "".join(f"{n}@example.com;Durand\n" for n in range(20_000)) + "nobody;Petit\n"
    )
    sent: list[tuple[int, int]] = []
    seen: list[Import] = []

    with working(room, database_url):
        done = shop.import_file(
            path,
            name="Winter",
            on_sent=lambda part, whole: sent.append((part, whole)),
            on_progress=seen.append,
        )

    size = path.stat().st_size
    assert (done.status, done.lines, done.created, done.invalid) == ("ok", 20_001, 20_000, 1)
    assert sent == sorted(sent)
    assert sent[-1] == (size, size)
    assert [each.lines for each in seen] == sorted(each.lines for each in seen)
    assert seen[-1] == done
    assert [(row.line, row.cells) for row in shop.imports.refused(done.id)] == [(20_002, ["nobody", "Petit"])]
    assert b"nobody;Petit" in shop.imports.report(done.id)
    assert shop.drops.file(done.id) == path.read_bytes()
    assert [each.id for each in shop.drops.all(state="applied", newest_first=True)] == [done.id]

    assert shop.drops.undo(done.id, dry_run=True).contacts_removed == 20_000
    assert shop.drops.undo(done.id).contacts_removed == 20_000
    assert shop.drops.get(done.id).undone_at is not None


def test_a_file_that_is_refused_says_why(shop: Client, room: Room, database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "names.csv"
    path.write_text("Nom\nDurand\n")

    with working(room, database_url):
        done = shop.import_file(path)

    assert done.status == "ko"
    assert done.failure is not None
    assert done.failure.code == "MISSING_COLUMN"


def test_a_file_is_left_for_an_action(shop: Client, room: Room, database_url: str) -> None:
    shop.contacts.store([{"mobile": "0612345678"}])

    left = shop.drops.upload(io.BytesIO(b"Mobile\n0612345678\n"), "stop.csv", action="optoutSMS")
    after = shop.imports.start(io.BytesIO(b"Mobile\n0712345678\n"), "more.csv")
    with working(room, database_url):
        shop.imports.wait(after.id)  # files have their turn in the order in which they came

    assert shop.drops.get(left.id).state == "applied"

    assert len(list(shop.contacts.find(opted_out={"sms": "account"}))) == 1


def test_charlie_finds_nothing_of_alices(shop: Client, site: Site, room: Room, charlie: Person) -> None:
    spring = shop.lists.create("Spring")
    (bob,) = shop.contacts.store([{"email": "bob@example.com"}])

    with client_of(site, make_client(room, charlie)) as his:
        assert list(his.lists.all()) == []
        assert list(his.contacts.find()) == []
        for attempt in (
            lambda: his.lists.get(spring.id),
            lambda: his.lists.update(spring.id, name="Mine"),
            lambda: his.contacts.get(bob.id),
            lambda: his.contacts.update(bob.id, {"city": "Brest"}),
        ):
            with pytest.raises(NotFound):
                attempt()


def test_a_table_of_pets_and_who_they_belong_to(site: Site, room: Room, make_person: MakePerson) -> None:
    person = make_person("vet", criterion="email")
    with client_of(site, make_client(room, person)) as vet:
        ann, bob = vet.contacts.store([{"email": "ann@example.com"}, {"email": "bob@example.com"}])
        pets = vet.tables.create(
            "pets",
            fields=[
                TableField(name="tag", type="number", unique=True),
                TableField(name="name", type="string"),
            ],
            foreign_keys=[ForeignKey()],
        )

        first = vet.tables.save(pets.id, [{"tag": 7, "name": "Rex"}, {"tag": 8}], contact={"id": ann.id})
        then = vet.tables.save(pets.id, [{"tag": 9, "name": "Mia"}], contact={"email": "bob@example.com"})
        again = vet.tables.save(pets.id, [{"tag": 7, "name": None}], contact={"id": ann.id})

        assert (first, then, again) == (SavedRows(2, 0), SavedRows(1, 0), SavedRows(0, 1))
        assert [row.values for row in vet.tables.rows(pets.id, contact_id=bob.id)] == [
            {"tag": 9, "name": "Mia"}
        ]
        assert [row.contact_id for row in vet.tables.rows(pets.id)] == [ann.id, ann.id, bob.id]
        assert next(vet.tables.all()).fields[0].unique
        with pytest.raises(Invalid, match="another contact"):
            vet.tables.save(pets.id, [{"tag": 7}], contact={"id": bob.id})
        assert vet.tables.delete_rows(pets.id, [7, "8", 99]) == 2
        vet.tables.delete(pets.id, etag=vet.tables.get(pets.id).etag)
        assert list(vet.tables.all()) == []
