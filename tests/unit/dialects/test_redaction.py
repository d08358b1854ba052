"""Our copy of a batch has no secret in it, whatever state the file is in."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.dialects.batches import redaction

SECRET = "correct horse & battery^staple"

KEPT = [
    b"",
    b"realm=alice\ncmd=sub&list_id=5&data=email,custom_password^alice@example.com,mine\n",
    b"<transaction><realm>alice</realm><password/><command/></transaction>",
    b"\x00\xff\x00 anything at all \xfe",
]
REDACTED = [
    (b"realm=a\r\npassword=SECRET\r\ncmd=x\r\n", b"realm=a\r\npassword=***\r\ncmd=x\r\n"),
    (b"realm=a\npassword=SECRET", b"realm=a\npassword=***"),
    (b"\xef\xbb\xbfPassword = SECRET\nclient_auth=SECRET\n", b"\xef\xbb\xbfPassword =***\nclient_auth=***\n"),
    (b"cmd=sub&realm=a&pwd=hidden&list_id=5\n", b"cmd=sub&realm=a&pwd=***&list_id=5\n"),
    (b"cmd=send&data=email^a@b.c\npassword=SECRET\n", b"cmd=send&data=email^a@b.c\npassword=***\n"),
    (b"<password>SECRET</password><x/>", b"<password>***</password><x/>"),
    (b"<password\n a='1'>SECRET</password>", b"<password\n a='1'>***</password>"),
    (b"<password>a<![CDATA[</b>]]>c<!-- d --></password>", b"<password>***</password>"),
    (b"<client_auth>SECRET</client_auth>", b"<client_auth>***</client_auth>"),
    (b"<w:password>SECRET</w:password>", b"<w:password>***</w:password>"),
    (b"<password>SECRET and no end <x>", b"<password>***"),
    (b"<transaction>\npassword=SECRET\n", b"<transaction>\npassword=***\n"),
]


def redacted(content: bytes) -> bytes:
    return b"".join(redaction.redacted(io.BytesIO(content), "march.dat"))


@pytest.mark.parametrize("content", KEPT)
def test_what_has_no_secret_stays_as_it_is(content: bytes) -> None:
    assert redacted(content) == content


@pytest.mark.parametrize(("sent", "kept"), REDACTED)
def test_the_value_of_a_secret_becomes_three_stars(sent: bytes, kept: bytes) -> None:
    assert redacted(sent.replace(b"SECRET", SECRET.encode())) == kept


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("realm=a\npassword=SECRET\nlist_id=5\n", "realm=a\npassword=***\nlist_id=5\n"),
        ("<password>SECRET</password>", "<password>***</password>"),
    ],
)
def test_sixteen_bits_hide_nothing(encoding: str, sent: str, kept: str) -> None:
    content = sent.replace("SECRET", SECRET).encode(encoding)

    assert redacted(content).decode(encoding) == kept


@given(
    before=st.binary(max_size=700),
    key=st.sampled_from(["password=", "client_auth=", "<password>", "<client_auth>"]),
    after=st.binary(max_size=700),
    size=st.integers(1, 600),
)
def test_no_secret_shows_wherever_a_piece_of_the_file_ends(
    before: bytes, key: str, after: bytes, size: int
) -> None:
    ends = b"\n" if key.endswith("=") else f"</{key[1:]}".encode()
    content = b"\n".join([before, key.encode() + b"hidden-from-all" + ends, after])

    pieces = redaction.redacted(Stream(content, size), "march.xml")

    assert b"hidden-from-all" not in b"".join(pieces)


class Stream(io.BytesIO):
    """Gives a file in pieces of a size."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._size)


def test_a_secret_of_many_megabytes_is_not_kept_in_memory() -> None:
    content = io.BytesIO(b"realm=a\npassword=" + b"x" * 20_000_000)
    tracemalloc.start()

    kept = b"".join(redaction.redacted(content, "march.dat"))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept == b"realm=a\npassword=***"
    assert peak < 2_000_000
