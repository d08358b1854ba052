"""`unsub`: the truth table of the protocol, line by line, and what it leaves in the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from postroom.contacts.commands import Kind
from postroom.contacts.levels import Level
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.verdicts import Verdict
from postroom.store import optouts
from postroom.store.database import Database
from tests.conftest import MakePerson
from tests.integration.ingest.commands.batches import Realm, line

JANE = "jane@domain.com"


@dataclass(frozen=True)
class Case:
    """A line of the table: what is asked, what there is, what is removed and written."""

    everywhere: bool
    optout: bool
    universal: bool
    force: bool
    subscribed: bool
    written: Level | None
    warned: bool = False


def cases() -> list[Case]:
    """Return the table of specs, command batches 6.2, with every `any` spelled out."""
    both = (False, True)
    found: list[Case] = []
    for force in both:
        found += [
            Case(False, True, False, force, True, Level.LIST),
            Case(False, False, False, force, True, None),
            Case(True, True, False, force, True, Level.GLOBAL),
            Case(True, False, False, force, True, None),
            Case(True, True, True, force, True, Level.UNIVERSAL),
            Case(True, False, True, force, True, Level.UNIVERSAL),
        ]
    for optout in both:
        found += [
            Case(False, optout, False, False, False, None),
            Case(False, optout, False, True, False, Level.LIST),
            Case(True, optout, False, False, False, None),
            Case(True, optout, False, True, False, Level.GLOBAL),
            Case(True, optout, True, False, False, None),
            Case(True, optout, True, True, False, Level.UNIVERSAL),
        ]
    listed = [case for case in found if not case.everywhere]
    return found + [replace(case, universal=True, warned=True) for case in listed]


@pytest.fixture
def other(database: Database, make_person: MakePerson) -> Realm:
    """Return the realm of Charlie, on the same system."""
    return Realm.of(database, make_person("charlie", criterion="email"))


@pytest.mark.parametrize("case", cases(), ids=str)
def test_every_line_of_the_table(realm: Realm, other: Realm, case: Case) -> None:
    realm.universal = [realm.account_id, other.account_id]
    news, offers, theirs = realm.new_list("news"), realm.new_list("offers"), other.new_list()
    if case.subscribed:
        realm.send(line(Kind.SUB, "email", JANE, list_id=f"{news},{offers}"))
        other.send(line(Kind.SUB, "email", JANE, list_id=theirs))
    elif not case.everywhere:
        realm.send(line(Kind.SUB, "email", JANE, list_id=offers))

    answer = realm.send(
        line(Kind.UNSUB, "email", JANE, list_id=0 if case.everywhere else news),
        optout=case.optout,
        universal=case.universal,
        force_optout=case.force,
    )

    universal = case.universal and case.everywhere
    assert JANE not in realm.members(news)
    assert (JANE in realm.members(offers)) == (not case.everywhere)
    assert (JANE in other.members(theirs)) == (case.subscribed and not universal)
    assert written(realm, "news") == ({case.written} if case.written else set())
    assert other.optouts() == {}
    tally = answer.tally
    assert {
        Level.LIST: tally.optouts_list,
        Level.GLOBAL: tally.optouts_global,
        Level.UNIVERSAL: tally.optouts_universal,
    } == {level: int(level is case.written) for level in Level}
    removed = (3 if universal else 2 if case.everywhere else 1) if case.subscribed else 0
    assert tally.unsubscribed == removed
    assert (Verdict.UNIVERSAL_OFF in [verdict for *_, verdict, _ in answer.warnings]) == case.warned
    assert answer.failures == []


def written(realm: Realm, list_name: str) -> set[Level]:
    """Return at which levels Jane is opted out."""
    scopes = {f"list:{list_name}": Level.LIST, "EMAIL": Level.GLOBAL}
    found = {scopes[scope] for scope, address in realm.optouts() if address == JANE}
    return found | ({Level.UNIVERSAL} if JANE in realm.universal_optouts() else set())


def test_the_contact_stays_as_it_is(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email,first", f"{JANE},Jane", list_id=news))

    realm.send(line(Kind.UNSUB, "email,first,custom_x", f"{JANE},Janet,1", list_id=news))

    assert realm.contacts() == [(JANE, "Jane")]


def test_universal_is_not_done_where_it_is_switched_off(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email", JANE, list_id=news))

    answer = realm.send(line(Kind.UNSUB, "email", JANE, list_id=0), universal=True)

    assert realm.universal_optouts() == []
    assert realm.optouts() == {("EMAIL", JANE): OptOutReason.ACCOUNT}
    assert answer.warnings == [(1, None, Verdict.UNIVERSAL_OFF, "")]


@pytest.mark.parametrize("header", [{"everywhere": True}, {"list_id": 0}])
def test_global_in_the_header_means_all_lists(realm: Realm, header: dict[str, Any]) -> None:
    news, offers = realm.new_list(), realm.new_list()
    realm.send(line(Kind.SUB, "email", JANE, list_id=f"{news},{offers}"))

    answer = realm.send(line(Kind.UNSUB, "email", JANE), **header)

    assert realm.members(news) == realm.members(offers) == []
    assert answer.tally.unsubscribed == 2
    assert realm.optouts() == {("EMAIL", JANE): OptOutReason.ACCOUNT}


def test_the_line_says_more_than_the_header(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email", JANE, "mary@domain.com", list_id=news))

    realm.send(
        line(Kind.UNSUB, "email", JANE, list_id=news, optout="false"),
        line(Kind.UNSUB, "email", "mary@domain.com", list_id=news),
    )

    assert set(realm.optouts()) == {("list:news", "mary@domain.com")}


def test_a_flag_that_is_none_fails_the_command(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email", JANE, list_id=news))

    answer = realm.send(line(Kind.UNSUB, "email", JANE, list_id=news, optout="perhaps"))

    assert answer.failures == [(1, None, Verdict.BAD_ARGUMENT, "optout=perhaps")]
    assert realm.members(news) == [JANE]


def test_a_stranger_is_no_failure(realm: Realm) -> None:
    news = realm.new_list()

    answer = realm.send(line(Kind.UNSUB, "email", "nobody@domain.com", list_id=news))

    assert (answer.tally.unsubscribed, answer.tally.records_failed) == (0, 0)
    assert realm.optouts() == {}


def test_the_second_of_two_finds_no_subscription_any_more(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email", JANE, list_id=news))
    again = line(Kind.UNSUB, "email", JANE, JANE, list_id=news)

    realm.send(again, optout=False, force_optout=True)

    assert set(realm.optouts()) == {("list:news", JANE)}


def test_a_block_goes_by_the_address_alone_even_where_keys_identify(keyed: Realm) -> None:
    news = keyed.new_list()
    keyed.send(
        line(Kind.SUB, "email,customer_key", f"{JANE},K1", f"{JANE},K2", "mary@x.com,K3", list_id=news)
    )

    answer = keyed.send(line(Kind.SMART_UNSUB, "email", JANE, list_id=news))

    assert keyed.members(news) == ["mary@x.com"]
    assert answer.tally.unsubscribed == 2


def test_one_by_key_leaves_the_other_of_the_same_address(keyed: Realm) -> None:
    news = keyed.new_list()
    keyed.send(line(Kind.SUB, "email,customer_key", f"{JANE},K1", f"{JANE},K2", list_id=news))

    answer = keyed.send(line(Kind.UNSUB, "email,customer_key", f"{JANE},K2", f"{JANE},", list_id=news))

    assert keyed.members(news) == [JANE]
    assert answer.failures == [(1, 2, Verdict.MISSING_CUSTOMER_KEY, "")]


def test_the_ledger_says_which_file_and_line(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email", JANE, list_id=news))

    realm.send(
        line(Kind.SUB, "email", "x@y.org", list_id=news), line(Kind.UNSUB, "email", JANE, list_id=news)
    )

    with realm.database.transaction() as connection:
        (change,) = optouts.history(connection, realm.account_id, JANE, limit=9)
    assert (change.scope, change.source, change.drop_id, change.by_whom) == (
        "list:news",
        "file",
        realm.drop_id,
        "alice",
    )
    assert (change.line, change.was, change.became) == (5, None, OptOutReason.ACCOUNT)


def test_an_opt_out_for_a_stronger_reason_stays(realm: Realm) -> None:
    news = realm.new_list()
    realm.send(line(Kind.SUB, "email", JANE, list_id=news))
    realm.opt_out(JANE, OptOutReason.SPAM)

    answer = realm.send(line(Kind.UNSUB, "email", JANE, list_id=0))

    assert realm.optouts() == {("EMAIL", JANE): OptOutReason.SPAM}
    assert answer.tally.optouts_global == 0
