from __future__ import annotations

import pytest

from postroom.contacts.media import Medium, reachable_by
from postroom.contacts.rows import normalise_row
from postroom.contacts.settings import AccountSettings

EMAIL, SMS, VOICE, VOICEMAIL = Medium


@pytest.mark.parametrize(
    ("sent", "media"),
    [
        ({"email": "alice@free.fr"}, [EMAIL]),
        ({"phone": "02 86 78 65 89"}, [VOICE]),
        ({"mobile": "06 12 34 56 78"}, [SMS, VOICEMAIL]),
        ({"phone": "336 90 78 56 90"}, [VOICE]),
        ({"mobile": "02 86 78 65 89", "email": "alice@free.fr"}, [EMAIL]),
        ({"mobile": "+1 202 555 0123"}, [SMS, VOICEMAIL]),
        ({"mobile": "+44 20 7946 0958", "phone": "+44 20 7946 0958"}, [VOICE]),
        (
            {"email": "a@free.fr", "phone": "0286786589", "mobile": "0612345678"},
            [EMAIL, SMS, VOICE, VOICEMAIL],
        ),
    ],
)
def test_valid_addresses_say_which_media_reach_a_contact(sent: dict[str, str], media: list[Medium]) -> None:
    contact = normalise_row(sent, AccountSettings())

    assert reachable_by(contact.values, []) == media


def test_an_opt_out_closes_its_medium_alone() -> None:
    contact = {"email": "alice@free.fr", "phone": None, "mobile": "+33612345678"}

    assert reachable_by(contact, [SMS]) == [EMAIL, VOICEMAIL]
    assert reachable_by(contact, {"EMAIL": "spam", "VOICEMAIL": "account"}) == [SMS]
    assert reachable_by(contact, list(Medium)) == []
