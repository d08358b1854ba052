"""Locations on real servers: a key installed, a file brought, everything that can be wrong with a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

import pytest

from postroom.contacts.errors import Conflict, Denied, Missing, Refused, Unavailable
from postroom.outflow import locations
from postroom.outflow.activating import activate
from postroom.outflow.delivering import deliver
from postroom.outflow.depot import Depot
from postroom.outflow.generating import generate
from postroom.outflow.locations import Wanted, wanted_by_url
from postroom.outflow.options import Options
from postroom.outflow.relocating import Changes, change
from postroom.outflow.remote.sftp import new_key_pair
from postroom.outflow.running import run_now
from postroom.store.flows import RunState, deactivate
from postroom.store.locations import Location, location_by_name
from tests.integration.gateway.ftp.conftest import certificate
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened
from tests.servers import SECRET, Served, openssh, vsftpd

__all__ = ["certificate"]

FLOW = "EMAIL_CLICKED"
NICE = Wanted("shop", "ftps", host="files.example.com", username="alice", password="a-password")


@pytest.fixture
def sshd(tmp_path: Path, certificate: Path) -> Iterator[Served]:
    with openssh(tmp_path, certificate) as served:
        yield served


def made(exporter: Exporter, served: Served, **changes: object) -> Location:
    """Make the location `shop` on a server."""
    address = served.address
    wanted = Wanted(
        "shop",
        address.protocol.value,
        host=address.host,
        port=address.port,
        folder=address.folder,
        username=address.username,
    )
    return locations.create(exporter.depot, exporter.account_id, replace(wanted, **changes))  # type: ignore[arg-type]  # fields of Wanted


def install(served: Served, location: Location) -> None:
    """Let our key in, as the other side's operator does."""
    assert location.public_key is not None
    keys = served.directory.parent.parent / "own.pub"
    keys.write_text(f"{location.public_key}\n", encoding="ascii")


def test_a_key_of_ours_works_once_it_is_installed(exporter: Exporter, sshd: Served) -> None:
    location = made(exporter, sshd)
    with pytest.raises(Denied) as told:
        locations.test(exporter.depot, exporter.account_id, "shop")
    assert told.value.code == "LOGIN_REFUSED"

    install(sshd, location)
    locations.test(exporter.depot, exporter.account_id, "shop")

    assert list(sshd.directory.iterdir()) == []


def test_the_host_key_of_the_moment_is_pinned(exporter: Exporter, sshd: Served) -> None:
    location = made(exporter, sshd)

    assert location.host_key == sshd.address.host_key
    assert (locations.fingerprint_of(location) or "").startswith("SHA256:")


def test_a_server_with_another_key_is_not_logged_in_to(exporter: Exporter, sshd: Served) -> None:
    _private, other = new_key_pair("other")
    install(sshd, made(exporter, sshd, host_key=other))

    with pytest.raises(Denied) as told:
        locations.test(exporter.depot, exporter.account_id, "shop")
    assert told.value.code == "HOST_KEY_CHANGED"


def test_the_new_key_of_a_server_is_pinned_when_somebody_says_so(exporter: Exporter, sshd: Served) -> None:
    _private, other = new_key_pair("other")
    install(sshd, made(exporter, sshd, host_key=other))

    changed = change(exporter.depot, exporter.account_id, "shop", Changes(pin_host_key=True))

    assert changed.host_key == sshd.address.host_key
    locations.test(exporter.depot, exporter.account_id, "shop")


def test_a_file_of_a_flow_arrives_at_openssh(exporter: Exporter, sshd: Served) -> None:
    install(sshd, made(exporter, sshd))
    activate(exporter.depot, exporter.account_id, FLOW, Options(done=True), location="shop")
    exporter.record(happened(FLOW))
    run_id = run_now(exporter.depot, exporter.account_id, FLOW)
    generate(exporter.depot, exporter.account_id, run_id)

    assert deliver(exporter.depot, exporter.account_id, FLOW) == 1

    run = exporter.read(run_id)
    assert run.state is RunState.PUBLISHED
    assert (sshd.directory / run.file_name).read_bytes() == exporter.bytes_of(run)
    assert sorted(path.name for path in sshd.directory.iterdir()) == [run.file_name, f"{run.file_name}.done"]


