from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import polars as pl
import pytest

from postroom.contacts.batches import FileRefused
from postroom.contacts.reasons import Reason
from postroom.contacts.settings import AccountSettings
from postroom.dialects.folders.headers import map_columns
from postroom.ingest.inspect import inspect
from postroom.ingest.reading import Table, read_table

SETTINGS = AccountSettings()


def table(content: bytes, settings: AccountSettings = SETTINGS, block_bytes: int = 1 << 20) -> Table:
    def opened() -> BinaryIO:
        return io.BytesIO(content)

    inspection = inspect(opened(), settings)
    return read_table(
        opened, inspection, settings, lambda cells: map_columns(cells, settings), block_bytes=block_bytes
    )


def rows(content: bytes, settings: AccountSettings = SETTINGS) -> list[tuple[object, ...]]:
    frames = [frame.data for frame in table(content, settings).frames()]
    return pl.concat(frames).rows() if frames else []


def refusal(content: bytes, block_bytes: int = 1 << 20) -> tuple[Reason, str]:
    with pytest.raises(FileRefused) as caught:
        list(table(content, block_bytes=block_bytes).frames())
    return caught.value.reason, caught.value.value


SAMPLE = (
    'Référence ;Civilité;Prénom;Nom;Email;"Téléphone Fixe";\n'
    "123454R;M.;Pierre ;DUPONT ;pierre.dupont@mygmail.com ;0286786589\n"
    "67676F6;Mme;Sylvie ;MARTIN;sylvie.martin@mygmail.com ;05.80.99.90.68\n"
    "785645P;M.;Michel ;DURAND ;michel.durand@mygmail.com ;336 90 78 56 90\n"
)


