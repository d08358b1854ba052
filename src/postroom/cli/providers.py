"""`postroom provider …`: who carries SMS and calls, and whether they can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from postroom.cli.calls import DataOption, JsonOption, load_settings
from postroom.cli.output import print_json, print_table, say
from postroom.contacts.errors import Conflict, Refused

if TYPE_CHECKING:
    from postroom.sending.carrying import Handover, Letter
    from postroom.sending.phone.phones import Phones

app = typer.Typer(help="Providers of SMS, voice and voicemail, as the file of POSTROOM_PROVIDERS has them.")

_COLUMNS = {
    "name": "Provider",
    "kind": "Kind",
    "channels": "Channels (weight)",
    "account": "Account",
    "where": "Where",
    "back": "Comes back",
}


@app.command("list")
def list_(ctx: typer.Context, data: DataOption = None, as_json: JsonOption = False) -> None:
    """List the providers, without their secrets."""
    from postroom.app.phones import described_providers

    found = described_providers(load_settings(ctx, data))
    rows = [
        {
            "name": each.name,
            "kind": each.kind,
            "channels": {channel.value: weight for channel, weight in each.weights.items()},
            "account": each.account,
            "where": each.where,
            "back": each.comes_back,
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
        return
    weights = [", ".join(f"{channel} ({each})" for channel, each in one.weights.items()) for one in found]
    shown = [{**row, "channels": text} for row, text in zip(rows, weights, strict=True)]
    print_table(_COLUMNS, shown, empty="There is no provider. POSTROOM_PROVIDERS names the file of them.")


@app.command("test")
def try_(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A provider, by its name.")],
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Reach a provider: over SMPP bind and ask for a sign of life, by HTTP connect. Nothing is sent."""
    from postroom.app.phones import lone_phones

    phones = lone_phones(load_settings(ctx, data))
    try:
        said = phones.carrier_of(name).check()
    finally:
        phones.close()
    if as_json:
        print_json({"name": name, "answer": said})
    else:
        say(f"{name}: {said}")


@app.command()
def sms(
    ctx: typer.Context,
    number: Annotated[str, typer.Argument(metavar="NUMBER", help="To whom, such as +33612345678.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What it says, as it stands.")],
    count: Annotated[
        bool, typer.Option("--count", help="Only tell how many parts it takes; send nothing.")
    ] = False,
    provider: Annotated[
        str, typer.Option(metavar="NAME", help="By which provider; else by the first of SMS.")
    ] = "",
    sender: Annotated[
        str, typer.Option(metavar="SENDER", help="Number, short code or name; else the provider's.")
    ] = "",
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Count the parts of an SMS, and send it at once unless --count is given.

    It is a trial of a provider: no account's, no event, and without STOP mention.
    """
    from postroom.app.phones import lone_phones
    from postroom.sending.phone.counting import size_of
    from postroom.sending.phone.texts import sms_text

    said = sms_text(text, None, marketing=False, stop="off")
    size = size_of(said)
    facts: dict[str, object] = {"encoding": size.encoding.shown, "units": size.units, "parts": size.parts}
    if not count:
        phones = lone_phones(load_settings(ctx, data))
        try:
            facts |= _sent(phones, provider or _first_of_sms(phones), _letter(number, said, sender))
        finally:
            phones.close()
    if as_json:
        print_json(facts)
        return
    parts = "1 part" if size.parts == 1 else f"{size.parts} parts"
    say(f"{parts} of {size.encoding.shown} ({size.units} units)")
    if not count:
        say(f"sent by {facts['provider']}, which calls it {facts['provider_id'] or 'nothing'}")


def _letter(number: str, text: str, sender: str) -> Letter:
    from postroom.contacts.addresses import phone
    from postroom.contacts.channels import Channel
    from postroom.sending.carrying import Letter

    address = phone(number, "FR", "mobile")
    if address is None:
        raise Refused(f"'{number}' is no mobile number such as +33612345678.", code="BAD_NUMBER")
    return Letter(0, 0, Channel.SMS, sender, address, text.encode())


def _sent(phones: Phones, provider: str, letter: Letter) -> dict[str, object]:
    from postroom.sending.carrying import Fate

    ends: list[Handover] = []
    phones.carrier_of(provider).carry([letter], lambda _letter, handover: ends.append(handover))
    (end,) = ends
    if end.fate is not Fate.SENT:
        raise Conflict(f"{provider}: {end.fate.value}: {end.answer}", code=end.fate.name)
    return {"provider": provider, "provider_id": end.provider_id, "answer": end.answer}


def _first_of_sms(phones: Phones) -> str:
    from postroom.contacts.channels import Channel

    for name, each in phones.providers.items():
        if Channel.SMS in each.weights:
            return name
    raise Refused(
        "There is no provider of SMS. POSTROOM_PROVIDERS names the file of them.", code="NO_PROVIDER"
    )
