"""Command batches beside the CSV import of the same contacts: from the claim of a file to its end."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.child import Measured, measured
from bench.imports import ignore, leave, reader_mib, room_over
from bench.scratch import LOGIN, Scratch, settle_down
from bench.tables import Table
from postroom.contacts.batches import Action
from postroom.contacts.tables import Field, FieldType, TableKind
from postroom.dialects.folders.tree import directory_of
from postroom.drops.landing import Place
from postroom.drops.processing import process_account
from postroom.drops.room import READER, Room
from postroom.drops.trees import BATCHES
from postroom.ingest.sandbox.readers import Readers
from postroom.store import drops, lists, realms, relational
from postroom.store.accounts import account_by_id, update_settings
from postroom.store.database import Connection, Database

_ROWS = 300_000
_CARETS = 100_000
_TURNS = 50_000
_LIST = 1
"""The id of the account's first list."""

_REALM = "bench"
_PASSWORD = "@PASSWORD@"  # noqa: S105  # stands for it until it is known
_START_BYTES = 4096

_AIM = 0.5
_MOST_MIB = 400


@dataclass(frozen=True, slots=True)
class Case:
    """A file of commands: its name, how it is written, how many records it has, what is done before it."""

    title: str
    name: str
    lines: Callable[[], Iterator[str]]
    records: int = _ROWS
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A case, and the CSV import of as many contacts; each the best of its rounds."""

    case: Case
    batch: Measured
    csv: Measured

    @property
    def ratio(self) -> float:
        """Return how many times as fast as the import the batch is."""
        return self.csv.seconds / self.batch.seconds


def measure(scratch: Scratch, *, rounds: int, say: Callable[[str], None]) -> list[Compared]:
    """Measure every case `rounds` times, in turns with the import of the same contacts."""
    directory = scratch.directory / "files"
    directory.mkdir(parents=True)
    files = {case.name: _written(directory / case.name, case) for case in _CASES}
    return [_compared(scratch, case, files, rounds, say) for case in _CASES]


def table(compared: Sequence[Compared]) -> Table:
    """Show records a second, and the ratio to the import."""
    rows = [
        (
            each.case.title,
            f"{each.case.records:,}",
            f"{each.batch.seconds:.2f}",
            f"{each.case.records / each.batch.seconds:,.0f}",
            f"{each.case.records / each.csv.seconds:,.0f}",
            f"{each.ratio:.2f}",
            f"{each.batch.peak_mib:.0f}",
            f"{each.batch.details['reader_mib']:.0f}",
        )
        for each in compared
    ]
    header = ("Batch", "Records", "Seconds", "Records/s", "CSV rows/s", "Ratio", "Worker MiB", "Reader MiB")
    return Table("Command batches", header, rows, _NOTES)


_NOTES = (
    "The CSV file has the same contacts (address, first and last name) and is imported in the same run.",
    f"The aim is {_AIM} of its rate, and less than {_MOST_MIB} MiB for each of worker and reader.",
)


def _compared(
    scratch: Scratch, case: Case, files: Mapping[str, Path], rounds: int, say: Callable[[str], None]
) -> Compared:
    best: dict[str, Measured] = {}
    csv = files[case.name].with_suffix(".contacts.csv")
    csv.write_text(
        "\n".join(
            ["Email;Prénom;Nom", *(f"{_email(n)};{_first(n)};{_last(n)}" for n in range(case.records)), ""]
        ),
        encoding="iso-8859-1",
    )
    for _ in range(rounds):
        for kind, file in (("csv", csv), ("batch", files[case.name])):
            with _database(scratch, files[case.after] if case.after and kind == "batch" else None) as url:
                found = measured(
                    process_file,
                    url=url,
                    warm_url=scratch.warm_url,
                    account_id=scratch.account_id,
                    blobs=scratch.directory / "blobs",
                    file=file,
                    kind=kind,
                )
            say(f"batches: {case.title}, {kind}: {found.seconds:.2f} s")
            if kind not in best or found.seconds < best[kind].seconds:
                best[kind] = found
    csv.unlink()
    return Compared(case, best["batch"], best["csv"])


@contextmanager
def _database(scratch: Scratch, before: Path | None) -> Iterator[str]:
    """Yield a database that has settled down, after the batch `before` if there is one."""
    with scratch.fresh_database() as url:
        if before is not None:
            measured(
                process_file,
                url=url,
                warm_url=scratch.warm_url,
                account_id=scratch.account_id,
                blobs=scratch.directory / "blobs",
                file=before,
                kind="batch",
            )
        settle_down(url)
        yield url


def process_file(order: Mapping[str, Any]) -> dict[str, Any]:
    """Land `file`, a batch with its signal or a CSV file by `kind`, then process it, claim to end."""
    account_id, file = order["account_id"], Path(order["file"])
    with Readers(READER) as readers, tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        with Database(order["warm_url"]) as database:
            few = directory / "few.dat"
            few.write_text(f"realm={_REALM}\npassword={_PASSWORD}\n\ncmd=save&data=email^a@example.com\n")
            room = room_over(readers, database, directory / "blobs", ignore)
            _leave(room, account_id, few, directory, kind="batch")
            process_account(room, account_id)
        with Database(order["url"]) as database:
            room = room_over(readers, database, Path(order["blobs"]), ignore)
            _leave(room, account_id, file, directory, kind=order["kind"])
            began = time.perf_counter()
            done = process_account(room, account_id)
            seconds = time.perf_counter() - began
            assert done is not None
            _check(room, account_id, done.drop_id)
    return {"seconds": seconds, "reader_mib": reader_mib()}


def _check(room: Room, account_id: int, drop_id: int) -> None:
    with room.database.transaction() as connection:
        drop = drops.drop_by_id(connection, account_id, drop_id)
    assert drop is not None
    assert drop.outcome is not None
    assert drop.state == "applied", drop.outcome
    assert drop.outcome["counts"]["refused"] == 0, drop.outcome


def _leave(room: Room, account_id: int, file: Path, directory: Path, *, kind: str) -> None:
    with room.database.transaction() as connection:
        password = _furnish(connection, account_id)
    if kind == "csv":
        leave(room, Place(account_id, LOGIN, directory_of(Action.IMPORT, "in"), "people.csv"), file)
        return
    data = directory / f"left{file.suffix}"
    with file.open("rb") as source, data.open("wb") as target:
        start = source.read(_START_BYTES)
        target.write(start.replace(_PASSWORD.encode(), password.encode()))
        shutil.copyfileobj(source, target)
    leave(room, Place(account_id, LOGIN, BATCHES, data.name), data)
    leave(room, Place(account_id, LOGIN, BATCHES, "left.sig"), Path("/dev/null"))


def _furnish(connection: Connection, account_id: int) -> str:
    """Give the account a realm, a list and a table unless it has them; return the realm's new password."""
    now = datetime.now(UTC)
    account = account_by_id(connection, account_id)
    update_settings(connection, account_id, account.settings.changed({"criterion": "email"}))
    if realms.realm_of(connection, account_id) is None:
        realms.set_realm(connection, account, _REALM, now=now)
        assert lists.create_list(connection, account_id, "bench", None, now=now) == _LIST
        made = relational.create_table(connection, account_id, "orders", TableKind.REGULAR, now=now)
        for field in _FIELDS:
            made = relational.add_field(connection, account_id, made, field, now=now)
        made = relational.add_foreign_key(connection, account_id, made, None, now=now)
        relational.set_state(connection, account_id, made, active=True, now=now)
    return realms.new_password(connection, account)


