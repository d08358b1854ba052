"""What the demonstration drops, and what must come of each file."""

from __future__ import annotations

import io
import struct
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from demo.oddities import Expected
from demo.people import write_file

ADD_TO_LIST = ".addToExistingList"
BAD_SHARE = 0.02
_SEED = 2026

SAMPLE = (
    'Référence ;Civilité;Prénom;Nom;Email;"Téléphone Fixe";\n'
    "123454R;M.;Pierre ;DUPONT ;pierre.dupont@mygmail.com ;0286786589\n"
    "67676F6;Mme;Sylvie ;MARTIN;sylvie.martin@mygmail.com ;05.80.99.90.68\n"
    "785645P;M.;Michel ;DURAND ;michel.durand@mygmail.com ;336 90 78 56 90\n"
)
"""The example of the document that senders work by."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """A file to drop, sent over SFTP or FTPS with a mode marker or without, and what must come of it.

    `counts` are those of the drop's outcome that matter; `refused` and `warnings` count by reason what its
    reports must list; `members` is how many its list must have, None when there must be no list; `failure` is
    the code with which the whole file must be refused.
    """

    name: str
    protocol: str
    content: bytes
    counts: Mapping[str, int]
    members: int | None = None
    refused: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    marker: str | None = None
    failure: str | None = None

    @property
    def label(self) -> str:
        """Return name and protocol, for people."""
        return f"{self.name} ({self.protocol})"


def plan(contacts: int) -> list[list[Deposit]]:
    """Return what is dropped, in waves: each waits until the one before has come to its end."""
    file = io.BytesIO()
    people = write_file(file, contacts, seed=_SEED, bad_share=BAD_SHARE)
    first = [
        _sample("clients-sftp.csv", "SFTP", created=3),
        _sample("clients-ftps.csv", "FTPS", created=0),
        _people("base-clients.csv", "SFTP", file.getvalue(), people),
        Deposit("photo.csv", "FTPS", picture(), {"created": 0}, failure="NOT_TEXT"),
    ]
    again = _people("base-clients.csv", "FTPS", file.getvalue(), people, again=True)
    return [first, [again]]


def picture() -> bytes:
    """Return a small picture in PNG, which somebody may well call .csv."""
    rows = b"".join(b"\0" + bytes((20 * x, 20 * y, 128)) * 8 for y, x in enumerate(range(8)))
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    body = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def _sample(name: str, protocol: str, *, created: int) -> Deposit:
    counts = {"lines": 3, "created": created, "updated": 0, "unchanged": 3 - created, "refused": 0}
    return Deposit(name, protocol, SAMPLE.encode("iso-8859-1"), counts, members=3)


def _people(name: str, protocol: str, content: bytes, people: Expected, *, again: bool = False) -> Deposit:
    counts = {
        "lines": people.lines,
        "created": 0 if again else people.created,
        "updated": 0,
        "unchanged": people.created if again else 0,
        "duplicates": people.duplicates,
        "refused": people.refused.total(),
        "warnings": people.warnings.total(),
    }
    return Deposit(
        name,
        protocol,
        content,
        counts,
        members=people.created,
        refused=people.refused,
        warnings=people.warnings,
        marker=ADD_TO_LIST if again else None,
    )
