"""Mails arrive at a real relay signed by the keys of their account, and of nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import dkim
import pytest

from postroom.drops.room import Room
from postroom.sending.mail.dkim_keys import KeyKind, NewKey, new_key, record_name, record_value
from postroom.sending.mail.posting import RelayPost
from postroom.store.dkim_keys import DkimKey, activate_dkim_key, add_dkim_key
from postroom.store.schema import migrate
from tests.conftest import Person
from tests.integration.sending.going_out import CONTENT, START, Post
from tests.integration.sending.mail.scripted import relay_at, scripted_relay

Records = dict[bytes, bytes]


def publish(post: Post, domain: str, selector: str, kind: KeyKind, records: Records, *, age: int = 0) -> None:
    """Make a key of an account, and its record, and let it sign."""
    made = waiting(post, domain, selector, kind)
    with post.room.database.transaction() as connection:
        activate_dkim_key(connection, post.account_id, domain, selector, START - timedelta(days=age))
    records[f"{record_name(domain, selector)}.".encode()] = record_value(kind, made.public_key).encode()


def waiting(post: Post, domain: str, selector: str, kind: KeyKind) -> NewKey:
    """Make a key of an account."""
    made = new_key(kind)
    key = DkimKey(domain, selector, kind.value, made.public_key, START)
    with post.room.database.transaction() as connection:
        add_dkim_key(connection, post.room.sealer, post.account_id, key, made.secret)
    return made


def sent(post: Post) -> bytes:
    """Send a mail over a relay; return it as that got it."""
    with scripted_relay() as relay:
        post.carrier = RelayPost([relay_at(relay.port)])
        post.waiting(post.campaign(), "bob@example.org")
        assert post.deliver() == 1
        post.carrier.close()
    (got,) = relay.got
    return got.content


def signatures(mail: bytes) -> list[str]:
    """Return domain and selector of each signature, as they stand in the mail."""
    head = mail.partition(b"\r\n\r\n")[0].decode()
    blocks = head.split("DKIM-Signature:")[1:]
    return [f"{value(block, 's')}.{value(block, 'd')}" for block in blocks]


def value(block: str, tag: str) -> str:
    tags = dict(part.strip().split("=", 1) for part in block.split(";") if "=" in part)
    return tags[tag].strip()


def looked_up(records: Records) -> Callable[..., bytes | None]:
    return lambda name, timeout=5: records.get(name)


@pytest.fixture
def post(room: Room, alice: Person) -> Post:
    return Post(room, alice, RelayPost([relay_at(1)]))


def test_a_mail_is_signed_by_the_key_of_its_domain(post: Post) -> None:
    records: Records = {}
    publish(post, "shop.example.com", "spring", KeyKind.RSA, records)

    mail = sent(post)

    assert dkim.verify(mail, dnsfunc=looked_up(records))
    assert signatures(mail) == ["spring.shop.example.com"]
    assert b"list-unsubscribe-post" in mail.partition(b"bh=")[0].lower()


def test_a_key_of_the_domain_above_signs_too_and_one_of_another_does_not(post: Post) -> None:
    records: Records = {}
    publish(post, "example.com", "all", KeyKind.ED25519, records)
    publish(post, "other.example.com", "other", KeyKind.ED25519, records)

    mail = sent(post)

    assert signatures(mail) == ["all.example.com"]
    assert dkim.verify(mail, dnsfunc=looked_up(records))


def test_the_old_key_signs_until_the_new_one_is_activated(post: Post) -> None:
    publish(post, "shop.example.com", "old", KeyKind.ED25519, {}, age=30)
    waiting(post, "shop.example.com", "new", KeyKind.ED25519)

    assert signatures(sent(post)) == ["old.shop.example.com"]


def test_a_key_that_was_never_activated_signs_nothing(post: Post) -> None:
    waiting(post, "shop.example.com", "first", KeyKind.ED25519)

    assert signatures(sent(post)) == []


def test_keys_from_before_there_was_activation_go_on_signing(post: Post) -> None:
    waiting(post, "shop.example.com", "old", KeyKind.ED25519)
    with post.room.database.transaction() as connection:
        connection.execute("alter table dkim_keys drop column activated_at")
        connection.execute("delete from schema_migrations where name like '%dkim_activation%'")

    migrate(post.room.database)

    assert signatures(sent(post)) == ["old.shop.example.com"]


def test_the_key_of_each_kind_that_was_activated_last_signs(post: Post) -> None:
    records: Records = {}
    publish(post, "shop.example.com", "old", KeyKind.RSA, records, age=30)
    publish(post, "shop.example.com", "new", KeyKind.RSA, records)
    publish(post, "shop.example.com", "ed", KeyKind.ED25519, records, age=60)

    mail = sent(post)

    assert sorted(signatures(mail)) == ["ed.shop.example.com", "new.shop.example.com"]
    assert all(dkim.DKIM(mail).verify(idx=place, dnsfunc=looked_up(records)) for place in range(2))


def test_nobody_signs_with_the_keys_of_another_account(post: Post, room: Room, charlie: Person) -> None:
    charlies = Post(room, charlie, post.carrier)
    publish(charlies, "shop.example.com", "charlies", KeyKind.ED25519, {})

    assert signatures(sent(post)) == []
    assert "shop.example.com" in CONTENT.sender
