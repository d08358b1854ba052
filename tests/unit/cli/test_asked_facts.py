"""How `postroom drop show` says what became of the messages and campaigns that a batch asked for."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.cli.outcomes import asked_facts

SEND: dict[str, Any] = {
    "kind": "send",
    "state": "done",
    "outcome": None,
    "requests": 3,
    "campaign_ids": [5],
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "3 send done, campaign 5"),
        ({"state": "recorded", "campaign_ids": []}, "3 send waiting"),
        ({"outcome": "NOT_SUBSCRIBED"}, "3 send done (NOT_SUBSCRIBED), campaign 5"),
        (
            {"kind": "launch", "state": "failed", "requests": 1, "outcome": "No list.", "campaign_ids": []},
            "1 launch failed (No list.)",
        ),
        ({"campaign_ids": list(range(9))}, "3 send done, campaign 0, 1, 2, 3, 4"),
    ],
)
def test_each_outcome_is_a_line(changes: dict[str, Any], said: str) -> None:
    assert asked_facts([{**SEND, **changes}]) == {"asked for": [said]}


def test_who_asked_for_nothing_is_told_nothing() -> None:
    assert asked_facts([]) == {"asked for": None}
