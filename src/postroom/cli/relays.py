"""`postroom relay …`: the mail servers that take our mails."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, load_settings
from postroom.cli.output import print_json, print_table, say
from postroom.contacts.errors import Missing, Refused, Unavailable

if TYPE_CHECKING:
    from postroom.app.settings import Settings
    from postroom.sending.mail.checking import Checked
    from postroom.sending.mail.relays import Relay

app = typer.Typer(help="Relays: the mail servers that take our mails.")

_COLUMNS = {
    "name": "Relay",
    "tls": "TLS",
    "username": "User",
    "weight": "Weight",
    "connections": "Connections",
    "messages": "Mails each",
}


@app.command("list")
def list_(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the relays that are set; never their passwords."""
    rows = [_plain(relay) for relay in _relays(load_settings(ctx, data))]
    if as_json:
        print_json(rows)
        return
    print_table(_COLUMNS, rows, empty="No relay is set, so mails wait. Set POSTROOM_RELAYS.")


@app.command("test")
def try_out(
    ctx: typer.Context,
    name: Annotated[
        str | None, typer.Argument(metavar="RELAY", help="One relay, as HOST:PORT; else all.")
    ] = None,
    sender: Annotated[str | None, typer.Option("--from", metavar="ADDRESS", help="Sender of a mail.")] = None,
    to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Send a small mail there.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Connect to relays as sending does (TLS and login too), and say what each offers.

    With --from and --to each hands a small mail over. The exit code is 6 when one does not work.
    """
    if (sender is None) != (to is None):
        raise Refused("A mail needs both: --from ADDRESS --to ADDRESS.", code="BAD_ADDRESS")
    settings = load_settings(ctx, data)
    found = [relay for relay in _relays(settings) if name in {None, relay.name, relay.host}]
    if not found:
        raise Missing(f"There is no relay {name}." if name else "No relay is set.", code="NO_RELAY")
    checked = [_check(relay, settings.relay_hello, sender, to) for relay in found]
    rows = [{**_plain(each.relay), **_result(each)} for each in checked]
    if as_json:
        print_json(rows)
    else:
        for row in rows:
            say(f"{row['name']}: {'works' if row['works'] else 'does not work'}: {row['answer']}")
            if row["works"] or row["offers"]:
                say(f"  offers {', '.join(row['offers']) or 'nothing'}")
    if not all(each.works for each in checked):
        raise typer.Exit(Unavailable.exit_code)


def _check(relay: Relay, hello: str | None, sender: str | None, to: str | None) -> Checked:
    from datetime import UTC, datetime

    from postroom.sending.mail.checking import check_relay, trial_mail

    if sender is None or to is None:
        return check_relay(relay, hello=hello)
    domain = sender.rpartition("@")[2].rstrip(">")
    named = f"trial-{secrets.token_hex(8)}@{domain}"
    mail = trial_mail(sender, to, message_id=named, now=datetime.now(UTC))
    return check_relay(relay, hello=hello, mail=mail)


def _relays(settings: Settings) -> list[Relay]:
    from postroom.sending.mail.relays import read_relays

    return read_relays(settings.relays) if settings.relays is not None else []


def _result(checked: Checked) -> dict[str, Any]:
    return {"works": checked.works, "offers": list(checked.offers), "answer": checked.answer}


def _plain(relay: Relay) -> dict[str, Any]:
    return {
        "name": relay.name,
        "tls": relay.tls,
        "username": relay.username,
        "weight": relay.weight,
        "connections": relay.connections,
        "messages": relay.messages,
        "timeout_seconds": relay.timeout_seconds,
        "final_seconds": relay.final_seconds,
    }
