"""The whole circle, from outside: a batch asks for mails; one is read and answered, one comes back.

Postroom runs as it does for everybody; a relay takes its mails, a browser-like client follows their links,
another mail server reports what it cannot deliver.
"""

from __future__ import annotations

import email
import email.policy
import ftplib
import io
import re
import smtplib
import urllib.parse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from demo.office import Office
from tests.integration.app.waiting import until
from tests.integration.sending.mail.scripted import Script, scripted_relay

TRACKING = "https://news.example.com"
HTML = """<html><body><p>Bonjour {{ first_name }},</p>
<p><a href="https://shop.example.com/autumn?c=1">Our autumn</a></p></body></html>
"""
BATCH = """\
realm=shop
password={password}

cmd=send&list_id={list_id}&template_id={template_id}&format=99&campaign_name=Autumn&data=email,first^{people}
"""


@dataclass(frozen=True)
class Shop:
    """A running Postroom with an account, its realm, a list, a template, a relay."""

    office: Office
    relay: Script
    ftp_password: str
    realm_password: str
    list_id: int
    template_id: int

    def drop(self, directory: str, name: str, content: str) -> None:
        """Leave a file over FTP."""
        with ftplib.FTP(timeout=30) as ftp:
            ftp.connect(*self.office.address("ftp"))
            ftp.login("alice", self.ftp_password)
            ftp.storbinary(f"STOR {directory}/{name}", io.BytesIO(content.encode("latin-1")))
            if directory == "batches":
                ftp.storbinary(f"STOR batches/{name.rpartition('.')[0]}.sig", io.BytesIO())

    def send(self, *people: str) -> None:
        """Have a command batch send a mail to each."""
        content = BATCH.format(
            password=self.realm_password,
            list_id=self.list_id,
            template_id=self.template_id,
            people="^".join(people),
        )
        self.drop("batches", "send.dat", content)

    def mails(self, count: int) -> dict[str, tuple[str, EmailMessage]]:
        """Wait for so many mails in all; return return path and mail of each by its recipient."""
        until(lambda: len(self.relay.got) >= count, 60)
        return {each.receiver: (each.sender, parsed(each.content)) for each in self.relay.got}

    def visit(self, url: str, method: str = "GET", **given: Any) -> httpx.Response:
        """Do what a browser does with a link of ours."""
        host, port = self.office.address("http")
        parts = urllib.parse.urlsplit(url)
        assert url.startswith(TRACKING), url
        path = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
        headers = {
            "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
        }
        return httpx.request(method, f"http://{host}:{port}{path}", headers=headers, timeout=30, **given)

    def counts(self) -> dict[str, Any]:
        """Return what the one campaign came to."""
        (campaign,) = self.office.command("campaign", "list", "shop")
        shown: dict[str, Any] = self.office.command("campaign", "show", "shop", str(campaign["id"]))["counts"]
        return shown

    def optouts(self, address: str) -> dict[str, str]:
        """Return the reasons of the opt-outs of an address, by medium."""
        found = self.office.command("optout", "show", address, "--account", "shop")
        reasons: dict[str, str] = found["opted_out"]
        return reasons


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with scripted_relay() as relay:
        settings = {
            "RELAYS": f"smtp://127.0.0.1:{relay.port}?tls=none",
            "TRACKING_URL": TRACKING,
            "BOUNCE_DOMAIN": "bounces.example.com",
            "BOUNCE_PORT": "0",
            "LOG_LEVEL": "warning",
        }
        with Office(tmp_path / "data", settings=settings) as office:
            yield furnished(office, relay, tmp_path)


def parsed(content: bytes) -> EmailMessage:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def furnished(office: Office, relay: Script, scratch: Path) -> Shop:
    page = scratch / "page.html"
    page.write_text(HTML, encoding="utf-8")
    office.command("account", "create", "shop")
    office.command("account", "set", "shop", "criterion=email", "realm=shop")
    login = office.command("login", "create", "alice", "--account", "shop")
    realm = office.command("realm", "password", "shop")
    template = office.command(
        *("template", "put", "shop", "autumn", "--subject", "Bonjour {{ first_name }}"),
        *("--html", str(page), "--sender", "Shop <news@example.com>"),
    )
    with ftplib.FTP(timeout=30) as ftp:
        ftp.connect(*office.address("ftp"))
        ftp.login("alice", login["password"])
        rows = b"Email;Pr\xe9nom\nbob@example.net;Bob\ndee@gmail.com;Dee\n"
        ftp.storbinary("STOR contacts/import/in/people.csv", io.BytesIO(rows))
    until(lambda: bool(office.command("list", "list", "--account", "shop")), 60)
    (people,) = office.command("list", "list", "--account", "shop")
    return Shop(office, relay, login["password"], realm["password"], people["id"], template["id"])


