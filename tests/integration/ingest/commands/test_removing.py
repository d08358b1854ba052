"""`delete` and `change`: contacts that go, and contacts that move to another address."""

from __future__ import annotations

import pytest

from postroom.contacts.commands import Kind
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.verdicts import Verdict
from tests.integration.ingest.commands.batches import Realm, line

JANE, MARY = "jane@domain.com", "mary@domain.com"


def test_deleting_takes_all_subscriptions_and_leaves_a_global_opt_out(realm: Realm) -> None:
    news, offers = realm.new_list("news"), realm.new_list("offers")
    realm.send(line(Kind.SUB, "email", JANE, MARY, list_id=f"{news},{offers}"))

    answer = realm.send(line(Kind.DELETE, "email", f"*{JANE}"))

    assert realm.contacts("email") == [(MARY,)]
    assert realm.members(news) == realm.members(offers) == [MARY]
    assert realm.optouts() == {("EMAIL", JANE): OptOutReason.ACCOUNT}
    assert (answer.tally.deleted, answer.tally.optouts_global, answer.tally.unsubscribed) == (1, 1, 0)
    assert realm.subscribers(news) == 1


def test_nobody_to_delete_is_a_failure_and_leaves_nothing(realm: Realm) -> None:
    realm.send(line(Kind.SAVE, "email", JANE))

    answer = realm.send(line(Kind.DELETE, "email", JANE, MARY, JANE), force_optout=True)

    assert answer.failures == [
        (1, 2, Verdict.NO_SUCH_CONTACT, MARY),
        (1, 3, Verdict.NO_SUCH_CONTACT, JANE),
    ]
    assert set(realm.optouts()) == {("EMAIL", JANE)}


def test_a_key_tells_which_of_an_address_to_delete(keyed: Realm) -> None:
    keyed.send(line(Kind.SAVE, "email,customer_key", f"{JANE},K1", f"{JANE},K2"))

    keyed.send(line(Kind.DELETE, "email,customer_key", f"{JANE},K2"))

    assert keyed.contacts("reference") == [("K1",)]


def test_who_was_deleted_does_not_come_back_unless_forced(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SAVE, "email", JANE))

    answer = realm.send(line(Kind.DELETE, "email", JANE), line(Kind.SUB, "email", JANE, list_id=news))
    assert answer.failures == [(2, 1, Verdict.OPTED_OUT, JANE)]

    realm.send(line(Kind.SUB, "email", JANE, list_id=news), force_sub=True)
    assert realm.members(news) == [JANE]


def test_a_contact_moves_to_another_address_and_stays_subscribed(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email,first", f"{JANE},Jane", list_id=news))

    answer = realm.send(
        line(Kind.CHANGE, email=JANE, email_new="Jane@Other.org"),
        line(Kind.SAVE, "email,first", "jane@other.org,Janet"),
    )

    assert realm.contacts() == [("jane@other.org", "Janet")]
    assert realm.members(news) == ["jane@other.org"]
    assert (answer.tally.updated, answer.tally.created) == (1, 0)
    assert answer.findings == []


def test_two_contacts_may_move_one_after_another(realm: Realm) -> None:
    realm.send(line(Kind.SAVE, "email,first", f"{JANE},Jane", f"{MARY},Mary"))

    answer = realm.send(line(Kind.CHANGE, "email,email_new", f"{JANE},jane@other.org", f"{MARY},{JANE}"))

    assert realm.contacts() == [(JANE, "Mary"), ("jane@other.org", "Jane")]
    assert answer.failures == []


@pytest.mark.parametrize(
    ("record", "verdict", "value"),
    [
        ("nobody@domain.com,x@y.org", Verdict.NO_SUCH_CONTACT, "nobody@domain.com"),
        (f"{JANE},{MARY}", Verdict.ADDRESS_TAKEN, MARY),
        (f"{JANE},foobar", Verdict.INVALID_EMAIL, "foobar"),
        (f"foobar,{JANE}", Verdict.INVALID_EMAIL, "foobar"),
        (f"{JANE},", Verdict.MISSING_EMAIL, ""),
    ],
)
def test_a_change_that_cannot_be_changes_nothing(
    realm: Realm, record: str, verdict: Verdict, value: str
) -> None:
    realm.send(line(Kind.SAVE, "email", JANE, MARY))

    answer = realm.send(line(Kind.CHANGE, "email,email_new", record))

    assert answer.failures == [(1, 1, verdict, value)]
    assert realm.contacts("email") == [(JANE,), (MARY,)]


def test_a_shared_address_is_not_changed(realm: Realm) -> None:
    realm.send(line(Kind.SAVE, "email,first", f"{JANE},Jane", f"{JANE},Bob"), allow_duplicates=True)

    answer = realm.send(line(Kind.CHANGE, "email,email_new", f"{JANE},x@y.org"))

    assert answer.failures == [(1, 1, Verdict.SEVERAL_CONTACTS, JANE)]


def test_with_customer_keys_an_address_is_only_data(keyed: Realm) -> None:
    keyed.send(line(Kind.SAVE, "email,customer_key", f"{JANE},K1", f"{MARY},K2"))

    keyed.send(line(Kind.CHANGE, "email,email_new", f"{JANE},{MARY}"))
    keyed.send(line(Kind.SAVE, "email,customer_key,city", f"{MARY},K1,Paris"))

    assert keyed.contacts("reference", "email", "city") == [("K1", MARY, "Paris"), ("K2", MARY, None)]


def test_without_a_new_address_the_command_fails(realm: Realm) -> None:
    answer = realm.send(line(Kind.CHANGE, email=JANE))

    assert answer.failures == [(1, None, Verdict.MISSING_FIELD, "email_new")]
