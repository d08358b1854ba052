"""Mails to addresses that somebody named for once: they are no targets, and arrive as notices do."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from postroom.notices.carrying import Answer, Verdict
from postroom.notices.mails import MailConfig, MailPost
from postroom.notices.message import Mail
from postroom.notices.outbox import post_mails
from postroom.notices.tending import KEPT, prune, sweep
from postroom.store import notices
from tests.integration.notices.conftest import DELIVERED, DOWN, Carrier, Notices
from tests.integration.notices.receivers import mail_server

MAIL = Mail("batch.confirmation", "1-7", "Traité : été.dat", "Bonjour\n", "<p>Bonjour</p>\n")


def send(alices: Notices, *addresses: str) -> None:
    office = alices.office
    with office.database.transaction() as connection:
        post_mails(connection, office.queue, alices.account_id, addresses, MAIL, now=office.clock())


def test_each_address_gets_a_mail_of_its_own(alices: Notices, carrier: Carrier) -> None:
    send(alices, "alice@example.com", "bob@example.com")

    assert [alices.attempt(number) for number in (0, 1)] == [DELIVERED, DELIVERED]

    assert [parcel.address for parcel in carrier.parcels] == ["alice@example.com", "bob@example.com"]
    assert len({parcel.message_id for parcel in carrier.parcels}) == 2
    assert [each.state for each in alices.log()] == ["delivered", "delivered"]
    assert alices.targets() == []


def test_an_address_that_is_a_target_as_well_is_no_obstacle(alices: Notices) -> None:
    with alices.office.database.transaction() as connection:
        notices.create_target(
            connection,
            account_id=alices.account_id,
            kind="email",
            address="alice@example.com",
            events=["failure"],
            secret=None,
            now=alices.office.clock(),
        )

    send(alices, "alice@example.com")

    assert alices.attempt() == DELIVERED


def test_a_mail_is_tried_again_as_notices_are(alices: Notices, carrier: Carrier) -> None:
    send(alices, "alice@example.com")
    carrier.answer = DOWN
    assert alices.attempt() == DOWN
    assert alices.attempt() is None, "it is not due"
    carrier.answer = DELIVERED
    alices.office = dataclasses.replace(
        alices.office, clock=lambda: alices.log()[0].created_at + timedelta(minutes=1)
    )

    assert alices.attempt() == DELIVERED
    assert len({parcel.message_id for parcel in carrier.parcels}) == 1, "the same mail under the same id"


def test_a_receiver_that_refuses_for_good_ends_it(alices: Notices, carrier: Carrier) -> None:
    send(alices, "nobody@example.com")
    carrier.answer = Answer(Verdict.NEVER, "550 No such user")

    alices.attempt()

    assert [(each.state, each.answer) for each in alices.log()] == [("failed", "550 No such user")]


def test_a_mail_without_a_job_gets_one_and_an_old_one_is_forgotten(alices: Notices) -> None:
    send(alices, "alice@example.com")
    alices.forget_jobs()
    office = dataclasses.replace(alices.office, clock=lambda: alices.log()[0].created_at + 2 * KEPT)

    assert sweep(office) == 1
    alices.attempt()
    assert prune(office) == 1


def test_a_mail_comes_as_it_was_written(alices: Notices) -> None:
    with mail_server() as mailbox:
        config = MailConfig(
            host="127.0.0.1",
            port=mailbox.port,
            sender="postroom@example.com",
            tls="none",
            timeout_seconds=5.0,
        )
        office = dataclasses.replace(alices.office, carriers={"email": MailPost(config)})
        send(alices, "alice@example.com")
        assert alices.attempt(office=office) == Answer(Verdict.DELIVERED, "taken by the mail server")

    (mail,) = mailbox.mails
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert (mail["To"], mail["Subject"]) == ("alice@example.com", "Traité : été.dat")
    assert (plain.get_content().split(), html.get_content().split()) == (["Bonjour"], ["<p>Bonjour</p>"])