def test_a_file_of_a_flow_arrives_at_vsftpd(exporter: Exporter, tmp_path: Path, certificate: Path) -> None:
    with vsftpd(tmp_path, certificate) as served:
        made(exporter, served, password=SECRET, authority=certificate.read_text(encoding="ascii"))
        activate(exporter.depot, exporter.account_id, FLOW, Options(), location="shop")
        run_id = run_now(exporter.depot, exporter.account_id, FLOW)
        generate(exporter.depot, exporter.account_id, run_id)

        assert deliver(exporter.depot, exporter.account_id, FLOW) == 1
        assert (served.directory / exporter.read(run_id).file_name).exists()


def test_a_server_that_is_down_has_no_key_to_be_pinned(exporter: Exporter) -> None:
    wanted = Wanted("shop", "sftp", host="127.0.0.1", port=1, username="alice")

    with pytest.raises(Unavailable):
        locations.create(exporter.depot, exporter.account_id, wanted)


def guarded(exporter: Exporter, *networks: str) -> Depot:
    return replace(exporter.depot, networks=[ip_network(each) for each in networks])


def test_a_neighbour_is_neither_asked_for_its_key_nor_tried(exporter: Exporter, sshd: Served) -> None:
    made(exporter, sshd)
    other = Wanted("other", "sftp", host="127.0.0.1", port=sshd.address.port, username="alice")

    for attempt in (
        lambda depot: locations.create(depot, exporter.account_id, other),
        lambda depot: locations.test(depot, exporter.account_id, "shop"),
    ):
        with pytest.raises(Denied) as told:
            attempt(guarded(exporter))
        assert told.value.code == "FORBIDDEN_ADDRESS"
    locations.create(guarded(exporter, "127.0.0.0/8"), exporter.account_id, other)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("shop", "ftps", host="10.0.0.9", username="alice", password="x"),
        Wanted("shop", "ftps", host="::1", username="alice", password="x"),
        Wanted("shop", "sftp", host="10.0.0.9", username="alice", host_key=new_key_pair("host")[1]),
    ],
    ids=lambda wanted: f"{wanted.protocol} {wanted.host}",
)
def test_an_address_among_our_neighbours_is_refused_at_once(exporter: Exporter, wanted: Wanted) -> None:
    with pytest.raises(Denied) as told:
        locations.create(guarded(exporter), exporter.account_id, wanted)

    assert told.value.code == "FORBIDDEN_ADDRESS"


