"""OUT flows over /v1: which there are, having files made, fetching them; who may."""

from __future__ import annotations

from typing import Any

import pytest
from pysequoia import Tsk

from postroom.client import Client
from postroom.drops.room import Room
from postroom.outflow.generating import generate
from tests.conftest import Person
from tests.integration.drops.clock import NOON, Clock
from tests.integration.outflow.exporting import Exporter, read_csv, unzipped
from tests.integration.outflow.happenings import happened
from tests.integration.web.site import Credentials, Site, make_client
from tests.integration.web.v1.program import Program, problem

OPENED = "EMAIL_OPENED"
PATH = f"/flows/{OPENED}"


@pytest.fixture
def exporter(web_room: Room, alice: Person, clock: Clock) -> Exporter:
    """Return Alice as who exports, with one contact."""
    exporter = Exporter(web_room, alice, clock)
    exporter.contacts({"email": "bob@example.com", "city": "Liège"})
    return exporter


def call(program: Program, method: str, path: str, json: Any = None, status: int = 200) -> Any:
    answer = program.call(method, path, json=json)
    assert answer.status_code == status, answer.text
    return answer.json()


def made(exporter: Exporter, run: dict[str, Any]) -> None:
    """Let the worker make a file."""
    generate(exporter.depot, exporter.account_id, run["id"])


def test_every_flow_is_listed_with_its_columns(shop_program: Program, exporter: Exporter) -> None:
    exporter.survey("taste", "colour")
    call(shop_program, "PUT", "/flows/SURVEY_taste", {})

    items = {each["flow"]: each for each in call(shop_program, "GET", "/flows")["items"]}

    assert len(items) == 39
    assert items[OPENED]["active"] is False
    assert items[OPENED]["options"] is None
    assert items["SURVEY_taste"]["active"] is True
    assert items["EMAIL_NOT_SENT"]["columns"][10]["name"] == "reason"
    assert "NO_ADDRESS" in items["EMAIL_NOT_SENT"]["columns"][10]["values"]


def test_a_flow_is_activated_and_its_file_fetched(shop_program: Program, exporter: Exporter) -> None:
    flow = call(shop_program, "PUT", PATH, {"fields": ["city"], "times": ["02:00", "14:00"]})
    exporter.record(happened(OPENED))
    started = shop_program.post(f"{PATH}/runs", {})
    run = started.json()
    early = shop_program.get(f"{PATH}/runs/{run['id']}/file")
    made(exporter, run)
    finished = call(shop_program, "GET", f"{PATH}/runs/{run['id']}")
    file = shop_program.get(f"{PATH}/runs/{run['id']}/file")

    (row,) = read_csv(unzipped(file.content).decode())
    assert (flow["active"], flow["options"]["fields"]) == (True, ["city"])
    assert flow["next_at"] == "2026-03-04T13:00:00Z"
    assert (started.status_code, run["state"], run["rows"]) == (202, "PLANNED", None)
    assert started.headers["location"] == f"/v1{PATH}/runs/{run['id']}"
    assert problem(early) == (409, "NO_FILE")
    assert (finished["state"], finished["rows"], finished["size"]) == ("GENERATED", 1, len(file.content))
    assert row["city"] == "Liège"
    assert "EMAIL_OPENED_alice_20260304.zip" in file.headers["content-disposition"]


def test_runs_are_read_newest_first_page_by_page(shop_program: Program, exporter: Exporter) -> None:
    call(shop_program, "PUT", PATH, {})
    exporter.activate("EMAIL_SENT")
    exporter.run("EMAIL_SENT")
    ids = [exporter.run(OPENED).run_id]
    for _ in range(2):
        assert isinstance(exporter.clock, Clock)
        exporter.clock.pass_by(1)
        ids.append(exporter.run(OPENED, extra=True).run_id)

    page = call(shop_program, "GET", f"{PATH}/runs?limit=2&total=true")
    rest = call(shop_program, "GET", f"{PATH}/runs?limit=2&cursor={page['next']}")

    assert [each["id"] for each in page["items"] + rest["items"]] == ids[::-1]
    assert (page["total"], rest["next"]) == (3, None)


