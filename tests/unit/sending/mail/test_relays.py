"""Relays are read as operators write them, and what is wrong is told without a password."""

from __future__ import annotations

from pathlib import Path

import pytest

from postroom.sending.mail.relays import Relay, read_relays


def one(text: str) -> Relay:
    (relay,) = read_relays(text)
    return relay


def test_a_relay_is_a_url() -> None:
    relay = one("smtp://post:r%40bbit@relay.example.com")

    assert (relay.host, relay.port, relay.tls) == ("relay.example.com", 587, "starttls")
    assert (relay.username, relay.password) == ("post", "r@bbit")
    assert relay.name == "relay.example.com:587"


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [
        ("smtp://relay.example.com", 587, "starttls"),
        ("smtps://relay.example.com", 465, "tls"),
        ("smtp://relay.example.com?tls=tls", 465, "tls"),
        ("smtp://relay.example.com?tls=none", 25, "none"),
        ("smtp://relay.example.com:2525?tls=none", 2525, "none"),
        ("smtp://[::1]:2525?tls=none", 2525, "none"),
    ],
)
def test_a_port_follows_from_the_encryption_unless_it_is_set(url: str, port: int, tls: str) -> None:
    assert (one(url).port, one(url).tls) == (port, tls)


def test_everything_else_is_an_option() -> None:
    relay = one(
        "smtp://relay.example.com?weight=3&connections=8&messages=50&timeout=10&final=120&ca=/etc/ca.pem"
    )

    assert (relay.weight, relay.connections, relay.messages) == (3, 8, 50)
    assert (relay.timeout_seconds, relay.final_seconds) == (10, 120)
    assert relay.authority == Path("/etc/ca.pem")


def test_several_stand_one_after_another_with_remarks_between() -> None:
    relays = read_relays("""
        # the big one, since March
        smtp://one.example.com?weight=9
        smtp://two.example.com, smtp://three.example.com
    """)

    assert [relay.host for relay in relays] == ["one.example.com", "two.example.com", "three.example.com"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected a relay"),
        ("# none yet", "expected a relay"),
        ("relay.example.com", "relay 1 is no URL"),
        ("http://relay.example.com", "relay 1 is no URL"),
        ("smtp://relay.example.com/path", "relay 1 is no URL"),
        ("smtp://relay.example.com:port", "relay 1 is no URL"),
        ("smtp://one.example.com smtp://", "relay 2 is no URL"),
        ("smtp://one.example.com smtp://one.example.com?weight=2", "the same host and port"),
        ("smtp://relay.example.com?wieght=2", "there is no option 'wieght'"),
        ("smtp://relay.example.com?weight=0", "weight is a whole number from 1 to 1000"),
        ("smtp://relay.example.com?connections=many", "connections is a whole number"),
        ("smtp://relay.example.com?tls=maybe", "tls is starttls, tls or none"),
        ("smtp://post:secret@relay.example.com?tls=none", "does not travel unencrypted"),
        ("smtp://post@relay.example.com", "belong together"),
    ],
)
def test_what_is_wrong_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"expected|relay") as refused:
        read_relays(text)

    assert why in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_password_is_never_shown() -> None:
    assert "rabbit" not in repr(one("smtp://post:rabbit@relay.example.com"))
