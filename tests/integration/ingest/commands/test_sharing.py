"""Several contacts of one address: whom each row means (the resolution of the protocol, line by line)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from postroom.contacts.commands import Kind
from postroom.contacts.verdicts import Verdict
from postroom.ingest import writing
from postroom.store.database import Database
from tests.conftest import MakePerson
from tests.integration.ingest.commands.batches import Realm, line

JANE = "jane@domain.com"
DUPLICATES: dict[str, Any] = {"allow_duplicates": True}


@pytest.fixture
def two(realm: Realm) -> Realm:
    """Return a realm where Jane and Bob share an address, Jane the older."""
    realm.send(line(Kind.SAVE, "email,first,city", f"{JANE},Jane,Paris", f"{JANE},Bob,Lyon"), **DUPLICATES)
    assert realm.contacts() == [(JANE, "Jane"), (JANE, "Bob")]
    return realm


@pytest.mark.parametrize(
    ("fields", "record", "header"),
    [
        ("email,first", f"{JANE},Bob", {"allow_duplicates": True}),
        ("email,first,duplicate", f"{JANE},Bob,1", {}),
        ("email,first", f"*{JANE},Bob", {}),
    ],
    ids=["the header", "the field", "the star"],
)
def test_there_are_three_ways_to_ask_for_one_more(
    realm: Realm, fields: str, record: str, header: dict[str, Any]
) -> None:
    realm.send(line(Kind.SAVE, "email,first", f"{JANE},Jane"))

    answer = realm.send(line(Kind.SAVE, fields, record), **header)

    assert realm.contacts() == [(JANE, "Jane"), (JANE, "Bob")]
    assert answer.tally.created == 1


def test_without_being_asked_another_first_name_is_the_same_contact(realm: Realm) -> None:
    realm.send(line(Kind.SAVE, "email,first", f"{JANE},Jane"))

    realm.send(line(Kind.SAVE, "email,first", f"{JANE},Bob"))

    assert realm.contacts() == [(JANE, "Bob")]


def test_a_duplicate_needs_a_first_name_once_there_is_somebody(realm: Realm) -> None:
    answer = realm.send(line(Kind.SAVE, "email,first", f"{JANE},", f"{JANE},"), **DUPLICATES)

    assert realm.contacts() == [(JANE, None)]
    assert answer.failures == [(1, 2, Verdict.MISSING_FIRST, "")]


def test_a_duplicate_of_the_same_first_name_is_the_same_contact(two: Realm) -> None:
    answer = two.send(line(Kind.SAVE, "email,first,city", f"{JANE}, BOB ,Nice"), **DUPLICATES)

    assert two.contacts("first_name", "city") == [("Jane", "Paris"), ("BOB", "Nice")]
    assert (answer.tally.created, answer.tally.updated) == (0, 1)


@pytest.mark.parametrize(
    ("record", "cities"),
    [("bob,Nice", ["Paris", "Nice"]), ("Mary,Nice", ["Nice", "Lyon"]), (",Nice", ["Nice", "Lyon"])],
    ids=["whom the first name tells", "the oldest when it tells nobody", "the oldest without one"],
)
def test_an_ordinary_row_means_one_of_them(two: Realm, record: str, cities: list[str]) -> None:
    two.send(line(Kind.SAVE, "email,first,city", f"{JANE},{record}"))

    assert [city for (city,) in two.contacts("city")] == cities


def test_several_are_made_by_one_run_and_each_is_subscribed(realm: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(
        line(
            Kind.SUB, "email,first", f"{JANE},Jane", f"{JANE},Bob", f"{JANE},jane", "x@y.org,X", list_id=news
        ),
        **DUPLICATES,
    )

    assert realm.contacts() == [(JANE, "jane"), (JANE, "Bob"), ("x@y.org", "X")]
    assert realm.members(news) == [JANE, JANE, "x@y.org"]
    assert (answer.tally.created, answer.tally.subscribed) == (3, 3)


def test_unsubscribing_takes_all_of_an_address_or_the_one_that_is_told(two: Realm) -> None:
    news = two.new_list()
    two.send(line(Kind.SUB, "email,first", f"{JANE},Jane", f"{JANE},Bob", list_id=news))
    assert two.members(news) == [JANE, JANE]

    one = two.send(line(Kind.UNSUB, "email,first", f"{JANE},Bob", list_id=news), optout=False)
    assert (two.members(news), one.tally.unsubscribed) == ([JANE], 1)

    two.send(line(Kind.SUB, "email,first", f"{JANE},Bob", list_id=news))
    every = two.send(line(Kind.UNSUB, "email", JANE, list_id=news))
    assert (two.members(news), every.tally.unsubscribed) == ([], 2)


def test_an_opt_out_of_one_keeps_the_others_from_coming_back(two: Realm) -> None:
    news = two.new_list()
    two.send(line(Kind.SUB, "email,first", f"{JANE},Jane", f"{JANE},Bob", list_id=news))

    two.send(line(Kind.UNSUB, "email,first", f"{JANE},Bob", list_id=news))
    answer = two.send(line(Kind.SUB, "email,first", f"{JANE},Jane", list_id=news))

    assert two.members(news) == [JANE]
    assert answer.failures == [(1, 1, Verdict.OPTED_OUT, JANE)]


def test_deleting_needs_to_be_told_which(two: Realm) -> None:
    answer = two.send(
        line(Kind.DELETE, "email", JANE),
        line(Kind.DELETE, "email,first", f"{JANE},Jane"),
        line(Kind.DELETE, "email", JANE),
    )

    assert answer.failures == [(1, 1, Verdict.SEVERAL_CONTACTS, JANE)]
    assert two.contacts() == []
    assert answer.tally.deleted == 2


def test_who_is_left_is_the_first_now_and_met_by_everything(two: Realm) -> None:
    two.send(line(Kind.DELETE, "email,first", f"{JANE},Jane"))

    two.send(line(Kind.SAVE, "email,city", f"{JANE},Nantes"))

    assert two.contacts("first_name", "city") == [("Bob", "Nantes")]
    assert two.sharers() == 0


def test_who_is_left_after_a_call_is_met_as_well(two: Realm) -> None:
    (jane, _), (_bob, _) = two.contacts("contact_id", "first_name")
    with two.database.transaction() as connection:
        writing.delete_contacts(connection, two.account_id, [jane])

    answer = two.send(line(Kind.SAVE, "email,city", f"{JANE},Nantes"))

    assert two.contacts("first_name", "city") == [("Bob", "Nantes")]
    assert answer.tally.created == 0


def test_a_first_name_of_before_is_free_again(realm: Realm) -> None:
    realm.send(line(Kind.SAVE, "email,first", f"{JANE},Jane", f"{JANE},Bob", f"{JANE},Max"), **DUPLICATES)
    realm.send(line(Kind.DELETE, "email,first", f"{JANE},Jane"))
    realm.send(line(Kind.SAVE, "email,first", f"{JANE},Bob", f"{JANE},NULL"))

    realm.send(line(Kind.SAVE, "email,first", f"{JANE},Ann", f"{JANE},Bob"), **DUPLICATES)

    assert sorted(first or "" for (first,) in realm.contacts("first_name")) == ["", "Ann", "Bob", "Max"]


def test_with_customer_keys_nobody_is_a_duplicate(keyed: Realm) -> None:
    keyed.send(line(Kind.SAVE, "email,first,customer_key", f"{JANE},Jane,K1", f"{JANE},Bob,K2"), **DUPLICATES)

    assert keyed.contacts("reference", "first_name") == [("K1", "Jane"), ("K2", "Bob")]
    assert keyed.sharers() == 0


def test_what_charlie_shares_is_nothing_to_alice(
    database: Database, make_person: MakePerson, two: Realm
) -> None:
    charlie = Realm.of(database, make_person("charlie", criterion="email"))

    charlie.send(line(Kind.SAVE, "email,first", f"{JANE},Charlie"))

    assert charlie.contacts() == [(JANE, "Charlie")]
    assert replace(two).contacts() == [(JANE, "Jane"), (JANE, "Bob")]


def test_several_lists_are_one_question_for_each_record(realm: Realm) -> None:
    news, offers = realm.new_list("news"), realm.new_list("offers")

    realm.send(line(Kind.SUB, "email,first", f"*{JANE},Max", f"{JANE},Jane", list_id=f"{news},{offers}"))

    assert realm.contacts() == [(JANE, "Jane")]
    assert realm.members(news) == realm.members(offers) == [JANE]


def test_lists_that_refuse_different_addresses_of_one_contact_keep_the_order(keyed: Realm) -> None:
    news, offers = keyed.new_list("news"), keyed.new_list("offers")
    keyed.send(line(Kind.SMART_UNSUB, "email", "a@x.org", list_id=news), force_optout=True)
    keyed.send(line(Kind.SMART_UNSUB, "email", "b@x.org", list_id=offers), force_optout=True)

    answer = keyed.send(
        line(
            Kind.SUB,
            "email,city,customer_key",
            "a@x.org,Paris,K1",
            "b@x.org,Lyon,K1",
            list_id=f"{news},{offers}",
        )
    )

    assert keyed.contacts("email", "city") == [("b@x.org", "Lyon")]
    assert keyed.members(news) == keyed.members(offers) == ["b@x.org"]
    assert answer.tally.records_failed == 2
