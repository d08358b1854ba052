"""A worker dies at any moment of a command batch: each command is done once, in order, and one mail goes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from postroom.drops.room import Room, utc_now
from postroom.notices.carrying import Carries
from postroom.notices.delivering import LEASE, attempt
from postroom.notices.mails import MailConfig, MailPost
from postroom.notices.office import Office
from postroom.store.notices import Kind
from tests.conftest import MakePerson
from tests.crash.killing import Workers, killable_workers
from tests.integration.drops.batching import Realm, make_realm
from tests.integration.notices.receivers import mail_server

pytestmark = pytest.mark.crash

KILLED = {signal.SIGKILL, signal.SIGALRM}
PEOPLE = 3_000


@pytest.fixture
def workers(room: Room, database_url: str, tmp_path: Path) -> Iterator[Workers]:
    with killable_workers(database_url, tmp_path / "blobs") as running:
        yield running


@pytest.fixture
def new_realm(room: Room, make_person: MakePerson, unique_name: Callable[[], str]) -> Callable[[], Realm]:
    return lambda: make_realm(room, make_person, unique_name(), language="en")


def mixed(realm: Realm, news: int, other: int) -> str:
    """Return a batch whose end depends on the order of its commands, and on each being done once."""
    subscribed = [f"cmd=sub&list_id={news}&data=email,first^p{n}@example.com,First" for n in range(PEOPLE)]
    gone = [f"cmd=unsub&list_id={news}&data=email^p{n}@example.com" for n in range(0, PEOPLE, 3)]
    back = [f"cmd=sub&list_id={news}&data=email^p{n}@example.com" for n in range(0, PEOPLE, 6)]
    renamed = [f"cmd=save&data=email,first^p{n}@example.com,Second" for n in range(1, PEOPLE, 3)]
    turns = [
        line
        for n in range(2, 200, 3)
        for line in (
            f"cmd=sub&list_id={other}&data=email^p{n}@example.com",
            f"cmd=unsub&list_id={other}&optout=0&data=email^p{n}@example.com",
            f"cmd=sub&list_id={other}&data=email,first^p{n}@example.com,Third",
        )
    ]
    lines = [*subscribed, *gone, *back, "cmd=nonsense", *renamed, *turns]
    return realm.batch(*lines, header=("confirmation_email=a@example.com",))


def state(realm: Realm) -> dict[str, object]:
    """Return what a batch leaves behind, whatever the ids are."""
    with realm.room.database.reading() as connection:
        parameters = {"account_id": realm.account_id}
        return {name: connection.execute(query, parameters).fetchall() for name, query in _STATE.items()}


def test_a_worker_killed_between_any_two_steps_leaves_all_or_nothing(
    workers: Workers, new_realm: Callable[[], Realm]
) -> None:
    def left() -> Realm:
        realm = new_realm()
        realm.leave(
            "a.dat", realm.batch("cmd=save&data=email^a@example.com", header=("confirmation_email=a@b.de",))
        )
        realm.leave("a.sig")
        return realm

    steps = workers.work(left().account_id).steps
    assert steps[:2] == ["claimed", "logged in"]
    assert steps[-4:] == ["merged", "reported", "settled", "committed"]

    for step, name in enumerate(steps, start=1):
        realm = left()

        workers.work(realm.account_id, kill_at=step)

        done = name == "committed"
        assert (realm.count_contacts(), len(realm.mails())) == ((1, 1) if done else (0, 0)), name
        assert realm.seen() == ([] if done else ["a.dat", "a.sig"]), name
        workers.work(realm.account_id)
        assert (realm.count_contacts(), len(realm.mails()), realm.seen()) == (1, 1, []), name
        assert [state for _name, state in realm.drops()] == ["applied"], name


def test_a_worker_killed_while_it_refuses_a_batch_leaves_all_or_nothing(
    workers: Workers, new_realm: Callable[[], Realm]
) -> None:
    def left() -> Realm:
        realm = new_realm()
        realm.leave("a.dat", realm.header("confirmation_email=a@b.de", "verbose=maybe"))
        realm.leave("a.sig")
        return realm

    steps = workers.work(left().account_id).steps
    for step, name in enumerate(steps, start=1):
        realm = left()

        workers.work(realm.account_id, kill_at=step)

        assert len(realm.mails()) == (name == "committed"), name
        workers.work(realm.account_id)
        assert [state for _name, state in realm.drops()] == ["refused"], name
        assert (len(realm.mails()), realm.seen()) == (1, []), name


def test_twenty_kills_at_random_during_a_mixed_batch_do_every_command_once(
    workers: Workers, new_realm: Callable[[], Realm]
) -> None:
    random = Random(20)
    undisturbed, realm = new_realm(), new_realm()
    for each in (undisturbed, realm):
        news, other = each.new_list("news"), each.new_list("other")
        each.leave("a.dat", mixed(each, news, other))
        each.leave("a.sig")
    steps = workers.work(undisturbed.account_id).steps
    assert steps.count("merged a frame") > 100
    untouched = state(realm)

    for _ in range(20):
        # At the latest the worker dies at the next step, which is never after the commit.
        step = random.randrange(steps.index("settled") + 1)
        died = workers.work(realm.account_id, kill_at=step, microseconds=random.randrange(1, 100_000))

        assert died.signal in KILLED
        assert state(realm) == untouched
        assert realm.seen() == ["a.dat", "a.sig"]

    workers.work(realm.account_id)
    assert state(realm) == state(undisturbed)
    assert realm.seen() == []
    assert_one_mail_arrives(realm)


def assert_one_mail_arrives(realm: Realm) -> None:
    (mail,) = realm.mails()
    with mail_server() as mailbox:
        config = MailConfig(
            "127.0.0.1", "postroom@example.com", mailbox.port, tls="none", timeout_seconds=5.0
        )
        carriers: dict[Kind, Carries] = {"email": MailPost(config)}
        office = Office(realm.room.database, realm.room.queue, realm.room.sealer, carriers, clock=utc_now)

        def die(name: str) -> None:
            if name == "claimed":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            attempt(replace(office, between_steps=die), realm.account_id, mail.delivery.delivery_id)
        after = replace(office, clock=lambda: utc_now() + LEASE)
        attempt(after, realm.account_id, mail.delivery.delivery_id)
        assert attempt(after, realm.account_id, mail.delivery.delivery_id) is None

    assert [received["To"] for received in mailbox.mails] == ["a@example.com"]
    assert mailbox.mails[0]["Subject"] == f"Processed (failed: 500): a.dat ({realm.name})", "opted out"


_STATE = {
    "contacts": "select email, first_name from contacts where account_id = %(account_id)s order by 1, 2",
    "members": "select l.name, c.email from memberships m join lists l using (account_id, list_id) "
    "join contacts c using (account_id, contact_id) where account_id = %(account_id)s order by 1, 2",
    "opt-outs": "select address, regexp_replace(scope, '[0-9]+', 'N') as scope, reason from optouts "
    "where account_id = %(account_id)s order by 1, 2",
    "ledger": "select c.address, c.was, c.became from consent_changes c join consent_acts a "
    "using (account_id, act_id) where account_id = %(account_id)s order by 1, 2, 3",
}
