from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from postroom.app.logs import Format, add_to_lines, configure_logs, hide_secrets


@pytest.fixture(autouse=True)
def _restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(style: Format, message: str, *arguments: object, **extra: object) -> str:
    stream = io.StringIO()
    configure_logs("info", style, part="ftp", stream=stream)
    logging.getLogger("postroom.gateway").info(message, *arguments, extra=extra)
    return stream.getvalue()


def test_a_line_tells_when_what_and_which_part() -> None:
    line = json.loads(logged("json", "file %s has landed", "x.csv", size=12))

    assert line["event"] == "file x.csv has landed"
    assert (line["level"], line["logger"], line["part"]) == ("info", "postroom.gateway", "ftp")
    assert line["size"] == 12
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize(
    "key", ["password", "new_password", "Secret", "api_key", "token", "Authorization", "passphrase", "cookie"]
)
def test_what_a_secret_is_called_is_enough_to_hide_it(style: Format, key: str) -> None:
    text = logged(style, "login", **{key: "rabbit", "login": "alice"})

    assert "rabbit" not in text
    assert "alice" in text


def test_secrets_inside_of_structures_are_hidden() -> None:
    entry = {"request": {"headers": [{"Authorization": "Basic cmFiYml0"}], "path": "/"}}

    assert hide_secrets(None, "info", entry) == {
        "request": {"headers": [{"Authorization": "[hidden]"}], "path": "/"}
    }


@pytest.mark.parametrize(
    "text",
    [
        "cannot reach postgresql://alice:rabbit@db.example/postroom",
        "connection failed: host=db password=rabbit user=alice",
        "token: rabbit",
    ],
)
def test_passwords_inside_of_texts_are_hidden(text: str) -> None:
    line = logged("text", text)

    assert "rabbit" not in line
    assert "[hidden]" in line


def test_passwords_inside_of_tracebacks_are_hidden() -> None:
    stream = io.StringIO()
    configure_logs("info", "json", stream=stream)
    wrong = ValueError("bad url postgresql://alice:rabbit@db/postroom")
    logging.getLogger("postroom").error("failed", exc_info=wrong)

    assert "ValueError" in stream.getvalue()
    assert "rabbit" not in stream.getvalue()


def test_the_name_of_a_file_cannot_forge_a_line_or_colour_a_terminal() -> None:
    line = logged("text", "landed %s", "x\r\n2026-01-01 [info] all is well\x1b[31m.csv", file="a\nb")

    assert line.count("\n") == 1
    assert "\x1b" not in line


def test_lines_below_the_level_stay_away() -> None:
    stream = io.StringIO()
    configure_logs("warning", "text", stream=stream)

    logging.getLogger("postroom").info("chatter")

    assert not stream.getvalue()


@pytest.mark.parametrize("style", ["text", "json"])
def test_what_is_known_of_the_moment_stands_in_each_line(style: Format) -> None:
    class Moment(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            record.request_id = "look-here"
            return True

    stream = io.StringIO()
    configure_logs("info", style, stream=stream)
    add_to_lines(Moment())

    logging.getLogger("postroom.web").info("GET /health answered 200")

    assert "look-here" in stream.getvalue()
