"""The API under load: 1 M contacts in 200 lists, sixteen clients, beside a route that does `select 1`."""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import psycopg

from bench.api_site import BARE
from bench.scratch import Scratch, settle_down
from bench.tables import Table
from demo.people import write_file
from postroom.store.clients import create_client
from postroom.store.credentials import hash_secret, new_secret
from postroom.store.database import Database

CLIENTS = 16
CONTACTS = 1_000_000
LISTS = 200
MERGED = 10
_SECONDS = 10.0
_IMPORTED = 100_000
_PART = "Content-Disposition: form-data; "
_IMPORT = "/rest/lists?action=import"

_FURNISH = """
insert into contact_ids values (%(account_id)s, %(contacts)s);

insert into contacts (account_id, contact_id, dedup_key, email, mobile, last_name)
select %(account_id)s, n, md5(n::text)::uuid, 'person' || n || '@example.com',
       '+336' || lpad(n::text, 8, '0'), 'Durand'
from generate_series(1, %(contacts)s) as n;

insert into optouts (account_id, scope, address, reason, act_id)
select %(account_id)s, 'EMAIL', 'person' || n || '@example.com', 1, 0
from generate_series(1, %(contacts)s, 20) as n;

insert into lists (account_id, name, created_at, updated_at)
select %(account_id)s, 'List ' || n, now(), now() from generate_series(1, %(lists)s + 1) as n;

insert into memberships (account_id, list_id, contact_id)
select %(account_id)s, list_id, (list_id * 50000 + n * 7) %% %(contacts)s + 1
from lists, generate_series(1, case when list_id <= %(merged)s then 100000 else 5000 end) as n
where list_id <= %(lists)s;

insert into memberships (account_id, list_id, contact_id)
select %(account_id)s, %(lists)s + 1, n from generate_series(1, %(contacts)s) as n;

insert into list_counts (account_id, list_id, version) select account_id, list_id, 0 from lists;
"""
"""Lists 1 to MERGED have 100,000 members, the others 5,000, the last one everybody; none is counted."""


@dataclass(frozen=True, slots=True)
class Load:
    """What one kind of call took: seconds of each, and how long all together."""

    name: str
    took: Sequence[float]
    seconds: float
    aim: str = ""
    cpu: float = 0.0
    """Seconds of a core that the server and PostgreSQL took."""

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.took) / self.seconds

    @property
    def rate_per_core(self) -> float:
        """Calls for each second of a core that the server and PostgreSQL took."""
        return len(self.took) / self.cpu if self.cpu else 0.0


@dataclass
class Caller:
    """One client with a connection of its own."""

    port: int
    token: str
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def __call__(self, verb: str, path: str, body: bytes | None = None, kind: str | None = None) -> bytes:
        """Make a call; return the body of the answer, which must be good."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if kind:
            headers["Content-Type"] = kind
        self.connection.request(verb, path, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{verb} {path}: {answer.status} {content[:300]!r}")
        return content

    def refused(self, path: str, body: bytes, kind: str) -> None:
        """Post what will be refused when all of it is there."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        self.connection.request("POST", path, body, headers)
        answer = self.connection.getresponse()
        answer.read()
        assert answer.status >= 400, answer.status

    def form(self, path: str, **fields: object) -> bytes:
        """Post a form."""
        return self("POST", path, urlencode(fields).encode(), "application/x-www-form-urlencoded")


@dataclass
class Sender:
    """One client that costs next to nothing: it shares the cores with the server that is measured."""

    port: int
    token: str
    connection: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=120)
        self._always = f"Host: 127.0.0.1:{self.port}\r\nAuthorization: Bearer {self.token}\r\n"

    def get(self, path: str) -> None:
        """Make a call whose answer must be good."""
        self._call(f"GET {path} HTTP/1.1\r\n{self._always}\r\n")

    def form(self, path: str, **fields: object) -> None:
        """Post a form."""
        body = urlencode(fields)
        kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        self._call(f"POST {path} HTTP/1.1\r\n{self._always}{kind}\r\n{body}")

    def _call(self, request: str) -> None:
        self.connection.sendall(request.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"{request.splitlines()[0]}: {answer[:500]!r}")
        size = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
        while len(body) < size:
            body += self._more()

    def _more(self) -> bytes:
        piece = self.connection.recv(1 << 16)
        if not piece:
            raise EOFError
        return piece


