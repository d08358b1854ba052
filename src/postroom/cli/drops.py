"""`postroom drop …`: what senders left, and what became of it."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import AccountOption, DataOption, JsonOption, opened, operator
from postroom.cli.outcomes import asked_facts, failure_text, outcome_facts, undo_facts
from postroom.cli.output import print_facts, print_json, print_json_line, print_table, say
from postroom.cli.watching import EXIT_CODES, Far, far_of, how_far, telling
from postroom.cli.watching import watch as watch_it
from postroom.contacts.errors import Missing, Refused

if TYPE_CHECKING:
    from postroom.app.bootstrap import Postroom
    from postroom.contacts.reasons import Language
    from postroom.store.accounts import Account
    from postroom.store.database import Connection
    from postroom.store.drops import Drop, State
    from postroom.store.files import File

app = typer.Typer(help="Drops: what senders left, and what became of it.")

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The drop's id, such as 3-17.")]
OwnerOption = Annotated[
    str | None, typer.Option("--account", metavar="NAME", help="Only if it is this account's.")
]

_ID = re.compile(r"([1-9][0-9]{0,9})-([1-9][0-9]{0,18})", re.ASCII)
_LARGEST = (2**31 - 1, 2**63 - 1)


@app.command("list")
def list_(
    ctx: typer.Context,
    account: AccountOption,
    state: Annotated[str | None, typer.Option(metavar="STATE", help="Only those in this state.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most drops to list.")] = 100,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the drops of an account, the newest first."""
    from postroom.store import accounts, drops

    wanted = _state(state)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        found = drops.drops_of_account(connection, owner.account_id, state=wanted, limit=limit)
    rows = [_plain(drop, owner) for drop in found]
    if as_json:
        print_json(rows)
        return
    columns = {
        "id": "Id",
        "state": "State",
        "action": "Action",
        "file": "File",
        "size": "Bytes",
        "login": "Login",
        "deposited_at": "Deposited",
        "came_to": "Came to",
    }
    for row in rows:
        row["came_to"] = _in_short(row)
    which = f" {wanted}" if wanted else ""
    print_table(columns, rows, empty=f"Account {account} has no{which} drop.")


