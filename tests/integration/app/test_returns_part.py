from __future__ import annotations

import io
import json
import logging
import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from postroom.app.bootstrap import opened
from postroom.app.lifetime import Lifetime
from postroom.app.logs import configure_logs
from postroom.app.parts import returns
from postroom.app.parts.sender import make_sender
from postroom.app.sending import make_mailroom
from postroom.app.settings import Settings
from postroom.contacts.errors import Unavailable
from postroom.sending.mail.return_paths import message_id_header, return_path
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.cli.conftest import as_url
from tests.integration.sending.returns.posting import posted
from tests.integration.sending.returns.telling import kinds

DOMAIN = "bounces.example.com"
MAILS = Path(__file__).parents[2] / "golden" / "returns" / "mails"


@contextmanager
def running(settings: Settings) -> Iterator[int]:
    """Run the part; yield the port at which it listens."""
    reports = io.StringIO()
    lifetime = Lifetime(reports, drain_seconds=5)
    part = threading.Thread(target=returns.run, args=(settings, lifetime))
    part.start()
    try:
        until(lambda: "ready" in reports.getvalue())
        yield int(json.loads(reports.getvalue())["ready"]["returns"].rpartition(":")[2])
    finally:
        lifetime.stop()
        part.join(30)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return what this process logs, as its part would."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logs("info", "json", part="returns", stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def settings_of(database_url: str, data: Path, **options: object) -> Settings:
    given = {"bounce_port": 0, "bounce_domain": DOMAIN, **options}
    return Settings.load({"database_url": as_url(database_url), "data": data, **given})


def test_what_comes_back_to_the_part_is_applied_by_the_one_that_sends(
    database_url: str, database: Database, tmp_path: Path, alice: Person
) -> None:
    settings = settings_of(database_url, tmp_path)
    message = posted(database, alice, "bob@gmail.com")
    with opened(settings) as postroom:
        mailroom = make_mailroom(settings, postroom.room)
        address = return_path(mailroom.sealer, message.account_id, message.message_id, DOMAIN)
        ours = message_id_header(mailroom.sealer, message.account_id, message.message_id, DOMAIN)
        mail = (MAILS / "gmail-no-such-user.eml").read_text(encoding="utf-8")
        mail = mail.replace("@RETURN_PATH@", address).replace("@MESSAGE_ID@", ours)

        with running(settings) as port, smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
            assert smtp.starttls()[0] == 220
            smtp.sendmail("", [address], mail)
        make_sender(postroom, mailroom).run_until_idle()

    assert kinds(database, alice) == ["message.bounced", "suppression.changed"]


def test_a_port_that_is_taken_ends_the_part(database_url: str, tmp_path: Path) -> None:
    with running(settings_of(database_url, tmp_path)) as port:
        again = settings_of(database_url, tmp_path, bounce_port=port)

        with pytest.raises(Unavailable, match=f"cannot be taken on 127.0.0.1:{port}"):
            returns.run(again, Lifetime(io.StringIO(), drain_seconds=1))


def test_whoever_comes_by_leaves_no_line_for_each_word_in_the_log(
    database_url: str, tmp_path: Path, log: io.StringIO
) -> None:
    with (
        running(settings_of(database_url, tmp_path)) as port,
        smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp,
    ):
        smtp.ehlo()
        smtp.mail("eve@evil.example")
        answer = smtp.rcpt("bob@gmail.com")

    assert answer[0] == 550
    assert log.getvalue() == ""
