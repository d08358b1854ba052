from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from postroom.contacts.media import Medium
from postroom.contacts.merging import StoredContact, carried_optouts, merged_contact
from postroom.contacts.optouts import OptOutReason

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)


def contact(
    contact_id: int, *, changed: int = 0, made: int = 0, **values: str | date | None
) -> StoredContact:
    return StoredContact(contact_id, NOON + timedelta(hours=made), NOON + timedelta(hours=changed), values)


def test_field_by_field_the_newest_value_that_is_not_empty_wins() -> None:
    old = contact(2, changed=1, email="a@example.com", city="Lyon", last_name="Durand")
    new = contact(1, changed=2, email="a@example.com", city=None, last_name="Petit")

    merged = merged_contact([old, new], now=LATER)

    assert merged.values == {"email": "a@example.com", "city": "Lyon", "last_name": "Petit"}


def test_of_contacts_changed_at_the_same_time_the_higher_id_is_newer() -> None:
    merged = merged_contact([contact(7, city="Paris"), contact(3, city="Lyon")], now=LATER)

    assert merged.values == {"city": "Paris"}


def test_the_lowest_id_stays_and_was_made_when_the_first_was() -> None:
    merged = merged_contact([contact(7, made=1), contact(3, made=2)], now=LATER)

    assert (merged.contact_id, merged.created_at, merged.updated_at) == (3, NOON + timedelta(hours=1), LATER)


def test_dates_are_values_like_any_other() -> None:
    merged = merged_contact(
        [contact(1, birth_date=date(1980, 7, 14)), contact(2, birth_date=None)], now=LATER
    )

    assert merged.values == {"birth_date": date(1980, 7, 14)}


@pytest.mark.parametrize(
    ("standing", "carried"),
    [
        ({}, {}),
        ({(Medium.SMS, "old"): OptOutReason.CONTACT}, {(Medium.SMS, "new"): OptOutReason.CONTACT}),
        (
            {(Medium.SMS, "old"): OptOutReason.CONTACT, (Medium.SMS, "new"): OptOutReason.SPAM},
            {(Medium.SMS, "new"): OptOutReason.SPAM},
        ),
        ({(Medium.EMAIL, "old"): OptOutReason.SPAM}, {}),
        ({(Medium.SMS, "somebody else's"): OptOutReason.SPAM}, {}),
        (
            {(Medium.SMS, "old"): OptOutReason.ACCOUNT, (Medium.VOICEMAIL, "old"): OptOutReason.SPAM},
            {(Medium.SMS, "new"): OptOutReason.ACCOUNT, (Medium.VOICEMAIL, "new"): OptOutReason.SPAM},
        ),
    ],
)
def test_the_strictest_opt_out_of_each_medium_is_carried_to_the_address_that_stays(
    standing: dict[tuple[Medium, str], OptOutReason], carried: dict[tuple[Medium, str], OptOutReason]
) -> None:
    both = [contact(1, changed=1, mobile="old", email=None), contact(2, changed=2, mobile="new")]

    assert carried_optouts(merged_contact(both, now=LATER), both, standing) == carried
