"""`postroom template …`: what messages are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import DataOption, JsonOption, opened
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Missing, Refused

if TYPE_CHECKING:
    from postroom.contacts.templates import Content
    from postroom.store.database import Connection
    from postroom.store.templates import Template

app = typer.Typer(help="Templates: what messages are made of.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.")]
NameArgument = Annotated[str, typer.Argument(metavar="TEMPLATE", help="A template, by its name.")]
FileOption = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, metavar="FILE")]
LanguageOption = Annotated[
    str | None, typer.Option(metavar="LANGUAGE", help="Two letters; without it, for everybody else.")
]

_COLUMNS = {
    "name": "Name",
    "channel": "Channel",
    "languages": "Languages",
    "updated_at": "Changed",
    "id": "Id",
}
_LINK_COLUMNS = {"id": "Link", "name": "Name", "categories": "Categories", "url": "URL"}
_LARGEST_FILE = 4_000_000


def _channel(text: str) -> Channel:
    """Read a channel in capitals or small letters: Typer's own way would name all in small ones."""
    try:
        return Channel(text.upper())
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(Channel)}.") from None


@app.command("list")
def list_(
    ctx: typer.Context, account: AccountArgument, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the templates of an account."""
    from postroom.store import accounts, templates

    with opened(ctx, data) as postroom, postroom.database.reading() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found: list[dict[str, Any]] = [
            {
                "id": each.template_id,
                "name": each.name,
                "channel": each.channel.value,
                "languages": each.languages,
                "created_at": each.created_at,
                "updated_at": each.updated_at,
            }
            for each in templates.list_templates(connection, owner)
        ]
    if as_json:
        print_json(found)
        return
    rows = [{**each, "languages": [language or "any" for language in each["languages"]]} for each in found]
    print_table(_COLUMNS, rows, empty=f"Account {account} has no template.")


@app.command()
def put(  # noqa: PLR0913, PLR0917  # each is an option of the command
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    channel: Annotated[
        Channel | None,
        typer.Option(
            parser=_channel, metavar="CHANNEL", help=f"Of a new template: {', '.join(Channel)}; else EMAIL."
        ),
    ] = None,
    language: LanguageOption = None,
    subject: Annotated[str | None, typer.Option(metavar="TEXT", help="The subject of a mail.")] = None,
    html: FileOption = None,
    text: FileOption = None,
    sender: Annotated[
        str | None, typer.Option(metavar="SENDER", help='"Shop <news@shop.example>", or a number or name.')
    ] = None,
    reply_to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where answers go.")] = None,
    default: Annotated[
        list[str] | None, typer.Option(metavar="FIELD=VALUE", help="What stands for an empty field.")
    ] = None,
    tracking: Annotated[
        bool | None, typer.Option("--tracking/--no-tracking", help="Track links and openings.")
    ] = None,
    marketing: Annotated[
        bool | None, typer.Option("--marketing/--no-marketing", help="Give recipients a way out.")
    ] = None,
    drop_language: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help="Take a language away.")
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a template or change one: what is not named stays as it is."""
    from postroom.contacts.templates import Content
    from postroom.sending.previewing import check_content
    from postroom.store import accounts, templates

    given: dict[str, str | None] = {"subject": subject, "html": _read(html), "text": _read(text)}
    facts: dict[str, Any] = {
        "sender": sender,
        "reply_to": reply_to,
        "tracking": tracking,
        "marketing": marketing,
    }
    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account)
        try:
            found: Template | None = templates.template_named(connection, owner.account_id, name)
        except Missing:
            found = None
        content = found.content if found else Content(channel or Channel.EMAIL, {})
        if channel is not None and content.channel is not channel:
            said = f"{name} is for {content.channel.value}; make another template for {channel.value}."
            raise Refused(said, code="BAD_CHANNEL")
        content = replace(content, **{key: value for key, value in facts.items() if value is not None})
        content = _with_variant(content, language, given)
        content = _without(content, drop_language)
        content = replace(content, defaults={**content.defaults, **_defaults(default or [])})
        kept = _keep(connection, owner.account_id, found, name, content)
        warnings = check_content(content, owner.settings).warnings
    _show(kept, as_json=as_json)
    if not as_json:
        _note(warnings)


