"""Passwords, keys and the lock-out, over the real database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from postroom.contacts.errors import Denied
from postroom.drops.room import Room
from postroom.gateway.auth import Auth
from postroom.gateway.seam import Principal
from postroom.gateway.vfs import DropVfs
from postroom.store import logins
from postroom.store.credentials import key_fingerprint
from postroom.store.lockout import Lockout
from tests.conftest import Person

HERE, THERE = "127.0.0.1", "127.0.0.2"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LIMITS = Lockout(failures=3, address_failures=8, minutes=15)


class Hasher:
    """Compares without hashing, and counts."""

    def __init__(self) -> None:
        self.compared: list[str | None] = []

    def __call__(self, password_hash: str | None, password: str) -> bool:
        self.compared.append(password_hash)
        return password_hash is not None and password == "right"


class Clock:
    """Tells the time that a test sets."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def hasher() -> Hasher:
    return Hasher()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def auth(room: Room, hasher: Hasher, clock: Clock) -> Auth:
    return Auth(room.database, clock, lambda who: DropVfs(room, who), LIMITS, fits=hasher)


def refused(act: Callable[[], Principal]) -> Denied:
    with pytest.raises(Denied) as refusal:
        act()
    return refusal.value


def test_the_right_password_opens_the_tree_of_the_account(auth: Auth, alice: Person) -> None:
    principal = auth.password("alice", "right", HERE, "sftp")

    assert principal == Principal("alice", alice.account.account_id, "alice")
    assert auth.open_vfs(principal).principal == principal


def test_the_same_work_is_done_and_the_same_is_said_whatever_is_wrong(
    auth: Auth, hasher: Hasher, alice: Person, charlie: Person, room: Room
) -> None:
    with room.database.transaction() as connection:
        logins.set_enabled(connection, "charlie", enabled=False)
        logins.create_login(
            connection,
            login="keys-only",
            account_id=alice.account.account_id,
            password_hash=None,
            now=NOON,
        )

    answers = [
        refused(lambda: auth.password("alice", "wrong", HERE, "ftp")),
        refused(lambda: auth.password("nobody", "wrong", HERE, "ftp")),
        refused(lambda: auth.password("charlie", "right", HERE, "ftp")),
        refused(lambda: auth.password("keys-only", "right", HERE, "ftp")),
    ]

    assert len({(answer.message, answer.code) for answer in answers}) == 1
    assert len(hasher.compared) == 4


def test_every_refusal_counts_alike(auth: Auth, alice: Person, room: Room) -> None:
    refused(lambda: auth.password("alice", "wrong", HERE, "ftp"))
    refused(lambda: auth.password("nobody", "wrong", HERE, "ftp"))

    with room.database.transaction() as connection:
        rows = connection.execute("select scope, failures from login_failures order by scope").fetchall()
    assert {row["scope"]: row["failures"] for row in rows} == {
        f"address {HERE}": 2,
        f"login alice at {HERE}": 1,
        f"login nobody at {HERE}": 1,
    }


def test_too_many_failures_lock_the_login_at_that_address_and_spare_the_hasher(
    auth: Auth, hasher: Hasher, alice: Person
) -> None:
    for _ in range(LIMITS.failures):
        refused(lambda: auth.password("alice", "wrong", HERE, "ftp"))

    assert refused(lambda: auth.password("alice", "right", HERE, "sftp")).code == "LOCKED_OUT"
    assert refused(lambda: auth.public_key("alice", b"key", HERE)).code == "LOCKED_OUT"
    assert len(hasher.compared) == LIMITS.failures
    assert auth.password("alice", "right", THERE, "sftp").login == "alice"


def test_the_lock_opens_by_itself(auth: Auth, clock: Clock, alice: Person) -> None:
    for _ in range(LIMITS.failures):
        refused(lambda: auth.password("alice", "wrong", HERE, "ftp"))

    clock.now += timedelta(minutes=LIMITS.minutes, seconds=1)

    assert auth.password("alice", "right", HERE, "ftp").login == "alice"


def test_failures_long_ago_do_not_count(auth: Auth, clock: Clock, alice: Person) -> None:
    for _ in range(2 * LIMITS.failures):
        refused(lambda: auth.password("alice", "wrong", HERE, "ftp"))
        clock.now += timedelta(minutes=LIMITS.minutes, seconds=1)

    assert auth.password("alice", "right", HERE, "ftp").login == "alice"


def test_a_good_login_clears_its_failures_but_not_those_of_the_address(
    auth: Auth, alice: Person, room: Room
) -> None:
    refused(lambda: auth.password("alice", "wrong", HERE, "ftp"))

    auth.password("alice", "right", HERE, "ftp")

    with room.database.transaction() as connection:
        rows = connection.execute("select scope from login_failures").fetchall()
    assert [row["scope"] for row in rows] == [f"address {HERE}"]


def test_guessing_at_many_logins_locks_the_address(auth: Auth, alice: Person) -> None:
    for number in range(LIMITS.address_failures):
        with pytest.raises(Denied):
            auth.password(f"guess{number}", "wrong", HERE, "ftp")

    assert refused(lambda: auth.password("alice", "right", HERE, "ftp")).code == "LOCKED_OUT"
    assert auth.password("alice", "right", THERE, "ftp").login == "alice"


def test_a_key_opens_its_login_and_no_other(auth: Auth, alice: Person, charlie: Person, room: Room) -> None:
    with room.database.transaction() as connection:
        logins.add_key(connection, "alice", fingerprint=key_fingerprint(b"key"), public_key="ssh-ed25519 x")

    assert auth.public_key("alice", b"key", HERE).login == "alice"
    refused(lambda: auth.public_key("charlie", b"key", HERE))
    refused(lambda: auth.public_key("nobody", b"key", HERE))
    refused(lambda: auth.public_key("alice", b"another", HERE))


def test_keys_that_do_not_fit_are_not_counted(auth: Auth, alice: Person) -> None:
    for _ in range(2 * LIMITS.failures):
        refused(lambda: auth.public_key("alice", b"another", HERE))

    assert auth.password("alice", "right", HERE, "sftp").login == "alice"


def test_a_key_of_a_login_that_is_switched_off_is_refused(auth: Auth, alice: Person, room: Room) -> None:
    with room.database.transaction() as connection:
        logins.add_key(connection, "alice", fingerprint=key_fingerprint(b"key"), public_key="ssh-ed25519 x")
        logins.set_enabled(connection, "alice", enabled=False)

    refused(lambda: auth.public_key("alice", b"key", HERE))
