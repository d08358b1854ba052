"""The end of a drop puts messages on their way, in the same transaction, to its own account's targets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from postroom.drops.retrying import retry
from postroom.drops.room import Limits, Room
from postroom.notices.outbox import DELIVER_TASK, NOTICES_QUEUE
from postroom.store import accounts, notices
from postroom.store.notices import Delivery, Kind
from tests.conftest import MakePerson, Person
from tests.integration.drops.batching import realm_of
from tests.integration.drops.clock import NOON, Clock
from tests.integration.drops.sender import Sender

SECOND = int(NOON.timestamp())
GOOD, PARTLY, BAD = "Email\na@example.com\n", "Email\na@example.com\nnobody@\n", "Nom\nDurand\n"
EVERYTHING = ("success", "rejects", "failure")


@pytest.fixture
def sender(room: Room, alice: Person, clock: Clock) -> Sender:
    return Sender(replace(room, clock=clock), alice)


def test_a_drop_tells_those_who_want_to_hear_of_its_end(sender: Sender) -> None:
    add(sender, "webhook", "https://a.example/hook", ["success"])
    add(sender, "webhook", "https://b.example/hook", ["rejects"])
    add(sender, "email", "ops@example.com", ["failure"])

    for name, content in (("good.csv", GOOD), ("partly.csv", PARTLY), ("bad.csv", BAD)):
        sender.drop(name, content)

    told = [(each.type, entry_name(each)) for each in deliveries(sender)]
    assert told == [
        ("drop.applied", "good.csv"),
        ("drop.applied", "partly.csv"),
        ("drop.refused", "Refusé : bad.csv (alice, import)"),
    ]


def test_an_account_without_targets_is_told_nothing(sender: Sender) -> None:
    sender.drop("good.csv", GOOD)

    assert deliveries(sender) == []
    assert notice_jobs(sender) == []


def test_every_delivery_has_its_job_in_the_queue_of_notices(sender: Sender) -> None:
    add(sender, "webhook", "https://a.example/hook")
    add(sender, "webhook", "https://b.example/hook")

    sender.drop("good.csv", GOOD)

    first, second = deliveries(sender)
    assert notice_jobs(sender) == [first.delivery_id, second.delivery_id]
    assert first.message_id == second.message_id, "it is one message"
    assert (first.state, first.attempts, first.next_at) == ("waiting", 0, NOON)


def test_a_webhook_is_told_everything_that_programs_need(sender: Sender) -> None:
    add(sender, "webhook", "https://a.example/hook")
    sender.room = replace(sender.room, files_url="sftp://files.example:2222")

    drop = sender.drop("été 1.csv", PARTLY)

    (delivery,) = deliveries(sender)
    content = delivery.content
    place = f"/contacts/import/ok/{SECOND}_été 1.csv"
    url = f"sftp://files.example:2222/contacts/import/ok/{SECOND}_%C3%A9t%C3%A9%201.csv"
    assert list(content) == ["type", "timestamp", "data"]
    assert (content["type"], content["timestamp"]) == ("drop.applied", "2026-03-04T12:00:00Z")
    data = content["data"]
    assert (data["id"], data["account"], data["name"]) == (drop.public_id, "alice", "été 1.csv")
    assert (data["action"], data["login"], data["state"]) == ("import", "alice", "applied")
    assert data["deposited_at"] == data["settled_at"] == "2026-03-04T12:00:00Z"
    assert (data["counts"]["lines"], data["counts"]["created"], data["counts"]["refused"]) == (2, 1, 1)
    assert data["list"]["name"] == "été 1"
    assert data["failure"] is None
    assert data["files"] == [{"path": place, "url": url}]
    assert data["reports"] == [{"path": f"{place}.errors.csv", "url": f"{url}.errors.csv"}]


def test_no_value_of_a_contact_leaves_with_a_message(sender: Sender) -> None:
    add(sender, "webhook", "https://a.example/hook")
    add(sender, "email", "ops@example.com")

    sender.drop("partly.csv", PARTLY)

    for delivery in deliveries(sender):
        assert "nobody@" not in str(delivery.content)
    data = deliveries(sender)[0].content["data"]
    assert data["examples"] == [{"line": 3, "code": "INVALID_EMAIL", "refused": True}]


def test_a_refusal_says_why_and_where_the_text_of_it_is(sender: Sender) -> None:
    add(sender, "webhook", "https://a.example/hook")

    sender.drop("bad.csv", BAD)

    data = deliveries(sender)[0].content["data"]
    assert data["failure"]["code"] == "MISSING_COLUMN"
    assert data["failure"]["text"].startswith("colonne obligatoire absente")
    assert data["files"][0]["path"] == f"/contacts/import/ko/{SECOND}_bad.csv"
    assert data["reports"] == [{"path": f"/contacts/import/ko/{SECOND}_bad.csv.error.txt", "url": None}]


@pytest.mark.parametrize(
    ("language", "content", "subject"),
    [
        ("fr", GOOD, "Appliqué : x.csv (bob, import)"),
        ("en", GOOD, "Applied: x.csv (bob, import)"),
        ("fr", PARTLY, "Appliqué (refus : 1, avertissements : 0) : x.csv (bob, import)"),
        ("en", PARTLY, "Applied (refused: 1, warnings: 0): x.csv (bob, import)"),
        ("fr", BAD, "Refusé : x.csv (bob, import)"),
        ("en", BAD, "Refused: x.csv (bob, import)"),
    ],
)
def test_a_mail_speaks_the_account_s_language(
    room: Room, make_person: MakePerson, language: str, content: str, subject: str
) -> None:
    sender = Sender(room, make_person("bob", language=language))
    add(sender, "email", "ops@example.com")

    sender.drop("x.csv", content)

    (delivery,) = deliveries(sender)
    assert delivery.content["subject"] == subject


def test_a_mail_names_counts_rows_reports_and_the_command(sender: Sender) -> None:
    add(sender, "email", "ops@example.com")

    drop = sender.drop("partly.csv", PARTLY)

    facts = dict(map(tuple, deliveries(sender)[0].content["facts"]))
    assert facts["contacts créés"] == "1"
    assert facts["lignes refusées"] == "1"
    assert facts["ligne 3"] == "e-mail invalide"
    assert facts["rapport"] == f"/contacts/import/ok/{SECOND}_partly.csv.errors.csv"
    assert facts["détails"] == f"postroom drop show {drop.public_id}"


def test_a_parked_drop_is_a_failure_that_waits_for_a_person(sender: Sender) -> None:
    add(sender, "webhook", "https://a.example/hook", ["failure"])
    landed = sender.leave("x.csv", GOOD)
    assert landed.drop_id is not None

    park(sender)

    (delivery,) = deliveries(sender)
    data = delivery.content["data"]
    assert delivery.type == "drop.parked"
    assert (data["state"], data["attempts"], data["counts"], data["settled_at"]) == ("parked", 3, None, None)
    assert data["files"][0]["path"] == f"/contacts/import/on/{SECOND}_x.csv"
    retry(sender.room, sender.account_id, landed.drop_id)
    park(sender)
    assert [each.type for each in deliveries(sender)] == ["drop.parked"] * 2, "parked again is told again"


def test_a_mail_says_how_a_person_can_have_it_processed_all_the_same(sender: Sender, clock: Clock) -> None:
    add(sender, "email", "ops@example.com")
    settle_on(sender, guard_percent="10")
    sender.mark(".syncExistingList")
    sender.drop("team.csv", "Email\n" + "".join(f"{n}@example.com\n" for n in range(10)))
    clock.pass_by(60)
    guarded = sender.drop("team.csv", GOOD)
    stuck = sender.leave("x.csv", GOOD)
    clock.pass_by(60)
    park(sender)

    mails = [dict(map(tuple, each.content["facts"])) for each in deliveries(sender)[1:]]

    assert [mail["pour le traiter malgré tout"] for mail in mails] == [
        f"postroom drop release {guarded.public_id}",
        f"postroom drop retry {sender.account_id}-{stuck.drop_id}",
    ]
    assert deliveries(sender)[-1].created_at == clock.now


@pytest.mark.parametrize("step", ["reported", "settled"])
def test_an_end_that_came_to_nothing_tells_nobody(sender: Sender, step: str) -> None:
    add(sender, "webhook", "https://a.example/hook")
    sender.leave("x.csv", GOOD)
    sound = sender.room
    sender.room = replace(sound, between_steps=lambda name: fail_at(step, name))

    with pytest.raises(ZeroDivisionError):
        sender.process()

    assert (deliveries(sender), notice_jobs(sender)) == ([], [])


def test_charlie_never_hears_of_what_is_alice_s(sender: Sender, charlie: Person) -> None:
    other = Sender(sender.room, charlie)
    add(other, "webhook", "https://charlie.example/hook")
    add(sender, "webhook", "https://alice.example/hook")

    sender.drop("good.csv", GOOD)

    assert deliveries(other) == []
    assert len(deliveries(sender)) == 1


def test_a_target_that_is_switched_off_hears_nothing(sender: Sender) -> None:
    target_id = add(sender, "webhook", "https://a.example/hook")
    with sender.room.database.transaction() as connection:
        notices.disable_target(connection, sender.account_id, target_id, reason="410 Gone", now=NOON)

    sender.drop("good.csv", GOOD)

    assert deliveries(sender) == []


def add(sender: Sender, kind: Kind, address: str, events: Sequence[str] = EVERYTHING) -> int:
    with sender.room.database.transaction() as connection:
        target = notices.create_target(
            connection,
            account_id=sender.account_id,
            kind=kind,
            address=address,
            events=events,
            secret=b"sealed" if kind == "webhook" else None,
            now=NOON,
        )
    return target.target_id


def settle_on(sender: Sender, **settings: str) -> None:
    with sender.room.database.transaction() as connection:
        account = accounts.account_by_id(connection, sender.account_id)
        accounts.update_settings(connection, account.account_id, account.settings.changed(settings))


def deliveries(sender: Sender) -> list[Delivery]:
    """Return an account's deliveries, the oldest first."""
    with sender.room.database.transaction() as connection:
        logged = notices.deliveries_of_account(connection, sender.account_id)
    return [each.delivery for each in reversed(logged)]


