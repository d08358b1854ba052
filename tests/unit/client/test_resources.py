from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from postroom.client import Stats, Variant
from postroom.contacts.fields import DOCUMENTED_FIELDS
from tests.unit.client.server import LIST, Server, client_of, good

CONTACT = {
    "id": 3,
    "created_at": "2026-03-04T12:00:00Z",
    "updated_at": "2026-03-04T12:00:00.5Z",
    **dict.fromkeys(DOCUMENTED_FIELDS),
    "email": "bob@example.com",
    "birth_date": "1980-02-29",
    "list_ids": [7],
    "optouts": {"email": None, "sms": "spam", "voice": None, "voicemail": None},
    "custom": {"age": "46", "Shoe size": None},
}


def page(items: list[Any], cursor: str | None = None) -> dict[str, Any]:
    return {"items": items, "next": cursor, "total": None}


def test_a_list_is_typed() -> None:
    said = LIST | {"stats": {"subscribers": 5, "sms": 4, "email": 3, "voice": 2, "voicemail": 1}}

    found = client_of(Server([good(said, ETag='"abc"')])).lists.get(7)

    assert (found.id, found.name, found.description, found.etag) == (7, "Spring", None, '"abc"')
    assert found.created_at == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert found.stats == Stats(subscribers=5, sms=4, email=3, voice=2, voicemail=1)


def test_listings_are_read_to_their_end() -> None:
    server = Server([good(page([LIST, LIST], "more")), good(page([LIST]))])

    assert len(list(client_of(server).lists.all(stats=True))) == 3

    assert [dict(request.url.params) for request in server.asked] == [
        {"stats": "true"},
        {"stats": "true", "cursor": "more"},
    ]


def test_a_change_names_what_changes_and_what_was_read() -> None:
    server = Server([good()])
    client = client_of(server)

    client.lists.update(7, name="Summer", etag='"abc"')
    client.lists.update(7, description=None)

    assert server.bodies() == [{"name": "Summer"}, {"description": None}]
    assert server.headers("if-match") == ['"abc"', None]


def test_contacts_go_on_lists_and_off_them() -> None:
    server = Server([good({"count": 2})])
    client = client_of(server)

    assert (client.lists.add(7, [1, 2]), client.lists.remove(7, (1, 2))) == (2, 2)

    assert [request.method for request in server.asked] == ["POST", "DELETE"]
    assert server.bodies() == [{"contact_ids": [1, 2]}] * 2


def test_lists_are_merged_and_deleted() -> None:
    server = Server([good(status=201), good(status=204)])
    client = client_of(server)

    client.lists.merge([1, 2], "Both")
    client.lists.delete(7, etag='"abc"')

    assert server.asked[0].url.path == "/v1/lists/merge"
    assert (server.asked[1].method, server.headers("if-match")[1]) == ("DELETE", '"abc"')


def test_a_contact_is_typed() -> None:
    found = client_of(Server([good(CONTACT, ETag='"abc"')])).contacts.get(3)

    assert (found.email, found.birth_date, found.city) == ("bob@example.com", date(1980, 2, 29), None)
    assert (found.list_ids, found.optouts.sms, found.optouts.email) == ([7], "spam", None)
    assert found.custom == {"age": "46", "Shoe size": None}
    assert found.etag == '"abc"'


def test_an_older_server_says_nothing_of_custom_fields() -> None:
    said = {name: value for name, value in CONTACT.items() if name != "custom"}

    assert client_of(Server([good(said)])).contacts.get(3).custom == {}


def test_every_field_of_a_contact_is_there() -> None:
    found = client_of(Server([good(CONTACT)])).contacts.get(3)

    assert all(hasattr(found, field) for field in DOCUMENTED_FIELDS)


def test_contacts_are_found_by_what_is_given() -> None:
    server = Server([good(page([CONTACT]))])
    since = datetime(2026, 3, 4, tzinfo=UTC)

    found = list(
        client_of(server).contacts.find(
            email="bob@example.com", updated_since=since, opted_out={"sms": "spam", "email": False}
        )
    )

    assert [each.id for each in found] == [3]
    assert dict(server.asked[0].url.params) == {
        "email": "bob@example.com",
        "updated_since": "2026-03-04T00:00:00+00:00",
        "sms_optout": "spam",
        "email_optout": "false",
    }


