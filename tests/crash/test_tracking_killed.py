"""A web process is killed while hits come from everywhere: what was answered is recorded, and once."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from postroom.contacts.events import EventType
from postroom.sending.tokens import Tokens
from postroom.store.database import Database
from tests.conftest import Person
from tests.crash.webs import Web
from tests.integration.sending.written import Writer

HITS = 400
CLIENTS = 12

pytestmark = pytest.mark.crash


@pytest.mark.parametrize("seed", [1, 2])
def test_no_hit_is_answered_without_a_record(
    database: Database, database_url: str, tmp_path: Path, alice: Person, seed: int
) -> None:
    """Each message is hit once, so that its event tells of that very hit."""
    writer = Writer(database, alice)
    campaign = writer.campaign(links=("https://shop.example.com/",))
    messages = writer.messages(campaign, HITS)
    web = Web(database_url, tmp_path / "blobs")
    tokens = Tokens(web.sealer)
    answered: list[int] = []
    enough = threading.Event()

    with web.served() as (calls, process):

        def read(message: int) -> None:
            ids = (writer.account_id, message)
            url = tokens.pixel(*ids) if message % 2 else tokens.click(*ids, 1)
            try:
                answer = calls.get(url)
            except httpx.TransportError:
                return
            assert answer.status_code in {200, 302}
            answered.append(message)
            if len(answered) > random.Random(seed).randint(20, HITS // 2):
                enough.set()

        with ThreadPoolExecutor(CLIENTS) as readers:
            for message in messages:
                readers.submit(read, message)
            assert enough.wait(60)
            process.kill()

    recorded = [each.message_id for each in writer.events(EventType.OPENED, EventType.CLICKED)]
    assert 20 < len(answered) < HITS
    assert set(answered) <= set(recorded)
    assert len(recorded) == len(set(recorded))


def test_who_was_told_so_is_unsubscribed(
    database: Database, database_url: str, tmp_path: Path, alice: Person
) -> None:
    writer = Writer(database, alice)
    campaign = writer.campaign()
    addresses = [f"bob{number}@example.com" for number in range(40)]
    messages = {address: writer.message(campaign, 1, address) for address in addresses}
    web = Web(database_url, tmp_path / "blobs")
    tokens = Tokens(web.sealer)
    told: list[str] = []
    enough = threading.Event()

    with web.served() as (calls, process):

        def leave(address: str) -> None:
            url = tokens.one_click(writer.account_id, messages[address])
            try:
                answer = calls.post(url, data={"List-Unsubscribe": "One-Click"})
            except httpx.TransportError:
                return
            assert answer.status_code == 200
            told.append(address)
            if len(told) == 8:
                enough.set()

        with ThreadPoolExecutor(6) as clients:
            for address in addresses:
                clients.submit(leave, address)
            assert enough.wait(60)
            process.kill()

    gone = writer.optouts("EMAIL").keys()
    assert len(told) < len(addresses)
    assert set(told) <= gone
    assert {each.address for each in writer.events(EventType.UNSUBSCRIBED)} == gone
