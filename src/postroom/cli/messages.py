"""`postroom message …`: single messages, and those that nobody knows the end of."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.contacts.campaigns import NotSentReason, PersonState
from postroom.contacts.errors import Missing, Refused
from postroom.contacts.events import message_name

if TYPE_CHECKING:
    from postroom.store.campaign_people import CampaignPerson
    from postroom.store.doubts import Doubt

app = typer.Typer(help="Messages: what became of one, and those in doubt.")

_ID = re.compile(r"([1-9][0-9]{0,8})-([1-9][0-9]{0,17})", re.ASCII)
_LOGGED = re.compile(
    r"<?(?:b-)?([1-9][0-9]{0,8})-([1-9][0-9]{0,17})(?:-[a-z2-7]{20}@[^\s<>]+)?>?", re.ASCII | re.IGNORECASE
)
"""An id alone, or the Message-ID or return path that begins with it."""
_NO_DOUBT = (
    "No message is in doubt. What a process was handing over when it died comes to be in doubt once it has "
    "been silent for 90 seconds, which is looked at every minute."
)
_HINT = (
    "The relay's log knows which of them it took: their Message-IDs and return paths begin with these ids. "
    "Then: postroom message settle ID… --sent or --resend; or for all of a campaign, with a file of the ids "
    "that were taken: postroom message settle ACCOUNT --campaign CAMPAIGN --taken FILE."
)
_PEOPLE_COLUMNS = {
    "id": "Id",
    "contact_id": "Contact",
    "address": "Address",
    "state": "State",
    "reason": "Reason",
    "sent_at": "Sent",
    "answer": "Answer",
}
_COLUMNS = {
    "id": "Id",
    "channel": "Channel",
    "address": "Address",
    "campaign": "Campaign",
    "claimed_at": "Handed over",
    "answer": "Why",
}


@app.command("list")
def list_(  # noqa: PLR0913, PLR0917  # one option for each way to choose
    ctx: typer.Context,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")],
    campaign: Annotated[
        str,
        typer.Option(metavar="CAMPAIGN", help="The campaign, by id; or the newest of that name."),
    ],
    state: Annotated[PersonState | None, typer.Option(help="Only those in this state.")] = None,
    reason: Annotated[
        NotSentReason | None, typer.Option(help="Only those without a message, or given up, for this.")
    ] = None,
    address: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Only at this address.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, metavar="N", help="Most to show.")] = 100,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List whom a campaign was for: who got its message, who did not, and why."""
    from postroom.sending.people import read_people
    from postroom.store import accounts, campaigns
    from postroom.store.campaign_people import WhichPeople

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = campaigns.campaign_named(connection, owner, campaign)
        which = WhichPeople(state=state, reason=reason, address=address, limit=limit + 1)
        people = read_people(connection, found, which)
    rows = [_plain_person(owner, each) for each in people[:limit]]
    if as_json:
        print_json(rows)
        return
    print_table(_PEOPLE_COLUMNS, rows, empty="The campaign has nobody like that.")
    if len(people) > limit:
        say(f"There are more than these {limit}: ask for more by --limit.")


