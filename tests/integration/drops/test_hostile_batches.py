"""Command batches that are attacks lose their own job, with a reason; the worker lives in bounded memory."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.drops.room import Room
from postroom.ingest.sandbox.confinement import ReaderLimits
from tests.conftest import MakePerson
from tests.integration.drops.batching import Realm, make_realm

MEGABYTE = 1 << 20


@pytest.fixture
def mallory(room: Room, make_person: MakePerson) -> Realm:
    limits = replace(room.limits, reading=ReaderLimits(memory_bytes=400 * MEGABYTE, seconds=60))
    return make_realm(replace(room, limits=limits), make_person, "mallory", language="en")


def code_of(realm: Realm, name: str, content: str | bytes) -> str | None:
    """Have a batch processed; return why it was refused. What comes after it is processed as ever."""
    drop = realm.send(name, content)
    assert realm.run("cmd=save&data=email^good@example.com").state == "applied"
    assert drop.outcome is not None
    failure = drop.outcome["failure"]
    return str(failure["code"]) if failure else None


def peak_mib() -> float:
    """Return the most memory that this process has taken since it was last asked to forget that."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1]) / 1024


def forget_peak() -> float:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return peak_mib()


def xml(realm: Realm, body: str, *, before: str = "") -> str:
    header = f"<realm>{realm.name}</realm><password>{realm.password}</password>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{before}<transaction>{header}{body}</transaction>'


def test_a_line_of_fifty_megabytes(mallory: Realm) -> None:
    long = "cmd=save&data=email^" + "a" * (50 * MEGABYTE)
    mallory.leave("a.dat", mallory.batch(long, "cmd=save&data=email^b@example.com"))
    mallory.leave("a.sig")
    before = forget_peak()

    drop = mallory.sender.process()

    assert drop is not None
    assert drop.outcome is not None
    assert [(each["line"], each["failed"]) for each in drop.outcome["batch"]["findings"]] == [(4, True)]
    assert mallory.count_contacts() == 1
    assert peak_mib() - before < 100


def test_fifty_megabytes_without_any_line(mallory: Realm) -> None:
    assert code_of(mallory, "a.dat", b"a" * (50 * MEGABYTE)) is not None


def test_a_million_empty_carets(mallory: Realm) -> None:
    drop = mallory.run("cmd=save&data=email" + "^" * 1_000_000, header=("confirmation_email=a@example.com",))

    assert drop.state == "applied"
    assert drop.outcome is not None
    assert drop.outcome["batch"]["tally"]["commands_failed"] == 1
    assert len(mallory.mails()) == 1


def test_half_a_million_lines_of_nonsense(mallory: Realm) -> None:
    drop = mallory.run(*["cmd=nonsense"] * 500_000, header=("confirmation_email=a@example.com",))

    assert drop.outcome is not None
    assert drop.outcome["batch"]["tally"]["commands_failed"] == 500_000
    assert drop.outcome["batch"]["failures"] == 500_000
    (mail,) = mallory.mails()
    lines = mail.delivery.content["text"].splitlines()
    assert lines[-1] == "and 499000 more"
    assert len(lines) < 1_050


@pytest.mark.parametrize(
    "before",
    [
        '<!DOCTYPE t [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE t SYSTEM "http://127.0.0.1:1/evil.dtd">',
        "<!DOCTYPE transaction>",
    ],
)
def test_bombs_and_strange_entities(mallory: Realm, before: str) -> None:
    assert code_of(mallory, "a.xml", xml(mallory, "", before=before)) == "DOCTYPE_REFUSED"


@pytest.mark.parametrize(
    "body",
    [
        "<command>" * 100_000,
        "<command><type>save</type>" + "<a>" * 1_000_000,
        "<command " + " ".join(f"a{n}='x'" for n in range(100_000)) + ">",
        f'<command a="{"x" * 11 * MEGABYTE}">',
        "<x" * 1_000_000,
        "&a;",
        "<![CDATA[" + "x" * MEGABYTE,
    ],
    ids=["depth", "more-depth", "attributes", "long-attribute", "names", "entity", "open-cdata"],
)
def test_xml_that_is_a_burden(mallory: Realm, body: str) -> None:
    assert code_of(mallory, "a.xml", xml(mallory, body)) is not None
    assert mallory.count_contacts() == 1


def test_a_file_that_takes_its_reader_too_long_is_told_so(room: Room, make_person: MakePerson) -> None:
    limits = replace(room.limits, reading=ReaderLimits(memory_bytes=400 * MEGABYTE, seconds=0.05))
    realm = make_realm(replace(room, limits=limits), make_person, "slow")

    drop = realm.send("a.dat", realm.batch(*["cmd=nonsense"] * 1_000_000))

    assert (drop.state, realm.seen()) == ("refused", [])
    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == "TOO_COMPLEX"
