"""The realm in which golden batches are run, and what one of them made of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from postroom.drops.room import Room
from postroom.store import realms
from postroom.store.credentials import hash_secret
from tests.conftest import MakePerson, Person
from tests.integration.drops.batching import Realm, make_realm
from tests.integration.drops.clock import NOON
from tests.integration.ingest.commands.batches import make_templates
from tests.integration.ingest.relational.keeper import Keeper

PASSWORD = "hidden"
"""Of golden files, and of no realm outside of tests."""

CLIENT, CLIENT_AUTH = "shop", "hidden too"
LISTS = (1, 2, 3, 5, 6, 7, 123)
TEMPLATES = (1, 17, 456)
CHILD_LIST = 8
SENDER = "sender@example.com"

_BEFORE = (
    "cmd=customfieldcreate&fieldname=age&fieldtype=0&description=years",
    "cmd=customfieldcreate&fieldname=gender&fieldtype=1&description=Gender:%20f=female,%20m=male",
    "cmd=sub&list_id=5&data=email,first,last,zip,custom_age^jane@domain.com,Jane,Roe,98011,39^steve@domainC.com,Steve,,,",
    "cmd=sub&list_id=6&data=email^jane@domain.com",
    "cmd=unsub&list_id=6&force_optout=1&data=email^gone@domain.com",
    "cmd=unsub&list_id=0&force_optout=1&data=email^never@domain.com",
    "cmd=save&data=email,first^jane.doe@mydomain.com,Jane",
    "cmd=save&data=email,first,duplicate^twice@domain.com,Ann,^twice@domain.com,Bob,1",
)
_ROW_BEFORE = (
    "cmd=relationalsave&data=email,first,interests.id,interests.category^jane@domain.com,Jane,1,sailing"
)
"""Jane on lists 5 and 6, Steve on 5, an opt-out of list 6 and a global one, two contacts of one address."""

_CONTACTS = """
select c.email, c.first_name, c.last_name, c.zipcode, c.city, c.company, c.phone, c.extra01 as age,
       c.extra02 as gender,
       array(select list_id from memberships m
             where m.account_id = c.account_id and m.contact_id = c.contact_id order by 1) as lists
from contacts c where account_id = %s order by c.email, c.contact_id
"""
_OPTOUTS = "select scope, address from optouts where account_id = %s order by scope, address"
_ROWS = """
select t.name, r.row_key, r.cells from relational_rows r join relational_tables t using (account_id, table_id)
where account_id = %s order by t.name, r.row_key
"""
_REQUESTS = "select kind, list_id from send_requests where account_id = %s order by request_id"


def make_golden_realm(room: Room, make_person: MakePerson) -> Realm:
    """Make the realm `alice` with its lists, contacts, fields, tables and the child realm `child`."""
    realm = make_realm(room, make_person, "alice", language="en")
    child = make_realm(room, make_person, "child", language="en")
    for account_id, list_ids in ((realm.account_id, LISTS), (child.account_id, (CHILD_LIST,))):
        _make_lists(room, account_id, list_ids)
    with room.database.transaction() as connection:
        realms.set_parent(connection, _person(child).account, _person(realm).account)
        realms.create_client(connection, _person(realm).account, CLIENT, now=NOON)
        connection.execute("update realms set password_hash = %s", (hash_secret(PASSWORD),))
        connection.execute(
            "update realm_clients set password_hash = %s, auth_hash = %s",
            (hash_secret(PASSWORD), hash_secret(CLIENT_AUTH)),
        )
        make_templates(connection, realm.account_id, TEMPLATES)
        connection.execute("update lists set template_id = 17 where list_id = 5")
        connection.execute(
            "insert into segments overriding system value values (%s, 3, 'young', 'custom_age < 40', %s, %s)",
            (realm.account_id, NOON, NOON),
        )
    keeper = Keeper(room, _person(realm))
    keeper.define("interests", fields=("category:string", "interest_type:string"))
    keeper.define("mytable", key="uniqueid:string", fields=("mynumber:float",))
    prepared = replace(realm, password=PASSWORD)
    for lines, header in ((_BEFORE, ()), ((_ROW_BEFORE,), ("relational=1",))):
        done = prepared.run(*lines, header=header, name="before.dat")
        assert done.state == "applied", done.outcome
        assert done.outcome is not None
        assert done.outcome["batch"]["failures"] == 0, done.outcome
    return prepared


def asking_for_mail(sent: bytes, name: str) -> bytes:
    """Return a batch with an address for its mail: on a line of its own that was blank, if there is one."""
    if b"confirm" in sent or b"password" not in sent or b"\0" in sent:
        return sent
    if name.endswith(".xml"):
        tag = f"<confirmation_email>{SENDER}</confirmation_email>".encode()
        return re.sub(rb"</password>", lambda found: found[0] + tag, sent, count=1)
    line = f"confirmation_email={SENDER}".encode()
    blank = re.search(rb"(?<=\n)(?=\r?\n)", sent)
    if blank and b"cmd=" not in sent[: blank.start()] and name.endswith(".dat"):
        return sent[: blank.start()] + line + sent[blank.start() :]
    return re.sub(rb"password=[^\r\n]*\r?\n", lambda found: found[0] + line + b"\n", sent, count=1)


def outcome_of(realm: Realm, name: str, sent: bytes) -> dict[str, Any]:
    """Run a batch; return what came of it, told and done."""
    done = realm.send(name, asking_for_mail(sent, name))
    assert done.outcome is not None
    batch = done.outcome["batch"]
    failure = done.outcome["failure"]
    return {
        "state": done.state,
        "failure": f"line {failure['line']}: {failure['text']}" if failure else None,
        "tally": {key: value for key, value in batch["tally"].items() if value},
        "mail": [_mail_lines(mail.delivery.content) for mail in realm.mails()],
        **_state(realm),
    }


def _mail_lines(content: Any) -> list[str]:
    """Return what a mail says, but for when."""
    return [content["subject"], *(line for line in content["text"].splitlines() if "UTC" not in line)]


def _state(realm: Realm) -> dict[str, Any]:
    with realm.room.database.reading() as connection:
        contacts, optouts, rows, requests = (
            connection.execute(query, (realm.account_id,)).fetchall()
            for query in (_CONTACTS, _OPTOUTS, _ROWS, _REQUESTS)
        )
    return {
        "contacts": [" ".join(f"{key}={value}" for key, value in row.items() if value) for row in contacts],
        "optouts": [f"{row['scope']} {row['address']}" for row in optouts],
        "rows": [
            f"{row['name']} {row['row_key']} {json.dumps(row['cells'], sort_keys=True)}" for row in rows
        ],
        "requests": [f"{row['kind']} to list {row['list_id']}" for row in requests],
    }


def _make_lists(room: Room, account_id: int, list_ids: tuple[int, ...]) -> None:
    with room.database.transaction() as connection:
        for list_id in list_ids:
            connection.execute(
                "insert into lists (account_id, list_id, name, created_at, updated_at) "
                "overriding system value values (%s, %s, %s, %s, %s)",
                (account_id, list_id, f"list {list_id}", NOON, NOON),
            )
            connection.execute(
                "insert into list_counts (account_id, list_id, version) values (%s, %s, 0)",
                (account_id, list_id),
            )


def _person(realm: Realm) -> Person:
    return realm.sender.person
