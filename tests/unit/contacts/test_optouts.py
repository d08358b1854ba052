"""The law of opt-outs: which reason stands, what an opt-in lifts, which cell of a row counts."""

from __future__ import annotations

from itertools import product

import pytest

from postroom.contacts.batches import Action
from postroom.contacts.media import ADDRESS_FIELD, Consent, Medium
from postroom.contacts.optouts import (
    AddressRow,
    OptOutReason,
    address_row,
    after_optin,
    after_optout,
)
from postroom.contacts.reasons import Reason

ACCOUNT, CONTACT, BOUNCE, SPAM = OptOutReason


def test_reasons_stand_in_the_order_of_their_strength() -> None:
    assert SPAM > BOUNCE > CONTACT > ACCOUNT


@pytest.mark.parametrize(("stands", "given"), [*product([None, *OptOutReason], OptOutReason)])
def test_the_stronger_reason_stands(stands: OptOutReason | None, given: OptOutReason) -> None:
    found = after_optout(stands, given)

    assert found >= given
    assert found in {stands, given}
    assert stands is None or found >= stands


@pytest.mark.parametrize(
    ("stands", "left"),
    [(None, None), (ACCOUNT, None), (CONTACT, None), (BOUNCE, BOUNCE), (SPAM, SPAM)],
)
def test_an_optin_lifts_what_the_contact_or_the_account_asked_for(
    stands: OptOutReason | None, left: OptOutReason | None
) -> None:
    assert after_optin(stands, lifts_complaints=False) is left


@pytest.mark.parametrize("stands", OptOutReason)
def test_an_optin_may_lift_everything(stands: OptOutReason) -> None:
    assert after_optin(stands, lifts_complaints=True) is None


@pytest.mark.parametrize(
    ("medium", "cell", "address"),
    [
        (Medium.EMAIL, " A@Example.com ", "a@example.com"),
        (Medium.SMS, "06 12 34 56 78", "+33612345678"),
        (Medium.VOICE, "02.86.78.65.89", "+33286786589"),
        # A voice message can ring a mobile that stands in the column of fixed phones.
        (Medium.VOICE, "0612345678", "+33612345678"),
        (Medium.VOICEMAIL, "+33 6 12 34 56 78", "+33612345678"),
    ],
)
def test_a_medium_reads_its_address(medium: Medium, cell: str, address: str) -> None:
    assert address_row(cell, medium, "FR") == AddressRow(address, None)


@pytest.mark.parametrize(
    ("medium", "cell", "refusal"),
    [
        (Medium.EMAIL, None, (Reason.MISSING_MEDIUM_VALUE, "EMAIL")),
        (Medium.VOICEMAIL, " ", (Reason.MISSING_MEDIUM_VALUE, "VOICEMAIL")),
        (Medium.EMAIL, "nobody", (Reason.INVALID_EMAIL, "nobody")),
        (Medium.SMS, "02 86 78 65 89", (Reason.INVALID_MOBILE, "02 86 78 65 89")),
        (Medium.VOICE, "12", (Reason.INVALID_PHONE, "12")),
        (Medium.EMAIL, "x" * 4001, (Reason.VALUE_TOO_LONG, "email")),
    ],
)
def test_a_cell_that_is_no_address_is_refused(
    medium: Medium, cell: str | None, refusal: tuple[Reason, str]
) -> None:
    assert address_row(cell, medium, "FR") == AddressRow(None, refusal)


def test_sms_and_voicemail_share_an_address_and_nothing_else() -> None:
    assert ADDRESS_FIELD[Medium.SMS] == ADDRESS_FIELD[Medium.VOICEMAIL] == "mobile"


def test_each_folder_of_consents_says_which_and_for_what() -> None:
    about = {action.value: action.consent for action in Action if action.consent}

    assert about == {
        f"{consent.value}{medium.value}": (consent, medium) for consent, medium in product(Consent, Medium)
    }