def test_runs_in_one_state_are_read_and_say_why_they_are(shop_program: Program, exporter: Exporter) -> None:
    call(shop_program, "PUT", PATH, {})
    exporter.run(OPENED)
    failed = exporter.run(OPENED, extra=True)
    with exporter.room.database.transaction() as connection:
        connection.execute(
            "update flow_runs set state = 'FAILED', failure = 'No', tries = 4, next_at = cut_at"
            " where run_id = %s",
            [failed.run_id],
        )

    page = call(shop_program, "GET", f"{PATH}/runs?state=FAILED&total=true")

    ((run,), total) = (page["items"], page["total"])
    assert (run["id"], total) == (failed.run_id, 1)
    assert (run["failure"], run["tries"], run["next_at"]) == ("No", 4, "2026-03-04T12:00:00Z")
    assert run["remarks"] == {}
    assert problem(shop_program.get(f"{PATH}/runs?state=BROKEN")) == (422, "INVALID")


def test_a_second_file_of_the_day_must_be_asked_for(shop_program: Program, exporter: Exporter) -> None:
    call(shop_program, "PUT", PATH, {})
    call(shop_program, "POST", f"{PATH}/runs", {}, 202)

    assert problem(shop_program.post(f"{PATH}/runs", {})) == (409, "HAS_RUN")
    extra = call(shop_program, "POST", f"{PATH}/runs", {"extra": True}, 202)
    assert extra["file"] == "EMAIL_OPENED_alice_20260304_130000.zip"


def test_older_rows_are_asked_for_by_two_moments(shop_program: Program, exporter: Exporter) -> None:
    exporter.record(happened(OPENED))
    call(shop_program, "PUT", PATH, {})
    period = {"since": "2026-03-04T00:00:00Z", "until": "2026-03-05T00:00:00+01:00", "by": "event"}

    run = call(shop_program, "POST", f"{PATH}/runs", period, 202)
    made(exporter, run)

    assert call(shop_program, "GET", f"{PATH}/runs/{run['id']}")["rows"] == 1
    assert problem(shop_program.post(f"{PATH}/runs", {"since": period["since"]})) == (422, "BAD_PERIOD")
    backwards = {"since": period["until"], "until": period["since"]}
    assert problem(shop_program.post(f"{PATH}/runs", backwards)) == (422, "BAD_PERIOD")


def test_a_file_is_sent_again_and_made_anew(shop_program: Program, exporter: Exporter) -> None:
    call(shop_program, "PUT", PATH, {})
    run = exporter.run(OPENED)
    path = f"{PATH}/runs/{run.run_id}"

    without = shop_program.post(f"{path}/resend", None)
    call(shop_program, "POST", "/locations", {"name": "here", "url": "hosted"}, 201)
    sent = call(shop_program, "POST", f"{path}/resend?location=here")
    planned = call(shop_program, "POST", f"{path}/regenerate", {"suffix": True})
    again = shop_program.post(f"{path}/regenerate", {})
    made(exporter, planned)
    anew = call(shop_program, "GET", path)

    assert problem(without) == (409, "WITHOUT_LOCATION")
    assert f"GET /v1{path}/file" in without.json()["detail"]
    assert (sent["state"], sent["sha256"], sent["location"]) == ("GENERATED", run.sha256, "here")
    assert (planned["state"], planned["revision"], planned["file"]) == ("PLANNED", 1, run.file_name)
    assert problem(again) == (409, "UNDER_WAY")
    assert (anew["state"], anew["revision"], anew["file"][-7:]) == ("GENERATED", 2, "_r2.zip")


def test_a_flow_is_deactivated(shop_program: Program, exporter: Exporter) -> None:
    call(shop_program, "PUT", PATH, {"done": True})

    flow = call(shop_program, "POST", f"{PATH}/deactivate")

    assert (flow["active"], flow["options"]["done"]) == (False, True)
    assert problem(shop_program.post(f"{PATH}/deactivate")) == (404, "NOT_ACTIVE")
    assert problem(shop_program.post(f"{PATH}/runs", {})) == (404, "NOT_ACTIVE")


def test_a_key_is_never_told(shop_program: Program, exporter: Exporter) -> None:
    key = str(Tsk.generate("Carol <carol@example.com>").extract_certificate())

    answer = shop_program.call("PUT", PATH, json={"pgp": key})

    assert answer.json()["options"]["encrypted"] is True
    assert "PGP" not in answer.text


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        ({"times": ["25:00"]}, 422, "BAD_TIME"),
        ({"name": "daily"}, 422, "BAD_NAME"),
        ({"fields": ["shoe"]}, 422, "BAD_FIELD"),
        ({"pgp": "none"}, 422, "BAD_KEY"),
        ({"format": "xml"}, 422, "INVALID"),
        ({"unknown": 1}, 422, "INVALID"),
        ({"location": "theirs"}, 404, "NO_LOCATION"),
    ],
)
def test_what_cannot_be_is_refused(
    shop_program: Program, exporter: Exporter, options: dict[str, Any], status: int, code: str
) -> None:
    assert problem(shop_program.call("PUT", PATH, json=options)) == (status, code)
    assert call(shop_program, "GET", PATH)["options"] is None


