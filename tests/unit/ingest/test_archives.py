from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Mapping

import pytest

from postroom.contacts.batches import FileRefused
from postroom.contacts.reasons import Reason
from postroom.ingest.archives import ArchiveLimits, data_opener, open_data
from tests.workbooks import xlsx

CSV = b"Email;Nom\nalice@example.fr;Alice\n"


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def patched(archive: bytes, local: int, central: int, value: bytes) -> bytes:
    """Overwrite a field of the only entry, at its offsets in the local header and in the directory."""
    changed = bytearray(archive)
    start = archive.index(b"PK\x01\x02")
    changed[local : local + len(value)] = value
    changed[start + central : start + central + len(value)] = value
    return bytes(changed)


def read(content: bytes, filename: str, limits: ArchiveLimits | None = None) -> tuple[str, bytes]:
    with open_data(io.BytesIO(content), filename, limits or ArchiveLimits()) as data:
        return data.name, data.stream.read()


def refusal(content: bytes, filename: str, limits: ArchiveLimits | None = None) -> tuple[Reason, str]:
    with pytest.raises(FileRefused) as caught:
        read(content, filename, limits)
    return caught.value.reason, caught.value.value


@pytest.mark.parametrize("filename", ["a.csv", "a.TXT", "a", "a.zip", "liste.2024-01-01", "Dupont & Cie"])
def test_plain_text_is_read_whatever_it_is_called(filename: str) -> None:
    assert read(CSV, filename) == (filename, CSV)


@pytest.mark.parametrize("filename", ["a.zip", "a.csv", "a"])
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_zip_is_known_by_its_bytes(filename: str, method: int) -> None:
    assert read(zipped({"contacts.csv": CSV}, method), filename) == ("contacts.csv", CSV)


def test_a_gzip_is_read_too() -> None:
    assert read(gzip.compress(CSV), "a.csv.gz") == ("a.csv", CSV)


@pytest.mark.parametrize("filename", ["a.docx", "a.csv.xml", "a.7z", "a.pdf", "a.dat"])
def test_other_kinds_of_file_are_refused_by_name(filename: str) -> None:
    assert refusal(CSV, filename) == (Reason.UNKNOWN_FORMAT, filename)


def test_clutter_around_the_one_file_is_passed_over() -> None:
    clutter = {"export/": b"", "__MACOSX/._c.csv": b"x", ".DS_Store": b"x", "export/Thumbs.db": b"x"}

    assert read(zipped({**clutter, "export/c.csv": CSV}), "a.zip") == ("c.csv", CSV)


@pytest.mark.parametrize("name", ["../../etc/passwd.csv", "/etc/c.csv", "C:\\temp\\c.csv", "..\\c.csv"])
def test_names_that_climb_out_are_only_names(name: str) -> None:
    found, content = read(zipped({name: CSV}), "a.zip")

    assert found in {"passwd.csv", "c.csv"}
    assert content == CSV


def test_two_files_and_none_are_refused_with_their_number() -> None:
    assert refusal(zipped({"a.csv": CSV, "b.csv": CSV}), "a.zip") == (Reason.SEVERAL_FILES, "2")
    assert refusal(zipped({}), "a.zip") == (Reason.SEVERAL_FILES, "0")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("b.zip", zipped({"a.csv": CSV})),
        ("b.csv", zipped({"a.csv": CSV})),
        ("b.csv", gzip.compress(CSV)),
        ("b.docx", b"x"),
    ],
    ids=["a zip", "a zip called csv", "a gzip called csv", "a document"],
)
def test_an_archive_within_an_archive_is_refused(name: str, content: bytes) -> None:
    reason, value = refusal(zipped({name: content}), "a.zip")

    assert reason is Reason.UNKNOWN_FORMAT
    assert value == name


@pytest.mark.parametrize("name", ["a.xlsx", "a.csv", "a"])
def test_a_workbook_is_known_by_its_parts(name: str) -> None:
    book = xlsx([["Email"]])

    with open_data(io.BytesIO(book), name) as data:
        assert data.is_workbook
        assert data.stream.read() == book


@pytest.mark.parametrize("pack", [lambda book: zipped({"b.xlsx": book}), gzip.compress], ids=["zip", "gzip"])
def test_a_workbook_may_come_packed(pack: Callable[[bytes], bytes]) -> None:
    book = xlsx([["Email"]])

    with open_data(io.BytesIO(pack(book)), "a.zip") as data:
        assert data.is_workbook
        assert data.stream.read() == book


def test_a_packed_workbook_larger_than_memory_should_hold_is_refused() -> None:
    packed = zipped({"b.xlsx": xlsx([["Email"]])})

    assert refusal(packed, "a.zip", ArchiveLimits(workbook_bytes=100))[0] is Reason.ARCHIVE_TOO_BIG


def test_a_workbook_whose_parts_inflate_too_far_is_refused() -> None:
    bomb = xlsx([["Email" + " " * 2_000_000]])

    reason, value = refusal(bomb, "a.xlsx", ArchiveLimits(ratio_free_bytes=1 << 20))

    assert (reason, value) == (Reason.ARCHIVE_TOO_BIG, "1 MiB")


def test_a_workbook_that_lies_about_its_parts_is_refused() -> None:
    book = xlsx([["Email" + "x" * 1000]])
    central = book.rindex(b"PK\x01\x02")  # of the sheet, which is the last part
    liar = bytearray(book)
    liar[central + 24 : central + 28] = struct.pack("<L", 5)

    assert refusal(bytes(liar), "a.xlsx") == (Reason.BAD_ARCHIVE, "ZIP")


