"""A command batch from its upload to its confirmation mail."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from postroom.drops.expiring import expire
from postroom.drops.processing import process_account
from postroom.drops.retrying import retry
from postroom.drops.room import Room
from postroom.drops.tidying import tidy
from postroom.drops.trees import BATCHES, KEPT
from postroom.store import drops, optouts, realms
from postroom.store.drops import Drop
from postroom.store.lockout import Lockout
from tests.conftest import MakePerson
from tests.integration.drops.batching import Realm, make_realm

SAVE = "cmd=save&data=email^a@example.com"


@pytest.fixture
def acme(room: Room, make_person: MakePerson) -> Realm:
    return make_realm(room, make_person, "acme", language="en")


@pytest.fixture
def bolt(room: Room, make_person: MakePerson) -> Realm:
    """Return Bob's realm: nobody else's files log in to it."""
    return make_realm(room, make_person, "bolt")


def test_a_pair_is_processed_and_vanishes(acme: Realm) -> None:
    news = acme.new_list()

    drop = acme.run(f"cmd=sub&list_id={news}&data=email,first^a@example.com,Ann^b@example.com,Bob")

    assert drop.state == "applied"
    assert acme.members(news) == ["a@example.com", "b@example.com"]
    assert acme.seen() == []


def test_what_came_of_it_is_on_record(acme: Realm) -> None:
    news = acme.new_list()

    drop = acme.run(
        f"cmd=sub&list_id={news}&data=email^a@example.com^nobody",
        "cmd=nonsense",
        header=("description=trade fair",),
    )

    assert drop.outcome is not None
    batch = drop.outcome["batch"]
    assert (batch["realm"], batch["description"], batch["mails"]) == ("acme", "trade fair", 0)
    tally = batch["tally"]
    assert (tally["commands"], tally["commands_failed"]) == (2, 2)
    assert (tally["records"], tally["records_failed"]) == (2, 1)
    assert [(each["line"], each["record"], each["code"]) for each in batch["findings"]] == [
        (5, 2, "INVALID_EMAIL"),
        (6, None, "UNKNOWN_COMMAND"),
    ]
    assert (drop.outcome["counts"]["lines"], drop.outcome["counts"]["refused"]) == (2, 1)


def test_our_copy_is_kept_without_the_password_and_the_original_is_gone(acme: Realm) -> None:
    drop = acme.run(SAVE)

    assert acme.kept(drop).splitlines()[:2] == ["realm=acme", "password=***"]
    for key in list(acme.room.blobs.keys()):
        with acme.room.blobs.open(key) as blob:
            assert acme.password.encode() not in blob.read()


def test_the_password_is_nowhere(acme: Realm, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    drop = acme.run(SAVE, header=("confirmation_email=a@example.com", "verbose=1"))
    wrong = acme.send("wrong.dat", "realm=acme\npassword=hunter2\n\ncmd=save&data=email^a@example.com\n")

    told = json.dumps([drop.outcome, wrong.outcome, [dict(mail.delivery.content) for mail in acme.mails()]])
    for secret in (acme.password, "hunter2"):
        assert secret not in told
        assert secret not in caplog.text


def test_a_failed_login_does_nothing_and_tells_nobody_by_mail(acme: Realm) -> None:
    drop = acme.send(
        "a.dat",
        "realm=acme\npassword=wrong\nconfirmation_email=a@example.com\n\ncmd=save&data=email^a@example.com\n",
    )

    assert drop.state == "refused"
    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == "LOGIN_FAILED"
    assert drop.outcome["batch"]["realm"] is None
    assert (acme.count_contacts(), acme.mails(), acme.seen()) == (0, [], [])


def test_a_right_login_of_another_account_is_a_failed_one(acme: Realm, bolt: Realm) -> None:
    drop = acme.send("a.dat", bolt.batch(SAVE))

    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == "LOGIN_FAILED"
    assert acme.count_contacts() == bolt.count_contacts() == 0


def test_failed_logins_are_counted_for_the_lock_out(room: Room, make_person: MakePerson) -> None:
    acme = make_realm(replace(room, lockout=Lockout(failures=2)), make_person, "acme")
    for number in range(2):
        acme.send(f"{number}.dat", "realm=acme\npassword=wrong\n\ncmd=save&data=email^a@example.com\n")

    drop = acme.run(SAVE)

    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == "LOGIN_FAILED", "the right password does not help either"


def test_a_wrong_header_is_answered_when_its_login_is_right(acme: Realm) -> None:
    drop = acme.run(SAVE, header=("confirmation_email=a@example.com", "verbose=maybe"))

    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == "BAD_FLAG"
    assert drop.outcome["failure"]["line"] == 4
    (mail,) = acme.mails()
    assert mail.delivery.content["subject"] == "Refused: batch.dat (acme)"
    assert acme.count_contacts() == 0


def test_a_wrong_header_with_a_wrong_login_is_not(acme: Realm) -> None:
    acme.send(
        "a.dat", "realm=acme\npassword=wrong\nconfirmation_email=a@example.com\nverbose=maybe\n\ncmd=save\n"
    )

    assert acme.mails() == []


def test_every_address_of_the_header_gets_a_mail_in_the_language_of_the_account(bolt: Realm) -> None:
    bolt.run(
        "cmd=save&data=email^nobody",
        header=("confirmation_email=a@example.com, B@Example.com;a@example.com not-an-address",),
    )

    assert [mail.address for mail in bolt.mails()] == ["a@example.com", "b@example.com"]
    content = bolt.mails()[0].delivery.content
    assert content["subject"] == "Traité (échecs : 1) : batch.dat (bolt)"
    assert "ligne 5 enregistrement 1 : save : e-mail invalide : nobody" in content["text"]
    assert "<li>ligne 5 enregistrement 1 : save : e-mail invalide : nobody</li>" in content["html"]


def test_a_verbose_mail_has_every_count(acme: Realm) -> None:
    news = acme.new_list()
    acme.run(
        f"cmd=sub&list_id={news}&data=email^a@example.com^a@example.com^b@example.com",
        header=("confirmation_email=a@example.com", "verbose=true"),
    )

    (mail,) = acme.mails()
    assert "distinct subscribes: 2" in mail.delivery.content["text"]


def test_names_to_avoid_are_taken_with_a_note(acme: Realm) -> None:
    drop = acme.run(SAVE, name="100% a~b.dat")

    assert (drop.state, acme.seen()) == ("applied", [])
    assert drop.outcome is not None
    assert [(each["code"], each["value"]) for each in drop.outcome["batch"]["findings"]] == [
        ("NAME_TO_AVOID", "'%', ' ', '~'")
    ]


def test_the_signal_goes_with_the_last_data_file_of_its_stem(acme: Realm) -> None:
    for name in ("a.dat", "a.DAT", "a.xml"):
        acme.leave(name, acme.batch(SAVE))
    acme.leave("a.sig")
    acme.leave("b.sig")

    seen = []
    while acme.sender.process() is not None:
        seen.append(acme.seen())

    assert seen == [["a.dat", "a.sig", "a.xml", "b.sig"], ["a.sig", "a.xml", "b.sig"], ["b.sig"]]


def test_files_of_one_name_are_kept_apart(acme: Realm) -> None:
    first = acme.run(SAVE)
    second = acme.run("cmd=save&data=email^b@example.com")

    assert "a@example.com" in acme.kept(first)
    assert "b@example.com" in acme.kept(second)


def test_what_is_no_batch_is_refused_with_a_reason(acme: Realm) -> None:
    for name, content in (
        ("a.dat", b""),
        ("b.dat", bytes(range(256))),
        ("c.xml", b"<transaction>"),
        ("d.csv", b"x"),
    ):
        drop = acme.send(name, content)
        assert drop.state == "refused", name
        assert drop.outcome is not None
        assert drop.outcome["failure"]["code"]
    assert acme.seen() == []


def test_xml_that_breaks_off_undoes_what_came_before(acme: Realm) -> None:
    news = acme.new_list()
    records = "".join(f"<record><email>p{n}@example.com</email></record>" for n in range(50_000))
    command = f"<command><type>subscribe</type><list_id>{news}</list_id>{records}</command>"
    header = (
        f"<realm>acme</realm><password>{acme.password}</password>"
        "<confirmation_email>a@example.com</confirmation_email>"
    )

    drop = acme.send("a.xml", f"<transaction>{header}{command}<command>")

    assert drop.outcome is not None
    assert drop.outcome["failure"]["code"] == "NOT_WELL_FORMED"
    assert (acme.members(news), acme.count_contacts()) == ([], 0)
    assert [mail.delivery.content["subject"] for mail in acme.mails()] == ["Refused: a.xml (acme)"]


def test_commands_of_a_child_realm_reach_it_and_no_stranger(room: Room, make_person: MakePerson) -> None:
    acme, child, stranger = (make_realm(room, make_person, name) for name in ("acme", "acme-fr", "bolt"))
    with room.database.transaction() as connection:
        realms.set_parent(connection, child.sender.person.account, acme.sender.person.account)

    drop = acme.run(
        "cmd=save&realm=ACME-FR&data=email^a@example.com", "cmd=save&realm=bolt&data=email^b@example.com"
    )

    assert (acme.count_contacts(), child.count_contacts(), stranger.count_contacts()) == (0, 1, 0)
    assert drop.outcome is not None
    assert [each["code"] for each in drop.outcome["batch"]["findings"]] == ["FOREIGN_REALM"]


@pytest.mark.parametrize(
    ("command", "header"),
    [("cmd=unsub&list_id=0&universal=1", ()), ("cmd=unsub&list_id=0", ("universal=1",))],
    ids=["of one command", "of the header"],
)
def test_a_universal_optout_holds_in_every_realm_once_switched_on(
    room: Room, make_person: MakePerson, command: str, header: tuple[str, ...]
) -> None:
    room = replace(room, universal_optouts=True)
    acme, bolt = (make_realm(room, make_person, name) for name in ("acme", "bolt"))
    news = bolt.new_list()
    subscribing = f"cmd=sub&list_id={news}&force_sub=1&data=email^a@example.com"
    bolt.run(subscribing)

    acme.run(f"{command}&data=email^a@example.com", header=header)
    again = bolt.run(subscribing)

    assert bolt.members(news) == []
    assert again.outcome is not None
    assert [each["code"] for each in again.outcome["batch"]["findings"]] == ["UNIVERSALLY_OPTED_OUT"]


def test_a_batch_is_no_contact_file_and_a_contact_file_no_batch(acme: Realm) -> None:
    acme.sender.drop("a.dat", acme.batch(SAVE))
    acme.leave("people.csv", "Email\na@example.com\n")

    assert acme.count_contacts() == 0
    assert acme.seen() == ["people.csv"]


def test_an_optout_by_file_is_in_the_ledger_with_its_drop(acme: Realm) -> None:
    drop = acme.run("cmd=unsub&list_id=0&data=email^a@example.com", header=("force_optout=1",))

    with acme.room.database.reading() as connection:
        history = optouts.history(connection, acme.account_id, "a@example.com", limit=10)
    assert [change.drop_id for change in history] == [drop.drop_id]


def test_the_folder_has_nothing_else(acme: Realm) -> None:
    drop = acme.run(SAVE)

    assert acme.sender.names(BATCHES) == []
    assert (drop.size, len(drop.sha256)) == (len(acme.kept(drop)), 64)


def test_our_copy_is_kept_as_long_as_other_files(acme: Realm) -> None:
    drop = acme.run(SAVE)
    later = acme.room.clock() + timedelta(days=31)

    assert expire(replace(acme.room, clock=lambda: later)) == 1

    assert acme.sender.names(KEPT) == []
    assert list(acme.room.blobs.keys()) == []
    gone = acme.sender.drop_now(drop.drop_id)
    assert (gone.state, gone.files_removed_at) == ("applied", later)


def test_what_a_killed_worker_could_not_delete_is_tidied_away(acme: Realm) -> None:
    def die(step: str) -> None:
        if step == "committed":
            raise KeyboardInterrupt

    acme.leave("a.dat", acme.batch(SAVE))
    acme.leave("a.sig")
    with pytest.raises(KeyboardInterrupt):
        process_account(replace(acme.room, between_steps=die), acme.account_id)
    assert len(list(acme.room.blobs.keys())) == 3, "the copy, and what the sender left"

    later = acme.room.clock() + timedelta(days=2)
    tidy(replace(acme.room, clock=lambda: later))

    (key,) = acme.room.blobs.keys()
    with acme.room.blobs.open(key) as blob:
        assert acme.password.encode() not in blob.read()


def test_a_batch_that_is_given_up_stays_until_it_is_retried(acme: Realm) -> None:
    def fail(step: str) -> None:
        if step == "merged":
            raise RuntimeError("out of order")

    acme.leave("a.dat", acme.batch(SAVE, header=("confirmation_email=a@example.com",)))
    acme.leave("a.sig")
    failing = replace(acme.room, between_steps=fail)
    for _ in range(acme.room.limits.recoveries):
        with pytest.raises(RuntimeError):
            process_account(failing, acme.account_id)

    assert process_account(failing, acme.account_id) is None
    assert (acme.drops(), acme.seen(), acme.mails()) == ([("a.dat", "parked")], ["a.dat", "a.sig"], [])
    (parked,) = all_drops(acme)
    retry(acme.room, acme.account_id, parked.drop_id)
    acme.sender.process()

    assert (acme.drops(), acme.seen(), len(acme.mails())) == ([("a.dat", "applied")], [], 1)
    assert acme.count_contacts() == 1


def all_drops(realm: Realm) -> list[Drop]:
    with realm.room.database.reading() as connection:
        return drops.drops_of_account(connection, realm.account_id)