@pytest.mark.parametrize("beside", ["", "# Autorité de certification générale\n"])
def test_an_authority_may_have_remarks_in_any_language(
    exporter: Exporter, certificate: Path, beside: str
) -> None:
    pem = certificate.read_text(encoding="ascii")

    location = locations.create(
        exporter.depot, exporter.account_id, replace(NICE, authority=f"{beside}{pem}")
    )

    assert (location.authority or "").startswith("-----BEGIN CERTIFICATE-----\n")
    assert "PRIVATE KEY" not in (location.authority or "")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://alice@files.example.com/in", "Plain FTP would show passwords"),
        ("files.example.com/in", "sftp://user@host/folder"),
        ("alice@files.example.com:22/in", "sftp://user@host/folder"),
        ("http://files.example.com/in", "sftp://user@host/folder"),
        ("ftps://alice@files.example.com/in", "--password-stdin"),
    ],
)
def test_what_is_not_written_as_a_location_is_told_how(exporter: Exporter, url: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        locations.create(exporter.depot, exporter.account_id, wanted_by_url("shop", url))


def test_secrets_are_sealed_for_their_account_and_name(exporter: Exporter, stranger: Exporter) -> None:
    wanted = Wanted("shop", "ftps", host="files.example.com", username="alice", password="a-password")
    location = locations.create(exporter.depot, exporter.account_id, wanted)

    assert locations.address_of(exporter.depot, location).password == "a-password"
    assert "a-password" not in repr(location)
    assert "a-password" not in repr(wanted)
    with pytest.raises(Unavailable):
        locations.address_of(exporter.depot, replace(location, account_id=stranger.account_id))


def test_charlie_finds_none_of_alices(exporter: Exporter, stranger: Exporter) -> None:
    locations.create(exporter.depot, exporter.account_id, Wanted("here", "hosted"))

    with stranger.room.database.reading() as connection, pytest.raises(Missing):
        location_by_name(connection, stranger.account_id, "here")
    with pytest.raises(Missing):
        locations.delete(stranger.depot, stranger.account_id, "here")
    with pytest.raises(Missing):
        locations.test(stranger.depot, stranger.account_id, "here")


def test_a_location_in_use_stays(exporter: Exporter) -> None:
    locations.create(exporter.depot, exporter.account_id, Wanted("here", "hosted"))
    activate(exporter.depot, exporter.account_id, FLOW, Options(), location="here")

    with pytest.raises(Conflict, match=FLOW):
        locations.delete(exporter.depot, exporter.account_id, "here")


@pytest.mark.parametrize("step", ["planned", "made"])
def test_a_location_stays_while_a_file_is_on_its_way_there(exporter: Exporter, step: str) -> None:
    locations.create(exporter.depot, exporter.account_id, Wanted("here", "hosted"))
    activate(exporter.depot, exporter.account_id, FLOW, Options(), location="here")
    run_id = run_now(exporter.depot, exporter.account_id, FLOW)
    if step == "made":
        generate(exporter.depot, exporter.account_id, run_id)
    with exporter.room.database.transaction() as connection:
        deactivate(connection, exporter.account_id, FLOW)

    with pytest.raises(Conflict, match=f"Run {run_id} of {FLOW} is still on its way there"):
        locations.delete(exporter.depot, exporter.account_id, "here")

    generate(exporter.depot, exporter.account_id, run_id)
    deliver(exporter.depot, exporter.account_id, FLOW)
    locations.delete(exporter.depot, exporter.account_id, "here")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("hosted", Wanted("a", "hosted")),
        ("sftp://bob@files.example.com", Wanted("a", "sftp", "files.example.com", username="bob")),
        (
            "ftps://bob%40shop@files.example.com:2121/in/daily",
            Wanted("a", "ftps", "files.example.com", 2121, "in/daily", "bob@shop"),
        ),
        ("sftp://bob@[::1]//srv/in", Wanted("a", "sftp", "::1", 0, "/srv/in", "bob")),
    ],
)
def test_a_location_is_read_as_people_write_it(url: str, expected: Wanted) -> None:
    assert wanted_by_url("a", url) == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "a b"},
        {"name": "x" * 64},
        {"protocol": "ftp"},
        {"host": ""},
        {"host": "a host"},
        {"host": "-"},
        {"port": 65536},
        {"port": -1},
        {"username": ""},
        {"username": "a\nb"},
        {"folder": "in\r\nDELE x"},
        {"password": None},
        {"authority": "nonsense"},
        {"authority": "-----BEGIN CERTIFICATE-----\né\n-----END CERTIFICATE-----"},
        {"authority": "\ufffd"},
        {"host_key": "ssh-ed25519 AAAA"},
        {"protocol": "sftp", "authority": "x"},
        {"protocol": "sftp", "host_key": "nonsense"},
        {"protocol": "hosted"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(exporter: Exporter, changes: dict[str, object]) -> None:
    wanted = replace(NICE, **changes)  # type: ignore[arg-type]  # fields of Wanted

    with pytest.raises(Refused) as told:
        locations.create(exporter.depot, exporter.account_id, wanted)

    assert told.value.code == "BAD_LOCATION"
