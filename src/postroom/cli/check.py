"""`postroom check FILE`: what a file would do, and every refused row, changing nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.outcomes import failure_text, outcome_facts
from postroom.cli.output import print_facts, print_json, say
from postroom.contacts.batches import Action, Mode
from postroom.contacts.errors import Missing, Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from postroom.app.bootstrap import Postroom
    from postroom.contacts.batches import Outcome, RowIssue
    from postroom.contacts.reasons import Language
    from postroom.drops.checking import Trial
    from postroom.drops.issues import IssueSpool
    from postroom.drops.room import Room
    from postroom.store.accounts import Account
    from postroom.store.database import Connection

WOULD_BE_REFUSED = 2
"""Exit code of a file that would end in `ko`: that of what is wrong and will stay wrong."""


def check(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A contact file, as sent.")
    ],
    account: Annotated[
        str | None, typer.Option("--account", metavar="NAME", help="The account; needed without --login.")
    ] = None,
    login: Annotated[
        str | None,
        typer.Option("--login", metavar="LOGIN", help="Who would leave it, maybe for several accounts."),
    ] = None,
    action: Annotated[
        Action, typer.Option(help="The folder that it would be left in.", metavar="ACTION")
    ] = Action.IMPORT,
    mode: Annotated[
        Mode | None,
        typer.Option(
            help="create, add, sync or contacts (no list); else what the account's markers ask for."
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try a file out, changing nothing.

    Tells what it would do, and every refused row. The exit code is 0 when it would go to ok, 2 when it would
    go to ko.
    """
    from postroom.drops.checking import check_file
    from postroom.drops.issues import IssueSpool

    with opened(ctx, data) as postroom, IssueSpool(postroom.blobs.staging) as issues:
        _check_upload(postroom.room, file)
        with postroom.database.transaction() as connection:
            owner = _owner(connection, account, login)
        trial = replace(_trial(postroom, owner, file, action, mode), login=login)
        outcome = check_file(postroom.room, owner, lambda: file.open("rb"), trial, on_issue=issues.add)
        language = owner.settings.language
        if as_json:
            print_json(_plain(file, owner, action, outcome, issues))
        else:
            _print(file, outcome, issues, language)
    if outcome.failure is not None:
        raise typer.Exit(WOULD_BE_REFUSED)


def _owner(connection: Connection, account: str | None, login: str | None) -> Account:
    from postroom.store import logins
    from postroom.store.accounts import account_by_id, account_by_name

    named = account_by_name(connection, account) if account is not None else None
    if login is None:
        if named is None:
            raise Refused("Say whose file it would be: --account NAME or --login LOGIN.", code="NO_OWNER")
        return named
    found = logins.login_by_name(connection, login)
    if found is None or (named is not None and named.account_id != found.account_id):
        whose = f" of account {account}" if account is not None else ""
        raise Missing(f"There is no login named '{login}'{whose}.", code="NO_LOGIN")
    return named or account_by_id(connection, found.account_id)


def _check_upload(room: Room, file: Path) -> None:
    from postroom.dialects.folders import tree

    size, most = file.stat().st_size, room.limits.upload_bytes
    if size > most:
        raise Refused(
            f"{file.name} has {size} bytes; an upload has at most {most} (POSTROOM_UPLOAD_LIMIT_BYTES).",
            code="TOO_BIG",
        )
    if tree.postponed(file.name):
        raise Refused(
            f"{file.name} is a temporary name: such a file waits for its rename and is never processed.",
            code="TEMPORARY_NAME",
        )


def _trial(postroom: Postroom, owner: Account, file: Path, action: Action, mode: Mode | None) -> Trial:
    from postroom.dialects.folders import tree
    from postroom.drops.checking import Trial
    from postroom.store.files import files_in

    with postroom.database.transaction() as connection:
        standing = files_in(connection, owner.account_id, tree.MARKER_DIRECTORY)
    return Trial(file.name, [each.name for each in standing], action, mode=mode)


def _tried(outcome: Outcome, language: Language) -> dict[str, Any]:
    from postroom.drops.settling import outcome_json

    plain = outcome_json(outcome, reports=[])
    del plain["reports"]  # what they would hold is shown instead
    del plain["known_since"]  # it is deposits that are on record
    # Of a new list only the name will still be true when the file comes.
    plain["list"] = {"name": outcome.list_name} if outcome.list_name is not None else None
    for part in plain["accounts"]:
        part["list"] = part["list"] and {"name": part["list"]["name"]}
    if plain["failure"]:
        plain["failure"]["text"] = failure_text(plain["failure"], language)
    return plain


def _plain(
    file: Path, owner: Account, action: Action, outcome: Outcome, issues: IssueSpool
) -> dict[str, Any]:
    language = owner.settings.language
    return {
        "file": file.name,
        "account": owner.name,
        "action": action.value,
        "would_go_to": _where(outcome),
        **_tried(outcome, language),
        "refused_rows": [_plain_issue(issue, language) for issue in issues.of(refused=True)],
        "warnings": [_plain_issue(issue, language) for issue in issues.of(refused=False)],
    }


def _plain_issue(issue: RowIssue, language: Language) -> dict[str, Any]:
    return {
        "line": issue.line,
        "code": issue.reason.value,
        "text": issue.text(language),
        "value": issue.value,
        "cells": list(issue.cells),
    }


def _print(file: Path, outcome: Outcome, issues: IssueSpool, language: Language) -> None:
    plain = _tried(outcome, language)
    target = plain["list"]
    plain["list"] = {"id": None, **target} if target else None
    print_facts({"file": file.name, "would go to": _where(outcome), **outcome_facts(plain, language)})
    _print_issues("Refused rows", issues.of(refused=True), language)
    _print_issues("Values left out", issues.of(refused=False), language)


def _print_issues(title: str, issues: Iterable[RowIssue], language: Language) -> None:
    # Line by line: there may be a million.
    for number, issue in enumerate(issues):
        if number == 0:
            say("")
            say(f"{title} (line, code, reason):")
        say(f"{issue.line:>9}  {issue.reason.value:<18}  {issue.text(language)}")


def _where(outcome: Outcome) -> str:
    return "ok" if outcome.failure is None else "ko"
