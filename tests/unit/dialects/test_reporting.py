from __future__ import annotations

from datetime import date

import pytest

from postroom.contacts.channels import Channel
from postroom.contacts.custom_fields import CustomColumn, FieldType
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.headers import field_of
from postroom.dialects.folders.reporting import (
    archive_meant,
    campaign_archive,
    daily_archive,
    day_of_directory,
    directory_of_day,
    files_about,
    report_columns,
    report_encoding,
)

DAY = date(2015, 4, 27)


def test_archives_are_called_as_the_document_shows_them() -> None:
    assert directory_of_day(DAY) == "reporting/2015-04-27"
    assert campaign_archive(DAY, 12345, "Campaign #1") == "2015-04-27_12345_Campaign #1.zip"
    assert daily_archive(DAY) == "2015-04-27_Daily.zip"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Soldes d'été", "Soldes d'été"),
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("tab\tand\nline", "tab_and_line"),
        ("  spaces and dots. . ", "spaces and dots"),
        ("é" * 200, "é" * 75),
        ("..", ""),
    ],
)
def test_a_name_of_a_campaign_becomes_one_of_a_file(name: str, written: str) -> None:
    assert campaign_archive(DAY, 7, name) == f"2015-04-27_7_{written}.zip"


def test_the_day_of_a_folder_is_known_again() -> None:
    assert day_of_directory("reporting/2015-04-27") == DAY


@pytest.mark.parametrize(
    "directory", ["reporting", "reporting/2015-02-30", "reporting/2015-04-27/x", "contacts/2015-04-27", ""]
)
def test_other_folders_are_of_no_day(directory: str) -> None:
    assert day_of_directory(directory) is None


def test_the_short_name_of_a_day_means_all_campaigns_in_its_folder_alone() -> None:
    assert archive_meant("reporting/2015-04-27", "2015-04-27.zip") == "2015-04-27_Daily.zip"
    assert archive_meant("reporting/2015-04-28", "2015-04-27.zip") == "2015-04-27.zip"
    assert archive_meant("contacts/import/ok", "2015-04-27.zip") == "2015-04-27.zip"
    assert archive_meant("reporting/2015-04-27", "other.zip") == "other.zip"


def test_each_medium_has_its_files_and_partners_have_none() -> None:
    assert files_about([Channel.SMS, Channel.EMAIL]) == [
        "EMAIL_clicked.csv",
        "EMAIL_opened.csv",
        "EMAIL_optout.csv",
        "SMS_clicked.csv",
        "SMS_optout.csv",
    ]
    assert files_about([Channel.VOICE, Channel.VOICEMAIL]) == ["VOICE_optout.csv", "VOICEMAIL_optout.csv"]
    assert files_about([Channel.PRINT, Channel.SOCIAL, Channel.CALLCENTER]) == []


SETTINGS = AccountSettings(
    labels={"field02": "Pointure"}, custom={"extra01": CustomColumn("prénom", FieldType.TEXT)}
)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_header_is_understood_by_an_import_of_the_account(language: str) -> None:
    settings = SETTINGS.changed({"language": language})

    for field, header in report_columns(settings):
        assert field_of(header, settings) == field, header


def test_headers_are_those_of_the_document_and_the_account() -> None:
    headers = [header for _field, header in report_columns(SETTINGS)]

    assert headers[:6] == ["Civilité", "Prénom", "Nom", "Email", "Téléphone Fixe", "Mobile"]
    assert "Champ 1" in headers
    assert "Pointure" in headers
    assert headers[-1] == "custom_prénom"


def test_reports_are_in_latin_1_unless_the_account_says_otherwise() -> None:
    assert report_encoding(AccountSettings()) == "iso-8859-1"
    assert report_encoding(AccountSettings().changed({"encoding": "utf-8"})) == "utf-8"
