"""Programs written for the older API, in the ways that they are known to call it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients import require_program
from tests.integration.web.rest.program import Program
from tests.integration.web.site import Credentials, Site

PHP = Path(__file__).with_name("older_program.php")


@pytest.mark.clients
def test_a_php_program_works_as_it_did(site: Site, shop: Credentials) -> None:
    require_program("php")
    environment = {"CLIENT_ID": shop.client_id, "CLIENT_SECRET": shop.secret}

    done = subprocess.run(
        ["php", str(PHP), f"http://127.0.0.1:{site.server.port}"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **environment},
    )

    said: dict[str, Any] = json.loads(done.stdout)
    list_id = said["made"]["list"][0]["id"]
    (ann,) = said["found"]["list"]
    assert said["made"]["list"] == [{"id": list_id, "name": "Été & fils"}]
    assert said["emails"] == ["ann@example.org", "bob@example.org"]
    assert (said["updated"], said["added"], said["removed"]) == ({"count": 1}, {"count": 2}, {"count": 2})
    assert (ann["firstName"], ann["listIds"]) == ("Ann", [list_id])
    assert said["by_action"]["list"] == [{"id": list_id, "name": "Hiver", "description": None}]
    assert said["wrong"]["status"] == 417
    assert "no address" in said["wrong"]["message"]
    assert said["tokens"] == 1


def test_a_python_program_works_as_it_did(program: Program) -> None:
    """Everything in a JSON body but the action, and metaData encoded once more."""

    def call(verb: str, resource: str, **parameters: Any) -> Any:
        action = {"action": parameters.pop("action")} if "action" in parameters else None
        if "metaData" in parameters:
            parameters["metaData"] = json.dumps(parameters["metaData"])
        return program.done(program.call(verb, resource, params=action, json=parameters))

    list_id = call("POST", "lists", name="Newsletter")["list"][0]["id"]
    people = [{"email": "ann@example.org"}, {"email": "bob@example.org"}]
    ids = [each["id"] for each in call("POST", "contacts", contacts=people)["list"]]

    assert call("PUT", "lists", id=list_id, metaData={"name": "Letter"}) == {"count": 1}
    assert call("POST", "lists", action="contactadd", id=list_id, metaData={"contactIds": ids}) == {
        "count": 2
    }
    assert program.get("lists", id=list_id, properties="name,stats")["list"] == [
        {
            "name": "Letter",
            "stats": {"subscribers": "2", "sms": "0", "email": "2", "voice": "0", "voicemail": "0"},
        }
    ]
    assert call("DELETE", "lists", id=list_id) == {"count": 1}


def test_a_shop_keeps_its_customers_in_step(program: Program) -> None:
    """Spec 3.1: found by e-mail, created in batches of 200, put on a list and taken off it, deleted."""
    list_id = program.new_list("Customers")
    customers = [{"email": f"c{n}@example.org", "firstName": f"C{n}", "locale": "fr"} for n in range(450)]

    assert program.get("contacts", email="c7@example.org")["list"] == []
    made = [
        each
        for start in range(0, len(customers), 200)
        for each in program.done(
            program.call("POST", "contacts", json={"contacts": customers[start : start + 200]})
        )["list"]
    ]
    ids = [each["id"] for each in made]
    assert [each["email"] for each in made] == [each["email"] for each in customers]
    assert len(set(ids)) == 450

    (seventh,) = program.get("contacts", email="C7@example.org")["list"]
    assert (seventh["id"], seventh["firstName"]) == (ids[7], "C7")
    again = program.post("contacts", contacts=json.dumps([{"email": "c7@example.org", "firstName": "Seven"}]))
    assert again["list"][0]["id"] == ids[7]
    assert program.get("contacts", id=ids[7])["list"][0]["firstName"] == "Seven"

    members = json.dumps({"contactIds": ",".join(ids)})
    assert program.post("lists?action=contactadd", id=list_id, metaData=members) == {"count": 450}
    gone = json.dumps({"contactIds": ids[:200]})
    assert program.post("lists?action=contactremove", id=list_id, metaData=gone) == {"count": 200}
    assert program.delete("contacts", id=",".join(ids[200:300])) == {"count": 100}
    assert program.get("lists", id=list_id, properties="stats")["list"][0]["stats"]["subscribers"] == "150"
    assert program.get("contacts", listId=list_id, limit=0, total=1)["total"] == 150
