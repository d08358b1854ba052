"""`postroom notify …`: who is told how drops ended, and whether they were."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_json, print_table, say
from postroom.contacts.errors import Refused, Unavailable

if TYPE_CHECKING:
    from postroom.app.bootstrap import Postroom
    from postroom.notices.message import Event
    from postroom.store.notices import DeliveryState, Logged, Target

app = typer.Typer(help="Notices: who is told how drops ended, by mail or webhook.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's name.")]
TargetArgument = Annotated[str, typer.Argument(metavar="ID", help="The target's id, such as 3-1.")]
DeliveryArgument = Annotated[str, typer.Argument(metavar="ID", help="The delivery's id, such as 3-12.")]

_ID = re.compile(r"([1-9][0-9]{0,8})-([1-9][0-9]{0,17})", re.ASCII)
_MAIL_EVENTS = "rejects,failure"
_WEBHOOK_EVENTS = "success,rejects,failure"


@app.command()
def add(
    ctx: typer.Context,
    account: AccountArgument,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="A mail address.")] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="A URL that takes POST.")] = None,
    on: Annotated[
        str | None,
        typer.Option(
            metavar="EVENTS",
            help=f"Of success,rejects,failure; {_MAIL_EVENTS} for mails and all for webhooks without it.",
        ),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have somebody told how drops of an account end.

    A webhook gets a signing secret, which is shown this once.
    """
    if (email is None) == (webhook is None):
        raise Refused("Name one target: --email ADDRESS or --webhook URL.", code="BAD_TARGET")
    events = _events(on or (_MAIL_EVENTS if email is not None else _WEBHOOK_EVENTS))
    with opened(ctx, data) as postroom:
        target, secret = _added(postroom, account, email, webhook, events)
    if as_json:
        print_json({**_plain(target), "secret": secret})
        return
    say(f"Target {target.public_id} is told of {', '.join(target.events)}: {target.address}")
    if secret is not None:
        say(f"Signing secret, shown this once: {secret}")
    say(f"Try it: postroom notify test {target.public_id}")


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List who is told of an account's drops."""
    from postroom.store import accounts, notices

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        found = notices.targets_of_account(connection, owner.account_id)
    rows = [_plain(target) for target in found]
    if as_json:
        print_json(rows)
        return
    columns = {
        "id": "Id",
        "kind": "Kind",
        "address": "Address",
        "events": "Events",
        "created_at": "Created",
        "disabled_reason": "Switched off",
    }
    print_table(columns, rows, empty=f"Nobody is told of {account}'s drops. postroom notify add {account}")


