"""Operators try relays out, make keys for signing, and settle what nobody knows the end of."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from postroom.contacts.campaigns import MessageState
from postroom.drops.room import Room
from postroom.sending.carrying import Fate, Handover
from postroom.sending.sweeping import sweep
from tests.conftest import Person
from tests.integration.cli.terminal import Terminal
from tests.integration.sending.going_out import FakeCarrier, Post
from tests.integration.sending.mail.scripted import scripted_relay

URL = "https://t.shop.example.com"


@pytest.fixture
def post(room: Room, alice: Person) -> Post:
    return Post(room, alice, FakeCarrier())


def with_relays(terminal: Terminal, relays: str) -> Terminal:
    ours = {"POSTROOM_RELAYS": relays, "POSTROOM_TRACKING_URL": URL}
    return replace(terminal, environment={**terminal.environment, **ours})


def test_relays_are_listed_without_their_passwords(terminal: Terminal) -> None:
    ours = with_relays(
        terminal, "smtp://post:rabbit@one.example.com?weight=3 smtp://two.example.com:25?tls=none"
    )

    listed = ours.json("relay", "list")

    assert [(each["name"], each["weight"], each["username"]) for each in listed] == [
        ("one.example.com:587", 3, "post"),
        ("two.example.com:25", 1, None),
    ]
    assert "rabbit" not in ours.run("relay", "list") + str(listed)
    assert "POSTROOM_RELAYS" in terminal.run("relay", "list")


def test_relays_may_stand_in_a_file(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "relays"
    file.write_text("# ours\nsmtp://one.example.com\nsmtp://two.example.com\n", encoding="utf-8")
    ours = replace(terminal, environment={"POSTROOM_RELAYS_FILE": str(file), "POSTROOM_TRACKING_URL": URL})

    assert len(ours.json("relay", "list")) == 2


def test_a_relay_is_tried_out_as_sending_uses_it(terminal: Terminal) -> None:
    with scripted_relay() as script:
        ours = with_relays(terminal, f"smtp://127.0.0.1:{script.port}?tls=none")
        (checked,) = ours.json("relay", "test")

    assert checked["works"] is True
    assert "pipelining" in checked["offers"]
    assert script.got == []


def test_a_mail_may_be_sent_by_it(terminal: Terminal) -> None:
    with scripted_relay() as script:
        ours = with_relays(terminal, f"smtp://127.0.0.1:{script.port}?tls=none")
        told = ours.run("relay", "test", "--from", "ops@example.com", "--to", "alice@example.org")
        assert ours.error("relay", "test", "--to", "alice@example.org") == (2, "BAD_ADDRESS")
        assert ours.error("relay", "test", "elsewhere:25") == (3, "NO_RELAY")

    assert "works: 250 2.0.0 OK" in told
    assert script.receivers() == ["alice@example.org"]
    assert script.got[0].sender == "ops@example.com"


def test_a_relay_that_does_not_work_says_why(terminal: Terminal) -> None:
    with scripted_relay() as script:
        port = script.port
    answer = with_relays(terminal, f"smtp://127.0.0.1:{port}").type("relay", "test")

    assert answer.exit_code == 6
    assert f"127.0.0.1:{port}: does not work: connection refused: nothing listens at " in answer.output
    assert "offers" not in answer.output


def test_a_file_of_certificates_that_is_no_use_is_named(terminal: Terminal, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("no certificate\n", encoding="utf-8")
    missing = tmp_path / "missing.pem"
    with scripted_relay() as script:
        told = [
            with_relays(terminal, f"smtps://127.0.0.1:{script.port}?ca={file}").type("relay", "test").output
            for file in (missing, empty)
        ]

    assert f"the file of ca={missing} cannot be read: No such file or directory" in told[0]
    assert f"the file of ca={empty} cannot be read: it holds no certificates" in told[1]


def test_a_campaign_says_what_its_messages_wait_for(terminal: Terminal, post: Post) -> None:
    campaign_id = post.campaign()
    post.waiting(campaign_id, "bob@example.org")
    assert "waiting for" not in terminal.run("campaign", "show", "alice", str(campaign_id))

    away = replace(post, carrier=FakeCarrier(otherwise=Handover(Fate.LATER, answer="r:25: 535 no")))
    away.deliver()

    shown = terminal.run("campaign", "show", "alice", str(campaign_id))
    assert re.search(r"waiting for +r:25: 535 no", shown)


def test_a_key_is_made_and_its_record_printed_for_the_dns(terminal: Terminal, alice: Person) -> None:
    told = terminal.run("dkim", "create", "alice", "Shop.Example.com", "--selector", "spring")

    record = re.fullmatch(
        r"; .*: postroom dkim activate alice shop\.example\.com spring\n"
        r'spring\._domainkey\.shop\.example\.com\. IN TXT "v=DKIM1; k=rsa; p=([^"]+)" "([^"]+)"\n',
        told,
    )
    assert record is not None
    assert terminal.run("dkim", "show", "alice", "shop.example.com") == told
    assert terminal.error("dkim", "create", "alice", "shop.example.com", "--selector", "spring") == (
        5,
        "KEY_EXISTS",
    )


def test_keys_are_listed_without_their_secrets_and_removed(terminal: Terminal, alice: Person) -> None:
    made = terminal.json("dkim", "create", "alice", "shop.example.com", "--ed25519", "--selector", "e1")
    assert made["record"].startswith("v=DKIM1; k=ed25519; p=")

    (listed,) = terminal.json("dkim", "list", "alice")
    assert listed == made
    assert not any("secret" in name for name in listed)
    assert "waiting" in terminal.run("dkim", "list", "alice")

    terminal.run("dkim", "remove", "alice", "shop.example.com", "e1")
    assert terminal.json("dkim", "list", "alice") == []
    assert terminal.error("dkim", "remove", "alice", "shop.example.com", "e1") == (3, "NO_KEY")


def states(terminal: Terminal) -> dict[str, str]:
    return {key["selector"]: key["state"] for key in terminal.json("dkim", "list", "alice")}


def test_a_key_waits_until_it_is_activated_and_the_old_one_signs_until_then(
    terminal: Terminal, alice: Person
) -> None:
    ed25519 = ("dkim", "create", "alice", "shop.example.com", "--ed25519", "--selector")
    terminal.run(*ed25519, "old", "--now")
    terminal.run(*ed25519, "new")
    assert states(terminal) == {"new": "waiting", "old": "signing"}

    said = terminal.run("dkim", "activate", "alice", "Shop.example.com", "new")

    assert said == "The key new of shop.example.com signs from now on.\n"
    assert states(terminal) == {"new": "signing", "old": "replaced"}


def test_a_key_that_is_activated_again_signs_again(terminal: Terminal, alice: Person) -> None:
    ed25519 = ("dkim", "create", "alice", "shop.example.com", "--ed25519", "--now", "--selector")
    terminal.run(*ed25519, "old")
    terminal.run(*ed25519, "new")

    told = terminal.json("dkim", "activate", "alice", "shop.example.com", "old")

    assert told["state"] == "signing"
    assert states(terminal) == {"new": "replaced", "old": "signing"}


def test_the_record_of_a_key_that_signs_says_nothing_of_waiting(terminal: Terminal, alice: Person) -> None:
    told = terminal.run("dkim", "create", "alice", "shop.example.com", "--ed25519", "--now")

    assert told.count("\n") == 1


def test_alices_keys_are_not_charlies(terminal: Terminal, alice: Person, charlie: Person) -> None:
    terminal.run("dkim", "create", "alice", "shop.example.com", "--ed25519", "--selector", "e1")

    assert terminal.json("dkim", "list", "charlie") == []
    assert terminal.error("dkim", "show", "charlie", "shop.example.com") == (3, "NO_KEY")
    assert terminal.error("dkim", "activate", "charlie", "shop.example.com", "e1") == (3, "NO_KEY")
    assert terminal.error("dkim", "remove", "charlie", "shop.example.com", "e1") == (3, "NO_KEY")


@pytest.mark.parametrize(
    ("domain", "selector", "code"),
    [
        ("no domain", "s", "BAD_DOMAIN"),
        ("-x.example.com", "s", "BAD_DOMAIN"),
        ("example.com", "S!", "BAD_SELECTOR"),
        ("example.com", "a..b", "BAD_SELECTOR"),
    ],
)
def test_what_the_dns_cannot_have_is_refused(
    terminal: Terminal, alice: Person, domain: str, selector: str, code: str
) -> None:
    asked = ("dkim", "create", "alice", "--ed25519", f"--selector={selector}", "--", domain)

    assert terminal.type(*asked).exit_code == 2


def doubtful(post: Post, *addresses: str) -> list[str]:
    """Leave messages in doubt; return their ids."""
    messages = post.waiting(post.campaign(), *addresses)
    with pytest.raises(KeyboardInterrupt):
        post.dying_at("handed over").deliver()
    post.clock.pass_by(minutes=5)
    sweep(post.mailroom)
    return [f"{post.account_id}-{message}" for message in messages]


def test_messages_in_doubt_are_listed_and_settled(terminal: Terminal, post: Post) -> None:
    first, second = doubtful(post, "bob@example.org", "carol@example.org")

    listed = terminal.json("message", "doubts")
    assert [each["id"] for each in listed] == [first, second]
    assert listed[0]["address"] == "bob@example.org"
    assert "carol@example.org" in terminal.run("message", "doubts", "alice")

    assert terminal.json("message", "settle", first, "--sent") == {"settled": [first], "as": "sent"}
    assert "sent again" in terminal.run("message", "settle", second, "--resend")
    assert post.states() == [MessageState.SENT, MessageState.WAITING]
    assert "No message is in doubt" in terminal.run("message", "doubts")


def test_doubts_of_one_campaign_are_listed_with_what_to_do_next(terminal: Terminal, post: Post) -> None:
    (first,) = doubtful(post, "bob@example.org")
    (other,) = doubtful(post, "carol@example.org")
    campaign_ids = [str(row["campaign_id"]) for row in post.rows()]

    (listed,) = terminal.json("message", "doubts", "alice", "--campaign", campaign_ids[0])
    told = terminal.run("message", "doubts", "alice", "--campaign", campaign_ids[1])

    assert listed["id"] == first
    assert first not in told
    assert other in told
    assert "postroom message settle ACCOUNT --campaign CAMPAIGN --taken FILE" in told
    assert terminal.error("message", "doubts", "--campaign", campaign_ids[0]) == (2, "NO_ACCOUNT")


def test_all_doubts_of_a_campaign_are_settled_by_a_file_of_what_the_relay_took(
    terminal: Terminal, post: Post, tmp_path: Path
) -> None:
    first, second, third = doubtful(post, "bob@example.org", "carol@example.org", "dave@example.org")
    campaign_id = str(post.rows()[0]["campaign_id"])
    file = tmp_path / "taken"
    mark = "abcdefghijklmnopqrst"
    file.write_text(f"# mail.log\n\n{first}\n<{third}-{mark}@shop.example.com>\r\n", encoding="utf-8")

    settled = terminal.json("message", "settle", "alice", "--campaign", campaign_id, "--taken", str(file))

    assert settled == {"sent": [first, third], "resent": [second]}
    assert post.states() == [MessageState.SENT, MessageState.WAITING, MessageState.SENT]


@pytest.mark.parametrize(
    ("lines", "line"), [("{first}\nnonsense\n", 2), ("99-1\n", 1), ("# none\n{first}9\n", 2)]
)
def test_a_line_that_is_no_message_of_the_campaign_is_refused_by_its_number(
    terminal: Terminal, post: Post, tmp_path: Path, lines: str, line: int
) -> None:
    (first,) = doubtful(post, "bob@example.org")
    campaign_id = str(post.rows()[0]["campaign_id"])
    file = tmp_path / "taken"
    file.write_text(lines.format(first=first), encoding="utf-8")

    answer = terminal.type("message", "settle", "alice", "--campaign", campaign_id, "--taken", str(file))

    assert answer.exit_code == 2
    assert f"line {line}: " in answer.errors
    assert post.states() == [MessageState.IN_DOUBT]


def test_half_a_settlement_of_a_campaign_is_refused(terminal: Terminal, post: Post, tmp_path: Path) -> None:
    doubtful(post, "bob@example.org")
    empty = tmp_path / "taken"
    empty.write_text("# nothing\n", encoding="utf-8")
    whole = ("message", "settle", "alice", "--campaign", "Autumn", "--taken", str(empty))

    assert terminal.error(*whole) == (2, "BAD_SETTLEMENT"), "it would send all of them again"
    assert terminal.error(*whole, "--sent") == (2, "BAD_SETTLEMENT")
    assert terminal.error(*whole[:5]) == (2, "BAD_SETTLEMENT")
    assert post.states() == [MessageState.IN_DOUBT]


def test_only_what_is_in_doubt_can_be_settled(terminal: Terminal, post: Post, charlie: Person) -> None:
    (doubt,) = doubtful(post, "bob@example.org")
    number = doubt.partition("-")[2]

    assert terminal.error("message", "settle", doubt) == (2, "BAD_SETTLEMENT")
    assert terminal.error("message", "settle", "x", "--sent") == (2, "BAD_ID")
    assert terminal.error("message", "settle", doubt, f"99-{number}", "--sent") == (2, "BAD_ID")
    others = f"{charlie.account.account_id}-{number}"
    assert terminal.error("message", "settle", others, "--sent") == (5, "NOT_IN_DOUBT")
    assert terminal.json("message", "doubts", "charlie") == []


def test_a_message_tells_what_became_of_it(terminal: Terminal, post: Post, charlie: Person) -> None:
    (message_id,) = post.waiting(post.campaign(), "bob@example.org")
    post.deliver()

    shown = terminal.json("message", "show", f"{post.account_id}-{message_id}")

    assert (shown["state"], shown["address"], shown["answer"]) == ("sent", "bob@example.org", "250 OK")
    assert shown["campaign_name"] == "Autumn"
    assert "bob@example.org" in terminal.run("message", "show", shown["id"])
    assert terminal.error("message", "show", f"{charlie.account.account_id}-{message_id}") == (
        3,
        "NO_MESSAGE",
    )
