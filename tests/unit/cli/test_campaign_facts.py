"""How what became of a campaign is shown to people."""

from __future__ import annotations

from postroom.cli.campaign_facts import count_facts
from postroom.store.campaign_counts import Counts


def test_reasons_have_their_details_beside_them() -> None:
    counts = Counts(targeted=7, not_sent={"NO_ADDRESS": 1, "PERSONALIZATION_MISSING": 6})
    details = {"PERSONALIZATION_MISSING": {"city has no value": 4, "fax has no value": 2}}

    assert count_facts(counts, details)["not sent"] == [
        "NO_ADDRESS 1",
        "PERSONALIZATION_MISSING 6 (city has no value; fax has no value)",
    ]


def test_nothing_is_said_of_a_campaign_that_all_people_got() -> None:
    assert count_facts(Counts(targeted=1, sent=1), {})["not sent"] is None