def test_contacts_are_stored_and_changed() -> None:
    server = Server([good({"items": [CONTACT]}), good(CONTACT)])
    client = client_of(server)

    stored = client.contacts.store([{"email": "bob@example.com", "birth_date": date(1980, 2, 29)}], key="k")
    client.contacts.update(3, {"city": None, "optouts": {"sms": "contact"}}, etag='"abc"')

    assert [each.id for each in stored] == [3]
    assert server.bodies() == [
        {"contacts": [{"email": "bob@example.com", "birth_date": "1980-02-29"}]},
        {"city": None, "optouts": {"sms": "contact"}},
    ]
    assert (server.headers("idempotency-key")[0], server.headers("if-match")[1]) == ("k", '"abc"')


def test_a_contact_is_deleted() -> None:
    server = Server([good(status=204)])

    client_of(server).contacts.delete(3)

    assert (server.asked[0].method, server.asked[0].url.path) == ("DELETE", "/v1/contacts/3")


def test_files_for_partners_are_read_and_fetched() -> None:
    said = {
        "id": 4,
        "batch_id": "b",
        "campaign_id": 2,
        "channel": "PRINT",
        "name": "PRINT_a.csv",
        "login": None,
        "size": 10,
        "people": 1,
        "left_out": 0,
        "ready_at": "2026-03-04T12:00:00Z",
        "downloads": 1,
        "downloaded_at": "2026-03-05T12:00:00Z",
        "downloaded_by": "printer",
        "removed_at": None,
    }
    server = Server([good(page([said])), good(said), good()])
    client = client_of(server)

    assert [each.name for each in client.partner_files.all(campaign_id=2)] == ["PRINT_a.csv"]
    found = client.partner_files.get(4)
    client.partner_files.fetch(4)

    assert (found.downloaded_at, found.removed_at) == (datetime(2026, 3, 5, 12, tzinfo=UTC), None)
    assert [request.url.path for request in server.asked] == [
        "/v1/partner-files",
        "/v1/partner-files/4",
        "/v1/partner-files/4/content",
    ]


def test_quarantine_and_blacklist_are_read_and_changed() -> None:
    said = {
        "address": "o'bob+x@example.com",
        "kind": "BLACKLIST",
        "reason": "MANUAL",
        "bounces": 0,
        "since_at": "2026-03-04T12:00:00Z",
        "until_at": None,
        "contact_id": None,
        "campaign_id": None,
    }
    ends = said | {"until_at": "2026-03-05T12:00:00Z"}
    server = Server([good(page([said])), good(ends), good(said), good()])
    client = client_of(server)

    listed = list(client.suppressions.all(kind="BLACKLIST"))
    found = client.suppressions.get("o'bob+x@example.com")
    client.suppressions.add("o'bob+x@example.com", "QUARANTINE_TEMPORARY", until_at=found.until_at)
    client.suppressions.remove("o'bob+x@example.com", complaints=True)

    assert [each.address for each in listed] == ["o'bob+x@example.com"]
    assert (listed[0].until_at, found.until_at) == (None, datetime(2026, 3, 5, 12, tzinfo=UTC))
    assert [(request.method, request.url.raw_path.decode()) for request in server.asked] == [
        ("GET", "/v1/suppressions?kind=BLACKLIST"),
        ("GET", "/v1/suppressions/o%27bob%2Bx@example.com"),
        ("POST", "/v1/suppressions"),
        ("DELETE", "/v1/suppressions/o%27bob%2Bx@example.com?complaints=true"),
    ]


TEMPLATE = {
    "id": 9,
    "name": "Spring",
    "channel": "EMAIL",
    "variants": {"": {"subject": "Bonjour", "html": "<p>x</p>", "text": ""}},
    "sender": "news@shop.example",
    "reply_to": "",
    "tracking": True,
    "marketing": True,
    "defaults": {"city": "Lyon"},
    "created_at": "2026-03-04T12:00:00Z",
    "updated_at": "2026-03-04T12:00:00Z",
}


def sent(server: Server) -> list[Any]:
    return [json.loads(request.content) for request in server.asked if request.content]


def test_a_template_is_typed() -> None:
    found = client_of(Server([good(TEMPLATE, ETag='"abc"')])).templates.get(9)

    assert found.variants == {"": Variant(subject="Bonjour", html="<p>x</p>")}
    assert (found.name, found.defaults, found.etag) == ("Spring", {"city": "Lyon"}, '"abc"')


