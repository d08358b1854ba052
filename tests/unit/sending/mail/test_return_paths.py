"""A return path says which message came back, and nobody but us can make one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.sending.mail.return_paths import (
    message_id_header,
    read_message_id,
    read_return_path,
    return_path,
)
from postroom.store.sealing import KEY_BYTES, Sealer

OURS = Sealer([b"o" * KEY_BYTES])
THEIRS = Sealer([b"t" * KEY_BYTES])
PATH = return_path(OURS, 7, 42, "bounces.example.com")


@given(st.integers(1, 2**31 - 1), st.integers(1, 2**63 - 1))
def test_what_comes_back_names_its_message(account_id: int, message_id: int) -> None:
    path = return_path(OURS, account_id, message_id, "bounces.example.com")

    assert read_return_path(OURS, path) == (account_id, message_id)
    assert len(path.partition("@")[0]) <= 64, "longer local parts are refused (RFC 5321, 4.5.3.1.1)"


def test_case_and_brackets_get_lost_on_the_way() -> None:
    assert read_return_path(OURS, f" <{PATH.upper()}> ") == (7, 42)


@pytest.mark.parametrize(
    "forged",
    [
        PATH.replace("b-7-", "b-8-"),
        PATH.replace("-42-", "-43-"),
        PATH.replace("@", "a@"),
        PATH[2:],
        "b-7-42-@example.com",
        "b-99999999999-42-aaaaaaaaaaaaaaaaaaaa@example.com",
        "b-7-42-aaaaaaaaaaaaaaaaaaaa@example.com",
        "alice@example.com",
        "b" * 10_000,
        "",
    ],
)
def test_nobody_can_make_one_up(forged: str) -> None:
    assert read_return_path(OURS, forged) is None


def test_another_installation_takes_it_for_nothing() -> None:
    assert read_return_path(THEIRS, PATH) is None


def test_what_was_sent_under_an_older_key_is_known_still() -> None:
    newer = Sealer([b"n" * KEY_BYTES, b"o" * KEY_BYTES])

    assert read_return_path(newer, PATH) == (7, 42)
    assert return_path(newer, 7, 42, "bounces.example.com") != PATH


def test_a_message_id_names_its_message_too() -> None:
    named = message_id_header(OURS, 7, 42, "example.com")

    assert named.startswith("<7-42-")
    assert named.endswith("@example.com>")
    assert read_message_id(OURS, named) == (7, 42)
    assert read_message_id(THEIRS, named) is None
    assert read_return_path(OURS, f"b-{named[1:-1]}") is None, "it stands in every mail that is forwarded"
