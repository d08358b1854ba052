"""/rest/contacts, as far as it is known (spec 3.1)."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest

from tests.integration.web.rest.program import Program

MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
ANN = {
    "email": "ann@example.org",
    "mobile": "+33612345678",
    "phone": "+33286786589",
    "firstName": "Ann",
    "reference": "R1",
    "birthDate": "1980-02-29",
    "field15": "blue",
}


def store(program: Program, *contacts: dict[str, Any]) -> list[str]:
    """Create contacts; return their ids."""
    answer = program.done(program.call("POST", "contacts", json={"contacts": list(contacts)}))
    return [each["id"] for each in answer["list"]]


def ids(program: Program, **filters: Any) -> list[str]:
    return [each["id"] for each in program.get("contacts", properties="id", **filters)["list"]]


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"contacts": [ANN]}},
        {"json": {"contacts": ANN}},
        {"json": {"contacts": json.dumps([ANN])}},
        {"json": ANN},
        {"data": {"contacts": json.dumps([ANN])}},
        {"data": {f"contacts[0][{name}]": value for name, value in ANN.items()}},
        {"data": ANN},
        {"files": {f"contacts[0][{name}]": (None, value) for name, value in ANN.items()}},
        {"json": {"contacts": [{name.upper(): value for name, value in ANN.items()}]}},
    ],
    ids=["list", "one", "text", "plain", "form", "brackets", "plain form", "parts", "upper case"],
)
def test_a_contact_is_created_however_it_is_written(program: Program, request_: dict[str, Any]) -> None:
    answer = program.done(program.call("POST", "contacts", **request_))

    (made,) = answer["list"]
    assert made == {
        "id": made["id"],
        "email": "ann@example.org",
        "phone": "+33286786589",
        "mobile": "+33612345678",
    }
    (read,) = program.get("contacts", id=made["id"], properties="DEFAULT,field15")["list"]
    assert {name: read[name] for name in ANN} == ANN


def test_the_default_properties_are_the_core_and_the_opt_outs(program: Program) -> None:
    store(program, ANN)

    (read,) = program.get("contacts")["list"]

    assert list(read)[:4] == ["id", "civility", "firstName", "lastName"]
    assert list(read)[-4:] == ["emailOptout", "smsOptout", "voiceOptout", "voicemailOptout"]
    assert "field15" not in read


def test_every_other_property_can_be_asked_for(program: Program) -> None:
    (ann,) = store(program, ANN)
    asked = "id,listIds,dateUpdated,dateCreated,field15,facebookId,longitude"

    (read,) = program.get("contacts", properties=asked)["list"]
    assert list(read) == asked.split(",")
    assert all(MOMENT.fullmatch(read.pop(name)) for name in ("dateUpdated", "dateCreated"))
    assert read == {"id": ann, "listIds": [], "field15": "blue", "facebookId": None, "longitude": None}


def test_contacts_are_found_by_each_filter_and_by_all_together(program: Program) -> None:
    ann, bob, cid = store(
        program,
        {**ANN, "smsOptout": "user", "emailOptout": "spam"},
        {"email": "bob@example.org", "mobile": "0698765432"},
        {"email": "cid@example.org"},
    )
    list_id = program.new_list()
    program.post("lists?action=contactadd", id=list_id, metaData=json.dumps({"contactIds": [bob, cid]}))

    found: dict[str, list[str]] = {
        f"{name}={text}": ids(program, **{name: text})
        for name, text in [
            ("id", f"{bob},{ann},4711"),
            ("email", "ANN@example.org"),
            ("mobile", "06 98 76 54 32"),
            ("phone", "02.86.78.65.89"),
            ("reference", "R1"),
            ("listId", list_id),
            ("smsOptout", "user"),
            ("smsOptout", "contact"),
            ("smsOptout", "true"),
            ("emailOptout", "null"),
            ("emailOptout", "spam"),
            ("email", "nobody@example.org"),
        ]
    }

    assert list(found.values()) == [
        [ann, bob],
        [ann],
        [bob],
        [ann],
        [ann],
        [bob, cid],
        [ann],
        [],
        [ann],
        [bob, cid],
        [ann],
        [],
    ]
    assert ids(program, listId=list_id, emailOptout="false", email="bob@example.org") == [bob]


def test_contacts_are_found_by_the_moment_of_their_last_change(program: Program) -> None:
    both = store(program, ANN, {"email": "bob@example.org"})

    assert ids(program, dateUpdated="2020-01-01 00:00:00") == both
    assert ids(program, dateUpdated="2090-01-01 00:00:00") == []


def test_a_filter_that_is_empty_is_refused_and_finds_not_everybody(program: Program) -> None:
    for name in ("id", "email", "mobile", "phone", "reference", "listId"):
        error = program.refused(417, "GET", "contacts", params={name: ""})
        assert error["details"] == {"field": name}


def test_pages_of_contacts_have_an_order_and_a_total(program: Program) -> None:
    ann, bob, cid = store(program, ANN, {"email": "bob@example.org"}, {"email": "cid@example.org"})

    page = program.get("contacts", limit=2, sort="id DESC", total=1, properties="id")

    assert page == {"list": [{"id": cid}, {"id": bob}], "size": 2, "total": 3}
    assert ids(program, limit=2, offset=2) == [cid]
    assert ann == ids(program, limit=1)[0]


def test_one_invalid_contact_refuses_all_and_is_quoted(program: Program) -> None:
    error = program.refused(
        417, "POST", "contacts", json={"contacts": [ANN, {"email": "no address"}, {"email": "b@example.org"}]}
    )

    assert "no address" in error["message"]
    assert ids(program) == []


def test_a_contact_that_is_known_is_updated_and_keeps_its_id_and_its_opt_outs(program: Program) -> None:
    (ann,) = store(program, {**ANN, "emailOptout": "contact"})

    known = {name: ANN[name] for name in ("email", "phone", "mobile")}
    again = store(program, {**known, "city": "Rennes", "emailOptout": None})

    (read,) = program.get("contacts")["list"]
    assert again == [ann]
    assert (read["city"], read["firstName"], read["emailOptout"]) == ("Rennes", "Ann", "contact")


def test_opt_outs_are_written_with_their_reasons_and_lifted(program: Program) -> None:
    (ann,) = store(program, ANN)
    asked = "emailOptout,smsOptout,voiceOptout,voicemailOptout"

    def after(**changes: str | None) -> dict[str, str]:
        program.put("contacts", id=ann, metaData=json.dumps(changes))
        (read,) = program.get("contacts", id=ann, properties=asked)["list"]
        return {name: reason for name, reason in read.items() if reason}

    assert after(smsOptout="user", emailOptout="contact") == {"emailOptout": "contact", "smsOptout": "user"}
    assert after(smsOptout=None, voiceOptout="contact") == {
        "emailOptout": "contact",
        "voiceOptout": "contact",
    }
    assert after(emailOptout=None, voiceOptout="") == {}


def test_contacts_are_updated_and_deleted_by_their_ids(program: Program) -> None:
    ann, bob, cid = store(program, ANN, {"email": "bob@example.org"}, {"email": "cid@example.org"})

    assert program.put("contacts", id=f"{ann},{bob}", metaData='{"city": "Rennes"}') == {"count": 2}
    assert program.get("contacts", properties="city")["list"] == [
        {"city": "Rennes"},
        {"city": "Rennes"},
        {"city": None},
    ]
    assert program.delete("contacts", id=f"{ann},{cid},4711") == {"count": 2}
    assert ids(program) == [bob]


@pytest.mark.parametrize("verb", ["PUT", "DELETE"])
def test_without_a_filter_no_contact_is_changed(program: Program, verb: str) -> None:
    (ann,) = store(program, ANN)

    for form in ({}, {"id": ""}, {"email": ""}, {"ids": ann}):
        program.refused(417, verb, "contacts", data={**form, "metaData": '{"city": "X"}'})

    assert program.get("contacts", properties="id,city")["list"] == [{"id": ann, "city": None}]


def test_charlie_neither_sees_nor_changes_contacts_of_alice(program: Program, charlies: Program) -> None:
    store(charlies, {"email": "c@example.org"})
    *_, hers = store(program, ANN, {"email": "bob@example.org"}, {"email": "cid@example.org"})

    assert ids(charlies, id=hers) == ids(charlies, email="ann@example.org") == []
    assert charlies.put("contacts", id=hers, metaData='{"city": "X"}') == {"count": 0}
    assert charlies.delete("contacts", id=hers) == {"count": 0}
    assert len(ids(program)) == 3


def test_contacts_come_as_csv_for_a_spreadsheet(program: Program) -> None:
    store(program, ANN)

    answer = program.call("GET", "contacts.csv", params={"properties": "email,mobile,listIds"})

    assert list(csv.reader(io.StringIO(answer.text, newline=""))) == [
        ["email", "mobile", "listIds"],
        ["ann@example.org", "+33612345678", ""],
    ]


@pytest.mark.parametrize(
    "contacts",
    [
        "",
        "[]",
        "{}",
        "ann@example.org",
        '["ann@example.org"]',
        '[{"email": ["a", "b"]}]',
        '[{"emial": "a"}]',
        "[1]",
    ],
)
def test_what_is_no_contact_is_refused(program: Program, contacts: str) -> None:
    program.refused(417, "POST", "contacts", data={"contacts": contacts})

    assert ids(program) == []
