"""What command batches asked for comes to be: messages of `send`, campaigns of `launch`, each once."""

from __future__ import annotations

from typing import Any

import pytest

from postroom.contacts.campaigns import CampaignKind, CampaignState
from postroom.contacts.events import EventSource, EventType
from postroom.contacts.levels import list_scope
from postroom.drops.room import Room
from postroom.ingest.outgoing import CARRY_OUT_TASK
from postroom.sending import campaigns as sending
from postroom.sending.requests import carry_out
from postroom.sending.tending import tend_campaigns
from postroom.store import campaigns, notices, realms, requests
from postroom.store.campaigns import Campaign
from tests.conftest import MakePerson
from tests.integration.drops.batching import Realm, realm_of
from tests.integration.sending.marketing import BY, Marketer

JANE, MARY = "jane@domain.com", "mary@domain.com"


@pytest.fixture
def realm(room: Room, marketer: Marketer) -> Realm:
    return realm_of(room, marketer.person)


def all_campaigns(marketer: Marketer) -> list[Campaign]:
    """Return the campaigns of an account, the oldest first."""
    with marketer.room.database.transaction() as connection:
        return campaigns.campaigns_of_account(connection, marketer.account_id, campaigns.Which())[::-1]


def outcomes(marketer: Marketer) -> list[tuple[str, str | None]]:
    with marketer.room.database.transaction() as connection:
        rows = connection.execute("select state, outcome from send_requests order by request_id").fetchall()
    return [(row["state"], row["outcome"]) for row in rows]


def send(news: int, template: int, *emails: str, **arguments: Any) -> str:
    said = "".join(f"&{name}={value}" for name, value in arguments.items())
    return f"cmd=send&list_id={news}&template_id={template}{said}&data=email^" + "^".join(emails)


def test_a_batch_that_asks_for_messages_brings_the_job_that_makes_them(
    marketer: Marketer, realm: Realm
) -> None:
    news, template = realm.new_list(), marketer.template()

    realm.run(send(news, template, JANE), f"cmd=launch&list_id={news}&template_id={template}&format=1")
    realm.run(f"cmd=sub&list_id={news}&data=email^{MARY}", name="other.dat")

    jobs = [arguments for task, arguments in marketer.jobs() if task == CARRY_OUT_TASK]
    assert jobs == [{"account_id": marketer.account_id}]


def test_a_batch_that_is_refused_asks_for_nothing(marketer: Marketer, realm: Realm) -> None:
    done = realm.run(send(realm.new_list(), marketer.template() + 1, JANE))

    assert done.state == "applied"
    assert CARRY_OUT_TASK not in [task for task, _arguments in marketer.jobs()]


