"""Files that are no contact files: each ends in `ko` with a reason for people; the next one is applied."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from postroom.contacts.batches import Counts
from postroom.drops.room import Room
from postroom.store.drops import Drop
from tests.conftest import MakePerson, Person
from tests.integration.drops.sender import Sender

KO = "contacts/import/ko"
OK = "contacts/import/ok"
GOOD = "Email;Nom\nalice@example.com;Durand\n"


def zipped(**files: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_dot_", "."), content)
    return target.getvalue()


def encrypted() -> bytes:
    """Set the flag that says so, in the header of the file and in the directory at the end."""
    archive = bytearray(zipped(people_dot_csv=GOOD.encode()))
    archive[6] |= 1
    archive[archive.index(b"PK\x01\x02") + 8] |= 1
    return bytes(archive)


def bomb(size: int = 1100 << 20) -> bytes:
    """Make a zip of about a megabyte whose only file is a CSV of more than a gibibyte of zeros."""
    line = (b"0" * 1023 + b"\n") * 1024
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = packer.compress(b"Email\n") + packer.flush(zlib.Z_FULL_FLUSH)
    # After a full flush nothing refers to what was before: the same bytes again are the same lines again.
    block = packer.compress(line) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = head + block * (size // len(line)) + packer.flush()
    name = b"people.csv"
    common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, 0, len(packed), size, len(name), 0)
    entry = b"PK\x03\x04" + common + name + packed
    directory = b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<HHHII", 0, 0, 0, 0, 0) + name
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(directory), len(entry), 0)
    return entry + directory + end


def only_a_folder() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.mkdir("contacts")
    return target.getvalue()


BAD: dict[str, tuple[str, Callable[[], bytes], str, str]] = {
    "an empty file": ("people.csv", lambda: b"", "EMPTY_FILE", "le fichier est vide"),
    "blank lines only": ("people.csv", lambda: b" \r\n\r\n", "EMPTY_FILE", "le fichier est vide"),
    "a header only": ("people.csv", lambda: b"Email;Nom\n", "NO_ROW", "aucune ligne"),
    "no known header": ("people.csv", lambda: b"Humeur;Taille\nbonne;180\n", "NO_KNOWN_HEADER", "Humeur"),
    "no header at all": (
        "people.csv",
        lambda: b"alice@example.com;Durand\n",
        "NO_KNOWN_HEADER",
        "alice@example.com",
    ),
    "no means of contact": ("people.csv", lambda: b"Nom\nDurand\n", "MISSING_COLUMN", "Email"),
    "a header twice": ("people.csv", lambda: b"Email;E-mail\na@b.fr;c@d.fr\n", "DUPLICATE_HEADER", "E-mail"),
    "the wrong separator": (
        "people.csv",
        lambda: b"Email,Nom\nalice@example.com,Durand\n",
        "WRONG_SEPARATOR",
        "« , » / « ; »",
    ),
    "NUL bytes": ("people.csv", lambda: b"Email\nali\0ce@example.com\n", "NOT_TEXT", "NUL"),
    "an unbalanced quote": (
        "people.csv",
        lambda: b'Email;Nom\na@example.com;x\nb@example.com;"Durand\nc@example.com;y\n',
        "UNCLOSED_QUOTE",
        "ligne 3",
    ),
    "10,000 columns": (
        "people.csv",
        lambda: b"Email;" + b";".join(b"c%d" % n for n in range(9_999)) + b"\na@example.com\n",
        "TOO_MANY_HEADERS",
        "10000 > 500",
    ),
    "one line of 20 MB": ("people.csv", lambda: b"x" * (20 << 20), "LINE_TOO_LONG", "ligne 1"),
    "a row of 20 MB": ("people.csv", lambda: b"Email\n" + b"x" * (20 << 20), "LINE_TOO_LONG", "ligne 2"),
    "a zip bomb": ("people.zip", bomb, "ARCHIVE_TOO_BIG", "dépasse"),
    "an encrypted zip": ("people.zip", encrypted, "ENCRYPTED_ARCHIVE", "mot de passe"),
    "two files in a zip": (
        "people.zip",
        lambda: zipped(a_dot_csv=b"Email\n", b_dot_csv=b"Email\n"),
        "SEVERAL_FILES",
        "2",
    ),
    "only a folder in a zip": ("people.zip", only_a_folder, "SEVERAL_FILES", "0"),
    "a zip cut short": (
        "people.zip",
        lambda: zipped(people_dot_csv=GOOD.encode() * 99)[:60],
        "BAD_ARCHIVE",
        "illisible",
    ),
    "a gzip that breaks off": (
        "people.csv.gz",
        lambda: gzip.compress(b"Email\n" + b"".join(b"p%d@example.com\n" % n for n in range(9999)))[:9000],
        "BAD_ARCHIVE",
        "illisible",
    ),
    "a picture called .csv": (
        "people.csv",
        lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "NOT_TEXT",
        "PNG",
    ),
    "an unknown extension": ("people.exe", GOOD.encode, "UNKNOWN_FORMAT", "people.exe"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_ends_in_ko_with_its_reason_and_the_next_one_is_applied(
    room: Room, alice: Person, kind: str
) -> None:
    name, content, code, words = BAD[kind]
    sender = Sender(room, alice)

    bad = sender.drop(name, content())
    good = sender.drop("good.csv", GOOD)

    assert bad.state == "refused"
    failure = outcome(bad)["failure"]
    assert failure["code"] == code
    own = on_name(bad)
    assert sender.names(KO) == [own, f"{own}.error.txt"]
    french, english = sender.read(KO, f"{own}.error.txt").splitlines()
    assert words in french
    assert english == failure["text"]
    assert english != french
    assert counts(bad) == Counts()
    assert_only_the_good_file_counts(sender, good)


def test_rows_that_are_all_refused_come_back(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)

    bad = sender.drop("people.csv", "Email;Nom\nnobody;Durand\n;Martin\n")
    good = sender.drop("good.csv", GOOD)

    own = on_name(bad)
    assert sender.names(KO) == [own, f"{own}.error.txt", f"{own}.errors.csv"]
    assert "NO_VALID_ROW" in str(outcome(bad)["failure"])
    assert counts(bad) == Counts(lines=2, refused=2)
    assert sender.read(KO, f"{own}.errors.csv") == (
        "Email;Nom;Ligne;Code;Motif\n"
        "nobody;Durand;2;INVALID_EMAIL;e-mail invalide : nobody\n"
        ";Martin;3;NO_MEANS;ni e-mail, ni téléphone fixe, ni mobile\n"
    )
    assert_only_the_good_file_counts(sender, good)


def test_an_account_in_english_reads_english_first(room: Room, make_person: MakePerson) -> None:
    sender = Sender(room, make_person("bob", language="en"))

    bad = sender.drop("people.csv", "Email\nnobody\n")

    first, second = sender.read(KO, f"{on_name(bad)}.error.txt").splitlines()
    assert first.startswith("no valid row")
    assert second.startswith("aucune ligne valable")
    assert sender.read(KO, f"{on_name(bad)}.errors.csv").startswith("Email;Line;Code;Reason\n")


def test_a_file_that_breaks_off_has_no_file_of_refused_rows(room: Room, alice: Person) -> None:
    """It would not tell the whole story: the rows after the break were never looked at."""
    small_blocks = replace(room, limits=replace(room.limits, block_bytes=64))
    sender = Sender(small_blocks, alice)

    bad = sender.drop("people.csv", "Email;Nom\nnobody;x\n" + "a@example.com;y\n" * 9 + '"b@example.com;z\n')

    assert outcome(bad)["failure"]["code"] == "UNCLOSED_QUOTE"
    assert counts(bad) == Counts()
    assert sender.names(KO) == [on_name(bad), f"{on_name(bad)}.error.txt"]
    assert_only_the_good_file_counts(sender, sender.drop("good.csv", GOOD))


def test_a_report_can_be_corrected_and_dropped_back_as_it_is(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    first = sender.drop("people.csv", "Email;Nom\na@example.com;Durand\nb@@example.com;Lefèvre\n")
    report = f"{on_name(first)}.errors.csv"

    corrected = sender.read(OK, report).replace("b@@", "b@")
    second = sender.drop(report, corrected)

    assert counts(first) == Counts(lines=2, created=1, refused=1, added_to_list=1)
    assert second.state == "applied"
    assert counts(second) == Counts(lines=1, created=1, added_to_list=1)
    assert stored(sender, "last_name", "b@example.com") == "Lefèvre"


def test_a_report_dropped_back_uncorrected_says_the_same_again(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    first = sender.drop("people.csv", "Email\nb@@example.com\na@example.com\n")
    report = f"{on_name(first)}.errors.csv"

    second = sender.drop(report, sender.read(OK, report))

    assert second.state == "refused"
    again = sender.read(KO, f"{on_name(second)}.errors.csv").splitlines()
    assert again == sender.read(OK, report).splitlines()


def test_notes_are_part_of_the_outcome(room: Room, alice: Person) -> None:
    sender = Sender(room, alice)
    sender.mark(".addToExistingList")
    sender.mark(".syncExistingList")

    drop = sender.drop("people.csv", "Email;Humeur;Nom;Taille\na@example.com;bonne;Durand;180\n")

    assert drop.state == "applied"
    assert outcome(drop)["notes"] == [
        "plusieurs marqueurs, le moins destructif compte : .addToExistingList, .syncExistingList",
        "colonnes inconnues, ignorées : Humeur, Taille",
    ]
    assert outcome(drop)["mode"] == "add"


ROWS = (
    "a@example.com;Durand\n",  # created
    "a@example.com;Durand\n",  # the same again
    "a@example.com;DURAND\n",  # the same contact, changed
    "nobody;Martin\n",  # refused
    ";;;;\n",  # blank: no line at all
    "b@example.com;Martin;far;too;many\n",  # refused
    "c@example.com;\n",
)


@pytest.mark.parametrize("rows", [ROWS, ROWS[::-1], ROWS * 3])
@pytest.mark.parametrize("marker", ["", ".addToExistingList", ".syncExistingList"])
def test_counts_balance_whatever_the_rows(
    room: Room, alice: Person, rows: tuple[str, ...], marker: str
) -> None:
    sender = Sender(room, alice)
    if marker:
        sender.mark(marker)
    text = "Email;Nom\n" + "".join(rows)

    for _ in range(2):
        drop = sender.drop("people.csv", text)

        assert drop.state == "applied"
        assert counts(drop).balanced()
        assert counts(drop).lines == len(rows) - rows.count(";;;;\n")


def outcome(drop: Drop) -> dict[str, Any]:
    assert drop.outcome is not None
    return drop.outcome


def counts(drop: Drop) -> Counts:
    return Counts(**outcome(drop)["counts"])


def on_name(drop: Drop) -> str:
    return f"{drop.prefix}_{drop.name}"


def stored(sender: Sender, column: str, email: str) -> object:
    with sender.room.database.transaction() as connection:
        (row,) = connection.execute(
            f"select {column} from contacts where account_id = %s and email = %s",
            (sender.account_id, email),
        ).fetchall()
    return row[column]


def assert_only_the_good_file_counts(sender: Sender, good: Drop) -> None:
    assert good.state == "applied"
    assert sender.names(OK) == [on_name(good)]
    with sender.room.database.transaction() as connection:
        rows = connection.execute(
            "select email from contacts where account_id = %s", (sender.account_id,)
        ).fetchall()
        lists = connection.execute(
            "select name from lists where account_id = %s", (sender.account_id,)
        ).fetchall()
    assert [row["email"] for row in rows] == ["alice@example.com"]
    assert [row["name"] for row in lists] == ["good"]
