"""A data file and its signal: nothing happens before both are there, whatever comes first, or is replaced."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.contacts.errors import Conflict, Denied
from postroom.drops import browsing
from postroom.drops.browsing import entries, entry, tree_seen
from postroom.drops.claiming import claim_next
from postroom.drops.expiring import expire
from postroom.drops.landing import Place, confirm, quarantine, remove, rename
from postroom.drops.retrying import retry
from postroom.drops.room import Room, account_lock
from postroom.drops.trees import BATCHES, Tree
from postroom.store import accounts, drops, realms
from postroom.store.drops import Drop
from tests.conftest import MakePerson, Person
from tests.integration.drops.batching import Realm, make_realm
from tests.integration.drops.clock import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def acme(room: Room, make_person: MakePerson, clock: Clock) -> Realm:
    return make_realm(replace(room, clock=clock), make_person, "acme")


def place(realm: Realm, name: str) -> Place:
    return Place(realm.account_id, realm.sender.person.login, BATCHES, name)


def claim(realm: Realm) -> Drop:
    claimed = claim_next(realm.room, realm.account_id)
    assert isinstance(claimed, Drop)
    return claimed


def content(realm: Realm, drop: Drop) -> bytes:
    with realm.room.blobs.open(drop.blob_key) as blob:
        return blob.read()


def test_a_data_file_waits_for_its_signal(acme: Realm) -> None:
    acme.leave("a.dat", "data")
    assert acme.drops() == []
    assert acme.sender.process() is None

    acme.leave("a.sig")

    assert acme.drops() == [("a.dat", "ready")]


def test_a_signal_waits_for_its_data_file(acme: Realm) -> None:
    acme.leave("a.sig")
    assert acme.drops() == []

    acme.leave("a.dat", "data")

    assert acme.drops() == [("a.dat", "ready")]
    assert content(acme, claim(acme)) == b"data"


def test_every_data_file_of_a_signal_brings_its_own_job(acme: Realm) -> None:
    for name in ("a.dat", "a.xml", "a.csv"):
        acme.leave(name, "data")
    acme.leave("a.sig")

    with acme.room.database.reading() as connection:
        jobs = connection.execute("select lock from procrastinate_jobs where status = 'todo'").fetchall()
    assert [job["lock"] for job in jobs] == [account_lock(acme.account_id)] * 3


@pytest.mark.parametrize(
    ("data", "signal"),
    [("a.dat", "a.SIG"), ("a.XML", "a.sig"), ("a.b.csv", "a.b.Sig"), ("é ~.dat", "é ~.sig")],
)
def test_the_case_of_extensions_does_not_matter(acme: Realm, data: str, signal: str) -> None:
    acme.leave(data, "data")
    acme.leave(signal)

    assert acme.drops() == [(data, "ready")]


@pytest.mark.parametrize("signal", ["A.sig", "a.dat.sig", "aa.sig", "a.sig.tmp", ".sig", "a_sig", "%.sig"])
def test_a_signal_that_is_slightly_different_is_another_one(acme: Realm, signal: str) -> None:
    acme.leave("a.dat", "data")
    acme.leave(signal)

    assert acme.drops() == []
    assert acme.seen() == sorted(["a.dat", signal])


def test_data_files_of_one_stem_are_taken_in_a_fixed_order(acme: Realm) -> None:
    for name in ("a.csv", "a.xml", "a.dat", "b.dat"):
        acme.leave(name, "data")
    acme.leave("a.sig")

    assert acme.drops() == [("a.dat", "ready"), ("a.xml", "ready"), ("a.csv", "ready")]


def test_data_that_is_replaced_after_the_signal_counts(acme: Realm) -> None:
    acme.leave("a.dat", "old")
    acme.leave("a.sig")
    acme.leave("a.dat", "new")

    assert acme.drops() == [("a.dat", "ready")]
    assert content(acme, claim(acme)) == b"new"


def test_an_upload_that_broke_off_is_neither_data_nor_signal(acme: Realm) -> None:
    acme.leave("a.sig")
    broken = acme.leave("a.dat", "half", confirmed=False)
    assert acme.drops() == [("a.dat", "arriving")]

    quarantine(acme.room, broken)

    assert (acme.drops(), acme.seen()) == ([], ["a.sig"])
    acme.leave("a.dat", "whole")
    assert acme.drops() == [("a.dat", "ready")]


def test_data_and_signal_count_once_they_are_confirmed(acme: Realm) -> None:
    data = acme.leave("a.dat", "data", confirmed=False)
    signal = acme.leave("a.sig", confirmed=False)
    assert acme.drops() == [("a.dat", "arriving"), ("a.sig", "arriving")]

    confirm(acme.room, signal)
    assert acme.drops() == [("a.dat", "arriving")]
    confirm(acme.room, data)
    confirm(acme.room, data)

    assert acme.drops() == [("a.dat", "ready")]
    assert claim(acme).confirmation == "sftp-close"


def test_a_confirmation_that_comes_too_late_confirms_nothing_else(acme: Realm) -> None:
    first = acme.leave("a.dat", "first", confirmed=False)
    acme.leave("a.dat", "second", confirmed=False)
    acme.leave("a.sig")

    confirm(acme.room, first)
    quarantine(acme.room, first)

    assert acme.drops() == [("a.dat", "arriving")]


def test_a_person_may_trust_what_was_never_confirmed(acme: Realm) -> None:
    data = acme.leave("a.dat", "data", confirmed=False)
    signal = acme.leave("a.sig", confirmed=False)
    for left in (data, signal):
        assert left.drop_id is not None
        retry(acme.room, acme.account_id, left.drop_id)

    assert acme.drops() == [("a.dat", "ready")]


def test_a_signal_that_is_taken_back_takes_its_drops_back(acme: Realm) -> None:
    acme.leave("a.dat", "data")
    acme.leave("a.sig")

    remove(acme.room, place(acme, "a.sig"))
    assert (acme.drops(), acme.seen()) == ([], ["a.dat"])

    acme.leave("a.sig")
    rename(acme.room, place(acme, "a.sig"), place(acme, "b.sig"), replace=False)
    assert (acme.drops(), acme.seen()) == ([], ["a.dat", "b.sig"])

    rename(acme.room, place(acme, "a.dat"), place(acme, "b.dat"), replace=False)
    assert acme.drops() == [("b.dat", "ready")]


def test_a_temporary_name_is_nothing_until_it_is_renamed(acme: Realm) -> None:
    acme.leave("a.sig")
    acme.leave("a.dat.filepart", "data")
    acme.leave(".a.dat", "data")
    assert acme.drops() == []

    rename(acme.room, place(acme, "a.dat.filepart"), place(acme, "a.dat"), replace=False)

    assert acme.drops() == [("a.dat", "ready")]


def test_what_is_being_processed_is_not_changed(acme: Realm) -> None:
    acme.leave("a.dat", "data")
    acme.leave("a.sig")
    claim(acme)

    for name in ("a.dat", "a.sig"):
        with pytest.raises(Conflict):
            acme.leave(name, "other")
        with pytest.raises(Conflict):
            remove(acme.room, place(acme, name))
        with pytest.raises(Conflict):
            rename(acme.room, place(acme, name), place(acme, f"b{name}"), replace=True)
    acme.leave("b.dat", "data")
    with pytest.raises(Conflict):
        rename(acme.room, place(acme, "b.dat"), place(acme, "a.dat"), replace=True)
    assert acme.seen() == ["a.dat", "a.sig", "b.dat"]


def test_another_data_file_of_a_stem_may_come_while_one_is_processed(acme: Realm) -> None:
    acme.leave("a.xml", "data")
    acme.leave("a.sig")
    claim(acme)

    acme.leave("a.dat", "data")

    assert acme.drops() == [("a.xml", "claimed"), ("a.dat", "ready")]


def test_one_account_has_one_line_whatever_its_files_are(acme: Realm, clock: Clock) -> None:
    acme.leave("a.dat", "data")
    acme.leave("a.sig")
    clock.pass_by(1)
    acme.sender.leave("people.csv", "Email\na@example.com\n")
    clock.pass_by(1)
    acme.leave("b.dat", "data")
    acme.leave("b.sig")

    first = claim(acme)
    with acme.room.database.transaction() as connection:
        drops.settle_drop(connection, first, state="refused", outcome={}, now=clock())

    assert first.name == "a.dat"
    assert claim(acme).name == "people.csv"


def test_only_accounts_with_a_realm_see_the_folder(acme: Realm, charlie: Person) -> None:
    assert BATCHES in tree_seen(acme.room, acme.account_id).directories()
    assert BATCHES not in tree_seen(acme.room, charlie.account.account_id).directories()


def test_an_account_may_leave_its_batches_in_the_root(acme: Realm) -> None:
    with acme.room.database.transaction() as connection:
        account = accounts.account_by_id(connection, acme.account_id)
        settings = account.settings.changed({"batches_root": "true"})
        accounts.update_settings(connection, acme.account_id, settings)
    tree = tree_seen(acme.room, acme.account_id)
    acme.leave("a.dat", "data")

    assert [each.name for each in entries(acme.room, tree, acme.account_id, ())] == [
        "contacts",
        "reporting",
        "a.dat",
    ]
    assert entry(acme.room, tree, acme.account_id, ("a.dat",)).size == 4
    assert not tree.is_folder(BATCHES)
    assert tree.stored("") == BATCHES


def test_what_stands_there_is_listed_but_not_fetched(acme: Realm) -> None:
    acme.leave("a.dat", "password=rabbit")
    found = entry(acme.room, Tree(BATCHES), acme.account_id, (BATCHES, "a.dat"))
    assert (found.size, found.writable) == (15, True)
    assert found.file is not None

    with pytest.raises(Denied, match="passwords"):
        browsing.open_file(acme.room, found.file)


def test_half_a_pair_is_removed_in_time(acme: Realm, clock: Clock) -> None:
    acme.leave("a.dat", "data")
    acme.leave("b.sig")
    acme.leave("c.dat", "data")
    acme.leave("c.sig")
    clock.pass_by(31 * 24 * 60 * 60)

    expire(acme.room)

    assert acme.seen() == ["c.dat", "c.sig"]


def test_a_realm_taken_away_leaves_what_is_in_line(acme: Realm) -> None:
    acme.leave("a.dat", "data")
    acme.leave("a.sig")
    with acme.room.database.transaction() as connection:
        realms.remove_realm(connection, acme.account_id)

    assert acme.drops() == [("a.dat", "ready")]


def test_rows_of_tables_stand_back_for_the_contacts_that_they_are_about(acme: Realm, clock: Clock) -> None:
    for name, content in (
        ("rows.csv", "isrelational=1\n"),
        ("other.dat", "cmd=save&data=email^a@example.com\nisrelationalsubscriber=1\n"),
        ("more.csv", "isrelational=1\n"),
        (
            "contacts.dat",
            "realm=acme\r\nIsRelationalSubscriber=true\r\n\r\ncmd=relationalsub\r\n",
        ),
    ):
        acme.leave(name, content)
        acme.leave(f"{name[:-4]}.sig")
        clock.pass_by(1)

    assert order_of_claims(acme, clock) == ["other.dat", "contacts.dat", "rows.csv", "more.csv"]


def test_rows_of_tables_that_were_claimed_before_go_on(acme: Realm, clock: Clock) -> None:
    acme.leave("rows.csv", "isrelational=1\n")
    acme.leave("rows.sig")
    claim(acme)
    acme.leave("contacts.dat", "isrelationalsubscriber=1\n")
    acme.leave("contacts.sig")

    assert order_of_claims(acme, clock) == ["rows.csv", "contacts.dat"]


def order_of_claims(realm: Realm, clock: Clock) -> list[str]:
    names = []
    while isinstance(claimed := claim_next(realm.room, realm.account_id), Drop):
        names.append(claimed.name)
        with realm.room.database.transaction() as connection:
            drops.settle_drop(connection, claimed, state="refused", outcome={}, now=clock())
    return names