@app.command()
def remove(
    ctx: typer.Context, target_id: TargetArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Tell somebody nothing more.

    What is on its way to them is forgotten, and their part of the log.
    """
    from postroom.store import notices

    account_id, number = _numbers(target_id)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        notices.remove_target(connection, account_id, number)
    if as_json:
        print_json({"removed": target_id})
    else:
        say(f"Target {target_id} is removed.")


@app.command()
def enable(
    ctx: typer.Context, target_id: TargetArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Switch a target on again that was switched off because its receiver answered 410 Gone."""
    from postroom.store import notices

    account_id, number = _numbers(target_id)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        notices.enable_target(connection, account_id, number)
        target = notices.target_by_id(connection, account_id, number)
    if as_json:
        print_json(_plain(target))
    else:
        say(f"Target {target_id} is switched on.")


@app.command("test")
def try_(
    ctx: typer.Context, target_id: TargetArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Send a test to a target now and say what its receiver answered.

    The exit code is 6 when it did not arrive.
    """
    from postroom.notices.carrying import Verdict
    from postroom.notices.targets import send_trial, trial_message
    from postroom.store import accounts, notices

    account_id, number = _numbers(target_id)
    with opened(ctx, data) as postroom:
        with postroom.database.transaction() as connection:
            target = notices.target_by_id(connection, account_id, number)
            owner = accounts.account_by_id(connection, account_id)
        message = trial_message(owner, target, now=postroom.room.clock())
        answer = send_trial(postroom.office, target, message)
    if answer.verdict is not Verdict.DELIVERED:
        raise Unavailable(f"The test did not arrive at {target.address}: {answer.text}", code="NOT_DELIVERED")
    if as_json:
        print_json({"id": target_id, "address": target.address, "answer": answer.text})
    else:
        say(f"The test has arrived at {target.address}: {answer.text}")


@app.command()
def deliveries(
    ctx: typer.Context,
    account: AccountArgument,
    state: Annotated[
        str | None, typer.Option(metavar="STATE", help="Only those waiting, delivered or failed.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Most deliveries to list.")] = 100,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was told to whom and what came of it, the newest first."""
    from postroom.store import accounts, notices

    wanted = _state(state)
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        found = notices.deliveries_of_account(connection, owner.account_id, state=wanted, limit=limit)
    rows = [_plain_delivery(logged) for logged in found]
    if as_json:
        print_json(rows)
        return
    columns = {
        "id": "Id",
        "type": "What",
        "about": "About",
        "address": "To",
        "state": "State",
        "attempts": "Attempts",
        "answer": "Last answer",
        "next_at": "Next attempt",
        "created_at": "Created",
    }
    print_table(columns, rows, empty=f"Nothing{f' {wanted}' if wanted else ''} in the log of {account}.")


@app.command()
def retry(
    ctx: typer.Context, delivery_id: DeliveryArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Send again what failed or waits, with all its attempts before it."""
    from postroom.notices.delivering import retry as send_again

    account_id, number = _numbers(delivery_id)
    with opened(ctx, data) as postroom:
        delivery = send_again(postroom.office, account_id, number)
    if as_json:
        print_json({"id": delivery.public_id, "state": delivery.state})
    else:
        say(f"Delivery {delivery.public_id} is on its way again; `postroom serve` sends it.")


def _added(
    postroom: Postroom, account: str, email: str | None, webhook: str | None, events: Sequence[Event]
) -> tuple[Target, str | None]:
    from postroom.app.notifying import webhook_rules
    from postroom.notices import targets
    from postroom.store import accounts

    settings, office = postroom.settings, postroom.office
    if email is not None and settings.smtp_host is None:
        raise Refused(
            "Mails cannot be sent: no mail server is set. Set POSTROOM_SMTP_HOST and POSTROOM_SMTP_FROM, "
            "here and where `postroom serve` runs.",
            code="NO_MAIL_SERVER",
        )
    with postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        if email is not None:
            return targets.add_email(office, connection, owner, email, events), None
        rules = webhook_rules(settings)
        return targets.add_webhook(office, connection, owner, webhook or "", events, rules)


def _events(text: str) -> list[Event]:
    from postroom.notices.message import Event

    known = {event.value: event for event in Event}
    words = [word.strip() for word in text.split(",")]
    unknown = [word for word in words if word not in known]
    if unknown:
        raise Refused(f"There is no event '{unknown[0]}'. Known: {', '.join(known)}.", code="BAD_EVENT")
    return [event for event in Event if event.value in words]


def _state(text: str | None) -> DeliveryState | None:
    from postroom.store.notices import DELIVERY_STATES

    if text is None:
        return None
    for state in DELIVERY_STATES:
        if state == text:
            return state
    raise Refused(f"There is no state '{text}'. Known: {', '.join(DELIVERY_STATES)}.", code="BAD_STATE")


def _numbers(text: str) -> tuple[int, int]:
    numbers = _ID.fullmatch(text)
    if numbers is None:
        raise Refused(f"'{text}' is no id; one looks like 3-1.", code="BAD_ID")
    return int(numbers[1]), int(numbers[2])


def _plain(target: Target) -> dict[str, Any]:
    return {
        "id": target.public_id,
        "kind": target.kind,
        "address": target.address,
        "events": target.events,
        "created_at": target.created_at,
        "disabled_at": target.disabled_at,
        "disabled_reason": target.disabled_reason,
    }


def _plain_delivery(logged: Logged) -> dict[str, Any]:
    delivery = logged.delivery
    return {
        "id": delivery.public_id,
        "target": f"{delivery.account_id}-{delivery.target_id}" if delivery.target_id else None,
        "kind": logged.kind,
        "address": logged.address,
        "message_id": delivery.message_id,
        "type": delivery.type,
        "about": delivery.about,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "answer": delivery.answer,
        "created_at": delivery.created_at,
        "attempted_at": delivery.attempted_at,
        "next_at": delivery.next_at,
    }
