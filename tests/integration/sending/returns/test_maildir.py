from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.contacts.errors import Unavailable
from postroom.jobs.queue import Queue
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns.applying import apply_all
from postroom.sending.returns.maildir import Maildir
from postroom.sending.returns.tending import collect
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.sending.returns.conftest import GoldenMail, verp
from tests.integration.sending.returns.dying import Killed, dying
from tests.integration.sending.returns.posting import posted
from tests.integration.sending.returns.telling import kinds

BOUNCE = ["message.bounced", "suppression.changed"]
FBL = frozenset({"fbl@bounces.example"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("tmp", "new", "cur"):
        (tmp_path / "mails" / name).mkdir(parents=True)
    return tmp_path / "mails"


@pytest.fixture
def maildir(folder: Path) -> Maildir:
    return Maildir(folder, FBL, 1_000_000)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_new_mails_are_read_and_put_aside(
    maildir: Maildir,
    folder: Path,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    (folder / "new" / "1.M1P1.mx").write_bytes(golden_mail("gmail-no-such-user", message))
    (folder / "new" / "2.M1P1.mx").write_bytes(b"Subject: hello\r\n\r\nWho are you?\r\n")

    first, second = maildir.collect(mailroom), maildir.collect(mailroom)
    apply_all(mailroom)

    assert (first, second) == (2, 0)
    assert names(folder / "cur") == ["1.M1P1.mx:2,S", "2.M1P1.mx:2,FS"]
    assert kinds(database, alice) == BOUNCE


def test_killed_between_keeping_and_moving_a_mail_is_applied_once(
    maildir: Maildir,
    folder: Path,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    (folder / "new" / "1.mx").write_bytes(golden_mail("gmail-no-such-user", message))

    with pytest.raises(Killed):
        maildir.collect(replace(mailroom, between_steps=dying("maildir mail kept")))
    left = names(folder / "new")
    maildir.collect(mailroom)
    apply_all(mailroom)

    assert left == ["1.mx"]
    assert kinds(database, alice) == BOUNCE


def test_the_header_of_delivery_names_the_message_where_the_report_does_not(
    maildir: Maildir,
    folder: Path,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    address = verp(mailroom, message).encode()
    raw = golden_mail("groupwise-in-base64", message).replace(address, b"somebody@firm.example")
    bare = raw.partition(b"--b2\r\nContent-Type: text/rfc822-headers")[0]
    (folder / "new" / "1.mx").write_bytes(b"Delivered-To: " + address + b"\r\n" + bare)

    maildir.collect(mailroom)
    apply_all(mailroom)

    assert kinds(database, alice) == BOUNCE


def test_complaints_are_known_by_the_address_they_came_to(
    maildir: Maildir,
    folder: Path,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    message = posted(database, alice, "bob@hotmail.com")
    (folder / "new" / "1.mx").write_bytes(golden_mail("hotmail-jmrp", message))

    maildir.collect(mailroom)
    apply_all(mailroom)

    assert kinds(database, alice)[0] == "complaint.received"


def test_links_directories_and_hidden_files_are_no_mails(
    maildir: Maildir, folder: Path, mailroom: Mailroom, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder / "new" / "link").symlink_to(tmp_path / "secret")
    (folder / "new" / ".hidden").write_text("x")
    (folder / "new" / "directory").mkdir()

    assert maildir.collect(mailroom) == 0
    assert names(folder / "cur") == []


def test_a_mail_is_read_no_further_than_the_limit(
    folder: Path, mailroom: Mailroom, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    raw = golden_mail("gmail-no-such-user", posted(database, alice, "bob@gmail.com"))
    (folder / "new" / "1.mx").write_bytes(raw)

    Maildir(folder, FBL, 100).collect(mailroom)
    apply_all(mailroom)

    assert kinds(database, alice) == []
    assert names(folder / "cur") == ["1.mx:2,FS"]


def test_the_oldest_mail_is_read_first(
    maildir: Maildir,
    folder: Path,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    for age, (name, mail) in enumerate([("b", "gmail-over-quota"), ("a", "gmail-no-such-user")]):
        path = folder / "new" / name
        path.write_bytes(golden_mail(mail, message))
        os.utime(path, (1_000_000 + age, 1_000_000 + age))

    maildir.collect(mailroom)
    with database.transaction() as connection:
        rows = connection.execute("select told from waiting_returns order by return_id").fetchall()

    assert [row["told"]["bounce"][0] for row in rows] == ["SOFT", "HARD"]


def test_mails_stay_where_they_are_while_the_database_is_away(
    maildir: Maildir,
    folder: Path,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
) -> None:
    raw = golden_mail("qmail", posted(database, alice, "bob@gmail.com"))
    (folder / "new" / "1.mx").write_bytes(raw)
    with (
        Database("postgresql://nobody@127.0.0.1:1/nothing", patience_seconds=0.2) as away,
        pytest.raises(Unavailable),
    ):
        maildir.collect(replace(mailroom, database=away, queue=Queue(away.url)))

    assert names(folder / "new") == ["1.mx"]


def test_a_maildir_that_is_not_there_is_told_and_keeps_no_other_from_being_read(
    maildir: Maildir,
    folder: Path,
    mailroom: Mailroom,
    database: Database,
    alice: Person,
    golden_mail: GoldenMail,
    caplog: pytest.LogCaptureFixture,
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    (folder / "new" / "1.mx").write_bytes(golden_mail("gmail-no-such-user", message))

    collect(mailroom, [Maildir(folder / "nowhere", FBL, 1000), maildir])
    apply_all(mailroom)

    assert "nowhere cannot be read: No such file or directory" in caplog.text
    assert kinds(database, alice) == BOUNCE
