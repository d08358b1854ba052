"""Providers from the terminal: who they are, whether they answer, and what a text costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.cli.terminal import Terminal
from tests.integration.sending.phone.smsc import Smsc, smsc
from tests.integration.sending.phone.web_provider import WebProvider, web_provider


@pytest.fixture
def centre() -> Iterator[Smsc]:
    with smsc() as running:
        yield running


@pytest.fixture
def web() -> Iterator[WebProvider]:
    with web_provider() as running:
        yield running


@pytest.fixture
def described(centre: Smsc, web: WebProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a file that describes both, which the settings name."""
    password = tmp_path / "password"
    password.write_text("rabbit")
    path = tmp_path / "providers.toml"
    path.write_text(
        f"""
        [providers.one]
        kind = "smpp"
        channels = ["SMS"]
        weights.SMS = 3
        account = "alice"
        host = "127.0.0.1"
        port = {centre.port}
        system_id = "alice"
        sender = "Alice"
        password.file = "{password}"

        [providers.web]
        kind = "http"
        channels = ["SMS", "VOICE"]
        url = "{web.url}?key=s3cret"
        body = {{ to = "{{to}}", text = "{{text}}", from = "{{sender}}" }}
        answer.id = "id"
        meanings.delivered = ["ok"]
        receipts = {{ secret = {{ file = "{tmp_path}/token" }}, id = "id", status = "status" }}
        """
    )
    (tmp_path / "token").write_text("token-of-16-letters")
    monkeypatch.setenv("POSTROOM_PROVIDERS", str(path))
    return path


def refusal(terminal: Terminal, exit_code: int, *arguments: str) -> str:
    answer = terminal.type(*arguments)
    assert answer.exit_code == exit_code, answer
    return answer.errors


def test_providers_are_listed_without_their_secrets(
    terminal: Terminal, described: Path, centre: Smsc
) -> None:
    one, web = terminal.json("provider", "list")
    text = terminal.run("provider", "list")

    assert one == {
        "name": "one",
        "kind": "smpp",
        "channels": {"SMS": 3},
        "account": "alice",
        "where": f"127.0.0.1:{centre.port}",
        "back": ["receipts", "inbound"],
    }
    assert (web["channels"], web["account"], web["back"]) == ({"SMS": 1, "VOICE": 1}, None, ["receipts"])
    assert "SMS (3)" in text
    for secret in ("rabbit", "token-of", "s3cret"):
        assert secret not in text + str(one) + str(web)


def test_without_a_file_there_is_no_provider(terminal: Terminal) -> None:
    assert "POSTROOM_PROVIDERS" in terminal.run("provider", "list")
    assert "POSTROOM_PROVIDERS" in refusal(terminal, 2, "provider", "sms", "+33612345678", "Bonjour")


def test_a_mistake_in_the_file_is_told_by_its_place(terminal: Terminal, described: Path) -> None:
    described.write_text(described.read_text().replace("system_id", "system"))

    assert "providers.one.system_id: expected a text" in refusal(terminal, 2, "provider", "list")


def test_a_provider_is_reached_without_sending_anything(
    terminal: Terminal, described: Path, centre: Smsc, web: WebProvider
) -> None:
    assert "one: bound as alice" in terminal.run("provider", "test", "one")
    assert terminal.json("provider", "test", "web")["name"] == "web"
    centre.bind_status = 0x0E
    assert "Invalid Password" in refusal(terminal, 6, "provider", "test", "one")
    assert "Known: one, web" in refusal(terminal, 3, "provider", "test", "two")
    assert (centre.parts, web.calls) == ([], [])


def test_the_parts_of_a_text_are_counted_without_any_provider(terminal: Terminal) -> None:
    assert terminal.json("provider", "sms", "+33612345678", "Fête", "--count") == {
        "encoding": "UCS-2",
        "units": 4,
        "parts": 1,
    }
    assert "2 parts of GSM-7 (161 units)" in terminal.run("provider", "sms", "0", "a" * 161, "--count")


def test_a_trial_goes_by_the_first_provider_or_the_one_that_is_named(
    terminal: Terminal, described: Path, centre: Smsc, web: WebProvider
) -> None:
    first = terminal.json("provider", "sms", "06 12 34 56 78", "Bonjour")
    named = terminal.run("provider", "sms", "+33612345678", "Bonjour", "--provider", "web", "--sender", "Bob")

    assert (first["provider"], first["provider_id"], first["parts"]) == ("one", "m1", 1)
    assert centre.parts[0].text("source_addr") == "Alice"
    assert "sent by web, which calls it x1" in named
    assert web.calls[0].json == {"to": "+33612345678", "text": "Bonjour", "from": "Bob"}


def test_a_trial_that_fails_says_why(terminal: Terminal, described: Path, centre: Smsc) -> None:
    centre.answers = [0x0B]

    said = refusal(terminal, 5, "provider", "sms", "+33612345678", "Bonjour")

    assert "Invalid Destination Address" in said
    assert "no mobile number" in refusal(terminal, 2, "provider", "sms", "12", "Bonjour")
