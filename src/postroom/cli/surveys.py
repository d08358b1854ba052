"""`postroom survey …`: what people are asked, on pages that we host."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.contacts.errors import Refused

if TYPE_CHECKING:
    from postroom.app.bootstrap import Postroom
    from postroom.store.surveys import Survey

app = typer.Typer(help="Surveys: questions on a page that we host, answered by recipients or by anybody.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
SurveyArgument = Annotated[str, typer.Argument(metavar="SURVEY", help="A survey, by its technical name.")]

_MOST_BYTES = 1_000_000
_COLUMNS = {"id": "Id", "name": "Name", "questions": "Questions", "url": "Page", "updated_at": "Changed"}


@app.command()
def put(
    ctx: typer.Context,
    account: AccountArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The survey as JSON.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a survey from a file, or give the one of that name another form."""
    from postroom.contacts.surveys import definition
    from postroom.store import accounts, surveys

    wanted = definition(_read(file))
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        made = surveys.put_survey(connection, owner, wanted, now=datetime.now(UTC))
        plain = _plain(made, postroom)
    _show(plain, as_json=as_json)


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the surveys of an account."""
    from postroom.store import accounts, surveys

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        plain = [_plain(each, postroom) for each in surveys.surveys_of_account(connection, owner)]
    if as_json:
        print_json(plain)
        return
    rows = [{**each, "questions": sum(not q["deleted"] for q in each["questions"])} for each in plain]
    print_table(_COLUMNS, rows, empty=f"Account {account} has no survey.")


@app.command()
def show(
    ctx: typer.Context,
    account: AccountArgument,
    survey: SurveyArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a survey and the address of its page."""
    from postroom.store import accounts, surveys

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        plain = _plain(surveys.survey_named(connection, owner, survey), postroom)
    _show(plain, as_json=as_json)


@app.command()
def delete(
    ctx: typer.Context,
    account: AccountArgument,
    survey: SurveyArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a survey; its page is gone, participations stay told."""
    from postroom.store import accounts, surveys

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = surveys.survey_named(connection, owner, survey)
        surveys.delete_survey(connection, owner, found.survey_id)
    if as_json:
        print_json({"survey": survey})
    else:
        say(f"Survey {survey} is deleted.")


def _read(file: Path) -> object:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
    except OSError as wrong:
        raise Refused(f"{file} cannot be read: {wrong.strerror}.", code="UNREADABLE") from None
    if len(content) > _MOST_BYTES:
        raise Refused(f"{file} is too big for a survey.", code="TOO_BIG")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as wrong:
        raise Refused(f"{file} is no JSON: {wrong}.", code="BAD_SURVEY") from None


def _show(plain: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(plain)
        return
    print_facts({**plain, "title": None, "questions": None})
    say("")
    rows = [{**each, "label": next(iter(each["label"].values()))} for each in plain["questions"]]
    columns = {
        "name": "Question",
        "kind": "Kind",
        "label": "Label",
        "required": "Required",
        "deleted": "Deleted",
    }
    print_table(columns, rows, empty="")


def _plain(survey: Survey, postroom: Postroom) -> dict[str, Any]:
    from postroom.sending.surveys.forms import Form, Forms

    url = postroom.settings.tracking_url or postroom.settings.http_url or ""
    token = Forms(postroom.room.sealer).token(Form(survey.account_id, survey.survey_id))
    return {
        "id": survey.survey_id,
        **survey.definition.as_json(),
        "url": f"{url}/s/{token}",
        "created_at": survey.created_at,
        "updated_at": survey.updated_at,
    }
