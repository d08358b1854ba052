"""The worker's process as it is: a deposit is imported, and its notice goes out, come what may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from postroom.app.bootstrap import Postroom, build
from postroom.app.notifying import webhook_rules
from postroom.app.parts.worker import make_notifier, make_worker
from postroom.app.settings import Settings
from postroom.ingest.sandbox.readers import Readers
from postroom.notices import targets
from postroom.notices.message import Event
from postroom.store import notices
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.drops.sender import Sender
from tests.integration.jobs.working import Working
from tests.integration.notices.receivers import Hook, mail_server, web_server

GOOD = "Email\na@example.com\n"


@pytest.fixture
def hook() -> Iterator[Hook]:
    with web_server() as served:
        yield served


@pytest.fixture
def postroom(database: Database, tmp_path: Path, readers: Readers) -> Postroom:
    return make(database, tmp_path, readers)


def make(database: Database, data: Path, readers: Readers, **settings: object) -> Postroom:
    chosen = Settings.load({"data": data, "webhook_networks": "127.0.0.0/8", **settings})
    return build(chosen, database.url, database, readers)


@contextmanager
def working(postroom: Postroom) -> Iterator[None]:
    with Working(make_worker(postroom)), Working(make_notifier(postroom)):
        yield


def add_webhook(postroom: Postroom, person: Person, url: str) -> str:
    """Add a webhook for everything; return its secret."""
    rules, office = webhook_rules(postroom.settings), postroom.office
    with office.database.transaction() as connection:
        account_id = person.account.account_id
        return targets.add_webhook(office, connection, account_id, url, list(Event), rules)[1]


def states(postroom: Postroom, person: Person) -> list[str]:
    with postroom.database.transaction() as connection:
        logged = notices.deliveries_of_account(connection, person.account.account_id)
    return [each.delivery.state for each in reversed(logged)]


def test_a_deposit_is_told_to_a_webhook_and_by_mail(
    database: Database, alice: Person, tmp_path: Path, readers: Readers
) -> None:
    with mail_server() as mailbox, web_server() as hook:
        smtp = {"smtp_host": "127.0.0.1", "smtp_port": mailbox.port, "smtp_tls": "none"}
        postroom = make(database, tmp_path, readers, **smtp, smtp_from="postroom@example.com")
        secret = add_webhook(postroom, alice, hook.url)
        with database.transaction() as connection:
            targets.add_email(
                postroom.office, connection, alice.account.account_id, "ops@example.com", list(Event)
            )

        with working(postroom):
            Sender(postroom.room, alice).leave("people.csv", GOOD)
            until(lambda: states(postroom, alice) == ["delivered", "delivered"])

    (request,), (mail,) = hook.requests, mailbox.mails
    message = Webhook(secret).verify(request.body, request.headers)
    assert (message["type"], message["data"]["name"]) == ("drop.applied", "people.csv")
    assert mail["Subject"] == "Appliqué : people.csv (alice, import)"
    assert mail["Message-ID"] == f"<{request.headers['webhook-id']}@example.com>"


def test_a_receiver_that_hangs_keeps_no_import_waiting(
    postroom: Postroom, alice: Person, charlie: Person, hook: Hook
) -> None:
    add_webhook(postroom, alice, hook.url)
    hook.hang.clear()
    mine, others = Sender(postroom.room, alice), Sender(postroom.room, charlie)

    with working(postroom):
        for number in range(6):
            mine.leave(f"{number}.csv", GOOD)
        last = others.leave("people.csv", GOOD)
        assert last.drop_id is not None
        drop_id = last.drop_id
        until(lambda: others.drop_now(drop_id).state == "applied")
        until(lambda: len(states(postroom, alice)) == 6)
        until(lambda: len(hook.requests) == 1)
        hook.hang.set()


def test_two_workers_deliver_each_message_once(postroom: Postroom, alice: Person) -> None:
    with web_server() as first, web_server() as second:
        add_webhook(postroom, alice, first.url)
        add_webhook(postroom, alice, second.url)
        sender = Sender(postroom.room, alice)

        with working(postroom), working(postroom):
            sender.leave("people.csv", GOOD)
            until(lambda: states(postroom, alice) == ["delivered"] * 2)

    assert [len(each.requests) for each in (first, second)] == [1, 1]


@pytest.mark.slow
def test_a_receiver_that_comes_up_again_gets_what_it_missed(
    postroom: Postroom, alice: Person, hook: Hook
) -> None:
    """The queue schedules the second attempt: real time, the first pause is five to six seconds."""
    hook.answers = [(503, {"content-length": "0"}), (204, {})]
    add_webhook(postroom, alice, hook.url)

    with working(postroom):
        Sender(postroom.room, alice).leave("people.csv", GOOD)
        until(lambda: states(postroom, alice) == ["delivered"])

    first, second = hook.requests
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] < second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_neither_secret_nor_name_of_a_receiver_is_logged(
    postroom: Postroom, alice: Person, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = add_webhook(postroom, alice, hook.url + "?token=hidden")

    with working(postroom):
        Sender(postroom.room, alice).leave("people.csv", GOOD)
        until(lambda: states(postroom, alice) == ["delivered"])

    ours = [record for record in caplog.records if record.name.startswith("postroom")]
    assert any("is delivered: 204 No Content" in record.getMessage() for record in ours)
    assert not any(
        word in record.getMessage()
        for record in ours
        for word in (secret, "token=hidden", json.dumps(hook.url))
    )
