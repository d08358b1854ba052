"""The part that sends takes jobs from the queue and hands mails to the relays that are set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from postroom.app.bootstrap import build
from postroom.app.parts.sender import make_sender
from postroom.app.sending import mail_carriers, make_mailroom
from postroom.app.settings import Settings
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.paces import Paces
from postroom.drops.room import Room, utc_now
from postroom.ingest.sandbox.readers import Readers
from postroom.sending.waking import enqueue_delivery
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.jobs.working import Working
from tests.integration.sending.going_out import FakeCarrier, Post
from tests.integration.sending.mail.scripted import scripted_relay

URL = "https://t.shop.example.com"


def test_a_message_that_becomes_due_is_handed_to_the_relay(
    database: Database, room: Room, alice: Person, readers: Readers, tmp_path: Path
) -> None:
    post = Post(room, alice, FakeCarrier())
    post.clock.now = utc_now()
    post.waiting(post.campaign(), "bob@example.org")
    with scripted_relay() as relay:
        said = {"relays": f"smtp://127.0.0.1:{relay.port}?tls=none", "tracking_url": URL}
        settings = Settings.load({"data": tmp_path, **said})
        postroom = build(settings, database.url, database, readers)
        carriers = mail_carriers(settings)
        mailroom = replace(make_mailroom(settings, postroom.room), carriers=carriers)
        with database.transaction() as connection:
            enqueue_delivery(connection, room.queue, post.account_id, Channel.EMAIL)
        with Working(make_sender(postroom, mailroom)):
            until(lambda: post.counts() == {"sent": 1})
        carriers[Channel.EMAIL].close()

    assert relay.receivers() == ["bob@example.org"]


def test_without_a_relay_nothing_carries_mails(tmp_path: Path) -> None:
    assert mail_carriers(Settings.load({"data": tmp_path})) == {}


def test_settings_say_how_fast_and_how_many_at_a_time(room: Room, tmp_path: Path) -> None:
    relays = "smtp://one.example.com?connections=20 smtp://two.example.com?connections=10"
    said = {"relays": relays, "send_per_minute": 600, "domains_per_minute": "gmail.com=60"}

    mailroom = make_mailroom(Settings.load({"data": tmp_path, "tracking_url": URL, **said}), room)

    assert mailroom.paces == Paces(600, {"gmail.com": 60})
    assert mailroom.at_once == 300
    assert make_mailroom(Settings.load({"data": tmp_path}), room).at_once == 50


def test_mails_need_a_link_to_opt_out_by(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="relays needs tracking_url"):
        Settings.load({"data": tmp_path, "relays": "smtp://relay.example.com"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("relays", "http://relay.example.com"),
        ("relay_hello", "not a name"),
        ("domains_per_minute", "gmail.com"),
        ("send_per_minute", -1),
    ],
)
def test_settings_that_do_not_work_are_refused(tmp_path: Path, name: str, value: object) -> None:
    with pytest.raises(Refused, match=name.upper()):
        Settings.load({"data": tmp_path, name: value})


def test_passwords_of_relays_are_not_shown(tmp_path: Path) -> None:
    said = {"relays": "smtp://post:rabbit@relay.example.com", "tracking_url": URL}
    settings = Settings.load({"data": tmp_path, **said})

    assert "rabbit" not in repr(settings)
    assert "rabbit" not in str([each.value for each in settings.visible()])