def test_the_sample_of_the_document_is_read_as_sent() -> None:
    found = table(SAMPLE.encode("latin-1"))
    (frame,) = found.frames()

    assert frame.rows == 3
    assert frame.issues == []
    assert frame.data.columns == [
        "reference",
        "civility",
        "first_name",
        "last_name",
        "email",
        "phone",
        "line",
    ]
    assert frame.data.schema["line"] == pl.Int64
    assert frame.data["first_name"].to_list() == ["Pierre ", "Sylvie ", "Michel "]
    assert frame.data["line"].to_list() == [2, 3, 4]
    assert frame.cells(3)[:3] == ("67676F6", "Mme", "Sylvie ")


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("latin-1", b""),
        ("cp1252", b""),
        ("utf-8", b""),
        ("utf-8-sig", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_gives_the_same_rows(encoding: str, mark: bytes, newline: str) -> None:
    text = "Email;Prénom\nalice@example.fr;Élodie\n\nbob@example.fr;Jérôme"

    found = rows(mark + text.replace("\n", newline).encode(encoding))

    assert found == [("alice@example.fr", "Élodie", 2), ("bob@example.fr", "Jérôme", 4)]


def test_mixed_line_ends_are_one_end_each() -> None:
    assert rows(b"Email\na\r\nb\rc\n\r\nd") == [("a", 2), ("b", 3), ("c", 4), ("d", 6)]


def test_windows_characters_survive() -> None:
    assert rows("Email;Nom\na;10 € d’œufs\n".encode("cp1252")) == [("a", "10 € d’œufs", 2)]


def test_short_rows_are_padded_and_empty_cells_are_null() -> None:
    assert rows(b'Email;Nom;Mobile\na\n;b\nc;;\n;;d\n; ;\nx;" "') == [
        ("a", None, None, 2),
        (None, "b", None, 3),
        ("c", None, None, 4),
        (None, None, "d", 5),
        ("x", " ", None, 7),
    ]


def test_rows_of_separators_and_blanks_are_skipped_but_their_lines_count() -> None:
    found = table('\n;;\nEmail;Nom\n\n;\na;b\n \t; \u00a0\n;;;;;;\n"";""\nc;d\n\n'.encode())
    (frame,) = found.frames()

    assert frame.data.rows() == [("a", "b", 6), ("c", "d", 10)]
    assert frame.rows == 2


def test_a_quoted_separator_is_content() -> None:
    (frame,) = table(b'Email;Nom\n";";\n').frames()

    assert frame.data.rows() == [(";", None, 2)]


def test_quoted_cells_lose_their_quotes_and_halve_their_doubles() -> None:
    assert rows(b'Email;Nom\n"a";"Le ""grand"" Bob; Jr"\n"";x\n') == [
        ("a", 'Le "grand" Bob; Jr', 2),
        (None, "x", 3),
    ]


def test_a_quote_within_a_cell_is_a_quote() -> None:
    assert rows(b'Email;Nom\na;12" vinyl\nb; "x"\n') == [("a", '12" vinyl', 2), ("b", ' "x"', 3)]


def test_text_after_a_closing_quote_is_kept() -> None:
    assert rows(b'Email;Nom\na;"Dupont" SA\n"b"c;"d ""e"" "f"\n') == [
        ("a", "Dupont SA", 2),
        ("bc", 'd "e" f"', 3),
    ]


def test_a_line_end_within_quotes_belongs_to_the_cell() -> None:
    (frame,) = table(b'Email;Nom\r\n"a";"1\r\n2\r\n\r\n3"\r\nb;c\r\n').frames()

    assert frame.data.rows() == [("a", "1\n2\n\n3", 2), ("b", "c", 6)]
    assert frame.cells(2) == ("a", "1\n2\n\n3")
    assert frame.cells(6) == ("b", "c")


def test_a_header_may_stand_on_several_lines() -> None:
    found = table(b'Email;"Champ\n1"\na;b\n')

    assert found.columns.positions == {"email": 0, "field01": 1}
    assert [frame.data.rows() for frame in found.frames()] == [[("a", "b", 3)]]


def test_blocks_of_any_size_give_the_same_rows() -> None:
    lines = [f'"{n}@é.fr";"a\n{n}";x' if n % 3 else f"{n}@é.fr;b;" for n in range(50)]
    content = ("Email;Nom;Pointure\n" + "\n".join(lines)).encode("latin-1")
    whole = rows(content)

    for block_bytes in (1, 2, 7, 100, 1000):
        frames = list(table(content, block_bytes=block_bytes).frames())
        assert pl.concat(frame.data for frame in frames).rows() == whole
        assert sum(frame.rows for frame in frames) == 50


def test_frames_start_again_each_time() -> None:
    found = table(b"Email\na\nb\n")

    first = [frame.data.rows() for frame in found.frames()]

    assert first == [frame.data.rows() for frame in found.frames()] == [[("a", 2), ("b", 3)]]


def test_every_pass_closes_what_it_opened() -> None:
    open_now: list[int] = []

    @contextmanager
    def opened() -> Iterator[BinaryIO]:
        open_now.append(1)
        yield io.BytesIO(b"Email\na\n")
        open_now.pop()

    inspection = inspect(io.BytesIO(b"Email\na\n"), SETTINGS)
    found = read_table(opened, inspection, SETTINGS, lambda cells: map_columns(cells, SETTINGS))
    assert open_now == []
    list(found.frames())

    assert open_now == []


def test_a_header_alone_is_a_table_without_rows() -> None:
    found = table(b"Email;Nom\n")

    assert found.columns.width == 2
    assert list(found.frames()) == []


def test_a_single_column_is_read() -> None:
    assert rows(b"Email\na\n\n\nb\n") == [("a", 2), ("b", 5)]


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
def test_the_separator_is_the_accounts(separator: str) -> None:
    content = 'Email;Nom\na;"b;c"\nd;e\nf;;\ng;h;;i\n;\n"j"k;l'.replace(";", separator).encode()
    (frame,) = table(content, AccountSettings(separator=separator)).frames()

    assert frame.data["email"].to_list() == ["a", "d", "f", "jk"]
    assert frame.data["last_name"].to_list() == [f"b{separator}c", "e", None, "l"]
    assert [issue.line for issue in frame.issues] == [5]


def test_content_beyond_the_header_refuses_the_row_only() -> None:
    (frame,) = table(b"Email;Nom\na;b;c\nd;e;\nf;g;; \nh;i;;;j\n").frames()

    assert frame.rows == 4
    assert frame.data.rows() == [("d", "e", 3), ("f", "g", 4)]
    assert [(i.line, i.reason, i.value, i.cells, i.refused) for i in frame.issues] == [
        (2, Reason.TOO_MANY_COLUMNS, "c", ("a", "b", "c"), True),
        (5, Reason.TOO_MANY_COLUMNS, "j", ("h", "i", "", "", "j"), True),
    ]
    assert frame.cells(5) == ("h", "i", "", "", "j")


def test_quoted_content_beyond_the_header_refuses_the_row_too() -> None:
    (frame,) = table(b'Email;Nom\n"a";"b;c";""\n"d";"e";"f;"\n').frames()

    assert frame.data.rows() == [("a", "b;c", 2)]
    assert [issue.value for issue in frame.issues] == ["f;"]


def test_content_under_an_unnamed_header_refuses_the_row() -> None:
    (frame,) = table(b"Email;;Nom;\na;x;b\nc;;d\ne; ;f; \ng;;h;y\n").frames()

    assert frame.data.rows() == [("c", "d", 3), ("e", "f", 4)]
    assert [(issue.line, issue.value) for issue in frame.issues] == [(2, "x"), (5, "y")]


def test_what_our_own_report_appended_is_passed_over() -> None:
    (frame,) = table(b"Email;Ligne;Code;Motif\na;3;INVALID_EMAIL;e-mail invalide\n").frames()

    assert frame.data.rows() == [("a", 2)]
    assert frame.issues == []


def test_unknown_columns_are_read_over() -> None:
    assert rows(b"Pointure;Email;Nom\n42;a;b\n43;;\n") == [("a", "b", 2), (None, None, 3)]


def test_cells_of_a_line_that_starts_no_row_are_missing() -> None:
    (frame,) = table(b"Email\na\n\nb\n").frames()

    for line in (1, 3, 5):
        with pytest.raises(KeyError):
            frame.cells(line)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b'Email;Nom\na;b\nc;"d\ne;f\n', 3),
        (b'Email;Nom\na;"b\nc;d\n"e;f\n', 2),
        (b'Email;Nom\n"a\nb";"c\nd;e\n', 3),
        (b'Email;"Nom\na;b\n', 1),
        (b'Email;Nom\na;"b" c;"d\n', 2),
        (b'Email;Nom\na;"b', 2),
    ],
)
@pytest.mark.parametrize("block_bytes", [3, 1 << 20])
def test_a_quote_that_is_never_closed_refuses_the_file_with_its_line(
    content: bytes, line: int, block_bytes: int
) -> None:
    assert refusal(content, block_bytes) == (Reason.UNCLOSED_QUOTE, str(line))


def test_an_open_quote_is_not_followed_through_a_whole_file() -> None:
    content = b'Email;Nom\na;b\nc;"d\n' + b"eeeeeeee;ffffffff\n" * 20_000

    assert refusal(content) == (Reason.UNCLOSED_QUOTE, "3")
    assert refusal(content, 10_000) == (Reason.UNCLOSED_QUOTE, "3")


def test_a_long_cell_is_read_with_quotes_or_without() -> None:
    long = "x" * 200_000

    for cell in (long, f'"{long}"', f'"{long}" y'):
        (frame,) = table(f"Email;Nom\na;{cell}\n".encode()).frames()
        assert len(frame.data["last_name"][0]) >= 200_000


def test_a_file_of_separators_is_empty() -> None:
    with pytest.raises(FileRefused) as caught:
        table(b";;;\n;;\n")

    assert caught.value.reason is Reason.EMPTY_FILE


def test_a_header_nobody_knows_is_refused_by_the_dialect() -> None:
    with pytest.raises(FileRefused) as caught:
        table(b"Alice;Bob\n")

    assert caught.value.reason is Reason.NO_KNOWN_HEADER
