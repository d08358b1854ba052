"""Who left a list has left all lists of its name: those that are there, and those that imports make later."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import pytest

from postroom.contacts.errors import Conflict
from postroom.contacts.levels import list_scope
from postroom.contacts.optouts import OptOutReason
from postroom.drops.room import Room
from postroom.sending.tokens import Tokens
from postroom.sending.tracking.answering import Done, answer, settle_answers
from postroom.store.accounts import lock_account, lock_account_soon
from postroom.store.answers import Answer
from postroom.store.drops import Drop
from postroom.web.api.operations import lists as operations
from tests.conftest import MakePerson
from tests.integration.drops.sender import Sender
from tests.integration.drops.taking_back import take_back
from tests.integration.sending.marketing import Marketer
from tests.integration.web.operations.calling import caller_of
from tests.integration.web.tracking.browser import Browser, Page
from tests.integration.web.tracking.letters import BOB

ANN: Final = "ann@example.com"
MINI: Final = f"Email\n{BOB}\n{ANN}\n"


class Shop:
    """Alice's shop, which drops lists, writes to them, and looks who was written to."""

    def __init__(self, room: Room, make_person: MakePerson, browser: Browser, tokens: Tokens) -> None:
        person = make_person("alice", language="en", criterion="email")
        self.sender, self.marketer = Sender(room, person), Marketer(room, person)
        self.caller = caller_of(person)
        self.room, self.browser, self.tokens = room, browser, tokens
        self.template = self.marketer.template()

    def drop(self, name: str = "Mini.csv", content: str = MINI) -> Drop:
        drop = self.sender.drop(name, content)
        assert drop.state == "applied"
        return drop

    def write_to(self, drop: Drop) -> dict[str, int]:
        """Launch a campaign to the list of a drop; return its messages by address."""
        return self.write_to_list(list_of(drop))

    def write_to_list(self, list_id: int) -> dict[str, int]:
        campaign_id = self.marketer.launch(list_id, self.template)
        messages = self.marketer.messages(campaign_id, "address", "message_id")
        self.marketer.hand_over(campaign_id)
        return dict(messages)

    def leave_list(self, message_id: int, name: str = "Mini") -> None:
        """Leave the list that a message was sent to, on the page that its link opens."""
        page = self.browser.open(self.tokens.optout(self.caller.account_id, message_id))
        page.choose(f"Only those of the list “{name}”")
        self.browser.submit(page)

    def preferences(self, message_id: int) -> Page:
        return self.browser.open(self.tokens.preferences(self.caller.account_id, message_id))


def list_of(drop: Drop) -> int:
    assert drop.outcome is not None
    return int(drop.outcome["list"]["id"])


@pytest.fixture
def shop(web_room: Room, make_person: MakePerson, browser: Browser, tokens: Tokens) -> Shop:
    return Shop(web_room, make_person, browser, tokens)


def nothing(shop: Shop, first: Drop) -> None:
    del shop, first


def delete_list(shop: Shop, first: Drop) -> None:
    assert operations.delete_lists(shop.room, shop.caller, [list_of(first)]) == 1


def undo_import(shop: Shop, first: Drop) -> None:
    assert take_back(shop.sender, first)["list_removed"]


@pytest.mark.parametrize("meanwhile", [nothing, delete_list, undo_import])
def test_the_same_file_again_writes_to_nobody_who_left(
    shop: Shop, meanwhile: Callable[[Shop, Drop], None]
) -> None:
    first = shop.drop()
    shop.leave_list(shop.write_to(first)[BOB])
    meanwhile(shop, first)

    again = shop.drop()

    assert list_of(again) != list_of(first)
    assert shop.write_to(again).keys() == {ANN}


def test_a_list_that_a_program_makes_writes_to_nobody_who_left_either(shop: Shop) -> None:
    first = shop.drop()
    shop.leave_list(shop.write_to(first)[BOB])

    made = operations.create_list(shop.room, shop.caller, "Mini").list_id
    operations.add_contacts(shop.room, shop.caller, made, [1, 2])

    assert shop.write_to_list(made).keys() == {ANN}


def test_who_reads_the_mail_of_a_list_that_is_gone_leaves_the_one_of_today(shop: Shop) -> None:
    """The shop makes its list anew every night; Bob reads the mail of yesterday."""
    yesterday = shop.drop()
    message = shop.write_to(yesterday)[BOB]
    delete_list(shop, yesterday)
    today = shop.drop()

    shop.leave_list(message)

    assert shop.write_to(today).keys() == {ANN}


