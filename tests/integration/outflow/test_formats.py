"""The same rows in other formats and packings, each read by the program that it is for."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
from pysequoia import Tsk, decrypt

from postroom.contacts.fields import DOCUMENTED_FIELDS
from postroom.outflow.catalogue import FLOWS
from postroom.outflow.options import Format, Packing
from postroom.store.flows import Run, RunState
from tests.integration.outflow.exporting import Exporter, read_csv, unzipped
from tests.integration.outflow.happenings import HAPPENINGS, happened

CLICKED = "EMAIL_CLICKED"
BOB = {"email": "bob@example.com", "city": "Liège"}


def exported(exporter: Exporter, flow: str = CLICKED, **options: Any) -> Run:
    exporter.contacts(BOB)
    campaign = exporter.campaign("Spring")
    exporter.activate(flow, **options)
    exporter.record(happened(flow, 1, campaign_id=campaign, message_id=7), happened(flow, 2))
    return exporter.run(flow)


def test_json_lines_have_types(exporter: Exporter) -> None:
    run = exported(exporter, format=Format.JSONL, fields=("city",))

    first, second = map(json.loads, exporter.text_of(run).splitlines())
    assert first == {
        "eventId": "018e0a4c-1111-4000-8000-000000000001",
        "profileTable": "alice",
        "profileId": 1,
        "campaignId": 1,
        "campaignName": "Spring",
        "campaignType": "ONE_SHOT",
        "messageId": f"{exporter.account_id}-7",
        "eventMoment": "2026-03-04T11:55:00+00:00",
        "recordedMoment": "2026-03-04T12:00:00+00:00",
        "emailAddress": "bob@example.com",
        "sentMoment": "2026-03-04T09:00:00+00:00",
        "linkId": 3,
        "linkName": "Spring",
        "linkCategory": ["shop", "dark, blue"],
        "url": "https://shop.example.com/?a=1;b=2",
        "firstClick": True,
        "firstClickOnLink": True,
        "machineClick": False,
        "deviceType": "MOBILE",
        "emailClient": "Apple Mail",
        "operatingSystem": "iOS",
        "userAgent": HAPPENINGS[CLICKED][3]["userAgent"],
        "ipAddress": "192.0.2.7",
        "country": "BE",
        "city": "Liège",
    }
    assert second["campaignId"] is None
    assert run.file_name.endswith(".zip")


@pytest.mark.parametrize("nasty", ["a\nb", "a\r\nb", 'a"b', "a\\b", "\x01\x02\x1f", "é\u2028", "x\ty"])
def test_each_line_is_one_whole_document_whatever_is_in_it(exporter: Exporter, nasty: str) -> None:
    exporter.contacts(BOB)
    exporter.activate(CLICKED, format=Format.JSONL)
    attributes = {**HAPPENINGS[CLICKED][3], "linkName": nasty, "linkCategory": [nasty, ""]}
    exporter.record(happened(CLICKED, attributes=attributes))

    (line,) = exporter.text_of(exporter.run(CLICKED)).split("\n")[:-1]

    assert json.loads(line)["linkName"] == nasty
    assert json.loads(line)["linkCategory"] == [nasty, ""]


def test_parquet_has_types(exporter: Exporter) -> None:
    run = exported(exporter, format=Format.PARQUET, packing=Packing.NONE)

    table = pl.read_parquet(io.BytesIO(exporter.bytes_of(run)))
    assert run.file_name == "EMAIL_CLICKED_alice_20260304.parquet"
    assert table.height == run.rows == 2
    assert table.schema["linkCategory"] == pl.List(pl.String)
    assert table.schema["eventMoment"] == pl.Datetime("ms", "UTC")
    assert table["eventMoment"][0] == datetime(2026, 3, 4, 11, 55, tzinfo=UTC)
    assert table["linkId"].to_list() == [3, 3]
    assert table["campaignId"].to_list() == [1, None]
    assert table["firstClick"].to_list() == [True, True]
    assert table["linkCategory"].to_list() == [["shop", "dark, blue"]] * 2
    assert list(exporter.room.blobs.staging.iterdir()) == []


@pytest.mark.parametrize("flow", ["EMAIL_OPENED", "GOAL_TRANSACTION", "SUBSCRIPTION_UPDATE"])
def test_parquet_of_an_empty_day_has_its_columns(exporter: Exporter, flow: str) -> None:
    exporter.activate(flow, format=Format.PARQUET)

    table = pl.read_parquet(io.BytesIO(unzipped(exporter.bytes_of(exporter.run(flow)))))

    assert table.height == 0
    assert table.columns[:3] == ["eventId", "profileTable", "profileId"]


@pytest.mark.parametrize("flow", sorted(HAPPENINGS))
def test_every_flow_can_be_parquet(exporter: Exporter, flow: str) -> None:
    run = exported(exporter, flow, format=Format.PARQUET)

    table = pl.read_parquet(io.BytesIO(unzipped(exporter.bytes_of(run))))

    assert table.height == run.rows
    assert table["eventId"].null_count() == 0
    assert table["recordedMoment"].null_count() == 0


@pytest.mark.parametrize("format_", Format)
@pytest.mark.parametrize("flow", [*(each.flow_id for each in FLOWS), "SURVEY_taste"])
def test_every_flow_can_have_every_field_and_be_safe_for_spreadsheets(
    exporter: Exporter, flow: str, format_: Format
) -> None:
    exporter.activate(flow, format=format_, fields=DOCUMENTED_FIELDS, spreadsheet_safe=True)

    assert exporter.run(flow).state is RunState.GENERATED


@pytest.mark.parametrize(
    ("format_", "read", "born"),
    [
        (Format.CSV, lambda content: read_csv(content.decode())[0]["birth_date"], "1990-02-28"),
        (Format.JSONL, lambda content: json.loads(content)["birth_date"], "1990-02-28"),
        (Format.PARQUET, lambda content: pl.read_parquet(content)["birth_date"][0], date(1990, 2, 28)),
    ],
)
def test_a_birth_date_is_a_day_in_every_format(
    exporter: Exporter, format_: Format, read: Callable[[bytes], Any], born: object
) -> None:
    exporter.contacts({**BOB, "birth_date": date(1990, 2, 28)})
    exporter.activate(CLICKED, format=format_, fields=("birth_date",), spreadsheet_safe=True)
    exporter.record(happened(CLICKED))

    assert read(unzipped(exporter.bytes_of(exporter.run(CLICKED)))) == born


def test_gzip_instead_of_zip(exporter: Exporter) -> None:
    run = exported(exporter, packing=Packing.GZIP)

    packed = exporter.bytes_of(run)
    assert run.file_name == "EMAIL_CLICKED_alice_20260304.csv.gz"
    assert len(read_csv(gzip.decompress(packed).decode())) == 2
    assert int.from_bytes(packed[4:8], "little") == int(run.cut_at.timestamp())


def test_nothing_around_it(exporter: Exporter) -> None:
    run = exported(exporter, packing=Packing.NONE)

    assert len(read_csv(exporter.bytes_of(run).decode())) == 2
    assert run.file_name.endswith(".csv")


def test_an_encrypted_file_is_opened_by_its_key_alone(exporter: Exporter) -> None:
    key = Tsk.generate("Carol <carol@example.com>")
    run = exported(exporter, pgp=str(key.extract_certificate()))

    encrypted = exporter.bytes_of(run)
    opened = decrypt(encrypted, key.decryptor(None)).bytes
    assert run.file_name == "EMAIL_CLICKED_alice_20260304.zip.gpg"
    assert opened is not None
    assert len(read_csv(unzipped(opened).decode())) == 2
    assert b"bob@example.com" not in encrypted
    assert list(exporter.room.blobs.staging.iterdir()) == []


def test_postgres_reads_it_and_tells_null_from_empty(exporter: Exporter, database_url: str) -> None:
    exporter.contacts(BOB)
    exporter.activate(CLICKED)
    attributes = {**HAPPENINGS[CLICKED][3], "linkName": "", "deviceType": None}
    exporter.record(happened(CLICKED, attributes=attributes))
    text = exporter.text_of(exporter.run(CLICKED))
    columns = text.partition("\n")[0].split(";")

    with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
        names = ", ".join(f'"{each}" text' for each in columns)
        cursor.execute(f"create temporary table loaded ({names})")
        with cursor.copy("copy loaded from stdin (format csv, delimiter ';', header)") as copy:
            copy.write(text.encode())
        row = cursor.execute(
            'select "linkName", "deviceType", "linkCategory", "url", "firstClick"::bool from loaded'
        ).fetchone()
        connection.rollback()

    assert row == ("", None, 'shop,"dark, blue"', "https://shop.example.com/?a=1;b=2", True)


def test_polars_reads_it(exporter: Exporter) -> None:
    text = exporter.text_of(exported(exporter))

    table = pl.read_csv(io.BytesIO(text.encode()), separator=";", try_parse_dates=True)

    assert table.height == 2
    assert table.schema["eventMoment"] == pl.Datetime("us")


def test_a_disk_that_is_full_leaves_a_file_to_be_made(
    exporter: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    exporter.contacts(BOB)
    exporter.activate(CLICKED)
    exporter.record(happened(CLICKED))

    def full(self: Path, *arguments: Any, **named: Any) -> Any:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", full)
        waiting = exporter.run(CLICKED)
    run = exporter.run(CLICKED, extra=True)

    first = exporter.runs()[0]
    assert first == waiting
    assert (first.state.value, first.failure) == ("PLANNED", "No space left on device.")
    assert run.rows == 0  # its window is the first one's
