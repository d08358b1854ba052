"""Log lines for people or for programs, to standard error; secrets never reach them."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, TextIO

import structlog

_HIDDEN = "[hidden]"
_SECRET_KEY = re.compile(
    r"passw(or)?d|passphrase|secret|token|authorization|api_?key|cookie|credential", re.IGNORECASE
)
# What drivers put into the text of their errors: postgresql://user:password@host and password=….
_SECRET_IN_URL = re.compile(r"(?<=://)([^\s:/@]*):[^\s/@]+@")
_SECRET_IN_TEXT = re.compile(r"\b(password|passwd|token|secret)(\s*[=:]\s*)[^\s,;)]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x80-\x9f\u2028\u2029]")

Format = Literal["text", "json"]
Entry = MutableMapping[str, Any]


def configure_logs(level: str, style: Format, *, part: str = "", stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error), from `level` on.

    `part` names the process in each line. What is logged through the standard library, our own code
    and libraries alike, goes the same way.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(style, part))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # Libraries that tell their life story at INFO.
    for name in ("asyncssh", "procrastinate", "uvicorn", "pyftpdlib", "psycopg.pool", "mail", "flufl"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def add_to_lines(context: logging.Filter) -> None:
    """Let `context` put what it knows of the moment on every log record of this process."""
    for handler in logging.getLogger().handlers:
        handler.addFilter(context)


def hide_secrets(_logger: object, _method: str, entry: Entry) -> Entry:
    """Replace the values of keys that name a secret, at any depth, and passwords inside texts."""
    return {key: _without_secrets(key, value) for key, value in entry.items()}


def escape_controls(_logger: object, _method: str, entry: Entry) -> Entry:
    """Escape control characters in texts, so that a file's name cannot forge a line or colour a terminal."""
    return {
        key: _escaped(value) if isinstance(value, str) and key != "exception" else value
        for key, value in entry.items()
    }


def _without_secrets(key: str, value: object) -> object:
    if _SECRET_KEY.search(key):
        return _HIDDEN
    if isinstance(value, Mapping):
        return {inner: _without_secrets(str(inner), item) for inner, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets("", item) for item in value]
    if isinstance(value, str):
        return _SECRET_IN_TEXT.sub(rf"\1\2{_HIDDEN}", _SECRET_IN_URL.sub(rf"\1:{_HIDDEN}@", value))
    return value


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


def _formatter(style: Format, part: str) -> logging.Formatter:
    def name_part(_logger: object, _method: str, entry: Entry) -> Entry:
        return {**entry, "part": part} if part else entry

    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide_secrets]
    if style == "json":
        last += [structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last += [
            escape_controls,
            structlog.dev.ConsoleRenderer(
                colors=False,
                pad_event_to=0,
                pad_level=False,
                exception_formatter=structlog.dev.plain_traceback,
            ),
        ]
    return structlog.stdlib.ProcessorFormatter(
        processors=last,
        foreign_pre_chain=[
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.format_exc_info,
            name_part,
        ],
    )
