from __future__ import annotations

import os
from pathlib import Path

import pytest

from postroom.app.returns import returns_sources
from postroom.app.settings import PREFIX, Settings
from postroom.contacts.errors import Refused
from postroom.sending.returns.mailbox import Mailbox
from postroom.sending.returns.maildir import Maildir

DOMAIN = {"bounce_domain": "bounces.example.com"}
IMAP = {
    "bounce_imap_host": "imap.example.com",
    "bounce_imap_username": "bounces",
    "bounce_imap_password": "letmein",
}


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def test_without_anything_set_nothing_is_fetched() -> None:
    assert returns_sources(Settings.load()) == []


def test_a_port_needs_to_know_what_it_takes() -> None:
    with pytest.raises(Refused, match="bounce_port needs bounce_domain or complaint_addresses"):
        Settings.load({"bounce_port": 25})

    assert Settings.load({"bounce_port": 25, **DOMAIN}).bounce_port == 25
    assert Settings.load({"bounce_port": 25, "complaint_addresses": "fbl@example.com"}).bounce_port == 25


def test_two_parts_cannot_have_one_port() -> None:
    with pytest.raises(Refused, match="are the same port"):
        Settings.load({"bounce_port": 8080, **DOMAIN})


def test_addresses_for_complaints_are_addresses() -> None:
    settings = Settings.load({"complaint_addresses": "FBL@Example.com, abuse@example.com"})

    assert settings.complaint_addresses == "fbl@example.com,abuse@example.com"
    with pytest.raises(Refused, match="expected addresses such as"):
        Settings.load({"complaint_addresses": "fbl"})


@pytest.mark.parametrize("missing", sorted(IMAP))
def test_a_mailbox_is_whole_or_none(missing: str) -> None:
    with pytest.raises(Refused, match="belong together"):
        Settings.load({name: value for name, value in IMAP.items() if name != missing})


def test_the_password_of_the_mailbox_is_a_secret() -> None:
    settings = Settings.load(IMAP)

    (row,) = [each for each in settings.visible() if each.name == "bounce_imap_password"]
    assert row.value == "********"
    assert "letmein" not in repr(settings)
    assert "letmein" not in repr(returns_sources(settings)[0].__dict__)


@pytest.mark.parametrize(("tls", "port"), [("tls", 993), ("starttls", 143)])
def test_the_port_of_a_mailbox_goes_by_its_encryption(tls: str, port: int) -> None:
    (mailbox,) = returns_sources(Settings.load({**IMAP, "bounce_imap_tls": tls}))

    assert isinstance(mailbox, Mailbox)
    assert mailbox._config.port == port
    assert mailbox._config.starttls == (tls == "starttls")


def test_a_mailbox_without_encryption_cannot_be_had() -> None:
    with pytest.raises(Refused, match="bounce_imap_tls"):
        Settings.load({**IMAP, "bounce_imap_tls": "none"})


def test_both_ways_can_be_used_at_once(tmp_path: Path) -> None:
    sources = returns_sources(Settings.load({**IMAP, "bounce_maildir": tmp_path}))

    assert [type(each) for each in sources] == [Maildir, Mailbox]
