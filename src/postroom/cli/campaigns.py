"""`postroom campaign …`: campaigns, from a draft to what became of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened, operator
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.contacts.campaigns import CampaignState
from postroom.contacts.errors import Refused

if TYPE_CHECKING:
    from postroom.sending.campaigns import By
    from postroom.store.accounts import Account
    from postroom.store.campaigns import Campaign
    from postroom.store.database import Connection, Database

app = typer.Typer(help="Campaigns: who is written to, and what became of it.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
CampaignArgument = Annotated[
    str, typer.Argument(metavar="CAMPAIGN", help="A campaign, by id; or the newest of that name.")
]

_COLUMNS = {
    "name": "Name",
    "id": "Id",
    "channel": "Channel",
    "list": "List",
    "template": "Template",
    "state": "State",
    "scheduled_at": "Scheduled",
    "launched_at": "Launched",
    "targeted": "Targeted",
    "sent": "Sent",
}


@app.command("list")
def list_(
    ctx: typer.Context,
    account: AccountArgument,
    state: Annotated[CampaignState | None, typer.Option(help="Only those in this state.")] = None,
    tests: Annotated[bool, typer.Option("--tests", help="Test sends, in place of campaigns.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="Most to show.")] = 100,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the campaigns of an account, the newest first."""
    from postroom.cli.campaign_facts import campaign_row
    from postroom.store import accounts, campaigns
    from postroom.store.campaign_counts import count_several

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        which = campaigns.Which(state=state, is_test=tests, limit=limit)
        found = campaigns.campaigns_of_account(connection, owner, which)
        names, reached = campaigns.names_used(connection, found), count_several(connection, found)
    rows = [campaign_row(each, names[each.campaign_id], reached[each.campaign_id]) for each in found]
    if as_json:
        print_json(rows)
    else:
        print_table(_COLUMNS, rows, empty=f"Account {account} has no such campaign.")


