"""Openings and clicks under load, beside routes of the same server that record nothing."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import psycopg

from bench.api import Load, Sender
from bench.api_site import BARE, PICTURE, PICTURE_FIRST
from bench.scratch import Scratch, settle_down
from bench.tables import Table
from postroom.sending.tokens import Tokens
from postroom.store.sealing import Sealer

READERS = 128
"""So many connections; a thread serves several of them, as it shares the cores with what is measured."""
_EACH = 8
MESSAGES = 100_000
_LINKS = 5
_PATHS = 20_000
_SECONDS = 6.0

_PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.{} Mobile/15E148 Safari/604.1"
)

_FURNISH = """
insert into campaigns
    (account_id, name, kind, channel, content, options, is_test, state, created_at, created_by)
values (%(account_id)s, 'Bench', 'ONE_SHOT', 'EMAIL', '{}', '{}', false, 'running', now(), 'bench');

insert into campaign_links
select %(account_id)s, c.campaign_id, n, 'https://shop.example.com/' || n, 'link ' || n, array['shop']
from campaigns c, generate_series(1, %(links)s) as n;

insert into messages (account_id, campaign_id, contact_id, channel, address, state, due_at, attempts, sent_at)
select %(account_id)s, c.campaign_id, n, 'EMAIL', 'person' || n || '@example.com', 'sent', now(), 1,
       now() - interval '1 day'
from campaigns c, generate_series(1, %(messages)s) as n;
"""


@dataclass
class Reader(Sender):
    """Somebody who reads mails: comes with a phone, and is sent on by links."""

    head: str = field(init=False)

    def __post_init__(self) -> None:
        """Connect, and choose a phone."""
        super().__post_init__()
        version = random.randint(0, 9)
        self.head = f"Host: 127.0.0.1:{self.port}\r\nUser-Agent: {_PHONE.format(version, version)}\r\n\r\n"

    def ask(self, path: str) -> None:
        """Ask for something."""
        self.connection.sendall(f"GET {path} HTTP/1.1\r\n{self.head}".encode())

    def read(self) -> None:
        """Wait for the answer, which must be good."""
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        if head[9:10] not in {b"2", b"3"}:
            raise RuntimeError(repr(answer[:500]))
        size = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
        while len(body) < size:
            body += self._more()


def measure(scratch: Scratch, *, say: Callable[[str], None], seconds: float = _SECONDS) -> list[Load]:
    """Fill a database with messages, serve it, and come from everywhere at once."""
    with scratch.fresh_database() as url:
        say(f"tracking: {MESSAGES:,} messages")
        with psycopg.ClientCursor(psycopg.connect(url)) as cursor, cursor.connection:
            given = {"account_id": scratch.account_id, "messages": MESSAGES, "links": _LINKS}
            cursor.execute(_FURNISH, given)
        settle_down(url)
        with _served(url, scratch.directory / "tracking-blobs") as port:
            return list(_loads(port, scratch.account_id, seconds, say))


def table(loads: Sequence[Load]) -> Table:
    """Show rates, each beside the bare picture's and that of a route that asks the database."""
    bare, first, select = loads[:3]
    rows = [
        (
            each.name,
            f"{len(each.took):,}",
            f"{each.rate:,.0f}",
            f"{each.rate / bare.rate:.2f}",
            f"{each.rate / select.rate:.2f}",
            f"{each.rate / first.rate:.2f}",
            each.aim,
        )
        for each in loads
    ]
    header = ("Hits", "Answered", "Hits/s", "Of the bare route", "Of select 1", "Of the picture", "Aim")
    notes = (
        f"{READERS} readers at once, on the cores that they, the server and PostgreSQL share. The bare route",
        "answers with the same 43 bytes and does nothing else; `select 1` is the one of the API's table.",
        "Routes of messages stand ahead of all others, as finding one among these takes longer than all that",
        "is done here: the picture is the bare route in that place. Each hit that is answered is recorded.",
    )
    return Table("Openings and clicks", header, rows, notes)


def _loads(port: int, account_id: int, seconds: float, say: Callable[[str], None]) -> Iterator[Load]:
    chance, tokens = random.Random(1), Tokens(Sealer([bytes(32)]))
    messages = [chance.randint(1, MESSAGES) for _ in range(_PATHS)]
    pixels = [tokens.pixel(account_id, each) for each in messages]
    clicks = [tokens.click(account_id, each, chance.randint(1, _LINKS)) for each in messages]
    plan: Sequence[tuple[str, Sequence[str], str]] = (
        ("a bare route", [PICTURE], ""),
        ("a picture, ahead of all routes", [PICTURE_FIRST], ""),
        ("select 1", [BARE], ""),
        ("openings", pixels, "0.7"),
        ("clicks", clicks, "0.7"),
        ("openings again", pixels, "0.7"),
    )
    for name, paths, aim in plan:
        say(f"tracking: {name}")
        yield _load(name, paths, port, aim, seconds)


def _load(name: str, paths: Sequence[str], port: int, aim: str, seconds: float) -> Load:
    took: list[float] = []
    failures: list[BaseException] = []
    threads = READERS // _EACH
    barrier = threading.Barrier(threads)

    def client(number: int) -> None:
        readers, turns = [Reader(port, "") for _ in range(_EACH)], cycle(paths[number::threads] or paths)
        own: list[float] = []
        try:
            list(_round(readers, turns))
            barrier.wait()
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                own += _round(readers, turns)
        except BaseException as failure:  # noqa: BLE001  # raised below
            barrier.abort()
            failures.append(failure)
        took.extend(own)

    clients = [threading.Thread(target=client, args=[number]) for number in range(threads)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    if failures:
        raise failures[0]
    return Load(name, took, seconds, aim)


def _round(readers: Sequence[Reader], turns: Iterator[str]) -> Iterator[float]:
    """Let each reader ask, then wait for all answers; yield the seconds until each came."""
    began = time.perf_counter()
    for reader in readers:
        reader.ask(next(turns))
    for reader in readers:
        reader.read()
        yield time.perf_counter() - began


@contextmanager
def _served(url: str, blobs: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "bench.api_site", url, str(blobs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as site:
        assert site.stdout is not None  # a pipe was asked for
        assert site.stdin is not None
        try:
            yield int(site.stdout.readline())
        finally:
            site.stdin.close()
