"""A password that was right a moment ago need not be hashed again; nothing else gets the benefit."""

from __future__ import annotations

from postroom.gateway.remembering import RememberedPasswords


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_password_is_known_after_it_fitted() -> None:
    remembered = RememberedPasswords()

    remembered.remember("hash", "secret")

    assert remembered.knows("hash", "secret")


def test_another_password_is_not_known() -> None:
    remembered = RememberedPasswords()
    remembered.remember("hash", "secret")

    assert not remembered.knows("hash", "Secret")


def test_a_changed_hash_makes_the_old_password_unknown() -> None:
    remembered = RememberedPasswords()
    remembered.remember("old hash", "secret")

    assert not remembered.knows("new hash", "secret")


def test_a_password_is_forgotten_in_time() -> None:
    clock = Clock()
    remembered = RememberedPasswords(seconds=60, clock=clock)
    remembered.remember("hash", "secret")

    clock.now += 61

    assert not remembered.knows("hash", "secret")
