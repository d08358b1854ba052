from __future__ import annotations

import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroom.contacts.batches import FileRefused
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.ingest.encodings import Encoding, Utf16Decoder, to_utf8
from postroom.ingest.inspect import MAX_LINE_BYTES, PIECE_BYTES, Inspection, Newline, inspect

SETTINGS = AccountSettings()


def look(content: bytes, settings: AccountSettings = SETTINGS) -> Inspection:
    return inspect(io.BytesIO(content), settings)


def refusal(content: bytes, settings: AccountSettings = SETTINGS) -> tuple[Reason, str]:
    with pytest.raises(FileRefused) as caught:
        look(content, settings)
    return caught.value.reason, caught.value.value


@pytest.mark.parametrize(
    ("content", "encoding", "bom_bytes"),
    [
        (b"Email\na@b.fr\n", "ascii", 0),
        ("Prénom\n".encode("latin-1"), "cp1252", 0),
        ("Prénom €\n".encode("cp1252"), "cp1252", 0),
        ("Prénom\n".encode(), "utf-8", 0),
        ("Prénom\n".encode("utf-8-sig"), "utf-8", 3),
        (codecs.BOM_UTF8 + b"Email\n", "ascii", 3),
        (codecs.BOM_UTF16_LE + "Prénom\n".encode("utf-16-le"), "utf-16-le", 2),
        (codecs.BOM_UTF16_BE + "Prénom\n".encode("utf-16-be"), "utf-16-be", 2),
        ("Prénom\n".encode()[:-5], "cp1252", 0),
        (b"\x81\x8d\x8f\x90\x9d\n", "cp1252", 0),
    ],
)
def test_the_encoding_is_told_by_mark_then_utf8_then_cp1252(
    content: bytes, encoding: Encoding, bom_bytes: int
) -> None:
    found = look(content)

    assert (found.encoding, found.bom_bytes, found.byte_size) == (encoding, bom_bytes, len(content))


@pytest.mark.parametrize("name", ["iso-8859-1", "cp1252"])
def test_an_account_may_fix_a_one_byte_encoding(name: str) -> None:
    assert look("Prénom\n".encode(), AccountSettings(encoding=name)).encoding == "cp1252"


def test_an_account_that_fixed_utf8_hears_of_anything_else() -> None:
    fixed = AccountSettings(encoding="utf-8")

    assert look("Prénom\n".encode(), fixed).encoding == "utf-8"
    assert refusal("Prénom\n".encode("latin-1"), fixed) == (Reason.NOT_TEXT, "UTF-8")


def test_a_utf8_mark_before_other_bytes_is_a_mistake() -> None:
    assert refusal(codecs.BOM_UTF8 + b"Pr\xe9nom\n") == (Reason.NOT_TEXT, "UTF-8")


def test_a_character_may_lie_across_two_pieces() -> None:
    content = b"a" * (PIECE_BYTES - 1) + "é\nb\n".encode()

    assert look(content).encoding == "utf-8"


@pytest.mark.parametrize(
    ("content", "newline", "line_count"),
    [
        (b"a", "none", 1),
        (b"a\n", "lf", 1),
        (b"a\nb", "lf", 2),
        (b"a\r\nb\r\n", "crlf", 2),
        (b"a\rb\r", "cr", 2),
        (b"a\rb", "cr", 2),
        (b"a\nb\r\nc\rd", "mixed", 4),
        (b"a\n\n\n", "lf", 3),
        (b"a\n\r", "mixed", 2),
    ],
)
def test_line_ends_of_every_kind_are_counted(content: bytes, newline: Newline, line_count: int) -> None:
    found = look(content)

    assert (found.newline, found.line_count) == (newline, line_count)


def test_a_crlf_cut_in_two_by_a_piece_is_one_line_end() -> None:
    found = look(b"a" * (PIECE_BYTES - 1) + b"\r\nb\r\n")

    assert (found.newline, found.line_count) == ("crlf", 2)


@given(st.text(alphabet="a\r\né", min_size=1).filter(str.strip))
def test_lines_are_counted_as_python_splits_them(text: str) -> None:
    assert look(text.encode("latin-1")).line_count == len(text.encode("latin-1").splitlines())


def test_quotes_are_noticed() -> None:
    assert look(b'a\n"b"\n').has_quotes
    assert not look(b"a\nb\n").has_quotes


@pytest.mark.parametrize(
    "content", [b"", b"\n", b" \r\n\t\n", codecs.BOM_UTF8, codecs.BOM_UTF16_LE + b"\n\0"]
)
def test_a_file_of_nothing_is_refused(content: bytes) -> None:
    assert refusal(content) == (Reason.EMPTY_FILE, "")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "PNG"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "XLS / DOC"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"GIF89a", "GIF"),
        (b"<html><body>", "HTML"),
        (b"Email\na@b.fr\0\n", "NUL"),
        (codecs.BOM_UTF16_LE + "a\0b\n".encode("utf-16-le"), "NUL"),
    ],
)
def test_what_is_no_text_is_refused_by_its_kind(content: bytes, kind: str) -> None:
    assert refusal(content) == (Reason.NOT_TEXT, kind)


def test_utf16_without_a_mark_is_no_text() -> None:
    assert refusal("Email\n".encode("utf-16-le")) == (Reason.NOT_TEXT, "NUL")


@pytest.mark.parametrize("end", [b"\n", b"\r", b""])
def test_a_line_may_be_a_mebibyte_and_no_longer(end: bytes) -> None:
    before = b"Email\na@b.fr\n"

    assert look(before + b"x" * MAX_LINE_BYTES + end).line_count == 3
    assert refusal(before + b"x" * (MAX_LINE_BYTES + 1) + end) == (Reason.LINE_TOO_LONG, "3")


def test_a_line_of_twenty_megabytes_is_refused_before_it_is_read() -> None:
    stream = io.BytesIO(b"x" * 20_000_000)

    with pytest.raises(FileRefused):
        inspect(stream, SETTINGS)

    assert stream.tell() < 3_000_000


def test_cp1252_reads_the_characters_that_latin1_lacks_and_never_fails() -> None:
    every_byte = bytes(range(256))

    text = to_utf8(every_byte, "cp1252").decode()

    assert len(text) == 256
    assert text[0x80] == "€"
    assert text[0x9C] == "œ"
    assert text[0x81] == "\x81"
    assert text[0xE9] == "é"


@pytest.mark.parametrize("code", range(0x80, 0x100))
def test_a_letter_of_cp1252_reads_the_same_alone_and_among_all(code: int) -> None:
    among_all = to_utf8(bytes(range(256)), "cp1252").decode()[code]

    assert to_utf8(b"r\xe9sum\xe9 " + bytes([code]), "cp1252").decode() == f"résumé {among_all}"


def test_utf16_is_decoded_across_pieces_and_a_lost_half_is_marked() -> None:
    decoder = Utf16Decoder("utf-16-le")
    content = "é😀".encode("utf-16-le")

    pieces = b"".join(decoder.utf8(content[n : n + 1]) for n in range(len(content)))

    assert pieces.decode() == "é😀"
    assert decoder.utf8(b"a", final=True).decode() == "\ufffd"
