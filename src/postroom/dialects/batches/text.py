"""From the bytes of .dat and .csv files to text: encoding, percent escapes, what may be shown of it."""

from __future__ import annotations

import re

from postroom.contacts.windows import from_cp1252

EDGES = " \t\r\n"
"""Trimmed around names, values and lines."""

_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})++")  # possessive: millions of them take no memory
_SECRET = re.compile(r"(?:password|client_auth|\bpwd)[\s=:]+(?=\S)", re.IGNORECASE)
_KEY = re.compile(r"\s*(\w{1,40})\s*=")


def text_of(raw: bytes) -> str:
    """Decode a piece of a file: UTF-8, or else Windows-1252, its five undefined bytes as in ISO-8859-1.

    The original calls these files flat ASCII (seed 001). NULs go, as nothing stores them.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = from_cp1252(raw)
    return text.replace("\0", "") if "\0" in text else text


def unescaped(text: str) -> str:
    """Replace percent escapes; a percent sign without two digits stays (specs, command batches 7.8)."""
    if "%" not in text:
        return text
    return _ESCAPES.sub(lambda run: text_of(bytes.fromhex(run[0].replace("%", ""))), text)


def without_secrets(text: str) -> str:
    """Cut a text after the key of a secret, whose value follows."""
    secret = _SECRET.search(text)
    return f"{text[: secret.end()]}…" if secret else text


def shown(text: str) -> str:
    """Return what may be told of a line that is not understood: its key, as its value may be a secret."""
    key = _KEY.match(text)
    return f"{key[1]}=" if key else "…"
