"""Charlie tries Alice's ids wherever the document has room for one: each is answered as if nobody had it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.templates import Content, Variant
from postroom.drops.room import Room
from postroom.store import templates
from postroom.web.app import create_app
from tests.conftest import Person
from tests.integration.drops.sender import Sender
from tests.integration.ingest.relational.keeper import Keeper
from tests.integration.web.document.state import state_of
from tests.integration.web.site import Credentials, Site, bearer
from tests.unit.web.test_app import roomless

PEOPLE = "Email;Nom\n" + "".join(f"person{number}@example.com;Durand\n" for number in range(9))
NOBODYS = 987_654_321
"""No list, contact, deposit or table has this id."""

_ID = re.compile(r"(^|_)ids?$|Ids?$|^id$")
_VOLATILE = {"id", "etag", "dateCreated", "dateUpdated", "created_at", "updated_at"}


@dataclass(frozen=True)
class Slot:
    """A place for an id in a call: `where` is path, query, body or, inside of metaData, meta."""

    method: str
    path: str
    where: str
    name: str
    action: str | None = None
    many: bool = False

    def __str__(self) -> str:
        """Name it in the list of tests."""
        action = f"?action={self.action}" if self.action else ""
        return f"{self.method} {self.path}{action} {self.where}:{self.name}"


def slots(document: Mapping[str, Any]) -> Iterator[Slot]:
    """Find every place for an id, of every action of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if not path.startswith(("/rest/", "/v1/")):
                continue
            parameters = operation.get("parameters", [])
            for action in _actions(parameters):
                for parameter in parameters:
                    if _ID.search(parameter["name"]):
                        yield Slot(method, path, parameter["in"], parameter["name"], action)
                if path.startswith("/rest/"):
                    yield Slot(method, path, "meta", "contactIds", action)
                else:
                    for name, schema in _properties(document, operation).items():
                        if _ID.search(name):
                            yield Slot(method, path, "body", name, many=schema.get("type") == "array")


def _actions(parameters: list[dict[str, Any]]) -> list[str | None]:
    for parameter in parameters:
        if parameter["name"] == "action":
            return [*parameter["schema"].get("enum", []), None]
    return [None]


