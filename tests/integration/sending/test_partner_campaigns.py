"""Campaigns for partners from their launch to the download, as the parts of Postroom do it together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from postroom.contacts.campaigns import CampaignState
from postroom.contacts.channels import Channel
from postroom.contacts.errors import Refused
from postroom.contacts.events import EventSource, EventType
from postroom.contacts.templates import Content
from postroom.drops.room import Room
from postroom.gateway.seam import Principal
from postroom.gateway.vfs import DropVfs
from postroom.gateway.vpath import resolve
from postroom.sending.campaigns import By, Wanted, create, launch
from postroom.sending.launching import expand
from postroom.store import campaigns, partner_files, templates
from postroom.store.campaigns import Campaign, Options
from tests.conftest import Person
from tests.integration.sending.partnering import Marketer, mailroom_of

ALICE = By("alice", EventSource.UI)
AUDIENCE = {"id": "238", "network": "FACEBOOK"}

Launched = Callable[..., Campaign]


@pytest.fixture
def marketer(room: Room, alice: Person) -> Marketer:
    return Marketer(room, alice)


@pytest.fixture
def launched(marketer: Marketer) -> Launched:
    """Launch a campaign for a list, and have its job done."""

    def act(list_id: int, channel: Channel = Channel.PRINT, **partner: Any) -> Campaign:
        mailroom = mailroom_of(marketer.room)
        with marketer.room.database.transaction() as connection:
            template = templates.create_template(
                connection,
                marketer.account_id,
                f"{channel} {len(partner)}",
                Content(channel, {}),
                now=mailroom.clock(),
            )
        wanted = Wanted("Autumn", list_id, template.template_id, Options(partner=partner or None))
        campaign = create(mailroom, marketer.account_id, wanted, by=ALICE)
        launch(mailroom, marketer.account_id, campaign.campaign_id, by=ALICE)
        assert expand(mailroom, marketer.account_id, campaign.campaign_id)
        with marketer.room.database.transaction() as connection:
            return campaigns.campaign_by_id(connection, marketer.account_id, campaign.campaign_id)

    return act


def vfs_of(room: Room, person: Person) -> DropVfs:
    return DropVfs(room, Principal(person.login, person.account.account_id, person.account.name))


def test_a_letter_campaign_becomes_a_file_and_is_finished(marketer: Marketer, launched: Launched) -> None:
    bob, eve = marketer.resident("bob", first_name="Bob"), marketer.resident("eve", first_name="Eve")
    marketer.resident("not-on-the-list")
    list_id = marketer.writer.list_of("customers", bob, eve)

    campaign = launched(list_id, columns=["first_name"])

    assert campaign.state is CampaignState.FINISHED
    with marketer.room.database.transaction() as connection:
        (file,) = partner_files.partner_files_page(
            connection, marketer.account_id, campaign_id=campaign.campaign_id, limit=10
        )
        messages = connection.execute("select count(*) as messages from messages").fetchone()
    assert (file.people, file.left_out) == (2, 0)
    assert messages == {"messages": 0}
    assert [each.contact_id for each in marketer.writer.events(EventType.BATCH_READY)] == [bob, eve]


def test_it_is_made_once_whoever_asks_again(marketer: Marketer, launched: Launched) -> None:
    bob = marketer.resident("bob")
    campaign = launched(marketer.writer.list_of("customers", bob))

    assert not expand(mailroom_of(marketer.room), marketer.account_id, campaign.campaign_id)

    assert len(marketer.writer.events(EventType.BATCH_READY)) == 1


def test_the_file_is_read_in_the_tree_of_the_account(
    marketer: Marketer, launched: Launched, alice: Person, charlie: Person
) -> None:
    launched(marketer.writer.list_of("customers", marketer.resident("bob")))
    folder = resolve("/", "/partners")
    vfs = vfs_of(marketer.room, alice)

    (entry,) = vfs.list(folder)
    reader = vfs.open_read(folder.child(entry.name))
    content = reader.read_at(0, entry.size + 1)
    reader.close()

    assert len(content) == entry.size
    assert content.startswith(b"profileId;contactPoint;civility;")
    assert entry.mode == 0o100444
    assert vfs.stat(folder).mode == 0o040555
    # Looking into it is not fetching it: only the front ends know what has arrived.
    assert marketer.writer.events(EventType.BATCH_DOWNLOADED) == []
    assert "partners" not in [each.name for each in vfs_of(marketer.room, charlie).list(resolve("/", "/"))]


@pytest.mark.parametrize(
    ("channel", "partner", "code"),
    [
        (Channel.SOCIAL, {}, "BAD_AUDIENCE"),
        (Channel.SOCIAL, {"audience": AUDIENCE, "columns": ["mobile"]}, "BAD_COLUMNS"),
        (Channel.PRINT, {"columns": ["shoe_size"]}, "UNKNOWN_FIELD"),
        (Channel.PRINT, {"columns": ["custom_shoe"]}, "UNKNOWN_FIELD"),
        (Channel.CALLCENTER, {"audience": AUDIENCE}, "BAD_AUDIENCE"),
    ],
)
def test_what_no_partner_can_work_with_is_refused_before_the_launch(
    marketer: Marketer, launched: Launched, channel: Channel, partner: dict[str, Any], code: str
) -> None:
    list_id = marketer.writer.list_of("customers", marketer.resident("bob"))

    with pytest.raises(Refused) as refused:
        launched(list_id, channel, **partner)

    assert refused.value.code == code
    assert marketer.writer.events(EventType.BATCH_READY) == []