_FIELDS = (
    Field.of("number", FieldType.NUMBER, None, is_unique=True),
    Field.of("item", FieldType.STRING, 50, is_unique=False),
)


def _written(file: Path, case: Case) -> Path:
    with file.open("w", encoding="ascii") as out:
        out.writelines(case.lines())
    return file


def _email(number: int) -> str:
    return f"person{number * 7919 % 1_000_003}@example{number % 97}.com"


def _first(number: int) -> str:
    return f"First{number % 1000}"


def _last(number: int) -> str:
    return f"Last{number % 5000}"


def _header(*lines: str) -> str:
    return "\n".join([f"realm={_REALM}", f"password={_PASSWORD}", *lines, ""])


def _sub_lines() -> Iterator[str]:
    yield _header() + "\n"
    for number in range(_ROWS):
        contact = f"{_email(number)},{_first(number)},{_last(number)}"
        yield f"cmd=sub&list_id={_LIST}&data=email,first,last^{contact}\n"


def _in_turn() -> Iterator[str]:
    """Yield subscriptions, and after each one the end of another, of some thousand lines before."""
    yield _header() + "\n"
    for number in range(_TURNS):
        contact = f"{_email(number)},{_first(number)},{_last(number)}"
        yield f"cmd=sub&list_id={_LIST}&data=email,first,last^{contact}\n"
        yield f"cmd=unsub&list_id={_LIST}&data=email^{_email(max(0, number - 1000))}\n"


def _carets() -> Iterator[str]:
    yield _header() + f"\ncmd=sub&list_id={_LIST}&data=email,first,last"
    for number in range(_CARETS):
        yield f"^{_email(number)},{_first(number)},{_last(number)}"
    yield "\n"


def _xml() -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<transaction>\n'
    yield f"<realm>{_REALM}</realm><password>{_PASSWORD}</password>\n"
    yield f"<command><type>subscribe</type><list_id>{_LIST}</list_id>\n"
    for number in range(_ROWS):
        yield f"<record><email>{_email(number)}</email><first>{_first(number)}</first>"
        yield f"<last>{_last(number)}</last></record>\n"
    yield "</command>\n</transaction>\n"


def _unsub_lines() -> Iterator[str]:
    yield _header() + "\n"
    for number in range(_ROWS):
        yield f"cmd=unsub&list_id={_LIST}&data=email^{_email(number)}\n"


def _relational_rows() -> Iterator[str]:
    yield _header("isrelational=1", "table=orders", "columns=email,first_name,number,item")
    for number in range(_ROWS):
        yield f'"{_email(number)}","{_first(number)}","{number}","item {number % 100}"\n'


_CASES = (
    Case("cmd=sub, one contact a line", "sub.dat", _sub_lines),
    Case("one line, a caret for each contact", "carets.dat", _carets, records=_CARETS),
    Case("cmd=sub and cmd=unsub in turn", "turns.dat", _in_turn, records=2 * _TURNS),
    Case("XML, one block", "sub.xml", _xml),
    Case("cmd=unsub, one contact a line", "unsub.dat", _unsub_lines, after="sub.dat"),
    Case("relational rows of contacts", "rows.csv", _relational_rows, after="sub.dat"),
)