def entry_name(delivery: Delivery) -> Any:
    content = delivery.content
    return content["data"]["name"] if "data" in content else content["subject"]


def notice_jobs(sender: Sender) -> list[int]:
    with sender.room.database.transaction() as connection:
        rows = connection.execute(
            "select args from procrastinate_jobs where task_name = %s and queue_name = %s order by id",
            (DELIVER_TASK, NOTICES_QUEUE),
        ).fetchall()
    return [row["args"]["delivery_id"] for row in rows]


def park(sender: Sender) -> None:
    sound = sender.room
    sender.room = replace(sound, between_steps=lambda name: fail_at("claimed", name))
    for _ in range(Limits().recoveries):
        with pytest.raises(ZeroDivisionError):
            sender.process()
    sender.room = sound
    assert sender.process() is None


def fail_at(step: str, name: str) -> None:
    if step == name:
        raise ZeroDivisionError


def test_the_end_of_a_batch_is_told_without_values_of_contacts(sender: Sender) -> None:
    realm = realm_of(sender.room, sender.person)
    add(sender, "webhook", "https://a.example/hook", EVERYTHING)
    add(sender, "email", "ops@example.com", EVERYTHING)

    realm.run("cmd=save&data=email^a@example.com", name="good.dat")
    realm.run("cmd=save&data=email^nobody", "cmd=nonsense", name="partly.dat")
    realm.send("bad.dat", "realm=alice\npassword=wrong\n\ncmd=save\n")

    hooks = [each for each in deliveries(sender) if "data" in each.content]
    told = [each.content["data"] for each in hooks]
    assert [(each.type, data["name"]) for each, data in zip(hooks, told, strict=True)] == [
        ("drop.applied", "good.dat"),
        ("drop.applied", "partly.dat"),
        ("drop.refused", "bad.dat"),
    ]
    assert told[1]["batch"]["tally"]["commands_failed"] == 2
    assert told[2]["failure"]["text"] == "realm ou mot de passe refusé"
    assert all(data["files"] == [] for data in told)
    assert "nobody" not in str(told)
    subjects = [each.content["subject"] for each in deliveries(sender) if "subject" in each.content]
    assert [subject.split(" : ")[0] for subject in subjects] == ["Appliqué", "Appliqué (refus", "Refusé"]