def test_lists_of_other_names_are_still_written_to(shop: Shop) -> None:
    shop.leave_list(shop.write_to(shop.drop())[BOB])

    assert shop.write_to(shop.drop("Maxi.csv")).keys() == {ANN, BOB}


def test_lists_of_one_name_are_one_box_which_counts_for_all(shop: Shop) -> None:
    first, second = shop.drop(), shop.drop()
    page = shop.preferences(shop.write_to(first)[BOB])
    assert page.boxes == {"E-mails": True, "Mini": True}
    page.tick("Mini", on=False)

    saved = shop.browser.submit(page)

    assert saved.boxes == {"E-mails": True, "Mini": False}
    assert shop.write_to(first).keys() == shop.write_to(second).keys() == {ANN}


def test_who_comes_back_is_written_to_by_all_lists_of_the_name(shop: Shop) -> None:
    first = shop.drop()
    message = shop.write_to(first)[BOB]
    shop.leave_list(message)
    second = shop.drop()
    page = shop.preferences(message)
    page.tick("Mini")

    shop.browser.submit(page)

    assert shop.write_to(first).keys() == shop.write_to(second).keys() == {ANN, BOB}


def test_a_list_by_another_name_still_writes_to_nobody_who_left(shop: Shop) -> None:
    first = shop.drop()
    shop.leave_list(shop.write_to(first)[BOB])

    operations.update_lists(shop.room, shop.caller, [list_of(first)], {"name": "Maxi"})

    assert shop.write_to(first).keys() == {ANN}
    assert shop.write_to(shop.drop()).keys() == {ANN}, "they left “Mini”, which comes back"


def test_a_list_that_takes_the_name_of_another_keeps_out_who_left_either(shop: Shop) -> None:
    mini, maxi = shop.drop(), shop.drop("Maxi.csv")
    shop.leave_list(shop.write_to(mini)[BOB])
    shop.leave_list(shop.write_to(maxi)[ANN], "Maxi")

    operations.update_lists(shop.room, shop.caller, [list_of(maxi)], {"name": "Mini"})

    assert shop.write_to(maxi) == {}


def test_a_merged_list_writes_to_nobody_who_left_one_of_its_lists(shop: Shop) -> None:
    mini, maxi = shop.drop(), shop.drop("Maxi.csv")
    shop.leave_list(shop.write_to(mini)[BOB])

    merged = operations.merge_lists(shop.room, shop.caller, [list_of(mini), list_of(maxi)], "All")

    assert shop.write_to_list(merged.list_id).keys() == {ANN}
    assert shop.write_to(maxi).keys() == {ANN, BOB}


def test_the_ledger_tells_that_a_new_name_took_opt_outs_along(shop: Shop) -> None:
    first = shop.drop()
    shop.leave_list(shop.write_to(first)[BOB])

    operations.update_lists(shop.room, shop.caller, [list_of(first)], {"name": "Maxi"})

    told, left = shop.marketer.writer.acts(BOB)
    assert (told.scope, told.source, told.by_whom) == ("list:Maxi", "list", f"client:{shop.caller.client_id}")
    assert (told.was, told.became) == (None, OptOutReason.CONTACT)
    assert (left.scope, left.source) == ("list:Mini", "answer")


def test_a_list_keeps_its_name_until_what_recipients_said_of_it_is_done(shop: Shop) -> None:
    """Bob leaves “Mini” while an import has the account: that is written down under the name he saw."""
    first, mailroom = shop.drop(), shop.marketer.mailroom
    message = shop.write_to(first)[BOB]
    leaving = Answer(message, "LINK", {list_scope("Mini"): False}, shop.marketer.clock())
    with shop.room.database.transaction() as importing:
        lock_account(importing, shop.caller.account_id)
        at_once = partial(lock_account_soon, patience_seconds=0.001)
        assert answer(mailroom, shop.caller.account_id, leaving, lock=at_once) is Done.LATER

    with pytest.raises(Conflict, match="That is done first"):
        operations.update_lists(shop.room, shop.caller, [list_of(first)], {"name": "Maxi"})
    settle_answers(mailroom, shop.caller.account_id)
    operations.update_lists(shop.room, shop.caller, [list_of(first)], {"name": "Maxi"})

    assert shop.write_to(first).keys() == {ANN}


def test_a_description_takes_nothing_along(shop: Shop) -> None:
    first = shop.drop()
    shop.leave_list(shop.write_to(first)[BOB])

    operations.update_lists(shop.room, shop.caller, [list_of(first)], {"description": "small"})

    assert len(shop.marketer.writer.acts(BOB)) == 1
