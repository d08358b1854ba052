"""The part that sends, with an SMPP provider: connected while it runs, and recording what phones send."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from postroom.app.bootstrap import opened
from postroom.app.lifetime import Lifetime
from postroom.app.parts import sender
from postroom.app.phones import open_phones
from postroom.app.sending import make_mailroom
from postroom.app.settings import Settings
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.store.database import Database
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.cli.conftest import as_url
from tests.integration.sending.phone.smsc import Smsc, smsc
from tests.integration.sending.returns.posting import posted

NUMBER = "+33612345678"


@pytest.fixture
def centre() -> Iterator[Smsc]:
    with smsc() as running:
        yield running


def settings_of(database_url: str, data: Path, centre: Smsc, more: str = "") -> Settings:
    (data / "password").write_text("rabbit")
    (data / "providers.toml").write_text(
        f"""
        [providers.centre]
        kind = "smpp"
        channels = ["SMS"]
        host = "127.0.0.1"
        port = {centre.port}
        system_id = "postroom"
        password.file = "{data}/password"
        {more}
        """
    )
    given = {"database_url": as_url(database_url), "data": data, "providers": data / "providers.toml"}
    return Settings.load(given)


@contextmanager
def running(settings: Settings) -> Iterator[None]:
    """Run the part until the end of the block."""
    reports = io.StringIO()
    lifetime = Lifetime(reports, drain_seconds=5)
    part = threading.Thread(target=sender.run, args=(settings, lifetime))
    part.start()
    try:
        until(lambda: "ready" in reports.getvalue())
        assert "ready" in json.loads(reports.getvalue().splitlines()[0])
        yield
    finally:
        lifetime.stop()
        part.join(30)


def reasons(database: Database, person: Person) -> list[int]:
    with database.transaction() as connection:
        rows = connection.execute(
            "select reason from optouts where account_id = %s and scope = 'SMS' and address = %s",
            (person.account.account_id, NUMBER),
        )
        return [row["reason"] for row in rows]


def test_the_part_is_bound_while_it_runs_and_records_a_stop(
    database_url: str, database: Database, tmp_path: Path, alice: Person, centre: Smsc
) -> None:
    message = posted(database, alice, NUMBER, channel=Channel.SMS)
    with database.transaction() as connection:
        connection.execute(
            "update messages set provider = 'centre' where account_id = %s and message_id = %s",
            (message.account_id, message.message_id),
        )

    with running(settings_of(database_url, tmp_path, centre)):
        centre.next("bind_transceiver")
        centre.deliver(source_addr_ton=1, source_addr=NUMBER[1:], short_message=b"STOP")
        assert centre.next("deliver_sm_resp").status == 0
    centre.next("unbind")

    assert len(reasons(database, alice)) == 1


def test_a_provider_of_an_account_is_found_by_its_name(
    database_url: str, tmp_path: Path, alice: Person, charlie: Person, centre: Smsc
) -> None:
    settings = settings_of(database_url, tmp_path, centre, 'account = "alice"')
    with opened(settings) as postroom:
        phones = open_phones(settings, make_mailroom(settings, postroom.room))

        assert [each.name for each in phones.able(Channel.SMS, alice.account.account_id)] == ["centre"]
        assert phones.able(Channel.SMS, charlie.account.account_id) == []
        assert phones.able(Channel.VOICE, alice.account.account_id) == []


def test_a_mistake_in_the_file_ends_the_part_with_its_place(
    database_url: str, tmp_path: Path, centre: Smsc
) -> None:
    settings = settings_of(database_url, tmp_path, centre, "windows = 3")

    with pytest.raises(Refused, match=r"providers\.centre\.windows"):
        sender.run(settings, Lifetime(io.StringIO(), drain_seconds=1))