def _properties(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        found |= _resolved(document, content["schema"]).get("properties", {})
    return {name: _resolved(document, schema) for name, schema in found.items()}


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in schema:
        return _resolved(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    for alternative in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        resolved = _resolved(document, alternative)
        if resolved.get("type") != "null":
            return resolved
    return schema


SLOTS = list(slots(create_app(roomless(), version="1.2.3").openapi()))


@dataclass(frozen=True)
class Ids:
    """What an account has: a list, a contact, a deposit, a table and a template."""

    list_id: int
    contact_id: int
    drop_id: int
    table_id: int
    template_id: int


def count_from_far(room: Room, person: Person) -> None:
    """Have ids begin where no other number in an answer is taken for one."""
    with room.database.transaction() as connection:
        connection.execute("alter table lists alter column list_id restart with 700001")
        connection.execute("alter table relational_tables alter column table_id restart with 600001")
        connection.execute("alter table drops alter column drop_id restart with 800001")
        connection.execute("alter table templates alter column template_id restart with 400001")
        connection.execute("insert into contact_ids values (%s, 500001)", [person.account.account_id])


def furnished(room: Room, person: Person, contact: int) -> Ids:
    """Give a person a list with contacts; return ids, of the contact with this number."""
    drop = Sender(room, person).drop("people.csv", PEOPLE if contact else "Email\nme@example.com\n")
    with room.database.transaction() as connection:
        wanted = {"account_id": person.account.account_id}
        lists = connection.execute(
            "select list_id from lists where account_id = %(account_id)s", wanted
        ).fetchone()
        contacts = connection.execute(
            "select contact_id from contacts where account_id = %(account_id)s order by contact_id", wanted
        ).fetchall()
    assert lists is not None
    contact_id = contacts[contact]["contact_id"]
    table_id = _table(room, person, contact_id)
    return Ids(lists["list_id"], contact_id, drop.drop_id, table_id, _template(room, person))


def _template(room: Room, person: Person) -> int:
    """Make a template; return its id."""
    content = Content(Channel.SMS, {"": Variant(text="Hello")})
    with room.database.transaction() as connection:
        account_id = person.account.account_id
        made = templates.create_template(connection, account_id, "Hello", content, now=room.clock())
    return made.template_id


def _table(room: Room, person: Person, contact_id: int) -> int:
    """Make a table with a row of a contact; return its id."""
    table = Keeper(room, person).define("orders", key="oid")
    with room.database.transaction() as connection:
        connection.execute(
            "insert into relational_rows values (%s, %s, 'o1', %s, null, '{}', now(), now())",
            [person.account.account_id, table.table_id, contact_id],
        )
    return table.table_id


def call(site: Site, token: str, slot: Slot, tried: int, own: Ids) -> httpx.Response:
    """Make the call of a slot with an id there, and Charlie's own ids wherever else one is needed."""
    path, query, meta = slot.path, {}, {"name": "Mine"}
    body: dict[str, Any] = {"name": "Mine"}
    for name in re.findall(r"{(\w+)}", path):
        value = tried if (slot.where, slot.name) == ("path", name) else _own(name, path, own)
        path = path.replace(f"{{{name}}}", str(value))
    if slot.where == "query":
        query[slot.name] = str(tried)
    elif slot.where == "meta":
        query["id"] = str(own.list_id)
        meta[slot.name] = str(tried)
    elif slot.where == "body":
        body[slot.name] = [own.list_id, tried] if slot.name == "list_ids" else [tried] if slot.many else tried
    if slot.action:
        query |= {"action": slot.action, "name": "Mine"}
    if slot.name == "listIds":
        query["listIds"] = f"{own.list_id},{tried}"
    kwargs: dict[str, Any] = {"params": query, "headers": bearer(token)}
    if slot.path.startswith("/rest/"):
        kwargs["data"] = {"metaData": json.dumps(meta)}
    elif slot.where == "body" or slot.method in {"post", "patch", "put"}:
        kwargs["json"] = body
    return site.calls.request(slot.method, path, **kwargs)


def _own(name: str, path: str, own: Ids) -> int | str:
    if name == "suffix":
        return "json"
    if path.startswith("/v1/tables"):
        return own.table_id
    if path.startswith("/v1/templates"):
        return own.template_id
    if "contact" in name or "/contacts/{" in path:
        return own.contact_id
    return own.drop_id if "/drops" in path or "/imports" in path else own.list_id


def comparable(answer: httpx.Response, tried: int) -> tuple[int, Any]:
    """Return an answer without what differs from call to call, and without the id itself."""
    text = re.sub(rf"\b{tried}\b", "0", answer.text)
    if "json" not in answer.headers.get("content-type", ""):
        return answer.status_code, text
    return answer.status_code, _stable(json.loads(text))


def _stable(value: Any) -> Any:  # JSON, as it comes
    if isinstance(value, dict):
        return {key: _stable(each) for key, each in value.items() if key not in _VOLATILE}
    return [_stable(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("prefix", ["/rest/", "/v1/"])
def test_the_document_has_places_for_ids(prefix: str) -> None:
    assert len([slot for slot in SLOTS if slot.path.startswith(prefix)]) > 5


@pytest.mark.parametrize("prefix", ["/rest/", "/v1/"])
@pytest.mark.parametrize("kind", ["list_id", "contact_id", "drop_id", "table_id", "template_id"])
def test_an_id_of_alices_is_to_charlie_as_one_that_nobody_has(
    web_room: Room,
    site: Site,
    alice: Person,
    charlie: Person,
    stranger: Credentials,
    kind: str,
    prefix: str,
) -> None:
    count_from_far(web_room, alice)
    hers = getattr(furnished(web_room, alice, contact=5), kind)
    own = furnished(web_room, charlie, contact=0)
    token = site.token(stranger)
    before = state_of(web_room, alice)
    for slot in SLOTS:
        if not slot.path.startswith(prefix):
            continue

        foreign = call(site, token, slot, hers, own)
        absent = call(site, token, slot, NOBODYS, own)

        assert comparable(foreign, hers) == comparable(absent, NOBODYS), slot
        assert foreign.status_code < 500, slot
        assert state_of(web_room, alice) == before, slot
