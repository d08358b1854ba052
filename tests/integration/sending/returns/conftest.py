from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from postroom.drops.room import Room
from postroom.sending.mail.return_paths import message_id_header, return_path
from postroom.sending.mailroom import Mailroom
from postroom.store.messages import Message
from tests.integration.sending.returns.posting import NOW

GOLDEN = Path(__file__).parents[3] / "golden" / "returns" / "mails"
DOMAIN = "bounces.example.com"

GoldenMail = Callable[[str, Message], bytes]


@pytest.fixture
def mailroom(room: Room) -> Mailroom:
    """Return a mailroom whose clock stands still."""
    return Mailroom(
        database=room.database,
        blobs=room.blobs,
        queue=room.queue,
        sealer=room.sealer,
        clock=lambda: NOW,
        bounce_domain=DOMAIN,
    )


@pytest.fixture
def golden_mail(mailroom: Mailroom) -> GoldenMail:
    """Return what makes a golden mail one about a message of ours."""

    def make(name: str, message: Message) -> bytes:
        text = (GOLDEN / f"{name}.eml").read_text(encoding="utf-8")
        text = text.replace("@RETURN_PATH@", verp(mailroom, message))
        text = text.replace("@MESSAGE_ID@", our_id(mailroom, message))
        return text.replace("\n", "\r\n").encode()

    return make


def verp(mailroom: Mailroom, message: Message) -> str:
    return return_path(mailroom.sealer, message.account_id, message.message_id, DOMAIN)


def our_id(mailroom: Mailroom, message: Message) -> str:
    return message_id_header(mailroom.sealer, message.account_id, message.message_id, "news.example")