@dataclass(frozen=True, slots=True)
class Watch:
    """What the server, by its process id, and the sessions of its database cost."""

    pid: int
    connection: psycopg.Connection

    def cpu(self) -> float:
        """Return the seconds of a core that they took so far."""
        sessions = self.connection.execute(
            "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        )
        self.connection.commit()
        return sum(map(_cpu_of, [self.pid, *(pid for (pid,) in sessions)]))


Call = Callable[[Sender, random.Random], object]


def measure(scratch: Scratch, *, say: Callable[[str], None]) -> list[Load]:
    """Fill a database, serve it, and call it."""
    with scratch.fresh_database() as url:
        say(f"api: {CONTACTS:,} contacts in {LISTS} lists")
        _furnish(url, scratch.account_id)
        credentials = _client(url, scratch.account_id)
        settle_down(url)
        with _served(url, scratch.directory / "api-blobs") as (port, pid), psycopg.connect(url) as watching:
            watch = Watch(pid, watching)
            token = _token(port, credentials)
            # A worker counts lists after it has filled them.
            Caller(port, token)("GET", f"/rest/lists?limit={LISTS}&properties=stats")
            return [
                *_loads(port, token, watch, say),
                *_singles(scratch.directory, Caller(port, token)),
            ]


def table(loads: Sequence[Load]) -> Table:
    """Show percentiles and rates, each beside the bare route's."""
    bare = loads[0]
    rows = [
        (
            each.name,
            f"{len(each.took):,}",
            f"{statistics.median(each.took) * 1000:,.1f}",
            f"{_percentile(each.took, 0.99) * 1000:,.1f}",
            f"{each.rate:,.0f}" if len(each.took) > 1 else "",
            f"{each.rate / bare.rate:.2f}" if len(each.took) > 1 else "",
            f"{each.rate_per_core:,.0f}" if each.cpu else "",
            each.aim,
        )
        for each in loads
    ]
    header = ("Call", "Calls", "Median ms", "p99 ms", "Calls/s", "Of select 1", "Calls/s a core", "Aim")
    notes = (
        f"{CLIENTS} clients at once, on the cores that they, server and PostgreSQL share, one kind of call",
        "at a time; what was called once, alone. `select 1` is all that a route of the same server does.",
        "Calls a core are for each second of a core that the server and PostgreSQL took.",
    )
    return Table("The API", header, rows, notes)


def _loads(port: int, token: str, watch: Watch, say: Callable[[str], None]) -> Iterator[Load]:
    stats = urlencode({"properties": "DEFAULT,stats"})

    def read(call: Sender, chance: random.Random) -> None:
        call.get(f"/rest/lists?id={chance.randint(1, LISTS)}&{stats}")

    def add(call: Sender, chance: random.Random) -> None:
        ids = ",".join(str(chance.randint(1, CONTACTS)) for _ in range(3))
        meta = json.dumps({"contactIds": ids})
        call.form("/rest/lists?action=contactadd", id=chance.randint(MERGED + 1, LISTS), metaData=meta)

    def find(call: Sender, chance: random.Random) -> None:
        call.get(f"/rest/contacts?id={chance.randint(1, CONTACTS)}")

    def mixed(call: Sender, chance: random.Random) -> None:
        (add if chance.random() < 0.2 else find if chance.random() < 0.4 else read)(call, chance)

    plan: Sequence[tuple[str, Call, str]] = (
        ("select 1", lambda call, _chance: call.get(BARE), ""),
        ("a list with its stats", read, "p99 25"),
        ("contactadd of 3 ids", add, "p99 40"),
        ("a contact by its id", find, ""),
        ("mixed: 48 % lists, 32 % contacts, 20 % contactadd", mixed, "400 a core"),
    )
    for name, call, aim in plan:
        say(f"api: {name}")
        before = watch.cpu()
        found = _load(name, call, port, token, aim)
        yield replace(found, cpu=watch.cpu() - before)


def _load(name: str, call: Call, port: int, token: str, aim: str) -> Load:
    took: list[float] = []
    failures: list[BaseException] = []
    barrier = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        caller, chance = Sender(port, token), random.Random(number)
        own: list[float] = []
        try:
            call(caller, chance)
            barrier.wait()
            end = time.perf_counter() + _SECONDS
            while (began := time.perf_counter()) < end:
                call(caller, chance)
                own.append(time.perf_counter() - began)
        except BaseException as failure:  # noqa: BLE001  # raised below
            barrier.abort()
            failures.append(failure)
        took.extend(own)

    threads = [threading.Thread(target=client, args=[number]) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return Load(name, took, _SECONDS, aim)


def _singles(directory: Path, call: Caller) -> Iterator[Load]:
    everybody = f"/rest/lists?id={LISTS + 1}&properties=stats"
    ten = ",".join(map(str, range(1, MERGED + 1)))
    kind, body = _upload(directory / "api.csv")
    nameless = body.replace(b'name="name"', b'name="nome"')
    plan: Sequence[tuple[str, str, Callable[[], object]]] = (
        ("stats of 1 M members, not known", "", lambda: call("GET", everybody)),
        ("stats of 1 M members", "50", lambda: call("GET", everybody)),
        (
            "merge of ten lists of 100,000",
            "5,000",
            lambda: call.form("/rest/lists?action=merge", listIds=ten, name="Merged"),
        ),
        (f"upload of {len(body):,} bytes, refused", "", lambda: call.refused(_IMPORT, nameless, kind)),
        ("import of the same, until the answer", "50 more", lambda: call("POST", _IMPORT, body, kind)),
    )
    for name, aim, work in plan:
        began = time.perf_counter()
        work()
        took = time.perf_counter() - began
        yield Load(name, [took], took, aim)


def _upload(file: Path) -> tuple[str, bytes]:
    write_file(file, _IMPORTED, seed=5)
    mark = "postroom-bench"
    parts = [
        f'--{mark}\r\n{_PART}name="name"\r\n\r\nImported\r\n'.encode(),
        f'--{mark}\r\n{_PART}name="contactFile"; filename="people.csv"\r\n\r\n'.encode(),
        file.read_bytes(),
        f"\r\n--{mark}--\r\n".encode(),
    ]
    return f"multipart/form-data; boundary={mark}", b"".join(parts)


def _furnish(url: str, account_id: int) -> None:
    given = {"account_id": account_id, "contacts": CONTACTS, "lists": LISTS, "merged": MERGED}
    with psycopg.ClientCursor(psycopg.connect(url)) as cursor, cursor.connection:
        cursor.execute(_FURNISH, given)


def _client(url: str, account_id: int) -> dict[str, str]:
    secret = new_secret()
    with Database(url) as database, database.transaction() as connection:
        client_id = create_client(
            connection,
            name="bench",
            account_id=account_id,
            secret_hash=hash_secret(secret),
            scopes=("basic",),
            now=datetime.now(UTC),
        )
    return {"client_id": client_id, "client_secret": secret}


@contextmanager
def _served(url: str, blobs: Path) -> Iterator[tuple[int, int]]:
    command = [sys.executable, "-m", "bench.api_site", url, str(blobs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as site:
        assert site.stdout is not None  # a pipe was asked for
        assert site.stdin is not None
        try:
            yield int(site.stdout.readline()), site.pid
        finally:
            site.stdin.close()


def _token(port: int, credentials: dict[str, str]) -> str:
    form = {"grant_type": "client_credentials", **credentials}
    return str(json.loads(Caller(port, "").form("/token", **form))["access_token"])


def _cpu_of(pid: int) -> float:
    state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(state[11]) + int(state[12])) / os.sysconf("SC_CLK_TCK")


def _percentile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
