from __future__ import annotations

from dataclasses import replace

import pytest

from postroom.contacts.errors import Conflict, Unavailable
from postroom.contacts.events import EventType
from postroom.jobs.queue import Queue
from postroom.jobs.worker import Worker, WorkerConfig
from postroom.sending.mailroom import SENDING_QUEUE, Mailroom
from postroom.sending.returns.applying import apply_all, apply_returns
from postroom.sending.returns.receiving import receive
from postroom.sending.returns.tending import jobs_of_returns
from postroom.store.accounts import lock_account
from postroom.store.database import Database
from postroom.store.returns import accounts_with_returns
from tests.conftest import Person
from tests.integration.sending.returns.conftest import GoldenMail, verp
from tests.integration.sending.returns.dying import Killed, dying
from tests.integration.sending.returns.posting import posted
from tests.integration.sending.returns.telling import kinds, told

BOUNCE = ["message.bounced", "suppression.changed"]
COMPLAINT = ["complaint.received", "message.unsubscribed", "suppression.changed"]


def test_a_mail_that_comes_back_is_applied_by_a_job(
    mailroom: Mailroom, database: Database, database_url: str, alice: Person, golden_mail: GoldenMail
) -> None:
    message = posted(database, alice, "bob@gmail.com")

    assert receive(mailroom, golden_mail("gmail-no-such-user", message))
    before = kinds(database, alice)
    handlers, periodic = jobs_of_returns(mailroom)
    Worker(
        database_url, handlers, config=WorkerConfig(queue=SENDING_QUEUE), periodic=periodic
    ).run_until_idle()

    assert before == []
    assert kinds(database, alice) == BOUNCE


def test_a_complaint_comes_back_as_all_that_follows(
    mailroom: Mailroom, database: Database, alice: Person, charlie: Person, golden_mail: GoldenMail
) -> None:
    message = posted(database, alice, "bob@aol.com")

    receive(mailroom, golden_mail("aol-arf", message), ("fbl@example.com",), complaints=True)
    apply_all(mailroom)

    assert kinds(database, alice) == COMPLAINT
    assert kinds(database, charlie) == []


def test_the_same_mail_brought_thrice_is_applied_once(
    mailroom: Mailroom, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    message = posted(database, alice, "bob@gmail.com")
    raw = golden_mail("gmail-no-such-user", message)

    receive(mailroom, raw, (verp(mailroom, message),))
    receive(mailroom, raw)
    apply_all(mailroom)
    receive(mailroom, raw)
    apply_all(mailroom)

    assert kinds(database, alice) == BOUNCE


def test_whoever_is_killed_while_applying_leaves_it_to_the_next(
    mailroom: Mailroom, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    for number in range(3):
        receive(mailroom, golden_mail("gmail-no-such-user", posted(database, alice, f"n{number}@gmail.com")))
    receive(mailroom, golden_mail("aol-arf", posted(database, alice, "bob@aol.com")))

    with pytest.raises(Killed):
        apply_returns(replace(mailroom, between_steps=dying("returns next")), alice.account.account_id)
    nothing = kinds(database, alice)
    apply_all(mailroom)

    assert nothing == []
    assert sorted(kinds(database, alice)) == sorted(3 * BOUNCE + COMPLAINT)
    with database.transaction() as connection:
        assert accounts_with_returns(connection) == []


def test_while_the_database_is_away_nothing_is_taken(
    mailroom: Mailroom, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    raw = golden_mail("qmail", posted(database, alice, "bob@gmail.com"))
    with Database("postgresql://nobody@127.0.0.1:1/nothing", patience_seconds=0.2) as away:
        broken = replace(mailroom, database=away, queue=Queue(away.url))

        with pytest.raises(Unavailable):
            receive(broken, raw)


def test_a_message_that_is_not_kept_any_more_bounces_in_silence_and_complains_aloud(
    mailroom: Mailroom, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    message = replace(posted(database, alice, "bob@yahoo.com"), message_id=999_999)

    receive(mailroom, golden_mail("qmail", message))
    receive(mailroom, golden_mail("yahoo-arf", message))
    receive(mailroom, golden_mail("yahoo-arf", message))
    apply_all(mailroom)

    (event,) = told(database, alice)
    assert event.type is EventType.COMPLAINT
    assert (event.address, event.contact_id, event.campaign_id, event.message_id) == (
        "bob@yahoo.com",
        None,
        None,
        None,
    )


def test_charlie_cannot_make_up_a_bounce_of_alices(
    mailroom: Mailroom, database: Database, alice: Person, charlie: Person, golden_mail: GoldenMail
) -> None:
    hers, his = posted(database, alice, "bob@gmail.com"), posted(database, charlie, "eve@gmail.com")
    mark = verp(mailroom, his).rpartition("-")[2]
    forged = f"b-{hers.account_id}-{hers.message_id}-{mark}"

    raw = golden_mail("qmail", his).replace(verp(mailroom, his).encode(), forged.encode())
    raw = raw.replace(f"<{his.account_id}-{his.message_id}-".encode(), b"<1-1-")

    assert not receive(mailroom, raw, (forged,))
    assert kinds(database, alice) == kinds(database, charlie) == []


def test_a_test_message_that_comes_back_is_no_event(
    mailroom: Mailroom, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    receive(mailroom, golden_mail("qmail", posted(database, alice, "bob@gmail.com", is_test=True)))
    receive(mailroom, golden_mail("aol-arf", posted(database, alice, "bob@gmail.com", is_test=True)))
    apply_all(mailroom)

    assert kinds(database, alice) == []


def test_an_absence_is_told_and_quarantines_nobody(
    mailroom: Mailroom, database: Database, alice: Person, golden_mail: GoldenMail
) -> None:
    receive(mailroom, golden_mail("vacation-gmail", posted(database, alice, "bob@gmail.com")))
    apply_all(mailroom)

    (event,) = told(database, alice)
    assert (event.attributes["bounceType"], event.attributes["bounceCategory"]) == ("SOFT", "AUTO_REPLY")


def test_while_an_import_has_an_account_what_came_back_waits_and_others_do_not(
    mailroom: Mailroom, database: Database, alice: Person, charlie: Person, golden_mail: GoldenMail
) -> None:
    receive(mailroom, golden_mail("gmail-no-such-user", posted(database, alice, "bob@gmail.com")))
    receive(mailroom, golden_mail("gmail-no-such-user", posted(database, charlie, "eve@gmail.com")))

    with database.transaction() as importing:
        lock_account(importing, alice.account.account_id)
        with pytest.raises(Conflict):
            apply_returns(mailroom, alice.account.account_id, patience_seconds=0.05)
        apply_all(mailroom, patience_seconds=0.05)
        meanwhile = kinds(database, alice), kinds(database, charlie)
    apply_all(mailroom)

    assert meanwhile == ([], BOUNCE)
    assert kinds(database, alice) == BOUNCE
