"""What is sent to hurt an XML reader is refused, quickly and in little memory."""

from __future__ import annotations

import io
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from postroom.contacts.commands import BatchRefused
from postroom.contacts.verdicts import Verdict
from postroom.dialects.batches import elements, xml_text
from postroom.dialects.batches.reading import open_batch
from tests.unit.dialects.batches import records, refusal

LOGIN = "<realm>alice</realm><password>hidden</password>"
OPEN = f"<transaction>{LOGIN}<command><type>save</type>"
MEGABYTE = 1024 * 1024

BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
DOCTYPES = [
    "<!DOCTYPE transaction>",
    f'<!DOCTYPE transaction [<!ENTITY a0 "ha">{BOMB}]>',
    '<!DOCTYPE transaction [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE transaction SYSTEM "http://charlie.example/evil.dtd">',
    '<!DOCTYPE transaction [<!ENTITY % p SYSTEM "file:///dev/zero"> %p;]>',
    '<!DOCTYPE transaction [<!ENTITY % a "&#37;a;"> %a;]>',
    '<!DOCTYPE transaction [<!ATTLIST record x CDATA "y">]>',
    "<!-- a --><?b?>\n<!DOCTYPE\ttransaction>",
    "<!doctype transaction>",
]


@pytest.mark.parametrize("doctype", DOCTYPES)
@pytest.mark.parametrize("encoding", ["ascii", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_doctype_is_refused_whatever_it_declares(doctype: str, encoding: str) -> None:
    content = f"{doctype}{OPEN}<record><email>&a11;&x;</email></record></command></transaction>"

    assert refusal(content.encode(encoding), "march.xml").verdict is Verdict.DOCTYPE_REFUSED


def test_a_doctype_after_the_first_element_is_not_well_formed() -> None:
    content = f"{OPEN}<!DOCTYPE transaction></command></transaction>"

    assert refusal(content, "march.xml").verdict is Verdict.NOT_WELL_FORMED


def test_nothing_is_included_from_elsewhere(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    host = "www.w3.org"
    name = f'xmlns:i="http://{host}/2001/XInclude"'
    include = f'<i:include {name} href="{secret.as_uri()}" parse="text"/>'
    content = f"{OPEN}<record><email>a@b.c</email><first>{include}</first></record></command></transaction>"

    found = records(list(open_batch(io.BytesIO(content.encode()), "march.xml").steps))

    assert found == [("a@b.c", "")]


@pytest.mark.parametrize(
    "declared",
    [
        "utf-7",
        "UTF7",
        "utf-32",
        "cp037",
        "IBM037",
        "iso-2022-jp",
        "hz",
        "punycode",
        "rot13",
        "base64",
        "zlib",
        "unicode_escape",
        "raw_unicode_escape",
        "idna",
        "undefined",
        "x-none",
        "utf-8-sig",
        "mbcs",
    ],
)
def test_encodings_that_could_hide_a_tag_are_refused(declared: str) -> None:
    content = f"<?xml version='1.0' encoding='{declared}'?>{OPEN}</command></transaction>"

    assert refusal(content, "march.xml").verdict is Verdict.UNKNOWN_ENCODING


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("utf-8", "utf-16"), ("iso-8859-1", "utf-16-le"), ("utf-16", "ascii"), ("koi8-r", "utf-8-sig")],
)
def test_a_file_that_is_not_what_it_declares_is_refused(declared: str, encoding: str) -> None:
    content = f"<?xml version='1.0' encoding='{declared}'?>{OPEN}</command></transaction>".encode(encoding)

    assert refusal(content, "march.xml").verdict is Verdict.UNKNOWN_ENCODING


@pytest.mark.parametrize(
    ("encoding", "bad"),
    [
        ("utf-8", b"\xc0\xbcrecord\xc0\xbe"),
        ("utf-8", b"\xed\xa0\x80"),
        ("utf-8", b"\xff"),
        ("ascii", b"\xe9"),
    ],
)
def test_bytes_that_are_none_of_the_encoding_are_refused_with_their_line(encoding: str, bad: bytes) -> None:
    start = f"<?xml version='1.0' encoding='{encoding}'?>\n{OPEN}\n"
    finding = refusal(start.encode() + bad, "march.xml")

    assert (finding.verdict, finding.line) == (Verdict.NOT_WELL_FORMED, 3)


@pytest.mark.parametrize(
    "declaration",
    [
        "<?xml?>",
        "<?xml encoding='utf-8'?>",
        "<?xml version='1.0' encoding=utf-8?>",
        "<?xml version='2.0'?>",
        "<?xml version='1.0' encoding='utf-8' x='1'?>",
        " <?xml version='1.0'?>",
        "<?xml version='1.0'",
    ],
)
def test_a_declaration_that_is_none_is_refused(declaration: str) -> None:
    content = f"{declaration}{OPEN}</command></transaction>"

    assert refusal(content, "march.xml").verdict is Verdict.NOT_WELL_FORMED


# ------------------------------------------------------------------------------------------------ sizes


@contextmanager
def within_bounds(*, seconds: float, megabytes: int) -> Iterator[None]:
    """Hold what is done to seconds of this process and to Python's memory (the parser's own is its bytes)."""
    tracemalloc.start()
    started = time.process_time()
    yield
    spent = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert spent < seconds
    assert peak < megabytes * MEGABYTE


class Endless(io.RawIOBase):
    """A file that begins in one way and goes on in another, for ever."""

    def __init__(self, start: str, more: Callable[[int], str]) -> None:
        self._waiting = start.encode()
        self._more = more
        self._pieces = 0
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        while len(self._waiting) < size:
            numbers = range(self._pieces, self._pieces + 1000)
            self._pieces += len(numbers)
            self._waiting += "".join(map(self._more, numbers)).encode()
        piece, self._waiting = self._waiting[:size], self._waiting[size:]
        self.given += len(piece)
        assert self.given < 20 * MEGABYTE, "it would have read for ever"
        return piece


ENDLESS: dict[str, tuple[str, Callable[[int], str]]] = {
    "blanks before the first element": ("", lambda _: " " * 1000),
    "a comment before the first element": ("<!--", lambda _: "x" * 1000),
    "comments before the first element": ("", lambda _: "<!--x-->" * 100),
    "an instruction before the first element": ("<?x ", lambda _: "x" * 1000),
    "a tag that never closes": ("<transaction", lambda n: f' a{n}="1"' * 1),
    "an attribute without end": ('<transaction a="', lambda _: "x" * 1000),
    "an element of great depth": (OPEN, lambda _: "<x>" * 100),
    "a text without end": (f"{OPEN}<record><email>", lambda _: "x" * 1000),
    "a CDATA section without end": (f"{OPEN}<record><email><![CDATA[", lambda _: "x" * 1000),
    "a record without end": (f"{OPEN}<record>", lambda n: f"<custom_{n}/>"),
    "the same field without end": (f"{OPEN}<record>", lambda _: "<email/>" * 100),
    "item rows without end": (f'{OPEN}<record><items name="x">', lambda _: "<row/>" * 100),
    "arguments without end": (OPEN, lambda n: f"<a{n}/>"),
    "a header without end": (f"<transaction>{LOGIN}", lambda n: f"<a{n}/>"),
    "comments within a block": (OPEN, lambda _: "<!--x-->" * 100),
    "names without end": (f"{OPEN}<", lambda _: "x" * 1000),
    "namespaces without end": ("<transaction", lambda n: f' xmlns:n{n}="u{n}"'),
}


@pytest.mark.parametrize("what", ENDLESS)
def test_what_has_no_end_is_refused_soon(what: str) -> None:
    stream = Endless(*ENDLESS[what])

    with within_bounds(seconds=10, megabytes=40), pytest.raises(BatchRefused) as refused:
        list(open_batch(stream, "march.xml").steps)  # type: ignore[arg-type]  # read is all that is asked

    assert refused.value.finding.verdict in {Verdict.TOO_BIG, Verdict.NOT_WELL_FORMED}
    assert stream.given <= elements.MAX_ELEMENT_BYTES + 4 * xml_text.MAX_PROLOG_CHARACTERS + 1_000_000
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize(
    "piece",
    [
        f"{OPEN}<record><email>a@b.c</email></record></command>".removeprefix(f"<transaction>{LOGIN}"),
        "<command><type>save</type><record/></command>",
        "<command/>",
    ],
)
def test_many_small_blocks_are_given_and_forgotten(piece: str) -> None:
    content = f"<transaction>{LOGIN}{piece * 5_000}</transaction>".encode()

    with within_bounds(seconds=20, megabytes=8):
        steps = sum(1 for _ in open_batch(io.BytesIO(content), "march.xml").steps)

    assert steps


def test_records_of_ever_other_long_names_are_forgotten() -> None:
    names = [f"custom_{number:06}" + "x" * 200 for number in range(400 * 100)]
    record = "<record><email>a@b.c</email>{}</record>"
    lots = (names[start : start + 400] for start in range(0, len(names), 400))
    body = "".join(record.format("".join(f"<{name}/>" for name in lot)) for lot in lots)
    content = f"{OPEN}{body}</command></transaction>".encode()

    with within_bounds(seconds=60, megabytes=20):
        steps = sum(1 for _ in open_batch(io.BytesIO(content), "march.xml").steps)

    assert steps >= 50