def test_an_encrypted_archive_is_refused() -> None:
    locked = patched(zipped({"a.csv": CSV}), 6, 8, struct.pack("<H", 0x1))

    assert refusal(locked, "a.zip") == (Reason.ENCRYPTED_ARCHIVE, "")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_inflate_without_bound_are_refused(method: int) -> None:
    assert refusal(zipped({"a.csv": CSV}, method), "a.zip")[0] is Reason.BAD_ARCHIVE


def cut_in_half(archive: bytes) -> bytes:
    return archive[: len(archive) // 2]


def wrong_checksum(archive: bytes) -> bytes:
    return patched(archive, 14, 16, b"\0\0\0\0")


def broken_stream(archive: bytes) -> bytes:
    place = archive.index(b"a.csv") + 10
    return archive[:place] + bytes(20) + archive[place + 20 :]


def wild_offset(archive: bytes) -> bytes:
    start = archive.index(b"PK\x01\x02")
    return archive[: start + 42] + b"\xff\xff\xff\x7f" + archive[start + 46 :]


def wild_directory(archive: bytes) -> bytes:
    end = archive.index(b"PK\x05\x06")
    return archive[: end + 12] + b"\xff\xff\xff\x7f" + archive[end + 16 :]


def broken_name(archive: bytes) -> bytes:
    flagged = patched(archive, 6, 8, struct.pack("<H", 0x800))
    return flagged.replace(b"a.csv", b"\xff.csv")


@pytest.mark.parametrize(
    "damage", [cut_in_half, wrong_checksum, broken_stream, wild_offset, wild_directory, broken_name]
)
def test_a_damaged_zip_is_refused(damage: Callable[[bytes], bytes]) -> None:
    archive = zipped({"a.csv": CSV + bytes(range(32, 127)) * 30})

    assert refusal(damage(archive), "a.zip") == (Reason.BAD_ARCHIVE, "ZIP")


def test_damage_may_show_only_while_the_data_is_read() -> None:
    archive = zipped({"a.csv": CSV * 100_000}, zipfile.ZIP_STORED)
    damaged = archive[:2_000_000] + b"?" + archive[2_000_001:]

    with open_data(io.BytesIO(damaged), "a.zip") as data:
        assert data.stream.read(len(CSV)) == CSV
        with pytest.raises(FileRefused) as caught:
            data.stream.read()
    assert caught.value.reason is Reason.BAD_ARCHIVE


@pytest.mark.parametrize("cut", [-9, -4, 15, 5])
def test_a_damaged_gzip_is_refused(cut: int) -> None:
    assert refusal(gzip.compress(CSV * 10)[:cut], "a.csv.gz") == (Reason.BAD_ARCHIVE, "GZIP")


def test_every_archive_cut_anywhere_is_refused() -> None:
    archive = zipped({"a.csv": CSV})

    for cut in range(4, len(archive)):
        assert refusal(archive[:cut], "a.zip") == (Reason.BAD_ARCHIVE, "ZIP")


def test_a_bomb_is_stopped_by_the_bytes_that_come_out() -> None:
    bomb = zipped({"a.csv": bytes(60_000_000)})

    assert len(bomb) < 100_000
    assert refusal(bomb, "a.zip") == (Reason.ARCHIVE_TOO_BIG, "48 MiB")


def test_a_bomb_that_lies_about_its_size_is_stopped_too() -> None:
    limits = ArchiveLimits(inflated_bytes=1 << 20)
    liar = patched(zipped({"a.csv": bytes(3 << 20)}), 22, 24, struct.pack("<I", 0xFFFFFF))

    assert refusal(liar, "a.zip", limits) == (Reason.ARCHIVE_TOO_BIG, "1 MiB")
    modest = patched(liar, 22, 24, struct.pack("<I", 10))
    assert refusal(modest, "a.zip", limits)[0] is Reason.BAD_ARCHIVE


def test_a_gzip_bomb_is_stopped() -> None:
    limits = ArchiveLimits(inflated_bytes=1 << 20)

    assert refusal(gzip.compress(bytes(3 << 20)), "a.gz", limits)[0] is Reason.ARCHIVE_TOO_BIG


def test_a_directory_of_many_thousand_names_is_not_even_read() -> None:
    crowd = zipped({f"{number:060d}.csv": b"" for number in range(12_000)})

    assert refusal(crowd, "a.zip") == (Reason.BAD_ARCHIVE, "ZIP")


def test_small_files_compress_as_well_as_they_like() -> None:
    assert read(zipped({"a.csv": CSV * 50_000}), "a.zip")[1] == CSV * 50_000


def test_a_streamed_zip_with_sizes_after_the_data_is_read() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.csv", "w") as entry:
        entry.write(CSV)

    assert read(pipe.getvalue(), "a.zip") == ("a.csv", CSV)


def test_data_is_opened_afresh_each_time_and_the_blob_closed_after() -> None:
    blobs: list[io.BytesIO] = []

    def open_blob() -> io.BytesIO:
        blobs.append(io.BytesIO(zipped({"a.csv": CSV})))
        return blobs[-1]

    opened = data_opener(open_blob, "a.zip")
    for _ in range(2):
        with opened() as data:
            assert data.stream.read() == CSV

    assert [blob.closed for blob in blobs] == [True, True]
