"""`postroom contact …`: looking people up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import AccountOption, DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, say
from postroom.contacts.errors import Refused
from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.contacts.media import reachable_by

if TYPE_CHECKING:
    from postroom.contacts.settings import AccountSettings

app = typer.Typer()

LIMIT = 100


@app.callback()
def contact() -> None:
    """Contacts: looking people up."""


@app.command()
def find(
    ctx: typer.Context,
    account: AccountOption,
    email: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Who has this e-mail.")] = None,
    mobile: Annotated[str | None, typer.Option(metavar="NUMBER", help="Who has this mobile.")] = None,
    phone: Annotated[str | None, typer.Option(metavar="NUMBER", help="Who has this fixed phone.")] = None,
    reference: Annotated[str | None, typer.Option(metavar="TEXT", help="Who has this reference.")] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the contacts that have all of the given values.

    Addresses may be written in any usual way.
    """
    from postroom.store import accounts, contacts, custom_fields

    given = {"email": email, "mobile": mobile, "phone": phone, "reference": reference}
    if not any(given.values()):
        raise Refused("Say whom to find: --email, --mobile, --phone or --reference.", code="NO_VALUE")
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        wanted = normalised(given, owner.settings)
        found = contacts.find_contacts(connection, owner.account_id, **wanted, limit=LIMIT)
        own = custom_fields.names_of_columns(connection, owner.account_id)
    if as_json:
        print_json([plain_contact(contact, own) for contact in found])
        return
    for contact in found:
        print_facts(contact_facts(contact, own))
        say("")
    more = f" (at most {LIMIT} are shown)" if len(found) == LIMIT else ""
    say(f"{len(found)} found{more}.")


def normalised(given: Mapping[str, str | None], settings: AccountSettings) -> dict[str, str]:
    """Write values to look for as contacts have them; raise Refused when one cannot be such a value."""
    from postroom.contacts import addresses
    from postroom.contacts.cells import clean

    read = {
        "email": addresses.email,
        "mobile": lambda text: addresses.phone(text, settings.region, "mobile"),
        "phone": lambda text: addresses.phone(text, settings.region, "phone"),
        "reference": clean,
    }
    wanted: dict[str, str] = {}
    for name, text in given.items():
        if text is None:
            continue
        value = read[name](text)
        if value is None:
            where = f" in {settings.region}" if name in {"mobile", "phone"} else ""
            raise Refused(f"--{name} '{text}' is not valid{where}: no contact can have it.", code="BAD_VALUE")
        wanted[name] = value
    return wanted


def plain_contact(contact: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, Any]:
    """Return a contact as plain values: id, every field, times, and its lists where they are known.

    `own` has the names of the account's custom fields by column.
    """
    plain = {"id": contact["contact_id"], **{field: contact[field] for field in DOCUMENTED_FIELDS}}
    plain["custom"] = {name: contact[column] for column, name in own.items()}
    plain |= {"created_at": contact["created_at"], "updated_at": contact["updated_at"]}
    if "optouts" in contact:
        plain["reachable_by"] = reachable_by(contact, contact["optouts"])
    return plain | {name: contact[name] for name in ("lists", "optouts") if name in contact}


def contact_facts(contact: Mapping[str, Any], own: Mapping[str, str]) -> dict[str, object]:
    """Return what a contact has, for people; custom fields as files call them."""
    filled = {field: contact[field] for field in DOCUMENTED_FIELDS if contact[field]}
    filled |= {f"custom_{name}": contact[column] for column, name in own.items() if contact[column]}
    times = {"created": contact["created_at"], "updated": contact["updated_at"]}
    optouts = [f"{medium} ({reason})" for medium, reason in contact.get("optouts", {}).items()]
    known: dict[str, object] = {"lists": contact.get("lists") or None, "opted out": optouts or None}
    if "optouts" in contact:
        known["reachable by"] = reachable_by(contact, contact["optouts"]) or None
    return {"id": contact["contact_id"], **filled, **known, **times}
