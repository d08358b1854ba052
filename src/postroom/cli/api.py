"""`postroom api …`: what programs do over the API, by hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from postroom.cli.calls import JsonOption
from postroom.cli.output import print_facts, print_json, print_table, say
from postroom.contacts.errors import Conflict, Denied, Missing, PostroomError, Refused, Unavailable

if TYPE_CHECKING:
    from postroom.client import Client, Contact, ContactList, Import, Problem

app = typer.Typer(help="Call the API of a server, here or elsewhere, as one of its clients.")
lists = typer.Typer(help="Lists, over the API.")
contacts = typer.Typer(help="Contacts, over the API.")
app.add_typer(lists, name="list", no_args_is_help=True)
app.add_typer(contacts, name="contact", no_args_is_help=True)

UrlOption = Annotated[
    str, typer.Option("--url", envvar="API_URL", metavar="URL", help="Where the server is.")
]
ClientOption = Annotated[
    str,
    typer.Option(
        "--client", envvar="CLIENT_ID", metavar="ID", help="The client's id; its secret is in CLIENT_SECRET."
    ),
]
ListArgument = Annotated[int, typer.Argument(metavar="LIST", min=1, help="The list's id.")]
ContactsArgument = Annotated[list[int], typer.Argument(metavar="CONTACT…", help="Contacts, by id.")]
HERE = "http://localhost:8080"

_LIST_COLUMNS = {"id": "Id", "name": "Name", "description": "Description", "updated_at": "Updated"}
_CONTACT_COLUMNS = {
    "id": "Id",
    "first_name": "First name",
    "last_name": "Last name",
    "email": "E-mail",
    "mobile": "Mobile",
    "phone": "Phone",
    "list_ids": "Lists",
}


@contextmanager
def calling(url: str, client_id: str) -> Iterator[Client]:
    """Yield a client of a server; what it refuses ends the command like an error of our own."""
    from postroom.client import Client, Problem, Unreachable

    secret = os.environ.get("CLIENT_SECRET")
    if not secret:
        raise Refused("Put the client's secret into the environment: CLIENT_SECRET.", code="NO_SECRET")
    try:
        with Client(url, client_id, secret) as client:
            yield client
    except Unreachable as failed:
        raise Unavailable(str(failed), code="UNREACHABLE") from failed
    except Problem as problem:
        raise _error_of(problem) from problem


def _error_of(problem: Problem) -> PostroomError:
    from postroom import client

    kinds: dict[type[Problem], type[PostroomError]] = {
        client.NotFound: Missing,
        client.Forbidden: Denied,
        client.Unauthorized: Denied,
        client.Busy: Conflict,
        client.Changed: Conflict,
        client.TooManyCalls: Conflict,
        client.ServerFailed: Unavailable,
    }
    said = f"{problem.message} (request {problem.request_id})" if problem.status >= 500 else problem.message
    return kinds.get(type(problem), Refused)(said, code=problem.code)


@lists.command("list")
def list_lists(
    client: ClientOption,
    url: UrlOption = HERE,
    stats: Annotated[bool, typer.Option("--stats", help="Count whom each medium reaches.")] = False,
    as_json: JsonOption = False,
) -> None:
    """List the lists."""
    with calling(url, client) as api:
        found = [_plain(each) for each in api.lists.all(stats=stats)]
    if as_json:
        print_json(found)
        return
    counted = {"subscribers": "Contacts", "email": "E-mail", "sms": "SMS", "voice": "Voice"} if stats else {}
    print_table(
        _LIST_COLUMNS | counted, [each | (each["stats"] or {}) for each in found], empty="There is no list."
    )


@lists.command("show")
def show_list(
    list_id: ListArgument, client: ClientOption, url: UrlOption = HERE, as_json: JsonOption = False
) -> None:
    """Show one list and whom it reaches."""
    with calling(url, client) as api:
        _show(api.lists.get(list_id), as_json=as_json)


@lists.command("create")
def create_list(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    client: ClientOption,
    url: UrlOption = HERE,
    description: Annotated[str | None, typer.Option("--description", help="What it is for.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Make a list."""
    with calling(url, client) as api:
        _show(api.lists.create(name, description), as_json=as_json)