def test_send_becomes_a_message_to_each_record(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    realm.run(send(news, template, JANE, MARY, campaign_name="Orders", format=99, subject="Thank+you"))

    assert carry_out(marketer.mailroom, marketer.account_id) == 2

    (campaign,) = all_campaigns(marketer)
    assert (campaign.name, campaign.kind, campaign.state) == (
        "Orders",
        CampaignKind.TRANSACTIONAL,
        CampaignState.RUNNING,
    )
    assert (campaign.list_id, campaign.content.variants[""].subject) == (news, "Thank you")
    assert marketer.messages(campaign.campaign_id, "address", "format", "state", "own") == [
        (JANE, 99, "waiting", None),
        (MARY, 99, "waiting", None),
    ]
    assert outcomes(marketer) == [("done", None), ("done", None)]
    (event,) = marketer.writer.events(EventType.CAMPAIGN_STATE)
    assert (event.source, event.attributes["state"]) == (EventSource.FTP, "running")


def test_items_go_with_their_message(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    row = '<row><column name="duty">Desk</column></row>'
    realm.send(
        "batch.xml",
        f"<transaction><realm>{realm.name}</realm><password>{realm.password}</password><command>"
        f"<type>send</type><list_id>{news}</list_id><template_id>{template}</template_id>"
        f'<record><email>{JANE}</email><items name="duties">{row}</items><items name="duties">{row}</items>'
        "</record></command></transaction>",
    )

    carry_out(marketer.mailroom, marketer.account_id)

    (campaign,) = all_campaigns(marketer)
    assert marketer.messages(campaign.campaign_id, "own") == [
        {"items": {"duties": [{"duty": "Desk"}, {"duty": "Desk"}]}}
    ]


def test_messages_of_one_name_are_one_campaign_over_time(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    for name in ("one.dat", "two.dat"):
        realm.run(send(news, template, JANE, campaign_name="Orders"), name=name)
        carry_out(marketer.mailroom, marketer.account_id)

    (campaign,) = all_campaigns(marketer)
    assert marketer.messages(campaign.campaign_id) == [JANE, JANE]
    assert marketer.states(campaign.campaign_id) == ["running"]


def test_another_list_template_or_subject_is_another_campaign_of_that_name(
    marketer: Marketer, realm: Realm
) -> None:
    news, other = realm.new_list(), realm.new_list("other")
    template, second = marketer.template(), marketer.template("B")
    realm.run(
        send(news, template, JANE, campaign_name="Orders"),
        send(other, template, JANE, campaign_name="Orders"),
        send(news, second, JANE, campaign_name="Orders"),
        send(news, template, JANE, campaign_name="Orders", subject="Hello"),
    )

    carry_out(marketer.mailroom, marketer.account_id)

    found = all_campaigns(marketer)
    assert [each.name for each in found] == ["Orders"] * 4
    assert {(each.list_id, each.template_id, each.options.subject) for each in found} == {
        (news, template, None),
        (other, template, None),
        (news, second, None),
        (news, template, "Hello"),
    }


def test_messages_without_a_name_are_a_campaign_for_each_command(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    done = realm.run(send(news, template, JANE, MARY), send(news, template, JANE))

    carry_out(marketer.mailroom, marketer.account_id)

    assert [each.name for each in all_campaigns(marketer)] == [
        f"send {done.public_id} line 4",
        f"send {done.public_id} line 5",
    ]


def test_who_opts_out_between_the_batch_and_the_message_gets_none(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    realm.run(send(news, template, JANE, MARY, campaign_name="Orders"))
    marketer.optout(list_scope("news"), JANE)

    carry_out(marketer.mailroom, marketer.account_id)

    (campaign,) = all_campaigns(marketer)
    assert marketer.messages(campaign.campaign_id) == [MARY]
    assert marketer.not_sent(campaign.campaign_id) == {JANE: "NOT_SUBSCRIBED"}
    assert outcomes(marketer) == [("done", "NOT_SUBSCRIBED"), ("done", None)]
    assert marketer.counts(campaign.campaign_id).targeted == 2


def test_what_is_cancelled_takes_no_further_messages(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    realm.run(send(news, template, JANE, campaign_name="Orders"))
    carry_out(marketer.mailroom, marketer.account_id)
    (campaign,) = all_campaigns(marketer)
    sending.cancel(marketer.mailroom, marketer.account_id, campaign.campaign_id, by=BY)

    realm.run(send(news, template, MARY, campaign_name="Orders"), name="more.dat")
    carry_out(marketer.mailroom, marketer.account_id)

    assert marketer.not_sent(campaign.campaign_id) == dict.fromkeys((JANE, MARY), "CAMPAIGN_CANCELLED")


def test_a_transactional_campaign_never_finishes_by_itself(marketer: Marketer, realm: Realm) -> None:
    realm.run(send(realm.new_list(), marketer.template(), JANE, campaign_name="Orders"))
    carry_out(marketer.mailroom, marketer.account_id)
    (campaign,) = all_campaigns(marketer)
    marketer.hand_over(campaign.campaign_id)

    tend_campaigns(marketer.mailroom)

    assert marketer.campaign(campaign.campaign_id).state is CampaignState.RUNNING


def test_launch_becomes_a_campaign(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    segment = marketer.segment("first_name = Jane")
    done = realm.run(
        f"cmd=sub&list_id={news}&data=email,first^{JANE},Jane^{MARY},Mary",
        f"cmd=launch&list_id={news}&template_id={template}&format=99&segmentation_id={segment}"
        "&campaign_name=May+Sale&subject=May&target_rss=1&notify_email=boss@domain.com",
    )

    carry_out(marketer.mailroom, marketer.account_id)

    (campaign,) = all_campaigns(marketer)
    assert (campaign.name, campaign.kind, campaign.state) == (
        "May Sale",
        CampaignKind.ONE_SHOT,
        CampaignState.SCHEDULED,
    )
    assert campaign.created_by == f"drop {done.public_id}"
    assert (campaign.options.format, campaign.options.target_rss) == (99, True)
    assert marketer.expand(campaign.campaign_id)
    assert marketer.messages(campaign.campaign_id, "address", "format") == [(JANE, 99)]


def test_what_cannot_be_any_more_is_told(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    launch = f"cmd=launch&list_id={news}&template_id={template}&format=1&notify_email=boss@domain.com"
    done = realm.run(send(news, template, JANE), launch)
    with marketer.room.database.transaction() as connection:
        connection.execute("delete from templates")

    carry_out(marketer.mailroom, marketer.account_id)

    why = f"There is no template {template}."
    assert outcomes(marketer) == [("failed", why), ("failed", why)]
    assert all_campaigns(marketer) == []
    with marketer.room.database.transaction() as connection:
        (mail, *_) = notices.deliveries_of_account(connection, marketer.account_id)
        asked = requests.count_requests(connection, [marketer.account_id], done.drop_id)
    assert mail.address == "boss@domain.com"
    assert why in mail.delivery.content["text"]
    assert [(each.kind, each.state, each.outcome, each.requests) for each in asked] == [
        ("launch", "failed", why, 1),
        ("send", "failed", why, 1),
    ]


def test_a_name_is_one_line_of_255_characters(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    realm.run(
        send(news, template, JANE, campaign_name="May%0ASale++" + "x" * 300),
        f"cmd=launch&list_id={news}&template_id={template}&format=1&campaign_name=++%1F%01" + "y" * 300,
    )

    carry_out(marketer.mailroom, marketer.account_id)

    assert sorted(each.name for each in all_campaigns(marketer)) == ["May Sale " + "x" * 246, "y" * 255]


def test_a_template_that_cannot_be_read_any_more_is_told(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    realm.run(
        send(news, template, JANE, campaign_name="Orders"),
        send(news, template, MARY, campaign_name="Other", subject="Hello+{{+first_name"),
    )

    carry_out(marketer.mailroom, marketer.account_id)

    (done, failed) = outcomes(marketer)
    assert done == ("done", None)
    assert failed[0] == "failed"
    assert failed[1]
    assert [each.name for each in all_campaigns(marketer)] == ["Orders"]


def test_who_is_gone_meanwhile_is_told(marketer: Marketer, realm: Realm) -> None:
    realm.run(send(realm.new_list(), marketer.template(), JANE))
    with marketer.room.database.transaction() as connection:
        connection.execute("delete from contacts")

    carry_out(marketer.mailroom, marketer.account_id)

    assert outcomes(marketer) == [("failed", "The contact is not there any more.")]


@pytest.mark.parametrize("step", ["requests taken", "requests settled", "requests recorded"])
def test_who_dies_has_carried_out_nothing_and_the_next_all(
    marketer: Marketer, realm: Realm, step: str
) -> None:
    news, template = realm.new_list(), marketer.template()
    realm.run(
        send(news, template, JANE, campaign_name="Orders"),
        f"cmd=launch&list_id={news}&template_id={template}&format=1",
    )

    def die(name: str) -> None:
        if name == step:
            raise KeyboardInterrupt

    marketer.between_steps = die
    with pytest.raises(KeyboardInterrupt):
        carry_out(marketer.mailroom, marketer.account_id)
    assert all_campaigns(marketer) == []

    marketer.between_steps = lambda _name: None
    assert carry_out(marketer.mailroom, marketer.account_id) == 2
    assert carry_out(marketer.mailroom, marketer.account_id) == 0
    assert len(all_campaigns(marketer)) == 2


def test_two_who_carry_out_at_once_make_each_message_once(marketer: Marketer, realm: Realm) -> None:
    realm.run(send(realm.new_list(), marketer.template(), JANE, campaign_name="Orders"))
    quiet = marketer.mailroom
    found: list[int] = []

    def another(step: str) -> None:
        if step == "requests taken":
            found.append(carry_out(quiet, marketer.account_id))

    marketer.between_steps = another
    assert carry_out(marketer.mailroom, marketer.account_id) == 1

    assert found == [0]
    assert len(marketer.messages(all_campaigns(marketer)[0].campaign_id)) == 1


def test_requests_whose_job_was_lost_are_found(marketer: Marketer, realm: Realm) -> None:
    realm.run(send(realm.new_list(), marketer.template(), JANE))
    with marketer.room.database.transaction() as connection:
        connection.execute("delete from procrastinate_jobs")

    assert tend_campaigns(marketer.mailroom) == 1
    assert [task for task, _arguments in marketer.jobs()] == [CARRY_OUT_TASK]


def test_charlies_requests_are_charlies(
    marketer: Marketer, stranger: Marketer, room: Room, make_person: MakePerson
) -> None:
    del make_person
    realm = realm_of(room, stranger.person)
    realm.run(send(realm.new_list(), stranger.template(), JANE))

    assert carry_out(marketer.mailroom, marketer.account_id) == 0
    assert carry_out(stranger.mailroom, stranger.account_id) == 1
    assert all_campaigns(marketer) == []


def test_what_is_asked_for_in_a_child_realm_is_the_childs(
    marketer: Marketer, stranger: Marketer, room: Room
) -> None:
    parent, child = realm_of(room, marketer.person), realm_of(room, stranger.person)
    with room.database.transaction() as connection:
        realms.set_parent(connection, stranger.person.account, marketer.person.account)
    news, template = child.new_list(), stranger.template()

    done = parent.run(
        f"cmd=send&realm={child.name}&list_id={news}&template_id={template}&data=email^{JANE}",
        f"cmd=send&realm={child.name}&list_id={news}&template_id={marketer.template()}&data=email^{MARY}",
    )

    assert done.outcome is not None
    assert [each["code"] for each in done.outcome["batch"]["findings"]] == ["NO_SUCH_TEMPLATE"]
    jobs = [arguments for task, arguments in marketer.jobs() if task == CARRY_OUT_TASK]
    assert jobs == [{"account_id": stranger.account_id}]
    assert carry_out(stranger.mailroom, stranger.account_id) == 1
    (campaign,) = all_campaigns(stranger)
    assert stranger.messages(campaign.campaign_id) == [JANE]
    assert all_campaigns(marketer) == []
    with room.database.transaction() as connection:
        asked = requests.count_requests(connection, [marketer.account_id, stranger.account_id], done.drop_id)
    assert [(each.kind, each.state, each.requests) for each in asked] == [("send", "done", 1)]


def test_a_batch_of_thousands_is_carried_out_in_lots(marketer: Marketer, realm: Realm) -> None:
    news, template = realm.new_list(), marketer.template()
    people = [f"p{number}@domain.com" for number in range(1100)]
    realm.run(send(news, template, *people, campaign_name="Orders"))
    lots: list[str] = []
    marketer.between_steps = lots.append

    assert carry_out(marketer.mailroom, marketer.account_id) == 1100

    assert lots.count("requests committed") == 2
    (campaign,) = all_campaigns(marketer)
    assert marketer.messages(campaign.campaign_id) == people
    assert marketer.states(campaign.campaign_id) == ["running"]
