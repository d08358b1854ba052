"""Files that come by a call: lists of them, how far they are, what was wrong with them."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from postroom.drops.processing import process_account
from postroom.drops.room import Room
from tests.clients import require_program
from tests.conftest import Person
from tests.integration.web.rest.program import Program
from tests.integration.web.site import Site

LISTE = """Prénom;Email;Mobile
Ann;ann@example.org;0612345678
Bob;no address;
Cid;cid@example.org;
""".encode()
IMPORT_PROPERTIES = "importErrors,importLines,importInvalid,importStatus"


def upload(program: Program, content: bytes = LISTE, filename: str = "liste.csv", **form: str) -> str:
    """Import a file as a list and return the list's id."""
    answer = program.call(
        "POST", "lists?action=import", data=form, files={"contactFile": (filename, content)}
    )
    (made,) = program.done(answer)["list"]
    return str(made["id"])


def import_state(program: Program, list_id: str) -> dict[str, Any]:
    (found,) = program.get("lists", id=list_id, properties=IMPORT_PROPERTIES)["list"]
    state: dict[str, Any] = found
    return state


@pytest.fixture
def process(web_room: Room, alice: Person) -> Any:
    """Return what processes the oldest file of Alice's account."""
    return lambda: process_account(web_room, alice.account.account_id)


@pytest.mark.clients
def test_a_file_is_imported_by_curl_and_the_contacts_follow(
    program: Program, site: Site, process: Any, tmp_path: Path
) -> None:
    require_program("curl")
    (tmp_path / "liste.csv").write_bytes(LISTE)
    command = [
        *("curl", "-s", "-X", "POST", "-H", f"Authorization: Bearer {program.token}"),
        *("-F", "name=Ma liste importée", "-F", "ignoreFirstLine=true"),
        *("-F", f"contactFile=@{tmp_path / 'liste.csv'}"),
        f"http://127.0.0.1:{site.server.port}/rest/lists?action=import",
    ]

    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (list_id,) = program.names()
    waiting = import_state(program, list_id)
    process()
    done = import_state(program, list_id)

    assert answer == (f'{{"list":[{{"id":"{list_id}","name":"Ma liste importée"}}],"size":1,"total":null}}')
    assert waiting == {
        "importErrors": None,
        "importLines": "0",
        "importInvalid": "0",
        "importStatus": "in",
    }
    assert (done["importLines"], done["importInvalid"], done["importStatus"]) == ("3", "1", "ok")
    assert program.get("contacts", listId=list_id, limit=0, total=1)["total"] == 2


def test_parameters_of_an_import_may_stand_in_the_address(program: Program, process: Any) -> None:
    answer = program.call(
        "POST",
        "lists",
        params={"action": "import", "name": "From Python", "ignoreFirstLine": "1"},
        files={"contactFile": ("liste.csv", LISTE)},
    )
    process()

    assert [each["name"] for each in program.done(answer)["list"]] == ["From Python"]
    assert program.get("contacts", limit=0, total=1)["total"] == 2


def test_a_file_without_names_of_columns_has_them_in_the_documents_order(
    program: Program, process: Any
) -> None:
    line = "M.;Ann;DUPONT;ann@example.org;0286786589;0612345678;;;;35000;Rennes\n"

    list_id = upload(program, line.encode(), name="A", ignoreFirstLine="false")
    process()

    (ann,) = program.get("contacts", listId=list_id)["list"]
    assert (ann["firstName"], ann["lastName"], ann["city"]) == ("Ann", "DUPONT", "Rennes")


def test_a_list_that_no_file_filled_tells_nothing_of_imports(program: Program) -> None:
    list_id = program.new_list()

    assert set(import_state(program, list_id).values()) == {None}


