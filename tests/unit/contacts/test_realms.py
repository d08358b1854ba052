from __future__ import annotations

import pytest

from postroom.contacts.criteria import Criterion, Match
from postroom.contacts.errors import Refused
from postroom.contacts.realms import check_identification, checked_name, is_realm_name, realm_key


@pytest.mark.parametrize("text", ["acme", "ACME Inc.", "acme_2026", "Société", "x" * 100])
def test_a_realm_may_be_named_as_senders_know_it(text: str) -> None:
    assert checked_name(f" {text} ", "realm") == text


@pytest.mark.parametrize("text", ["", "  ", "x" * 101, "a\x00b", "a\nb", "\u202eacme", "\ud800"])
def test_what_no_header_could_hold_is_no_name(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        checked_name(text, "realm")

    assert refusal.value.code == "BAD_NAME"
    assert "realm" in refusal.value.message
    assert not is_realm_name(text)


def test_case_makes_no_other_realm() -> None:
    assert realm_key("ACME") == realm_key("Acme") == "acme"


@pytest.mark.parametrize("criterion", [Criterion.EMAIL, Criterion.REFERENCE])
def test_batches_find_contacts_by_email_or_by_customer_key(criterion: Criterion) -> None:
    check_identification("acme", criterion, Match.ALL)


@pytest.mark.parametrize(
    ("criterion", "match"),
    [(each, Match.ALL) for each in Criterion if each not in {Criterion.EMAIL, Criterion.REFERENCE}]
    + [(Criterion.TRIPLET, Match.ANY), (Criterion.EXTENDED, Match.ANY)],
)
def test_by_anything_else_no_account_has_a_realm(criterion: Criterion, match: Match) -> None:
    with pytest.raises(Refused) as refusal:
        check_identification("acme", criterion, match)

    assert refusal.value.code == "REALM_CRITERION"
    assert criterion.value in refusal.value.message
    assert "postroom account set acme criterion=email match=all" in refusal.value.message
