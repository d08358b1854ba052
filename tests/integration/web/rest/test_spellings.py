"""Parameters wherever and however programs put them; answers in the format that was asked for."""

from __future__ import annotations

import csv
import io
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.integration.web.rest.program import Program
from tests.integration.web.site import Site

META_DATA = {"name": "New"}
PACKED = json.dumps(META_DATA)
FORM_HEADER = {"Content-Type": "application/x-www-form-urlencoded"}


def parts(**form: str) -> dict[str, Any]:
    """Return a form in parts, as multipart/form-data."""
    return {"files": {name: (None, text) for name, text in form.items()}}


@pytest.mark.parametrize(
    "request_",
    [
        {"params": {"id": "ID", "metaData": PACKED}},
        {"data": {"id": "ID", "metaData": PACKED}},
        {"params": {"id": "ID"}, "data": {"metaData": PACKED}},
        {"params": {"id": "ID"}, "json": {"metaData": META_DATA}},
        {"json": {"id": "ID", "metaData": META_DATA}},
        {"json": {"id": ["ID"], "metaData": PACKED}},
        {"json": {"id": "ID", "metaData": json.dumps(PACKED)}},
        {"data": {"id[]": "ID", "metaData[name]": "New"}},
        {"data": {"id[0]": "ID", "metaData": PACKED}},
        parts(id="ID", metaData=PACKED),
        {"content": '{"id": "ID", "metaData": {"name": "New"}}'},
        {"content": '{"id": ID, "metaData": {"name": "New"}}', "headers": FORM_HEADER},
        {"content": "id=ID&metaData=" + PACKED},
        {
            "content": '\ufeff{"id": "ID", "metaData": {"name": "New"}}',
            "headers": {"Content-Type": "text/json"},
        },
    ],
    ids=str,
)
def test_parameters_may_stand_anywhere_in_any_spelling(program: Program, request_: dict[str, Any]) -> None:
    list_id = program.new_list("Old")

    answer = program.call("PUT", "lists", **_with(request_, list_id))

    assert (answer.status_code, answer.json()) == (200, {"count": 1}), answer.text
    assert program.names() == {list_id: "New"}


def _with(value: Any, list_id: str) -> Any:
    """Return a request with the list's id in place of ID."""
    if isinstance(value, dict):
        return {name: _with(inner, list_id) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_with(inner, list_id) for inner in value)
    return value.replace("ID", list_id) if isinstance(value, str) else value


@pytest.mark.parametrize("verb", ["GET", "DELETE", "PUT", "POST"])
@pytest.mark.parametrize("place", ["params", "data", "json"])
def test_every_verb_takes_its_parameters_from_address_and_body(
    program: Program, verb: str, place: str
) -> None:
    list_id = program.new_list()
    parameters = {
        "GET": {"id": list_id},
        "DELETE": {"id": list_id},
        "PUT": {"id": list_id, "metaData": PACKED},
        "POST": {"action": "delete", "id": list_id},
    }[verb]

    assert program.call(verb, "lists", **{place: parameters}).status_code == 200


@pytest.mark.parametrize("place", ["params", "data"])
def test_everything_can_be_done_by_post_with_an_action(program: Program, place: str) -> None:
    def act(**form: str) -> Any:
        return program.done(program.call("POST", "lists", **{place: form}))

    list_id = act(action="create", name="A")["list"][0]["id"]
    changed = act(action="update", id=list_id, metaData=PACKED)
    read = act(action="READ", id=list_id, properties="name")
    deleted = act(action="delete", id=list_id)

    assert (changed, deleted) == ({"count": 1}, {"count": 1})
    assert read["list"] == [{"name": "New"}]


@pytest.mark.parametrize(
    ("verb", "action"),
    [
        ("GET", "delete"),
        ("GET", "create"),
        ("GET", "merge"),
        ("PUT", "delete"),
        ("DELETE", "create"),
        ("POST", "melt"),
    ],
)
def test_a_verb_does_not_do_what_another_is_for(program: Program, verb: str, action: str) -> None:
    list_id = program.new_list("A")

    error = program.refused(400, verb, "lists", params={"action": action, "id": list_id, "name": "B"})

    assert error["code"] == "NO_ACTION"
    assert program.names() == {list_id: "A"}