def test_the_link_to_what_is_wrong_works_by_itself_and_with_the_token(
    program: Program, charlies: Program, site: Site, process: Any
) -> None:
    list_id = upload(program, name="A")
    process()
    link = import_state(program, list_id)["importErrors"]
    plain = link.partition("?")[0].removeprefix(f"http://127.0.0.1:{site.server.port}/rest/")

    by_itself = site.calls.get(link)

    assert by_itself.status_code == 200
    assert "no address" in by_itself.text
    assert "INVALID_EMAIL" in by_itself.text
    assert program.call("GET", plain).content == by_itself.content
    assert site.calls.get(link[:-3] + "xxx").status_code == 403
    charlies.refused(404, "GET", plain)


def test_refused_rows_are_read_page_by_page(program: Program, charlies: Program, process: Any) -> None:
    rows = "".join(f"no address {n}\n" for n in range(5))
    upload(program, f"Email\nann@example.org\n{rows}".encode(), name="A")
    process()
    (import_id,) = [each["id"] for each in program.get("drops", folder="import")["list"]]

    page = program.get(f"imports/{import_id}", action="refused", limit=2, offset=1, total=1)

    assert [(each["line"], each["row"]) for each in page["list"]] == [
        ("4", ["no address 1"]),
        ("5", ["no address 2"]),
    ]
    assert {each["code"] for each in page["list"]} == {"INVALID_EMAIL"}
    assert page["total"] == 5
    table = program.call("GET", f"imports/{import_id}.csv", params={"action": "refused"}).text
    assert table.startswith("line,code,reason,row.Email\r\n")
    charlies.refused(404, "GET", f"imports/{import_id}", params={"action": "refused"})


def test_an_import_tells_what_came_of_it(program: Program, charlies: Program, process: Any) -> None:
    list_id = upload(program, name="A")
    process()
    (import_id,) = [each["id"] for each in program.get("drops")["list"]]

    (found,) = program.get(f"imports/{import_id}")["list"]

    numbers = ("importLines", "created", "updated", "unchanged", "duplicates", "importInvalid")
    assert [found[name] for name in numbers] == ["3", "2", "0", "0", "0", "1"]
    assert (found["listId"], found["importStatus"], found["failure"]) == (list_id, "ok", None)
    charlies.refused(404, "GET", f"imports/{import_id}")


def test_contacts_can_be_imported_without_a_list(program: Program, process: Any) -> None:
    answer = program.call("POST", "contacts?action=import", files={"contactFile": ("liste.csv", LISTE)})
    process()

    (found,) = program.done(answer)["list"]
    assert found["listId"] is None
    assert program.get(f"imports/{found['id']}", properties="created")["list"] == [{"created": "2"}]
    assert program.names() == {}


def test_a_packed_file_is_taken(program: Program, process: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("liste.csv", LISTE)

    list_id = upload(program, packed.getvalue(), "liste.zip", name="A")
    process()

    assert import_state(program, list_id)["importStatus"] == "ok"


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (417, {"data": {"name": "A"}}),
        (417, {"data": {"name": "A", "contactFile": "Email"}}),
        (417, {"data": {"name": "A"}, "files": {"file": ("liste.csv", LISTE)}}),
        (417, {"files": {"contactFile": ("liste.csv", LISTE)}}),
        (417, {"data": {"name": "A"}, "files": {"contactFile": ("liste.zip", b"PK\x03\x04broken")}}),
        (417, {"data": {"name": "A"}, "files": {"contactFile": ("liste.pdf", b"%PDF-1.7\n%\xe2\xe3")}}),
        (417, {"data": {"name": "A", "ignoreFirstLine": "x"}, "files": {"contactFile": ("a.csv", LISTE)}}),
        (400, {"data": {"name": "A"}, "files": [("contactFile", ("a.csv", LISTE))] * 2}),
        (413, {"data": {"name": "A"}, "files": {"contactFile": ("a.csv", b"x" * (21 * 1024 * 1024))}}),
    ],
    ids=["no file", "text", "field", "no name", "broken zip", "pdf", "flag", "two", "large"],
)
def test_what_is_no_import_is_refused_at_once_and_nothing_is_made(
    program: Program, status: int, request_: dict[str, Any]
) -> None:
    program.refused(status, "POST", "lists?action=import", **request_)

    assert program.names() == {}
    assert program.get("drops")["list"] == []
