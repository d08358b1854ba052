"""`postroom account changes`: changes of an account's criterion, and whom they merged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.cli.watching import pause
from postroom.contacts.errors import Missing, Refused

if TYPE_CHECKING:
    from postroom.app.bootstrap import Postroom
    from postroom.contacts.criteria import Criterion, Match
    from postroom.ingest.rekeying import Group
    from postroom.store.accounts import Account
    from postroom.store.criteria import CriterionChange
    from postroom.store.database import Connection

IDENTIFYING = frozenset({"criterion", "match"})
"""The settings that tell contacts apart: they change in their turn."""

EXIT_PARKED = 5
"""How a command ends that waited for a change which no worker could make."""

_WORDS = {
    "contacts": "contacts",
    "keyed": "identified by it",
    "groups": "groups that are one contact",
    "merged": "contacts merged into others",
    "opted_out": "opt-outs carried over",
    "shared": "contacts that share an identifier with others",
}


_ALWAYS = ("contacts", "keyed")


def changes(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")],
    report: Annotated[
        Path | None,
        typer.Option("--report", metavar="FILE", help="Write who was merged into whom, as CSV."),
    ] = None,
    of: Annotated[
        int | None, typer.Option("--of", metavar="ID", help="The change to report on; else the newest made.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the changes of an account's criterion, and report on whom one of them merged."""
    from postroom.store import accounts, criteria

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        account = accounts.account_by_name(connection, name)
        found = criteria.changes_of_account(connection, account.account_id)
        if report is not None:
            _report(connection, account, _made(found, of, name), report, as_json=as_json)
            return
    rows = [plain_change(change) for change in found]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        row["came_to"] = _in_short(row)
    columns = {
        "id": "Id",
        "criterion": "Criterion",
        "match": "Match",
        "was": "Was",
        "state": "State",
        "asked_by": "Asked by",
        "asked_at": "Asked",
        "settled_at": "Settled",
        "came_to": "Came to",
    }
    print_table(columns, rows, empty=f"The criterion of {name} has never been changed among contacts.")


def tell_preview(postroom: Postroom, name: str, given: Mapping[str, str], *, as_json: bool) -> None:
    """Say what another criterion would come to now; raise Refused when none is given."""
    from postroom.contacts.criteria import KEY_FIELDS
    from postroom.ingest.identifying import sharing
    from postroom.ingest.rekeying import preview
    from postroom.store import accounts

    if not IDENTIFYING & given.keys():
        raise Refused("--dry-run tells what another criterion=… would merge; give one.", code="NO_CRITERION")
    with postroom.database.transaction() as connection:
        account = accounts.account_by_name(connection, name)
        settings = account.settings.changed(given)
        wanted = settings.criterion
        largest: list[Group] = []
        if settings.matches_any:
            rekeyed = sharing(connection, account.account_id, wanted)
        else:
            rekeyed, largest = preview(connection, account.account_id, wanted)
    figures = {key: value for key, value in asdict(rekeyed).items() if key != "opted_out"}
    if as_json:
        fields = KEY_FIELDS[wanted]
        groups = [
            {
                "size": each.size,
                "contact_id": each.contact_id,
                "key": dict(zip(fields, each.key_values, strict=True)),
            }
            for each in largest
        ]
        answer = {"criterion": wanted, "match": settings.match, "dry_run": True}
        print_json({**answer, **figures, "largest": groups})
        return
    say(f"Criterion {_told(wanted, settings.match)} for what {name} holds now; nothing has changed.")
    print_facts({_WORDS[key]: value for key, value in figures.items()})
    for group in largest:
        say(f"  {group.size} contacts become {group.contact_id}: {', '.join(filter(None, group.key_values))}")


def settled(
    postroom: Postroom, change: CriterionChange, pause: Callable[[], object] = pause
) -> CriterionChange:
    """Wait until a change has come to its end."""
    from postroom.store import criteria

    while change.settled_at is None:
        pause()
        with postroom.database.reading() as connection:
            change = criteria.change_by_id(connection, change.account_id, change.change_id)
    return change


def change_in_line(connection: Connection, account: Account) -> CriterionChange | None:
    """Return the change that an account's criterion will come from, if one is in line."""
    from postroom.store import criteria

    newest = next(iter(criteria.changes_of_account(connection, account.account_id)), None)
    return newest if newest is not None and newest.settled_at is None else None


def sentence(account: Account, change: CriterionChange) -> str:
    """Say how far a change is."""
    which = f"Change {change.change_id} to criterion {_told(change.criterion, change.match)}"
    if change.state == "parked":
        return f"{which} could not be made, see the log of the worker; the criterion is as it was."
    if change.state == "applied":
        return f"{which} is made: {_in_short(plain_change(change))}."
    return (
        f"{which} is in line behind the files that came before it; `postroom serve` makes it. "
        f"How far it is: postroom account changes {account.name}"
    )


def plain_change(change: CriterionChange) -> dict[str, Any]:
    """Return a change as plain values."""
    return {
        "id": change.change_id,
        "criterion": change.criterion.value,
        "match": change.match.value,
        "was": change.was.value if change.was else None,
        "was_match": change.was_match.value if change.was_match else None,
        "state": change.state,
        "asked_at": change.asked_at,
        "asked_by": change.asked_by,
        "settled_at": change.settled_at,
        "outcome": change.outcome,
    }


def _made(found: list[CriterionChange], wanted: int | None, name: str) -> CriterionChange:
    for change in found:
        if change.state == "applied" and wanted in {None, change.change_id}:
            return change
    which = "No change" if wanted is None else f"No change {wanted}"
    raise Missing(f"{which} of the criterion of {name} has been made.", code="NO_CHANGE")


def _report(
    connection: Connection, account: Account, change: CriterionChange, path: Path, *, as_json: bool
) -> None:
    from postroom.contacts.criteria import KEY_FIELDS
    from postroom.dialects.folders.reports import merged_csv
    from postroom.store import criteria

    merged = criteria.merged_contacts(connection, change)
    rows = ((each.contact_id, each.merged_id, each.key_values) for each in merged)
    try:
        with path.open("wb") as file:
            file.writelines(merged_csv(rows, KEY_FIELDS[change.criterion], account.settings))
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.", code="BAD_FILE") from error
    if as_json:
        print_json({**plain_change(change), "report": path})
    else:
        say(f"{path} has whom change {change.change_id} merged into whom.")


def _told(criterion: Criterion, match: Match) -> str:
    return criterion.value if match.value == "all" else f"{criterion.value}, any of its identifiers"


def _in_short(row: Mapping[str, Any]) -> str:
    outcome = row["outcome"]
    if outcome is None:
        return ""
    told = {key: outcome.get(key, 0) for key in _WORDS}
    return ", ".join(f"{told[key]} {word}" for key, word in _WORDS.items() if told[key] or key in _ALWAYS)