NONSENSE: dict[int, list[dict[str, Any]]] = {
    400: [
        {"content": b'{"id": ', "headers": {"Content-Type": "application/json"}},
        {"content": b"[12]", "headers": {"Content-Type": "application/json"}},
        {"content": b"\xff\xfe", "headers": {"Content-Type": "application/json"}},
        {"json": {"complex": {"name": "A"}}},
        {"params": {"complex[name][like]": "A"}},
        {"params": {"id": "1"}, "data": {"id": "2"}},
        {"content": b"--x\r\nnonsense", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"--x\r\n\r\n\r\n--x--", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"id=1%00"},
        {"content": b"a" + b"[a]" * 3000 + b"=1"},
    ],
    406: [{"headers": {"Accept": "image/png"}}],
    415: [
        {"content": b"<id>12</id>", "headers": {"Content-Type": "application/xml"}},
        {"content": b"id=12", "headers": {"Content-Encoding": "gzip"}},
    ],
    417: [
        {"params": {"id": "twelve"}},
        {"params": {"id": "9" * 30}},
        {"params": {"limit": "1001"}},
        {"params": {"limit": "-1"}},
        {"params": {"sort": "size"}},
        {"params": {"properties": "size"}},
        {"params": {"name": "A"}},
        {"files": {"contactFile": ("c.csv", b"Email\n")}},
    ],
}


@pytest.mark.parametrize("verb", ["GET", "DELETE"])
@pytest.mark.parametrize("status", NONSENSE)
def test_nonsense_is_refused_with_its_reason(program: Program, verb: str, status: int) -> None:
    list_id = program.new_list("A")

    errors = [program.refused(status, verb, "lists", **request) for request in NONSENSE[status]]

    assert all(error["code"] for error in errors)
    assert program.names() == {list_id: "A"}


def test_a_form_that_is_cut_off_changes_nothing(program: Program) -> None:
    list_id = program.new_list("A")
    whole = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in {"id": list_id, "metaData": PACKED}.items()
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}

    error = program.refused(400, "PUT", "lists", content=whole.encode(), headers=headers)

    assert "cut off" in error["message"]
    assert program.names() == {list_id: "A"}


def test_a_form_in_a_strange_charset_is_no_bug(program: Program) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n\xe9+-..\r\n--x--\r\n'

    for charset in ("undefined", "idna", "punycode", "rot13", "zlib", "utf-7", "nonsense"):
        headers = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
        answer = program.call("POST", "lists", content=body, headers=headers)
        assert answer.status_code in {200, 400, 417}, f"{charset}: {answer.text}"


def test_parameters_of_more_than_a_megabyte_are_refused_in_parts_too(program: Program) -> None:
    half = "x" * 600_000

    error = program.refused(413, "POST", "lists", **parts(name=half, description=half))

    assert error["code"] == "TOO_LARGE"


def test_without_a_token_nothing_is_read(site: Site) -> None:
    answer = site.calls.request(
        "GET", "/rest/lists", content=b"{", headers={"Content-Type": "application/json"}
    )

    assert answer.status_code == 401
    assert answer.json()["status"] == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


NASTY = 'a;b,"c"\r\n<d>&=+é\u0007'


@pytest.mark.parametrize("how", ["suffix", "header"])
def test_csv_and_xml_hold_what_json_holds(program: Program, how: str) -> None:
    list_id = program.new_list(NASTY.strip())

    def text(kind: str, content_type: str) -> bytes:
        answer = (
            program.call("GET", f"lists.{kind}")
            if how == "suffix"
            else program.call("GET", "lists", headers={"Accept": content_type})
        )
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(content_type)
        return answer.content

    name = program.done(program.call("GET", "lists.json"))["list"][0]["name"]
    lines = list(csv.reader(io.StringIO(text("csv", "text/csv").decode(), newline="")))
    root = ET.fromstring(text("xml", "application/xml").decode())  # noqa: S314  # our own server wrote it

    assert lines == [["id", "name", "description"], [list_id, name, ""]]
    assert root.findtext("list/item/name") == name.replace("\u0007", "\ufffd")


def test_changes_are_answered_in_the_format_that_was_asked_for(program: Program) -> None:
    list_id = program.new_list()

    answer = program.call("DELETE", "lists.xml", data={"id": list_id})

    assert answer.text.endswith("<response><count>1</count></response>\n")


def test_errors_are_json_whatever_format_was_asked_for(program: Program) -> None:
    error = program.refused(417, "GET", "lists.csv", params={"id": "x"}, headers={"Accept": "text/csv"})

    assert error["details"] == {"field": "id"}


def test_what_is_not_there_is_said_not_to_be_there(program: Program) -> None:
    for path in ("lists.pdf", "lists.", "list", "lists/12"):
        program.refused(404, "GET", path)
