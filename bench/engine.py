"""The engine beside its floor: whole imports, bare COPY, one row at a time, all in one run.

Every measure starts on a database of its own, or on one that was just imported into and has settled down;
what is compared is measured in turns, and the best of the rounds counts: other work on the machine only
ever adds.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bench.child import Measured, measured
from bench.floor import copy_floor, export_rows, row_at_a_time
from bench.imports import import_file, read_and_check
from bench.scratch import Scratch, settle_down
from bench.tables import Table
from demo.people import HEADER, People, write_file
from postroom.contacts.batches import Action

_ADD = ".addToExistingList"
_SYNC = ".syncExistingList"
_ONE_IN_HUNDRED = 100
_ROWS_AT_A_TIME = 50_000
_SEED = 6

FLOOR = "floor: COPY sorted by key, memberships"
FILED = "the same in the order of the file"
NEW = "import of new contacts"
UNCHANGED = "import of the same file again"
CHANGED = "import with 1 % changed"
SYNCED = "sync of the list with the same file"
OPTED_OUT = "opt-out of every address"
OPTED_IN = "opt-in of every address"
OPTED_OUT_ALONE = "opt-out by a file of addresses alone"
OPTED_IN_ALONE = "opt-in by a file of addresses alone"
DELETED = "deletion of every contact"
DELETED_ALONE = "deletion by a file of what identifies, alone"
SINGLE = "one row at a time"
_AGAIN = "import after a deletion, not shown"
ACTIONS = (SYNCED, OPTED_OUT, OPTED_IN, OPTED_OUT_ALONE, OPTED_IN_ALONE, DELETED, DELETED_ALONE)

_AIM_NOTES = (
    "Ratios are of contacts per second in one run; growth is the cost of a contact beside the size above.",
    "Memory is that of the importing process: its most ever, interpreter and libraries included.",
)


@dataclass(slots=True)
class Results:
    """The best measure of each kind for one size, in contacts."""

    size: int
    best: dict[str, Measured] = field(default_factory=dict)
    read_alone: Measured | None = None

    def add(self, kind: str, found: Measured) -> None:
        """Keep the better one."""
        known = self.best.get(kind)
        if known is None or found.seconds < known.seconds:
            self.best[kind] = found

    def rate(self, kind: str) -> float:
        """Return contacts per second."""
        count = min(self.size, _ROWS_AT_A_TIME) if kind == SINGLE else self.size
        return count / self.best[kind].seconds

    @property
    def peak_mib(self) -> float:
        """Return the most memory that an import took."""
        return max(self.best[kind].peak_mib for kind in (NEW, UNCHANGED, CHANGED, *ACTIONS))


@dataclass(frozen=True, slots=True)
class _Files:
    new: Path
    changed: Path
    addresses: Path
    alone: Path
    identities: Path
    sorted_rows: Path
    filed_rows: Path
    blobs: Path
    columns: list[str] = field(default_factory=list)


def measure(
    scratch: Scratch, sizes: Sequence[int], *, rounds: int | None, say: Callable[[str], None]
) -> list[Results]:
    """Measure every size, smallest first; `rounds` is 3 up to 100,000 contacts and 2 beyond by default."""
    return [_measure(scratch, size, rounds or (3 if size <= 100_000 else 2), say) for size in sorted(sizes)]


def _measure(scratch: Scratch, size: int, rounds: int, say: Callable[[str], None]) -> Results:
    say(f"engine: {size:,} contacts, {rounds} rounds")
    results = Results(size)
    files = _files(scratch.directory / f"engine-{size}", size)
    for _ in range(rounds):
        for kind, found in _round(scratch, files, size):
            say(f"  {kind}: {found.seconds:.2f} s")
            results.add(kind, found)
    with _settled_database(scratch) as url:
        found = measured(
            row_at_a_time, url=url, rows=files.filed_rows, columns=files.columns, count=_ROWS_AT_A_TIME
        )
    say(f"  {SINGLE}: {found.seconds:.2f} s")
    results.add(SINGLE, found)
    results.read_alone = measured(read_and_check, file=files.new)
    _remove(files)
    return results


def _files(directory: Path, size: int) -> _Files:
    directory.mkdir()
    files = _Files(
        new=directory / "people.csv",
        changed=directory / "changed.csv",
        addresses=directory / "addresses.csv",
        alone=directory / "alone.csv",
        identities=directory / "identities.csv",
        sorted_rows=directory / "sorted.rows",
        filed_rows=directory / "filed.rows",
        blobs=directory / "blobs",
    )
    write_file(files.new, size, seed=_SEED)
    write_file(files.changed, size, seed=_SEED, moved_every=_ONE_IN_HUNDRED)
    _write_addresses(files.addresses, files.alone, size)
    _write_identities(files.identities, size)
    return files


def _write_identities(file: Path, size: int) -> None:
    """Write what identifies each contact of the file by the account's criterion, and nothing else."""
    people = map(People(_SEED).cells, range(size))
    rows = (f"{cells.email};{cells.phone};{cells.mobile}" for cells in people)
    file.write_text("\n".join(["Email;Téléphone;Mobile", *rows, ""]), encoding="iso-8859-1")


