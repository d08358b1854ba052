from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from postroom.contacts.bounces import Bounce, BounceCategory, BounceType
from postroom.contacts.campaigns import NotSentReason, SuppressionKind, not_sent_for
from postroom.contacts.suppressions import (
    WELL_KNOWN,
    after_hard_bounce,
    after_soft_bounce,
    is_well_known,
    stronger,
)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
GONE = Bounce(BounceType.HARD, BounceCategory.UNKNOWN_USER)


@pytest.mark.parametrize(("bounces", "weeks"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 16)])
def test_each_quarantine_is_longer_than_the_last(bounces: int, weeks: int) -> None:
    verdict = after_soft_bounce(bounces, now=NOW)

    assert verdict.kind is SuppressionKind.QUARANTINE_TEMPORARY
    assert verdict.until_at == NOW + timedelta(weeks=weeks)


@pytest.mark.parametrize("bounces", [6, 7, 100])
def test_who_is_never_reached_is_left_alone_for_good(bounces: int) -> None:
    verdict = after_soft_bounce(bounces, now=NOW)

    assert (verdict.kind, verdict.until_at) == (SuppressionKind.QUARANTINE_LONG_TERM, None)


@pytest.mark.parametrize(
    ("address", "category", "needed"),
    [
        ("bob@gmail.com", BounceCategory.UNKNOWN_USER, 1),
        ("bob@ORANGE.fr", BounceCategory.MAILBOX_DISABLED, 1),
        ("bob@gmail.com", BounceCategory.OTHER, 3),
        ("bob@firm.example", BounceCategory.OTHER, 3),
        ("bob@firm.example", BounceCategory.UNKNOWN_USER, 2),
        ("bob@mail.gmail.com", BounceCategory.UNKNOWN_USER, 2),
    ],
)
def test_a_hard_bounce_is_believed_at_once_where_it_can_be(
    address: str, category: BounceCategory, needed: int
) -> None:
    bounce = Bounce(BounceType.HARD, category)

    verdicts = [after_hard_bounce(address, bounce, count) for count in (1, 2, 3, 4)]

    assert [verdict is not None for verdict in verdicts] == [count >= needed for count in (1, 2, 3, 4)]


def test_lists_have_an_order_and_none_is_stronger_than_itself() -> None:
    for weaker, than in pairwise(SuppressionKind):
        assert stronger(than, than=weaker)
        assert not stronger(weaker, than=than)
        assert not stronger(weaker, than=weaker)


def test_well_known_providers_are_domains_in_small_letters() -> None:
    assert len(WELL_KNOWN) > 60
    assert all(domain == domain.lower() and "." in domain and "@" not in domain for domain in WELL_KNOWN)
    assert is_well_known("x@gmail.com")
    assert not is_well_known("gmail.com@example.com")


def test_each_list_says_why_nothing_is_sent() -> None:
    assert {kind: not_sent_for(kind) for kind in SuppressionKind} == {
        SuppressionKind.QUARANTINE_TEMPORARY: NotSentReason.QUARANTINE_TEMPORARY,
        SuppressionKind.QUARANTINE_LONG_TERM: NotSentReason.QUARANTINE_LONG_TERM,
        SuppressionKind.BLACKLIST: NotSentReason.BLACKLISTED,
    }


def test_only_what_is_about_the_address_counts_against_it() -> None:
    blaming = {category for category in BounceCategory if category.blames_address}

    assert blaming == {
        BounceCategory.UNKNOWN_USER,
        BounceCategory.UNKNOWN_DOMAIN,
        BounceCategory.MAILBOX_FULL,
        BounceCategory.MAILBOX_DISABLED,
    }
    assert GONE.is_permanent


def test_what_has_no_reason_counts_only_when_it_is_final() -> None:
    assert Bounce(BounceType.HARD, BounceCategory.OTHER).blames_address
    assert not Bounce(BounceType.SOFT, BounceCategory.OTHER).blames_address
    assert Bounce(BounceType.SOFT, BounceCategory.MAILBOX_FULL).blames_address
