"""Realms over the real database: names, secrets, clients, children, and who logs in by them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from postroom.contacts.commands import BatchHeader
from postroom.contacts.criteria import Criterion, Match
from postroom.contacts.errors import Conflict, Missing, Refused
from postroom.store import criteria, realms
from postroom.store.accounts import Account
from postroom.store.database import Connection, Database
from postroom.store.lockout import Lockout
from tests.conftest import MakePerson, Person

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LIMITS = Lockout(failures=3, address_failures=5, minutes=15)


@pytest.fixture
def acme(make_person: MakePerson, database: Database) -> Account:
    return with_realm(database, make_person("alice", criterion="email"), "Acme")


@pytest.fixture
def lyon(make_person: MakePerson, database: Database) -> Account:
    return with_realm(database, make_person("bob", criterion="reference"), "acme-lyon")


def with_realm(database: Database, person: Person, name: str) -> Account:
    with database.transaction() as connection:
        realms.set_realm(connection, person.account, name, now=NOON)
    return person.account


T = TypeVar("T")


def do(database: Database, act: Callable[[Connection], T]) -> T:
    with database.transaction() as connection:
        return act(connection)


def login(database: Database, header: BatchHeader) -> int | None:
    return do(database, lambda connection: realms.realm_login(connection, header))


def refused(act: Callable[[], object], kind: type[Conflict | Missing | Refused]) -> str:
    with pytest.raises(kind) as refusal:
        act()
    return refusal.value.code


# ----------------------------------------------------------------------------------------- names


def test_an_account_has_one_realm_and_may_rename_it(database: Database, acme: Account) -> None:
    secret = do(database, lambda c: realms.new_password(c, acme))
    do(database, lambda c: realms.set_realm(c, acme, "ACME 2", now=NOON))

    (realm,) = do(database, realms.all_realms)

    assert (realm.account_id, realm.account_name, realm.name) == (acme.account_id, "alice", "ACME 2")
    assert (realm.parent_id, realm.parent_name, realm.has_password, realm.clients) == (None, None, True, 0)
    assert login(database, BatchHeader("acme 2", secret)) == acme.account_id
    assert login(database, BatchHeader("acme", secret)) is None


@pytest.mark.parametrize("name", ["Acme", "ACME", "acme"])
def test_no_two_accounts_have_the_same_realm(
    database: Database, acme: Account, charlie: Person, name: str
) -> None:
    def take() -> None:
        do(database, lambda c: realms.set_realm(c, charlie.account, name, now=NOON))

    assert refused(take, Conflict) == "REALM_EXISTS"


def test_a_realm_that_is_taken_away_takes_its_secrets_along(database: Database, acme: Account) -> None:
    secret = do(database, lambda c: realms.new_password(c, acme))
    do(database, lambda c: realms.create_client(c, acme, "shop", now=NOON))
    do(database, lambda c: realms.remove_realm(c, acme.account_id))

    assert login(database, BatchHeader("Acme", secret)) is None
    assert do(database, lambda c: realms.realm_of(c, acme.account_id)) is None
    do(database, lambda c: realms.set_realm(c, acme, "Acme", now=NOON))
    assert login(database, BatchHeader("Acme", secret)) is None
    assert do(database, lambda c: realms.clients_of(c, acme.account_id)) == []


# --------------------------------------------------------------------------------------- secrets


def test_secrets_have_144_bits_and_none_is_kept(database: Database, acme: Account) -> None:
    password = do(database, lambda c: realms.new_password(c, acme))
    pair = do(database, lambda c: realms.create_client(c, acme, "shop", now=NOON))

    with database.transaction() as connection:
        kept = str(
            connection.execute("select * from realms join realm_clients using (account_id)").fetchall()
        )
    assert len({password, *pair}) == 3
    for secret in (password, *pair):
        assert len(secret) == 24
        assert secret not in kept


def test_a_new_password_ends_the_older_one(database: Database, acme: Account) -> None:
    first = do(database, lambda c: realms.new_password(c, acme))
    second = do(database, lambda c: realms.new_password(c, acme))

    assert login(database, BatchHeader("Acme", first)) is None
    assert login(database, BatchHeader("Acme", second)) == acme.account_id


def test_a_client_logs_in_with_both_of_its_secrets_alone(database: Database, acme: Account) -> None:
    own = do(database, lambda c: realms.new_password(c, acme))
    password, authorization = do(database, lambda c: realms.create_client(c, acme, "shop", now=NOON))
    good = BatchHeader("acme", password, api_client="shop", client_auth=authorization)

    assert login(database, good) == acme.account_id
    for wrong in (
        replace(good, password=own),
        replace(good, client_auth=password),
        replace(good, client_auth=None),
        replace(good, client_auth=""),
        replace(good, api_client="Shop"),
        replace(good, api_client=None),
        replace(good, api_client=None, client_auth=None),
        replace(good, api_client="\0"),
    ):
        assert login(database, wrong) is None


@pytest.mark.parametrize("realm", ["acme", "nobody", "", "a\0b", "\ud800", "x" * 5000])
@pytest.mark.parametrize("password", ["", "guessed", "\0", "\ud800"])
def test_no_guess_logs_in_and_none_is_an_error(
    database: Database, acme: Account, realm: str, password: str
) -> None:
    assert login(database, BatchHeader(realm, password)) is None


def test_a_realm_without_a_password_lets_nobody_in(database: Database, acme: Account) -> None:
    assert login(database, BatchHeader("Acme", "")) is None
    assert do(database, lambda c: realms.realm_of(c, acme.account_id)) is not None


# --------------------------------------------------------------------------------------- clients


def test_a_realm_has_four_clients_at_the_most(database: Database, acme: Account) -> None:
    def create(name: str) -> None:
        with database.transaction() as connection:
            realms.create_client(connection, acme, name, now=NOON)

    for name in "abcd":
        create(name)

    assert refused(lambda: create("e"), Conflict) == "TOO_MANY_CLIENTS"
    do(database, lambda c: realms.delete_client(c, acme, "a"))
    create("e")
    assert [each.name for each in do(database, lambda c: realms.clients_of(c, acme.account_id))] == list(
        "bcde"
    )


def test_a_client_gets_new_secrets_or_goes(database: Database, acme: Account) -> None:
    def header(pair: tuple[str, str]) -> BatchHeader:
        return BatchHeader("acme", pair[0], api_client="shop", client_auth=pair[1])

    first = do(database, lambda c: realms.create_client(c, acme, "shop", now=NOON))
    second = do(database, lambda c: realms.regenerate_client(c, acme, "shop"))

    assert login(database, header(first)) is None
    assert login(database, header(second)) == acme.account_id
    do(database, lambda c: realms.delete_client(c, acme, "shop"))
    assert login(database, header(second)) is None


def test_what_is_not_there_or_there_twice_is_said(database: Database, acme: Account, charlie: Person) -> None:
    create = realms.create_client
    do(database, lambda c: create(c, acme, "shop", now=NOON))

    def tried(act: Callable[[Connection], object], kind: type[Conflict | Missing]) -> str:
        return refused(lambda: do(database, act), kind)

    assert tried(lambda c: create(c, acme, "shop", now=NOON), Conflict) == "CLIENT_EXISTS"
    assert tried(lambda c: create(c, charlie.account, "shop", now=NOON), Missing) == "NO_REALM"
    assert tried(lambda c: realms.new_password(c, charlie.account), Missing) == "NO_REALM"
    assert tried(lambda c: realms.regenerate_client(c, charlie.account, "shop"), Missing) == "NO_CLIENT"
    assert tried(lambda c: realms.delete_client(c, acme, "app"), Missing) == "NO_CLIENT"


# -------------------------------------------------------------------------------------- children


def test_a_child_is_found_by_its_realm_in_lower_case(
    database: Database, acme: Account, lyon: Account, charlie: Person
) -> None:
    do(database, lambda c: realms.set_realm(c, lyon, "ACME Lyon", now=NOON))
    do(database, lambda c: realms.set_parent(c, lyon, acme))

    assert do(database, lambda c: realms.children(c, acme.account_id)) == {"acme lyon": lyon.account_id}
    assert do(database, lambda c: realms.children(c, lyon.account_id)) == {}
    assert do(database, lambda c: realms.children(c, charlie.account.account_id)) == {}
    assert do(database, realms.accounts_with_realms) == sorted([acme.account_id, lyon.account_id])


def test_a_child_stands_alone_again_when_told_or_when_its_parent_goes(
    database: Database, acme: Account, lyon: Account
) -> None:
    for leave in (
        lambda c: realms.set_parent(c, lyon, None),
        lambda c: realms.remove_realm(c, acme.account_id),
    ):
        do(database, lambda c: realms.set_parent(c, lyon, acme))
        do(database, leave)

        assert do(database, lambda c: realms.children(c, acme.account_id)) == {}
        child = do(database, lambda c: realms.realm_of(c, lyon.account_id))
        assert child is not None
        assert child.parent_id is None


def test_families_have_two_generations(
    database: Database, acme: Account, lyon: Account, charlie: Person
) -> None:
    do(database, lambda c: realms.set_parent(c, lyon, acme))
    other = with_realm(database, charlie, "other")

    for child, parent in ((acme, acme), (acme, other), (other, lyon), (acme, lyon)):
        with pytest.raises(Refused), database.transaction() as connection:
            realms.set_parent(connection, child, parent)


def test_parent_and_child_need_realms(database: Database, acme: Account, charlie: Person) -> None:
    for child, parent in ((acme, charlie.account), (charlie.account, acme)):
        with pytest.raises(Missing), database.transaction() as connection:
            realms.set_parent(connection, child, parent)


# --------------------------------------------------------------------------------- what it needs


def test_an_account_with_a_realm_tells_contacts_apart_as_batches_can(
    database: Database, acme: Account, alice_by_triplet: Account
) -> None:
    do(database, lambda c: realms.check_realm(c, acme))

    assert (
        refused(lambda: do(database, lambda c: realms.check_realm(c, alice_by_triplet)), Refused)
        == "REALM_CRITERION"
    )


@pytest.fixture
def alice_by_triplet(make_person: MakePerson, database: Database) -> Account:
    return with_realm(database, make_person("charlie"), "triplets")


def test_a_change_in_line_counts_too_until_it_is_settled(database: Database, acme: Account) -> None:
    def ask(connection: Connection) -> criteria.CriterionChange:
        return criteria.ask_change(
            connection, acme.account_id, Criterion.MOBILE, Match.ALL, by_whom="alice", now=NOON
        )

    change = do(database, ask)

    with pytest.raises(Refused, match="mobile"):
        do(database, lambda c: realms.check_realm(c, acme))
    was = (Criterion.EMAIL, Match.ALL)
    do(
        database,
        lambda c: criteria.settle_change(c, change, state="parked", was=was, outcome=None, now=NOON),
    )
    do(database, lambda c: realms.check_realm(c, acme))


def test_an_account_without_a_realm_may_do_as_it_likes(database: Database, charlie: Person) -> None:
    do(database, lambda c: realms.check_realm(c, charlie.account))


# -------------------------------------------------------------------------------------- lock-out


def test_who_guesses_is_locked_out_of_the_realm_and_nobody_else_is(database: Database, acme: Account) -> None:
    secret = do(database, lambda c: realms.new_password(c, acme))
    right = BatchHeader("Acme", secret)

    for realm in ("acme", "ACME", "Acme"):
        assert counted(database, BatchHeader(realm, "guess"), "charlie") is None

    assert counted(database, right, "charlie") is None
    assert counted(database, right, "alice") == acme.account_id
    assert counted(database, right, "charlie", later=timedelta(minutes=16)) == acme.account_id


def test_a_good_login_forgets_the_failures_before_it(database: Database, acme: Account) -> None:
    secret = do(database, lambda c: realms.new_password(c, acme))

    for password in ("guess", "guess", secret) * 2:
        found = counted(database, BatchHeader("acme", password), "alice")
        assert (found is not None) == (password == secret)


def test_who_tries_many_realms_is_locked_out_of_all(database: Database, acme: Account) -> None:
    secret = do(database, lambda c: realms.new_password(c, acme))

    for realm in ("a", "b", "c", "\0", "\ud800"):
        assert counted(database, BatchHeader(realm, "guess"), "charlie") is None

    assert counted(database, BatchHeader("acme", secret), "charlie") is None
    assert counted(database, BatchHeader("acme", secret), "alice") == acme.account_id


def counted(
    database: Database, header: BatchHeader, by_login: str, *, later: timedelta = timedelta()
) -> int | None:
    with database.transaction() as connection:
        return realms.counted_login(connection, header, LIMITS, by_login=by_login, now=NOON + later)