def _write_addresses(whole: Path, alone: Path, size: int) -> None:
    """Write the file again with an address for everybody, as some have none; and these addresses alone."""
    people = map(People(_SEED).cells, range(2 * size))
    chosen = list(islice((cells for cells in people if cells.email), size))
    rows = (cells.line() for cells in chosen)
    whole.write_text("\n".join([HEADER, *rows, ""]), encoding="iso-8859-1")
    alone.write_text("\n".join(["Email", *(cells.email for cells in chosen), ""]), encoding="iso-8859-1")


def _round(scratch: Scratch, files: _Files, size: int) -> Iterator[tuple[str, Measured]]:
    yield from _imports(scratch, files, size)
    for kind, rows in ((FLOOR, files.sorted_rows), (FILED, files.filed_rows)):
        with _settled_database(scratch) as url:
            yield kind, measured(copy_floor, url=url, rows=rows, columns=files.columns)


def _imports(scratch: Scratch, files: _Files, size: int) -> Iterator[tuple[str, Measured]]:
    action = Action.IMPORT
    plan = (
        (NEW, files.new, None, action, {"created": size}),
        (UNCHANGED, files.new, _ADD, action, {"created": 0, "unchanged": size}),
        (CHANGED, files.changed, _ADD, action, {"created": 0, "updated": -(-size // _ONE_IN_HUNDRED)}),
        (SYNCED, files.changed, _SYNC, action, {"created": 0, "unchanged": size}),
        (OPTED_OUT, files.addresses, None, Action.OPTOUT_EMAIL, {"opted_out": size}),
        (OPTED_IN, files.addresses, None, Action.OPTIN_EMAIL, {"opted_in": size}),
        (OPTED_OUT_ALONE, files.alone, None, Action.OPTOUT_EMAIL, {"opted_out": size}),
        (OPTED_IN_ALONE, files.alone, None, Action.OPTIN_EMAIL, {"opted_in": size}),
        (DELETED, files.new, None, Action.DELETE, {"deleted": size}),
        (_AGAIN, files.new, None, action, {"created": size}),
        (DELETED_ALONE, files.identities, None, Action.DELETE, {"deleted": size}),
    )
    with _settled_database(scratch) as url:
        for kind, file, marker, action, expected in plan:
            found = measured(
                import_file,
                url=url,
                warm_url=scratch.warm_url,
                account_id=scratch.account_id,
                blobs=files.blobs,
                file=file,
                action=action.value,
                marker=marker,
            )
            counts = found.details["counts"]
            assert {name: counts[name] for name in expected} == expected, counts
            if kind != _AGAIN:
                yield kind, found
            settle_down(url)
            if kind == NEW and not files.columns:
                files.columns.extend(export_rows(url, files.sorted_rows, files.filed_rows))


@contextmanager
def _settled_database(scratch: Scratch) -> Iterator[str]:
    with scratch.fresh_database() as url:
        settle_down(url)
        yield url


def tables(results: Sequence[Results], *, profile: bool) -> list[Table]:
    """Show what was measured: every measure, the aims, and where the time goes with `profile`."""
    shown = [*(_measures(each) for each in results), _aims(results), _actions(results)]
    return [*shown, *(_profile(each) for each in results if profile)]


def _measures(results: Results) -> Table:
    floor = results.rate(FLOOR)
    rows = []
    for kind, found in results.best.items():
        rows.append(
            (
                kind,
                f"{found.seconds:.2f}",
                f"{results.rate(kind):,.0f}",
                f"{results.rate(kind) / floor:.2f}",
                f"{found.peak_mib:.0f}",
                f"{found.baseline_mib:.0f}",
            )
        )
    header = ("Measure", "Seconds", "Contacts/s", "Of the floor", "Peak MiB", "At start MiB")
    note = f"One row at a time is measured on the first {_ROWS_AT_A_TIME:,} contacts."
    return Table(f"The engine: {results.size:,} contacts", header, rows, [note])


def _aims(results: Sequence[Results]) -> Table:
    rows, before = [], None
    for each in results:
        cost = 1e6 / each.rate(NEW)
        rows.append(
            (
                f"{each.size:,}",
                f"{each.rate(NEW) / each.rate(FLOOR):.2f}",
                f"{each.rate(UNCHANGED) / each.rate(NEW):.1f}",
                f"{each.rate(CHANGED) / each.rate(NEW):.1f}",
                f"{each.rate(NEW) / each.rate(SINGLE):.1f}",
                f"{each.peak_mib:.0f}",
                f"{cost:.1f}",
                f"{cost / before:.2f}" if before else "",
            )
        )
        before = cost
    aims = ("aim", "0.75", "3.0", "", "10.0", "400", "", "1.00")
    header = (
        "Contacts",
        "New / floor",
        "Unchanged / new",
        "1 % / new",
        "New / single rows",
        "Peak MiB",
        "µs a contact",
        "Growth",
    )
    return Table("The engine: aims", header, [*rows, aims], _AIM_NOTES)


def _actions(results: Sequence[Results]) -> Table:
    """Show the other actions beside the import of as many new contacts."""
    rows = [
        (f"{each.size:,}", *(f"{each.rate(kind) / each.rate(NEW):.1f}" for kind in ACTIONS))
        for each in results
    ]
    header = (
        "Rows",
        "Sync",
        "Opt-out",
        "Opt-in",
        "Opt-out, alone",
        "Opt-in, alone",
        "Deletion",
        "Deletion, alone",
    )
    notes = (
        "Ratios are of rows per second beside the import of as many new contacts in the same run. Opt-outs",
        "and opt-ins come with all twelve columns of the import, and alone: addresses and nothing else.",
        "Deletions too: alone is what identifies a contact by the account's criterion.",
    )
    return Table("The engine: other actions", header, [*rows, ("aim", *["2.0"] * len(ACTIONS))], notes)


def _profile(results: Results) -> Table:
    kinds = (NEW, UNCHANGED, CHANGED)
    laps = {kind: results.best[kind].details["laps"] for kind in kinds}
    names = dict.fromkeys(name for kind in kinds for name in laps[kind])
    rows = [(name, *(f"{laps[kind].get(name, 0.0):.3f}" for kind in kinds)) for name in names]
    assert results.read_alone is not None
    alone = f"{results.read_alone.seconds:.3f}"
    rows.append(("(reading and checking alone, no database)", alone, alone, ""))
    return Table(
        f"Where the time goes: {results.size:,} contacts, seconds", ("Step", "New", "Unchanged", "1 %"), rows
    )


def _remove(files: _Files) -> None:
    shutil.rmtree(files.new.parent)
