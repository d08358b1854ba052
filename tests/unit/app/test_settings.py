from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from postroom.app.settings import PREFIX, Settings, Shown
from postroom.contacts.errors import Refused

URL = "postgresql://alice:rabbit@db.example/postroom"


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def shown(settings: Settings, name: str, options: Mapping[str, object] | None = None) -> Shown:
    return next(row for row in settings.visible(options) if row.name == name)


def test_without_anything_set_the_defaults_hold() -> None:
    settings = Settings.load()

    assert settings.data == Path.cwd() / "postroom-data"
    assert (settings.ftp_port, settings.sftp_port, settings.http_port) == (2121, 2222, 8080)
    assert settings.host == "127.0.0.1"
    assert settings.database_url is None
    assert settings.upload_limit_bytes == 20 * 1024 * 1024


def test_an_option_wins_over_the_environment_and_that_over_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSTROOM_FTP_PORT", "2100")
    monkeypatch.setenv("POSTROOM_SFTP_PORT", "2200")
    options = {"ftp_port": 0, "http_port": None}

    settings = Settings.load(options)

    assert (settings.ftp_port, settings.sftp_port, settings.http_port) == (0, 2200, 8080)
    assert shown(settings, "ftp_port", options).source == "option"
    assert shown(settings, "sftp_port", options).source == "environment"
    assert shown(settings, "http_port", options).source == "default"


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_DATABASE_URL", "")

    assert Settings.load().database_url is None


def test_a_misspelt_variable_is_refused_with_the_right_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_FTPPORT", "21")

    with pytest.raises(Refused, match=r"POSTROOM_FTPPORT.*Did you mean POSTROOM_FTP_PORT"):
        Settings.load()


def test_the_variables_of_our_tests_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_TEST_ALL", "1")

    Settings.load()


def test_every_bad_value_is_told_at_once_by_the_name_of_its_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POSTROOM_FTP_PORT", "70000")
    monkeypatch.setenv("POSTROOM_LOG_FORMAT", "xml")

    with pytest.raises(Refused) as refused:
        Settings.load()

    assert "POSTROOM_FTP_PORT" in refused.value.message
    assert "POSTROOM_LOG_FORMAT" in refused.value.message
    assert "\n" in refused.value.message