@app.command()
def show(
    ctx: typer.Context,
    message: Annotated[str, typer.Argument(metavar="ID", help="The message's id, such as 3-12.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show all that is known of a message."""
    from postroom.store import doubts

    account_id, message_id = _numbers(message)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        facts = doubts.message_facts(connection, account_id, message_id)
    if facts is None:
        raise Missing(f"There is no message {message}.", code="NO_MESSAGE")
    plain: dict[str, Any] = {"id": message, **facts}
    del plain["message_id"]
    if as_json:
        print_json(plain)
    else:
        print_facts(plain)


@app.command()
def doubts(
    ctx: typer.Context,
    account: Annotated[str | None, typer.Argument(metavar="ACCOUNT", help="Only of this account.")] = None,
    campaign: Annotated[
        str | None, typer.Option(metavar="CAMPAIGN", help="Only of this one of the account, by id or name.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most of each account.")] = 1000,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List messages of which nobody knows whether they were handed over.

    The relay's log knows: look there for the id, which is in the Message-ID and the return path.
    """
    from postroom.store import accounts, campaigns
    from postroom.store import doubts as stored

    if campaign is not None and account is None:
        raise Refused("A campaign is one of an account: ACCOUNT --campaign CAMPAIGN.", code="NO_ACCOUNT")
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owners = (
            [accounts.account_by_name(connection, account)]
            if account is not None
            else accounts.all_accounts(connection)
        )
        campaign_id = (
            campaigns.campaign_named(connection, owners[0].account_id, campaign).campaign_id
            if campaign is not None
            else None
        )
        rows = [
            _plain(owner.account_id, each)
            for owner in owners
            for each in stored.doubts(connection, owner.account_id, campaign_id=campaign_id, limit=limit)
        ]
    if as_json:
        print_json(rows)
    else:
        print_table(_COLUMNS, rows, empty=_NO_DOUBT)
        if rows:
            say(_HINT)


@app.command()
def settle(
    ctx: typer.Context,
    messages: Annotated[
        list[str],
        typer.Argument(metavar="ID… | ACCOUNT", help="Messages in doubt; an account, with --campaign."),
    ],
    sent: Annotated[
        bool | None, typer.Option("--sent/--resend", help="They were handed over, or go out again.")
    ] = None,
    campaign: Annotated[
        str | None, typer.Option(metavar="CAMPAIGN", help="All doubts of this one, by id or name.")
    ] = None,
    taken: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", exists=True, dir_okay=False, help="Ids of what the relay took, one a line."
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what became of messages in doubt: all that are named, or none when one is not in doubt.

    --sent counts them as sent when they were being handed over; --resend sends them again, so that whoever
    got one after all gets it twice. With --campaign and --taken all of a campaign: those in the file were
    sent, the others are sent again.
    """
    if campaign is None and taken is None:
        _settle_named(ctx, data, messages, sent, as_json=as_json)
        return
    if campaign is None or taken is None or sent is not None or len(messages) > 1:
        raise Refused("A whole campaign: ACCOUNT --campaign CAMPAIGN --taken FILE.", code="BAD_SETTLEMENT")
    _settle_campaign(ctx, data, messages[0], campaign, taken, as_json=as_json)


def _settle_named(
    ctx: typer.Context, data: Path | None, messages: list[str], sent: bool | None, *, as_json: bool
) -> None:
    from postroom.app.sending import make_mailroom
    from postroom.sending.settling import settle_as_sent, settle_by_resending

    if sent is None:
        raise Refused("Say what became of them: --sent or --resend.", code="BAD_SETTLEMENT")
    named = [_numbers(each) for each in messages]
    if len({account_id for account_id, _ in named}) > 1:
        raise Refused("Messages of one account at a time.", code="BAD_ID")
    account_id, ids = named[0][0], [message_id for _, message_id in named]
    with opened(ctx, data) as postroom:
        mailroom = make_mailroom(postroom.settings, postroom.room)
        settling = settle_as_sent if sent else settle_by_resending
        settled = [message_name(account_id, each) for each in settling(mailroom, account_id, ids).message_ids]
    if as_json:
        print_json({"settled": settled, "as": "sent" if sent else "resend"})
    else:
        say(f"{len(settled)} messages {'count as sent' if sent else 'are sent again'}.")


def _settle_campaign(
    ctx: typer.Context, data: Path | None, account: str, campaign: str, taken: Path, *, as_json: bool
) -> None:
    from postroom.app.sending import make_mailroom
    from postroom.sending.settling import settle_campaign
    from postroom.store import accounts, campaigns

    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            owner = accounts.account_by_name(connection, account).account_id
            campaign_id = campaigns.campaign_named(connection, owner, campaign).campaign_id
        mailroom = make_mailroom(postroom.settings, postroom.room)
        settled = settle_campaign(mailroom, owner, campaign_id, _taken(taken, owner))
    sent, resent = ([message_name(owner, each) for each in some.message_ids] for some in settled)
    if as_json:
        print_json({"sent": sent, "resent": resent})
    else:
        say(f"{len(sent)} messages count as sent, {len(resent)} are sent again.")


def _taken(file: Path, account_id: int) -> dict[int, str]:
    """Read the ids of messages, one a line, with the place of each."""
    found: dict[int, str] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if not (text := line.strip()) or text.startswith("#"):
            continue
        where = f"{file}, line {number}"
        named = _LOGGED.fullmatch(text)
        if named is None:
            raise Refused(f"{where}: '{text[:80]}' is no message: an id looks like 3-12.", code="BAD_ID")
        if int(named[1]) != account_id:
            raise Refused(f"{where}: {named[1]}-{named[2]} is of another account.", code="BAD_ID")
        found.setdefault(int(named[2]), where)
    if not found:
        raise Refused(
            f"{file} names no message. If the relay took none of them, settle their ids with --resend.",
            code="BAD_SETTLEMENT",
        )
    return found


def _plain_person(account_id: int, person: CampaignPerson) -> dict[str, Any]:
    return {
        "id": None if person.message_id is None else message_name(account_id, person.message_id),
        "contact_id": person.contact_id,
        "address": person.address,
        "state": person.state.value,
        "reason": person.reason.value if person.reason else None,
        "due_at": person.due_at,
        "sent_at": person.sent_at,
        "provider": person.provider,
        "answer": person.answer,
    }


def _plain(account_id: int, doubt: Doubt) -> dict[str, Any]:
    return {
        "id": message_name(account_id, doubt.message_id),
        "channel": doubt.channel.value,
        "address": doubt.address,
        "campaign": doubt.campaign_name,
        "campaign_id": doubt.campaign_id,
        "contact_id": doubt.contact_id,
        "claimed_at": doubt.claimed_at,
        "attempts": doubt.attempts,
        "answer": doubt.answer,
    }


def _numbers(text: str) -> tuple[int, int]:
    found = _ID.fullmatch(text)
    if not found:
        raise Refused(f"'{text}' is no message: an id looks like 3-12.", code="BAD_ID")
    return int(found[1]), int(found[2])