@app.command()
def create(  # noqa: PLR0913, PLR0917  # one option for each thing that a campaign may be told
    ctx: typer.Context,
    account: AccountArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called; it stays so.")],
    to: Annotated[str, typer.Option("--list", metavar="LIST", help="Whom it is for, by name or id.")],
    template: Annotated[str, typer.Option(metavar="TEMPLATE", help="What it says, by name or id.")],
    segment: Annotated[
        str | None, typer.Option(metavar="SEGMENT", help="Only these of the list, by name or id.")
    ] = None,
    seeds: Annotated[
        str | None, typer.Option("--seed-list", metavar="LIST", help="Who gets it too, whatever segment.")
    ] = None,
    format_: Annotated[
        int | None,
        typer.Option(
            "--format",
            metavar="1|2|99",
            help="Text, HTML or both; else each subscription's own.",
        ),
    ] = None,
    subject: Annotated[str | None, typer.Option(metavar="TEXT", help="In place of the template's.")] = None,
    notify: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Who gets a mail at the end.")] = None,
    partner: Annotated[
        str | None,
        typer.Option(
            metavar="JSON", help="columns, login, audience and spreadsheet_safe of a partner's file."
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a draft, which sends nothing before it is launched."""
    from postroom.sending import campaigns as lives
    from postroom.store import accounts, lists, segments
    from postroom.store.campaigns import Options

    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            owner = accounts.account_by_name(connection, account).account_id
            options = Options(
                segment_id=segments.segment_named(connection, owner, segment).segment_id if segment else None,
                seed_list_id=lists.list_named(connection, owner, seeds).list_id if seeds else None,
                format=format_,
                subject=subject,
                notify_email=notify,
                partner=_json(partner),
            )
            list_id = lists.list_named(connection, owner, to).list_id
            wanted = lives.Wanted(name, list_id, template_id(connection, owner, template), options)
        made = lives.create(postroom.room, owner, wanted, by=_by())
        _show(postroom.database, made, as_json=as_json)


@app.command()
def launch(
    ctx: typer.Context,
    account: AccountArgument,
    campaign: CampaignArgument,
    at: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As 2026-12-01T09:00, in the account's time zone; or with offset."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Launch a draft, at once or at a time; what it says is fixed from then on."""
    from postroom.sending import campaigns as lives
    from postroom.sending.scheduling import moment_of
    from postroom.sending.targets import nobody_yet

    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            owner, campaign_id = _found(connection, account, campaign)
        now, zone = postroom.room.clock(), owner.settings.time_zone
        moment = moment_of(at, zone, now=now) if at is not None else None
        launched = lives.launch(postroom.room, owner.account_id, campaign_id, by=_by(), at=moment)
        _show(postroom.database, launched, as_json=as_json)
        if not as_json and (warning := nobody_yet(postroom.database, launched)):
            say(f"Note: {warning}")


@app.command()
def show(
    ctx: typer.Context,
    account: AccountArgument,
    campaign: CampaignArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a campaign, and what became of it up to now."""
    from postroom.cli.campaign_facts import campaign_facts, count_facts, plain_campaign, stuck
    from postroom.store import campaigns
    from postroom.store.campaign_counts import count_campaign, explain_not_sent

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner, campaign_id = _found(connection, account, campaign)
        found = campaigns.campaign_by_id(connection, owner.account_id, campaign_id)
        names = campaigns.names_used(connection, [found])[campaign_id]
        counts, details = count_campaign(connection, found), explain_not_sent(connection, found)
    if as_json:
        print_json({**plain_campaign(found, names), "counts": asdict(counts), "not_sent_details": details})
        return
    print_facts(campaign_facts(found, names))
    say("")
    print_facts(count_facts(counts, details))
    if hint := stuck(found, counts, datetime.now(UTC)):
        say("")
        say(hint)


@app.command()
def pause(
    ctx: typer.Context,
    account: AccountArgument,
    campaign: CampaignArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let nothing more of a campaign go out, until it is resumed."""
    _act(ctx, "pause", account, campaign, data, as_json=as_json)


@app.command()
def resume(
    ctx: typer.Context,
    account: AccountArgument,
    campaign: CampaignArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a paused campaign go on; one whose time has come meanwhile is launched."""
    _act(ctx, "resume", account, campaign, data, as_json=as_json)


@app.command()
def cancel(
    ctx: typer.Context,
    account: AccountArgument,
    campaign: CampaignArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a campaign: messages that wait are sent to nobody."""
    _act(ctx, "cancel", account, campaign, data, as_json=as_json)


@app.command("test")
def prove(
    ctx: typer.Context,
    account: AccountArgument,
    campaign: CampaignArgument,
    contact: Annotated[
        list[int] | None, typer.Option(metavar="ID", help="A contact; may be given several times.")
    ] = None,
    address: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="A contact's address; likewise.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a campaign to some contacts of the account; it is in no report."""
    from postroom.sending.proving import send_test

    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            owner, campaign_id = _found(connection, account, campaign)
        sent = send_test(
            postroom.room,
            owner.account_id,
            campaign_id,
            contact_ids=contact or (),
            addresses=address or (),
            by=_by(),
        )
        _show(postroom.database, sent, as_json=as_json)


def template_id(connection: Connection, account_id: int, name_or_id: str) -> int:
    """Return the id of the template of that name or id; raise Missing when there is none."""
    from postroom.contacts.errors import Missing
    from postroom.store import templates

    try:
        return templates.template_named(connection, account_id, name_or_id).template_id
    except Missing:
        if not (name_or_id.isascii() and name_or_id.isdigit()):
            raise
    return templates.template_by_id(connection, account_id, int(name_or_id)).template_id


def _act(
    ctx: typer.Context, act: str, account: str, campaign: str, data: Path | None, *, as_json: bool
) -> None:
    from postroom.sending import campaigns as lives

    acts = {"pause": lives.pause, "resume": lives.resume, "cancel": lives.cancel}
    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            owner, campaign_id = _found(connection, account, campaign)
        changed = acts[act](postroom.room, owner.account_id, campaign_id, by=_by())
        _show(postroom.database, changed, as_json=as_json)


def _found(connection: Connection, account: str, campaign: str) -> tuple[Account, int]:
    from postroom.store import accounts, campaigns

    owner = accounts.account_by_name(connection, account)
    return owner, campaigns.campaign_named(connection, owner.account_id, campaign).campaign_id


def _by() -> By:
    from postroom.contacts.events import EventSource
    from postroom.sending.campaigns import By

    return By(operator(), EventSource.UI)


def _json(text: str | None) -> dict[str, Any] | None:
    if text is None:
        return None
    try:
        said = json.loads(text)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Refused("--partner is a JSON object.", code="BAD_PARTNER")
    return said


def _show(database: Database, campaign: Campaign, *, as_json: bool) -> None:
    from postroom.cli.campaign_facts import campaign_facts, plain_campaign
    from postroom.store.campaigns import names_used

    with database.transaction() as connection:
        names = names_used(connection, [campaign])[campaign.campaign_id]
    if as_json:
        print_json(plain_campaign(campaign, names))
    else:
        print_facts(campaign_facts(campaign, names))