@app.command()
def show(
    ctx: typer.Context,
    drop_id: IdArgument,
    account: OwnerOption = None,
    watch: Annotated[bool, typer.Option("--watch", help="Tell how far it is, until it is done.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what became of a drop and its files.

    With --watch the exit code tells how it ended: 0 applied, 2 refused, 5 parked.
    """
    with opened(ctx, data) as postroom:
        if watch:
            with telling(as_json=as_json) as tell:
                watch_it(lambda: _look(postroom, drop_id, account), tell)
        drop, plain, language = _shown(postroom, drop_id, account)
    if as_json:
        (print_json_line if watch else print_json)(plain)
    else:
        print_facts({**_facts(plain), **outcome_facts(plain, language), **asked_facts(plain["requests"])})
        for file in plain["files"]:
            say(f"  {file['path']}  {file['size']} bytes")
    if watch:
        raise typer.Exit(EXIT_CODES.get(drop.state, 0))


def _look(postroom: Postroom, drop_id: str, account: str | None) -> tuple[Drop, Far | None]:
    with postroom.database.reading() as connection:
        drop = _found(connection, drop_id, account)
    return drop, far_of(postroom.room, drop)


def _shown(postroom: Postroom, drop_id: str, account: str | None) -> tuple[Drop, dict[str, Any], Language]:
    from postroom.store import accounts, files, realms, requests

    with postroom.database.transaction() as connection:
        drop = _found(connection, drop_id, account)
        owner = accounts.account_by_id(connection, drop.account_id)
        standing = files.files_of_drop(connection, drop.account_id, drop.drop_id)
        askers = [drop.account_id, *realms.children(connection, drop.account_id).values()]
        asked = requests.count_requests(connection, askers, drop.drop_id)
    plain = _plain(drop, owner)
    plain["progress"] = far_of(postroom.room, drop)
    plain["files"] = [_plain_file(file) for file in standing]
    plain["requests"] = [asdict(each) for each in asked]
    return drop, plain, owner.settings.language


@app.command()
def retry(
    ctx: typer.Context,
    drop_id: IdArgument,
    account: OwnerOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put a parked or unconfirmed drop back in line."""
    from postroom.drops.retrying import retry as put_back

    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            drop = _found(connection, drop_id, account)
        put_back(postroom.room, drop.account_id, drop.drop_id)
        with postroom.database.transaction() as connection:
            state = _found(connection, drop_id, account).state
    if as_json:
        print_json({"id": drop.public_id, "state": state})
    else:
        say(f"Drop {drop.public_id} ({drop.name}) is back in line; `postroom serve` processes it.")


@app.command()
def release(
    ctx: typer.Context,
    drop_id: IdArgument,
    account: OwnerOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Apply a drop that the guard against mass change refused."""
    from postroom.drops.releasing import release as put_back

    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            drop = _found(connection, drop_id, account)
        put_back(postroom.room, drop.account_id, drop.drop_id, by_whom=operator())
        with postroom.database.transaction() as connection:
            plain = _plain_release(_found(connection, drop_id, account))
    if as_json:
        print_json(plain)
    else:
        where = f"Drop {drop.public_id} ({drop.name}) is back in line, past the guard"
        say(f"{where}; `postroom serve` processes it.")


@app.command()
def undo(
    ctx: typer.Context,
    drop_id: IdArgument,
    account: OwnerOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what it would come to.")] = False,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an import back, as far as nothing has come of it since."""
    from postroom.drops.undoing import undo as take_back

    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            drop = _found(connection, drop_id, account)
        undone = take_back(postroom.room, drop.account_id, drop.drop_id, by_whom=operator(), dry_run=dry_run)
    if as_json:
        print_json({"id": drop.public_id, "dry_run": dry_run, **undone})
        return
    would = " would be undone; nothing has changed." if dry_run else " is undone."
    say(f"The import of drop {drop.public_id} ({drop.name}){would}")
    print_facts(undo_facts(undone))


def _found(connection: Connection, text: str, account: str | None) -> Drop:
    from postroom.store import accounts, drops

    numbers = _ID.fullmatch(text)
    if numbers is None:
        raise Refused(f"'{text}' is no drop's id; one looks like 3-17 (postroom drop list).", code="BAD_ID")
    account_id, drop_id = int(numbers[1]), int(numbers[2])
    known = account_id <= _LARGEST[0] and drop_id <= _LARGEST[1]
    if known and account is not None:
        known = accounts.account_by_name(connection, account).account_id == account_id
    drop = drops.drop_by_id(connection, account_id, drop_id) if known else None
    if drop is None:
        raise Missing(f"There is no drop {text}.", code="NO_DROP")
    return drop


def _state(text: str | None) -> State | None:
    from postroom.store.drops import STATES

    if text is None:
        return None
    for state in STATES:
        if state == text:
            return state
    raise Refused(f"There is no state '{text}'. Known: {', '.join(STATES)}.", code="BAD_STATE")


def _plain(drop: Drop, owner: Account) -> dict[str, Any]:
    outcome = drop.outcome or {}
    return {
        "id": drop.public_id,
        "account": owner.name,
        "state": drop.state,
        "action": drop.action,
        "file": drop.name,
        "size": drop.size,
        "sha256": drop.sha256,
        "login": drop.login,
        "confirmation": drop.confirmation,
        "deposited_at": drop.deposited_at,
        "claimed_at": drop.claimed_at,
        "settled_at": drop.settled_at,
        "files_removed_at": drop.files_removed_at,
        "attempts": drop.attempts,
        "released_at": drop.released_at,
        "released_by": drop.released_by,
        "undone_at": drop.undone_at,
        "undone_by": drop.undone_by,
        "undo": outcome.get("undo"),
        "dispatched_by": f"{drop.sent_account_id}-{drop.sent_drop_id}" if drop.sent_drop_id else None,
        "counts": outcome.get("counts"),
        "accounts": outcome.get("accounts") or [],
        "list": outcome.get("list"),
        "mode": outcome.get("mode"),
        "notes": outcome.get("notes") or [],
        "known_since": outcome.get("known_since"),
        "batch": outcome.get("batch"),
        "failure": _plain_failure(outcome.get("failure"), owner.settings.language),
    }


def _plain_failure(failure: dict[str, Any] | None, language: Language) -> dict[str, Any] | None:
    return {**failure, "text": failure_text(failure, language)} if failure else None


def _plain_release(drop: Drop) -> dict[str, Any]:
    return {
        "id": drop.public_id,
        "state": drop.state,
        "released_at": drop.released_at,
        "released_by": drop.released_by,
    }


def _plain_file(file: File) -> dict[str, Any]:
    return {"path": f"/{file.directory}/{file.name}", "size": file.size, "modified_at": file.modified_at}


def _in_short(row: dict[str, Any]) -> str:
    if row["failure"]:
        return str(row["failure"]["code"])
    counts = row["counts"]
    if not counts:
        return ""
    if row["batch"]:
        tally = row["batch"]["tally"]
        return f"{tally['commands']} commands, {tally['commands_failed']} failed"
    told = ("deleted", "opted_out", "opted_in") if row["mode"] is None else ("created", "updated")
    shown = [f"{counts[name]} {name.replace('_', ' ')}" for name in told if counts.get(name) or row["mode"]]
    return ", ".join([*shown, f"{counts['refused']} refused"])


def _facts(plain: dict[str, Any]) -> dict[str, object]:
    facts = {name: plain[name] for name in ("id", "account", "state", "action", "file")}
    facts["bytes"] = plain["size"]
    facts["SHA-256"] = plain["sha256"]
    facts["login"] = plain["login"]
    facts["deposited"] = plain["deposited_at"]
    facts["upload seen whole by"] = plain["confirmation"]
    facts["attempts"] = plain["attempts"]
    facts["claimed"] = plain["claimed_at"]
    facts["settled"] = plain["settled_at"]
    facts["files removed"] = plain["files_removed_at"]
    facts["released from the guard"] = plain["released_at"]
    facts["released by"] = plain["released_by"]
    facts["dispatched by drop"] = plain["dispatched_by"]
    facts["undone"] = plain["undone_at"]
    facts["undone by"] = plain["undone_by"]
    facts["progress"] = how_far(plain["progress"]) if plain["progress"] else None
    return facts
