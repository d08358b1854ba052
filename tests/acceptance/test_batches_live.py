"""Pairs of command batches by the programs of senders: both files vanish, and a mail comes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from postroom.drops.room import utc_now
from postroom.jobs.worker import Worker
from postroom.notices.carrying import Carries
from postroom.notices.delivering import deliver
from postroom.notices.mails import MailConfig, MailPost
from postroom.notices.office import Office
from postroom.notices.outbox import DELIVER_TASK, NOTICES_QUEUE
from postroom.store import realms
from postroom.store.accounts import update_settings
from postroom.store.notices import Kind
from tests.acceptance.clients import curl, lftp, sftp, sftp_session
from tests.acceptance.live import Live, wait_until
from tests.integration.jobs.working import QUICK, Working
from tests.integration.notices.receivers import Mailbox, mail_server

pytestmark = pytest.mark.clients

BATCHES = "/batches"


@pytest.fixture
def pair(live: Live, tmp_path: Path) -> Path:
    """Give Alice a realm; return a data file for it, whose signal stands beside it."""
    account = live.alice.account
    with live.room.database.transaction() as connection:
        settings = account.settings.changed({"criterion": "email", "language": "en"})
        update_settings(connection, account.account_id, settings)
        realms.set_realm(connection, account, "wonderland", now=utc_now())
        password = realms.new_password(connection, account)
    data = tmp_path / "people.dat"
    lines = ["realm=wonderland", f"password={password}", "confirmation_email=alice@example.com", ""]
    data.write_text("\n".join([*lines, "cmd=save&data=email,first^hatter@example.com,Hatter", ""]))
    data.with_suffix(".sig").touch()
    return data


@contextmanager
def working(live: Live) -> Iterator[Mailbox]:
    """Process what is left, and send mails to a server that keeps them."""
    with mail_server() as mailbox:
        config = MailConfig("127.0.0.1", "postroom@example.com", mailbox.port, tls="none")
        carriers: dict[Kind, Carries] = {"email": MailPost(config)}
        office = Office(live.room.database, live.room.queue, live.room.sealer, carriers, clock=utc_now)

        def send(account_id: int, delivery_id: int) -> None:
            deliver(office, account_id, delivery_id)

        post = Worker(live.url, {DELIVER_TASK: send}, config=dataclasses.replace(QUICK, queue=NOTICES_QUEUE))
        with Working(post), live.working():
            yield mailbox


def put(live: Live, protocol: str, source: Path) -> None:
    if protocol == "openssh":
        sftp(live, f"cd {BATCHES}", f"put {source}", f"put {source.with_suffix('.sig')}")
    elif protocol.startswith("curl-"):
        for each in (source, source.with_suffix(".sig")):
            curl(live, protocol.removeprefix("curl-"), f"{BATCHES}/{each.name}", "-T", str(each))
    else:
        lftp(live, protocol, f"cd {BATCHES}", f"put {source}", f"put {source.with_suffix('.sig')}")


@pytest.mark.parametrize("protocol", ["ftp", "ftps", "sftp", "openssh", "curl-ftp", "curl-sftp"])
def test_a_pair_is_left_vanishes_and_is_confirmed_by_mail(live: Live, pair: Path, protocol: str) -> None:
    with working(live) as mailbox:
        put(live, protocol, pair)

        wait_until(lambda: bool(mailbox.mails))
        assert live.names(BATCHES) == []

    (mail,) = mailbox.mails
    assert (mail["To"], mail["Subject"]) == ("alice@example.com", "Processed: people.dat (wonderland)")
    assert live.drops() == 1


def test_the_signal_may_come_first(live: Live, pair: Path) -> None:
    with working(live) as mailbox:
        lftp(live, "sftp", f"cd {BATCHES}", f"put {pair.with_suffix('.sig')}", f"put {pair}")

        wait_until(lambda: bool(mailbox.mails))


def test_what_waits_is_listed_renamed_and_removed_but_not_fetched(live: Live, pair: Path) -> None:
    sftp(live, f"cd {BATCHES}", f"put {pair}", f"put {pair} other.dat", "rename other.dat another.dat")
    assert "another.dat" in sftp(live, f"ls {BATCHES}")

    with sftp_session(live, live.alice) as client:
        client.chdir(BATCHES)
        assert client.stat("people.dat").st_size == pair.stat().st_size
        with pytest.raises(PermissionError):
            client.open("people.dat", "rb").read()
        client.remove("another.dat")
    assert live.names(BATCHES) == ["people.dat"]


def test_an_account_without_a_realm_has_no_such_folder(live: Live) -> None:
    assert "batches" not in sftp(live, "ls -1 /")


def test_batches_may_be_left_in_the_root(live: Live, pair: Path) -> None:
    with live.room.database.transaction() as connection:
        settings = live.alice.account.settings.changed({"criterion": "email", "batches_root": "true"})
        update_settings(connection, live.alice.account.account_id, settings)
    with working(live) as mailbox:
        sftp(live, "cd /", f"put {pair}", f"put {pair.with_suffix('.sig')}")

        wait_until(lambda: bool(mailbox.mails))
    with sftp_session(live, live.alice) as client:
        assert set(client.listdir("/")) == {"contacts", "reporting"}
