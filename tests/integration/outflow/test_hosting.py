"""Files of flows that are kept here, as their account finds them under /flows/."""

from __future__ import annotations

import pytest

from postroom.contacts.errors import Denied, Missing
from postroom.drops.browsing import entries, entry, open_file, tree_seen
from postroom.drops.landing import Place, remove
from postroom.outflow.activating import activate
from postroom.outflow.delivering import deliver
from postroom.outflow.expiring import expire
from postroom.outflow.generating import generate
from postroom.outflow.locations import Wanted, create
from postroom.outflow.options import Options
from postroom.outflow.running import resend, run_now
from postroom.store.flows import Run, RunState
from tests.integration.drops.clock import Clock
from tests.integration.outflow.exporting import Exporter
from tests.integration.outflow.happenings import happened

FLOW = "EMAIL_CLICKED"


@pytest.fixture
def published(exporter: Exporter) -> Run:
    """Return a run whose file is here."""
    create(exporter.depot, exporter.account_id, Wanted("here", "hosted"))
    activate(exporter.depot, exporter.account_id, FLOW, Options(done=True), location="here")
    exporter.record(happened(FLOW))
    run_id = run_now(exporter.depot, exporter.account_id, FLOW)
    generate(exporter.depot, exporter.account_id, run_id)
    assert deliver(exporter.depot, exporter.account_id, FLOW) == 1
    return exporter.read(run_id)


def listed(exporter: Exporter) -> list[str]:
    tree = tree_seen(exporter.room, exporter.account_id, exporter.person.login)
    return [each.name for each in entries(exporter.room, tree, exporter.account_id, ("flows",))]


def place(exporter: Exporter, name: str) -> Place:
    return Place(exporter.account_id, exporter.person.login, "flows", name)


def test_the_file_and_what_follows_it_are_there(exporter: Exporter, published: Run) -> None:
    assert published.state is RunState.PUBLISHED
    assert listed(exporter) == [published.file_name, f"{published.file_name}.done"]
    tree = tree_seen(exporter.room, exporter.account_id, exporter.person.login)
    file = entry(exporter.room, tree, exporter.account_id, ("flows", published.file_name)).file
    assert file is not None
    with open_file(exporter.room, file) as stream:
        assert stream.read() == exporter.bytes_of(published)


def test_the_folder_is_as_old_as_the_newest_file_in_it(exporter: Exporter, published: Run) -> None:
    tree = tree_seen(exporter.room, exporter.account_id, exporter.person.login)
    inside = entries(exporter.room, tree, exporter.account_id, ("flows",))

    (folder,) = [
        each for each in entries(exporter.room, tree, exporter.account_id, ()) if each.name == "flows"
    ]

    assert folder.modified_at == max(each.modified_at for each in inside if each.modified_at)


def test_there_is_no_folder_where_nothing_is_kept(
    exporter: Exporter, stranger: Exporter, published: Run
) -> None:
    with pytest.raises(Missing):
        listed(stranger)


def test_whoever_collected_a_file_may_remove_it_and_it_can_be_sent_again(
    exporter: Exporter, published: Run
) -> None:
    remove(exporter.room, place(exporter, published.file_name))
    assert listed(exporter) == [f"{published.file_name}.done"]

    resend(exporter.depot, exporter.account_id, published.run_id)
    assert deliver(exporter.depot, exporter.account_id, FLOW) == 1
    assert published.file_name in listed(exporter)


def test_nobody_leaves_files_there(exporter: Exporter, published: Run) -> None:
    tree = tree_seen(exporter.room, exporter.account_id, exporter.person.login)
    found = entry(exporter.room, tree, exporter.account_id, ("flows", published.file_name))

    assert not found.writable
    with pytest.raises(Denied):
        remove(exporter.room, Place(exporter.account_id, exporter.person.login, "reporting", "x"))


def test_after_five_days_it_is_gone_collected_or_not(
    exporter: Exporter, clock: Clock, published: Run
) -> None:
    clock.pass_by(120 * 3600)
    expire(exporter.depot)
    assert len(listed(exporter)) == 2

    clock.pass_by(1)
    expire(exporter.depot)
    assert listed(exporter) == []
    assert exporter.bytes_of(exporter.read(published.run_id))  # to be sent again for a month
