"""Mails rendered, signed and handed over to a sink on this machine, beside a loop that has them ready."""

from __future__ import annotations

import os
import smtplib
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from psycopg.types.json import Jsonb

from bench.child import measured
from bench.scratch import Scratch, settle_down
from bench.tables import Table
from postroom.contacts.channels import Channel
from postroom.contacts.templates import Content, Variant
from postroom.jobs.queue import Queue
from postroom.sending.composing import Composed, Composer
from postroom.sending.delivering import deliver
from postroom.sending.mail.dkim_keys import KeyKind, new_key
from postroom.sending.mail.posting import RelayPost
from postroom.sending.mail.relays import Relay
from postroom.sending.mailroom import Mailroom
from postroom.store.blobs import LocalBlobs
from postroom.store.database import Database
from postroom.store.dkim_keys import DkimKey, activate_dkim_key, add_dkim_key
from postroom.store.outgoing import take_due
from postroom.store.sealing import Sealer

MAILS: Final = 6000
PROCESSES: Final = os.cpu_count() or 1
CONNECTIONS: Final = 2
"""Of each process, of which there is one a core."""

LANES: Final = 2
"""Jobs of each process that hand over at a time."""

_AIM: Final = 0.7
_STARTING: Final = 10.0
"""Seconds in which all processes are ready to begin together."""
_KEY: Final = b"b" * 32
_DOMAIN: Final = "shop.example.com"

_ROW: Final = (
    '<tr><td style="padding:8px"><a href="https://shop.example.com/item/{n}">Item {n}</a></td>'
    "<td>A thing that {{{{ first_name }}}} may like, of good make, at a fair price, until May.</td></tr>\n"
)
_HTML: Final = (
    "<html><head><style>td {{ color: #333; font: 14px sans-serif }} a {{ color: #06c }}</style></head><body>"
    "<h1>Hello {{{{ first_name }}}} {{{{ last_name }}}}</h1><table>{rows}</table></body></html>"
)

_FURNISH: Final = """
insert into contact_ids values (%(account_id)s, %(count)s);
insert into contacts (account_id, contact_id, dedup_key, email, first_name, last_name)
select %(account_id)s, n, md5(n::text)::uuid, 'person' || n || '@example.org', 'Jeanne ' || n, 'Durand'
from generate_series(1, %(count)s) as n;
insert into campaigns
    (account_id, name, kind, channel, content, options, is_test, state, created_at, created_by)
values (%(account_id)s, 'Spring', 'ONE_SHOT', 'EMAIL', %(content)s, '{}', false, 'running', %(now)s, 'bench');
insert into messages (account_id, campaign_id, contact_id, channel, address, format, state, due_at, attempts)
select %(account_id)s, (select max(campaign_id) from campaigns), contact_id, 'EMAIL', email, 99, 'waiting',
       %(now)s, 0
from contacts order by contact_id
"""


_NOTE: Final = f"""\
{MAILS:,} mails of one campaign are claimed, rendered with 20 tracked links, signed, handed over and recorded
by {PROCESSES} processes with {CONNECTIONS} connections each. Beside them as many processes and connections of
smtplib have the finished mails in memory. The sink (a process of its own) and PostgreSQL share the cores with
both."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Mails a second of each round, of ours and of the bare loop; `size` is that of a mail in bytes."""

    kind: KeyKind
    ours: Sequence[float]
    bare: Sequence[float]
    size: int

    @property
    def ratio(self) -> float:
        """Return how much of the bare loop's speed is ours, in the middle of all rounds."""
        return statistics.median(one / other for one, other in zip(self.ours, self.bare, strict=True))


def measure(scratch: Scratch, *, rounds: int, say: Callable[[str], None]) -> list[Rates]:
    """Measure with a key of each kind, `rounds` times in turns with the bare loop."""
    return [_rates(scratch, kind, rounds, say) for kind in KeyKind]


def table(measured_rates: Sequence[Rates]) -> Table:
    """Show mails a second."""
    rows = [
        (
            f"signed with {each.kind.value}, {each.size / 1024:.0f} KiB",
            f"{statistics.median(each.bare):,.0f}",
            f"{statistics.median(each.ours):,.0f}",
            f"{each.ratio:.2f}",
            "met" if each.ratio >= _AIM else "missed",
        )
        for each in measured_rates
    ]
    header = ("mails", "bare loop, 1/s", "Postroom, 1/s", "ratio", f"aim {_AIM}")
    return Table("Sending mails", header, rows, (_NOTE,))


def _rates(scratch: Scratch, kind: KeyKind, rounds: int, say: Callable[[str], None]) -> Rates:
    ours: list[float] = []
    bare: list[float] = []
    size = 0
    for _ in range(rounds):
        with scratch.fresh_database() as url, _sink() as port:
            with Database(url, for_bulk=True) as database:
                _furnish(database, scratch.account_id, kind)
                size = _write_mails(database, scratch, scratch.directory)
            settle_down(url)
            order = {"url": url, "port": port, "account_id": scratch.account_id}
            bare.append(_together(loop_bare, **order, directory=scratch.directory))
            ours.append(_together(send, **order, directory=scratch.directory))
        say(f"sending, {kind.value}: bare {bare[-1]:,.0f}/s, ours {ours[-1]:,.0f}/s")
    return Rates(kind, ours, bare, size)


