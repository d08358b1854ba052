"""What holds for a whole batch: its header, realms of children, what the reader found, tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from postroom.contacts.commands import Finding, Kind
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.verdicts import Verdict
from postroom.store import lists
from postroom.store.database import Database
from postroom.store.list_counts import Stats
from tests.conftest import MakePerson
from tests.integration.ingest.commands.batches import NOW, Realm, line

JANE, MARY = "jane@domain.com", "mary@domain.com"


@pytest.fixture
def child(database: Database, make_person: MakePerson, realm: Realm) -> Realm:
    """Return Bob's realm, a child of Alice's."""
    bob = Realm.of(database, make_person("bob", criterion="email"))
    realm.children = {"bobs-shop": bob.account}
    return bob


def test_subscriptions_are_dropped_before_the_first_command(realm: Realm) -> None:
    news, offers = realm.new_list("news"), realm.new_list("offers")
    realm.send(line(Kind.SUB, "email", JANE, MARY, list_id=f"{news},{offers}"))

    answer = realm.send(line(Kind.SUB, "email", JANE, list_id=news), drop_subscriptions=(str(news),))

    assert (realm.members(news), realm.members(offers)) == ([JANE], [JANE, MARY])
    assert (answer.tally.dropped, answer.tally.unsubscribed) == (2, 0)
    assert realm.contacts("email") == [(JANE,), (MARY,)]
    assert realm.optouts() == {}
    assert realm.subscribers(news) == 1


def test_lists_that_there_are_not_are_told_and_the_others_dropped(realm: Realm, child: Realm) -> None:
    news, theirs = realm.new_list(), child.new_list()
    realm.send(line(Kind.SUB, "email", JANE, list_id=news))
    child.send(line(Kind.SUB, "email", JANE, list_id=theirs))

    answer = realm.send(drop_subscriptions=("0", str(theirs), "all", str(news)))

    assert [(each.verdict, each.value, each.failed, each.line, each.ordinal) for each in answer.findings] == [
        (Verdict.FOREIGN_LIST, f"drop_subscriptions={value}", True, 0, 0)
        for value in ("0", str(theirs), "all")
    ]
    assert (realm.members(news), child.members(theirs)) == ([], [JANE])


def test_a_command_may_be_for_a_child(realm: Realm, child: Realm) -> None:
    theirs = child.new_list()

    answer = realm.send(line(Kind.SUB, "email", JANE, list_id=theirs, realm="Bobs-Shop"))

    assert (child.members(theirs), realm.contacts()) == ([JANE], [])
    assert answer.tally.created == 1


def test_a_child_needs_a_list_of_its_own(realm: Realm, child: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(
        line(Kind.SUB, "email", JANE, realm="bobs-shop"),
        line(Kind.SUB, "email", JANE, realm="bobs-shop", list_id=news),
        list_id=news,
    )

    assert answer.failures == [
        (1, None, Verdict.MISSING_ARGUMENT, "list_id"),
        (2, None, Verdict.FOREIGN_LIST, str(news)),
    ]
    assert child.contacts() == []


def test_a_realm_that_is_no_child_fails_the_command(realm: Realm) -> None:
    answer = realm.send(
        line(Kind.SAVE, "email", JANE, realm="charlie"), line(Kind.SAVE, "email", MARY, realm="ALICE")
    )

    assert answer.failures == [(1, None, Verdict.FOREIGN_REALM, "charlie")]
    assert realm.contacts("email") == [(MARY,)]


def test_what_the_reader_found_is_told_and_counted_in_its_place(realm: Realm) -> None:
    lost = Finding(5, Verdict.VALUE_COUNT, "2/1", number=2, ordinal=1, kind=Kind.SAVE)
    unknown = Finding(6, Verdict.UNKNOWN_COMMAND, "dance", ordinal=2)
    remark = Finding(7, Verdict.UNKNOWN_ARGUMENT, "x", ordinal=3, failed=False)

    answer = realm.send(steps=[lost, unknown, remark])

    assert answer.findings == [lost, unknown, remark]
    tally = answer.tally
    assert (tally.commands, tally.commands_failed) == (3, 2)
    assert (tally.records, tally.records_failed) == (1, 1)


def test_relational_commands_are_handed_on_and_their_failures_counted(realm: Realm) -> None:
    answer = realm.send(
        line(Kind.RELATIONAL_SAVE, "email,toys.id", f"{JANE},1", f"{MARY},2"), relational=True
    )

    assert [verdict for *_, verdict, _ in answer.failures] == [Verdict.NO_SUCH_TABLE]
    tally = answer.tally
    assert (tally.commands_failed, tally.records, tally.records_failed) == (1, 2, 2)


def test_lists_say_which_file_changed_them(realm: Realm) -> None:
    news = realm.new_list()

    realm.send(line(Kind.SUB, "email", JANE, list_id=news))

    with realm.database.transaction() as connection:
        (found,) = lists.read_lists(connection, realm.account_id, [news], lists.Cut(limit=1))
    assert (found.last_drop_id, found.updated_at) == (realm.drop_id, NOW)


def test_nothing_at_all_is_a_batch_too(realm: Realm) -> None:
    answer = realm.send()

    assert answer.findings == []
    assert datetime.now(UTC) > NOW


def test_media_are_not_disturbed_by_opt_outs_of_lists(realm: Realm) -> None:
    news, offers = realm.new_list("news"), realm.new_list("offers")
    realm.send(line(Kind.SUB, "email", JANE, list_id=f"{news},{offers}"))

    realm.send(line(Kind.UNSUB, "email", JANE, list_id=offers))
    assert set(realm.optouts()) == {("list:offers", JANE)}
    assert realm.stats(news) == Stats(subscribers=1, email=1)

    realm.opt_out(JANE, OptOutReason.CONTACT)
    assert realm.stats(news) == Stats(subscribers=1, email=0)


def test_an_erased_phone_is_counted_out_of_the_lists_it_was_reached_by(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email,phone", f"{JANE},0286786589", list_id=news))
    assert realm.stats(news) == Stats(subscribers=1, email=1, voice=1)

    realm.send(line(Kind.SAVE, "email,phone", f"{JANE},NULL"))

    assert realm.stats(news) == Stats(subscribers=1, email=1)


def test_who_moves_to_an_address_that_is_opted_out_is_not_reached_any_more(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email", JANE, list_id=news))
    realm.opt_out("jane@other.org", OptOutReason.CONTACT)
    assert realm.stats(news).email == 1

    realm.send(line(Kind.CHANGE, email=JANE, email_new="jane@other.org"))

    assert realm.stats(news) == Stats(subscribers=1, email=0)