def test_a_template_is_made_and_changed() -> None:
    server = Server([good(TEMPLATE, status=201), good(TEMPLATE), good(TEMPLATE), good(status=204)])
    client = client_of(server)
    said = {"": Variant(subject="Bonjour", text="x")}

    client.templates.create("Spring", said, sender="news@shop.example", key="k")
    client.templates.update(9, name="Summer", etag='"abc"')
    client.templates.update(9, variants=said)
    client.templates.delete(9)

    plain = {"": {"subject": "Bonjour", "html": "", "text": "x"}}
    assert sent(server) == [
        {"name": "Spring", "channel": "EMAIL", "variants": plain, "sender": "news@shop.example"},
        {"name": "Summer"},
        {"variants": plain},
    ]
    assert [request.method for request in server.asked] == ["POST", "PATCH", "PATCH", "DELETE"]
    assert server.headers("if-match")[1] == '"abc"'


def test_templates_are_listed_previewed_and_checked() -> None:
    listed = {name: TEMPLATE[name] for name in ("id", "name", "channel", "created_at", "updated_at")}
    preview = dict.fromkeys(["language", "subject", "html", "text"])
    link = {"id": 1, "url": "https://a.example/", "name": "x", "categories": [], "dynamic": False}
    server = Server(
        [
            good(page([{**listed, "languages": ["", "fr"]}])),
            good({**preview, "reason": "LANGUAGE_MISSING", "detail": "no"}),
            good({"languages": ["fr"], "links": [link], "fields": ["city"], "warnings": ["odd"]}),
        ]
    )
    client = client_of(server)

    (only,) = client.templates.all()
    why = client.templates.preview(9, contact_id=3, items={"r": [{"a": "b"}]})
    checked = client.templates.check(9)

    assert only.languages == ["", "fr"]
    assert (why.reason, why.html) == ("LANGUAGE_MISSING", None)
    assert (checked.links[0].url, checked.warnings) == ("https://a.example/", ["odd"])
    assert sent(server)[0] == {"contact_id": 3, "language": None, "items": {"r": [{"a": "b"}]}}


def test_goals_are_made_and_orders_told() -> None:
    said = {
        "id": 3,
        "name": "Orders",
        "kind": "TRANSACTION",
        "patterns": [],
        "site": "7.x",
        "created_at": "2026-03-04T12:00:00Z",
    }
    server = Server([good(said), good(page([said])), good(said), good({"recorded": True}), good()])
    client = client_of(server)

    assert client.goals.create("Orders", "TRANSACTION").id == 3
    assert [each.name for each in client.goals.all()] == ["Orders"]
    assert client.goals.get(3).created_at == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert client.goals.order(3, "A-17", "49.90", email="bob@example.com", currency="EUR") is True

    assert server.asked[1].url.path == "/v1/goals"
    assert json.loads(server.asked[0].content) == {"name": "Orders", "kind": "TRANSACTION", "patterns": []}
    assert json.loads(server.asked[-1].content) == {
        "transaction_id": "A-17",
        "amount": "49.90",
        "email": "bob@example.com",
        "currency": "EUR",
    }
    client.goals.delete(3)
    assert (server.asked[-1].method, server.asked[-1].url.path) == ("DELETE", "/v1/goals/3")


def test_surveys_are_put_and_read() -> None:
    said = {
        "id": 5,
        "name": "opinion",
        "title": {"": "Opinion"},
        "questions": [{"name": "words", "kind": "text", "label": {"": "Words"}}],
        "path": "/s/x",
        "created_at": "2026-03-04T12:00:00Z",
        "updated_at": "2026-03-05T12:00:00Z",
    }
    server = Server([good(said), good(page([said])), good(said), good()])
    client = client_of(server)
    definition = {name: said[name] for name in ("name", "title", "questions")}

    assert client.surveys.put(definition).path == "/s/x"
    assert [each.name for each in client.surveys.all()] == ["opinion"]
    assert client.surveys.get(5).updated_at == datetime(2026, 3, 5, 12, tzinfo=UTC)
    client.surveys.delete(5)

    assert json.loads(server.asked[0].content) == definition
    assert (server.asked[-1].method, server.asked[-1].url.path) == ("DELETE", "/v1/surveys/5")
