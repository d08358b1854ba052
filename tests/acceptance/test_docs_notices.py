"""What docs/notices.md shows to receivers is what they get."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from postroom.app.settings import Settings
from postroom.drops.room import Room
from postroom.notices.delivering import PAUSES
from postroom.notices.message import Event
from postroom.notices.webhooks import _LONGEST_WAIT, encoded, new_secret, signed, written
from postroom.store import notices
from tests.architecture.source_tree import REPOSITORY
from tests.conftest import Person
from tests.integration.drops.clock import NOON, Clock
from tests.integration.drops.sender import Sender

PAGE = (REPOSITORY / "docs" / "notices.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


@pytest.fixture
def receive() -> Callable[[dict[str, str], bytes, str], Any]:
    """Return the function that the page tells receivers to write."""
    names: dict[str, Any] = {}
    exec(block("python"), names)  # noqa: S102  # our own page
    found: Callable[[dict[str, str], bytes, str], Any] = names["receive"]
    return found


def test_the_example_is_what_a_deposit_leads_to(room: Room, alice: Person) -> None:
    sender = Sender(replace(room, clock=Clock(), files_url="sftp://files.example.com"), alice)
    with room.database.transaction() as connection:
        notices.create_target(
            connection,
            account_id=sender.account_id,
            kind="webhook",
            address="hook",
            events=list(Event),
            secret=b"sealed",
            now=NOON,
        )

    sender.drop("people.csv", "Email\na@example.com\nnobody@\n")

    with room.database.transaction() as connection:
        (logged,) = notices.deliveries_of_account(connection, sender.account_id)
    shown = json.loads(block("json"))
    assert logged.delivery.content == shown
    assert list(logged.delivery.content["data"]) == list(shown["data"])


def test_the_function_of_the_page_takes_ours_and_nothing_else(
    receive: Callable[[dict[str, str], bytes, str], Any],
) -> None:
    secret, body = new_secret(), encoded(json.loads(block("json")))
    headers = signed("msg_1", body, secret, now=datetime.now(UTC))

    assert receive(headers, body, written(secret)) == json.loads(body)
    with pytest.raises(WebhookVerificationError):
        receive(headers, body + b" ", written(secret))
    assert Webhook(written(secret)).verify(body, headers) == json.loads(body)


def test_the_page_says_how_often_and_how_long_it_is_tried() -> None:
    seconds = [int(pause.total_seconds()) for pause in PAUSES]
    hours = [each // 3600 for each in seconds[3:]]

    assert seconds[:3] == [5, 5 * 60, 30 * 60]
    told = f"after 5 seconds, 5 and 30 minutes, {', '.join(map(str, hours[:-1]))} and {hours[-1]} hours"
    assert told in PAGE
    assert f"up to {int(_LONGEST_WAIT.total_seconds()) // 3600} hours" in PAGE
    assert f"within {Settings.model_fields['webhook_timeout_seconds'].default:g} seconds" in PAGE


def test_the_page_has_every_event_and_type() -> None:
    for event in Event:
        assert f"| `{event.value}` |" in PAGE
    for state in ("applied", "refused", "parked"):
        assert f"`drop.{state}`" in PAGE