@app.command()
def show(
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a template with all that it says."""
    _show(_found(ctx, data, account, name), as_json=as_json, whole=True)


@app.command()
def preview(  # each is an option of the command
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    contact: Annotated[int | None, typer.Option(metavar="ID", help="For this contact; else nobody.")] = None,
    language: Annotated[
        str | None, typer.Option(metavar="LANGUAGE", help="Instead of the contact's.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(dir_okay=False, metavar="FILE", help="Write it to a .html, .txt or .eml file."),
    ] = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the message that a contact would get now, or say why it would get none; nothing is sent."""
    from postroom.sending.content import Unsendable
    from postroom.sending.previewing import preview as previewed
    from postroom.sending.tokens import Tokens
    from postroom.store import accounts, templates

    with opened(ctx, data) as postroom, postroom.database.reading() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        content = templates.template_named(connection, owner, name).content
        url = postroom.settings.tracking_url or postroom.settings.http_url
        tokens = Tokens(postroom.room.sealer, url) if url else None
        made = previewed(connection, owner, content, contact_id=contact, language=language, tokens=tokens)
    if isinstance(made, Unsendable):
        raise Refused(f"No message: {made.detail} ({made.reason.value}).", code=made.reason.value)
    if output is not None:
        output.write_bytes(_written(output.suffix.lower(), made, content))
    if as_json:
        plain = {name: getattr(made, name) for name in ("language", "subject", "html", "text")}
        print_json({**plain, **_cost(content, made.text)})
    elif output is not None:
        say(f"Written to {output}.")
    else:
        _say_lines(f"{made.subject}\n\n{made.text}" if made.subject else made.text)
        if cost := _cost(content, made.text):
            say(
                f"--- {cost['parts']} part{'s' * (cost['parts'] != 1)} of {cost['encoding']} "
                f"({cost['units']} units)"
            )
    if language and not made.language and not as_json:
        say(f"Note: there is no variant in '{language}', so this is the one for everybody else.")


@app.command()
def check(
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which links and fields a template has, and what is odd about it."""
    from postroom.sending.previewing import check_content
    from postroom.store import accounts, templates

    with opened(ctx, data) as postroom, postroom.database.reading() as connection:
        owner = accounts.account_by_name(connection, account)
        content = templates.template_named(connection, owner.account_id, name).content
        found = check_content(content, owner.settings)
    links = [
        {"id": each.link_id, "name": each.name, "categories": list(each.categories), "url": each.url}
        for each in found.links
    ]
    plain = {
        "languages": list(found.languages),
        "fields": list(found.fields),
        "links": links,
        "warnings": list(found.warnings),
    }
    if as_json:
        print_json(plain)
        return
    languages = [each or "any" for each in found.languages]
    print_facts({"languages": languages, "fields": plain["fields"] or None})
    print_table(_LINK_COLUMNS, links, empty="It has no link that can be tracked.")
    _note(found.warnings)


@app.command()
def delete(
    ctx: typer.Context,
    account: AccountArgument,
    name: NameArgument,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a template that no campaign still to be launched uses; others go on."""
    from postroom.store import accounts, templates

    with opened(ctx, data) as postroom, postroom.database.transaction() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        found = templates.template_named(connection, owner, name)
        templates.delete_template(connection, owner, found.template_id)
    if as_json:
        print_json({"id": found.template_id, "name": found.name})
    else:
        say(f"{name} is deleted.")


def _cost(content: Content, text: str) -> dict[str, Any]:
    """Return what an SMS costs: how it is written, and in how many parts; nothing of other channels."""
    from postroom.contacts.channels import Channel
    from postroom.sending.phone.counting import size_of

    if content.channel is not Channel.SMS:
        return {}
    size = size_of(text)
    return {"parts": size.parts, "encoding": size.encoding.shown, "units": size.units}


def _found(ctx: typer.Context, data: Path | None, account: str, name: str) -> Template:
    from postroom.store import accounts, templates

    with opened(ctx, data) as postroom, postroom.database.reading() as connection:
        owner = accounts.account_by_name(connection, account).account_id
        return templates.template_named(connection, owner, name)


def _keep(
    connection: Connection, owner: int, found: Template | None, name: str, content: Content
) -> Template:
    from postroom.sending import templates as keeping

    now = datetime.now(UTC)
    if found is None:
        return keeping.create(connection, owner, name, content, now=now)
    return keeping.update(connection, owner, found.template_id, content=content, now=now)


def _with_variant(content: Content, language: str | None, given: dict[str, str | None]) -> Content:
    from postroom.contacts.templates import Variant, language_of

    said = {name: value for name, value in given.items() if value is not None}
    if not said:
        return content
    called = language_of(language or "")
    before = content.variants.get(called, Variant())
    return replace(content, variants={**content.variants, called: replace(before, **said)})


def _without(content: Content, language: str | None) -> Content:
    if language is None:
        return content
    if language not in content.variants:
        raise Missing(f"The template says nothing in '{language}'.", code="NO_LANGUAGE")
    return replace(content, variants={name: v for name, v in content.variants.items() if name != language})


def _defaults(given: list[str]) -> dict[str, str]:
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise Refused(f"'{each}' is not FIELD=VALUE.", code="BAD_DEFAULT")
        found[name.strip()] = value
    return found


def _read(path: Path | None) -> str | None:
    if path is None:
        return None
    if path.stat().st_size > _LARGEST_FILE:
        said = f"{path} is too large for a template: {_LARGEST_FILE} bytes at the most."
        raise Refused(said, code="BAD_TEMPLATE")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(f"{path} is not UTF-8.", code="BAD_TEMPLATE") from None


def _written(suffix: str, made: Any, content: Content) -> bytes:  # noqa: ANN401  # types are not imported
    from postroom.sending.content.mails import BOTH, build_mail

    if suffix == ".eml":
        return build_mail(
            made,
            sender=content.sender or "sender@preview.invalid",
            to="recipient@preview.invalid",
            reply_to=content.reply_to,
            message_id="preview@preview.invalid",
            date=datetime.now(UTC),
            format=BOTH,
        )
    if suffix in {".html", ".htm"}:
        return bytes(made.html, "utf-8")
    return bytes(made.text, "utf-8")


def _show(template: Template, *, as_json: bool, whole: bool = False) -> None:
    plain = {
        "id": template.template_id,
        "name": template.name,
        **template.content.as_json(),
        "created_at": template.created_at,
        "updated_at": template.updated_at,
    }
    if as_json:
        print_json(plain)
        return
    languages = [each or "any" for each in template.content.variants]
    defaults = [f"{name}={value}" for name, value in template.content.defaults.items()] or None
    print_facts({**plain, "variants": None, "languages": languages, "defaults": defaults})
    for language, each in template.content.variants.items() if whole else ():
        for label, said in (("subject", each.subject), ("html", each.html), ("text", each.text)):
            if said:
                say("")
                say(f"--- {label}{f' ({language})' if language else ''}")
                _say_lines(said)


def _note(warnings: Sequence[str]) -> None:
    for warning in warnings:
        say(f"Note: {warning}.")


def _say_lines(text: str) -> None:
    for line in text.splitlines():
        say(line)
