"""Forms with a file in them, as they come: to disk piece by piece, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from fastapi.requests import Request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from postroom.contacts.errors import PostroomError
from postroom.drops.room import Limits, Room
from postroom.web.api.uploads import MOST_TEXT_BYTES, Upload, read_upload_form, safe_name
from postroom.web.errors import Malformed, TooLarge
from tests.conftest import Person
from tests.integration.app.waiting import until
from tests.integration.web.rest.program import Program
from tests.integration.web.site import Credentials, Site, make_client, served
from tests.integration.web.wire import Wire

B = "----boundary"
CONTENT = b"Email\r\nalice@example.com\r\n--" + B.encode()[:-1] + b"\r\n"


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    named = f'; filename="{filename}"' if filename is not None else ""
    return (
        f'--{B}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'.encode() + content + b"\r\n"
    )


END = f"--{B}--\r\n".encode()
WHOLE = part("name", "Été".encode()) + part("contactFile", CONTENT, "liste.csv") + part("x", b"") + END


class Form:
    """What came of a form: its texts, its upload, and what was staged while it was open."""

    texts: list[tuple[str, str]]
    upload: Upload | None
    staged: bytes | None = None


def read(room: Room, pieces: Sequence[bytes], *, kind: str = f"multipart/form-data; boundary={B}") -> Form:
    """Read a form that comes in pieces."""
    messages: list[Message] = [{"type": "http.request", "body": each, "more_body": True} for each in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    found = Form()

    async def receive() -> Message:
        return messages.pop(0)

    async def main() -> None:
        scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode("latin-1"))]}
        async with read_upload_form(Request(scope, receive), room) as form:
            found.texts, found.upload = form.texts, form.upload
            if form.upload is not None:
                found.staged = form.upload.staged.path.read_bytes()

    asyncio.run(main())
    return found


def staged(room: Room) -> list[Path]:
    return list(room.blobs.staging.iterdir())


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cuts=st.lists(st.integers(0, len(WHOLE)), max_size=12))
def test_a_form_is_the_same_however_it_is_cut(room: Room, cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(WHOLE)]

    form = read(room, [WHOLE[start:end] for start, end in pairwise(places)])

    assert form.texts == [("name", "Été"), ("x", "")]
    assert form.staged == CONTENT
    assert form.upload is not None
    assert (form.upload.field, form.upload.filename) == ("contactFile", "liste.csv")
    assert form.upload.staged.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert form.upload.staged.size == len(CONTENT)


def test_what_nobody_took_is_removed(room: Room) -> None:
    assert read(room, [WHOLE]).staged is not None

    assert staged(room) == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (WHOLE[: -len(END)], Malformed),
        (WHOLE[: len(WHOLE) // 2], Malformed),
        (b"", Malformed),
        (b"nothing of the kind", Malformed),
        (part("a", b"1", "1.csv") + part("b", b"2", "2.csv") + END, Malformed),
        (f"--{B}\r\nContent-Disposition: form-data\r\n\r\nx\r\n".encode() + END, Malformed),
        (part("a", b"x" * 101, "a.csv") + END, TooLarge),
        (part("a", b"x" * (MOST_TEXT_BYTES + 1)) + END, TooLarge),
        (part("x", b"") * 20_001 + END, TooLarge),
        (f"--{B}\r\n".encode() + b"X: y\r\n" * 10_000 + b"\r\nz\r\n" + END, Malformed),
    ],
    ids=["no end", "half", "empty", "text", "two files", "no name", "large", "long", "many", "headers"],
)
def test_a_form_that_is_none_leaves_nothing(room: Room, body: bytes, error: type[PostroomError]) -> None:
    small = replace(room, limits=Limits(upload_bytes=100))

    with pytest.raises(error):
        read(small, [body])

    assert staged(room) == []


@pytest.mark.parametrize(
    "kind", ["text/csv", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 5000]
)
def test_a_type_without_a_boundary_is_no_form(room: Room, kind: str) -> None:
    with pytest.raises(Malformed):
        read(room, [WHOLE], kind=kind)


def test_a_file_may_be_as_large_as_allowed(room: Room) -> None:
    small = replace(room, limits=Limits(upload_bytes=100))

    assert read(small, [part("a", b"x" * 100, "a.csv") + END]).staged == b"x" * 100


def test_a_form_without_a_file_is_a_form(room: Room) -> None:
    form = read(room, [part("name", b"A") + part("contactFile", b"", "") + END])

    assert form.texts == [("name", "A"), ("contactFile", "")]
    assert form.upload is None


@pytest.mark.parametrize("charset", ["latin-1", "no-such-charset", "hex", "rot13"])
def test_a_charset_is_taken_if_it_is_one(room: Room, charset: str) -> None:
    text = "Été".encode("latin-1" if charset == "latin-1" else "utf-8")

    form = read(
        room, [part("name", text) + END], kind=f"multipart/form-data; boundary={B}; charset={charset}"
    )

    assert form.texts == [("name", "Été")]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("liste.csv", "liste.csv"),
        ("C:\\fakepath\\liste.csv", "liste.csv"),
        ("../../etc/passwd", "passwd"),
        (".hidden.csv", "hidden.csv"),
        ("..", "upload"),
        ("", "upload"),
        ("a\r\nb\x00c.csv", "abc.csv"),
        ("E\u0301te\u0301.csv", "Été.csv"),
        ("é" * 300 + ".csv", "é" * 98 + ".csv"),
        ("x" * 300, "x" * 200),
        ("a." + "b" * 300, "a." + "b" * 198),
    ],
)
def test_names_are_made_safe(raw: str, name: str) -> None:
    assert safe_name(raw) == name


# --------------------------------------------------------------------------------------- over a real socket


def head(program: Program, length: int) -> bytes:
    return (
        "POST /rest/lists?action=import HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {program.token}\r\nContent-Length: {length}\r\n"
        f"Content-Type: multipart/form-data; boundary={B}\r\n\r\n"
    ).encode()


def test_a_client_that_goes_away_leaves_nothing(site: Site, shop: Credentials, web_room: Room) -> None:
    program = Program(site, site.token(shop))
    begun = part("name", b"A") + part("contactFile", b"Email\n" + b"a@example.com\n" * 9999, "a.csv")

    with Wire(site) as wire:
        wire.send(head(program, 10_000_000) + begun)
        until(lambda: len(staged(web_room)) == 1)

    until(lambda: staged(web_room) == [])
    assert program.names() == {}


def test_a_file_larger_than_allowed_makes_nothing(web_room: Room, alice: Person) -> None:
    small = replace(web_room, limits=Limits(upload_bytes=1_000_000))
    shop = make_client(small, alice)
    with served(small) as site:
        program = Program(site, site.token(shop))
        for size in (1_000_001, 2_000_000):
            answer = program.call(
                "POST",
                "lists",
                params={"action": "import", "name": "A"},
                files={"contactFile": ("a.csv", b"x" * size)},
            )

            assert answer.status_code == 413
        assert program.names() == {}
    assert staged(small) == []
    assert list(small.blobs.keys()) == []