def _together(step: Callable[[Mapping[str, Any]], dict[str, Any]], **order: object) -> float:
    """Run a step in all processes at once; return mails a second."""
    at = time.monotonic() + _STARTING
    with ThreadPoolExecutor(PROCESSES) as threads:
        jobs = [threads.submit(measured, step, **order, number=number, at=at) for number in range(PROCESSES)]
        results = [job.result() for job in jobs]
    assert sum(each.details["mails"] for each in results) == MAILS
    ended: float = max(each.details["ended"] for each in results)
    return MAILS / (ended - at)


def send(order: Mapping[str, Any]) -> dict[str, Any]:
    """Hand over what is due until there is nothing left, by two jobs at a time."""
    done: list[int] = []
    post = RelayPost([Relay("127.0.0.1", order["port"], "none", connections=CONNECTIONS)], hello="bench")
    with Database(order["url"], for_bulk=True) as database:
        mailroom = _mailroom(database, Path(order["directory"]), carrier=post)

        def work(lane: int) -> None:
            while some := deliver(mailroom, order["account_id"], Channel.EMAIL, lane):
                done.append(some)

        _wait_until(order["at"])
        _run_together(work, LANES)
        ended = time.monotonic()
    post.close()
    return {"seconds": ended - order["at"], "ended": ended, "mails": sum(done)}


def loop_bare(order: Mapping[str, Any]) -> dict[str, Any]:
    """Hand over mails that are ready, this process's share of them."""
    mails = list(_read_mails(Path(order["directory"])))[order["number"] :: PROCESSES]

    def loop(place: int) -> None:
        with smtplib.SMTP("127.0.0.1", order["port"], local_hostname="bench") as server:
            for sender, address, mail in mails[place::CONNECTIONS]:
                server.sendmail(sender, address, mail)

    _wait_until(order["at"])
    _run_together(loop, CONNECTIONS)
    ended = time.monotonic()
    return {"seconds": ended - order["at"], "ended": ended, "mails": len(mails)}


def _run_together(work: Callable[[int], None], count: int) -> None:
    threads = [threading.Thread(target=work, args=(place,)) for place in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _wait_until(moment: float) -> None:
    late = time.monotonic() - moment
    if late > 0:
        raise RuntimeError(f"ready {late:.1f} s too late: the machine is too busy")
    time.sleep(-late)


@contextmanager
def _sink() -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-m", "bench.sink"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def _mailroom(database: Database, directory: Path, *, carrier: RelayPost | None = None) -> Mailroom:
    return Mailroom(
        database,
        LocalBlobs(directory / "blobs"),
        Queue(database.url),
        Sealer([_KEY]),
        lambda: datetime.now(UTC),
        carriers={Channel.EMAIL: carrier} if carrier is not None else {},
        tracking_url="https://t.shop.example.com",
        bounce_domain="bounces.example.com",
    )


def _furnish(database: Database, account_id: int, kind: KeyKind) -> None:
    html = _HTML.format(rows="".join(_ROW.format(n=number) for number in range(20)))
    content = Content(
        Channel.EMAIL, {"": Variant("For {{ first_name }}", html)}, sender=f"The shop <news@{_DOMAIN}>"
    )
    now, made = datetime.now(UTC), new_key(kind)
    parameters = {"account_id": account_id, "count": MAILS, "content": Jsonb(content.as_json()), "now": now}
    with database.transaction() as connection:
        for statement in _FURNISH.split(";"):
            connection.execute(statement, parameters)
        key = DkimKey(_DOMAIN, "bench", kind.value, made.public_key, now)
        add_dkim_key(connection, Sealer([_KEY]), account_id, key, made.secret)
        activate_dkim_key(connection, account_id, _DOMAIN, "bench", now)


def _write_mails(database: Database, scratch: Scratch, directory: Path) -> int:
    """Write all mails down as they will be sent; return the size of one."""
    mailroom = _mailroom(database, directory)
    with database.transaction() as connection:
        due = take_due(connection, scratch.account_id, Channel.EMAIL, limit=MAILS, now=datetime.now(UTC))
    composer = Composer(mailroom, scratch.account_id, Channel.EMAIL, due)
    size = 0
    with (directory / "mails").open("wb") as file:
        for message in due:
            composed = composer.compose(message)
            assert isinstance(composed, Composed), composed
            letter = composed.letter
            for piece in (letter.sender.encode(), letter.address.encode(), letter.body):
                file.write(struct.pack(">I", len(piece)) + piece)
            size = len(letter.body)
    return size


def _read_mails(directory: Path) -> Iterator[tuple[str, str, bytes]]:
    with (directory / "mails").open("rb") as file:
        while head := file.read(4):
            pieces = [file.read(struct.unpack(">I", head)[0])]
            pieces += [file.read(struct.unpack(">I", file.read(4))[0]) for _ in range(2)]
            yield pieces[0].decode(), pieces[1].decode(), pieces[2]
