"""Limits of domains are read as people write them."""

from __future__ import annotations

import pytest

from postroom.contacts.errors import Refused
from postroom.contacts.paces import Paces, read_domains
from postroom.contacts.settings import AccountSettings


def test_limits_stand_one_after_another() -> None:
    assert read_domains("gmail.com=600, Orange.fr=60  *=1200") == {
        "gmail.com": 600,
        "orange.fr": 60,
        "*": 1200,
    }
    assert read_domains("") == {}


@pytest.mark.parametrize(
    "text", ["gmail.com", "gmail.com=", "=5", "gmail.com=-1", "gmail.com=many", "a b=1", "*=9999999"]
)
def test_anything_else_is_no_limit(text: str) -> None:
    with pytest.raises(ValueError, match="limits a minute"):
        read_domains(text)


def test_a_domain_without_a_limit_goes_by_the_star_and_a_number_by_none() -> None:
    paces = Paces(0, {"gmail.com": 600, "*": 1200})

    assert [paces.of_domain(domain) for domain in ("gmail.com", "example.org", "")] == [600, 1200, 0]
    assert Paces().of_domain("gmail.com") == 0


def test_an_account_sets_its_own() -> None:
    settings = AccountSettings().changed(
        {"send_per_minute": "100", "domains_per_minute": "gmail.com=30,*=60"}
    )

    assert (settings.send_per_minute, settings.domains_per_minute) == (100, "gmail.com=30 *=60")
    for wrong in ({"send_per_minute": "fast"}, {"domains_per_minute": "gmail.com"}):
        with pytest.raises(Refused, match="does not fit"):
            AccountSettings().changed(wrong)