def links(mail: EmailMessage) -> Sequence[str]:
    page = mail.get_body(("html",))
    assert page is not None
    return re.findall(rf'(?:href|src)="({TRACKING}[^"]+)"', page.get_content())


def leading_to(mail: EmailMessage, start: str) -> str:
    """Return the first of our links that leads to such a page."""
    return next(each for each in links(mail) if urllib.parse.urlsplit(each).path.startswith(start))


def bounce(return_path: str, address: str) -> bytes:
    """Write the report of a mail server that knows no such user."""
    return (
        f"From: MAILER-DAEMON@mx.example.net\r\nTo: {return_path}\r\nSubject: Undelivered Mail\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.net\r\n\r\n"
        f"Final-Recipient: rfc822; {address}\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\r\n\r\n--b--\r\n"
    ).encode()


@pytest.mark.slow
def test_what_a_batch_sends_comes_back_as_events_and_opt_outs_that_no_import_lifts(shop: Shop) -> None:
    shop.send("bob@example.net,Bob", "dee@gmail.com,Dee")
    mails = shop.mails(2)

    # It is a marketing mail as it should be.
    path_to_bob, to_bob = mails["bob@example.net"]
    assert to_bob["Subject"] == "Bonjour Bob"
    assert to_bob["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert path_to_bob.endswith("@bounces.example.com")

    # Bob opens, clicks and leaves by the button of his mail program.
    pixel = next(each for each in links(to_bob) if "/t/o/" in each)
    assert shop.visit(pixel).headers["content-type"] == "image/gif"
    click = shop.visit(leading_to(to_bob, "/t/c/"))
    assert click.headers["location"] == "https://shop.example.com/autumn?c=1"
    one_click = re.search(rf"<({TRACKING}[^>]+)>", to_bob["List-Unsubscribe"])
    assert one_click is not None
    assert shop.visit(one_click[1], "POST", data={"List-Unsubscribe": "One-Click"}).status_code == 200

    # Dee is not known where her mail was to go.
    path_to_dee, _to_dee = mails["dee@gmail.com"]
    host, port = shop.office.address("returns")
    with smtplib.SMTP(host, port, timeout=30) as smtp:
        report = bounce(path_to_dee, "dee@gmail.com")
        smtp.sendmail("", [path_to_dee], report)
        smtp.sendmail("", [path_to_dee], report)

    # All of that is told once.
    until(lambda: shop.counts()["hard_bounced"] == 1 and shop.counts()["unsubscribed"] == 1, 60)
    counts = shop.counts()
    assert {name: counts[name] for name in ("sent", "opened", "clicked", "hard_bounced", "unsubscribed")} == {
        "sent": 2,
        "opened": 1,
        "clicked": 1,
        "hard_bounced": 1,
        "unsubscribed": 1,
    }
    assert shop.optouts("bob@example.net") == {"EMAIL": "contact"}
    assert [each["address"] for each in shop.office.command("suppression", "list", "shop")] == [
        "dee@gmail.com"
    ]

    # An import of both lifts nothing, and neither is written to again.
    shop.drop("contacts/import/in", "again.csv", "Email;Prénom\nbob@example.net;Bob\ndee@gmail.com;Dee\n")
    until(lambda: len(shop.office.command("list", "list", "--account", "shop")) == 2, 60)
    assert shop.optouts("bob@example.net") == {"EMAIL": "contact"}
    shop.send("ann@example.net,Ann", "bob@example.net,Bob", "dee@gmail.com,Dee")
    assert set(shop.mails(3)) == {"ann@example.net", "bob@example.net", "dee@gmail.com"}
    until(lambda: shop.counts()["sent"] == 3, 60)
    assert len(shop.relay.got) == 3
