"""Batches as senders' systems write them, read apart: encodings and line ends make no difference."""

from __future__ import annotations

import codecs

import pytest

from postroom.drops.room import Room
from tests.conftest import MakePerson
from tests.integration.drops.batching import Realm, make_realm


@pytest.fixture
def acme(room: Room, make_person: MakePerson) -> Realm:
    return make_realm(room, make_person, "acme")


def first_names(realm: Realm) -> list[str]:
    with realm.room.database.reading() as connection:
        rows = connection.execute(
            "select first_name from contacts where account_id = %s order by contact_id", (realm.account_id,)
        )
        return [row["first_name"] for row in rows]


def xml(realm: Realm, encoding: str, first: str) -> str:
    declared = f' encoding="{encoding}"' if encoding else ""
    return (
        f'<?xml version="1.0"{declared}?>'
        f"<transaction><realm>acme</realm><password>{realm.password}</password>"
        f"<command><type>save</type><record><email>a@example.com</email><first>{first}</first></record></command>"
        "</transaction>"
    )


@pytest.mark.parametrize(
    ("declared", "codec", "first"),
    [
        ("", "cp1252", "Zoë"),
        ("UTF-8", "utf-8", "Zoë Ω"),
        ("utf-8", "utf-8-sig", "Zoë Ω"),
        ("ISO-8859-1", "iso-8859-1", "Zoë"),
        ("iso-8859-15", "iso-8859-15", "Zoë € Œ"),
        ("windows-1252", "cp1252", "Zoë € Œ"),
        ("Windows-1250", "cp1250", "Łódź"),
        ("iso-8859-2", "iso-8859-2", "Łódź"),
        ("US-ASCII", "ascii", "Zoe"),
        ("UTF-16", "utf-16", "Zoë Ω"),
        ("Big5", "big5", "愛麗絲"),
        ("EUC-KR", "euc-kr", "앨리스"),
        ("koi8-r", "koi8-r", "Алиса"),
    ],
)
def test_xml_is_read_in_its_encoding(acme: Realm, declared: str, codec: str, first: str) -> None:
    drop = acme.send("a.xml", xml(acme, declared, first).encode(codec))

    assert (drop.state, first_names(acme)) == ("applied", [first]), drop.outcome
    assert acme.password not in acme.kept(drop)
    assert acme.password.encode("utf-16-le") not in acme.kept(drop).encode("cp1252", "replace")


@pytest.mark.parametrize(
    "declared", ["UTF-7", "no-such-encoding", "rot13", "base64", "idna", "unicode_escape"]
)
def test_an_encoding_that_is_none_is_refused(acme: Realm, declared: str) -> None:
    drop = acme.send("a.xml", xml(acme, declared, "Zoe").encode("ascii"))

    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == "UNKNOWN_ENCODING"


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_dat_file_may_have_any_line_end_and_a_mark(acme: Realm, mark: bytes, end: str) -> None:
    lines = acme.batch("cmd=save&data=email,first^a@example.com,Zoe").split("\n")

    drop = acme.send("a.dat", mark + end.join(lines).encode())

    assert (drop.state, first_names(acme)) == ("applied", ["Zoe"]), drop.outcome
    assert acme.password not in acme.kept(drop)