@pytest.mark.parametrize("flow", ["EMAIL_READ", "email_opened", "SURVEY_a b", "%00", "x" * 90])
def test_there_is_no_other_flow(shop_program: Program, exporter: Exporter, flow: str) -> None:
    assert shop_program.get(f"/flows/{flow}").status_code in {404, 422}
    assert shop_program.call("PUT", f"/flows/{flow}", json={}).status_code in {404, 422}


def test_the_same_call_under_a_key_runs_once(shop_program: Program, exporter: Exporter) -> None:
    call(shop_program, "PUT", PATH, {})
    headers = {"Idempotency-Key": "once"}

    first = shop_program.post(f"{PATH}/runs", {"extra": True}, headers=headers)
    second = shop_program.post(f"{PATH}/runs", {"extra": True}, headers=headers)

    assert first.json() == second.json()
    assert len(exporter.runs()) == 1


def test_charlie_sees_and_touches_nothing_of_alices(
    shop_program: Program, stranger_program: Program, exporter: Exporter
) -> None:
    call(shop_program, "PUT", PATH, {"fields": ["city"]})
    run = exporter.run(OPENED)
    path = f"{PATH}/runs/{run.run_id}"

    assert call(stranger_program, "GET", PATH)["options"] is None
    assert call(stranger_program, "GET", f"{PATH}/runs")["items"] == []
    assert problem(stranger_program.get(path)) == (404, "NO_RUN")
    assert problem(stranger_program.get(f"{path}/file")) == (404, "NO_RUN")
    assert problem(stranger_program.post(f"{path}/resend")) == (404, "NO_RUN")
    assert problem(stranger_program.post(f"{path}/regenerate", {})) == (404, "NO_RUN")
    assert exporter.read(run.run_id) == run


def test_a_run_of_another_flow_is_not_there(shop_program: Program, exporter: Exporter) -> None:
    call(shop_program, "PUT", PATH, {})
    run = exporter.run(OPENED)

    assert problem(shop_program.get(f"/flows/EMAIL_SENT/runs/{run.run_id}")) == (404, "NO_RUN")


def test_who_may_only_read_flows_does_not_run_them(site: Site, web_room: Room, exporter: Exporter) -> None:
    reader = Program(site, make_client(web_room, exporter.person, name="r", scopes=["flows:read"]))
    other = Program(site, make_client(web_room, exporter.person, name="o", scopes=["drops:write"]))

    assert reader.get(PATH).status_code == 200
    for method, path in (("PUT", PATH), ("POST", f"{PATH}/deactivate"), ("POST", f"{PATH}/runs")):
        assert problem(reader.call(method, path, json={})) == (403, "INSUFFICIENT_SCOPE")
    assert problem(other.get("/flows")) == (403, "INSUFFICIENT_SCOPE")


def test_the_client_does_all_of_it(site: Site, shop: Credentials, exporter: Exporter) -> None:
    exporter.record(happened(OPENED))
    with Client(f"http://127.0.0.1:{site.server.port}", shop.client_id, shop.secret) as client:
        flow = client.flows.activate(OPENED, fields=["city"], done=True)
        exporter.record(happened(OPENED, 2))
        started = client.flows.start(OPENED)
        made(exporter, {"id": started.id})
        run = client.flows.run(OPENED, started.id)
        content = client.flows.fetch(OPENED, started.id)
        older = client.flows.backfill(OPENED, NOON.replace(hour=1), NOON.replace(hour=23))
        again = client.flows.regenerate(OPENED, started.id)
        made(exporter, {"id": started.id})
        client.locations.create("here", "hosted")
        sent = client.flows.resend(OPENED, started.id, location="here")
        listed = [each.id for each in client.flows.runs(OPENED)]
        failed = list(client.flows.runs(OPENED, state="FAILED"))
        off = client.flows.deactivate(OPENED)
        names = [each.flow for each in client.flows.all()]

    assert flow.options is not None
    assert (flow.options["done"], flow.columns[-1].name) == (True, "country")
    assert (run.state, run.rows, run.size) == ("GENERATED", 1, len(content))
    assert (again.state, sent.state) == ("PLANNED", "GENERATED")
    assert (listed, failed) == ([older.id, started.id], [])
    assert not off.active
    assert len(names) == 38