def test_a_bad_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_DATABASE_URL", "mysql://alice:rabbit@db.example/postroom")

    with pytest.raises(Refused, match="POSTROOM_DATABASE_URL") as refused:
        Settings.load()

    assert "rabbit" not in refused.value.message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"certificate": Path("a.pem")}, "belong together"),
        ({"certificate_key": Path("a.key")}, "belong together"),
        ({"passive_ports": "50999-50000"}, "FIRST-LAST"),
        ({"passive_ports": "100-2000"}, "FIRST-LAST"),
        ({"passive_ports": "fifty"}, "FIRST-LAST"),
        ({"passive_ports": "50000-50010"}, "twice as many ports"),
        ({"passive_ports": "2000-3000"}, "ftp_port .2121. is in the range"),
        ({"masquerade_address": "198.51.100.7", "passive_ports": "any"}, "needs passive_ports"),
        ({"masquerade_address": "0.0.0.0"}, "not 0.0.0.0"),
        ({"masquerade_address": "ftp.example"}, "IPv4"),
        ({"ftp_port": 2222}, "same port"),
        ({"dead_after_seconds": 3.0}, "twice heartbeat"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(Refused, match=words):
        Settings.load(options)


def test_several_ports_may_be_left_to_the_machine() -> None:
    Settings.load({"ftp_port": 0, "sftp_port": 0, "http_port": 0})


def test_the_passive_range_includes_both_ends() -> None:
    assert Settings.load().passive_range == (50000, 50999)
    assert Settings.load({"passive_ports": "any"}).passive_range is None


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_DATABASE_URL", URL)

    settings = Settings.load()

    assert settings.database_url == URL
    assert "rabbit" not in repr(settings)
    assert "rabbit" not in repr(settings.visible())
    assert shown(settings, "database_url").value == "********"


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(URL + "\n")
    monkeypatch.setenv("POSTROOM_DATABASE_URL_FILE", str(tmp_path / "url"))

    settings = Settings.load()

    assert settings.database_url == URL
    assert shown(settings, "database_url").source == "file"


def test_a_secret_in_a_file_and_outside_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POSTROOM_DATABASE_URL", URL)
    monkeypatch.setenv("POSTROOM_DATABASE_URL_FILE", str(tmp_path / "url"))

    with pytest.raises(Refused, match="not both"):
        Settings.load()


def test_a_secret_file_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POSTROOM_DATABASE_URL_FILE", str(tmp_path / "url"))

    with pytest.raises(Refused, match="cannot be read"):
        Settings.load()


def test_only_secrets_come_from_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_FTP_PORT_FILE", "/port")

    with pytest.raises(Refused, match="POSTROOM_FTP_PORT_FILE"):
        Settings.load()


def test_every_setting_says_what_it_is_for() -> None:
    assert all(row.meaning.endswith(".") for row in Settings.load().visible())


def test_settings_survive_the_way_to_another_process() -> None:
    settings = Settings.load({"passive_ports": "any", "database_url": URL, "certificate": None})

    assert Settings(**settings.model_dump(mode="json")) == settings


def test_a_secret_key_is_checked_at_the_start_and_never_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_SECRET_KEY", "not-a-key-but-still-secret")

    with pytest.raises(Refused, match=r"POSTROOM_SECRET_KEY.*32 random bytes") as refused:
        Settings.load()

    assert "still-secret" not in str(refused.value)


def test_a_secret_key_is_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_text("A" * 43 + "=\n")
    monkeypatch.setenv("POSTROOM_SECRET_KEY_FILE", str(file))

    settings = Settings.load()

    assert settings.secret_key == "A" * 43 + "="
    assert shown(settings, "secret_key").value == "********"
    assert "AAAA" not in repr(settings)


MAIL = {"smtp_host": "mail.example", "smtp_from": "Postroom <postroom@example.com>"}


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"smtp_host": "mail.example"}, "smtp_host needs smtp_from"),
        ({**MAIL, "smtp_username": "postroom"}, "belong together"),
        ({**MAIL, "smtp_username": "a", "smtp_password": "b", "smtp_tls": "none"}, "unencrypted"),
        ({**MAIL, "smtp_from": "postroom"}, "expected an address"),
        ({**MAIL, "smtp_from": "a@example.com\r\nBcc: b@example.com"}, "expected an address"),
        ({"webhook_networks": "10.1.0.0/16,nowhere"}, "expected networks"),
        ({"webhook_networks": "10.1.2.3/16"}, "host bits"),
        ({"files_url": "https:" + "//files.example.com"}, "expected sftp"),
        ({"files_url": "sftp:" + "//files.example.com/contacts"}, "without a path"),
    ],
)
def test_settings_of_notices_that_cannot_work_are_refused(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        Settings.load(options)


def test_the_password_of_the_mail_server_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_SMTP_PASSWORD", "rabbit")
    settings = Settings.load({**MAIL, "smtp_username": "postroom"})

    assert "rabbit" not in repr(settings)
    assert shown(settings, "smtp_password").value == "********"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"http_url": "postroom.example.com"}, "expected a URL"),
        ({"http_url": "ftp:" + "//postroom.example.com"}, "expected a URL"),
        ({"http_url": "https:" + "//api.example.com/?a=b"}, "expected a URL"),
        ({"http_proxies": "10.1.0.0/16,proxy.example.com"}, "expected networks"),
        ({"http_origins": "app.example.com"}, "expected origins"),
        ({"http_origins": "https:" + "//app.example.com/page"}, "expected origins"),
        ({"http_origins": "*"}, "expected origins"),
        ({"http_calls_per_minute": "-1"}, "greater than or equal to 0"),
    ],
)
def test_settings_of_http_that_cannot_work_are_refused(options: dict[str, str], complaint: str) -> None:
    with pytest.raises(Refused, match=complaint):
        Settings.load(options)
