"""`postroom notify …`: targets, trials, and the log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from standardwebhooks import Webhook

from postroom.app.bootstrap import build
from postroom.app.settings import Settings
from postroom.drops.room import Room
from postroom.notices.delivering import deliver
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.drops.sender import Sender
from tests.integration.notices.receivers import Hook, mail_server, web_server

GOOD = "Email\na@example.com\n"
HTTPS = "https://"
NETWORKS = {"POSTROOM_WEBHOOK_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def hook() -> Iterator[Hook]:
    with web_server() as served:
        yield served


@pytest.fixture
def alices(terminal: Terminal, alice: Person) -> Terminal:
    """Return a terminal that may have webhooks on this machine."""
    return replace(terminal, environment=NETWORKS)


def test_a_webhook_gets_a_secret_that_is_shown_once(alices: Terminal, hook: Hook) -> None:
    added = alices.json("notify", "add", "alice", "--webhook", hook.url)

    assert added["secret"].startswith("whsec_")
    assert added["events"] == ["success", "rejects", "failure"]
    for command in (["list", "alice"], ["deliveries", "alice"], ["test", added["id"]]):
        for shape in ([], ["--json"]):
            assert added["secret"] not in alices.run("notify", *command, *shape)
    (listed,) = alices.json("notify", "list", "alice")
    assert listed == {key: value for key, value in added.items() if key != "secret"}


def test_people_read_the_secret_and_what_to_do_next(alices: Terminal, hook: Hook) -> None:
    said = alices.run("notify", "add", "alice", "--webhook", hook.url, "--on", "failure")

    assert "Signing secret, shown this once: whsec_" in said
    assert "postroom notify test 1-1" in said


def test_a_trial_says_what_the_receiver_answered(alices: Terminal, hook: Hook) -> None:
    added = alices.json("notify", "add", "alice", "--webhook", hook.url)

    said = alices.json("notify", "test", added["id"])

    assert said == {"id": added["id"], "address": hook.url, "answer": "204 No Content"}
    (request,) = hook.requests
    message = Webhook(added["secret"]).verify(request.body, request.headers)
    assert (message["type"], message["data"]["account"]) == ("notice.test", "alice")
    assert alices.json("notify", "deliveries", "alice") == []


def test_a_trial_that_did_not_arrive_fails(alices: Terminal, hook: Hook) -> None:
    added = alices.json("notify", "add", "alice", "--webhook", hook.url)
    hook.answers = [(500, {})]

    assert alices.error("notify", "test", added["id"]) == (6, "NOT_DELIVERED")
    assert "500 Internal Server Error" in alices.type("notify", "test", added["id"]).errors


def test_mails_need_a_mail_server(terminal: Terminal, alice: Person) -> None:
    assert terminal.error("notify", "add", "alice", "--email", "ops@example.com") == (2, "NO_MAIL_SERVER")


def test_a_mail_address_is_told_of_what_went_wrong(terminal: Terminal, alice: Person) -> None:
    with mail_server() as mailbox:
        settings = {
            "POSTROOM_SMTP_HOST": "127.0.0.1",
            "POSTROOM_SMTP_PORT": str(mailbox.port),
            "POSTROOM_SMTP_TLS": "none",
            "POSTROOM_SMTP_FROM": "postroom@example.com",
        }
        mailing = replace(terminal, environment=settings)
        added = mailing.json("notify", "add", "alice", "--email", "Ops@Example.com")
        mailing.run("notify", "test", added["id"])

    assert (added["address"], added["secret"]) == ("ops@example.com", None)
    assert added["events"] == ["rejects", "failure"]
    (mail,) = mailbox.mails
    assert (mail["Subject"], mail["To"]) == ("Essai (alice)", "ops@example.com")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], "BAD_TARGET"),
        (["--email", "a@example.com", "--webhook", "https://example.com"], "BAD_TARGET"),
        (["--webhook", "example.com"], "BAD_URL"),
        (["--webhook", f"{HTTPS}10.1.2.3/"], "BAD_URL"),
        (["--webhook", "https://example.com", "--on", "always"], "BAD_EVENT"),
    ],
)
def test_what_cannot_be_a_target_is_refused(alices: Terminal, arguments: list[str], code: str) -> None:
    assert alices.error("notify", "add", "alice", *arguments) == (2, code)


def test_an_address_twice_is_a_conflict_and_another_account_s_is_not(
    alices: Terminal, hook: Hook, charlie: Person
) -> None:
    alices.run("notify", "add", "alice", "--webhook", hook.url)

    assert alices.error("notify", "add", "alice", "--webhook", hook.url) == (5, "TARGET_EXISTS")
    assert alices.json("notify", "add", "charlie", "--webhook", hook.url)["kind"] == "webhook"


def test_the_log_shows_what_came_of_a_message_and_it_can_be_sent_again(
    alices: Terminal, hook: Hook, room: Room, sender: Sender
) -> None:
    alices.run("notify", "add", "alice", "--webhook", hook.url)
    hook.answers = [(410, {}), (204, {})]
    sender.drop("people.csv", GOOD)
    waiting = alices.json("notify", "deliveries", "alice", "--state", "waiting")

    attempt(alices, room)

    assert [(each["type"], each["about"], each["attempts"]) for each in waiting] == [
        ("drop.applied", "1-1", 0)
    ]
    (failed,) = alices.json("notify", "deliveries", "alice", "--state", "failed")
    assert (failed["state"], failed["attempts"], failed["answer"]) == ("failed", 1, "410 Gone")
    assert "410 Gone" in alices.run("notify", "list", "alice")
    alices.run("notify", "enable", failed["target"])
    assert alices.json("notify", "retry", failed["id"]) == {"id": failed["id"], "state": "waiting"}
    attempt(alices, room)
    (delivered,) = alices.json("notify", "deliveries", "alice")
    assert (delivered["state"], delivered["message_id"]) == ("delivered", failed["message_id"])
    assert alices.error("notify", "retry", failed["id"]) == (5, "NOT_RETRIABLE")


def test_charlie_s_log_has_nothing_of_alice_s(
    alices: Terminal, hook: Hook, sender: Sender, charlie: Person
) -> None:
    alices.run("notify", "add", "alice", "--webhook", hook.url)
    sender.drop("people.csv", GOOD)

    assert alices.json("notify", "deliveries", "charlie") == []
    assert alices.json("notify", "list", "charlie") == []


def test_what_is_removed_is_gone_with_its_log(alices: Terminal, hook: Hook, sender: Sender) -> None:
    added = alices.json("notify", "add", "alice", "--webhook", hook.url)
    sender.drop("people.csv", GOOD)

    assert alices.json("notify", "remove", added["id"]) == {"removed": added["id"]}

    assert alices.json("notify", "list", "alice") == []
    assert alices.json("notify", "deliveries", "alice") == []
    assert alices.error("notify", "remove", added["id"]) == (3, "NO_TARGET")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["remove", "1-99"], "NO_TARGET"),
        (["enable", "1-99"], "NO_TARGET"),
        (["test", "1-99"], "NO_TARGET"),
        (["retry", "1-99"], "NO_DELIVERY"),
        (["list", "nobody"], "NO_ACCOUNT"),
    ],
)
def test_what_is_not_there_is_missing(alices: Terminal, command: list[str], code: str) -> None:
    assert alices.error("notify", *command) == (3, code)


@pytest.mark.parametrize("text", ["1", "1-", "x-1", "0-1", "1-1-1", "1-99999999999999999999"])
def test_what_is_no_id_is_refused(alices: Terminal, text: str) -> None:
    assert alices.error("notify", "remove", text) == (2, "BAD_ID")


def test_an_unknown_state_is_refused(alices: Terminal) -> None:
    assert alices.error("notify", "deliveries", "alice", "--state", "lost") == (2, "BAD_STATE")


def attempt(terminal: Terminal, room: Room) -> None:
    """Make the attempt that the worker would make, with the settings of the terminal."""
    settings = Settings.load({"data": terminal.data, "webhook_networks": "127.0.0.0/8"})
    office = build(settings, room.database.url, room.database, room.readers).office
    (waiting,) = terminal.json("notify", "deliveries", "alice", "--state", "waiting")
    account_id, _, delivery_id = waiting["id"].partition("-")
    deliver(office, int(account_id), int(delivery_id))