@lists.command("rename")
def rename_list(
    list_id: ListArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called from now on.")],
    client: ClientOption,
    url: UrlOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Give a list another name."""
    with calling(url, client) as api:
        _show(api.lists.update(list_id, name=name), as_json=as_json)


@lists.command("merge")
def merge_lists(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the new list is called.")],
    list_ids: Annotated[list[int], typer.Argument(metavar="LIST…", help="Two lists or more, by id.")],
    client: ClientOption,
    url: UrlOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Make a list of all who are on any of these."""
    with calling(url, client) as api:
        _show(api.lists.merge(list_ids, name), as_json=as_json)


@lists.command("delete")
def delete_list(
    list_id: ListArgument, client: ClientOption, url: UrlOption = HERE, as_json: JsonOption = False
) -> None:
    """Delete a list; its contacts stay."""
    with calling(url, client) as api:
        api.lists.delete(list_id)
    if as_json:
        print_json({"deleted": list_id})
    else:
        say(f"List {list_id} is deleted.")


@lists.command("add")
def add_contacts(
    list_id: ListArgument,
    contact_ids: ContactsArgument,
    client: ClientOption,
    url: UrlOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Put contacts on a list."""
    with calling(url, client) as api:
        count = api.lists.add(list_id, contact_ids)
    _tell_count(count, "put on the list", as_json=as_json)


@lists.command("remove")
def remove_contacts(
    list_id: ListArgument,
    contact_ids: ContactsArgument,
    client: ClientOption,
    url: UrlOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Take contacts off a list."""
    with calling(url, client) as api:
        count = api.lists.remove(list_id, contact_ids)
    _tell_count(count, "taken off the list", as_json=as_json)


@contacts.command("find")
def find_contacts(  # noqa: PLR0913, PLR0917  # one option for each filter
    client: ClientOption,
    url: UrlOption = HERE,
    email: Annotated[str | None, typer.Option("--email", help="With this e-mail.")] = None,
    mobile: Annotated[str | None, typer.Option("--mobile", help="With this mobile.")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="With this fixed phone.")] = None,
    reference: Annotated[str | None, typer.Option("--reference", help="With this reference.")] = None,
    list_id: Annotated[int | None, typer.Option("--list", min=1, help="On this list, by id.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many at most.")] = 100,
    as_json: JsonOption = False,
) -> None:
    """Find contacts for whom all of this holds."""
    with calling(url, client) as api:
        found = api.contacts.find(
            email=email, mobile=mobile, phone=phone, reference=reference, list_id=list_id
        )
        rows = [_plain(each) for each in islice(found, limit)]
    if as_json:
        print_json(rows)
    else:
        print_table(_CONTACT_COLUMNS, rows, empty="There is no such contact.")


@contacts.command("delete")
def delete_contact(
    contact_id: Annotated[int, typer.Argument(metavar="CONTACT", min=1, help="The contact's id.")],
    client: ClientOption,
    url: UrlOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Delete a contact; opt-outs of its addresses stay."""
    with calling(url, client) as api:
        api.contacts.delete(contact_id)
    if as_json:
        print_json({"deleted": contact_id})
    else:
        say(f"Contact {contact_id} is deleted.")


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="The file.")],
    client: ClientOption,
    url: UrlOption = HERE,
    name: Annotated[str | None, typer.Option("--name", help="The list's name; else the file's.")] = None,
    header: Annotated[
        bool | None,
        typer.Option("--header/--no-header", help="Whether its first line is one; else it says so itself."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Import a file into a new list, and wait for its end; a refused one ends with exit code 2."""
    with calling(url, client) as api:
        tell = None if as_json else _teller()
        done = api.import_file(file, name=name, has_header=header, on_progress=tell)
    plain = asdict(done)
    if as_json:
        print_json(plain)
    else:
        failure = plain.pop("failure")
        print_facts(plain | {"failure": failure["text"] if failure else None, "notes": done.notes or None})
    if done.status == "ko":
        raise typer.Exit(2)


def _teller() -> Callable[[Import], None]:
    """Return what says how an import stands, each time that changes."""
    last = ""

    def tell(found: Import) -> None:
        nonlocal last
        said = f"{found.status}: {found.lines} lines"
        if said != last:
            say(said)
        last = said

    return tell


def _show(found: ContactList, *, as_json: bool) -> None:
    plain = _plain(found)
    if as_json:
        print_json(plain)
        return
    stats = plain.pop("stats") or {}
    print_facts(plain | stats)


def _plain(found: ContactList | Contact) -> dict[str, Any]:
    # An entity tag is for programs that change what they read, which a command does at once.
    return {name: value for name, value in asdict(found).items() if name != "etag"}


def _tell_count(count: int, what: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"count": count})
    else:
        say(f"{count} contacts {what}.")
