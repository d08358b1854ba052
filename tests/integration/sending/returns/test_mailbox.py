from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from postroom.app.certificates import Certificate, ensure_certificate
from postroom.contacts.errors import Unavailable
from postroom.jobs.queue import Queue
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns.applying import apply_all
from postroom.sending.returns.mailbox import Mailbox, MailboxConfig
from postroom.sending.returns.tending import collect
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.sending.returns.conftest import GoldenMail
from tests.integration.sending.returns.dying import Killed, dying
from tests.integration.sending.returns.imap_server import PASSWORD, ImapServer
from tests.integration.sending.returns.posting import posted
from tests.integration.sending.returns.telling import kinds

BOUNCE = ["message.bounced", "suppression.changed"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return ensure_certificate(tmp_path_factory.mktemp("tls"), now=datetime.now(UTC))


Serving = Callable[..., AbstractContextManager[tuple[ImapServer, Mailbox]]]


@pytest.fixture
def serving(certificate: Certificate) -> Serving:
    """Return what starts a server and a reader of it; settings of the reader by name."""

    @contextmanager
    def start(
        *, offers: str = "MOVE", starttls: bool = False, **settings: object
    ) -> Iterator[tuple[ImapServer, Mailbox]]:
        ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        ours.load_cert_chain(certificate.chain, certificate.key)
        theirs = ssl.create_default_context(cafile=str(certificate.chain))
        with ImapServer(ours, implicit=not starttls, offers=offers) as server:
            config = MailboxConfig(
                "127.0.0.1", server.port, "bounces", PASSWORD, starttls=starttls, tls=theirs, seconds=10
            )
            yield server, Mailbox(replace(config, **settings))  # type: ignore[arg-type]  # settings given by name

    return start


def test_mails_are_fetched_kept_and_marked_as_read(
    serving: Serving,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    with serving() as (server, mailbox):
        known = server.put(golden_mail("gmail-no-such-user", message))
        strange = server.put(b"Subject: hello\r\n\r\nWho are you?\r\n")

        first, second = mailbox.collect(mailroom), mailbox.collect(mailroom)
        apply_all(mailroom)

        assert (first, second) == (2, 0)
        assert server.mails[known].flags == {r"\Seen"}
        assert server.mails[strange].flags == {r"\Seen", r"\Flagged"}
    assert kinds(database, alice) == BOUNCE


@pytest.mark.parametrize("offers", ["MOVE", "UIDPLUS"])
def test_mails_that_were_read_are_moved_where_the_settings_say(
    serving: Serving, mailroom: Mailroom, offers: str
) -> None:
    with serving(offers=offers, done="Read mails") as (server, mailbox):
        server.put(b"Subject: hello\r\n\r\nWho are you?\r\n")

        mailbox.collect(mailroom)

        assert [each.folder for each in server.mails.values()] == ["Read mails"]


def test_killed_between_keeping_and_marking_a_mail_is_applied_once(
    serving: Serving,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    with serving() as (server, mailbox):
        uid = server.put(golden_mail("gmail-no-such-user", message))

        with pytest.raises(Killed):
            mailbox.collect(replace(mailroom, between_steps=dying("mailbox mail kept")))
        unread = set(server.mails[uid].flags)
        mailbox.collect(mailroom)
        apply_all(mailroom)

    assert unread == set()
    assert kinds(database, alice) == BOUNCE


def test_complaints_are_known_by_the_address_they_came_to(
    serving: Serving,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    message = posted(database, alice, "bob@hotmail.com")
    with serving(complaint_addresses=frozenset({"fbl@bounces.example"})) as (server, mailbox):
        server.put(golden_mail("hotmail-jmrp", message))
        mailbox.collect(mailroom)
    apply_all(mailroom)

    assert kinds(database, alice)[0] == "complaint.received"


def test_tls_by_starttls_works_as_well(serving: Serving, mailroom: Mailroom) -> None:
    with serving(starttls=True) as (server, mailbox):
        server.put(b"Subject: hello\r\n\r\nWho are you?\r\n")

        assert mailbox.collect(mailroom) == 1
        assert server.commands.index("STARTTLS") < server.commands.index("LOGIN bounces")


def test_a_certificate_that_nobody_vouches_for_is_not_believed(serving: Serving, mailroom: Mailroom) -> None:
    with serving(tls=None) as (server, mailbox):
        with pytest.raises(Unavailable, match="cannot be read"):
            mailbox.collect(mailroom)
        assert server.commands == []


@pytest.mark.parametrize("word", ["LOGIN", "SELECT", "SEARCH", "FETCH"])
def test_a_server_that_refuses_is_told_without_any_secret(
    serving: Serving,
    mailroom: Mailroom,
    word: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with serving() as (server, mailbox):
        server.put(b"Subject: hello\r\n\r\nWho are you?\r\n")
        server.refuses.add(word)

        with pytest.raises(Unavailable, match=f"127.0.0.1:{server.port}") as told:
            mailbox.collect(mailroom)
        collect(mailroom, [mailbox])

        assert server.mails[1].flags == set()
    assert "cannot be fetched" in caplog.text
    assert PASSWORD not in caplog.text + str(told.value) + repr(mailbox._config)


def test_mails_stay_unread_while_the_database_is_away(
    serving: Serving,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    raw = golden_mail("qmail", posted(database, alice, "bob@gmail.com"))
    with (
        Database("postgresql://nobody@127.0.0.1:1/nothing", patience_seconds=0.2) as away,
        serving() as (server, mailbox),
    ):
        uid = server.put(raw)
        with pytest.raises(Unavailable):
            mailbox.collect(replace(mailroom, database=away, queue=Queue(away.url)))

        assert server.mails[uid].flags == set()


def test_a_server_that_is_not_there_is_told(mailroom: Mailroom, tmp_path: Path) -> None:
    mailbox = Mailbox(MailboxConfig("127.0.0.1", 1, "bounces", PASSWORD, seconds=2))

    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 cannot be read: ConnectionRefusedError"):
        mailbox.collect(mailroom)
