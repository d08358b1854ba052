"""A server dies while it takes a mail that came back, a worker while it applies it: it is applied once."""

from __future__ import annotations

import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from postroom.app.bootstrap import build
from postroom.app.sending import make_mailroom
from postroom.app.settings import Settings
from postroom.ingest.sandbox.readers import Readers
from postroom.sending.mail.return_paths import return_path
from postroom.sending.mailroom import Mailroom
from postroom.sending.returns.applying import apply_all
from postroom.sending.returns.receiving import receive
from postroom.store.database import Database
from postroom.store.messages import Message
from tests.conftest import Person
from tests.crash.killable_returns import DOMAIN
from tests.crash.killing import ROOT
from tests.integration.sending.returns.posting import posted
from tests.integration.sending.returns.telling import kinds

pytestmark = pytest.mark.crash

BOUNCE = ["message.bounced", "suppression.changed"]
MAIL = ROOT / "tests" / "golden" / "returns" / "mails" / "gmail-no-such-user.eml"


@pytest.fixture
def mailroom(database: Database, tmp_path: Path, readers: Readers) -> Mailroom:
    """Return the mailroom that the processes have, too: of the same data directory."""
    settings = Settings.load({"data": tmp_path, "bounce_domain": DOMAIN})
    return make_mailroom(settings, build(settings, database.url, database, readers).room)


@contextmanager
def process(database: Database, data: Path, step: str, what: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "tests.crash.killable_returns", database.url, str(data), step, what],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def send_back(mailroom: Mailroom, message: Message, port: int) -> None:
    address = return_path(mailroom.sealer, message.account_id, message.message_id, DOMAIN)
    text = MAIL.read_text(encoding="utf-8").replace("@RETURN_PATH@", address)
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as smtp:
        smtp.sendmail("", [address], text)


@pytest.mark.parametrize("step", ["return next", "return kept"])
def test_a_mail_whose_server_dies_before_it_answers_is_brought_again_and_applied_once(
    mailroom: Mailroom, database: Database, alice: Person, tmp_path: Path, step: str
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    with process(database, tmp_path, step, "listen") as server:
        assert server.stdout
        port = int(server.stdout.readline())
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            send_back(mailroom, message, port)
        assert server.wait(20) == -signal.SIGKILL

    with process(database, tmp_path, "never", "listen") as server:
        assert server.stdout
        send_back(mailroom, message, int(server.stdout.readline()))
    apply_all(mailroom)

    assert kinds(database, alice) == BOUNCE


@pytest.mark.parametrize("step", ["returns next", "returns applied"])
def test_what_a_worker_that_dies_was_applying_is_applied_once(
    mailroom: Mailroom, database: Database, alice: Person, tmp_path: Path, step: str
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    address = return_path(mailroom.sealer, message.account_id, message.message_id, DOMAIN)
    receive(mailroom, MAIL.read_bytes(), (address,))

    with process(database, tmp_path, step, "apply") as worker:
        assert worker.wait(60) == -signal.SIGKILL
    between = kinds(database, alice)
    apply_all(mailroom)

    assert between == ([] if step == "returns next" else BOUNCE)
    assert kinds(database, alice) == BOUNCE
