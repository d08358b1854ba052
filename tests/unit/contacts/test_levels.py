"""The two truth tables of the protocol as law, by themselves (specs, command batches 6.2 and 6.3)."""

from __future__ import annotations

import itertools

import pytest

from postroom.contacts.criteria import Criterion, dedup_key, duplicate_key
from postroom.contacts.levels import Level, Unsubscribing, barred, list_of_scope, list_scope
from postroom.contacts.optouts import OptOutReason
from postroom.contacts.verdicts import Verdict


@pytest.mark.parametrize("everywhere", [False, True])
def test_a_subscription_that_is_found_leaves_a_record_as_optout_says(*, everywhere: bool) -> None:
    level = Level.GLOBAL if everywhere else Level.LIST

    assert Unsubscribing(everywhere, optout=True).record(subscribed=True) is level
    assert Unsubscribing(everywhere, optout=False).record(subscribed=True) is None
    assert Unsubscribing(everywhere, optout=False, force=True).record(subscribed=True) is None


@pytest.mark.parametrize("optout", [False, True])
def test_where_none_is_found_only_force_writes_one(*, optout: bool) -> None:
    assert Unsubscribing(everywhere=False, optout=optout).record(subscribed=False) is None
    assert Unsubscribing(everywhere=False, optout=optout, force=True).record(subscribed=False) is Level.LIST
    assert Unsubscribing(everywhere=True, optout=optout, force=True).record(subscribed=False) is Level.GLOBAL


@pytest.mark.parametrize(("optout", "force"), [*itertools.product([False, True], repeat=2)])
def test_universal_needs_no_optout(*, optout: bool, force: bool) -> None:
    wish = Unsubscribing(everywhere=True, optout=optout, universal=True, force=force)

    assert wish.record(subscribed=True) is Level.UNIVERSAL
    assert wish.record(subscribed=False) is (Level.UNIVERSAL if force else None)


@pytest.mark.parametrize(
    ("standing", "plain", "forced"),
    [
        ({}, None, None),
        ({Level.LIST: OptOutReason.ACCOUNT}, Verdict.OPTED_OUT, None),
        ({Level.GLOBAL: OptOutReason.CONTACT}, Verdict.OPTED_OUT, None),
        ({Level.GLOBAL: OptOutReason.SPAM}, Verdict.OPTED_OUT, Verdict.OPTED_OUT),
        ({Level.GLOBAL: OptOutReason.HARD_BOUNCE}, Verdict.OPTED_OUT, Verdict.OPTED_OUT),
        ({Level.UNIVERSAL: OptOutReason.ACCOUNT}, *[Verdict.UNIVERSALLY_OPTED_OUT] * 2),
        (
            {Level.UNIVERSAL: OptOutReason.ACCOUNT, Level.LIST: OptOutReason.ACCOUNT},
            *[Verdict.UNIVERSALLY_OPTED_OUT] * 2,
        ),
    ],
)
def test_who_must_not_be_subscribed(
    standing: dict[Level, OptOutReason], plain: Verdict | None, forced: Verdict | None
) -> None:
    assert barred(standing, forced=False, lifts_complaints=False) is plain
    assert barred(standing, forced=True, lifts_complaints=False) is forced


def test_an_account_may_let_force_lift_complaints() -> None:
    standing = {Level.GLOBAL: OptOutReason.SPAM}

    assert barred(standing, forced=True, lifts_complaints=True) is None
    assert barred(standing, forced=False, lifts_complaints=True) is Verdict.OPTED_OUT


def test_the_scope_of_a_list_names_it_and_that_of_a_medium_does_not() -> None:
    assert list_of_scope(list_scope("list:5")) == "list:5"
    assert list_of_scope("EMAIL") is None


def test_each_contact_of_an_address_has_a_key_of_its_own() -> None:
    keys = {
        dedup_key(Criterion.EMAIL, {"email": "a@example.com"}),
        duplicate_key("a@example.com", "Bob"),
        duplicate_key("a@example.com", "Max"),
        duplicate_key("a@example.com", "Bob", 1),
        duplicate_key("b@example.com", "Bob"),
    }

    assert len(keys) == 5
    assert duplicate_key("A@Example.com", " BOB ") == duplicate_key("a@example.com", "bob")
