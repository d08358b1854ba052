"""What the demonstration shows at its end: where files went, what was refused and why, lists, addresses."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from demo.office import Office
from demo.outcomes import Outcome

_COUNTS = {
    "lines": "Rows",
    "created": "New",
    "updated": "Changed",
    "unchanged": "Same",
    "duplicates": "Twice",
    "refused": "Refused",
}

_Reason = tuple[str, str, str, str]
"""What, code, how many rows, line and words."""


def show_outcomes(console: Console, outcomes: Sequence[Outcome]) -> None:
    """Show every deposit, what was refused, and the lists."""
    for table in (_places(outcomes), _counts(outcomes), _refused(outcomes), _lists(outcomes)):
        console.print()
        console.print(table)


def show_addresses(console: Console, office: Office, login: str, password: str) -> None:
    """Show where everything listens and how to try it by hand, in lines that can be copied."""
    ftp_host, ftp_port = office.address("ftp")
    sftp_host, sftp_port = office.address("sftp")
    program, data = _postroom(), f"--data {office.directory}"
    console.print()
    rows = {
        "Login": f"{login}   Password: {password}",
        "SFTP": f"sftp -P {sftp_port} {login}@{sftp_host}",
        "FTPS": f"lftp -e 'set ssl:verify-certificate no' -u {login} {ftp_host}:{ftp_port}",
        "FTP": f"ftp {ftp_host} {ftp_port}",
        "Web": f"http://{office.endpoints['http']}/" if "http" in office.endpoints else "",
        "Lists": f"{program} list list --account {login} {data}",
        "Drops": f"{program} drop list --account {login} {data}",
        "Log": str(office.log),
    }
    for name, text in rows.items():
        if text:
            console.print(f"{name + ':':7} {text}", highlight=False, markup=False, soft_wrap=True)
    console.print("Leave files in /contacts/import/in.", highlight=False)


def _postroom() -> str:
    program = Path(sys.executable).with_name("postroom")
    shown = program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program
    return str(shown) if os.access(program, os.X_OK) else f"{sys.executable} -m postroom.cli"


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)


def _places(outcomes: Sequence[Outcome]) -> Table:
    table = _table("Where the files went")
    for name in ("File", "Over"):
        table.add_column(name, no_wrap=True)
    table.add_column("Went to", overflow="fold")
    for outcome in outcomes:
        table.add_row(outcome.deposit.name, outcome.deposit.protocol, outcome.path)
    return table


def _counts(outcomes: Sequence[Outcome]) -> Table:
    table = _table("What came of their rows")
    table.add_column("File", no_wrap=True)
    for shown in _COUNTS.values():
        table.add_column(shown, justify="right", no_wrap=True)
    for outcome in outcomes:
        table.add_row(outcome.deposit.label, *(f"{outcome.counts.get(name, 0):,}" for name in _COUNTS))
    return table


def _refused(outcomes: Sequence[Outcome]) -> Table:
    table = _table("What was refused or left out, and why")
    for name in ("What", "Code"):
        table.add_column(name, no_wrap=True)
    table.add_column("Rows", justify="right", no_wrap=True)
    table.add_column("The first: its line, and why", overflow="fold")
    shown: list[list[_Reason]] = []
    for outcome in outcomes:
        reasons = _reasons(outcome)
        if not reasons:
            continue
        label = f"[bold]{outcome.deposit.label}[/bold]"
        table.add_row(label, "the same as above" if reasons in shown else "", "", "")
        for reason in () if reasons in shown else reasons:
            table.add_row(*reason)
        shown.append(reasons)
    return table


def _reasons(outcome: Outcome) -> list[_Reason]:
    rows: list[_Reason] = []
    if outcome.error:
        code = (outcome.drop.get("failure") or {}).get("code", "")
        rows.append(("the file refused", code, "", outcome.error.splitlines()[0]))
    for what, found in (("row refused", outcome.refused), ("value left out", outcome.warnings)):
        rows += [(what, each.code, f"{each.count:,}", f"{each.line}: {each.reason}") for each in found]
    return rows


def _lists(outcomes: Sequence[Outcome]) -> Table:
    table = _table("The lists")
    table.add_column("List")
    table.add_column("Contacts", justify="right")
    lists = {
        outcome.drop["list"]["id"]: (outcome.drop["list"]["name"], outcome.members)
        for outcome in outcomes
        if outcome.drop.get("list")
    }
    for name, members in lists.values():
        table.add_row(name, f"{members or 0:,}")
    return table
